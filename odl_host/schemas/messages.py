"""The French sentences about findings, in one place: what is wrong, and what to type instead.

They are read by secretaries of town halls: no English, no code, no jargon. They stand without the place, which
`place` says. Sentences use what the finding carries (`cell`, `params`); they never look into files or schemas.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from odl_host.schemas import corrections
from odl_host.schemas.checks.actes import FAMILIES
from odl_host.schemas.findings import SEPARATOR, Finding

_SHOWN_VALUES = 12
_SHOWN_CELL = 80


def message(finding: Finding) -> str:
    """Say what is wrong."""
    return _sentences(finding)[0]


def fix(finding: Finding) -> str:
    """Say what to type instead, or what to do; "" when there is nothing to do."""
    return _sentences(finding)[1]


def place(finding: Finding) -> str:
    """Say where: "ligne 42, colonne DELIB_DATE"; "" for what concerns the whole file."""
    parts = []
    if finding.row is not None:
        parts.append(f"ligne {finding.row}" if finding.row > 1 else "ligne des titres")
    if finding.column:
        parts.append(f"colonne {finding.column}")
    elif finding.position:
        parts.append(f"{finding.position}e colonne")
    return ", ".join(parts)


Sentences = tuple[str, str]


def _sentences(finding: Finding) -> Sentences:
    found = _BY_CODE.get(finding.code)
    if found is None:
        return "Une anomalie a été relevée ici.", "Vérifiez cette valeur."
    return found(finding) if callable(found) else found


def _cell(finding: Finding) -> str:
    text = " ".join((finding.cell or "").split()) or (finding.cell or "")
    return f"« {text if len(text) <= _SHOWN_CELL else text[: _SHOWN_CELL - 1] + '…'} »"


def _write(proposal: str | None, otherwise: str) -> str:
    return f"Écrivez « {proposal} »." if proposal else otherwise


def _example(finding: Finding) -> str:
    example = finding.params.get("example", "")
    return f" Par exemple : « {example} »." if example else ""


def _values(finding: Finding) -> list[str]:
    return [value for value in finding.params.get("expected", "").split(SEPARATOR) if value]


def _listed(values: list[str]) -> str:
    shown = ", ".join(f"« {value} »" for value in values[:_SHOWN_VALUES])
    return f"{shown}… ({len(values)} valeurs possibles)" if len(values) > _SHOWN_VALUES else shown


# -- types ------------------------------------------------------------------------------------------------------------


def _type_error(finding: Finding) -> Sentences:
    kind, form = finding.params.get("type", ""), finding.params.get("format", "default")
    sentences = _BY_TYPE.get(f"{kind}:{form}") or _BY_TYPE.get(kind)
    if sentences is None:
        return f"{_cell(finding)} n'est pas écrit comme attendu.", f"Corrigez cette valeur.{_example(finding)}"
    return _with_spaces_said(finding, sentences(finding))


def _with_spaces_said(finding: Finding, sentences: Sentences) -> Sentences:
    """Say that a space is the fault where the proposal is the cell without it: it cannot be seen."""
    text = finding.cell or ""
    bare = text.strip()
    if bare != text and bare and f"« {bare} »" in sentences[1]:
        wrong = f"{_cell(finding)} a un espace de trop, avant ou après."
        return wrong, f"Écrivez « {bare} », sans espace avant ni après."
    return sentences


def _date(finding: Finding) -> Sentences:
    form = finding.params.get("format", "default")
    text = finding.cell or ""
    iso = form in ("default", "any", "%Y-%m-%d", "")
    if iso and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return f"La date {_cell(finding)} n'existe pas dans le calendrier.", "Vérifiez le jour et le mois."
    shape = "2024-03-31 : année, mois, jour, séparés par des tirets" if iso else _shape_of(form)
    wrong = f"{_cell(finding)} n'est pas une date écrite comme attendu."
    proposal = corrections.correct_date(text, form)
    if proposal and iso and (day := corrections.spell_ambiguous_day(text)):
        return wrong, f"Écrivez « {proposal} » s'il s'agit bien du {day} : année, mois, jour."
    if proposal and iso:
        return wrong, f"Écrivez « {proposal} » : année, mois, jour."
    return wrong, _write(proposal, f"Écrivez la date sous la forme {shape}.")


def _shape_of(form: str) -> str:
    words = {"%Y": "année", "%m": "mois", "%d": "jour", "%H": "heure", "%M": "minutes", "%S": "secondes"}
    example = {"%Y": "2024", "%m": "03", "%d": "31", "%H": "10", "%M": "00", "%S": "00", "%y": "24", "%Z": ""}
    shown, told = form, [words[key] for key in re.findall("%.", form) if key in words]
    for key, value in example.items():
        shown = shown.replace(key, value)
    return f"{shown} : {', '.join(told)}" if told else shown


def _datetime(finding: Finding) -> Sentences:
    proposal = corrections.correct_datetime(finding.cell or "")
    return (
        f"{_cell(finding)} n'est pas une date avec son heure, écrite comme attendu.",
        _write(proposal, "Écrivez la date et l'heure sous la forme 2024-03-31T10:00:00."),
    )


def _time(finding: Finding) -> Sentences:
    proposal = corrections.correct_time(finding.cell or "")
    otherwise = "Écrivez l'heure sous la forme 10:30:00 : heures, minutes, secondes."
    return f"{_cell(finding)} n'est pas une heure écrite comme attendu.", _write(proposal, otherwise)


def _year(finding: Finding) -> Sentences:
    proposal = corrections.correct_year(finding.cell or "")
    return f"{_cell(finding)} n'est pas une année.", _write(proposal, "Écrivez l'année en quatre chiffres : 2024.")


def _yearmonth(finding: Finding) -> Sentences:
    proposal = corrections.correct_month(finding.cell or "")
    otherwise = "Écrivez l'année puis le mois, sous la forme 2024-03."
    return f"{_cell(finding)} n'est pas un mois écrit comme attendu.", _write(proposal, otherwise)


def _number(finding: Finding) -> Sentences:
    mark = finding.params.get("mark", ".")
    proposal = corrections.correct_number(finding.cell or "", mark)
    shape = f"1234{mark}50" if mark == "." else "1234,50"
    name = "un point" if mark == "." else "une virgule"
    otherwise = f"Écrivez seulement le nombre, avec {name} pour les décimales, sans espace ni unité : {shape}."
    return f"{_cell(finding)} n'est pas un nombre écrit comme attendu.", _write(proposal, otherwise)


def _integer(finding: Finding) -> Sentences:
    text = finding.cell or ""
    proposal = corrections.correct_integer(text)
    if proposal is None and corrections.correct_number(text):
        return f"{_cell(finding)} a des décimales.", "Écrivez un nombre entier, sans virgule ni point : 12."
    otherwise = "Écrivez un nombre entier, avec des chiffres seulement : 12."
    return f"{_cell(finding)} n'est pas un nombre entier.", _write(proposal, otherwise)


def _boolean(finding: Finding) -> Sentences:
    yes, no = finding.params.get("yes", "true"), finding.params.get("no", "false")
    proposal = corrections.correct_boolean(finding.cell or "", yes, no)
    otherwise = f"Écrivez « {yes} » pour oui, « {no} » pour non."
    return f"{_cell(finding)} n'est pas l'un des mots attendus pour oui ou non.", _write(proposal, otherwise)


def _email(finding: Finding) -> Sentences:
    proposal = corrections.correct_email(finding.cell or "")
    otherwise = "Écrivez une seule adresse, comme mairie@exemple.fr."
    return f"{_cell(finding)} n'est pas une adresse électronique.", _write(proposal, otherwise)


def _uri(finding: Finding) -> Sentences:
    proposal = corrections.correct_uri(finding.cell or "")
    otherwise = "Écrivez l'adresse entière, qui commence par https://."
    return f"{_cell(finding)} n'est pas une adresse de page entière.", _write(proposal, otherwise)


def _geopoint(finding: Finding) -> Sentences:
    form = finding.params.get("format", "default")
    proposal = corrections.correct_point(finding.cell or "", form)
    shape = "[5.9178, 45.5646]" if form == "array" else "5.9178,45.5646"
    otherwise = f"Écrivez la longitude puis la latitude, sous la forme {shape}."
    return f"{_cell(finding)} n'est pas une position géographique écrite comme attendu.", _write(proposal, otherwise)


def _plain_type(what: str, shape: str) -> Callable[[Finding], Sentences]:
    def sentences(finding: Finding) -> Sentences:
        return f"{_cell(finding)} n'est pas {what}.", f"Écrivez {shape}.{_example(finding)}"

    return sentences


_BY_TYPE: Mapping[str, Callable[[Finding], Sentences]] = {
    "date": _date,
    "datetime": _datetime,
    "time": _time,
    "year": _year,
    "yearmonth": _yearmonth,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "geopoint": _geopoint,
    "string:email": _email,
    "string:uri": _uri,
    "string:uuid": _plain_type("un identifiant de 36 caractères", "l'identifiant en entier"),
    "string:binary": _plain_type("un contenu codé comme attendu", "le contenu codé en base 64"),
    "string:wkt": _plain_type("un tracé géographique", "le tracé sous la forme POINT (5.9178 45.5646)"),
    "array": _plain_type("une liste écrite comme attendu", 'la liste entre crochets : ["premier", "second"]'),
    "list": _plain_type("une liste écrite comme attendu", "les valeurs séparées par des virgules"),
    "object": _plain_type("un objet écrit comme attendu", 'l\'objet entre accolades : {"nom": "valeur"}'),
    "geojson": _plain_type(
        "un tracé géographique", 'le tracé sous la forme {"type": "Point", "coordinates": [5.9178, 45.5646]}'
    ),
    "duration": _plain_type("une durée écrite comme attendu", "la durée sous la forme PT2H30M (2 heures 30 minutes)"),
}


# -- constraints ------------------------------------------------------------------------------------------------------


def _constraint_error(finding: Finding) -> Sentences:
    sentences = _BY_CONSTRAINT.get(finding.params.get("constraint", ""))
    if sentences is None:
        return f"{_cell(finding)} n'est pas une valeur permise.", f"Corrigez cette valeur.{_example(finding)}"
    return _with_spaces_said(finding, sentences(finding))


def _required(finding: Finding) -> Sentences:
    return "Cette information est obligatoire et la cellule est vide.", f"Remplissez la cellule.{_example(finding)}"


def _enum(finding: Finding) -> Sentences:
    values = _values(finding)
    proposal = corrections.nearest(finding.cell or "", values)
    if proposal:
        return f"{_cell(finding)} ne fait pas partie des valeurs permises.", f"Écrivez exactement « {proposal} »."
    only = f"Écrivez exactement « {values[0]} »." if len(values) == 1 else f"Choisissez parmi : {_listed(values)}."
    return f"{_cell(finding)} ne fait pas partie des valeurs permises.", only


def _bound(finding: Finding) -> Sentences:
    constraint, expected = finding.params["constraint"], finding.params.get("expected", "")
    earlier = finding.params.get("type", "") in ("date", "datetime", "time", "year", "yearmonth")
    low, high = ("trop ancien", "trop récent") if earlier else ("trop petit", "trop grand")
    tail = "" if constraint in ("minimum", "maximum") else ", sans l'atteindre"
    if "inimum" in constraint:
        return f"{_cell(finding)} est {low}.", f"Écrivez une valeur à partir de {expected}{tail}."
    todo = f"Écrivez une valeur jusqu'à {expected}{tail}."
    share = corrections.correct_share(finding.cell or "") if expected in ("1", "1.0") else None
    return f"{_cell(finding)} est {high}.", f"{todo} Pour un pourcentage, écrivez « {share} »." if share else todo


def _length(finding: Finding) -> Sentences:
    expected, count = finding.params.get("expected", ""), len(finding.cell or "")
    if finding.params["constraint"] == "minLength":
        return f"{_cell(finding)} est trop court ({count} caractères).", f"Écrivez au moins {expected} caractères."
    return f"Le texte est trop long ({count} caractères).", f"Réduisez-le à {expected} caractères au plus."


_DIGITS = r"\^?\(?(?:\\d|\[0-9\])\{([0-9]+)\}\)?\$?"
_COMMUNE_CODE = r"\^?\(?\[013-9\]\\d\|2\[AB1-9\]\)\\d\{3\}\$?"


def _pattern(finding: Finding) -> Sentences:
    source, text = finding.params.get("expected", ""), finding.cell or ""
    wrong = f"{_cell(finding)} n'est pas écrit comme attendu."
    if digits := re.fullmatch(_DIGITS, source):
        count = int(digits[1])
        names = {14: " (numéro SIRET)", 9: " (numéro SIREN)"}
        proposal = corrections.correct_digits(text, count)
        return wrong, _write(proposal, f"Écrivez exactement {count} chiffres{names.get(count, '')}, sans espace.")
    if re.fullmatch(_COMMUNE_CODE, source):
        proposal = corrections.correct_digits(text, 5)
        otherwise = "Écrivez le code INSEE de la commune, en 5 caractères : 73065. Ce n'est pas le code postal."
        return wrong, _write(proposal, otherwise)
    if "http" in source:
        return wrong, _write(corrections.correct_uri(text), "Écrivez une adresse entière, qui commence par https://.")
    example = finding.params.get("example", "")
    if text != text.strip():
        return wrong, "Supprimez les espaces avant et après la valeur."
    if example:
        return wrong, f"Suivez la forme de cet exemple : « {example} »."
    return wrong, "Reportez-vous à la description de cette colonne."


_BY_CONSTRAINT: Mapping[str, Callable[[Finding], Sentences]] = {
    "required": _required,
    "enum": _enum,
    "minimum": _bound,
    "maximum": _bound,
    "exclusiveMinimum": _bound,
    "exclusiveMaximum": _bound,
    "minLength": _length,
    "maxLength": _length,
    "pattern": _pattern,
}


# -- custom checks ----------------------------------------------------------------------------------------------------


def _custom_check(finding: Finding) -> Sentences:
    check, text = finding.params.get("check", ""), finding.cell or ""
    if check == "siret":
        return _identifier(text, "SIRET", 14, finding)
    if check == "siren":
        return _identifier(text, "SIREN", 9, finding)
    if check == "nomenclature-acte":
        return _acte(finding)
    what = _PLACES.get(check, "une valeur de la liste officielle")
    return (
        f"{_cell(finding)} n'est pas {what}.",
        f"Vérifiez cette valeur, accents et majuscules compris.{_example(finding)}",
    )


def _identifier(text: str, name: str, count: int, finding: Finding) -> Sentences:
    proposal = corrections.correct_digits(text, count)
    digits = re.sub(r"\s", "", text)
    if re.fullmatch(r"[0-9][.,][0-9]+E\+?[0-9]+", digits, re.IGNORECASE):
        return (
            f"Le tableur a abîmé ce numéro {name} : {_cell(finding)}.",
            f"Mettez la colonne au format texte, puis saisissez à nouveau les {count} chiffres.",
        )
    if len(digits) == count and digits.isdigit():
        return (
            f"{_cell(finding)} n'est pas un numéro {name} : un chiffre est sans doute faux.",
            f"Vérifiez les {count} chiffres sur un document officiel ou sur annuaire-entreprises.data.gouv.fr.",
        )
    if name == "SIRET" and len(digits) == 9 and digits.isdigit():
        return (
            f"{_cell(finding)} est un SIREN (9 chiffres) ; il faut ici un SIRET (14 chiffres).",
            "Ajoutez les 5 chiffres de l'établissement.",
        )
    otherwise = f"Écrivez les {count} chiffres du numéro {name}, sans lettre ni point."
    return f"{_cell(finding)} n'est pas un numéro {name}.", _write(proposal, otherwise)


def _acte(finding: Finding) -> Sentences:
    text = finding.cell or ""
    family, slash, rest = text.partition("/")
    proposal = corrections.nearest(family, FAMILIES)
    wrong = f"{_cell(finding)} ne suit pas la nomenclature des actes."
    if proposal and slash:
        tail = "/".join(part.lstrip() for part in rest.split("/"))
        return wrong, f"Écrivez « {proposal}/{tail} »."
    if proposal:
        return wrong, f"Écrivez « {proposal}/ » suivi de la matière, sans espace autour de la barre."
    families = ", ".join(f"« {name} »" for name in FAMILIES)
    return wrong, f"Commencez par l'une des familles, suivie d'une barre : {families}."


_PLACES = {
    "code-commune-insee": "le code INSEE d'une commune",
    "commune": "le nom officiel d'une commune",
    "numero-departement": "le numéro d'un département",
    "departement": "le nom officiel d'un département",
    "code-region": "le code d'une région",
    "region": "le nom officiel d'une région",
    "code-postal": "un code postal",
    "code-fantoir": "le code d'une voie",
    "canton": "le nom d'un canton",
    "pays": "le nom d'un pays",
    "code-pays-iso2": "le code d'un pays en deux lettres",
    "code-pays-iso3": "le code d'un pays en trois lettres",
    "coordonnees-gps-francaises": "une position géographique",
}


def _phone(finding: Finding) -> Sentences:
    return (
        f"{_cell(finding)} n'est pas un numéro de téléphone.",
        "Écrivez un seul numéro, comme 04 79 60 20 20 ; outre-mer et étranger avec l'indicatif : +262 262 12 34 56.",
    )


def _hours(finding: Finding) -> Sentences:
    return (
        f"Les horaires {_cell(finding)} ne sont pas écrits comme attendu.",
        (
            "Écrivez les jours en anglais abrégé (Mo Tu We Th Fr Sa Su) et les heures en quatre chiffres : "
            "« Mo-Fr 08:30-12:00,13:30-17:30; Sa 09:00-12:00 »."
        ),
    )


def _years(finding: Finding) -> Sentences:
    years = re.findall(r"(?:19|20)[0-9]{2}", finding.cell or "")
    alone = " ou une seule année : 2024" if finding.params.get("year_only") else ""
    otherwise = f"Écrivez deux années dans l'ordre, séparées par une barre : 2023/2024{alone}."
    proposal = None
    if len(years) == 2 and years[0] != years[1]:
        proposal = "/".join(sorted(years))
    elif len(set(years)) == 1 and finding.params.get("year_only"):
        proposal = years[0]
    return f"{_cell(finding)} n'est pas une période d'années.", _write(proposal, otherwise)


def _reversed_point(finding: Finding) -> Sentences:
    numbers = re.findall(r"-?[0-9]+(?:\.[0-9]+)?", finding.cell or "")
    proposal = None
    if len(numbers) == 2:
        swapped = f"{numbers[1]}, {numbers[0]}"
        proposal = f"[{swapped}]" if (finding.cell or "").strip().startswith("[") else swapped
    wrong = f"La longitude et la latitude de {_cell(finding)} sont inversées."
    return wrong, _write(proposal, "Écrivez la longitude d'abord, puis la latitude.")


_OPERATORS = {
    "<": "plus petite que",
    "<=": "plus petite que celle de la colonne {other}, ou égale",
    "==": "égale à",
    ">=": "plus grande que celle de la colonne {other}, ou égale",
    ">": "plus grande que",
}


def _compare(finding: Finding) -> Sentences:
    other, value = finding.params.get("other", ""), finding.params.get("other_value", "")
    if finding.params.get("comparable") == "non":
        return (
            f"{_cell(finding)} ne peut pas être comparé à « {value} » (colonne {other}).",
            "Écrivez les deux valeurs de la même façon : deux nombres, ou deux dates.",
        )
    words = _OPERATORS.get(finding.params.get("op", ""), "")
    rule = words.format(other=other) if "{other}" in words else f"{words} celle de la colonne {other}"
    return (
        f"La valeur {_cell(finding)} doit être {rule}, qui est « {value} ».",
        "Vérifiez les deux valeurs et corrigez celle qui est fausse.",
    )


def _sum(finding: Finding) -> Sentences:
    others, expected = finding.params.get("others", ""), finding.params.get("expected", "")
    return (
        f"La valeur {_cell(finding)} devrait être la somme des colonnes {others}, soit {expected}.",
        f"Écrivez « {expected} », ou corrigez l'une des autres colonnes.",
    )


def _cohesive(finding: Finding) -> Sentences:
    if finding.params.get("absent"):
        columns, empty = finding.params.get("columns", ""), finding.params.get("empty", "")
        return f"Les colonnes {columns} vont ensemble ; il manque : {empty}.", f"Ajoutez la colonne {empty}."
    others, empty = finding.params.get("others", ""), finding.params.get("empty", "")
    return (
        f"Les colonnes {finding.column} et {others} se remplissent ensemble ; sont vides ici : {empty}.",
        "Remplissez toutes ces colonnes sur cette ligne, ou laissez-les toutes vides.",
    )


def _one_of(finding: Finding) -> Sentences:
    if finding.params.get("absent"):
        columns = finding.params.get("columns", "").replace(", ", " ou ")
        return f"Il manque la colonne {columns}.", "Ajoutez au moins l'une des deux colonnes."
    first, other = finding.params.get("column", finding.column or ""), finding.params.get("other", "")
    return (
        f"Les colonnes {first} et {other} sont vides toutes les deux.",
        f"Remplissez {first} ou {other} sur cette ligne.",
    )


# -- header, rows, schema ---------------------------------------------------------------------------------------------


def _missing_label(finding: Finding) -> Sentences:
    label = finding.params.get("label", "")
    wrong = f"La colonne obligatoire {finding.column} est absente."
    if label:
        return wrong, f"La colonne « {label} » semble en tenir lieu : renommez-la « {finding.column} »."
    return wrong, f"Ajoutez une colonne dont le titre est exactement « {finding.column} » et remplissez-la."


def _optional_label(finding: Finding) -> Sentences:
    label = finding.params.get("label", "")
    wrong = f"La colonne facultative {finding.column} est absente."
    if label:
        return wrong, f"La colonne « {label} » semble en tenir lieu : renommez-la « {finding.column} »."
    return wrong, "Vous pouvez l'ajouter si vous avez cette information."


def _unknown_label(finding: Finding) -> Sentences:
    if not finding.column:
        return "Une colonne n'a pas de titre.", "Donnez-lui un titre, ou supprimez-la si elle est vide."
    return (
        f"La colonne « {finding.column} » n'est pas prévue ; son contenu n'a pas été vérifié.",
        "Vérifiez l'orthographe du titre ; sinon, vous pouvez la garder ou la supprimer.",
    )


def _duplicate_label(finding: Finding) -> Sentences:
    if not finding.column:
        return "Plusieurs colonnes n'ont pas de titre.", "Donnez-leur un titre, ou supprimez celles qui sont vides."
    return (
        f"Deux colonnes portent le titre « {finding.column} ».",
        "Supprimez ou renommez l'une des deux : les lignes ne peuvent pas être vérifiées avant.",
    )


def _untyped(finding: Finding) -> Sentences:
    labels = finding.params.get("labels")
    if labels is not None:
        return (
            f"Plusieurs colonnes portent le même titre : {labels or 'titre vide'}.",
            "Gardez une seule de ces colonnes.",
        )
    return _SCHEMA_FAULT


def _primary_key(finding: Finding) -> Sentences:
    columns, row = finding.params.get("columns", ""), finding.params.get("row", "")
    if finding.params.get("empty"):
        return f"La ligne n'a pas d'identifiant (colonne {columns} vide).", f"Remplissez la colonne {columns}."
    return (
        f"Cette ligne a le même identifiant (colonne {columns}) que la ligne {row}.",
        "Donnez à chaque ligne un identifiant différent, ou supprimez la ligne en double.",
    )


def _unique(finding: Finding) -> Sentences:
    row = finding.params.get("row", "")
    return (
        f"La valeur {_cell(finding)} se trouve déjà à la ligne {row} ; elle ne doit servir qu'une fois.",
        "Corrigez l'une des deux valeurs, ou supprimez la ligne en double.",
    )


def _unknown_commune(finding: Finding) -> Sentences:
    code, name = finding.params.get("code", ""), finding.params.get("name", "")
    wrong = f"{_cell(finding)} n'est le code INSEE d'aucune commune."
    if code:
        return f"{wrong} C'est le code postal de {name}.", f"Écrivez « {code} », le code INSEE de {name}."
    return wrong, "Vérifiez le code INSEE de la commune ; il diffère du code postal."


def _former_commune(finding: Finding) -> Sentences:
    now, name = finding.params.get("now", ""), finding.params.get("name", "")
    return f"{_cell(finding)} est le code d'une ancienne commune, aujourd'hui {name}.", f"Écrivez « {now} »."


_SCHEMA_FAULT = (
    "Un contrôle n'a pas pu être fait, à cause d'un défaut du modèle de données et non de votre fichier.",
    "Vous n'avez rien à corriger : signalez-le à la personne qui administre le portail.",
)

_BY_CODE: Mapping[str, Sentences | Callable[[Finding], Sentences]] = {
    "source-error": ("Le fichier est vide.", "Vérifiez que vous avez déposé le bon fichier."),
    "error": _untyped,
    "check-error": _SCHEMA_FAULT,
    "field-error": _SCHEMA_FAULT,
    "deprecated-check": _SCHEMA_FAULT,
    "pattern-not-checked": _SCHEMA_FAULT,
    "blank-header": (
        "La première ligne ne porte pas les titres des colonnes.",
        "Mettez les titres des colonnes sur la première ligne.",
    ),
    "unmatched-header": (
        "Aucun titre de colonne n'est celui qui est attendu.",
        "Vérifiez que c'est le bon fichier, puis reprenez les titres du modèle, lettre pour lettre.",
    ),
    "duplicate-label": _duplicate_label,
    "missing-label": _missing_label,
    "optional-label-missing": _optional_label,
    "unknown-label": _unknown_label,
    "disordered-labels": ("Les colonnes ne sont pas dans l'ordre du modèle.", "Ce n'est pas gênant."),
    "blank-row": ("La ligne est vide.", "Supprimez cette ligne."),
    "extra-cell": lambda finding: (
        f"La ligne a plus de cellules qu'il n'y a de titres : {_cell(finding)} est en trop.",
        "Supprimez cette cellule ; si un texte contient le séparateur de colonnes, mettez-le entre guillemets.",
    ),
    "missing-cell": (
        "La ligne s'arrête avant cette colonne.",
        "Complétez la ligne : une cellule, même vide, sous chaque titre.",
    ),
    "primary-key": _primary_key,
    "type-error": _type_error,
    "constraint-error": _constraint_error,
    "unique-error": _unique,
    "custom-check-error": _custom_check,
    "phone-number-value": _phone,
    "opening-hours-value": _hours,
    "year-interval-value": _years,
    "french-gps-coordinates": lambda finding: (
        f"La position {_cell(finding)} n'est pas en France.",
        "Écrivez la longitude puis la latitude du lieu, avec un point pour les décimales : 5.9178, 45.5646.",
    ),
    "reversed-french-gps-coordinates": _reversed_point,
    "compare-columns-value": _compare,
    "sum-columns-value": _sum,
    "cohesive-columns-value": _cohesive,
    "one-of-required": _one_of,
    "odl-unknown-commune": _unknown_commune,
    "odl-former-commune": _former_commune,
    "odl-future-date": lambda finding: (f"La date {_cell(finding)} est dans le futur.", "Vérifiez l'année."),
    "odl-duplicate-row": lambda finding: (
        f"Cette ligne est identique à la ligne {finding.params.get('row', '')}.",
        "Supprimez-la si elle a été saisie deux fois.",
    ),
}
