"""The catalogue in a PostgreSQL database, by URL: for who has one, backs it up and watches it already.

How the promise of `database` is kept: `synchronous_commit` is never off, so a commit is in the flushed write-ahead log
before it returns; a reader's transaction is `REPEATABLE READ, READ ONLY`; writers take turns by an advisory lock that
ends with the transaction, whoever dies. One database (or one schema in it) is one catalogue.

The driver is pg8000: pure Python and BSD, nothing to compile and no library to find.
"""

from __future__ import annotations

import getpass
from typing import Any, ClassVar

import sqlalchemy as sa

from odl_host.errors import ConfigError, StorageError, Unavailable
from odl_host.server.database.database import BUSY_TIMEOUT_MS, Busy, Database
from odl_host.server.database.statements import Statement

OLDEST = (13, 0)
WRITER_LOCK = 0x6F646C68
"""Names our advisory lock among those of a database; the second half is its schema."""

_SESSION = (
    f"SET lock_timeout = {BUSY_TIMEOUT_MS}; "
    "SET timezone = 'UTC'; "
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
)
_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITERS = f"{WRITER_LOCK}, hashtext(current_schema())"
_SSL = ("disable", "prefer", "require", "verify-ca", "verify-full")


class PostgresqlDatabase(Database):
    """A PostgreSQL server's database; a connection that died is replaced by a new one."""

    is_local: ClassVar[bool] = False

    def __init__(self, url: str, *, migrate: bool = True) -> None:
        address, arguments = parse_url(url)
        try:
            import pg8000  # noqa: F401 - only whether it is there
        except ImportError as error:
            raise ConfigError(
                "PostgreSQL needs the driver pg8000, which is not installed.",
                hint="Install it with: pip install 'odl-host[postgresql]'",
            ) from error
        engine = sa.create_engine(
            address, poolclass=sa.pool.NullPool, isolation_level="AUTOCOMMIT", connect_args=arguments
        )
        sa.event.listen(engine, "connect", _configure)
        label = address.render_as_string(hide_password=True).replace("+pg8000", "")
        super().__init__(engine, label, migrate=migrate)

    def look_up(self, statement: Statement, **values: Any) -> Any:
        """Return the first row of a query, or None; alone it needs no BEGIN, a trip to the server each time."""
        found: Any = None

        def ask(db: sa.Connection) -> None:
            nonlocal found
            found = statement.first(db, **values)

        self._keep(self._begun(self._take(), ask))
        return found

    def check(self) -> list[str]:
        """Return the settings of the server that break the promise."""
        with self.reading() as db:
            found = [
                f"{self.label}: {name} is off: a power cut can lose or damage the catalogue."
                for name in ("fsync", "full_page_writes")
                if db.exec_driver_sql(f"SHOW {name}").scalar() != "on"
            ]
            version = int(db.exec_driver_sql("SHOW server_version_num").scalar_one())
            if version < OLDEST[0] * 10_000:
                found.append(f"{self.label}: PostgreSQL {version // 10_000} is older than {OLDEST[0]}.")
        return found

    def vacuum(self) -> None:
        """Run VACUUM ANALYZE; readers and writers go on meanwhile."""
        db = self._connect()
        try:
            self._execute(db, "VACUUM ANALYZE")
        except Exception as error:
            raise self._explain(error) or error from error
        finally:
            db.close()

    def size_bytes(self) -> int:
        """Return the size of the whole database."""
        with self.reading() as db:
            return int(db.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())

    def _begin_reading(self, db: sa.Connection) -> None:
        self._execute(db, _BEGIN_READING)

    def _begin_writing(self, db: sa.Connection, *, waits: bool) -> None:
        if waits:
            self._execute(db, f"BEGIN; SELECT pg_advisory_xact_lock({_WRITERS})")
            return
        driver: Any = db.connection.driver_connection
        if driver.execute_simple(f"BEGIN; SELECT pg_try_advisory_xact_lock({_WRITERS})").rows != [[True]]:
            self._execute(db, "ROLLBACK")
            raise Busy

    def _commit(self, db: sa.Connection, last: str) -> None:
        # Together: all who wait for their turn wait for each trip to the server.
        self._execute(db, f"{last}; COMMIT" if last else "COMMIT")

    def _execute(self, db: sa.Connection, statement: str) -> None:
        driver: Any = db.connection.driver_connection
        driver.execute_simple(statement)

    def _explain(self, error: BaseException) -> Exception | None:
        details = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
        code = str(details.get("C", ""))
        text = str(details.get("M") or error)
        if code == "55P03":
            return Unavailable(
                f"Another program has been writing to {self.label} for {BUSY_TIMEOUT_MS // 1000} seconds."
            )
        if code in ("53100", "53200"):
            return StorageError(
                f"The server of {self.label} has no room left: {text}.", hint="Free some, then try again."
            )
        if code == "3D000":
            return ConfigError(f"{self.label} refused the connection: {text}.", hint="Create it: createdb NAME")
        if code.startswith("28"):
            return ConfigError(
                f"{self.label} refused the connection: {text}.", hint="Look at the user, the password and the database."
            )
        is_lost = isinstance(error, OSError) or (not code and "connection" in text) or "network error" in text
        if is_lost or code.startswith(("08", "57", "53")):
            return Unavailable(f"{self.label} does not answer: {text}.")
        return None


def parse_url(url: str) -> tuple[sa.URL, dict[str, Any]]:
    """Read a PostgreSQL URL as libpq writes it; return SQLAlchemy's and the driver's arguments.

    >>> str(parse_url("postgresql://odl@db.example.fr/savoie?sslmode=require")[0])
    'postgresql+pg8000://odl@db.example.fr/savoie'

    :raises ConfigError: it is no such URL, or has a parameter that is not known here.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        parsed = None
    if parsed is None or parsed.drivername not in ("postgresql", "postgres") or not parsed.database:
        raise ConfigError(
            "The catalogue's database is no PostgreSQL URL.", hint="Write it as: postgresql://user@host:5432/database"
        )
    query = {key: value if isinstance(value, str) else value[-1] for key, value in parsed.query.items()}
    socket_dir = query.pop("host", "")
    mode = query.pop("sslmode", "prefer" if parsed.host else "disable")
    if query or mode not in _SSL or (socket_dir and not socket_dir.startswith("/")):
        raise ConfigError(
            f"The database URL has a parameter that cannot be used: {', '.join(query) or mode or socket_dir}.",
            hint="Known are sslmode and, for a Unix socket, host=/var/run/postgresql.",
        )
    arguments: dict[str, Any] = {"application_name": "odl-host"}
    if socket_dir or not parsed.host:
        arguments["unix_sock"] = f"{socket_dir or '/var/run/postgresql'}/.s.PGSQL.{parsed.port or 5432}"
    else:
        arguments["ssl_context"] = _ssl(mode)
    address = sa.URL.create(
        "postgresql+pg8000",
        username=parsed.username or getpass.getuser(),
        password=parsed.password,
        host=parsed.host,
        port=parsed.port,
        database=parsed.database,
    )
    return address, arguments


def _ssl(mode: str) -> Any:
    """Return pg8000's `ssl_context`: None tries TLS and goes on without, False never asks for it."""
    if mode in ("disable", "prefer"):
        return None if mode == "prefer" else False
    import ssl

    context = ssl.create_default_context()
    context.check_hostname = mode == "verify-full"
    if mode == "require":
        context.verify_mode = ssl.CERT_NONE
    return context


def _configure(driver: Any, _record: object) -> None:
    driver.execute_simple(_SESSION)
