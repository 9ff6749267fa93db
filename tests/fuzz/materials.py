"""What is fed to the product: odd bytes, odd texts, damaged files, workbooks broken from within, odd schemas."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

DATA = Path(__file__).resolve().parents[1] / "data"
FACTS = Path(__file__).resolve().parents[2] / "odl_host" / "schemas" / "facts"
SAMPLES = [path for path in sorted(DATA.iterdir()) if path.suffix not in (".md", ".json", "")]
ODD_CELLS: list[str] = json.loads((DATA / "odd-cells.json").read_text("utf-8"))

FIELDS: list[dict[str, Any]] = json.loads((DATA / "odd-fields.json").read_text("utf-8"))

Draw = Callable[[st.SearchStrategy[Any]], Any]


def sample(*suffixes: str) -> list[bytes]:
    """Return the samples that carry one of these suffixes, all without any."""
    return [path.read_bytes() for path in SAMPLES if not suffixes or path.suffix in suffixes]


# -- bytes and texts --------------------------------------------------------------------------------------------------

odd_text = st.text(st.sampled_from('ab1é,;\t|"\n\r\0 €»\ufeff\u00a0\u2028\x85\x1a\ufffd😀İ'), max_size=200)
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp1252", "latin-1"]


@st.composite
def encoded_text(draw: Draw) -> bytes:
    """An odd text in one encoding, or its lines in two, behind any mark."""
    text: str = draw(odd_text)
    first, second = draw(st.sampled_from(ENCODINGS)), draw(st.sampled_from(ENCODINGS))
    mark: bytes = draw(st.sampled_from([b"", b"", b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"sep=;\r\n"]))
    lines = [line.encode(second if place % 3 == 1 else first, "replace") for place, line in enumerate(text.split("a"))]
    return mark + b"\n".join(lines)


@st.composite
def damaged(draw: Draw, contents: list[bytes]) -> bytes:
    """A file with some bytes changed, cut out or doubled."""
    content = bytearray(draw(st.sampled_from(contents)))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, max(0, len(content) - 1)))
        length = draw(st.sampled_from([0, 1, 4, 60, 500]))
        content[place : place + length] = draw(st.binary(max_size=8))
    return bytes(content)


# -- workbooks --------------------------------------------------------------------------------------------------------

_NUMBER = re.compile(rb'(?<==")[^"]{0,40}(?=")|(?<=>)[^<>]{1,40}(?=<)')
_ODD_VALUES = [
    *(b"", b"0", b"-1", b"1", b"1e999", b"NaN", b"99999999999999999999", b"1048577", b"16385", b"4294967296"),
    *(b"A1", b"A0", b"XFD1048576", b"A1:XFD1048576", b"ZZZZ99999999", b"B2:A1", b"s", b"b", b"e", b"d", b"str"),
    *(
        b"inlineStr",
        b"2958466",
        b"0.5",
        b"-0.0001",
        b"60",
        b"PT25H61M",
        b"2024-02-30",
        b"float",
        b"date",
        b"percentage",
    ),
    *(b"&amp;", b"&#0;", b"&#x10FFFF;", b"&lol;", b"<a/>", b"]]>", b"\xff\xfe", b"=cmd|' /C calc'!A0", b"hidden"),
]


@st.composite
def broken_workbook(draw: Draw, contents: list[bytes]) -> bytes:
    """A workbook whose members are still a proper archive, but whose XML lies, is cut, doubled, or missing."""
    members = _members(draw(st.sampled_from(contents)))
    names = sorted(members)
    for _ in range(draw(st.integers(1, 5))):
        name = draw(st.sampled_from(names))
        members[name] = _broken(draw, members[name])
    dropped = draw(st.sampled_from([None, None, None, None, *names]))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            if name != dropped:
                archive.writestr(name, members[name])
    return buffer.getvalue()


def _members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def _broken(draw: Draw, xml: bytes) -> bytes:
    kind = draw(st.sampled_from(["value", "value", "value", "cut", "double", "element"]))
    spots = [match.span() for match in _NUMBER.finditer(xml)][:4000]
    if kind == "value" and spots:
        start, end = draw(st.sampled_from(spots))
        return xml[:start] + draw(st.sampled_from(_ODD_VALUES)) + xml[end:]
    start = draw(st.integers(0, max(0, len(xml) - 1)))
    end = min(len(xml), start + draw(st.sampled_from([1, 20, 400])))
    if kind == "double":
        return xml[:end] + xml[start:]
    if kind == "element" and (tags := [match.span() for match in re.finditer(rb"<[^>]*>", xml)][:4000]):
        start, end = draw(st.sampled_from(tags))
        return xml[:start] + draw(st.sampled_from([b"", b"<row r='9'/>", b"<c/>", b"<t>x</t>", b"<!--"])) + xml[end:]
    return xml[:start] + xml[end:]


# -- tables of a schema -----------------------------------------------------------------------------------------------

DOCUMENTS: list[dict[str, Any]] = [json.loads(path.read_bytes()) for path in sorted(FACTS.glob("*/*.json"))]
_CELLS = st.one_of(
    st.sampled_from(ODD_CELLS),
    st.sampled_from(
        [
            "",
            " ",
            "73065",
            "1004",
            "2a004",
            "20006911000019",
            "2,00069E+13",
            "31/12/2024",
            "01/02/24",
            "12,5",
            "1 234,50",
            "9.0",
            "oui",
            "NON",
            "45.5646, 5.9178",
            "5.9178;45.5646",
            "0479602020",
            "Mo-Fr 08:30-12:00",
            "2023/2024",
            "Finances locales/x",
            "=1+1",
            "=cmd|' /C calc'!A0",
            "@SUM(A1)",
            "a\nb",
            "x" * 3000,
            "1" * 400,
            "\u202f",
            "45000",
        ]
    ),
    st.text(max_size=12),
)


@st.composite
def schema_table(draw: Draw) -> tuple[dict[str, Any], bytes]:
    """A document of a built-in schema, and a CSV that more or less has its columns, with any cells."""
    document = draw(st.sampled_from(DOCUMENTS))
    names = [one["name"] for one in document["fields"]]
    header = draw(st.permutations(names)) if draw(st.booleans()) else list(names)
    header = [draw(st.sampled_from([name, name, name, name, name.upper(), f" {name}", name + "s"])) for name in header]
    header = header[: draw(st.integers(1, len(header)))] + draw(st.lists(_CELLS, max_size=1))
    pool = draw(st.lists(_CELLS, min_size=1, max_size=8))
    pool += [str(one.get("example") or "") for one in document["fields"][:8]]
    rows = draw(st.lists(st.lists(st.sampled_from(pool), max_size=len(header) + 1), max_size=12))
    separator = draw(st.sampled_from([";", ",", "\t"]))
    lines = [separator.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [header, *rows]]
    return document, "\r\n".join(lines).encode("utf-8", "replace")


# -- schemas ----------------------------------------------------------------------------------------------------------

_JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-3, 10**20), st.floats(), st.sampled_from(ODD_CELLS), st.text(max_size=5)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)
_TYPES = st.sampled_from(
    [
        "string",
        "integer",
        "number",
        "boolean",
        "date",
        "datetime",
        "time",
        "year",
        "yearmonth",
        "duration",
        "geopoint",
        "array",
        "object",
        "list",
        "geojson",
        "any",
        "table",
        "Texte",
        "",
    ]
)
_PATTERNS = st.sampled_from(
    [
        "^(a+)+$",
        "(x|xx)*y",
        r"\d{14}",
        "[",
        "(?P<a>",
        "^.*.*.*z$",
        "a{1,99999}",
        r"(\w+\s?)*$",
        "(?i)A",
        r"\p{L}",
        "",
        "a|b",
        r"(?<=a)b",
        r"(.)\1",
        r"((a{1,100}){1,100}){1,100}",
        "(" * 200 + ")" * 200,
    ]
)
_CONSTRAINTS = st.fixed_dictionaries(
    {},
    optional={
        "required": st.one_of(st.booleans(), _JSON),
        "unique": st.one_of(st.booleans(), _JSON),
        "pattern": st.one_of(_PATTERNS, _JSON),
        "enum": st.one_of(st.lists(_CELLS, max_size=3), _JSON),
        "minimum": st.one_of(_CELLS, _JSON),
        "maximum": st.one_of(_CELLS, _JSON),
        "minLength": st.one_of(st.integers(-1, 5), _JSON),
        "maxLength": st.one_of(st.integers(-1, 5), _JSON),
    },
)
_FIELD = st.fixed_dictionaries(
    {"name": st.one_of(st.sampled_from(["a", "b", "c", "date", "code_insee"]), _JSON)},
    optional={
        "type": st.one_of(_TYPES, _TYPES, _TYPES, _JSON),
        "format": st.one_of(
            st.sampled_from(["default", "any", "array", "object", "email", "uri", "%d/%m/%Y", "%", "%Q"]), _JSON
        ),
        "constraints": st.one_of(_CONSTRAINTS, _CONSTRAINTS, _JSON),
        "example": _JSON,
        "missingValues": st.one_of(st.lists(st.text(max_size=2), max_size=2), _JSON),
        "trueValues": st.one_of(st.lists(st.text(max_size=3), max_size=2), _JSON),
        "decimalChar": st.one_of(st.sampled_from([",", ".", "", ",,", "1", "-", "e"]), _JSON),
        "groupChar": st.one_of(st.sampled_from([" ", ",", "", "0"]), _JSON),
        "bareNumber": _JSON,
        "arrayItem": _JSON,
        "aliases": _JSON,
        "customCheck": st.one_of(st.sampled_from(["siret", "nope", "french-gps-coordinates"]), _JSON),
    },
)
_CHECK = st.fixed_dictionaries(
    {
        "name": st.sampled_from(
            [
                "french-siret-value",
                "compare-columns-value",
                "sum-columns-value",
                "nope",
                "one-of-required",
                "cohesive-columns-value",
                "year-interval-value",
                "phone-number-value",
                "opening-hours-value",
                "code-commune-insee",
            ]
        )
    },
    optional={
        "params": st.one_of(
            st.fixed_dictionaries(
                {"column": st.sampled_from(["a", "b"])},
                optional={
                    "column1": st.sampled_from(["a", "z"]),
                    "column2": st.sampled_from(["b", "z"]),
                    "op": st.sampled_from(["<", ">=", "==", "!="]),
                    "columns": st.lists(st.sampled_from(["a", "b", "z"]), max_size=2),
                    "othercolumns": st.lists(st.sampled_from(["a", "b", "z"]), max_size=2),
                    "cog": st.sampled_from(["2023", "2024", 2024]),
                    "allow-year-only": st.sampled_from(["true", True]),
                },
            ),
            _JSON,
        )
    },
)
odd_descriptor = st.one_of(
    _JSON,
    st.fixed_dictionaries(
        {"fields": st.one_of(st.lists(_FIELD, max_size=4), _JSON)},
        optional={
            "name": _JSON,
            "version": _JSON,
            "title": _JSON,
            "missingValues": st.one_of(st.lists(st.text(max_size=3), max_size=2), _JSON),
            "primaryKey": st.one_of(st.sampled_from(["a", ["a", "b"], ["z"], []]), _JSON),
            "foreignKeys": st.one_of(
                st.just([{"fields": "a", "reference": {"resource": "autre", "fields": "id"}}]), _JSON
            ),
            "custom_checks": st.one_of(st.lists(_CHECK, max_size=3), _JSON),
        },
    ),
)
small_rows = st.lists(st.lists(_CELLS, max_size=5), max_size=6)
small_header = st.lists(st.one_of(st.sampled_from(["a", "b", "c", "date", "code_insee"]), _CELLS), max_size=5)


# -- pages ------------------------------------------------------------------------------------------------------------

_TAGS = st.sampled_from(
    [
        "<html>",
        "<table>",
        "</table>",
        "<tr>",
        "</tr>",
        "<td>",
        "</td>",
        "<br>",
        "<th>",
        "<td colspan=2>",
        "<td colspan=999999999>",
        "<td colspan=-1>",
        "&eacute;",
        "&#9999999999;",
        "<!--",
        "-->",
        "<script>",
        "</script>",
        "<![CDATA[",
        "<?x",
    ]
)
web_page = st.lists(st.one_of(_TAGS, _TAGS, st.sampled_from(["nom", "montant", "12", "é"])), max_size=40).map(
    lambda parts: ("<html>" + "".join(parts)).encode()
)


# -- verdicts ---------------------------------------------------------------------------------------------------------


@st.composite
def judged_table(draw: Draw) -> tuple[dict[str, Any], list[str], list[list[str]]]:
    """A proper schema of odd fields, and a table that more or less has its columns, short and long rows included."""
    names = ["a", "b", "c", "d"][: draw(st.integers(1, 4))]
    known = [field for field in FIELDS if "exclusive" not in str(field)]  # see docs/validation-differences.md
    fields = [{**draw(st.sampled_from(known)), "name": name} for name in names]
    for field in fields:
        if draw(st.integers(0, 4)) == 0:
            field["constraints"] = {**field.get("constraints", {}), "unique": True}
    descriptor: dict[str, Any] = {"fields": fields}
    if draw(st.booleans()):
        descriptor["missingValues"] = draw(st.sampled_from([["", "NA"], ["-"], [" ", ""], []]))
    if draw(st.integers(0, 2)) == 0:
        descriptor["primaryKey"] = draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
    header = draw(st.permutations([*names, "autre"]))[: draw(st.integers(1, len(names) + 1))]
    pool = [*draw(st.lists(st.sampled_from(ODD_CELLS), min_size=1, max_size=8)), "", "NA"]
    width = len(header)
    whole = st.lists(st.sampled_from(pool), min_size=width, max_size=width)
    ragged = st.lists(st.sampled_from(pool), max_size=width + 2)
    rows = draw(st.lists(st.one_of(whole, whole, whole, ragged), max_size=12))
    return descriptor, list(header), rows
