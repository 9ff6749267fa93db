"""Who is written to at each member: addresses that only this machine knows, never the public catalogue.

They stand in `data/TENANT/contacts.csv`, one `member;address` a line, which may be edited in a spreadsheet.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path

from odl_host.errors import ConfigError, UsageError
from odl_host.storage.atomic import write_atomically

_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+\.[^\s@<>,;:\"()\[\]\\]+\Z")


def check_address(address: str) -> str:
    """Return an e-mail address. :raises UsageError: it is none."""
    if not _ADDRESS.match(address) or not address.isascii():
        raise UsageError(f"“{address}” is not an e-mail address.", hint="For example: mairie@chambery.fr")
    return address


def read_contacts(file: Path) -> dict[str, list[str]]:
    """Return the addresses by member, as the file names them in lower case; none when there is no file.

    :raises ConfigError: a line cannot be used.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The contacts {file} cannot be read: {error}.") from error
    found: dict[str, list[str]] = {}
    for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=";"), start=1):
        cells = [cell.strip() for cell in row if cell.strip()]
        if not cells or cells == ["member", "address"]:
            continue
        try:
            member, address = cells
            found.setdefault(member.lower(), []).append(check_address(address))
        except (ValueError, UsageError) as error:
            raise ConfigError(f"{file}, line {number}: it is no MEMBER;ADDRESS.") from error
    return found


def write_contacts(file: Path, contacts: Mapping[str, list[str]]) -> None:
    """Write the addresses; only this machine's user may read them. :raises StorageError: they cannot be written."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(["member", "address"])
    writer.writerows((member, address) for member in sorted(contacts) for address in contacts[member])
    write_atomically(file, text.getvalue().encode())
    file.chmod(0o600)
