from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odl_host.pipeline.engine.types import compile_type
from odl_host.schemas.checks import BoundChecks, CannotJudge, bind_checks, repeats
from odl_host.schemas.checks.declaration import DEPRECATED, iter_checks
from odl_host.schemas.checks.ours import OWN_CHECKS, OwnCheck, bind_ours
from odl_host.schemas.checks.points import PointJudge, find_point_fields
from odl_host.schemas.checks.problem import ValueCheck
from odl_host.schemas.checks.repeats import RepeatedRows
from odl_host.schemas.findings import CODES
from odl_host.schemas.registry import Field
from odl_host.schemas.repair import parse_descriptor

NEW_YEAR = date(2026, 1, 1)
VALUE_CHECKS = {name: check for name, check in iter_checks() if isinstance(check, ValueCheck)}


def _value(check: ValueCheck, text: str) -> object:
    if check.name == "french-gps-coordinates":
        return compile_type(Field("v", type="geopoint")).read(text)
    return text


@pytest.mark.parametrize("check", VALUE_CHECKS.values(), ids=lambda check: check.name)
def test_each_check_accepts_its_good_examples_and_refuses_its_bad_ones(check: ValueCheck) -> None:
    judge = check.bind(check.params)
    assert [text for text in check.good if judge(_value(check, text), text) is not None] == []
    assert [text for text in check.bad if judge(_value(check, text), text) is None] == []
    assert check.good
    assert check.bad


@pytest.mark.parametrize("check", VALUE_CHECKS.values(), ids=lambda check: check.name)
def test_each_problem_has_a_code_of_the_catalogue(check: ValueCheck) -> None:
    judge = check.bind(check.params)
    problems = [judge(_value(check, text), text) for text in check.bad]
    assert {problem.code for problem in problems if problem} <= CODES.keys()


@pytest.mark.parametrize("check", OWN_CHECKS, ids=lambda check: check.codes[0])
def test_each_of_our_warnings_notes_its_bad_examples_only(check: OwnCheck) -> None:
    judge = check.bind(NEW_YEAR)
    assert [value for value in check.good if judge(value, str(value))] == []
    noted = [judge(value, str(value)) for value in check.bad]
    assert all(problem and problem.severity == "warning" for problem in noted)


def _bind(*checks: dict[str, object], **field: object) -> BoundChecks:
    descriptor = {"fields": [{"name": "v", "type": "string", **field}], "custom_checks": list(checks)}
    return bind_checks(parse_descriptor(descriptor, name="test/essai", version="1"))


_COMPARED = st.one_of(
    *(st.none(), st.integers(-3, 3), st.dates(), st.datetimes(), st.booleans(), st.text("09a", max_size=2)),
    *(st.decimals(-3, 3), st.floats(-3, 3)),
)
_SIGN = st.sampled_from(["<", "<=", "==", ">=", ">"])


@given(
    sign=_SIGN,
    pairs=st.one_of(
        *(
            st.lists(st.tuples(kind, kind), min_size=1, max_size=6)
            for kind in (_COMPARED, st.integers(-2, 2), st.dates() | st.none())
        )
    ),
)
def test_columns_that_are_cleared_together_hold_no_row_that_is_refused(
    sign: str, pairs: list[tuple[object, object]]
) -> None:
    (check,) = _bind({"name": "compare-columns-value", "params": {"column": "v", "column2": "w", "op": sign}}).rows
    assert check.clears is not None
    if check.clears(list(zip(*pairs, strict=True))):
        assert [check.judge(pair) for pair in pairs] == [None] * len(pairs)


def test_an_unknown_check_is_reported_and_the_others_still_run() -> None:
    bound = _bind({"name": "inconnu", "params": {"column": "v"}}, {"name": "siren", "params": {"column": "v"}})
    assert [finding.code for finding in bound.findings] == ["check-error"]
    assert [check.column for check in bound.values] == ["v"]


@pytest.mark.parametrize(
    "params",
    [
        {"name": "siret", "params": {}},
        {"name": "year-interval-value", "params": {"column": "v", "allow-year-only": True}},
        {"name": "compare-columns-value", "params": {"column": "v", "column2": "w", "op": "!="}},
        {"name": "compare-columns-value", "params": {"column": "v", "op": ">"}},
        {"name": "cohesive-columns-value", "params": {"column": "v"}},
        {"name": "sum-columns-value", "params": {"column": "v", "columns": "w"}},
        {"name": "one-of-required", "params": {"column": "v", "column2": "w"}},
        {"name": "code-commune-insee", "params": {"column": "v"}},
    ],
    ids=lambda params: params["name"],
)
def test_a_missing_or_badly_typed_parameter_is_one_check_error(params: dict[str, object]) -> None:
    bound = _bind(params)
    assert [finding.code for finding in bound.findings] == ["check-error"]
    assert (bound.values, bound.rows) == ([], [])


def test_deprecated_names_run_the_same_check_with_a_warning() -> None:
    for old, new in DEPRECATED.items():
        bound = _bind({"name": old, "params": {"column": "v"}})
        assert new in VALUE_CHECKS
        assert [(finding.code, finding.severity) for finding in bound.findings] == [("deprecated-check", "warning")]
        assert len(bound.values) == 1


@pytest.mark.parametrize(
    "declared", ["siret", {"name": "siret"}, {"name": "year-interval-value", "allow-year-only": "yes"}]
)
def test_a_field_may_declare_its_own_check(declared: object) -> None:
    bound = _bind(customCheck=declared)
    assert [check.column for check in bound.values] == ["v"]


def test_coordinates_cannot_be_judged_on_a_text() -> None:
    judge = VALUE_CHECKS["french-gps-coordinates"].bind({})
    with pytest.raises(CannotJudge):
        judge("5.9,45.5", "5.9,45.5")


def test_a_post_code_in_a_commune_column_is_answered_with_the_insee_code() -> None:
    ((_, judge, _),) = bind_ours(Field("COLL_INSEE"), NEW_YEAR, {})
    problem = judge("75019", "75019")
    assert problem is not None
    assert (problem.code, problem.params["code"]) == ("odl-unknown-commune", "75119")


def test_a_former_commune_is_answered_with_the_code_of_today() -> None:
    ((_, judge, _),) = bind_ours(Field("code_insee"), NEW_YEAR, {})
    problem = judge("14185", "14185")
    assert problem is not None
    assert (problem.code, problem.params["now"]) == ("odl-former-commune", "14514")


def test_dates_that_may_lie_ahead_are_left_alone() -> None:
    assert bind_ours(Field("date_fin_validite", type="date"), NEW_YEAR, {}) == []
    assert len(bind_ours(Field("DELIB_DATE", type="date"), NEW_YEAR, {})) == 1


def test_repeated_rows_are_found_across_batches_and_memory_stays_bounded() -> None:
    repeated = RepeatedRows()
    assert list(repeated.find([["a", "b"], ["c", "d"], ["a", "b"]], 2)) == [(2, 2)]
    assert list(repeated.find([["c", "d"]], 5)) == [(0, 3)]
    repeated.LIMIT = 1
    assert list(repeated.find([["c", "d"]], 6)) == []


def test_rows_that_differ_by_case_and_spaces_alone_are_likely_duplicates() -> None:
    assert list(RepeatedRows().find([["Zoé", "F"], [" ZOÉ ", "f"], ["Zoé F", ""]], 2)) == [(1, 2)]


@given(
    st.lists(st.lists(st.sampled_from(["a", "A ", "b", "c", "\0", "\1"]), min_size=0, max_size=3), max_size=12),
    st.data(),
)
def test_rows_that_a_column_tells_apart_are_found_as_if_each_was_folded(
    rows: list[list[str]], data: st.DataObject
) -> None:
    at_once, waits = RepeatedRows(), RepeatedRows()
    at_once.WITNESSED = -1
    waits.WITNESSED = data.draw(st.integers(-1, 36))
    start = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeats, "_HELD_ROWS", data.draw(st.integers(0, 8)))
        while start < len(rows):
            batch = rows[start : start + data.draw(st.integers(1, 4))]
            columns = [[row[place] if len(row) > place else None for row in batch] for place in range(3)]
            assert list(waits.find(batch, start, columns)) == list(at_once.find(batch, start))
            start += len(batch)


def test_a_point_in_or_near_its_commune_is_let_pass() -> None:
    judge = PointJudge().judge
    assert judge("73065", 5.9178, 45.5646) is None
    assert judge("73065", 5.9700, 45.5700) is None, "less than 3 km outside"
    assert judge("73044", 5.9178, 45.5646) is None, "a former code is where its commune of today is"
    assert judge("98818", 5.9178, 45.5646) is None, "nobody knows where it lies"


def test_a_point_far_from_its_commune_is_noted_with_the_distance() -> None:
    problem = PointJudge().judge("73065", 2.35, 48.85)
    assert problem is not None
    assert (problem.code, problem.severity, problem.params["name"]) == ("odl-far-point", "warning", "Chambéry")
    assert 380 < int(problem.params["km"]) < 480
    lambert = PointJudge().judge("73065", 927000.0, 6500000.0)
    assert lambert is not None and lambert.params["metres"]
    swapped = PointJudge().judge("73065", 45.5646, 5.9178)
    assert swapped is not None and swapped.params["swapped"]


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("code_insee", "longitude", "latitude"), True),
        (("insee", "Xlong", "Ylat"), True),
        (("code_insee", "EQUIP_LONG", "EQUIP_LAT"), True),
        (("code_insee", "long_coor1", "lat_coor1"), True),
        (("code_insee", "LONGUEUR", "latitude"), False),
        (("code_insee", "x", "y"), False),
        (("nom", "longitude", "latitude"), False),
    ],
)
def test_longitude_and_latitude_are_recognised_by_their_names(names: tuple[str, ...], found: bool) -> None:
    fields = [Field(names[0]), *(Field(name, type="number") for name in names[1:])]
    assert bool(find_point_fields(fields)) is found


@pytest.mark.parametrize(
    "declared",
    [
        {"name": "odl-future-date", "params": {}},
        {"name": "odl-future-date", "params": {"column": "v", "severity": "grave"}},
        {"name": "odl-unheard-of", "params": {"column": "v"}},
    ],
)
def test_a_declaration_of_ours_that_cannot_be_used_is_one_check_error(declared: dict[str, object]) -> None:
    assert [finding.code for finding in _bind(declared).findings] == ["check-error"]
