"""What goes wrong with portals, their manifests, settings and secrets."""

from __future__ import annotations

TEMPLATES = {
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
}
