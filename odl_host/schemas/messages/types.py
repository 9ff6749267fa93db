"""The sentences about cells that cannot be read as the type of their column."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from odl_host.schemas import corrections
from odl_host.schemas.findings import Finding
from odl_host.schemas.messages.phrases import Sentences, SentencesByCode, example, shown, with_spaces_said, write


def _type_error(finding: Finding) -> Sentences:
    kind, form = finding.params.get("type", ""), finding.params.get("format", "default")
    sentences = _BY_TYPE.get(f"{kind}:{form}") or _BY_TYPE.get(kind)
    if sentences is None:
        return f"{shown(finding)} n’est pas écrit comme attendu.", f"Corrigez cette valeur.{example(finding)}"
    return with_spaces_said(finding, sentences(finding))


def _date(finding: Finding) -> Sentences:
    form = finding.params.get("format", "default")
    text = finding.cell or ""
    iso = form in ("default", "any", "%Y-%m-%d", "")
    if (iso and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text)) or corrections.is_no_day(text):
        return f"La date {shown(finding)} n’existe pas dans le calendrier.", "Vérifiez le jour et le mois."
    shape = "2024-03-31 : année, mois, jour, séparés par des tirets" if iso else _shape_of(form)
    wrong = f"{shown(finding)} n’est pas une date écrite comme attendu."
    if iso and (whole := corrections.whole_period(text)):
        lacking, start = ("le mois et le jour", 5) if whole[1].startswith("de l’année") else ("le jour", 8)
        return wrong, f"Ajoutez {lacking} : {whole[0][:start]}{'MM-JJ' if start == 5 else 'JJ'}."
    proposal = corrections.correct_date(text, form)
    if proposal and iso and (day := corrections.spell_ambiguous_day(text)):
        return wrong, f"Écrivez « {proposal} » s’il s’agit bien du {day} : année, mois, jour."
    if proposal and iso:
        return wrong, f"Écrivez « {proposal} » : année, mois, jour."
    return wrong, write(proposal, f"Écrivez la date sous la forme {shape}.")


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
        f"{shown(finding)} n’est pas une date avec son heure, écrite comme attendu.",
        write(proposal, "Écrivez la date et l’heure sous la forme 2024-03-31T10:00:00."),
    )


def _time(finding: Finding) -> Sentences:
    proposal = corrections.correct_time(finding.cell or "")
    otherwise = "Écrivez l’heure sous la forme 10:30:00 : heures, minutes, secondes."
    return f"{shown(finding)} n’est pas une heure écrite comme attendu.", write(proposal, otherwise)


def _year(finding: Finding) -> Sentences:
    proposal = corrections.correct_year(finding.cell or "")
    return f"{shown(finding)} n’est pas une année.", write(proposal, "Écrivez l’année en quatre chiffres : 2024.")


def _yearmonth(finding: Finding) -> Sentences:
    proposal = corrections.correct_month(finding.cell or "")
    otherwise = "Écrivez l’année puis le mois, sous la forme 2024-03."
    return f"{shown(finding)} n’est pas un mois écrit comme attendu.", write(proposal, otherwise)


def _number(finding: Finding) -> Sentences:
    mark = finding.params.get("mark", ".")
    wrong = f"{shown(finding)} n’est pas un nombre écrit comme attendu."
    proposal = corrections.correct_number(finding.cell or "", mark)
    if proposal and (thousands := corrections.read_thousands(finding.cell or "")):
        return wrong, _either(proposal, *thousands)
    shape = f"1234{mark}50" if mark == "." else "1234,50"
    name = "un point" if mark == "." else "une virgule"
    otherwise = f"Écrivez seulement le nombre, avec {name} pour les décimales, sans espace ni unité : {shape}."
    return wrong, write(proposal, otherwise)


def _either(decimal: str, thousands: str, mark: str) -> str:
    """Say what to type for each of the two things that a mark before three digits may mean."""
    again = "si elle" if mark == "la virgule" else "s’il"
    return f"Écrivez « {decimal} » si {mark} y sépare les décimales, « {thousands} » {again} y sépare les milliers."


def _integer(finding: Finding) -> Sentences:
    text = finding.cell or ""
    proposal = corrections.correct_integer(text)
    if thousands := corrections.read_thousands(text):
        number, mark = thousands
        todo = _either(proposal, number, mark) if proposal else f"Écrivez « {number} » si {mark} y sépare les milliers."
        return f"{shown(finding)} n’est pas un nombre entier.", todo
    if proposal is None and corrections.correct_number(text):
        return f"{shown(finding)} a des décimales.", "Écrivez un nombre entier, sans virgule ni point : 12."
    otherwise = "Écrivez un nombre entier, avec des chiffres seulement : 12."
    return f"{shown(finding)} n’est pas un nombre entier.", write(proposal, otherwise)


def _boolean(finding: Finding) -> Sentences:
    yes, no = finding.params.get("yes", "true"), finding.params.get("no", "false")
    proposal = corrections.correct_boolean(finding.cell or "", yes, no)
    meant = ("", "") if (yes, no) == ("oui", "non") else (" pour oui", " pour non")
    otherwise = f"Écrivez « {yes} »{meant[0]} ou « {no} »{meant[1]}."
    return f"{shown(finding)} n’est pas l’un des mots attendus pour oui ou non.", write(proposal, otherwise)


def _email(finding: Finding) -> Sentences:
    proposal = corrections.correct_email(finding.cell or "")
    otherwise = "Écrivez une seule adresse, comme mairie@exemple.fr."
    return f"{shown(finding)} n’est pas une adresse électronique.", write(proposal, otherwise)


def _uri(finding: Finding) -> Sentences:
    proposal = corrections.correct_uri(finding.cell or "")
    otherwise = "Écrivez l’adresse entière, qui commence par https://."
    return f"{shown(finding)} n’est pas une adresse de page entière.", write(proposal, otherwise)


def _geopoint(finding: Finding) -> Sentences:
    form = finding.params.get("format", "default")
    proposal = corrections.correct_point(finding.cell or "", form)
    shape = "[5.9178, 45.5646]" if form == "array" else "5.9178,45.5646"
    otherwise = f"Écrivez la longitude puis la latitude, sous la forme {shape}."
    return f"{shown(finding)} n’est pas une position géographique écrite comme attendu.", write(proposal, otherwise)


def _plain_type(what: str, shape: str) -> Callable[[Finding], Sentences]:
    def sentences(finding: Finding) -> Sentences:
        return f"{shown(finding)} n’est pas {what}.", f"Écrivez {shape}.{example(finding)}"

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
    "string:uuid": _plain_type("un identifiant de 36 caractères", "l’identifiant en entier"),
    "string:binary": _plain_type("un contenu codé comme attendu", "le contenu codé en base 64"),
    "string:wkt": _plain_type("un tracé géographique", "le tracé sous la forme POINT (5.9178 45.5646)"),
    "array": _plain_type("une liste écrite comme attendu", 'la liste entre crochets : ["premier", "second"]'),
    "list": _plain_type("une liste écrite comme attendu", "les valeurs séparées par des virgules"),
    "object": _plain_type("un objet écrit comme attendu", 'l’objet entre accolades : {"nom": "valeur"}'),
    "geojson": _plain_type(
        "un tracé géographique", 'le tracé sous la forme {"type": "Point", "coordinates": [5.9178, 45.5646]}'
    ),
    "duration": _plain_type("une durée écrite comme attendu", "la durée sous la forme PT2H30M (2 heures 30 minutes)"),
}

BY_CODE: SentencesByCode = {
    "type-error": _type_error,
}
