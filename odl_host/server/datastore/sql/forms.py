"""Writing and reading moments and numbers by a form: `to_char`, `to_date`, `to_timestamp`, `to_number`.

Source: PostgreSQL 15 documentation, 9.8.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

from odl_host.server.datastore.sql.intervals import Interval
from odl_host.server.datastore.sql.moments import keep, moment_of
from odl_host.server.datastore.sql.texts import plain
from odl_host.server.datastore.values import Kept

MAX_FORM = 500
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")

# The longest first, for what is written IYYY is not I, then YYY.
_WORDS = (
    *(
        "HH24",
        "HH12",
        "IYYY",
        "IDDD",
        "YYYY",
        "SSSS",
        "MONTH",
        "Month",
        "month",
        "Y,YYY",
        "A.M.",
        "P.M.",
        "a.m.",
        "p.m.",
    ),
    *("IYY", "YYY", "DDD", "DAY", "Day", "day", "MON", "Mon", "mon", "HH", "MI", "SS", "MS", "US", "YY", "IY", "MM"),
    *(
        "DY",
        "Dy",
        "dy",
        "DD",
        "ID",
        "IW",
        "WW",
        "CC",
        "AM",
        "PM",
        "am",
        "pm",
        "RM",
        "rm",
        "TZ",
        "tz",
        "OF",
        "FF3",
        "FF6",
    ),
    *("Y", "I", "D", "W", "Q", "J"),
)
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|(?P<prefix>(?:FM|TM)*)(?P<word>'
    + "|".join(map(re.escape, sorted(_WORDS, key=lambda word: -len(word))))
    + r")(?P<ordinal>TH|th)?"
)

_NUMBERS: dict[str, tuple[int, Callable[[datetime], int]]] = {
    "YYYY": (4, lambda at: at.year),
    "YYY": (3, lambda at: at.year % 1000),
    "YY": (2, lambda at: at.year % 100),
    "Y": (1, lambda at: at.year % 10),
    "IYYY": (4, lambda at: at.isocalendar().year),
    "IYY": (3, lambda at: at.isocalendar().year % 1000),
    "IY": (2, lambda at: at.isocalendar().year % 100),
    "I": (1, lambda at: at.isocalendar().year % 10),
    "MM": (2, lambda at: at.month),
    "DD": (2, lambda at: at.day),
    "DDD": (3, lambda at: at.timetuple().tm_yday),
    "IDDD": (3, lambda at: (at.isocalendar().week - 1) * 7 + at.isoweekday()),
    "D": (1, lambda at: at.isoweekday() % 7 + 1),
    "ID": (1, lambda at: at.isoweekday()),
    "HH24": (2, lambda at: at.hour),
    "HH12": (2, lambda at: (at.hour + 11) % 12 + 1),
    "HH": (2, lambda at: (at.hour + 11) % 12 + 1),
    "MI": (2, lambda at: at.minute),
    "SS": (2, lambda at: at.second),
    "SSSS": (1, lambda at: at.hour * 3600 + at.minute * 60 + at.second),
    "MS": (3, lambda at: at.microsecond // 1000),
    "US": (6, lambda at: at.microsecond),
    "FF3": (3, lambda at: at.microsecond // 1000),
    "FF6": (6, lambda at: at.microsecond),
    "WW": (2, lambda at: (at.timetuple().tm_yday - 1) // 7 + 1),
    "W": (1, lambda at: (at.day - 1) // 7 + 1),
    "IW": (2, lambda at: at.isocalendar().week),
    "Q": (1, lambda at: (at.month + 2) // 3),
    "CC": (2, lambda at: (at.year + 99) // 100),
    "J": (1, lambda at: at.toordinal() + 1_721_425),
}


def to_char(value: Any, form: Any, kind: str) -> str:
    """Write a number, a moment or a length of time by a form."""
    text = plain(form)
    if len(text) > MAX_FORM:
        raise ValueError("the form is too long")
    if kind == "interval":
        length = Interval.kept(value)
        hours, rest = divmod(length.micros, 3_600_000_000)
        at = datetime(2000, 1, 1) + timedelta(microseconds=rest)  # noqa: DTZ001 - kept without a zone
        return _TOKEN.sub(lambda match: f"{hours:02d}" if match["word"] == "HH24" else _moment_part(match, at), text)
    if kind in ("date", "timestamp", "timestamptz", "time"):
        at = moment_of(value)
        return _TOKEN.sub(lambda match: _moment_part(match, at), text)
    exact = (
        Decimal(value)
        if kind in ("float4", "float8")
        else Decimal(repr(value) if isinstance(value, float) else plain(value))
    )
    return _number(exact, text, ROUND_HALF_EVEN if kind in ("float4", "float8") else ROUND_HALF_UP)


def _moment_part(match: re.Match[str], at: datetime) -> str:
    if match["quoted"] is not None:
        return match["quoted"]
    word, is_short = match["word"], "FM" in match["prefix"] or "TM" in match["prefix"]
    if word in _NUMBERS:
        width, part = _NUMBERS[word]
        number = part(at)
        return (str(number) if is_short else f"{number:0{width}d}") + _ordinal(number, match["ordinal"])
    if word == "Y,YYY":
        return f"{at.year // 1000},{at.year % 1000:03d}"
    if word in ("TZ", "tz", "OF"):
        return {"TZ": "UTC", "tz": "utc", "OF": "+00"}[word]
    if word.replace(".", "").lower() in ("am", "pm"):
        half = "pm" if at.hour >= 12 else "am"
        half = f"{half[0]}.m." if "." in word else half
        return half.upper() if word[0].isupper() else half
    if word.upper() == "RM":
        roman = _ROMAN[at.month - 1] if word == "RM" else _ROMAN[at.month - 1].lower()
        return roman if is_short else roman.ljust(4)
    name = MONTHS[at.month - 1] if word[0] in "Mm" else DAYS[at.weekday()]
    is_long = word.lower() in ("month", "day")
    name = name if is_long else name[:3]
    name = name.upper() if word.isupper() else name.lower() if word.islower() else name
    return name.ljust(9) if is_long and not is_short else name


def _ordinal(number: int, wanted: str | None) -> str:
    if not wanted:
        return ""
    end = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number // 10 % 10 != 1 else 0, "th")
    return end.upper() if wanted == "TH" else end


# Numbers

_NUMBER_FORM = re.compile(r'(FM)|(PR|MI|PL|SG|S|L|TH|th|\$)|([90]+)|([.D])|([,G])|"([^"]*)"|(.)', re.DOTALL)


def _number(exact: Decimal, form: str, rounding: str) -> str:
    is_filled = "FM" not in form
    decimals = len(re.findall("[90]", re.split("[.D]", form, maxsplit=1)[1])) if re.search("[.D]", form) else 0
    places = len(re.findall("[90]", re.split("[.D]", form, maxsplit=1)[0]))
    rounded = abs(exact).quantize(Decimal(1).scaleb(-decimals), rounding)
    whole, _, fraction = f"{rounded:f}".partition(".")
    is_negative = exact < 0 and bool(rounded)
    digits = whole.lstrip("0").rjust(places)
    if len(digits) > places:
        digits, fraction = "#" * places, "#" * decimals
    has_sign = bool(re.search("S|MI|PL|SG|PR", form))
    first_zero = form.find("0")
    out: list[str] = []
    seen = seen_fraction = 0
    in_fraction = has_begun = False
    last_needed = len(fraction.rstrip("0")) if not is_filled else decimals
    last_needed = max(last_needed, _last_zero(form))
    for match in _NUMBER_FORM.finditer(form):
        at = match.start()
        if match[1]:
            continue
        if match[2]:
            out.append(_sign(match[2], is_negative, whole))
        elif match[3]:
            for offset in range(len(match[3])):
                if in_fraction:
                    out.append(fraction[seen_fraction] if seen_fraction < last_needed else "")
                    seen_fraction += 1
                    continue
                digit = digits[seen]
                seen += 1
                if digit == " " and (has_begun or 0 <= first_zero <= at + offset):
                    digit = "0"
                has_begun = has_begun or digit != " "
                out.append(digit if digit != " " else " " * is_filled)
        elif match[4]:
            in_fraction = True
            out.append(".")
        elif match[5]:
            out.append("," if has_begun else " " * is_filled)
        else:
            out.append(match[6] if match[6] is not None else match[7])
    text = "".join(out)
    if not has_sign:
        text = _with_minus(text, is_negative=is_negative, is_filled=is_filled)
    elif "PR" in form:
        digits = text.lstrip(" ")
        blanks = " " * (len(text) - len(digits)) * is_filled
        text = f"{blanks}<{digits}>" if is_negative else (f" {text} " if is_filled else digits)
    return text


def _last_zero(form: str) -> int:
    parts = re.split("[.D]", form, maxsplit=1)
    marks = "".join(re.findall("[90]", parts[1])) if len(parts) > 1 else ""
    return marks.rfind("0") + 1


def _sign(mark: str, is_negative: bool, whole: str) -> str:
    if mark in ("S", "SG"):
        return "-" if is_negative else "+"
    if mark in ("TH", "th"):
        return _ordinal(int(whole), mark)
    return {"MI": "-" if is_negative else " ", "PL": " " if is_negative else "+", "PR": "", "L": "", "$": "$"}[mark]


def _with_minus(text: str, *, is_negative: bool, is_filled: bool) -> str:
    if not is_negative:
        return f" {text}" if is_filled else text
    blank = len(text) - len(text.lstrip(" "))
    return f"{' ' * blank if is_filled else ''}-{text.lstrip(' ')}"


def to_number(value: Any, form: Any) -> Kept:
    """Read a number that is written with groups, a sign or other marks. :raises ValueError: there is none."""
    text = plain(value)
    digits = re.sub(r"[^0-9.]" if re.search("[.D]", plain(form)) else r"[^0-9]", "", text)
    if not digits.strip("."):
        raise ValueError(f'invalid input syntax for type numeric: "{text}"')
    number = float(digits) if "." in digits else int(digits[:18])
    return -number if "-" in text or text.strip().startswith("<") else number


# Reading moments

_FIELDS = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<short_year>\d{2})",
    "MM": r"(?P<month>\d{1,2})",
    "DDD": r"(?P<day_of_year>\d{1,3})",
    "DD": r"(?P<day>\d{1,2})",
    "HH24": r"(?P<hour>\d{1,2})",
    "HH12": r"(?P<hour>\d{1,2})",
    "HH": r"(?P<hour>\d{1,2})",
    "MI": r"(?P<minute>\d{1,2})",
    "SS": r"(?P<second>\d{1,2})",
    "MS": r"(?P<fraction>\d{1,3})",
    "US": r"(?P<fraction>\d{1,6})",
    "AM": r"(?P<half>[AaPp]\.?[Mm]\.?)",
    "MONTH": r"(?P<name>[A-Za-z]{3,9})",
}
_SAME = {"PM": "AM", "A.M.": "AM", "P.M.": "AM", "MON": "MONTH"}


def to_date(value: Any, form: Any) -> str:
    """Read a day by a form. :raises ValueError: the text has another one."""
    return to_timestamp(value, form).partition("T")[0]


def to_timestamp(value: Any, form: Any) -> str:
    """Read a moment by a form. :raises ValueError: the text has another one."""
    text, template = plain(value), plain(form)
    if len(template) > MAX_FORM:
        raise ValueError("the form is too long")
    parts, at, known = [], 0, set()
    for match in _TOKEN.finditer(template):
        parts.append(r"[^0-9A-Za-z]*" if template[at : match.start()].strip("T") != "" else "T?")
        at = match.end()
        if match["quoted"] is not None:
            parts.append(".{" + str(len(match["quoted"])) + "}")
            continue
        word = match["word"].upper()
        field = _FIELDS.get(_SAME.get(word, word), r"\w*?")
        if field in known:
            field = r"\d+"
        known.add(field)
        parts.append(field)
    found = re.match(r"\s*" + "".join(parts), text)
    if found is None:
        raise ValueError(f'invalid value "{text[:50]}" for "{template[:50]}"')
    return keep(_read(found.groupdict(), text))


def _read(part: dict[str, str | None], text: str) -> datetime:
    year = int(part.get("year") or 1)
    if short := part.get("short_year"):
        year = int(short) + (2000 if int(short) < 70 else 1900)
    month = int(part.get("month") or 1)
    if name := part.get("name"):
        starts = [index for index, known in enumerate(MONTHS, 1) if name[:3].lower() == known[:3].lower()]
        if not starts:
            raise ValueError(f'invalid value "{name}" for "Month"')
        month = starts[0]
    hour = int(part.get("hour") or 0)
    if half := part.get("half"):
        hour = hour % 12 + (12 if half[0] in "Pp" else 0)
    fraction = ((part.get("fraction") or "") + "000000")[:6]
    try:
        at = datetime(  # noqa: DTZ001 - kept without a zone
            year, month, int(part.get("day") or 1), hour, int(part.get("minute") or 0), int(part.get("second") or 0)
        )
        at = at.replace(microsecond=int(fraction))
        return at + timedelta(days=int(days) - 1) if (days := part.get("day_of_year")) else at
    except (ValueError, OverflowError):
        raise ValueError(f'date/time field value out of range: "{text[:50]}"') from None
