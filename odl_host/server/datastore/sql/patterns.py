r"""Regular expressions: PostgreSQL's functions and operators over them, none of which may run for long.

Source: PostgreSQL 15 documentation, 9.7.3. The flavour is that of the `regex` package, which knows PostgreSQL's classes
(`[[:alpha:]]`), escapes (`\m`, `\M`, `\d`) and repetitions, and stops when it is told to.
"""

from __future__ import annotations

import functools
import json
import re
from typing import Any

from odl_host.server.datastore.sql.texts import MAX_TEXT, bounded, plain
from odl_host.server.datastore.values import Kept

REGEX_TIMEOUT_S = 0.5
"""For one value; how long a statement may take in all is bounded besides."""
MAX_MATCHES = 10_000
LONGEST_PATTERN = 1_000
_FLAGS = {"i": "IGNORECASE", "n": "MULTILINE", "m": "MULTILINE", "x": "VERBOSE", "c": "", "s": "", "g": ""}


class _Pattern:
    def __init__(self, pattern: str, flags: str) -> None:
        import regex  # type: ignore[import-untyped]

        if len(pattern) > LONGEST_PATTERN:
            raise ValueError("invalid regular expression: regular expression is too complex")
        options = regex.V0 | regex.DOTALL
        for flag in flags:
            if flag not in _FLAGS:
                raise ValueError(f'invalid regular expression option: "{flag}"')
            options |= getattr(regex, _FLAGS[flag]) if _FLAGS[flag] else 0
            if flag in "nm":
                options &= ~regex.DOTALL
        self.error = (regex.error, TimeoutError)
        try:
            self.compiled = regex.compile(pattern.replace(r"\y", r"\b"), options)
        except regex.error as error:
            raise ValueError(f"invalid regular expression: {error}") from error

    def search(self, text: str) -> Any:
        try:
            return self.compiled.search(text, timeout=REGEX_TIMEOUT_S)
        except self.error as error:
            raise ValueError(f"invalid regular expression: {error}") from error

    def matches(self, text: str) -> list[Any]:
        found = []
        try:
            for match in self.compiled.finditer(text, timeout=REGEX_TIMEOUT_S):
                found.append(match)
                if len(found) > MAX_MATCHES:
                    raise ValueError("too many regular expression matches")
        except self.error as error:
            raise ValueError(f"invalid regular expression: {error}") from error
        return found


_known = functools.lru_cache(maxsize=64)(_Pattern)


def _pattern(pattern: Any, flags: str = "") -> _Pattern:
    return _known(plain(pattern), flags)


def matches(pattern: Any, value: Any) -> int:
    """Whether a text holds what a pattern means: `~`."""
    return int(_pattern(pattern).search(plain(value)) is not None)


def matches_any_case(pattern: Any, value: Any) -> int:
    """Whether a text holds what a pattern means, whatever its capitals: `~*`."""
    return int(_pattern(pattern, "i").search(plain(value)) is not None)


_REFERENCE = re.compile(r"\\([0-9&\\])")


def regexp_replace(value: Any, pattern: Any, new: Any, flags: Any = "") -> str:
    """Replace the first match, or all with the flag `g`; a backslash and a digit, or `&`, stand for what was found."""
    text, template, options = plain(value), plain(new), plain(flags)
    compiled = _pattern(pattern, options)
    found = compiled.matches(text) if "g" in options else [match for match in [compiled.search(text)] if match]
    parts: list[str] = []
    at = size = put = 0
    for match in found:

        def stands_for(reference: re.Match[str], match: Any = match) -> str:
            nonlocal put
            name = reference[1]
            if name == "\\":
                return "\\"
            number = 0 if name == "&" else int(name)
            group: str = (match[number] or "") if number <= match.re.groups else ""
            put += len(group)
            if put > MAX_TEXT:  # before all of one match is joined: each of its references may be as long as the text
                raise ValueError("requested length too large")
            return group

        parts += [text[at : match.start()], _REFERENCE.sub(stands_for, template)]
        at = match.end()
        size += len(parts[-2]) + len(parts[-1])
        if size > MAX_TEXT:
            break
    return bounded("".join([*parts, text[at:]]))


def regexp_match(value: Any, pattern: Any, flags: Any = "") -> Kept:
    """Return what the groups of the first match hold, an array; null without a match."""
    match = _pattern(pattern, plain(flags)).search(plain(value))
    if match is None:
        return None
    return json.dumps(list(match.groups()) or [match[0]], ensure_ascii=False, separators=(",", ":"))


def regexp_matches(value: Any, pattern: Any, flags: Any = "") -> str:
    """Return what the groups of the first match hold, or with the flag `g` of each, an array of arrays."""
    found, options = _pattern(pattern, plain(flags)), plain(flags)
    matches = found.matches(plain(value)) if "g" in options else [found.search(plain(value))]
    groups = [list(match.groups()) or [match[0]] for match in matches if match]
    return bounded(json.dumps(groups, ensure_ascii=False, separators=(",", ":")))


def regexp_split_to_array(value: Any, pattern: Any, flags: Any = "") -> str:
    """Return the parts of a text between the matches."""
    text, parts, at = plain(value), [], 0
    for match in _pattern(pattern, plain(flags)).matches(text):
        if match.end() == match.start() and match.start() in (0, len(text)):
            continue
        parts.append(text[at : match.start()])
        at = match.end()
    return json.dumps([*parts, text[at:]], ensure_ascii=False, separators=(",", ":"))


def substring_like(value: Any, pattern: Any) -> Kept:
    """Return the part of a text that a pattern means, or its first group."""
    match = _pattern(pattern).search(plain(value))
    if match is None:
        return None
    found: str | None = match[1] if match.re.groups else match[0]
    return found
