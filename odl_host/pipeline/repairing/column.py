"""One column that may need repairs: what its texts prove, then the one repaired form of each text."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from itertools import filterfalse

from odl_host.pipeline.engine.column import Column
from odl_host.pipeline.reading.notes import ReadNote
from odl_host.pipeline.repairing.mender import Mended, Mender
from odl_host.pipeline.repairing.spaces import ordinary, trim
from odl_host.schemas.registry import Schema

_MEMO_LIMIT = 50_000
_DOUBTS_LIMIT = 200
_TRIALS_LIMIT = 2_000
_LONGEST = 300
"""Characters: nothing that a mender can read is longer, and patterns stay quick."""
_ISO_DATE, _FRENCH_DATE = "2024-01-31", "31/01/2024"
_PERIOD, _OLD_PERIOD = "2024-01-31/2024-12-31", "2024-01-31_2024-12-31"


class RepairedColumn:
    """A column under repair. `survey` every batch first, then `settle`; after that `mend` answers."""

    def __init__(self, column: Column, schema: Schema) -> None:
        self.column = column
        self.place = column.position - 1
        self.name = column.name
        self._menders = self._find_menders(schema)
        self._seen: set[str] = set()
        self._memo: dict[str, Mended | None] = {}
        self._written: set[str] = set()
        self._bad: dict[str, None] = {}
        self._doubted: dict[str, int] = {}
        self._beyond: dict[str, None] = {}
        self.good_texts = 0
        self.bad_texts = 0

    def _find_menders(self, schema: Schema) -> list[Mender]:
        # Each mender is imported where a column needs it: their patterns take as long to compile as a small file.
        field = self.column.field
        found: list[Mender] = []
        if field.type in ("number", "integer", "year"):
            from odl_host.pipeline.repairing.numbers import NumberMender

            own_marks = any(field.properties.get(name) not in (None, "") for name in ("decimalChar", "groupChar"))
            if field.type == "year" or (not own_marks and field.properties.get("bareNumber", True)):
                found.append(NumberMender(whole=field.type != "number"))
        elif field.type == "boolean":
            from odl_host.pipeline.repairing.booleans import BooleanMender

            found.append(BooleanMender(field))
        elif field.type == "string":
            from odl_host.pipeline.repairing.codes import CodeMender, code_kind

            kind = code_kind(field, schema)
            if kind is not None:
                found.append(CodeMender(kind))
            if field.enum:
                from odl_host.pipeline.repairing.choices import ChoiceMender

                found.append(ChoiceMender(field.enum))
        if self._takes_iso_dates():
            from odl_host.pipeline.repairing.dates import DateMender

            found.append(DateMender())
        if self._takes(_PERIOD, but_not=_OLD_PERIOD):
            from odl_host.pipeline.repairing.periods import PeriodMender

            found.append(PeriodMender())
        return found

    def _takes_iso_dates(self) -> bool:
        field = self.column.field
        if field.type == "date":
            return field.format in ("", "default", "%Y-%m-%d")
        return self._takes(_ISO_DATE, but_not=_FRENCH_DATE)

    def _takes(self, text: str, *, but_not: str) -> bool:
        """Tell whether the column's pattern takes one form of a text and not the other."""
        field = self.column.field
        if field.type != "string" or "pattern" not in field.constraints or field.enum:
            return False
        return not self._refused(text) and self._refused(but_not)

    # -- looking ------------------------------------------------------------------------------------------------------

    def survey(self, cells: Sequence[str]) -> None:
        """Take the column's texts of one batch as evidence."""
        # In the file's order, so that the same file always gives the same examples.
        new = list(filterfalse(self._seen.__contains__, dict.fromkeys(cells)))
        if new:
            if len(self._seen) < _MEMO_LIMIT:
                self._seen.update(new)
            self._look([text for text in new if text not in self.column.missing])
        if self._doubted:
            for text in filter(self._doubted.__contains__, cells):
                self._doubted[text] += 1

    def survey_ragged(self, cells: Sequence[str]) -> None:
        """Take cells of rows that are too long or too short: they prove nothing and are not repaired."""
        if cells and len(self._beyond) < _DOUBTS_LIMIT:
            refused = self.column.sift(cells) or {}
            self._beyond.update((text, None) for text in cells if text in refused)

    def _look(self, texts: list[str]) -> None:
        refused = self.column.sift(texts) or {}
        usual = self._menders[0].usual if len(self._menders) == 1 else None
        looked: Iterable[str] = texts
        if not self._menders:
            looked = [text for text in texts if text in refused]
        elif usual is not None:
            looked = [text for text in texts if text in refused or not usual(text)]
        for text in looked:
            good = text not in refused
            bare = text if good else trim(text)
            menders = self._menders if len(bare) <= _LONGEST else ()
            for mender in menders:
                mender.look(bare, good=good)
            if good:
                continue
            self.bad_texts += 1
            if len(self._bad) < _TRIALS_LIMIT:
                self._bad[text] = None
            if len(self._doubted) < _DOUBTS_LIMIT and any(mender.doubts(bare) for mender in menders):
                self._doubted.setdefault(text, 0)
        self.good_texts += len(texts) - sum(map(refused.__contains__, texts))

    # -- answering ----------------------------------------------------------------------------------------------------

    @property
    def helps(self) -> bool:
        """Whether at least one of the refused texts has a repaired form."""
        return any(self.mend(text) is not None for text in self._bad)

    @property
    def unsuited(self) -> list[str]:
        """The first refused texts that have no repaired form."""
        return [*(text for text in self._bad if self.mend(text) is None), *self._beyond]

    def agrees(self, *, wholly: bool) -> bool:
        """Tell whether the texts, repaired, are what the field takes: all of them, or most."""
        left = len(self.unsuited)
        if wholly:
            return left == 0 and self.bad_texts <= len(self._bad)
        return left * 2 <= len(self._bad) + self.good_texts

    @cached_property
    def known_forms(self) -> dict[str, Mended] | None:
        """The repaired form of each text of the surveyed column that has one; None when it holds too many of them."""
        if self.bad_texts > len(self._bad):
            return None
        texts = [*self._bad, *(text for text in self.column.missing if text is not None)]
        return {text: mended for text in texts if (mended := self.mend(text)) is not None}

    def mend_all(self, texts: Collection[str]) -> dict[str, Mended]:
        """Return the repaired forms of those of these texts that have one."""
        refused = self.column.sift(list(texts))
        if not refused:
            return {}
        return {text: mended for text in refused if text is not None and (mended := self.mend(text)) is not None}

    def mend(self, text: str) -> Mended | None:
        """Return the repaired form of a text; None when it is right, or when no form is certain."""
        try:
            return self._memo[text]
        except KeyError:
            mended = self._mend(text)
            if mended is not None and len(self._written) < _MEMO_LIMIT:
                self._written.add(mended.text)
            if len(self._memo) < _MEMO_LIMIT:
                self._memo[text] = mended
            return mended

    def wrote(self, text: str | None) -> bool:
        """Tell whether a text may be the repaired form of another."""
        return len(self._written) >= _MEMO_LIMIT or text in self._written

    def _mend(self, text: str) -> Mended | None:
        problems = self.column.judge(text)
        if not problems:
            return None
        refused = self._refused(text)
        for mended in self._forms(text):
            # A warning alone is reason enough to change a cell only when nothing at all is said of the new text.
            if mended.text != text and not (self._refused(mended.text) if refused else self.column.judge(mended.text)):
                return mended
        return None

    def _forms(self, text: str) -> list[Mended]:
        """Return the repaired forms to try, the lightest first."""
        bare = trim(text)
        forms = [Mended(bare, "spaces")]
        if bare and bare not in self.column.missing:
            forms.append(Mended(ordinary(bare), "spaces"))
            if len(bare) <= _LONGEST:
                forms += [mended for mender in self._menders if (mended := mender.mend(bare)) is not None]
        return forms

    def _refused(self, text: str) -> bool:
        return any(problem.severity == "error" for _, problem in self.column.judge(text))

    def questions(self) -> list[ReadNote]:
        """Return what the town hall should be asked of the texts that were not repaired."""
        notes = []
        for mender in self._menders:
            asked = {
                text: count
                for text, count in self._doubted.items()
                if mender.doubts(trim(text)) and self.mend(text) is None
            }
            if asked:
                count = sum(asked.values())
                sentence = mender.question([trim(text) for text in asked], count)
                notes.append(ReadNote("proposal", f"Colonne « {self.name} » : {sentence}", count))
        return notes
