"""The page of a report: it stands alone, everybody can read it, and it shows what was typed as text."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser
from pathlib import Path

from odl_host.pipeline.reading.read import read_table
from odl_host.pipeline.reporting.document import as_json
from odl_host.pipeline.reporting.model import FileReport, Repair, file_report
from odl_host.pipeline.reporting.page import render_html
from tests.unit.pipeline.reporting.judged import ROWS, TODAY, judge


def test_the_page_names_an_encoding_only_where_it_is_unusual(tmp_path: Path) -> None:
    report, _ = judge(tmp_path, ROWS)
    assert "utf-8" not in render_html(report).partition("<main>")[2].lower()
    assert "codage de Windows" in render_html(report._replace(encoding="cp1252"))


class Page(HTMLParser):
    """Collects what accessibility asks about."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._hidden = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._hidden += tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text.append(data)

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag in names]


def test_the_page_stands_alone(rejected: FileReport) -> None:
    page = Page(render_html(rejected))
    assert page.all("script", "img", "link", "iframe") == []
    assert all("src" not in attrs for _, attrs in page.tags)
    assert "url(http" not in render_html(rejected)
    assert "@import" not in render_html(rejected)


def test_the_page_is_accessible(rejected: FileReport) -> None:
    page = Page(render_html(rejected))
    assert page.all("html")[0]["lang"] == "fr"
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert all(cell.get("scope") for cell in page.all("th"))
    pictures = [svg for svg in page.all("svg") if svg.get("role") == "img"]
    assert len(pictures) == sum(one.known for one in rejected.health)
    assert all("à corriger" in str(svg["aria-label"]) for svg in pictures)
    identifiers = [attrs["id"] for _, attrs in page.tags if attrs.get("id")]
    assert len(identifiers) == len(set(identifiers))
    links = {str(attrs["href"])[1:] for attrs in page.all("a") if str(attrs.get("href", "")).startswith("#")}
    assert links <= set(identifiers)
    labelled = {attrs["aria-labelledby"] for attrs in page.all("section")}
    assert labelled <= set(identifiers)


def test_the_page_shows_what_was_typed_as_text(rejected: FileReport) -> None:
    html = render_html(rejected)
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_the_page_has_no_jargon(rejected: FileReport) -> None:
    words = " ".join(Page(render_html(rejected)).text)
    for jargon in ("error", "constraint", "enum", "pattern", "schema", "None", "null", "string", "CSVW", "parse"):
        assert not re.search(rf"\b{jargon}\b", words, re.IGNORECASE), jargon


def test_the_page_names_the_copy_that_lies_beside_it(rejected: FileReport) -> None:
    page = render_html(rejected, copy="salles à corriger.xlsx")
    assert '<a href="salles%20%C3%A0%20corriger.xlsx">sa copie annotée</a>' in page
    assert "sa copie" not in render_html(rejected)


def test_repairs_and_their_number_are_told(tmp_path: Path) -> None:
    report, _ = judge(tmp_path, ROWS)
    table = read_table(tmp_path / "salles.csv")
    repaired = file_report(
        "salles.csv",
        table=table,
        outcome="valid",
        repairs=[Repair("dates", 12, "Dates réécrites : 31/12/2024 → 2024-12-31.")],
        today=TODAY,
    )
    assert "Dates réécrites\u00a0: 31/12/2024 → 2024-12-31. (12 fois)" in render_html(repaired)
    assert as_json(repaired)["repairs"][0] == {
        "kind": "dates",
        "count": 12,
        "detail": "Dates réécrites : 31/12/2024 → 2024-12-31.",
    }
    assert as_json(report)["repairs"] == []


def test_the_page_has_the_landmarks_that_a_screen_reader_jumps_to(rejected: FileReport) -> None:
    page = render_html(rejected)
    found = re.findall(r"<(header class=\"top\"|main|h1|/main|footer)>", page)
    assert found == ['header class="top"', "main", "h1", "/main", "footer"]
    for named in re.findall(r"aria-labelledby=\"([^\"]+)\"", page):
        assert f'id="{named}"' in page
