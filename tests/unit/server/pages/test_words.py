"""The portal's words, its little Markdown and its previews."""

from __future__ import annotations

import io

import pytest

from odl_host.server.files.preview import READ_BYTES, read_preview
from odl_host.server.pages.facets import SearchQuery
from odl_host.server.rendering.notes import render_notes


@pytest.mark.parametrize(
    "text",
    [
        "<script>x</script>",
        "[a](javascript:x)",
        "[a](data:text/html,<b>)",
        '[a](https://x.fr"onmouseover=x)',
        "`<b>`",
        "**<i>**",
        "- <u>",
        "# <h1>",
        "https://x.fr/<b>",
        "[<img>](https://x.fr)",
    ],
)
def test_no_markup_of_the_writer_survives_in_notes(text: str) -> None:
    html = str(render_notes(text))
    for allowed in ("p", "ul", "li", "strong", "code", "em"):
        html = html.replace(f"<{allowed}>", "").replace(f"</{allowed}>", "")
    assert "<" not in html.replace('<a href="http', "").replace("</a>", "")
    assert 'href="javascript' not in html
    assert html.count('"') == 2 * html.count("<a ")


def test_notes_of_a_megabyte_of_brackets_are_rendered() -> None:
    assert render_notes("[" * 1_000_000).startswith("<p>[[")
    assert render_notes("**a" * 300_000).startswith("<p>")


def test_a_preview_of_a_cut_file_leaves_out_the_broken_line() -> None:
    line = b"x" * 5000 + b",2\n"
    preview = read_preview(io.BytesIO(b"a,b\n" + line * 60), rows=100)
    assert preview
    assert len(preview.rows) == (READ_BYTES - 4) // len(line)
    assert {row[1] for row in preview.rows} == {"2"}


def test_a_preview_is_as_wide_as_its_header_whatever_its_lines() -> None:
    preview = read_preview(io.BytesIO("﻿a;b\n1\n1;2;3\n\n".encode()), rows=10)
    assert preview
    assert preview.header == ("a", "b")
    assert preview.rows == (("1", ""), ("1", "2"))


@pytest.mark.parametrize("content", [b"", b"\x00\x01PK", b"\n\n"])
def test_what_is_no_table_has_no_preview(content: bytes) -> None:
    assert read_preview(io.BytesIO(content), rows=10) is None


def test_an_old_encoding_is_previewed_with_its_accents() -> None:
    preview = read_preview(io.BytesIO("nom\nÉcole\n".encode("cp1252")), rows=10)
    assert preview
    assert preview.rows == (("École",),)


def test_the_address_of_a_search_is_read_as_it_is_written() -> None:
    pairs = [("q", "l’eau"), ("tags", "vélo & co"), ("sort", "title_string asc"), ("page", "3")]
    query = SearchQuery.read("/dataset/", pairs)
    assert query.url == "/dataset/?q=l%E2%80%99eau&tags=v%C3%A9lo+%26+co&sort=title_string+asc&page=3"
    assert query.toggled("tags", "vélo & co").chosen == ()
    assert query.toggled("res_format", "CSV").page == 1


@pytest.mark.parametrize("page", ["0", "-1", "x", "²", "9" * 5000, ""])
def test_a_page_number_that_makes_no_sense_is_taken_for_one_that_does(page: str) -> None:
    assert 1 <= SearchQuery.read("/dataset/", [("page", page)]).page <= 5000


def test_a_facet_value_cannot_leave_its_quotes() -> None:
    query = SearchQuery.read("/dataset/", [("tags", 'a" OR capacity:"private')])
    assert query.as_parameters()["fq"] == '+tags:"a\\" OR capacity:\\"private"'
