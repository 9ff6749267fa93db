"""What a cell of a column must look like, in a few French words: for explanations beside a column, not for errors."""

from __future__ import annotations

import re

from odl_host.schemas.descriptor import Field, Schema, as_text

_SHOWN_VALUES = 8
_DATE_WORDS = {"%Y": "AAAA", "%m": "MM", "%d": "JJ", "%H": "HH", "%M": "MM", "%S": "SS", "%y": "AA"}
_DIGITS = re.compile(r"\^?\(?(?:\\d|\[0-9\])\{([0-9]+)\}\)?\$?")
_KNOWN_PATTERNS = {
    r"^[0-9]{4}\-[0-9]{2}\-[0-9]{2}(\/[0-9]{4}\-[0-9]{2}\-[0-9]{2})?$": (
        "un jour (AAAA-MM-JJ), ou le premier et le dernier séparés par une barre (AAAA-MM-JJ/AAAA-MM-JJ)"
    ),
}
_KNOWN_DIGITS = {14: "14 chiffres (numéro SIRET)", 9: "9 chiffres (numéro SIREN)"}
_SIRET, _SIREN = _KNOWN_DIGITS[14], _KNOWN_DIGITS[9]
_ACTE = "une matière de la nomenclature des actes"
_CHECKS = {
    "siret": _SIRET,
    "french-siret-value": _SIRET,
    "siren": _SIREN,
    "french-siren-value": _SIREN,
    "nomenclature-acte": _ACTE,
    "nomenclature-actes-value": _ACTE,
    "phone-number-value": "un numéro de téléphone",
    "opening-hours-value": "des horaires (Mo-Fr 08:30-12:00)",
    "year-interval-value": "deux années (2023/2024)",
}
_TYPES = {
    "string:email": "une adresse électronique",
    "string:uri": "une adresse de page web entière (https://…)",
    "string:uuid": "un identifiant de 36 caractères",
    "string": "un texte",
    "integer": "un nombre entier",
    "year": "une année en quatre chiffres",
    "yearmonth": "une année et un mois (AAAA-MM)",
    "datetime": "une date et une heure (AAAA-MM-JJTHH:MM:SS)",
    "time": "une heure (HH:MM:SS)",
    "duration": "une durée (PT2H30M pour 2 heures 30)",
    "geopoint:array": "une longitude et une latitude entre crochets",
    "geopoint": "une longitude, une virgule, une latitude",
    "array": "une liste entre crochets",
    "list": "des valeurs séparées par des virgules",
    "object": "un objet entre accolades",
    "geojson": "un tracé géographique (GeoJSON)",
}


def expected_form(field: Field, schema: Schema | None = None) -> str:
    """Say what the column takes: "une date (AAAA-MM-JJ)", "14 chiffres (numéro SIRET)", "« réel » ou « ordre »".

    With its schema, the checks that the schema declares on the column are known too.
    """
    if field.enum:
        return _one_of(field.enum)
    if field.type == "boolean":
        yes, no = boolean_words(field)
        return "« oui » ou « non »" if (yes, no) == ("oui", "non") else f"« {yes} » pour oui, « {no} » pour non"
    for check in schema.custom_checks if schema else ():
        if check.params.get("column") == field.name and check.name in _CHECKS:
            alone = check.name == "year-interval-value" and check.params.get("allow-year-only") in ("true", "yes")
            return "une année, ou deux séparées par une barre (2025/2027)" if alone else _CHECKS[check.name]
    known = _KNOWN_PATTERNS.get(str(field.constraints.get("pattern", "")))
    words = known or _date_form(field) or _digits_form(field) or _type_form(field)
    return words + _limits(field)


def boolean_words(field: Field) -> tuple[str, str]:
    """Return what is typed for yes and for no in a boolean column."""
    yes, no = field.properties.get("trueValues"), field.properties.get("falseValues")
    return (str(yes[0]) if yes else "true", str(no[0]) if no else "false")


def digits_of(field: Field) -> int | None:
    """Return how many digits a code has, when the column takes exactly so many digits and nothing else."""
    match = _DIGITS.fullmatch(str(field.constraints.get("pattern", "")))
    return int(match[1]) if match else None


def _one_of(values: tuple[str, ...]) -> str:
    if len(values) == 1:
        return f"exactement « {values[0]} »"
    if len(values) > _SHOWN_VALUES:
        shown = ", ".join(f"« {value} »" for value in values[:_SHOWN_VALUES])
        return f"une des {len(values)} valeurs permises : {shown}…"
    return ", ".join(f"« {value} »" for value in values[:-1]) + f" ou « {values[-1]} »"


def _date_form(field: Field) -> str:
    if field.type != "date":
        return ""
    form = "%Y-%m-%d" if field.format in ("default", "any") else field.format
    for directive, word in _DATE_WORDS.items():
        form = form.replace(directive, word)
    return f"une date ({form})"


def _digits_form(field: Field) -> str:
    count = digits_of(field)
    return _KNOWN_DIGITS.get(count, f"{count} chiffres") if count else ""


def _type_form(field: Field) -> str:
    if field.type == "number":
        mark = field.properties.get("decimalChar", ".")
        return f"un nombre, avec {'un point' if mark == '.' else 'une virgule'} pour les décimales"
    return _TYPES.get(f"{field.type}:{field.format}") or _TYPES.get(field.type) or "une valeur"


def _limits(field: Field) -> str:
    bounds = field.constraints
    low, high = (as_text(bounds[name]) if name in bounds else "" for name in ("minimum", "maximum"))
    if low and high:
        return f", de {low} à {high}"
    if low or high:
        return f", à partir de {low}" if low else f", jusqu’à {high}"
    low, high = (as_text(bounds[name]) if name in bounds else "" for name in ("minLength", "maxLength"))
    if low and high:
        return f", de {low} caractères exactement" if low == high else f", de {low} à {high} caractères"
    if low and low not in ("0", "1"):
        return f", d’au moins {low} caractères"
    return f", de {high} caractères au plus" if high else ""
