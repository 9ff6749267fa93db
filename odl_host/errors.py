"""Every failure odl-host can announce, with its exit code and the next thing to do.

Findings about data are values (see `odl_host.schemas.findings`), not exceptions. A class docstring is the default
message; `hint` is one sentence that says what to do next.
"""

from __future__ import annotations

import re
from enum import IntEnum

CERTIFICATE_HINT = (
    "Name the file of its authority, if you trust it: export REQUESTS_CA_BUNDLE=/path/to/authority.pem. Else have the "
    "server's administrator put a valid certificate there."
)


def distrust(error: BaseException) -> str:
    """Return why the certificate of a server is not trusted, in OpenSSL's words; "" when something else failed.

    >>> distrust(OSError("[SSL: …] certificate verify failed: certificate has expired (_ssl.c:1006)"))
    'certificate has expired'
    """
    told = re.search(r"certificate verify failed: (.+?)\.? \(_ssl", str(error))
    return told[1] if told else ""


class ExitCode(IntEnum):
    """What the process answers to cron and to scripts."""

    OK = 0
    UNFORESEEN = 1
    USAGE = 2
    DATA = 3
    CATALOGUE = 4
    UNAVAILABLE = 5
    INCOMPLETE = 6
    MOVED = 7
    INTERRUPTED = 130


class OdlError(Exception):
    """Something unforeseen happened."""

    exit_code: ExitCode = ExitCode.UNFORESEEN
    default_hint: str = "Run the command again with --debug and report what it prints."

    def __init__(self, message: str = "", *, hint: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").split("\n")[0])
        self.hint = hint or self.default_hint

    @property
    def message(self) -> str:
        """The sentence to show."""
        return str(self)


class UsageError(OdlError):
    """The command was called with something it cannot use."""

    exit_code = ExitCode.USAGE
    default_hint = "See the command's --help."


class UnknownPlace(UsageError):
    """No commune, EPCI, département or region answers to this code or name."""

    default_hint = "Look it up with: odl-host commune find NAME"


class AmbiguousPlace(UsageError):
    """Several communes answer to this name."""

    default_hint = "Give the INSEE code instead of the name."


class ConfigError(UsageError):
    """A configuration file cannot be used."""

    default_hint = "Correct the file, then run the same command again."


class PlanMoved(OdlError):
    """The plan is no longer what would be done; nothing was done."""

    exit_code = ExitCode.MOVED
    default_hint = "Make the plan again and read it: odl-host plan -o plan.json"


class DataError(OdlError):
    """A file cannot be used."""

    exit_code = ExitCode.DATA
    default_hint = "Open the file in a spreadsheet, save it as CSV UTF-8, and try again."


class UnreadableFile(DataError):
    """The file cannot be read as a table."""


class UnknownSchema(DataError):
    """No schema has this name, or none fits this file."""

    default_hint = "List the schemas with: odl-host schema list"


class CatalogueError(OdlError):
    """The catalogue refused a call."""

    exit_code = ExitCode.CATALOGUE
    default_hint = "Check the catalogue's address and the token in the tenant's manifest."


class CatalogueFailed(CatalogueError):
    """The database of the embedded catalogue cannot be written."""

    default_hint = "Check the free space of the data folder, then run the same command again."


class CatalogueRefused(CatalogueError):
    """The catalogue's token does not allow this call."""

    default_hint = "Give the tenant a token of a sysadmin of that catalogue."


class TokenUnknown(CatalogueRefused):
    """The catalogue does not know the token: it has expired, or was revoked."""


class CatalogueNotFound(CatalogueError):
    """The catalogue does not hold this object."""

    default_hint = "Run: odl-host provision"


class CatalogueInvalid(CatalogueError):
    """The catalogue found the data sent to it invalid."""

    default_hint = "Correct the fields that the message names, then run the same command again."


class StorageError(OdlError):
    """A file could not be stored or read back."""

    exit_code = ExitCode.CATALOGUE
    default_hint = "Check the free space and the rights on the data folder, then run the same command again."


class NotStored(StorageError):
    """The storage does not hold this file."""


class Interrupted(OdlError):
    """Stopped before the end; what was done stays."""

    exit_code = ExitCode.INTERRUPTED
    default_hint = "Run the same command again: it takes up where this one stopped."


class Unavailable(OdlError):
    """Something this command needs is busy or does not answer."""

    exit_code = ExitCode.UNAVAILABLE
    default_hint = "Wait a moment, then run the same command again."
