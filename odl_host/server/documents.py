"""JSON documents as they are stored, and their assembly into an answer without decoding them.

Stored text is complete but for the site's own address, which `SITE` stands for: a catalogue moves to another host
name without a rewrite. `SITE` is a Unicode noncharacter that `clean` keeps out of what callers send.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import orjson

SITE = "\ufdd0"
"""Stands for the site's address in stored text. Source: Unicode 15, §23.7, noncharacters are for internal use."""

_SUSPECT = re.compile(r"[\x00\ud800-\udfff\ufdd0]")
_SUSPECT_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F]|[fF][dD][dD]0)")
_SUSPECT_BYTES = (b"\x00", b"\xed", b"\xef\xb7\x90")
"""NUL, which UTF-16 is full of; what a lone surrogate begins with, as some Korean letters do; the placeholder."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Rendered(str):
    """JSON text ready to be sent: the result of an action that did not need to decode what it read."""

    __slots__ = ()


class Passing(Rendered):
    """The same, of what may be answered otherwise though nothing is written in between: it is not kept."""

    __slots__ = ()


def encode(value: Any) -> str:
    """Return `value` as compact JSON text.

    >>> encode({"é": [1, None]}), encode({"n": 1 << 64})
    ('{"é":[1,null]}', '{"n":18446744073709551616}')
    """
    try:
        return orjson.dumps(value).decode()  # a fifth of the time of the standard library's
    except TypeError:  # what it does not take: integers of more than 64 bits, keys that are no text, deep nesting
        return _encode(value)


def clean(value: Any) -> Any:
    r"""Return `value` without NUL, lone surrogates and the internal placeholder, which no database can keep.

    >>> clean({"notes": "a\x00b", "tags": ["\ud800x"]})
    {'notes': 'ab', 'tags': ['x']}
    """
    if isinstance(value, str):
        return _SUSPECT.sub("", value) if _SUSPECT.search(value) else value
    if isinstance(value, dict):
        return {clean(key): clean(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [clean(inner) for inner in value]
    return value


def may_need_cleaning(body: bytes) -> bool:
    r"""Return whether what is decoded from JSON may hold something that `clean` takes out.

    >>> may_need_cleaning(b'"\\u00e9"'), may_need_cleaning(b'"\\ud83d"'), may_need_cleaning(b'"\\u0000"')
    (False, True, True)
    """
    return any(sign in body for sign in _SUSPECT_BYTES) or _SUSPECT_ESCAPE.search(body) is not None


def join_object(text: str, **members: str) -> str:
    """Return the JSON object `text` with more members, each given as JSON text.

    >>> join_object('{"id":"a"}', resources="[]")
    '{"id":"a","resources":[]}'
    """
    return text[:-1] + "".join(f',"{key}":{value}' for key, value in members.items()) + "}"


def join_array(items: Iterable[str]) -> str:
    """Return a JSON array of JSON texts.

    >>> join_array(['{"id":"a"}', "null"])
    '[{"id":"a"},null]'
    """
    return f"[{','.join(items)}]"


def place(text: str, site_url: str) -> Rendered:
    """Return stored text with the site's address in its place."""
    return Rendered(text.replace(SITE, site_url))
