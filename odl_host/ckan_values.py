"""What each of CKAN's settings may say: a value that could only fail later, or have no effect, is an error.

Source: CKAN 2.12 documentation, configuration options; what odl-host has of each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from types import MappingProxyType

from odl_host.errors import ConfigError

LANGUAGES = ("fr", "en")
"""The languages that the portal speaks, as CKAN's settings name them; the first is the one it is written in."""

VIEWS = ("image_view", "text_view", "datatables_view", "webpage_view", "video_view", "audio_view")
"""The kinds of views that a resource may have."""

PLUGINS = ("activity", "datastore", "resource_proxy", "stats", *VIEWS)
"""The extensions of CKAN that `ckan.plugins` may name.

`activity`, `resource_proxy` and `stats` turn on, the others always are. Those that are named are announced."""

LOCATION_TRANSFORMERS = (
    *("uuid4", "uuid4_prefix", "uuid4_with_extension"),
    *("datetime_prefix", "datetime_with_extension"),
)
"""What makes the location of a file from its name: a UUID or the moment, in its stead or before it."""

CAPABILITIES = ("CREATE", "ANALYZE", "REMOVE")
"""What a storage can be kept from."""

_CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ckan.auth.roles_that_cascade_to_sub_groups": ("admin", "editor", "member"),
        "ckan.files.owner.cascade_access": ("package", "resource", "group", "organization", "user"),
        "ckan.locale_default": LANGUAGES,
        "ckan.locale_order": LANGUAGES,
        "ckan.locales_filtered_out": LANGUAGES,
        "ckan.locales_offered": LANGUAGES,
        "ckan.mimetype_guess": ("file_ext", "file_contents", "None"),
        "ckan.plugins": PLUGINS,
        "ckan.user.unique_email_states": ("active", "pending", "deleted"),
        "ckan.views.default_views": VIEWS,
        "disabled_capabilities": CAPABILITIES,
        "location_transformers": LOCATION_TRANSFORMERS,
    }
)
"""What there is to choose from, by setting, and by the last word of a storage's."""

_FORMS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "apitoken_header_name": (r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", "X-API-Key"),
        "ckan.cors.origin_whitelist": (r"https?://[^/\s]+", "https://www.example.fr"),
        "ckan.default_group_sort": (r"(?:name|title|package_count|packages)(?: +(?:asc|desc))?", "title, name desc"),
        "ckan.feeds.author_link": (r"(?:https?://\S+)?", "https://www.example.fr/contact"),
        "ckan.search.default_package_sort": (
            r"(?i:\w+ +(?:asc|desc)(?: *, *\w+ +(?:asc|desc))*)",
            "title_string asc, metadata_modified desc",
        ),
        "ckan.upload.group.mimetypes": (r"\*|[\w.+-]+/[\w.+-]+", "image/png, *"),
        "ckan.upload.group.types": (r"\*|[\w.+-]+", "image, *"),
        "ckan.upload.user.mimetypes": (r"\*|[\w.+-]+/[\w.+-]+", "image/png, *"),
        "ckan.upload.user.types": (r"\*|[\w.+-]+", "image, *"),
    }
)
"""How a value, or each of a list, is written, and examples."""

_MAY_BE_ZERO = frozenset({"ckan.datastore.search.rows_default", "ckan.max_image_size", "max_size"})
"""The numbers whose 0 says something: no rows, no images, no files. With any other 0 nothing could be done at all."""

_MOST = 2**31 - 1

_USER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,99}")

_DURATION = re.compile(
    r"(?=.)(?:(?P<days>\d{1,6})\s+days?)?(?:(?:\A|,\s+)(?P<hours>\d{1,3}):(?P<minutes>\d{2}):(?P<seconds>\d{2}))?"
    r"(?:\.(?P<fraction>\d{1,6}))?\Z"
)

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


def read_value(key: str, value: object, default: object) -> object:
    """Return what a setting says, of the type of its default; a list may be written as a text with spaces.

    :raises ConfigError: it has another type, or is nothing that this setting can say.
    """
    if isinstance(default, tuple):
        words = value.split() if isinstance(value, str) else value
        if not isinstance(words, list | tuple) or not all(isinstance(word, str) for word in words):
            raise ConfigError(f"The CKAN setting “{key}” must be a list of texts, not {value!r}.")
        for word in words:
            _check_text(key, word)
        return tuple(words)
    word = str(value).strip()
    if isinstance(default, bool):
        if word.lower() in _TRUE | _FALSE:
            return word.lower() in _TRUE
        raise ConfigError(f"The CKAN setting “{key}” must be true or false, not {value!r}.")
    if isinstance(default, str):
        if not isinstance(value, str):
            raise ConfigError(f"The CKAN setting “{key}” must be a text, not {value!r}.")
        _check_text(key, word)
        return word
    return _read_number(key, word, default)


def read_duration(text: str) -> timedelta | None:
    """Return the duration that a setting of CKAN's says, or None: it says none.

    >>> str(read_duration("7 days, 3:23:34")), str(read_duration("2 days")), read_duration("bientôt")
    ('7 days, 3:23:34', '2 days, 0:00:00', None)
    """
    match = _DURATION.match(text.strip())
    if match is None:
        return None
    part = {name: int(value) for name, value in match.groupdict(default="0").items() if name != "fraction"}
    return timedelta(**part, microseconds=int((match["fraction"] or "0").ljust(6, "0")))


@cache
def text_search_languages() -> tuple[str, ...]:
    """Return the names of the text search configurations of the row API, as PostgreSQL calls them."""
    import snowballstemmer

    return ("simple", *sorted(snowballstemmer.algorithms()))


def _check_text(key: str, word: str) -> None:
    choices = _CHOICES.get(key) or _CHOICES.get(key.rpartition(".")[2])
    if key == "ckan.datastore.default_fts_lang":
        choices = text_search_languages()
    if choices and word not in choices:
        raise ConfigError(f"The CKAN setting “{key}” must be one of {', '.join(choices)}, not {word!r}.")
    form, examples = _FORMS.get(key, (None, ""))
    if form and not re.fullmatch(form, word):
        raise ConfigError(f"The CKAN setting “{key}” is written like {examples}, not {word!r}.")
    if key == "ckan.email_notifications_since" and read_duration(word) is None:
        raise ConfigError(f"The CKAN setting “{key}” must be a duration (2 days, 4:35:00), not {word!r}.")
    if key == "ckan.site_id" and not _USER_NAME.fullmatch(word):
        raise ConfigError(f"The CKAN setting “{key}” must be a name that a user can have, not {word!r}.")


def _read_number(key: str, word: str, default: object) -> int:
    if default == -1 and word == "-1":
        return -1
    if not word.isascii() or not word.isdigit() or len(word) > len(str(_MOST)) or int(word) > _MOST:
        raise ConfigError(f"The CKAN setting “{key}” must be a whole number up to {_MOST}, not {word!r}.")
    if int(word) == 0 and not {key, key.rpartition(".")[2]} & _MAY_BE_ZERO:
        raise ConfigError(f"The CKAN setting “{key}” must be 1 or more: with 0 nothing could be done at all.")
    return int(word)
