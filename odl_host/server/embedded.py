"""A catalogue in the same process, as strict as one behind HTTP.

Parameters and results go through JSON; next to a file only scalars are accepted, and arrive as text, because that is
what a form carries. A program that works here works on a remote CKAN.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from odl_host.ckan import BadRequest
from odl_host.server.documents import Rendered, clean
from odl_host.server.registry import Upload, User, call_action

if TYPE_CHECKING:
    from odl_host.server.sites import Site

FileValue: TypeAlias = (
    BinaryIO | tuple[str, BinaryIO] | tuple[str, BinaryIO, str] | tuple[str, BinaryIO, str, Path | None]
)
"""A stream; or its name, itself, its media type, and where it lies when it may be kept as it is (see `Upload`)."""


class EmbeddedCKAN:
    """Calls the actions of one site as one user, found by name for each call or known already, or as anonymous."""

    def __init__(self, site: Site, user_name: str | None = None, *, caller: User | None = None) -> None:
        self.site = site
        self.user_name = user_name
        self.caller = caller

    def as_user(self, name: str) -> EmbeddedCKAN:
        """Return the same catalogue as another user sees it."""
        return self.site.as_user(name)

    def call_action(
        self, name: str, data_dict: Mapping[str, Any] | None = None, files: Mapping[str, FileValue] | None = None
    ) -> Any:
        """Run an action and return its result as decoded JSON.

        :raises WireError: the error that the wire would carry.
        """
        user = self.site.find_user(self.user_name) if self.user_name else self.caller
        try:
            parameters = _as_form(data_dict or {}) if files else json.loads(json.dumps(dict(data_dict or {})))
        except (TypeError, ValueError) as error:
            raise BadRequest(f"The parameters of {name} are not JSON: {error}") from error
        uploads = {key: _as_upload(value) for key, value in (files or {}).items()}
        result = call_action(self.site, user, name, clean(parameters), uploads)
        return json.loads(result if isinstance(result, Rendered) else json.dumps(result))


def _as_form(data_dict: Mapping[str, Any]) -> dict[str, str]:
    form: dict[str, str] = {}
    for key, value in data_dict.items():
        if isinstance(value, dict | list | tuple):
            raise BadRequest(f"Next to a file only plain values are accepted, and {key} is none.")
        if value is not None:
            form[key] = value if isinstance(value, str) else str(value)
    return form


def _as_upload(value: FileValue) -> Upload:
    if isinstance(value, tuple):
        return Upload(*value)
    return Upload(PurePath(str(getattr(value, "name", ""))).name, value)
