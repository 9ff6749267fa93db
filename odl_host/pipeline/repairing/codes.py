"""Official codes that spreadsheets took for numbers: zeros lost in front, spaces and decimals added.

A lost zero is put back when the result exists (communes and post codes, by the territory) or carries its own proof
(SIREN and SIRET, by their Luhn key), and when the rest of the column agrees that zeros were lost there: no code in it
starts with a zero, and no code of that length is left without an answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from odl_host.pipeline.reading.names import name_words
from odl_host.pipeline.reading.notes import plural
from odl_host.pipeline.repairing.kinds import listed
from odl_host.pipeline.repairing.mender import Mended
from odl_host.pipeline.repairing.spaces import GROUP_SPACE
from odl_host.record import Record
from odl_host.schemas.checks import territory
from odl_host.schemas.forms import digits_of
from odl_host.schemas.registry import Field, Schema
from odl_host.territory.codes import is_commune_code, is_siren, is_siret

_SPACES = re.compile(rf"{GROUP_SPACE}+")
_DECIMALS = re.compile(r"([0-9]+)[.,]0{1,2}")
_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?E\+?[0-9]{1,2}", re.IGNORECASE)


class CodeKind(Record):
    """A kind of code: its length, what it is called in French, and what proves one right."""

    length: int
    name: str
    exists: Callable[[str], bool]


SIRET = CodeKind(14, "SIRET", is_siret)
SIREN = CodeKind(9, "SIREN", is_siren)
COMMUNE = CodeKind(5, "code INSEE", lambda code: is_commune_code(code) and territory.is_commune_code(code))
POSTCODE = CodeKind(5, "code postal", territory.is_post_code)

_BY_CHECK: Mapping[str, CodeKind] = {
    "french-siret-value": SIRET,
    "siret": SIRET,
    "french-siren-value": SIREN,
    "siren": SIREN,
    "code-commune-insee": COMMUNE,
}
_NOT_COMMUNES = frozenset({"departement", "dep", "region", "reg", "dept", "canton"})


def code_kind(field: Field, schema: Schema) -> CodeKind | None:
    """Return the kind of code that a column holds, by the checks on it, its name and its form."""
    if field.type != "string":
        return None
    for check in schema.custom_checks:
        if check.params.get("column") == field.name and check.name in _BY_CHECK:
            return _BY_CHECK[check.name]
    words = name_words(field.name)
    digits = digits_of(field)
    if "siret" in words and digits in (None, 14):
        return SIRET
    if "siren" in words and digits in (None, 9):
        return SIREN
    if ("insee" in words or {"code", "commune"} <= words) and not words & _NOT_COMMUNES:
        return COMMUNE
    if ("postal" in words or "cp" in words or "codepostal" in words) and digits in (None, 5):
        return POSTCODE
    return None


class CodeMender:
    """Writes codes of one kind in all their digits."""

    usual = None

    def __init__(self, kind: CodeKind) -> None:
        self._kind = kind
        self._zero_kept = self._unproven = False

    def look(self, text: str, *, good: bool) -> None:  # noqa: ARG002 - a right code and a wrong one prove the same
        """Note whether zeros in front were kept, and short codes that no zero makes right."""
        code = self._bare(text)
        if len(code) == self._kind.length and code.startswith("0"):
            self._zero_kept = True
        elif len(code) == self._kind.length - 1 and code.isdigit() and not self._kind.exists(f"0{code}"):
            self._unproven = True

    def mend(self, text: str) -> Mended | None:
        """Write the code without spaces, with its zero."""
        code = self._bare(text)
        if len(code) == self._kind.length - 1 and code.isascii() and code.isdigit():
            if self._zero_kept or self._unproven or not self._kind.exists(f"0{code}"):
                return None
            return Mended(f"0{code}", "leading-zero")
        if len(code) != self._kind.length or not self._kind.exists(code):
            return None
        return Mended(code, "code-capitals" if code == text.upper() else "code-spaces")

    def _bare(self, text: str) -> str:
        code = _SPACES.sub("", text).upper()
        match = _DECIMALS.fullmatch(code)
        return match[1] if match else code

    def doubts(self, text: str) -> bool:
        """Tell whether the code lost digits."""
        if _SCIENTIFIC.fullmatch(text):
            return True
        code = self._bare(text)
        return len(code) == self._kind.length - 1 and code.isascii() and code.isdigit()

    def question(self, texts: Sequence[str], count: int) -> str:
        """Ask for the whole code."""
        shortened = [text for text in texts if _SCIENTIFIC.fullmatch(text)]
        if shortened:
            return (
                f"Le tableur a abrégé des numéros ({listed(shortened)}) : les chiffres perdus ne peuvent pas être "
                f"retrouvés. Mettez la colonne au format « Texte », puis saisissez chaque {self._kind.name} en entier "
                f"({self._kind.length} chiffres)."
            )
        said = plural(count, "code trop court", "codes trop courts")
        return (
            f"{said} ({listed(texts)}) : un zéro s’est-il perdu au début ? Saisissez chaque {self._kind.name} en "
            f"entier ({self._kind.length} chiffres), dans une colonne au format « Texte »."
        )
