"""What goes wrong with schemas, communes and other places."""

from __future__ import annotations

TEMPLATES = {
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
}
