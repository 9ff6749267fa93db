"""The mirror: a folder of this machine that holds what a source held when it was last looked at.

It saves fetching again what did not change, and is never the truth: deleting it makes the next run slower. A file is
seen only once it is whole; a listing that fails changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from odl_host.errors import OdlError, StorageError, Unavailable
from odl_host.pipeline.deposits.discover import is_ignored
from odl_host.pipeline.records.lock import hold_lock
from odl_host.pipeline.sources.model import Fetched, RemoteFile, Source
from odl_host.pipeline.sources.names import FOLDER_TOO_FRENCH, UnsafeName, mirror_path, printable
from odl_host.storage.atomic import write_atomically

FORMAT = 1
ATTEMPTS = 3
MOST_FILES = 1_000_000
GIVE_UP_AFTER = 5
"""Files in a row that the source did not answer for, after which the others are left for the next run."""

TOO_LARGE_FRENCH = "Ce fichier est trop lourd (plus de {most_mb} Mo) : déposez-le en plusieurs parties."
NOT_FETCHED_FRENCH = "Ce fichier n’a pas pu être copié depuis {source} : {reason}"
TWICE_FRENCH = "La source donne deux fois ce nom de fichier ({path}) : renommez l’un des deux."


class TooLarge(StorageError):
    """A file is larger than the machine's settings allow."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the mirror remembers of one of its files; `stamp` is the local copy's own, to see that it is still that."""

    version: str
    sha256: str
    stamp: str


@dataclass(slots=True)
class Synced:
    """What bringing a mirror up to date did.

    `problems`: by path, a French sentence on each file that a person must correct. `failures`: those that could not be
    fetched this time; their last copy, if any, stays. `error`: why the source could not be listed at all, or None.
    """

    fetched: list[str] = field(default_factory=list)
    kept: int = 0
    removed: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    error: OdlError | None = None


class Mirror:
    """The copy of one source below `folder`: its files in `files/`, what is known of them in `state.json`.

    `below`: the folder of the member whose files they all are, or "".
    """

    def __init__(self, folder: Path, *, max_file_bytes: int, below: str = "") -> None:
        self.root = folder / "files"
        self.files = self.root / below
        self._folder = folder
        self._incoming = folder / "incoming"
        self._record = folder / "state.json"
        self._max_file_bytes = max_file_bytes
        self._known: dict[str, Known] = {}

    def sync(self, source: Source, *, progress: Callable[[int, int], None] | None = None) -> Synced:
        """Fetch what changed, forget what left, and return what was done; a source that fails is told in the result.

        :raises Unavailable: another process is at it. :raises StorageError: this machine's disk refuses.
        """
        with hold_lock(self._folder / "lock", command=f"mirror of {source.name}"):
            self._known = _load(self._record)
            synced = Synced()
            try:
                wanted = self._list(source, synced)
            except OdlError as error:
                synced.error = error
                return synced
            self._prepare()
            try:
                self._fetch_all(source, wanted, synced, progress)
                self._forget(wanted, synced)
            finally:
                self._save()
                shutil.rmtree(self._incoming, ignore_errors=True)
            return synced

    def _list(self, source: Source, synced: Synced) -> dict[str, RemoteFile]:
        """Return the files to mirror by their path. :raises OdlError: the source cannot be listed, or seems emptied."""
        wanted: dict[str, RemoteFile] = {}
        twice: set[str] = set()
        for number, file in enumerate(source.iter_files(), start=1):
            if number > MOST_FILES:
                raise StorageError(f"{source.name} holds more than {MOST_FILES} files.", hint="Name a folder below.")
            if any(is_ignored(part) for part in file.path.split("/") if part not in {"", ".", ".."}):
                continue
            try:
                path = mirror_path(file.path)
            except UnsafeName as error:
                synced.problems[printable(file.path)] = str(error)
                continue
            if path in wanted:
                twice.add(path)
            wanted[path] = file
        folders = {path[:end] for path in wanted for end in range(len(path)) if path[end] == "/"}
        for path, file in list(wanted.items()):
            problem = file.problem
            if path in twice:
                problem = TWICE_FRENCH.format(path=path)
            elif path in folders:
                problem = FOLDER_TOO_FRENCH.format(path=path)
            elif file.size_bytes is not None and file.size_bytes > self._max_file_bytes:
                problem = self._too_large()
            if problem:
                synced.problems[path] = problem
                del wanted[path]
        if self._known and not wanted and not synced.problems:
            raise StorageError(
                f"{source.name} lists no file any more, where it had {len(self._known)}: nothing is taken as removed.",
                hint=f"If it was emptied on purpose, delete {self._folder} and run the same command again.",
            )
        return wanted

    def _fetch_all(
        self,
        source: Source,
        wanted: Mapping[str, RemoteFile],
        synced: Synced,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        todo = {path: file for path, file in wanted.items() if not self._is_current(path, file)}
        synced.kept = len(wanted) - len(todo)
        self._require_room(todo, source)
        silent = 0

        def fetch(item: tuple[str, RemoteFile]) -> tuple[str, Known | None, OdlError | None]:
            nonlocal silent
            if silent >= GIVE_UP_AFTER:
                return item[0], None, Unavailable("the source stopped answering; left for the next run.")
            try:
                known = self._fetch(source, *item)
            except OdlError as error:
                silent = silent + 1 if isinstance(error, Unavailable) else 0
                return item[0], None, error
            except Exception as error:  # noqa: BLE001 - one file must never stop the others; its outcome names the error
                return item[0], None, StorageError(f"{type(error).__name__}: {str(error)[:200]}")
            silent = 0
            return item[0], known, None

        with ThreadPoolExecutor(source.parallel, thread_name_prefix="fetch") as pool:
            try:
                for done, (path, known, error) in enumerate(pool.map(fetch, todo.items()), start=1):
                    if isinstance(error, TooLarge):
                        synced.problems[path] = self._too_large()
                        self._remove(path)
                    elif error is not None:
                        said = NOT_FETCHED_FRENCH.format(source=source.name, reason=error.message)
                        synced.failures[path] = said
                    elif known is not None and known.sha256 != getattr(self._known.get(path), "sha256", ""):
                        synced.fetched.append(path)
                    else:
                        synced.kept += 1
                    if known is not None:
                        self._known[path] = known
                    if progress:
                        progress(done, len(todo))
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _fetch(self, source: Source, path: str, file: RemoteFile) -> Known:
        """Fetch one file beside its place, then put it there whole; one with the same content stays untouched."""
        known = self._known.get(path)
        version = known.version if known and known.stamp == _stamp(self.files / path) else ""
        for attempt in range(1, ATTEMPTS + 1):
            descriptor, temporary = tempfile.mkstemp(dir=self._incoming)
            try:
                with os.fdopen(descriptor, "wb") as opened:
                    sink = _Sink(opened, self._max_file_bytes)
                    fetched = source.fetch(file, version, cast("BinaryIO", sink))
                if fetched.is_same and known is not None:
                    return known
                if file.size_bytes is not None and sink.size_bytes != file.size_bytes:
                    raise Unavailable(f"{sink.size_bytes} bytes came, {file.size_bytes} were listed.")
                return self._place(Path(temporary), path, sink.sha256, fetched)
            except Unavailable:
                if attempt == ATTEMPTS:
                    raise
            except OSError as error:
                raise StorageError(f"Cannot write the mirror {self._folder}: {error.strerror or error}.") from error
            finally:
                Path(temporary).unlink(missing_ok=True)
        raise AssertionError("the loop above returns or raises")

    def _place(self, temporary: Path, path: str, sha256: str, fetched: Fetched) -> Known:
        target = self.files / path
        known = self._known.get(path)
        if known is None or known.sha256 != sha256 or known.stamp != _stamp(target):
            _make_way(self.files, path)
            temporary.chmod(0o644)
            temporary.replace(target)
        return Known(fetched.version, sha256, _stamp(target))

    def _is_current(self, path: str, file: RemoteFile) -> bool:
        known = self._known.get(path)
        if known is None or not file.version or known.version != file.version:
            return False
        return known.stamp == _stamp(self.files / path)

    def _forget(self, wanted: Mapping[str, RemoteFile], synced: Synced) -> None:
        """Remove the copies of what the source does not hold any more."""
        for path in sorted(set(_walk(self.files)) - set(wanted)):
            self._remove(path)
            if path not in synced.problems:
                synced.removed.append(path)
        self._known = {path: known for path, known in self._known.items() if path in wanted}

    def _remove(self, path: str) -> None:
        self._known.pop(path, None)
        place = self.files / path
        place.unlink(missing_ok=True)
        # The first folder is a member's: it stays, empty, and says that the member's files were seen to leave.
        for folder in list(place.relative_to(self.files).parents)[:-2]:
            if any((self.files / folder).iterdir()):
                break
            (self.files / folder).rmdir()

    def _require_room(self, todo: Mapping[str, RemoteFile], source: Source) -> None:
        needed = sum(file.size_bytes or 0 for file in todo.values())
        free = shutil.disk_usage(self._folder).free
        if needed > free:
            raise StorageError(
                f"{source.name}: {needed // 1_000_000} MB are to be fetched, and {free // 1_000_000} MB are free.",
                hint=f"Make room on the disk of {self._folder}, then run the same command again.",
            )

    def _too_large(self) -> str:
        return TOO_LARGE_FRENCH.format(most_mb=self._max_file_bytes // 1_000_000)

    def _prepare(self) -> None:
        try:
            shutil.rmtree(self._incoming, ignore_errors=True)
            self._incoming.mkdir(parents=True)
            self.files.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"Cannot write the mirror {self._folder}: {error.strerror}.") from error

    def _save(self) -> None:
        document = {"format": FORMAT, "files": {path: asdict(known) for path, known in self._known.items()}}
        write_atomically(self._record, json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogateescape"))


class _Sink:
    """A file that hashes and counts what is written to it, and refuses more than it may hold."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file, self._most = file, most
        self._digest = hashlib.sha256()
        self.size_bytes = 0

    def write(self, content: Any) -> int:
        """Add bytes. :raises TooLarge: it would hold too many."""
        self.size_bytes += len(content)
        if self.size_bytes > self._most:
            raise TooLarge
        self._digest.update(content)
        return self._file.write(content)

    @property
    def sha256(self) -> str:
        """The hash of what was written."""
        return self._digest.hexdigest()


def _make_way(root: Path, path: str) -> None:
    """Make the folders of a path, taking away the copies that are in the way since the source changed its shape."""
    place = root
    for part in path.split("/")[:-1]:
        place /= part
        if place.is_file():
            place.unlink()
        place.mkdir(exist_ok=True)
    if (root / path).is_dir():
        shutil.rmtree(root / path)


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return ""
    return f"{status.st_size}.{status.st_mtime_ns}"


def _walk(folder: Path) -> Iterator[str]:
    for place, _, names in os.walk(folder):
        for name in names:
            yield (Path(place) / name).relative_to(folder).as_posix()


def _load(record: Path) -> dict[str, Known]:
    try:
        document = json.loads(record.read_bytes())
        if document["format"] == FORMAT:
            return {path: Known(**known) for path, known in document["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass  # there is none, or it cannot be used: everything is fetched again
    return {}
