"""The languages that a portal speaks: its sentences, its numbers, sizes and dates in each.

French is written where it is said, in the templates and the modules. Another language is a catalogue of sentences,
`locale/CODE/LC_MESSAGES/portal.po`, read as it is when that language is first spoken: nothing is compiled beforehand.
"""

from __future__ import annotations

import functools
import gettext
import io
from dataclasses import dataclass
from datetime import date
from importlib import resources

from odl_host.ckan_values import LANGUAGES
from odl_host.typography import SPACE

SOURCE = LANGUAGES[0]
"""The language that the sentences are written in, and the one of what communes publish."""


def french(sentence: str) -> str:
    """Mark a sentence that is kept to be said later (`Language.say`), so that its translation is asked for."""
    return sentence


_UNITS = ("", french("Ko"), french("Mo"), french("Go"), french("To"))
"""Of a thousand octets each time."""


class _Source(gettext.NullTranslations):
    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return one of two forms: French takes the singular below two."""
        return msgid1 if abs(n) < 2 else msgid2


@dataclass(frozen=True, slots=True)
class Language:
    """A language, and how it says things."""

    code: str
    sentences: gettext.NullTranslations

    @property
    def name(self) -> str:
        """What the language calls itself.

        >>> get_language("fr").name, get_language("en").name
        ('Français', 'English')
        """
        from babel import Locale

        return str(Locale.parse(self.code).get_display_name(self.code)).capitalize()

    def say(self, sentence: str, **values: object) -> str:
        """Return a sentence in this language, its `%(name)s` filled in; what the catalogue lacks comes back as it is.

        >>> get_language("en").say("Éducation, culture et sport"), get_language("en").say("Barby")
        ('Education, culture and sport', 'Barby')
        """
        said = self.sentences.gettext(sentence) if sentence else ""
        return said % values if values else said

    def count_of(self, amount: int, one: str, several: str) -> str:
        """Return a number with the word it counts.

        >>> get_language("fr").count_of(0, "fichier", "fichiers").replace(SPACE, " ")
        '0 fichier'
        >>> get_language("en").count_of(0, "fichier", "fichiers").replace(SPACE, " ")
        '0 files'
        """
        return f"{self.number(amount)}{SPACE}{self.noun(amount, one, several)}"

    def noun(self, amount: int, one: str, several: str) -> str:
        """Return the word for so many, without their number."""
        return self.sentences.ngettext(one, several, amount)

    def number(self, value: int | str) -> str:
        r"""Return a count with its thousands apart; text that is no number comes back as it is.

        >>> french, english = get_language("fr"), get_language("en")
        >>> french.number(59964), french.number("812"), english.number(59964), french.number("inconnue")
        ('59\u202f964', '812', '59,964', 'inconnue')
        """
        try:
            return _number(int(value), self.code)
        except ValueError:
            return str(value)

    def size(self, size_bytes: int) -> str:
        """Return a file's size; a kilo-octet is 1,000 octets, as in the International System.

        >>> french, english = get_language("fr"), get_language("en")
        >>> [french.size(n).replace(SPACE, " ") for n in (1, 812, 12_340, 999_960, 5_260_000)]
        ['1 octet', '812 octets', '12,3 Ko', '1 Mo', '5,3 Mo']
        >>> [english.size(n).replace(SPACE, " ") for n in (1, 12_340)]
        ['1 byte', '12.3 kB']
        """
        from babel.numbers import format_decimal

        if size_bytes < 1000:
            return self.count_of(size_bytes, "octet", "octets")
        amount, unit = float(size_bytes), 0
        while round(amount, 1) >= 1000 and unit < len(_UNITS) - 1:
            amount, unit = amount / 1000, unit + 1
        shown = format_decimal(float(f"{amount:.1f}"), "0.#", locale=self.code)
        return f"{shown}{SPACE}{self.say(_UNITS[unit])}"

    def day(self, timestamp: str | None) -> str:
        """Return the day of an ISO timestamp in words, or "" when there is none.

        >>> [get_language("fr").day(day).replace(SPACE, " ") for day in ("2026-11-23T08:30:00.123456", "2026-05-01")]
        ['23 novembre 2026', '1er mai 2026']
        >>> get_language("en").day("2026-11-23").replace(SPACE, " "), get_language("fr").day(None)
        ('23 November 2026', '')
        """
        return _day((timestamp or "")[:10], self.code)


# A page tells a hundred counts and days, mostly the same ones: Babel takes 40 microseconds for each.


@functools.lru_cache(maxsize=4096)
def _number(value: int, code: str) -> str:
    from babel.numbers import format_decimal

    return str(format_decimal(value, locale=code))


@functools.lru_cache(maxsize=4096)
def _day(iso_day: str, code: str) -> str:
    from babel.dates import format_date

    try:
        value = date.fromisoformat(iso_day)
    except ValueError:
        return ""
    day = "d'er'" if code == "fr" and value.day == 1 else "d"
    return str(format_date(value, f"{day}{SPACE}MMMM{SPACE}y", locale=code))


@functools.cache
def get_language(code: str) -> Language:
    """Return a language of `LANGUAGES`. :raises KeyError: it is none of them."""
    if code not in LANGUAGES:
        raise KeyError(code)
    return Language(code, _Source() if code == SOURCE else _read_sentences(code))


def _read_sentences(code: str) -> gettext.NullTranslations:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    file = resources.files("odl_host.server.rendering") / "locale" / code / "LC_MESSAGES" / "portal.po"
    compiled = io.BytesIO()
    with file.open("rb") as written:
        write_mo(compiled, read_po(written, locale=code))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
