"""What was probably meant by a cell: the same value, written as the field wants it.

Only for sentences ("écrivez « 2024-03-31 »"); nothing here changes a file. A function returns None when it is not
sure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache

MONTH_NAMES = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv jan",
            "fevrier fevr fev feb",
            "mars mar",
            "avril avr apr",
            "mai may",
            "juin jun",
            "juillet juil jul",
            "aout aug",
            "septembre sept sep",
            "octobre oct",
            "novembre nov",
            "decembre dec",
        ),
        start=1,
    )
    for name in names.split()
}
_LONGEST = 300
"""Characters of a cell in which a number or an address is looked for: on a million of them it would take hours."""
_DAY_FIRST = r"([0-3]?[0-9])[/.\- ]([01]?[0-9])[/.\- ]([0-9]{4})"
_YEAR_FIRST = r"([0-9]{4})[/. \-]?([01]?[0-9])[/. \-]?([0-3]?[0-9])"
_IN_WORDS = r"(?:[a-z]+ )?([0-3]?[0-9])(?:er)? ([a-z]+)\.? ([0-9]{4})"
_CLOCK = r"([0-2]?[0-9])\s*[h:]\s*([0-5][0-9])?(?:\s*[m:]\s*([0-5][0-9]))?(?:[.,][0-9]+)?"
# Serial dates of spreadsheets for 1960 to 2099. Source: ECMA-376, 18.17.4.1 (day 0 is 30 December 1899).
_SERIAL = r"([2-7][0-9]{4})(?:\.0)?"
_EPOCH = date(1899, 12, 30)
_YES = frozenset(("oui", "o", "vrai", "yes", "y", "true", "1", "x", "1.0"))
_NO = frozenset(("non", "n", "faux", "no", "false", "0", "0.0"))


def plain(text: str) -> str:
    """Take case, accents and outer or repeated spaces off."""
    if text.isascii():
        return " ".join(text.casefold().split())
    import unicodedata

    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(char for char in letters if not unicodedata.combining(char)).split())


@lru_cache(maxsize=64)  # several questions are asked of one cell
def find_date(text: str) -> date | None:
    """Read a date as a French reader does, day before month."""
    words = plain(text)
    day: str | int
    if match := re.fullmatch(_DAY_FIRST, words):
        day, month, year = match.groups()
    elif match := re.fullmatch(_YEAR_FIRST, words):
        year, month, day = match.groups()
    elif (match := re.fullmatch(_IN_WORDS, words)) and match[2] in _MONTHS:
        day, month, year = match[1], str(_MONTHS[match[2]]), match[3]
    elif match := re.fullmatch(_SERIAL, words):
        return _EPOCH + timedelta(days=int(match[1]))
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def correct_period(text: str) -> str | None:
    """Write two days, or one, as a period is written: 2024-01-01/2024-12-31.

    >>> correct_period("2018/01/30_2022/01/29"), correct_period("du 01/02/2024 au 03/02/2024")
    ('2018-01-30/2022-01-29', '2024-02-01/2024-02-03')
    >>> correct_period("28/11/2017"), correct_period("2024-12-31_2024-01-01"), correct_period("en 2018")
    ('2017-11-28', None, None)
    """
    parts = [part for part in re.split(r"_|;|\bdu\b|\bau\b|\bà\b| - |\s+", text.strip(), flags=re.I) if part]
    days = [find_date(part) for part in parts]
    found = [day for day in days if day is not None]
    if len(found) != len(days) or not 1 <= len(found) <= 2 or found != sorted(found):
        return None
    return "/".join(day.isoformat() for day in found)


def whole_period(text: str) -> tuple[str, str] | None:
    """Return the first and the last day of the year or of the month that a text names, and "of" it in words.

    >>> whole_period("2014"), whole_period("04/2024"), whole_period("2014-03-31")
    (('2014-01-01/2014-12-31', 'de l’année 2014'), ('2024-04-01/2024-04-30', 'du mois d’avril 2024'), None)
    """
    if re.fullmatch(r"(?:19|20)[0-9]{2}", text.strip()):
        year = text.strip()
        return f"{year}-01-01/{year}-12-31", f"de l’année {year}"
    month = None if find_date(text) else correct_month(text)
    if month is None:
        return None
    first = date.fromisoformat(f"{month}-01")
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    name = MONTH_NAMES[first.month - 1]
    return f"{first}/{last}", f"du mois {'d’' if name[0] in 'ao' else 'de '}{name} {first.year}"


def is_no_day(text: str) -> bool:
    """Tell whether a text is written as a day, but as none of the calendar.

    >>> is_no_day("31/02/2025"), is_no_day("28/02/2025"), is_no_day("2025")
    (True, False, False)
    """
    return find_date(text) is None and re.fullmatch(_DAY_FIRST, plain(text)) is not None


def correct_date(text: str, form: str) -> str | None:
    """Write a date as the field's format wants it; the ISO form by default."""
    found = find_date(text) or find_date(re.split(r"[T ](?=[0-9]{1,2}[:h])", text.strip())[0])
    return found.strftime(form if "%" in form else "%Y-%m-%d") if found else None


def spell_ambiguous_day(text: str) -> str | None:
    """Return the day in words when day and month could be the other way round, else None.

    >>> spell_ambiguous_day("03/04/2024"), spell_ambiguous_day("16/04/2024"), spell_ambiguous_day("04/04/2024")
    ('3 avril 2024', None, None)
    """
    match = re.fullmatch(_DAY_FIRST, plain(text))
    if match is None:
        return None
    day, month, year = map(int, match.groups())
    if not (1 <= day <= 12 and 1 <= month <= 12) or day == month:
        return None
    return f"{'1er' if day == 1 else day} {MONTH_NAMES[month - 1]} {year}"


def correct_datetime(text: str) -> str | None:
    """Write a date and a time as 2024-03-31T10:00:00."""
    day, _, clock = text.strip().replace("T", " ").partition(" ")
    found = find_date(day)
    if found is None:
        return None
    hour = correct_time(clock) if clock else "00:00:00"
    return f"{found.isoformat()}T{hour}" if hour else None


def correct_time(text: str) -> str | None:
    """Write a time as 10:00:00."""
    match = re.fullmatch(_CLOCK, plain(text).rstrip("z"))
    if not match or int(match[1]) > 23:
        return None
    return f"{int(match[1]):02d}:{match[2] or '00'}:{match[3] or '00'}"


def correct_year(text: str) -> str | None:
    """Write a year in four digits."""
    match = re.fullmatch(r"\s*((?:19|20)[0-9]{2})(?:\.0+)?\s*", text)
    if match:
        return match[1]
    if match := re.fullmatch(r"\s*([0-2][0-9])\s*", text):
        return f"20{match[1]}"
    found = None if re.fullmatch(_SERIAL, text.strip()) else find_date(text)
    return str(found.year) if found else None


def correct_month(text: str) -> str | None:
    """Write a month as 2024-03."""
    words = plain(text)
    if match := re.fullmatch(r"([01]?[0-9])[/.\- ]([0-9]{4})", words):
        month, year = int(match[1]), match[2]
    elif match := re.fullmatch(r"([0-9]{4})[/. ]?([01]?[0-9])", words):
        year, month = match[1], int(match[2])
    elif (match := re.fullmatch(r"([a-z]+)\.? ([0-9]{4})", words)) and match[1] in _MONTHS:
        month, year = _MONTHS[match[1]], match[2]
    else:
        return None
    return f"{year}-{month:02d}" if 1 <= month <= 12 else None


def correct_number(text: str, mark: str = ".") -> str | None:
    """Write a number without spaces, unit nor thousands: "1 234,50 €" gives "1234.50"."""
    if len(text) > _LONGEST:
        return None
    digits = _without_unit(text)
    if re.fullmatch(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+", digits):
        digits = digits.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+", digits):
        digits = digits.replace(",", "")
    elif re.fullmatch(r"[+-]?[0-9]+,[0-9]*", digits):
        digits = digits.replace(",", ".")
    if not re.fullmatch(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)", digits):
        return None
    digits = digits.rstrip(".")
    return digits.replace(".", mark) if digits else None


def _without_unit(text: str) -> str:
    return re.sub(r"\s|['’]|euros?|eur|[€$%]|m²|m2|km|kg|ha|ttc|ht$", "", text, flags=re.IGNORECASE)


def read_thousands(text: str) -> tuple[str, str] | None:
    """Return the number that a text is if its one mark separates thousands, which it may, and the mark's name.

    >>> read_thousands("1,234"), read_thousands("9.000 €"), read_thousands("0,500"), read_thousands("2,50")
    (('1234', 'la virgule'), ('9000', 'le point'), None, None)
    """
    match = re.fullmatch(r"([+-]?[1-9][0-9]{0,2})([.,])([0-9]{3})", _without_unit(text))
    return (match[1] + match[3], "la virgule" if match[2] == "," else "le point") if match else None


def correct_share(text: str) -> str | None:
    """Write a percentage between 1 and 100 as a share of 1: "97.38" gives "0.9738"."""
    from decimal import Decimal

    number = correct_number(text)
    if number is None or not 1 < Decimal(number) <= 100:
        return None
    return format((Decimal(number) / 100).normalize(), "f")


def correct_integer(text: str) -> str | None:
    """Write a whole number: "1 000" gives "1000", "9.0" gives "9"; a number with decimals is not corrected."""
    number = correct_number(text)
    if number is None:
        return None
    whole, _, decimals = number.partition(".")
    return whole if whole and not decimals.strip("0") else None


def correct_boolean(text: str, yes: str, no: str) -> str | None:
    """Write yes or no with the words that the field accepts."""
    word = plain(text)
    return yes if word in _YES else no if word in _NO else None


def correct_uri(text: str) -> str | None:
    """Put https:// before what looks like a web address."""
    address = text.strip()
    if re.fullmatch(r"(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,12}(?:[:/?#]\S*)?", address):
        return f"https://{address}"
    return None


def correct_email(text: str) -> str | None:
    """Take spaces, "mailto:" and a second address off an e-mail address."""
    if len(text) > _LONGEST:
        return None
    match = re.search(r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,12}", text.replace("mailto:", ""))
    return match[0] if match and match[0] != text else None


def correct_point(text: str, form: str) -> str | None:
    """Write a point as "longitude,latitude" or "[longitude, latitude]", numbers with a decimal point."""
    numbers = re.findall(r"-?[0-9]{1,3}\.[0-9]+", text) or re.findall(r"-?[0-9]{1,3},[0-9]+", text)
    if len(numbers) != 2:
        return None
    lon, lat = (number.replace(",", ".") for number in numbers)
    corrected = f"[{lon}, {lat}]" if form == "array" else f"{lon},{lat}"
    return corrected if corrected != text else None


def correct_digits(text: str, count: int) -> str | None:
    """Take spaces and a spreadsheet's ".0" off a code of so many digits; put back one lost first zero."""
    digits = re.sub(r"[\s.\-]", "", text.strip().removesuffix(".0"))
    if not digits.isascii() or not digits.isdigit():
        return None
    if len(digits) == count - 1 and count == 5:
        digits = f"0{digits}"
    return digits if len(digits) == count and digits != text else None


def correct_letters(text: str) -> str | None:
    """Undo UTF-8 that was read as Windows-1252.

    >>> correct_letters("ChambÃ©ry"), correct_letters("Chambéry"), correct_letters("Chambery")
    ('Chambéry', None, None)
    """
    try:
        found = text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return None
    return found if found != text else None


@lru_cache(maxsize=64)
def _by_plain(allowed: tuple[str, ...]) -> dict[str, str]:
    return {plain(value): value for value in allowed}


def nearest(text: str, allowed: Sequence[str]) -> str | None:
    """Return the allowed value that a text most resembles: same letters, the one with its words, a close spelling.

    >>> nearest("numéraire", ("aide en numéraire", "aide en nature", "aide en nature;aide en numéraire"))
    'aide en numéraire'
    """
    by_plain = _by_plain(tuple(allowed))
    word = plain(correct_letters(text) or text)
    if word in by_plain:
        return by_plain[word]
    if by_plain.keys() >= {"m", "f"} and word in _SEXES:
        return by_plain[_SEXES[word]]
    telling = len(word) >= _TELLING
    longer = [value for value in by_plain if telling and f" {word} " in f" {value} "]
    if longer:
        shortest = min(longer, key=len)
        # The others may be several values in one; where they are not, which is meant is not ours to say.
        return by_plain[shortest] if all(shortest in value for value in longer) else None
    import difflib

    close = difflib.get_close_matches(word, list(by_plain), n=1, cutoff=0.75)
    return by_plain[close[0]] if close else None


_TELLING = 5
"""Letters from which words may stand for the value that holds them."""
_SEXES = {
    **dict.fromkeys(("fille", "femme", "feminin", "feminine"), "f"),
    **dict.fromkeys(("garcon", "homme", "masculin", "masculine"), "m"),
}
