"""Every error and hint that a command may print, as it is raised and in French; `{}` is what stands in it.

In the French, `{0}` is the first of them. English is where an error is raised: a sentence that changes there is found
missing here by `tests/unit/test_french.py`.
"""

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
    "Read the fields named in the message; correct the metadata, then run the same command again.": (
        "Lisez les champs nommés dans le message, corrigez les métadonnées, puis relancez la même commande."
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
    # schemas
    "No schema is called {}; the nearest: {}.": "Aucun modèle ne s’appelle {0} ; les plus proches : {1}.",
    "No schema is called {}.": "Aucun modèle ne s’appelle {0}.",
    "Several schemas are called {}: {}.": "Plusieurs modèles s’appellent {0} : {1}.",
    "Give the full name, for example: {}": "Donnez le nom entier, par exemple : {0}",
    "{} has no version {}; known here: {}.": "{0} n’a pas de version {1} ; connues ici : {2}.",
    "Load the official versions with: odl-host schema sync https://schema.data.gouv.fr/schemas.json": (
        "Chargez les versions officielles : odl-host schema sync https://schema.data.gouv.fr/schemas.json"
    ),
    "List the schemas that can be checked with: odl-host schema list": (
        "La liste des modèles qui peuvent être vérifiés : odl-host schema list"
    ),
    "Run again: odl-host schema sync": "Relancez : odl-host schema sync",
    "{} is an official schema but describes no table ({}).": (
        "{0} est un modèle officiel, mais ne décrit pas un tableau ({1})."
    ),
    "{} is not a Table Schema: it has no list of `fields`.": (
        "{0} n’est pas un modèle de tableau (Table Schema) : il n’a pas de liste `fields`."
    ),
    "{}@{} is not a Table Schema: it has no list of `fields`.": (
        "{0}@{1} n’est pas un modèle de tableau (Table Schema) : il n’a pas de liste `fields`."
    ),
    "Give the address of a table schema, such as those of https://schema.data.gouv.fr.": (
        "Donnez l’adresse d’un modèle de tableau, comme ceux de https://schema.data.gouv.fr."
    ),
    "{} is no JSON: {}.": "{0} n’est pas du JSON ({1}).",
    "Give a table schema in JSON.": "Donnez un modèle de tableau en JSON.",
    "Give a file, a folder, or an http(s) address.": "Donnez un fichier, un dossier ou une adresse http(s).",
    "{} is neither a catalogue nor a table schema.": "{0} n’est ni un catalogue ni un modèle de tableau.",
    "Give a folder, a catalogue or a descriptor.": "Donnez un dossier, un catalogue ou un modèle.",
    "Give a schema file.": "Donnez le fichier d’un modèle.",
    "Give a schema's address.": "Donnez l’adresse d’un modèle.",
    "Give another source.": "Donnez une autre source.",
    "{} is no catalogue: it has no list of `schemas`.": "{0} n’est pas un catalogue de modèles (liste `schemas`).",
    "The schema cache {} cannot be read: {}.": "La réserve de modèles {0} ne peut pas être lue ({1}).",
    "The cached schema {} cannot be read.": "Le modèle gardé ici sous le nom {0} ne peut pas être lu.",
    "{} is not a SIRET.": "{0} n’est pas un SIRET.",
    "A SIRET has 14 digits; the last one is a check.": "Un SIRET a 14 chiffres ; le dernier contrôle les autres.",
    # communes and other places
    "A name or an INSEE code is missing.": "Il manque un nom ou un code INSEE.",
    "Give one, for example: Chambéry or 73065.": "Donnez-en un, par exemple : Chambéry ou 73065.",
    "No commune answers to « {} ».": "Aucune commune n’a le nom « {0} ».",
    "No commune has the INSEE code {} in {}.": "Aucune commune n’a le code INSEE {0} en {1}.",
    "No commune has the INSEE code {} in {}{}.": "Aucune commune n’a le code INSEE {0} en {1}{2}.",
    "{}: there is no département {}": "{0} : il n’y a pas de département {1}",
    "No commune has the {} {} in {}.": "Aucune commune n’a le {0} {1} en {2}.",
    "No {} has the code or name « {} ».": "Aucune collectivité ({0}) n’a le code ou le nom « {1} ».",
    "No EPCI has the SIREN « {} » in {}.": "Aucun EPCI n’a le SIREN « {0} » en {1}.",
    "A commune's card names its EPCI: odl-host commune show CODE": (
        "La fiche d’une commune nomme son EPCI : odl-host commune show CODE"
    ),
    "{} communes answer to « {} »: {}.": "{0} communes portent le nom « {1} » : {2}.",
    "{} is not a commune, it is {}.": "{0} n’est pas une commune : c’est {1}.",
    "{} is not a {}: its last digit does not fit the others.": (
        "{0} n’est pas un {1} : son dernier chiffre ne va pas avec les autres."
    ),
    "{}{} is not a commune in {}.": "{0}{1} n’est pas une commune en {2}.",
    "« {} » is not among the communes expected here: {}.": "« {0} » n’est pas l’une des communes attendues ici : {1}.",
    "« {} » is not an INSEE code: its first zero seems lost.": (
        "« {0} » n’est pas un code INSEE : son premier zéro semble perdu."
    ),
    "Did you mean {} {}?": "Vouliez-vous {0} {1} ?",
    "Did you mean {}?": "Vouliez-vous {0} ?",
    "It belongs to {} {}.": "Elle fait partie de {0} {1}.",
    "It is the post code of {}: give the INSEE code.": "C’est le code postal de {0} : donnez le code INSEE.",
    "Give the INSEE code of the {}.": "Donnez le code INSEE : {0}.",
    "Its {} communes are what --epci {} gives.": "Ses {0} communes sont ce que donne --epci {1}.",
    "Give a commune of this perimeter, or widen the perimeter.": (
        "Donnez une commune de ce périmètre, ou élargissez le périmètre."
    ),
    "No commune was named.": "Aucune commune n’est nommée.",
    "Give codes or names, --epci, --department or --from-file.": (
        "Donnez des codes ou des noms, --epci, --department ou --from-file."
    ),
    "The list {} is empty.": "La liste {0} est vide.",
    "Write one INSEE code or commune name per line.": "Écrivez un code INSEE ou un nom de commune par ligne.",
    "The SIREN {} is that of no commune and no EPCI, so its name cannot be known.": (
        "Le SIREN {0} n’est celui d’aucune commune ni d’aucun EPCI : son nom ne peut pas être deviné."
    ),
    'Give the name: odl-host add-member {} --name "CCAS de Chambéry"': (
        'Donnez le nom : odl-host add-member {0} --name "CCAS de Chambéry"'
    ),
    # portals and their manifests
    "There is no tenant in {}.": "Il n’y a aucun portail dans {0}.",
    "There is no tenant “{}” in {}; there are: {}.": "Il n’y a pas de portail « {0} » dans {1} ; il y a : {2}.",
    "There is no tenant “{}” in {}.": "Il n’y a pas de portail « {0} » dans {1}.",
    "There are several tenants here: {}.": "Il y a plusieurs portails ici : {0}.",
    "Say which, for example: -t {}": "Dites lequel, par exemple : -t {0}",
    "Create one with: odl-host init NAME --department CODE, or point --home at another folder.": (
        "Créez-en un : odl-host init NOM --department CODE, ou désignez un autre dossier avec --home."
    ),
    "Create one with: odl-host init NAME --department CODE, then odl-host provision": (
        "Créez-en un : odl-host init NOM --department CODE, puis odl-host provision"
    ),
    "Create it with: odl-host init {} --department CODE": "Créez-le : odl-host init {0} --department CODE",
    "No tenant of {} has an embedded catalogue.": "Aucun portail de {0} n’a de catalogue intégré.",
    "The tenant {} exists already: {}.": "Le portail {0} existe déjà : {1}.",
    "Edit that file, then: odl-host provision": "Modifiez ce fichier, puis : odl-host provision",
    "The tenant {} already answers at {}.": "Le portail {0} répond déjà à l’adresse {1}.",
    "Give the new one its own host name: odl-host init {} … --url https://{}.exemple.fr": (
        "Donnez au nouveau son propre nom de site : odl-host init {0} … --url https://{1}.exemple.fr"
    ),
    "“{}” cannot name a tenant: use lower-case letters without accents, digits and hyphens.": (
        "« {0} » ne peut pas nommer un portail : prenez des minuscules sans accent, des chiffres et des traits d’union."
    ),
    "For example: odl-host init savoie --department 73": "Par exemple : odl-host init savoie --department 73",
    "The portal needs a territory.": "Il faut un territoire au portail.",
    "Give --department, --epci, --region, --commune (each may be repeated) or --france.": (
        "Donnez --department, --epci, --region, --commune (chacune peut être répétée) ou --france."
    ),
    "The tenants {} and {} name the same database ({}).": "Les portails {0} et {1} nomment la même base ({2}).",
    "Each catalogue needs a database of its own: create another, and name it in one of the manifests.": (
        "Il faut à chaque catalogue sa propre base : créez-en une autre, et nommez-la dans l’un des manifestes."
    ),
    "{}, line {}: {}": "{0}, ligne {1} : {2}",
    "the key “{}” is unknown{}": "la clé « {0} » est inconnue{1}",
    "“{}” must be a table.": "« {0} » doit être une table.",
    "“{}” must be {}, not {}.": "« {0} » doit être {1}, pas {2}.",
    "“{}” is not an address that starts with http:// or https://.": (
        "« {0} » n’est pas une adresse qui commence par http:// ou https://."
    ),
    "the portal's address cannot have a path: a portal is known by its host.": (
        "l’adresse du portail ne peut pas avoir de chemin : un portail est connu par son nom de site."
    ),
    "“{}” is neither “strict” nor “tolerant”.": "« {0} » n’est ni « strict » ni « tolerant ».",
    "a number of versions is 1 or more, or 0 to keep all.": (
        "un nombre de versions vaut 1 ou plus, ou 0 pour les garder toutes."
    ),
    "“{}” is neither “embedded” nor “ckan”.": "« {0} » n’est ni « embedded » ni « ckan ».",
    "a CKAN needs its address, for example https://ckan.example.fr.": (
        "il faut l’adresse du CKAN, par exemple https://ckan.example.fr."
    ),
    "“{}” is not a licence that the law allows (CRPA D. 323-2-1): {}. One that was approved for you (D. 323-2-2) is "
    "named in other_licences.": (
        "« {0} » n’est pas une licence que la loi permet (CRPA D. 323-2-1) : {1}. Une licence homologuée pour vous "
        "(D. 323-2-2) se nomme dans other_licences."
    ),
    "a database is given as postgresql://user@host/name; without it, SQLite is used.": (
        "une base s’écrit postgresql://utilisateur@machine/nom ; sans elle, SQLite est utilisé."
    ),
    "a manifest holds no password: put the whole URL in a variable, and name it with database_env.": (
        "un manifeste ne contient pas de mot de passe : mettez l’adresse entière dans une variable, nommée par "
        "database_env."
    ),
    "The template {} cannot be used: {}.": "Le gabarit {0} ne peut pas être utilisé : {1}.",
    "The template {} gave a file that is not TOML: {}.": (
        "Le gabarit {0} a donné un fichier qui n’est pas du TOML : {1}."
    ),
    "Correct it, or take yours away.": "Corrigez-le, ou retirez le vôtre.",
    "The language “{}” is the portal's own, and is not offered.": (
        "La langue « {0} » est celle du portail, et n’est pas proposée."
    ),
    "Name it in ckan.locales_offered, or choose another ckan.locale_default.": (
        "Nommez-la dans ckan.locales_offered, ou choisissez un autre ckan.locale_default."
    ),
    "The CKAN setting “{}” is unknown{}": "Le réglage CKAN « {0} » est inconnu{1}",
    "The CKAN setting “{}” must be a list of texts, not {}.": (
        "Le réglage CKAN « {0} » doit être une liste de textes, pas {1}."
    ),
    "The CKAN setting “{}” must be a whole number up to {}, not {}.": (
        "Le réglage CKAN « {0} » doit être un nombre entier, jusqu’à {1} ; pas {2}."
    ),
    "The CKAN setting “{}” must be 1 or more: with 0 nothing could be done at all.": (
        "Le réglage CKAN « {0} » doit être 1 ou plus : avec 0, plus rien ne serait possible."
    ),
    "The CKAN setting “{}” is written like {}, not {}.": "Le réglage CKAN « {0} » s’écrit comme {1}, pas {2}.",
    "The CKAN setting “{}” names a storage that is not set up: {}.": (
        "Le réglage CKAN « {0} » nomme un stockage qui n’est pas défini : {1}."
    ),
    'Set it up with ckan.files.storage.{}.type = "{}", or leave it out.': (
        'Définissez-le par ckan.files.storage.{0}.type = "{1}", ou ne le nommez pas.'
    ),
    "“{}” cannot name a tenant: a name has {} to {} characters, this one {}.": (
        "« {0} » ne peut pas nommer un portail : un nom a de {1} à {2} caractères, celui-ci {3}."
    ),
    "“schemas” cannot name a tenant: this folder is that of the schemas.": (
        "« schemas » ne peut pas nommer un portail : ce dossier est celui des schémas."
    ),
    "The CKAN setting “{}” must be a text, not {}.": "Le réglage CKAN « {0} » doit être un texte, pas {1}.",
    "The CKAN setting “{}” must be a duration (2 days, 4:35:00), not {}.": (
        "Le réglage CKAN « {0} » doit être une durée (2 days, 4:35:00), pas {1}."
    ),
    "The CKAN setting “{}” must be one of {}, not {}.": (
        "Le réglage CKAN « {0} » doit être l’un de ceux-ci : {1} ; pas {2}."
    ),
    "The CKAN setting “{}” must be “{}”, not {}.": "Le réglage CKAN « {0} » doit être « {1} », pas {2}.",
    "These files lie where the tenant's others do (its storage): there is no other type, and no path.": (
        "Ces fichiers se trouvent avec les autres du portail (son stockage) : il n’y a ni autre type, ni chemin."
    ),
    "The CKAN setting “{}” must be true or false, not {}.": "Le réglage CKAN « {0} » doit être true ou false, pas {1}.",
    "The CKAN setting “{}” must be a name that a user can have, not {}.": (
        "Le réglage CKAN « {0} » doit être un nom qu’un utilisateur peut porter, pas {1}."
    ),
    "The user “{}” is no administrator: the portal's own commands cannot act as that person.": (
        "L’utilisateur « {0} » n’est pas administrateur : les commandes du portail ne peuvent pas agir en son nom."
    ),
    "Let ckan.site_id in the manifest's [ckan] table name nobody.": (
        "Dans la table [ckan] du manifeste, donnez à ckan.site_id un nom que personne ne porte."
    ),
    "odl-host knows: {}": "odl-host connaît : {0}",
    # settings and secrets
    "The environment variable {} must be of type {}, not “{}”.": (
        "La variable d’environnement {0} doit être de type {1}, pas « {2} »."
    ),
    "The environment variable {}, which should hold the database's URL, is not set.": (
        "La variable d’environnement {0}, qui doit contenir l’adresse de la base, n’est pas définie."
    ),
    "The environment variable {}, which should hold {}, is not set.": (
        "La variable d’environnement {0}, qui doit contenir un secret ({1}), n’est pas définie."
    ),
    "The file {}, which should hold {}, cannot be read: {}.": (
        "Le fichier {0}, qui doit contenir un secret ({1}), ne peut pas être lu ({2})."
    ),
    "The file {}, which should hold {}, is empty.": "Le fichier {0}, qui doit contenir un secret ({1}), est vide.",
    "The file {} cannot be read: {}.": "Le fichier {0} ne peut pas être lu ({1}).",
    "The file {} does not exist.": "Le fichier {0} n’existe pas.",
    "The setting {} ({}) must be between {} and {}, not {}.": (
        "Le réglage {0} ({1}) doit être entre {2} et {3}, pas {4}."
    ),
    "Set it: export {}=postgresql://user:password@host/database": (
        "Définissez-la : export {0}=postgresql://utilisateur:motdepasse@machine/base"
    ),
    "Set it: export {}=…": "Définissez-la : export {0}=…",
    "Set it in odl.toml.": "Définissez-le dans odl.toml.",
    "Unset {} or give it another value.": "Supprimez {0} ou donnez-lui une autre valeur.",
    "The contacts {} cannot be read: {}.": "La liste d’adresses {0} ne peut pas être lue ({1}).",
    "{}, line {}: it is no MEMBER;ADDRESS.": "{0}, ligne {1} : ce n’est pas MEMBRE;ADRESSE.",
    # publishing
    "The deposit {} is an empty folder, and {} files are online: is its disk mounted?": (
        "Le dépôt {0} est un dossier vide, alors que {1} fichiers sont en ligne : son disque est-il monté ?"
    ),
    "Mount it. If it was emptied on purpose, make any folder in it.": (
        "Montez-le. S’il a été vidé exprès, créez-y un dossier, quel qu’il soit."
    ),
    "The deposit {} is a file, not a folder.": "Le dépôt {0} est un fichier, pas un dossier.",
    "The deposit {} is not there.": "Le dépôt {0} n’existe pas.",
    "Correct its path, make the folder, or mount its disk; then run the same command again.": (
        "Corrigez son chemin, créez le dossier ou montez son disque, puis relancez la même commande."
    ),
    "Give this user the right to list it, or mount its disk again; then run the same command again.": (
        "Donnez à cet utilisateur le droit de le parcourir, ou remontez son disque, puis relancez la même commande."
    ),
    "The deposit {} cannot be read: {} ({}).": "Le dépôt {0} ne peut pas être lu : {1} ({2}).",
    "Give the folder that holds one sub-folder per member, named by its INSEE code.": (
        "Donnez le dossier qui contient un sous-dossier par membre, nommé par son code INSEE."
    ),
    "--prune needs every source of this tenant: one of them cannot tell what left the others.": (
        "--prune demande toutes les sources de ce portail : une seule ne dit pas ce qui a quitté les autres."
    ),
    "Leave the deposit out: odl-host publish --prune": "Ne nommez pas de dépôt : odl-host publish --prune",
    "--prune would remove {} of {} published files: is the deposit whole?": (
        "--prune retirerait {0} des {1} fichiers publiés : le dépôt est-il entier ?"
    ),
    "Read the plan first: odl-host plan --prune -o plan.json, then: odl-host publish --plan plan.json": (
        "Lisez d’abord le plan : odl-host plan --prune -o plan.json, puis : odl-host publish --plan plan.json"
    ),
    "Another run is under way: {}.": "Un autre passage est en cours : {0}.",
    "Wait until it ends, then run the same command again.": (
        "Attendez qu’il se termine, puis relancez la même commande."
    ),
    "{} has another content": "{0} a un autre contenu",
    "{} is new": "{0} est nouveau",
    "{} is gone": "{0} n’est plus là",
    "and {} more": "et {0} de plus",
    "the dataset {} changed in the catalogue": "le jeu de données {0} a changé dans le catalogue",
    "It is online with its errors, and the policy is strict now: odl-host takedown {} takes it off.": (
        "Il est en ligne avec ses erreurs, et la règle est « strict » à présent : odl-host takedown {0} l’enlève."
    ),
    "The plan is no longer what would be done: {}.": "Le plan n’est plus ce qui serait fait : {0}.",
    "The plan {} cannot be read: {}.": "Le plan {0} ne peut pas être lu ({1}).",
    "{} is not a plan.": "{0} n’est pas un plan.",
    "{} is a plan of the tenant {}.": "{0} est un plan du portail {1}.",
    "{} was altered, or made by another version: {}.": "{0} a été modifié, ou fait par une autre version : {1}.",
    "Make it again: odl-host plan -o plan.json": "Refaites-le : odl-host plan -o plan.json",
    "{} changed while it was being published.": "{0} a changé pendant sa publication.",
    "Wait until its copy has ended, then run the same command again.": (
        "Attendez la fin de sa copie, puis relancez la même commande."
    ),
    "Left for the next run, since the catalogue stopped answering. {}": (
        "Laissé au prochain passage, car le catalogue ne répond plus. {0}"
    ),
    "the source stopped answering; left for the next run.": "la source ne répond plus ; laissé au prochain passage.",
    "mail_from, the address that letters come from, is not set.": (
        "mail_from, l’adresse d’où partent les courriels, n’est pas définie."
    ),
    "smtp_security is “starttls”, “tls” or “none”, not “{}”.": (
        "smtp_security vaut « starttls », « tls » ou « none », pas « {0} »."
    ),
    "The SMTP server {} refused or does not answer ({}: {}).": (
        "Le serveur de courriel {0} refuse ou ne répond pas ({1} : {2})."
    ),
    "Check smtp_host, smtp_port, smtp_security and smtp_user; the letters are due again after the next run.": (
        "Vérifiez smtp_host, smtp_port, smtp_security et smtp_user ; les courriels repartiront au prochain passage."
    ),
    "Dask is not installed.": "Dask n’est pas installé.",
    "Install it with: pip install 'odl-host[dask]'": "Installez-le : pip install 'odl-host[dask]'",
    "“{}” is no executor.": "« {0} » n’est pas un exécuteur.",
    "For a Dask cluster: --executor dask://HOST:8786": "Pour une grappe Dask : --executor dask://MACHINE:8786",
    "No Dask scheduler answers at {}.": "Aucun ordonnanceur Dask ne répond à {0}.",
    "Start one with: dask scheduler, then dask worker HOST:8786": (
        "Lancez-en un : dask scheduler, puis dask worker MACHINE:8786"
    ),
    "The Dask cluster at {} has no worker.": "La grappe Dask de {0} n’a aucun exécutant.",
    "Start one: dask worker {}": "Lancez-en un : dask worker {0}",
    "Cannot write the journal under {}: {}.": "Le journal ne peut pas être écrit sous {0} ({1}).",
    "Cannot write the journal {}: {}.": "Le journal {0} ne peut pas être écrit ({1}).",
    "Cannot write the lock {}: {}.": "Le verrou {0} ne peut pas être écrit ({1}).",
    "Cannot write {}: {}.": "{0} ne peut pas être écrit ({1}).",
    # runs, versions and what people decide
    "There is no user “{}”.": "Il n’y a pas d’utilisateur « {0} ».",
    "List them with: odl-host user list": "La liste : odl-host user list",
    "There is no organization “{}”.": "Il n’y a pas d’organisation « {0} ».",
    "Its name is the end of its page's address: /organization/NAME": (
        "Son nom est la fin de l’adresse de sa page : /organization/NOM"
    ),
    "There is no token “{}”.": "Il n’y a pas de jeton « {0} ».",
    "List them with: odl-host token list": "La liste : odl-host token list",
    "There is no run “{}”.": "Il n’y a pas de passage « {0} ».",
    "“{}” begins the names of {} runs.": "« {0} » commence le nom de {1} passages.",
    "List them with: odl-host runs": "La liste : odl-host runs",
    "See them with: odl-host runs": "Voyez-les : odl-host runs",
    "There is no run, dataset or file “{}”.": "Il n’y a ni passage, ni jeu de données, ni fichier « {0} ».",
    "Give a run (odl-host runs), a dataset's name, or a file's id.": (
        "Donnez un passage (odl-host runs), le nom d’un jeu de données ou l’identifiant d’un fichier."
    ),
    "--to goes with a dataset or a file, not with a run.": (
        "--to va avec un jeu de données ou un fichier, pas un passage."
    ),
    "{} has no version {}.": "{0} n’a pas de version {1}.",
    "odl-host history {} shows them.": "odl-host history {0} les montre.",
    "{} has {} files: which one goes back to version {}?": "{0} a {1} fichiers : lequel revient à la version {2} ?",
    "Give the file's id; odl-host history {} shows them.": (
        "Donnez l’identifiant du fichier ; odl-host history {0} les montre."
    ),
    "No version {} of {} is kept.": "Aucune version {0} de {1} n’est gardée.",
    "{} cannot be kept: {}.": "{0} ne peut pas être gardé ({1}).",
    "This catalogue keeps no earlier versions of files.": (
        "Ce catalogue ne garde pas les anciennes versions des fichiers."
    ),
    "Deposit the earlier file again under the same name: its id and its address stay.": (
        "Redéposez l’ancien fichier sous le même nom : son identifiant et son adresse restent."
    ),
    "What would be taken back has changed meanwhile; nothing was done.": (
        "Ce qui serait repris a changé entre-temps ; rien n’a été fait."
    ),
    "Look again: the same command with --dry-run": "Regardez de nouveau : la même commande avec --dry-run",
    "The files of {} lie in a CKAN elsewhere.": "Les fichiers de {0} sont dans un CKAN ailleurs.",
    "Ask the one who administers that CKAN.": "Demandez à la personne qui administre ce CKAN.",
    "No file “{}” is held back.": "Aucun fichier « {0} » n’est retenu.",
    "See which are: odl-host quarantine list": "Voyez lesquels le sont : odl-host quarantine list",
    "{} is held back for personal data: say on which ground they may be published.": (
        "{0} est retenu pour des données personnelles : dites sur quel fondement elles peuvent être publiées."
    ),
    "Add --ground, one of: {}.": "Ajoutez --ground, parmi : {0}.",
    "{} cannot be released: {}": "{0} ne peut pas être libéré : {1}",
    "Correct the file, or describe it with a sidecar (dataset.toml) to publish it without a schema.": (
        "Corrigez le fichier, ou décrivez-le dans un dataset.toml pour le publier sans modèle."
    ),
    "{} is in no member's folder: there is nothing to decide on it.": (
        "{0} n’est dans le dossier d’aucun membre : il n’y a rien à décider."
    ),
    "Move it to the folder named after the member's code.": "Déplacez-le dans le dossier qui porte le code du membre.",
    "Nothing was decided on {}.": "Rien n’a été décidé sur {0}.",
    "odl-host quarantine list --all": "odl-host quarantine list --all",
    "The catalogue has neither a dataset nor a file “{}”.": ("Le catalogue n’a ni jeu de données ni fichier « {0} »."),
    "Give a dataset's name or id, or a file's id: they stand in the page's address.": (
        "Donnez le nom ou l’identifiant d’un jeu de données, ou d’un fichier : ils sont dans l’adresse de sa page."
    ),
    "The decision cannot be written to {}: {}.": "La décision ne peut pas être écrite dans {0} ({1}).",
    "The decisions in {} cannot be read: {}.": "Les décisions de {0} ne peuvent pas être lues ({1}).",
    "Line {} of {} is not a decision.": "La ligne {0} de {1} n’est pas une décision.",
    # catalogues, dumps and databases
    "The catalogue {} does not answer ({}).": "Le catalogue {0} ne répond pas ({1}).",
    "The catalogue {} failed on {} (HTTP {}).": "Le catalogue {0} a échoué à {1} (réponse {2}).",
    "{} does not answer {} as a CKAN does: {}": "{0} ne répond pas à {1} comme un CKAN : {2}",
    "{} is CKAN {}; odl-host needs 2.10 or newer.": "{0} est un CKAN {1} ; il faut à odl-host la version 2.10 ou plus.",
    'Upgrade that CKAN, or use the embedded catalogue: [catalogue] kind = "embedded".': (
        'Mettez ce CKAN à jour, ou prenez le catalogue intégré : [catalogue] kind = "embedded".'
    ),
    "Check the address in the manifest and the network, then run the same command again.": (
        "Vérifiez l’adresse dans le manifeste et le réseau, puis relancez la même commande."
    ),
    "{}: the catalogue does not hold this object. {}": "{0} : le catalogue ne contient pas cet objet. {1}",
    "{}: the catalogue refused: {}.": "{0} : le catalogue refuse : {1}.",
    "{}: {} does not know the token (any more): it was revoked, or it has expired.": (
        "{0} : {1} ne connaît pas (ou plus) le jeton : il a été révoqué, ou il a expiré."
    ),
    "Make a new one on that CKAN, and put it where the manifest says that the token is.": (
        "Créez-en un nouveau sur ce CKAN, et mettez-le là où le manifeste dit que le jeton se trouve."
    ),
    "{}: the embedded catalogue failed ({}: {}).": "{0} : le catalogue intégré a échoué ({1} : {2}).",
    "{}: a file cannot be read or written: {}.": "{0} : un fichier ne peut pas être lu ou écrit ({1}).",
    "The catalogue of {} is a CKAN elsewhere: its database is not here.": (
        "Le catalogue de {0} est un CKAN ailleurs : sa base n’est pas ici."
    ),
    "The catalogue's database {} is {}, and what it described is still here: {}.": (
        "La base du catalogue {0} est perdue ou vide ({1}), et ce qu’elle décrivait est encore là : {2}."
    ),
    "Put back a backup of {}. To begin an empty catalogue, move these folders away first.": (
        "Remettez une sauvegarde de {0}. Pour commencer un catalogue vide, déplacez d’abord ces dossiers."
    ),
    "The dump in {} cannot be written: {}.": "L’export ne peut pas être écrit dans {0} ({1}).",
    "There is no file or folder {}.": "Il n’y a ni fichier ni dossier {0}.",
    "Give a dump, or an address with http(s)://.": "Donnez un export, ou une adresse en http(s)://.",
    "{}, line {}: this is no JSON object ({}).": "{0}, ligne {1} : ce n’est pas un objet JSON ({2}).",
    "{}, line {}: this is no JSON object.": "{0}, ligne {1} : ce n’est pas un objet JSON.",
    # stored files and buckets
    "Cannot clean {}: {}.": "{0} ne peut pas être nettoyé ({1}).",
    "Cannot store a file under {}: {}.": "Un fichier ne peut pas être rangé sous {0} ({1}).",
    "Cannot keep a file on its way to the storage: {}.": (
        "Un fichier en route vers le stockage ne peut être gardé ({0})."
    ),
    "The stored file {} is not in the bucket.": "Le fichier {0} n’est pas dans le bucket.",
    "The stored file {} is not in {}.": "Le fichier {0} n’est pas dans {1}.",
    "The stored file {} cannot be read: {}.": "Le fichier rangé {0} ne peut pas être lu ({1}).",
    "The stored file {} cannot be removed: {}.": "Le fichier rangé {0} ne peut pas être supprimé ({1}).",
    "“{}” is not the name of a stored file.": "« {0} » n’est pas le nom d’un fichier rangé.",
    "Restore the file from a backup.": "Reprenez le fichier d’une sauvegarde.",
    "Delete that object, then publish the file again.": "Supprimez cet objet, puis publiez de nouveau le fichier.",
    "Cannot remove {}: {}.": "{0} ne peut pas être supprimé ({1}).",
    "{} cannot be removed: {}.": "{0} ne peut pas être supprimé ({1}).",
    "{} was altered before it was sent.": "{0} a été modifié avant son envoi.",
    "{}: {} is damaged: its content has another SHA-256.": (
        "{0} : {1} est abîmé, son contenu n’a plus la même empreinte."
    ),
    "{}: {} was replaced while it was read.": "{0} : {1} a été remplacé pendant sa lecture.",
    "{} announces {} bytes of {}, not the rest of it.": "{0} annonce {1} octets de {2}, et non le reste.",
    "{} holds {} bytes of {} after {} were sent.": "{0} contient {1} octets de {2} après l’envoi de {3}.",
    "{} sent fewer bytes of {} than it announced.": "{0} a envoyé moins d’octets de {1} qu’annoncé.",
    "{}: cannot {}: it is not there.": "{0} : impossible ({1}), il n’est pas là.",
    "{}: cannot {}: the server does not answer ({}).": "{0} : impossible ({1}), le serveur ne répond pas ({2}).",
    "{}: cannot {}: the server refused.": "{0} : impossible ({1}), le serveur refuse l’accès.",
    "{}: cannot {}: there is no such bucket.": "{0} : impossible ({1}), ce bucket n’existe pas.",
    "{}: cannot {}: {}: {}": "{0} : impossible ({1}) : {2} : {3}",
    "{}: no keys were found.": "{0} : aucune clé n’a été trouvée.",
    "{}: there is no such bucket.": "{0} : ce bucket n’existe pas.",
    "Create it, or correct its name.": "Créez-le, ou corrigez son nom.",
    "Check the keys that the manifest names; they must allow ListBucket and GetObject and, where files are published "
    "to, PutObject and DeleteObject.": (
        "Vérifiez les clés que le manifeste nomme ; elles doivent permettre ListBucket et GetObject et, là où l’on "
        "publie, PutObject et DeleteObject."
    ),
    "{}: the server's certificate is not trusted: {}.": "{0} : le certificat du serveur n’est pas reconnu : {1}.",
    "The certificate of the catalogue {} is not trusted: {}.": (
        "Le certificat du catalogue {0} n’est pas reconnu : {1}."
    ),
    "Name the file of its authority, if you trust it: export REQUESTS_CA_BUNDLE=/path/to/authority.pem. Else have the "
    "server's administrator put a valid certificate there.": (
        "Si vous faites confiance à son autorité, nommez le fichier de celle-ci : export "
        "REQUESTS_CA_BUNDLE=/chemin/de/autorite.pem. Sinon, demandez à l’administrateur du serveur un certificat "
        "valide."
    ),
    "{}: the server does not speak TLS there.": "{0} : le serveur n’y parle pas TLS.",
    "Correct its port, or write http:// at its head.": "Corrigez son port, ou écrivez http:// au début.",
    "Check the address and its rights.": "Vérifiez l’adresse et ses droits.",
    # deposits that lie elsewhere
    "{} lists no file any more, where it had {}: nothing is taken as removed.": (
        "{0} ne contient plus aucun fichier, alors qu’il en avait {1} : rien n’est retiré."
    ),
    "If it was emptied on purpose, delete {} and run the same command again.": (
        "S’il a été vidé exprès, supprimez {0} puis relancez la même commande."
    ),
    "{} holds more than {} files.": "{0} contient plus de {1} fichiers.",
    "Name a folder below.": "Nommez un dossier plus bas.",
    "Reading a deposit over SFTP needs the library paramiko.": (
        "Lire un dépôt par SFTP demande la bibliothèque paramiko."
    ),
    "Install it: pip install 'odl-host[sftp]'": "Installez-la : pip install 'odl-host[sftp]'",
    "The key {} cannot be used ({}).": "La clé {0} ne peut pas être utilisée ({1}).",
    "It must be a private key without a passphrase: ssh-keygen -t ed25519 -N '' -f FILE": (
        "Il faut une clé privée sans phrase secrète : ssh-keygen -t ed25519 -N '' -f FICHIER"
    ),
    "The known hosts {} cannot be read: {}.": "La liste des serveurs connus {0} ne peut pas être lue ({1}).",
    "{}: the server's key is not known.": "{0} : la clé du serveur n’est pas connue.",
    "Add it, once checked: ssh-keyscan -p {} {} >> {}": (
        "Ajoutez-la, après l’avoir vérifiée : ssh-keyscan -p {0} {1} >> {2}"
    ),
    "{}: the server's key is not the one that is known for {}.": (
        "{0} : la clé du serveur n’est pas celle qui est connue pour {1}."
    ),
    "Somebody may be in between. Ask the server's administrator, then correct the known hosts.": (
        "Quelqu’un s’est peut-être interposé. Demandez à l’administrateur du serveur, puis corrigez les "
        "serveurs connus."
    ),
    "{}: the server refused the user {}.": "{0} : le serveur refuse l’utilisateur {1}.",
    "Check key_file, and that its public half is among the user's authorized_keys.": (
        "Vérifiez key_file, et que sa moitié publique est dans les authorized_keys de l’utilisateur."
    ),
    "Check the user's rights.": "Vérifiez les droits de l’utilisateur.",
    "{}: the server refused (HTTP {}).": "{0} : le serveur refuse (réponse {1}).",
    "{}: the server refused ({}).": "{0} : le serveur refuse ({1}).",
    "{}: the server does not answer ({}).": "{0} : le serveur ne répond pas ({1}).",
    "{}: the server answered {} ({}).": "{0} : le serveur a répondu {1} ({2}).",
    "{}: the server answered {}.": "{0} : le serveur a répondu {1}.",
    "{}: the answer broke off ({}).": "{0} : la réponse s’est interrompue ({1}).",
    "{}: it is not there (HTTP {}).": "{0} : il n’est pas là (réponse {1}).",
    "{}: it is not there.": "{0} : il n’est pas là.",
    "{}: it is longer than {} bytes.": "{0} : il dépasse {1} octets.",
    "{}: it leads elsewhere without end, or nowhere.": "{0} : il renvoie ailleurs sans fin, ou nulle part.",
    "{}: it was replaced while it was read.": "{0} : il a été remplacé pendant sa lecture.",
    "{}: line {} of the list cannot be used.": "{0} : la ligne {1} de la liste ne peut pas être utilisée.",
    "{}: {} is for {}, and the manifest says that all of it is {}'s.": (
        "{0} : {1} est pour {2}, alors que le manifeste donne toute la liste à {3}."
    ),
    "Correct the list, or take `member` off this source in the manifest.": (
        "Corrigez la liste, ou retirez `member` de cette source dans le manifeste."
    ),
    "{}: the list is no JSON list of member and url ({}).": (
        "{0} : la liste n’est pas une liste JSON de membres et d’adresses ({1})."
    ),
    "{}: the list is no UTF-8 text.": "{0} : la liste n’est pas un texte en UTF-8.",
    "Correct the list.": "Corrigez la liste.",
    'It reads [{"member": "73065", "url": "https://…"}, …].': (
        'Elle s’écrit [{"member": "73065", "url": "https://…"}, …].'
    ),
    "Each line is MEMBER;ADDRESS, for example: 73065;https://example.fr/subventions.csv": (
        "Chaque ligne s’écrit MEMBRE;ADRESSE, par exemple : 73065;https://example.fr/subventions.csv"
    ),
    "{}: {} MB are to be fetched, and {} MB are free.": "{0} : {1} Mo sont à recevoir, et {2} Mo sont libres.",
    "Make room on the disk of {}, then run the same command again.": (
        "Faites de la place sur le disque de {0}, puis relancez la même commande."
    ),
    "Check the free space of the data folder, then run the same command again.": (
        "Vérifiez la place libre du dossier de données, puis relancez la même commande."
    ),
    "{}: {} bytes came, {} were announced.": "{0} : {1} octets reçus, {2} annoncés.",
    "{} bytes came, {} were listed.": "{0} octets reçus, {1} annoncés.",
    "Cannot write the mirror {}: {}.": "La copie du dépôt {0} ne peut pas être écrite ({1}).",
}

CAUSES = {
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
    "Not a directory": "ce n’est pas un dossier",
    "No space left on device": "plus de place sur le disque",
    "File too large": "trop gros pour le disque",
    "Read-only file system": "disque en lecture seule",
    "Input/output error": "le disque ne répond pas",
}
"""What the system says of a site or a file, between the brackets of a sentence."""
