"""The errors and hints of the command line in French: for people who asked for it, and for reports that quote them.

English is where an error is raised, and stays what scripts see; a sentence that is not here is shown as it is.
"""

from __future__ import annotations

import re

_NEAR_OPTIONS = "L’option {0} n’existe pas. Options proches : {1}."
# What the system says of a site or a file, between the brackets of a sentence.
_CAUSES = {
    "Connection refused": "connexion refusée",
    "Connection reset by peer": "connexion coupée",
    "Name or service not known": "nom de site inconnu",
    "Temporary failure in name resolution": "nom de site introuvable pour l’instant",
    "No route to host": "site injoignable",
    "Network is unreachable": "réseau injoignable",
    "timed out": "pas de réponse à temps",
    "no host given": "il manque le nom du site",
    "No such file or directory": "il n’existe pas",
    "Permission denied": "accès refusé",
    "Is a directory": "c’est un dossier",
    "No space left on device": "plus de place sur le disque",
}

_SENTENCES: tuple[tuple[str, str], ...] = (
    # the command line itself
    (r"Missing argument '(.+)'\.", "Il manque : {0}."),
    (r"Missing option '(.+)'\.", "Il manque l’option {0}."),
    (r"Missing command\.", "Il manque la commande."),
    (r"No such option: (\S+?)\.? Did you mean (.+)\?", "L’option {0} n’existe pas. Vouliez-vous {1} ?"),
    (r"No such option:? '?([^'\s]+?)'?\.? \((?:Did you mean|Possible options)[^:-]*:? ?(.+?)\??\)", _NEAR_OPTIONS),
    (r"No such option:? '?([^'\s]+?)'?\.?", "L’option {0} n’existe pas."),
    (r"No such command '(.+)'\. Did you mean (.+)\?", "La commande {0} n’existe pas. Vouliez-vous {1} ?"),
    (r"No such command '(.+)'\.", "La commande {0} n’existe pas."),
    (r"Got unexpected extra arguments? \((.+)\)", "Il y a un argument de trop : {0}."),
    (r"Option '(.+)' requires an argument\.", "L’option {0} demande une valeur."),
    (r"Invalid value for '(.+)': '(.*)' is not one of (.+)\.", "« {1} » ne convient pas à {0} : choisissez parmi {2}."),
    (r"Invalid value for '(.+)': '(.*)' is not a valid integer.*", "« {1} » ne convient pas à {0} : donnez un nombre."),
    (r"Invalid value for '(.+)': (\S+) is not in the range (.+)\.", "{1} ne convient pas à {0} : donnez {2}."),
    (r"Invalid value for '(.+)': .* '(.*)' is a (?:directory|file)\.", "{1} ne convient pas à {0}."),
    (r"See: (.+)", "Voyez : {0}"),
    (r"See the command's --help\.", "Voyez l’aide : --help"),
    (r"Stopped before the end; what was done stays\.", "Arrêté avant la fin ; ce qui est fait reste fait."),
    (
        r"Run the same command again: it takes up where this one stopped\.",
        "Relancez la même commande : elle reprend où celle-ci s’est arrêtée.",
    ),
    (
        r"Run the command again with --debug and report what it prints\.",
        "Relancez la commande avec --debug et transmettez ce qu’elle affiche.",
    ),
    (r"Something unforeseen happened: (.+)", "Erreur imprévue : {0}"),
    # files, folders and addresses
    (r"The folder (.+) holds no file\.", "Le dossier {0} ne contient aucun fichier."),
    (r"Give a folder that holds tables\.", "Donnez un dossier qui contient des tableaux."),
    (r"No file answers to (.+)\.", "Aucun fichier ne correspond à {0}."),
    (r"(.+) does not exist\.", "{0} n’existe pas."),
    (r"(.+) exists already\.", "{0} existe déjà."),
    (
        r"Give another name with -o, or remove that file first\.",
        "Donnez un autre nom avec -o, ou supprimez d’abord ce fichier.",
    ),
    (r"No report was given: stopped before the end\.", "Aucun rapport n’a été donné : arrêté avant la fin."),
    (r"Run the same command again\.", "Relancez la même commande."),
    (r"Check the path\.", "Vérifiez le chemin."),
    (r"Check the pattern\.", "Vérifiez l’écriture du nom."),
    (r"(\S+) answers 404 .*", "L’adresse {0} n’existe pas (réponse 404)."),
    (r"(\S+) answers (\d+) .*", "L’adresse {0} refuse de donner le fichier (réponse {1})."),
    (r"(\S+) does not answer within (\d+) s\.", "L’adresse {0} n’a pas répondu en {1} secondes."),
    (r"(\S+) does not answer: (.+)\.", "L’adresse {0} ne répond pas ({1})."),
    (
        r"(\S+) takes more than (\d+) s to send its file\.",
        "L’adresse {0} met plus de {1} secondes à donner le fichier.",
    ),
    (r"(\S+) stopped before the end of its file\.", "L’adresse {0} s’est arrêtée avant la fin du fichier."),
    (r"(\S+) is not an address that can be fetched: .*", "{0} n’est pas une adresse qui peut être lue."),
    (r"Standard input is larger than (\d+) MB\.", "L’entrée standard dépasse {0} Mo."),
    (r"(.+) is larger than (\d+) MB\.", "{0} dépasse {1} Mo."),
    (r"Raise the setting max_file_mb\.", "Augmentez le réglage max_file_mb."),
    (r"Check the address\.", "Vérifiez l’adresse."),
    (r"Check the address, then try again\.", "Vérifiez l’adresse, puis réessayez."),
    (r"Wait a moment, then run the same command again\.", "Attendez un moment, puis relancez la même commande."),
    (r"Check the path and the rights on the file\.", "Vérifiez le chemin et les droits du fichier."),
    (r"(.+) cannot be read: (.+)\.", "{0} ne peut pas être lu ({1})."),
    (r"--format (\S+) shows one file\.", "--format {0} ne montre qu’un fichier."),
    (r"For several files, give: (.+)", "Pour plusieurs fichiers, donnez : {0}"),
    (r"A workbook is nothing for a terminal\.", "Un classeur ne s’affiche pas dans un terminal."),
    (r"Send it to a file: (.+)", "Envoyez-le dans un fichier : {0}"),
    (r"Not every report was written: (.+)", "Tous les rapports n’ont pas pu être écrits : {0}"),
    (r"The report (.+) cannot be written: (.+)\.", "Le rapport {0} ne peut pas être écrit ({1})."),
    (r"The workbook (.+) cannot be written: (.+)\.", "Le classeur {0} ne peut pas être écrit ({1})."),
    (
        r"Check the free space and the rights on the data folder, then run the same command again\.",
        "Vérifiez la place libre et les droits du dossier, puis relancez la même commande.",
    ),
    # schemas
    (r"No schema is called '(.+)'; the nearest: (.+)\.", "Aucun modèle ne s’appelle « {0} » ; les plus proches : {1}."),
    (r"No schema is called '(.+)'\.", "Aucun modèle ne s’appelle « {0} »."),
    (r"Several schemas are called '(.+)': (.+)\.", "Plusieurs modèles s’appellent « {0} » : {1}."),
    (r"Give the full name, for example: (.+)", "Donnez le nom entier, par exemple : {0}"),
    (r"(\S+) has no version (\S+); known here: (.+)\.", "{0} n’a pas de version {1} ; connues ici : {2}."),
    (r"Load the official versions with: (.+)", "Chargez les versions officielles avec : {0}"),
    (r"List the schemas(?: that can be checked)? with: (.+)", "La liste des modèles : {0}"),
    (r"Give its schema: (.+)", "Donnez son modèle : {0}"),
    (r"Try: (.+)", "Essayez : {0}"),
    (r"Run again: (.+)", "Relancez : {0}"),
    (
        r"(\S+) is an official schema but describes no table \((.+)\)\.",
        "{0} est un modèle officiel, mais ne décrit pas un tableau ({1}).",
    ),
    (
        r"(.+) is not a Table Schema: it has no list of `fields`\.",
        "{0} n’est pas un modèle de tableau (Table Schema) : il n’a pas de liste `fields`.",
    ),
    (r"Give the address of a table schema, such as (.+)\.", "Donnez l’adresse d’un modèle de tableau, comme {0}."),
    (r"(.+) is no JSON: (.+)\.", "{0} n’est pas du JSON ({1})."),
    (r"Give a table schema in JSON\.", "Donnez un modèle de tableau en JSON."),
    (r"Give a file, a folder, or an http\(s\) address\.", "Donnez un fichier, un dossier ou une adresse http(s)."),
    (r"(.+) is neither a catalogue nor a table schema\.", "{0} n’est ni un catalogue ni un modèle de tableau."),
    (r"Give a folder, a catalogue or a descriptor\.", "Donnez un dossier, un catalogue ou un modèle."),
    (r"(.+) is no catalogue: it has no list of `schemas`\.", "{0} n’est pas un catalogue de modèles."),
    (r"'(.+)' is not a SIRET\.", "« {0} » n’est pas un SIRET."),
    (
        r"A SIRET has 14 digits; the last one is a check\.",
        "Un SIRET a 14 chiffres ; le dernier contrôle les autres.",
    ),
    # deposits that lie elsewhere, buckets, letters
    (r"(.+): cannot list (?:it|its objects|.+): the server does not answer.*", "{0} : le serveur ne répond pas."),
    (r"(.+): cannot (?:list|look at|store|read) .*: the server refused.*", "{0} : le serveur refuse l’accès."),
    (r"(.+): cannot (?:list|store) .*: there is no such bucket\.", "{0} : ce bucket n’existe pas."),
    (r"(.+): no keys were found\.", "{0} : aucune clé n’a été trouvée."),
    (r"Create it, or correct its name\.", "Créez-le, ou corrigez son nom."),
    (
        r"Check the keys that the manifest names; they must allow (.+)\.",
        "Vérifiez les clés que le manifeste nomme ; elles doivent permettre {0}.",
    ),
    (
        r"(.+) lists no file any more, where it had (\d+): nothing is taken as removed\.",
        "{0} ne contient plus aucun fichier, alors qu’il en avait {1} : rien n’est retiré.",
    ),
    (
        r"If it was emptied on purpose, delete (.+) and run the same command again\.",
        "S’il a été vidé exprès, supprimez {0} puis relancez la même commande.",
    ),
    (r"(.+): the server's key is not known\.", "{0} : la clé du serveur n’est pas connue."),
    (r"Add it, once checked: (.+)", "Ajoutez-la, après l’avoir vérifiée : {0}"),
    (
        r"(.+): the server's key is not the one that is known for (.+)\.",
        "{0} : la clé du serveur n’est pas celle qui est connue pour {1}.",
    ),
    (r"(.+): the server refused the user (.+)\.", "{0} : le serveur refuse l’utilisateur {1}."),
    (
        r"The environment variable (\S+), which should hold (.+), is not set\.",
        "La variable d’environnement {0}, qui doit contenir un secret ({1}), n’est pas définie.",
    ),
    (r"Set it: (.+)", "Définissez-la : {0}"),
    (
        r"--prune needs every source of this tenant: one of them cannot tell what left the others\.",
        "--prune demande toutes les sources de ce portail : une seule ne dit pas ce qui a quitté les autres.",
    ),
    (r"Leave the deposit out: (.+)", "Ne nommez pas de dépôt : {0}"),
    (r"There is no run “(.+)”\.", "Il n’y a pas de passage « {0} »."),
    (r"List them with: (.+)", "La liste : {0}"),
    (r"“(.+)” is not an e-mail address\.", "« {0} » n’est pas une adresse électronique."),
    (r"“(.+)” is no member of (.+)\.", "« {0} » n’est pas un membre de {1}."),
    (
        r"The SMTP server (\S+) refused or does not answer \((.+)\)\.",
        "Le serveur de courriel {0} refuse ou ne répond pas ({1}).",
    ),
    # places
    (r"No (?:commune|place) has the code or name « (.+) »\.", "Aucune commune n’a le code ou le nom « {0} »."),
    (r"Did you mean (.+)\?", "Vouliez-vous {0} ?"),
    (r"Look it up with: (.+)", "Cherchez-la avec : {0}"),
    (r"Give the INSEE code instead of the name\.", "Donnez le code INSEE au lieu du nom."),
)


def in_french(sentence: str) -> str:
    """Return an error or a hint in French, or as it is when there is no French for it.

    >>> in_french("No file answers to *.csv."), in_french("See: odl-host validate --help")
    ('Aucun fichier ne correspond à *.csv.', 'Voyez : odl-host validate --help')
    """
    for pattern, french in _SENTENCES:
        found = re.fullmatch(pattern, sentence, re.DOTALL)
        if found:
            return french.format(*(_CAUSES.get(part, part) for part in found.groups()))
    return sentence
