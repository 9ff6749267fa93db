"""What the quick ways clear, the exact way accepts: they may doubt, never pardon."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odl_host.pipeline.engine.column import Column
from odl_host.pipeline.engine.validate import validate_rows
from odl_host.schemas.checks import BoundCheck
from odl_host.schemas.checks.siret import SIREN, SIRET, is_siren, is_siret
from odl_host.schemas.registry import Field
from odl_host.schemas.repair import parse_descriptor

numberlike = st.text(alphabet="0123456789.-+,eE_ ٣²\u202fnaif", max_size=12)
odd = st.sampled_from(
    ["", "1e5", "nan", "-inf", "1_000", "1__0", " 7 ", "٣", "²", "--1", "1-2", "5.", ".5", "9" * 5000]
)
codes = st.one_of(
    st.from_regex(r"[0-9]{9}", fullmatch=True),
    st.from_regex(r"[0-9]{14}", fullmatch=True),
    st.from_regex(r"356000000[0-9]{5}", fullmatch=True),
    st.sampled_from([*SIRET.good, *SIRET.bad, *SIREN.good, *SIREN.bad, "20006911000019", "٢٠٠٠٦٩١١٠٠٠٠١٩"]),
    st.text(max_size=15),
)


@pytest.mark.parametrize("kind", ["integer", "number"])
@given(texts=st.lists(st.one_of(numberlike, st.integers().map(str), st.decimals().map(str), odd), max_size=30))
def test_numbers_that_are_cleared_together_are_numbers(kind: str, texts: list[str]) -> None:
    column = Column(Field(name="n", type=kind), 1, ("",))
    sifted = column.sift(texts) or {}
    assert set(sifted) == {text for text in texts if text and column.type.read(text) is None}


@given(texts=st.lists(codes, min_size=1, max_size=30))
def test_sirets_and_sirens_that_are_cleared_together_have_their_keys(texts: list[str]) -> None:
    for check, exact in ((SIRET, is_siret), (SIREN, is_siren)):
        assert check.doubts is not None
        assert {text for text in texts if not exact(text)} <= set(check.doubts(texts)) <= set(texts)
        plain = [text for text in texts if exact(text) and text.isdigit() and not text.startswith("356000000")]
        if plain:
            assert check.doubts(plain) == []


@given(texts=st.lists(codes, max_size=30))
def test_a_column_of_sirets_finds_what_the_check_alone_finds(texts: list[str]) -> None:
    bound = BoundCheck("siret", SIRET.bind({}), SIRET.doubts)
    column = Column(Field(name="siret"), 1, ("",), [bound])
    assert set(column.sift(texts) or {}) == {text for text in texts if text and not is_siret(text)}


def test_what_a_column_learnt_from_one_file_changes_nothing_for_the_next() -> None:
    schema = parse_descriptor(
        {"fields": [{"name": "n", "type": "integer"}, {"name": "libre", "type": "string"}]}, name="essai", version="1"
    )
    rows = [["1", "x"], ["un", "x"], ["", ""]]
    first = validate_rows(schema, ["n", "libre"], [list(row) for row in rows])
    assert validate_rows(schema, ["n", "libre"], [list(row) for row in rows]) == first
    moved = validate_rows(schema, ["libre", "n"], [row[::-1] for row in rows])
    assert [finding.position for finding in moved.findings if finding.code == "type-error"] == [2]
    other = parse_descriptor({"fields": [{"name": "n", "type": "string"}]}, name="essai", version="1")
    assert validate_rows(other, ["n"], [["un"]]).valid
