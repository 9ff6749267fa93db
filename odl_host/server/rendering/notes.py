"""Descriptions written in a little Markdown, shown as safe HTML.

Paragraphs, lists, headings (as bold lines: a page has its own), bold, italics, code, links and bare addresses. All
else is text. Everything is escaped first, and only http, https and mailto addresses become links: nothing that a
publisher writes can become markup of his own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from markupsafe import Markup, escape

_BULLET = re.compile(r"\s{0,3}[-*+]\s+(.*)")
_ORDERED = re.compile(r"\s{0,3}\d{1,9}[.)]\s+(.*)")
_HEADING = re.compile(r"\s{0,3}#{1,6}\s+(.*?)\s*#*\s*\Z")

# One pass, leftmost first, so that what one construct took cannot be taken again inside it.
_INLINE = re.compile(
    r"`(?P<code>[^`\n]{1,500})`"
    r"|\[(?P<label>[^\[\]\n]{1,500})\]\((?P<target>[^()\s]{1,2000})\)"
    r"|(?P<bare>https?://[^\s<>\"'`«»]{1,2000})"
    r"|\*\*(?P<strong>[^*\n]{1,1000})\*\*"
    r"|(?<![\w*])\*(?P<em>[^*\s][^*\n]{0,1000})\*(?![\w*])"
    r"|(?<!\w)_(?P<em2>[^_\s][^_\n]{0,1000})_(?!\w)"
)
_SAFE_TARGET = re.compile(r"(?:https?://|mailto:)[^\s]+\Z", re.IGNORECASE)


def render_notes(text: str) -> Markup:
    r"""Return a description as HTML.

    >>> print(render_notes("Voir [ici](https://a.fr?x=1&y=2).\n\n- **un**\n- <deux>"))
    <p>Voir <a href="https://a.fr?x=1&amp;y=2">ici</a>.</p>
    <ul><li><strong>un</strong></li><li>&lt;deux&gt;</li></ul>
    >>> print(render_notes("[x](javascript:alert(1))"))
    <p>[x](javascript:alert(1))</p>
    """
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n"))
    return Markup("\n").join(piece for block in blocks for piece in _block(block.strip("\n")))


def excerpt(text: str, length: int = 220) -> str:
    r"""Return the beginning of a description as plain words, cut between two of them.

    >>> excerpt("Les **délibérations** du [conseil](https://a.fr).\n\n- un\n- deux"), excerpt("un « deux trois", 8)
    ('Les délibérations du conseil. un deux', 'un…')
    """
    plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text[: 4 * length + 4000])
    plain = re.sub(r"(?m)^\s*(?:[-*+]|\d+[.)]|#{1,6}|>)\s+", "", plain)
    plain = " ".join(re.sub(r"[*`]|(?<!\w)_|_(?!\w)", "", plain).split())
    if len(plain) <= length:
        return plain
    return plain[: length + 1].rsplit(" ", 1)[0].rstrip(" ,;:.«\u00a0") + "…"


def _block(block: str) -> Iterator[Markup]:
    """Yield the paragraphs and lists of one block: a list may follow a sentence without a blank line."""
    kind, lines = "", list[str]()
    for line in block.split("\n"):
        if not line.strip():
            continue
        now, content = _line(line)
        if now == "p" and kind in {"ul", "ol"} and line[:1].isspace():
            lines[-1] += f" {content}"
            continue
        if now != kind or now == "h":
            yield from _close(kind, lines)
            kind, lines = now, []
        lines.append(content)
    yield from _close(kind, lines)


def _line(line: str) -> tuple[str, str]:
    for kind, pattern in (("ul", _BULLET), ("ol", _ORDERED), ("h", _HEADING)):
        if match := pattern.match(line):
            return kind, match[1]
    return "p", line.strip()


def _close(kind: str, lines: list[str]) -> Iterator[Markup]:
    if not lines:
        return
    if kind in {"ul", "ol"}:
        items = Markup("").join(Markup("<li>{}</li>").format(_inline(line)) for line in lines)
        yield Markup("<{0}>{1}</{0}>").format(kind, items)
    elif kind == "h":
        yield Markup("<p><strong>{}</strong></p>").format(_inline(lines[0]))
    else:
        yield Markup("<p>{}</p>").format(Markup("<br>").join(_inline(line) for line in lines))


def _inline(text: str) -> Markup:
    parts, end = [], 0
    for match in _INLINE.finditer(text):
        piece, stop = _piece(match)
        parts += [escape(text[end : match.start()]), piece]
        end = stop
    return Markup("").join([*parts, escape(text[end:])])


def _piece(match: re.Match[str]) -> tuple[Markup, int]:
    """Return the HTML of one construct, and where it ends in the text."""
    if code := match["code"]:
        return Markup("<code>{}</code>").format(code), match.end()
    if match["label"]:
        if not _SAFE_TARGET.match(match["target"]):
            return escape(match[0]), match.end()
        return _link(match["target"], match["label"]), match.end()
    if bare := match["bare"]:
        # The full stop after an address belongs to the sentence.
        address = bare.rstrip(".,;:!?)]}*_")
        return _link(address, address), match.start() + len(address)
    if strong := match["strong"]:
        return Markup("<strong>{}</strong>").format(strong), match.end()
    return Markup("<em>{}</em>").format(match["em"] or match["em2"]), match.end()


def _link(address: str, label: str) -> Markup:
    return Markup('<a href="{}">{}</a>').format(address, label)
