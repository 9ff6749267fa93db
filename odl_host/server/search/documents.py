"""What stands in the search index: its fields, and the document of a dataset.

After a change here, give `index.LAYOUT` another name: every index is then built anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import chain
from typing import Any

from odl_host.ckan import JsonDict
from odl_host.server.search.analysis import folded, prepared
from odl_host.server.search.levels import Level
from odl_host.server.search.values import geometry_box, microseconds

PUBLIC = "public"
"""Label of what everyone may find."""

MARKER = "#seq"
"""Id of the document that says how far the index has read; it has no label, so no caller finds it."""

EXACT_FIELDS = (
    "name",
    "tags",
    "groups",
    "organization",
    "res_format",
    "license_id",
    "owner_org",
    "creator_user_id",
    "state",
    "dataset_type",
    "capacity",
    "private",
    "title_string",
)
TEXT_FIELDS = ("title", "notes", "author", "maintainer", "res_name", "res_description", "names", "text")
DATE_FIELDS = ("metadata_created", "metadata_modified")
"""Kept as microseconds since 1970."""

_OWN_FIELDS = frozenset({"id", "type", *EXACT_FIELDS, *TEXT_FIELDS, *DATE_FIELDS})

BOX_FIELDS = ("west", "south", "east", "north")
SEPARATOR = "\x1f"
"""Stands between a key and its value in the field `pairs`, which holds every other key of a dataset: extras, counts,
addresses, vocabularies. No text that a caller sends holds it where it matters: it ends a key."""

MAX_VALUE_CHARACTERS = 1000

MAX_TEXT_CHARACTERS = 200_000
"""Of one text, a hundred pages: a dataset of 30 MB would take seconds to index, at many a write after."""


def build_schema() -> Any:
    """Return the fields of the index."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("label", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("seq", stored=True)
    builder.add_unsigned_field("identity", stored=True)
    for name in EXACT_FIELDS:
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    for name in TEXT_FIELDS:
        builder.add_text_field(name, tokenizer_name="french")
    for name in ("title_words", "words"):
        builder.add_text_field(name, tokenizer_name="words", index_option="basic")
    for name in DATE_FIELDS:
        builder.add_integer_field(name, indexed=True, fast=True)
    for name in BOX_FIELDS:
        builder.add_float_field(name, indexed=True, fast=True)
    builder.add_json_field("extras", tokenizer_name="french")
    for name in ("pairs", "filled"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    return builder.build()


def labels_of(dataset: JsonDict) -> list[str]:
    """Return the labels of which a caller must hold one to find the dataset.

    Source: CKAN 2.12 as observed: members of an organization find its private datasets and its drafts, collaborators
    those that they work on.
    """
    if dataset["state"] == "active" and not dataset["private"]:
        return [PUBLIC]
    owner = f"member-{dataset['owner_org']}" if dataset["owner_org"] else f"creator-{dataset['creator_user_id']}"
    return [owner, f"collaborator-{dataset['id']}"]


def marker_document(seq: int, identity: int, levels: Iterable[Level] = ()) -> Any:
    """Return the document that says of which database the index is, how far it has read, and in which pieces."""
    import tantivy

    document = tantivy.Document()
    document.add_text("id", MARKER)
    for number in (seq, *chain.from_iterable(levels)):
        document.add_unsigned("seq", number)
    document.add_unsigned("identity", identity)
    return document


def read_marker(marker: Any) -> tuple[int, list[Level]]:
    """Return from the marker how far the index has read, and its pieces."""
    seq, *numbers = marker["seq"]
    return seq, [Level(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]


def dataset_document(dataset: JsonDict, vocabularies: Mapping[str, str]) -> Any:
    """Return the document of a dataset, from what `package_show` answers; `vocabularies` are names by id."""
    import tantivy

    organization = dataset["organization"] or {}
    resources = dataset["resources"]
    free_tags = [tag["name"] for tag in dataset["tags"] if not tag.get("vocabulary_id")]
    tags = [tag["name"] for tag in dataset["tags"]]
    exact: dict[str, Iterable[str | None]] = {
        "id": [dataset["id"]],
        "label": labels_of(dataset),
        "name": [dataset["name"]],
        "tags": free_tags,
        "groups": [group["name"] for group in dataset["groups"]],
        "organization": [organization.get("name")],
        "res_format": dict.fromkeys(r["format"] for r in resources),
        "license_id": [dataset["license_id"]],
        "owner_org": [dataset["owner_org"]],
        "creator_user_id": [dataset["creator_user_id"]],
        "state": [dataset["state"]],
        "dataset_type": [dataset["type"]],
        "capacity": ["private" if dataset["private"] else "public"],
        "private": ["true" if dataset["private"] else "false"],
        "title_string": [folded(dataset["title"])],
    }
    names = dataset["name"].replace("-", " ").replace("_", " ")
    resource_names = [r["name"] for r in resources if r["name"]]
    descriptions = [r["description"] for r in resources if r["description"]]
    texts: dict[str, Iterable[str | None]] = {
        "title": [dataset["title"]],
        "notes": [dataset["notes"]],
        "author": [dataset["author"]],
        "maintainer": [dataset["maintainer"]],
        "res_name": resource_names,
        "res_description": descriptions,
        "names": [names, *tags],
    }
    extras = {extra["key"]: str(extra["value"]) for extra in dataset["extras"]}
    everything = [
        dataset["title"],
        names,
        dataset["notes"],
        *tags,
        organization.get("title"),
        *(group["title"] for group in dataset["groups"]),
        *resource_names,
        *descriptions,
        *extras.values(),
        dataset["author"],
        dataset["maintainer"],
    ]
    document = tantivy.Document()
    for name, values in exact.items():
        for value in values:
            if value:
                document.add_text(name, value[:MAX_VALUE_CHARACTERS])
    for name, values in texts.items():
        is_filled = False
        for value in values:
            if value:
                is_filled = True
                document.add_text(name, _beginning(value))
        if is_filled:
            document.add_text("filled", name)
    # One value each: no phrase runs from the end of one into the next.
    for part in everything:
        if part:
            text = _beginning(str(part))
            document.add_text("text", text)
            document.add_text("words", text)
    document.add_text("title_words", _beginning(dataset["title"]))
    for name in DATE_FIELDS:
        document.add_integer(name, microseconds(datetime.fromisoformat(dataset[name])))
    for key, value in _pairs(dataset, extras, vocabularies):
        document.add_text("pairs", f"{key}{SEPARATOR}{value[:MAX_VALUE_CHARACTERS]}")
    if extras:
        document.add_json("extras", {key: _beginning(value) for key, value in extras.items()})
        if box := geometry_box(extras.get("spatial", "")):
            for name, degrees in zip(BOX_FIELDS, box, strict=True):
                document.add_float(name, degrees)
    return document


def _beginning(text: str) -> str:
    return prepared(text[:MAX_TEXT_CHARACTERS])


def _pairs(dataset: JsonDict, extras: Mapping[str, str], vocabularies: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Yield what can be asked of a dataset by its exact value, beside the fields that stand for themselves."""
    yield "entity_type", "package"
    yield "site_id", "default"
    for key, value in dataset.items():
        if key not in _OWN_FIELDS and isinstance(value, str | int | float) and value != "":
            yield key, str(value).lower() if isinstance(value, bool) else str(value)
    for resource in dataset["resources"]:
        for name, key in (("res_url", "url"), ("res_type", "resource_type")):
            if resource.get(key):
                yield name, str(resource[key])
    for tag in dataset["tags"]:
        if vocabulary := vocabularies.get(tag.get("vocabulary_id") or ""):
            yield f"vocab_{vocabulary}", tag["name"]
    for key, value in extras.items():
        yield key, value
