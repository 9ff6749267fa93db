"""What goes wrong anywhere: kinds of failures, the command line, files and folders."""

from __future__ import annotations

TEMPLATES = {
    # odl_host.errors: what each kind of failure says of itself
    "Something unforeseen happened.": "Une erreur imprévue s’est produite.",
    "Something unforeseen happened: {}: {}": "Erreur imprévue : {0} : {1}",
    "Run the command again with --debug and report what it prints.": (
        "Relancez la commande avec --debug et transmettez ce qu’elle affiche."
    ),
    "The command was called with something it cannot use.": (
        "La commande a reçu quelque chose qu’elle ne peut utiliser."
    ),
    "See the command's --help.": "Voyez l’aide de la commande : --help",
    "See: {} --help": "Voyez : {0} --help",
    "No commune, EPCI, département or region answers to this code or name.": (
        "Aucune commune, aucun EPCI, département ni région n’a ce code ou ce nom."
    ),
    "Look it up with: odl-host commune find NAME": "Cherchez-la avec : odl-host commune find NOM",
    "Several communes answer to this name.": "Plusieurs communes portent ce nom.",
    "Give the INSEE code instead of the name.": "Donnez le code INSEE au lieu du nom.",
    "A configuration file cannot be used.": "Un fichier de configuration ne peut pas être utilisé.",
    "Correct the file, then run the same command again.": "Corrigez le fichier, puis relancez la même commande.",
    "The plan is no longer what would be done; nothing was done.": (
        "Le plan n’est plus ce qui serait fait ; rien n’a été fait."
    ),
    "Make the plan again and read it: odl-host plan -o plan.json": (
        "Refaites le plan et relisez-le : odl-host plan -o plan.json"
    ),
    "A file cannot be used.": "Un fichier ne peut pas être utilisé.",
    "Open the file in a spreadsheet, save it as CSV UTF-8, and try again.": (
        "Ouvrez le fichier dans un tableur, enregistrez-le en CSV UTF-8, puis réessayez."
    ),
    "The file cannot be read as a table.": "Le fichier ne peut pas être lu comme un tableau.",
    "No schema has this name, or none fits this file.": "Aucun modèle n’a ce nom, ou aucun ne convient à ce fichier.",
    "List the schemas with: odl-host schema list": "La liste des modèles : odl-host schema list",
    "The catalogue refused a call.": "Le catalogue a refusé une demande.",
    "Check the catalogue's address and the token in the tenant's manifest.": (
        "Vérifiez l’adresse du catalogue et le jeton, dans le manifeste du portail."
    ),
    "The catalogue's token does not allow this call.": "Le jeton donné pour le catalogue ne permet pas cette demande.",
    "Give the tenant a token of a sysadmin of that catalogue.": (
        "Donnez au portail un jeton d’administrateur (sysadmin) de ce catalogue."
    ),
    "The catalogue does not hold this object.": "Le catalogue ne contient pas cet objet.",
    "Run: odl-host provision": "Lancez : odl-host provision",
    "The catalogue found the data sent to it invalid.": "Le catalogue juge non valides les données reçues.",
    "Correct the fields that the message names, then run the same command again.": (
        "Corrigez les champs que nomme le message, puis relancez la même commande."
    ),
    "A file could not be stored or read back.": "Un fichier n’a pas pu être rangé ou relu.",
    "Check the free space and the rights on the data folder, then run the same command again.": (
        "Vérifiez la place libre et les droits du dossier de données, puis relancez la même commande."
    ),
    "The storage does not hold this file.": "Le stockage ne contient pas ce fichier.",
    "Stopped before the end; what was done stays.": "Arrêté avant la fin ; ce qui est fait reste fait.",
    "Run the same command again: it takes up where this one stopped.": (
        "Relancez la même commande : elle reprend où celle-ci s’est arrêtée."
    ),
    "Something this command needs is busy or does not answer.": (
        "Ce dont la commande a besoin est occupé ou ne répond pas."
    ),
    "Wait a moment, then run the same command again.": "Attendez un moment, puis relancez la même commande.",
    # the command line
    "--format {} shows one file.": "--format {0} ne montre qu’un fichier.",
    "For several files, give: --report DIR": "Pour plusieurs fichiers, donnez : --report DOSSIER",
    "A workbook is nothing for a terminal.": "Un classeur ne s’affiche pas dans un terminal.",
    "Send it to a file: > a-corriger.xlsx": "Envoyez-le dans un fichier : > a-corriger.xlsx",
    "Give its schema: --schema NAME": "Donnez son modèle : --schema NOM",
    "No report was given: stopped before the end.": "Aucun rapport n’a été donné : arrêté avant la fin.",
    "Run the same command again.": "Relancez la même commande.",
    "The report on {} was not written. {}": "Le rapport sur {0} n’a pas été écrit. {1}",
    "Check the free space and the rights on {}, then run the same command again.": (
        "Vérifiez la place libre et les droits du dossier {0}, puis relancez la même commande."
    ),
    "This asks for a confirmation.": "Cette commande demande une confirmation.",
    "Add --yes, or look first with --dry-run.": "Ajoutez --yes, ou regardez d’abord avec --dry-run.",
    "The password on stdin is not UTF-8.": "Le mot de passe sur l’entrée standard n’est pas en UTF-8.",
    "Write it in UTF-8, or type it.": "Écrivez-le en UTF-8, ou tapez-le.",
    "No password was given.": "Aucun mot de passe n’a été donné.",
    "Type it at a terminal, or write it on stdin.": "Tapez-le dans un terminal, ou écrivez-le sur l’entrée standard.",
    "A token stands for a user.": "Un jeton appartient à un utilisateur.",
    "Give --sysadmin, or --user NAME and if need be --organization NAME.": (
        "Donnez --sysadmin, ou --user NOM et au besoin --organization NOM."
    ),
    "Try: odl-host schema show {}": "Essayez : odl-host schema show {0}",
    "-t {}": "-t {0}",
    "{} exists already.": "{0} existe déjà.",
    "Give another name with -o, or remove that file first.": (
        "Donnez un autre nom avec -o, ou supprimez d’abord ce fichier."
    ),
    "“{}” is not an e-mail address.": "« {0} » n’est pas une adresse électronique.",
    "For example: mairie@chambery.fr": "Par exemple : mairie@chambery.fr",
    "“{}” is no member of {}.": "« {0} » n’est pas un membre de {1}.",
    "Add it with: odl-host add-commune CODE": "Ajoutez-le avec : odl-host add-commune CODE",
    # files, folders and addresses to check
    "The folder {} holds no file.": "Le dossier {0} ne contient aucun fichier.",
    "Give a folder that holds tables.": "Donnez un dossier qui contient des tableaux.",
    "The folder {} cannot be opened: {}.": "Le dossier {0} ne peut pas être ouvert ({1}).",
    "Check the rights on it.": "Vérifiez ses droits d’accès.",
    "{} cannot be fetched.": "{0} : cette sorte d’adresse n’est pas lue.",
    "Give an address in http:// or https://.": "Donnez une adresse en http:// ou https://.",
    "No file answers to {}.": "Aucun fichier ne correspond à {0}.",
    "Check the pattern.": "Vérifiez l’écriture du nom.",
    "Files of {} are GeoJSON, not tables.": "Les fichiers de {0} sont en GeoJSON, ce ne sont pas des tableaux.",
    "Make it with a mapping program; its properties: odl-host schema show {}": (
        "Faites-le avec un logiciel de cartographie ; ses propriétés : odl-host schema show {0}"
    ),
    "{} does not exist.": "{0} n’existe pas.",
    "Check the path.": "Vérifiez le chemin.",
    "Check the path and the rights on the file.": "Vérifiez le chemin et les droits du fichier.",
    "{} answers 404 {}.": "L’adresse {0} n’existe pas (réponse 404).",
    "{} answers {} {}.": "L’adresse {0} refuse de donner le fichier (réponse {1}).",
    "{} answers {}.": "L’adresse {0} refuse de donner le fichier (réponse {1}).",
    "{} does not answer within {} s.": "L’adresse {0} n’a pas répondu en {1} secondes.",
    "{} does not answer: {}.": "L’adresse {0} ne répond pas ({1}).",
    "{} does not answer ({}).": "L’adresse {0} ne répond pas ({1}).",
    "{} takes more than {} s to send its file.": "L’adresse {0} met plus de {1} secondes à donner le fichier.",
    "{} stopped before the end of its file.": "L’adresse {0} s’est arrêtée avant la fin du fichier.",
    "{} is not an address that can be fetched: {}.": "{0} n’est pas une adresse qui peut être lue.",
    "“{}” is no address that a file can be fetched from.": "« {0} » n’est pas une adresse où lire un fichier.",
    "Standard input is larger than {} MB.": "L’entrée standard dépasse {0} Mo.",
    "{} is larger than {} MB.": "{0} dépasse {1} Mo.",
    "The file is larger than {} MB (max_file_mb).": "Le fichier dépasse {0} Mo (réglage max_file_mb).",
    "Raise the setting max_file_mb.": "Augmentez le réglage max_file_mb.",
    "Check the address.": "Vérifiez l’adresse.",
    "Check the address, then try again.": "Vérifiez l’adresse, puis réessayez.",
    "{} cannot be read: {}.": "{0} ne peut pas être lu ({1}).",
    "What was written of the rows of {} is not what makes its table.": (
        "Ce qui a été écrit des lignes de {0} n’est pas ce qui fait sa table."
    ),
    "The search index in {} cannot be written: {}.": "L’index de recherche {0} ne peut pas être écrit ({1}).",
    "Check the free space and the rights of that folder, then run the same command again.": (
        "Vérifiez la place libre et les droits de ce dossier, puis relancez la même commande."
    ),
    "The report {} cannot be written: {}.": "Le rapport {0} ne peut pas être écrit ({1}).",
    "The workbook {} cannot be written: {}.": "Le classeur {0} ne peut pas être écrit ({1}).",
    "{}: the normalised file cannot be written ({}).": "{0} : le fichier à publier ne peut pas être écrit ({1}).",
}
