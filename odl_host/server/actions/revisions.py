"""`package_revise`: changes to a dataset, said as what must match, what to take away and what to write."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from odl_host.ckan import IntegrityError, JsonDict, NotFound, ValidationError
from odl_host.server import permissions
from odl_host.server.actions.packages import replace_dataset
from odl_host.server.documents import Rendered, encode, place
from odl_host.server.files.uploads import check_size
from odl_host.server.objects.datasets import Dataset, find_dataset, get_dataset, render_dataset
from odl_host.server.params import MISSING_VALUE, Params
from odl_host.server.registry import Context, StoredFile, action

PREFIX_MIN_LENGTH = 5
"""Fewest characters of an id that stand for the whole of it."""

KEPT_KEYS = ("id", "type")
"""What a filter cannot take away."""


class Revision(Params):
    """A revision; its parts are read by `_parts`, since they may come as dictionaries or as flattened keys."""


def _can_revise(ctx: Context, params: Revision) -> None:
    """Whoever may change the dataset that matches."""
    dataset = _matching(ctx, params.data)
    permissions.require_reader(ctx, dataset)
    permissions.require_writer(ctx, dataset)


@action(params=Revision, allow=_can_revise)
def package_revise(ctx: Context, params: Revision) -> Rendered:
    """Change a dataset selectively and return it as `package`.

    Keys may be nested (`update: {"notes": …}`) or flattened (`update__resources__0__name`); an item of a list is named
    by its index, from the end when negative, or by the first characters of its id, at least 5.

    :param match: values that the dataset must have; its `id` or its `name` must be among them
    :param filter: patterns (`-notes`, `+resources__0__id`, `-*`) of what to take away first, `+` keeps
    :param update: values to write; `update__resources__extend` adds to a list
    :param include: patterns of what to return
    """
    dataset = _matching(ctx, params.data)
    data = _document(ctx, dataset)
    if patterns := _patterns(params.data, "filter"):
        kept = {key: data[key] for key in KEPT_KEYS}
        data = _filtered(data, patterns, ()) | kept
    update = _dictionaries(params.data)["update"]
    try:
        _merge(data, update)
    except _Refused as error:
        raise ValidationError({"update": [str(error)]}) from error
    for path, value in _flattened(params.data, "update"):
        try:
            _put(data, path, value)
        except _Refused as error:
            raise ValidationError({"__".join(path): [str(error)]}) from error
    files = _files(ctx, data)
    if data.get("id") != dataset.id:
        raise NotFound("Dataset was not found.")
    replace_dataset(ctx, dataset, data, files)
    shown = {"package": _document(ctx, get_dataset(ctx.db, dataset.id))}
    include = _patterns(params.data, "include")
    return Rendered(encode(_filtered(shown, include, ()) if include else shown))


class _Refused(ValueError):
    """A value cannot be put where it was to go."""


def _document(ctx: Context, dataset: Dataset) -> JsonDict:
    decoded: JsonDict = json.loads(place(render_dataset(ctx.db, dataset), ctx.site.url))
    return decoded


def _dictionaries(data: JsonDict) -> dict[str, JsonDict]:
    """Return what must match and what to write, which may come as JSON.

    :raises ValidationError: one is no dictionary.
    """
    found: dict[str, JsonDict] = {}
    errors: JsonDict = {}
    for key in ("match", "update"):
        value = data.get(key)
        if isinstance(value, str) and value[:1] in ("{", "["):
            with suppress(ValueError):
                value = json.loads(value)
        if value is None or value == "":
            value = {}
        if isinstance(value, dict):
            found[key] = value
        else:
            errors[key] = ["Must be a dict"]
    if errors:
        raise ValidationError(errors)
    return found


def _flattened(data: JsonDict, part: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the path and the value of each key `part__…`; a path is shorter before it is longer."""
    found = [(tuple(key.split("__")[1:]), value) for key, value in data.items() if key.startswith(f"{part}__")]
    for path, value in sorted(found, key=lambda entry: len(entry[0])):
        if isinstance(value, str) and value[:1] in ("{", "["):
            with suppress(ValueError):
                value = json.loads(value)
        yield path, value


def _patterns(data: JsonDict, key: str) -> list[str]:
    value = data.get(key)
    if value is None or value == "":
        return []
    if isinstance(value, str):
        try:
            decoded = json.loads(value)
        except ValueError:
            decoded = None
        value = decoded if isinstance(decoded, list) else value.split(",")
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise ValidationError({key: ["Not a list"]})
    return [entry.strip() for entry in value]


def _matching(ctx: Context, data: JsonDict) -> Dataset:
    """Return the dataset that matches. :raises ValidationError: values differ. :raises NotFound: there is none."""
    match = _dictionaries(data)["match"]
    flat = list(_flattened(data, "match"))
    own = {**match, **{path[0]: value for path, value in flat if len(path) == 1}}
    ref = own.get("id") or own.get("name")
    if not ref:
        raise ValidationError({"match__id": MISSING_VALUE})
    dataset = ctx.once(find_dataset, str(ref))
    if dataset is None:
        raise NotFound("Dataset was not found.")
    document = _document(ctx, dataset)
    differing = list(_differences(document, match, ()))
    if differing:
        raise ValidationError({"match": ["__".join(path) for path in differing]})
    for path, value in flat:
        try:
            found = _get(document, path)
        except _Refused as error:
            raise IntegrityError(str(error), data) from error
        if found != value:
            raise ValidationError({"match": ["__".join(path)]})
    return dataset


def _differences(found: Any, wanted: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key, value in wanted.items():
            if key not in found:
                yield (*path, key)
            else:
                yield from _differences(found[key], value, (*path, key))
    elif isinstance(wanted, list) and isinstance(found, list):
        for index, value in enumerate(wanted):
            if index >= len(found):
                yield (*path, str(index))
            else:
                yield from _differences(found[index], value, (*path, str(index)))
    elif found != wanted:
        yield path


def _index(items: list[Any], key: str, path: str) -> int:
    """Return the index that a key means: a short one is a number, a longer one the beginning of an item's id."""
    if len(key) >= PREFIX_MIN_LENGTH:  # of ten ids, one begins with five digits
        for index, item in enumerate(items):
            if isinstance(item, dict) and str(item.get("id", "")).startswith(key):
                return index
    else:
        with suppress(ValueError):
            number = int(key)
            if -len(items) <= number < len(items):
                return number % len(items)
    raise _Refused(f"Unmatched key {path}")


def _get(document: Any, path: tuple[str, ...]) -> Any:
    for depth, key in enumerate(path):
        if isinstance(document, list):
            document = document[_index(document, key, "__".join(path[: depth + 1]))]
        elif isinstance(document, dict):
            document = document.get(key)
        else:
            raise _Refused(f"Expected list or dict for {'__'.join(path[:depth])}")
    return document


def _put(document: Any, path: tuple[str, ...], value: Any) -> None:
    """Write a value at a path: a dictionary is merged, `extend` adds to a list."""
    for depth, key in enumerate(path[:-1]):
        name = "__".join(path[: depth + 1])
        is_list = isinstance(document, list)
        document = document[_index(document, key, name)] if is_list else document.setdefault(key, {})
        if not isinstance(document, dict | list):
            raise _Refused(f"Expected list or dict for {name}")
    last, name = path[-1], "__".join(path)
    if isinstance(document, list):
        if last == "extend":
            if not isinstance(value, list):
                raise _Refused(f"Expected list for {'__'.join(path[:-1])}")
            document.extend(value)
            return
        position = _index(document, last, last)
        if isinstance(value, dict) and isinstance(document[position], dict):
            _merge(document[position], value, name)
        else:
            document[position] = value
        return
    if isinstance(document.get(last), list) and not isinstance(value, list):
        raise _Refused(f"Expected list for {name}")
    _merge(document, {last: value}, "__".join(path[:-1]))


def _merge(document: JsonDict, update: JsonDict, prefix: str = "") -> None:
    for key, value in update.items():
        name = f"{prefix}__{key}" if prefix else key
        before = document.get(key)
        if isinstance(before, list):
            if not isinstance(value, list):
                raise _Refused(f"Expected list for {name}")
            _merge_list(before, value, name)
        elif isinstance(before, dict) and isinstance(value, dict):
            _merge(before, value, name)
        else:
            document[key] = copy.deepcopy(value)


def _merge_list(before: list[Any], update: list[Any], prefix: str) -> None:
    for index, value in enumerate(update):
        if index >= len(before):
            before.append(copy.deepcopy(value))
        elif isinstance(before[index], dict) and isinstance(value, dict):
            _merge(before[index], value, f"{prefix}__{index}")
        else:
            before[index] = value


def _filtered(value: Any, patterns: list[str], path: tuple[str, ...]) -> Any:
    """Return a document without what the first pattern that fits each key takes away."""
    if not isinstance(value, dict | list):
        return value
    entries = value.items() if isinstance(value, dict) else [(str(index), each) for index, each in enumerate(value)]
    kept: list[tuple[str, Any]] = []
    for key, inner in entries:
        here = (*path, _alias(value, inner, str(key)))
        sign = next((p[:1] for p in patterns if _fits(p[1:], here)), "")
        if sign == "+":
            kept.append((key, inner))
        elif sign != "-":
            kept.append((key, _filtered(inner, patterns, here)))
    return dict(kept) if isinstance(value, dict) else [inner for _, inner in kept]


def _alias(holder: Any, inner: Any, key: str) -> str:
    """Name an item of a list by index and id, so that a pattern may use either."""
    if isinstance(holder, list) and isinstance(inner, dict):
        return f"{key}|{inner.get('id', '')}"
    return key


def _part_fits(part: str, name: str) -> bool:
    index, _, key = name.partition("|")
    return part in ("*", index) or (len(part) >= PREFIX_MIN_LENGTH and bool(key) and key.startswith(part))


def _fits(pattern: str, path: tuple[str, ...]) -> bool:
    parts = pattern.split("__")
    return len(parts) == len(path) and all(map(_part_fits, parts, path))


def _files(ctx: Context, data: JsonDict) -> Mapping[int, Mapping[str, StoredFile]]:
    """Return the files that came as `update__resources__N__upload`, by the index of their resource."""
    found: dict[int, dict[str, StoredFile]] = {}
    for key, file in ctx.files.items():
        check_size(ctx, file, key.rpartition("__")[2], "ckan.max_resource_size")
        match key.split("__"):
            case ["update", "resources", item, field]:
                try:
                    index = _index(data.get("resources") or [], item, f"resources__{item}")
                except _Refused as error:
                    raise ValidationError({key.removeprefix("update__"): [str(error)]}) from error
                found.setdefault(index, {})[field] = file
            case ["update", first, _, *_] if first not in data:
                raise ValidationError({key.removeprefix("update__"): [f"Unmatched key {first}"]})
    return found
