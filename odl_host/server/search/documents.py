"""What stands in the search index: its fields, how text is analysed, and the document of a dataset.

After a change here, give `index.LAYOUT` another name: every index is then built anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from odl_host.ckan import JsonDict
from odl_host.server.search.query import without_elisions

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
    "res_url",
    "res_type",
    "url",
    "version",
    "title_string",
)
TEXT_FIELDS = ("title", "notes", "author", "maintainer", "res_name", "res_description", "names", "text")
DATE_FIELDS = ("metadata_created", "metadata_modified")


def build_schema() -> Any:
    """Return the fields of the index."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("label", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("seq", stored=True)
    for name in EXACT_FIELDS:
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    for name in TEXT_FIELDS:
        builder.add_text_field(name, tokenizer_name="french")
    for name in ("title_words", "words"):
        builder.add_text_field(name, tokenizer_name="words", index_option="basic")
    for name in DATE_FIELDS:
        builder.add_date_field(name, indexed=True, fast=True)
    builder.add_json_field("extras", fast=True, tokenizer_name="french")
    return builder.build()


def french_analyzer() -> Any:
    """Return how French text becomes stems.

    Accents are folded before the stemmer, so that they never decide whether a word is found.
    """
    import tantivy

    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (tantivy.Filter.lowercase(), tantivy.Filter.ascii_fold(), tantivy.Filter.stemmer("french")):
        builder = builder.filter(step)
    return builder.build()


def word_analyzer() -> Any:
    """Return how text becomes whole words, for wildcards: a stem is no prefix of what people type."""
    import tantivy

    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    return builder.filter(tantivy.Filter.lowercase()).filter(tantivy.Filter.ascii_fold()).build()


def labels_of(dataset: JsonDict) -> list[str]:
    """Return the labels of which a caller must hold one to find the dataset."""
    if dataset["state"] == "active" and not dataset["private"]:
        return [PUBLIC]
    if dataset["owner_org"]:
        return [f"member-{dataset['owner_org']}" if dataset["state"] == "active" else f"editor-{dataset['owner_org']}"]
    return [f"creator-{dataset['creator_user_id']}"]


def marker_document(seq: int) -> Any:
    """Return the document that says how far the index has read."""
    import tantivy

    document = tantivy.Document()
    document.add_text("id", MARKER)
    document.add_unsigned("seq", seq)
    return document


def dataset_document(dataset: JsonDict) -> Any:
    """Return the document of a dataset, from what `package_show` answers."""
    import tantivy

    organization = dataset["organization"] or {}
    resources = dataset["resources"]
    tags = [tag["name"] for tag in dataset["tags"]]
    extras = {extra["key"]: extra["value"] for extra in dataset["extras"]}
    exact: dict[str, Iterable[str | None]] = {
        "id": [dataset["id"]],
        "label": labels_of(dataset),
        "name": [dataset["name"]],
        "tags": tags,
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
        "res_url": [r["url"] for r in resources],
        "res_type": [r["resource_type"] for r in resources],
        "url": [dataset["url"]],
        "version": [dataset["version"]],
        "title_string": [dataset["title"].lower()],
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
    # One value each: no phrase runs from the end of one into the next.
    parts = [without_elisions(text) for text in everything if text]
    document = tantivy.Document()
    for name, values in exact.items():
        for value in values:
            if value:
                document.add_text(name, value[:1000])
    for name, values in texts.items():
        for value in values:
            if value:
                document.add_text(name, without_elisions(value))
    for part in parts:
        document.add_text("text", part)
        document.add_text("words", part)
    document.add_text("title_words", without_elisions(dataset["title"]))
    for name in DATE_FIELDS:
        document.add_date(name, _as_date(dataset[name]))
    if extras:
        document.add_json("extras", extras)
    return document


def _as_date(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def counted_field(name: str) -> str:
    """Return the index's name of a field that can be counted, or ""."""
    if name.startswith("extras_"):
        return "extras." + name.removeprefix("extras_").replace(".", "\\.")
    return name if name in EXACT_FIELDS else ""
