"""A deposit on an SFTP server: `sftp://USER@HOST[:PORT]/PATH`. The only module that imports paramiko.

A server whose key is not among the known hosts is refused: a deposit must come from where it is said to.
"""

from __future__ import annotations

import logging
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from odl_host.config import Secret
from odl_host.errors import ConfigError, OdlError, StorageError, Unavailable
from odl_host.pipeline.deposits.discover import LINK_FRENCH, NO_FILE_FRENCH
from odl_host.pipeline.sources.model import Fetched, RemoteFile

CHANGED_FRENCH = "Ce fichier était en cours de dépôt : il sera repris au prochain passage."
ODD_NAME_FRENCH = "Le nom de ce fichier n’est pas écrit en UTF-8 : renommez-le."
TIMEOUT_S = 30
MOST_DEPTH = 20
SETTLED_S = 60.0
"""A file written less than this long ago is fetched again by the next run: its time is told in whole seconds, so it may
have changed since under the same one. A minute, because the server's clock is not ours."""


class SftpSource:
    """The regular files below a folder of an SFTP server; a version is a file's time and size."""

    parallel = 1

    def __init__(
        self,
        name: str,
        *,
        host: str,
        port: int,
        user: str,
        root: str,
        key_file: str = "",
        known_hosts_file: str = "",
        password: Secret | None = None,
    ) -> None:
        self.name = name
        self._host, self._port, self._user, self._root = host, port, user, root
        self._key_file, self._known_hosts_file, self._password = key_file, known_hosts_file, password
        self._ssh: Any = None
        self._sftp: Any = None

    def iter_files(self) -> Iterator[RemoteFile]:
        """Yield the files, folder by folder; links are not followed."""
        with self._translated("list it"):
            yield from self._walk(self._connect(), "", 0)

    def _walk(self, sftp: Any, folder: str, depth: int) -> Iterator[RemoteFile]:
        for entry in sftp.listdir_attr(f"{self._root}/{folder}" if folder else self._root):
            if isinstance(entry.filename, bytes):
                name = entry.filename.decode("utf-8", "replace")
                yield RemoteFile(f"{folder}/{name}" if folder else name, problem=ODD_NAME_FRENCH)
                continue
            path = f"{folder}/{entry.filename}" if folder else entry.filename
            mode = entry.st_mode or 0
            if stat.S_ISDIR(mode) and depth < MOST_DEPTH:
                yield from self._walk(sftp, path, depth + 1)
            elif stat.S_ISREG(mode):
                yield RemoteFile(path, _version(entry), entry.st_size, f"{self._root}/{path}")
            elif not stat.S_ISDIR(mode):
                yield RemoteFile(path, problem=LINK_FRENCH if stat.S_ISLNK(mode) else NO_FILE_FRENCH)

    def fetch(self, file: RemoteFile, known_version: str, sink: BinaryIO) -> Fetched:  # noqa: ARG002 - the listing told
        """Copy a file; one that changed while it was read is an error."""
        with self._translated(f"read {file.path}"):
            sftp = self._connect()
            sftp.getfo(file.key, sink, max_concurrent_prefetch_requests=64)
            status = sftp.stat(file.key)
            if _version(status) != file.version:
                raise StorageError(CHANGED_FRENCH)
        is_settled = abs(time.time() - (status.st_mtime or 0)) > SETTLED_S
        return Fetched(file.version if is_settled else "")

    def close(self) -> None:
        """End the session."""
        if self._ssh is not None:
            self._ssh.close()
            self._ssh = self._sftp = None

    def _connect(self) -> Any:
        if self._sftp is None:
            paramiko = _paramiko()
            ssh = paramiko.SSHClient()
            ssh.set_missing_host_key_policy(paramiko.RejectPolicy())
            try:
                ssh.load_system_host_keys(self._known_hosts_file or None)
            except OSError as error:
                raise ConfigError(
                    f"The known hosts {self._known_hosts_file} cannot be read: {error.strerror}."
                ) from error
            ssh.connect(
                self._host,
                self._port,
                self._user or None,
                password=self._password.reveal() if self._password else None,
                pkey=self._load_key(),
                look_for_keys=not (self._key_file or self._password),
                allow_agent=not (self._key_file or self._password),
                timeout=TIMEOUT_S,
                banner_timeout=TIMEOUT_S,
                auth_timeout=TIMEOUT_S,
            )
            self._ssh, self._sftp = ssh, ssh.open_sftp()
            self._sftp.get_channel().settimeout(TIMEOUT_S)
        return self._sftp

    def _load_key(self) -> Any:
        """Return the private key that the manifest names, or None. :raises ConfigError: it cannot be used."""
        if not self._key_file:
            return None
        paramiko = _paramiko()
        try:
            return paramiko.PKey.from_path(self._key_file)
        except Exception as error:
            said = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
            raise ConfigError(
                f"The key {self._key_file} cannot be used ({said}).",
                hint="It must be a private key without a passphrase: ssh-keygen -t ed25519 -N '' -f FILE",
            ) from error

    @contextmanager
    def _translated(self, doing: str) -> Iterator[None]:
        """Raise our exceptions for paramiko's and the network's."""
        try:
            yield
        except (OdlError, GeneratorExit):
            raise
        except Exception as error:
            self.close()
            raise self._translate(error, doing) from error

    def _translate(self, error: Exception, doing: str) -> OdlError:
        paramiko = _paramiko()
        if isinstance(error, paramiko.BadHostKeyException):
            return StorageError(
                f"{self.name}: the server's key is not the one that is known for {self._host}.",
                hint="Somebody may be in between. Ask the server's administrator, then correct the known hosts.",
            )
        if isinstance(error, paramiko.AuthenticationException):
            return StorageError(
                f"{self.name}: the server refused the user {self._user or '(none)'}.",
                hint="Check key_file, and that its public half is among the user's authorized_keys.",
            )
        if isinstance(error, paramiko.SSHException) and "known_hosts" in str(error):
            known_hosts = self._known_hosts_file or "~/.ssh/known_hosts"
            return StorageError(
                f"{self.name}: the server's key is not known.",
                hint=f"Add it, once checked: ssh-keyscan -p {self._port} {self._host} >> {known_hosts}",
            )
        if isinstance(error, FileNotFoundError):
            return StorageError(f"{self.name}: cannot {doing}: it is not there.", hint="Check the path.")
        if isinstance(error, PermissionError):
            return StorageError(f"{self.name}: cannot {doing}: the server refused.", hint="Check the user's rights.")
        said = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        if isinstance(error, paramiko.SSHException | socket.error | EOFError):
            return Unavailable(f"{self.name}: cannot {doing}: the server does not answer ({said}).")
        return StorageError(f"{self.name}: cannot {doing}: {type(error).__name__}: {str(error)[:200]}")


def _version(attributes: Any) -> str:
    return f"{attributes.st_mtime} {attributes.st_size}"


def _paramiko() -> Any:
    try:
        import paramiko
    except ImportError as error:
        raise ConfigError(
            "Reading a deposit over SFTP needs the library paramiko.", hint="Install it: pip install 'odl-host[sftp]'"
        ) from error
    # Its threads print the traceback of what `_translate` says in a sentence, unless somebody listens.
    logging.getLogger("paramiko").addHandler(logging.NullHandler())
    return paramiko
