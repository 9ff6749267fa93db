"""The machine's settings and where things lie in a host's home.

Settings come from `odl.toml`, then `ODL_*` variables, then flags: later wins. They are read once, here, and passed
down; nothing else looks at the environment. Secrets are never in these files: only the name of a variable or the path
of a file that holds them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from odl_host.errors import ConfigError
from odl_host.record import Record

Value = TypeVar("Value")
PACKAGE = Path(__file__).resolve().parent


class Secret:
    """A value that must not be printed.

    >>> Secret("tok-123")
    Secret(***)
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value itself; call it only where it is sent."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__


class Setting:
    """One setting: its default value, one sentence of help, and the bounds of a number."""

    name = ""

    def __init__(self, default: Any, help: str, least: float | None, most: float) -> None:  # noqa: A002 - its word
        self.default, self.help, self.least, self.most = default, help, least, most

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, settings: Settings | None, owner: type) -> Any:
        return self if settings is None else settings.given.get(self.name, self.default)

    def __set__(self, settings: Settings, value: object) -> None:
        raise AttributeError(f"Settings are not changed: {self.name}.")


def setting(default: Any, help: str, *, least: float | None = None, most: float = 10**12) -> Any:  # noqa: A002 - its word
    """Declare a setting of `Settings`."""
    return Setting(default, help, least, most)


class Settings:
    """The settings of one machine. Each may stand in `odl.toml`, or as `ODL_<NAME>` in the environment."""

    host: str = setting("127.0.0.1", "Address that `serve` listens on.")
    port: int = setting(8000, "Port that `serve` listens on.", least=1, most=65535)
    workers: int = setting(1, "Server processes started by `serve`.", least=1, most=256)
    jobs: int = setting(0, "Processes that read and validate files; 0 takes one per processor.", least=0, most=1024)
    writers: int = setting(0, "Datasets written at once; 0 takes what the catalogue bears.", least=0, most=64)
    max_file_mb: int = setting(1024, "Largest file read from a deposit, in megabytes.", least=1)
    max_workbook_mb: int = setting(128, "Largest workbook, which is held in memory, in megabytes.", least=1)
    max_cells: int = setting(20_000_000, "Most cells read from one sheet of a workbook.", least=1)
    max_columns: int = setting(2_000, "Most columns in one file.", least=1)
    max_zip_ratio: int = setting(200, "Most times a workbook may grow when it is unpacked.", least=1)
    max_findings: int = setting(100, "Findings kept per kind and column; the rest are counted.", least=1)
    http_timeout_s: float = setting(30.0, "Seconds that a remote catalogue may take to answer.", least=1)
    smtp_host: str = setting("", "SMTP server that letters are sent through; without it none is sent.")
    smtp_port: int = setting(587, "Port of the SMTP server.", least=1, most=65535)
    smtp_security: str = setting("starttls", "How it is encrypted: starttls, tls (often port 465) or none.")
    smtp_user: str = setting("", "User of the SMTP server.")
    smtp_password_env: str = setting("", "Variable that holds the user's password.")
    smtp_password_file: str = setting("", "File that holds the user's password.")
    mail_from: str = setting("", "Address that letters come from.")
    keep_runs: int = setting(400, "Journals of runs that are kept; 0 keeps all.", least=0)
    metrics_file: str = setting("", "File for Prometheus's textfile collector, written after each run.")
    ping_url: str = setting("", "Address told of each run (URL/start, URL, URL/fail); {tenant} is replaced.")

    def __init__(self, **given: Any) -> None:
        if unknown := given.keys() - SETTINGS.keys():
            raise TypeError(f"No settings: {', '.join(unknown)}.")
        self.given = given
        """What differs from the defaults."""

    def but(self, **changes: Any) -> Settings:
        """Return the same settings with some changed."""
        return Settings(**{**self.given, **changes})


SETTINGS: Mapping[str, Setting] = {name: value for name, value in vars(Settings).items() if isinstance(value, Setting)}


class Home(Record):
    """Where everything of one host lies."""

    path: Path

    @property
    def settings_file(self) -> Path:
        """The machine's settings; the file may be absent."""
        return self.path / "odl.toml"

    @property
    def tenants(self) -> Path:
        """The manifests, one file per tenant, fit for git."""
        return self.path / "tenants"

    @property
    def data(self) -> Path:
        """What the programs write."""
        return self.path / "data"

    @property
    def schema_cache(self) -> Path:
        """The official schemas loaded by `schema sync`."""
        return self.data / "schemas"

    def tenant_data(self, tenant: str) -> Path:
        """One tenant's catalogue, files, runs and reports."""
        return self.data / tenant


class Origin(Record):
    """A setting's value and where it came from."""

    name: str
    value: object
    source: str
    help: str


def find_home(flag: Path | None) -> Home:
    """Return the home: the flag, else `ODL_HOME`, else the current folder."""
    return Home((flag or Path(os.environ.get("ODL_HOME") or ".")).resolve())


def read_variable(name: str) -> str | None:
    """Return an environment variable that a manifest names, or None when it is not set."""
    return os.environ.get(name)


def read_secret(variable: str, file: str, what: str) -> Secret | None:
    """Return the secret that a manifest names by a variable or by a file, or None when it names neither.

    :raises ConfigError: the variable or the file holds nothing; `what` says in the message what should be there
    """
    if variable:
        if value := (read_variable(variable) or "").strip():
            return Secret(value)
        raise ConfigError(
            f"The environment variable {variable}, which should hold {what}, is not set.",
            hint=f"Set it: export {variable}=…",
        )
    if file:
        try:
            value = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            raise ConfigError(f"The file {file}, which should hold {what}, cannot be read: {reason}.") from error
        if value:
            return Secret(value)
        raise ConfigError(f"The file {file}, which should hold {what}, is empty.")
    return None


def operator_name() -> str:
    """Return the name of the person at the keyboard, as far as this machine knows it."""
    import getpass

    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def language(flag: str | None) -> str:
    """Return "fr" or "en" for what is printed to people: the flag, `ODL_LANG`, else the locale's language."""
    chosen = flag or os.environ.get("ODL_LANG")
    if not chosen:
        chosen = next((v for v in map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG")) if v), "en")
    return "fr" if chosen.lower().startswith("fr") else "en"


def load_settings(home: Home) -> tuple[Settings, list[Origin]]:
    """Read the settings of this machine, and where each value came from.

    :raises ConfigError: a key is unknown, or a value has the wrong type.
    """
    document = TomlFile.read(home.settings_file) if home.settings_file.exists() else None
    settings = document.build(Settings) if document else Settings()
    origins: list[Origin] = []
    for item in SETTINGS.values():
        source = "default"
        if document and item.name in document.table:
            source = f"{home.settings_file.name}, line {document.line_of((item.name,))}"
        variable = f"ODL_{item.name.upper()}"
        if text := os.environ.get(variable):
            kind: type = type(item.default)
            try:
                settings = settings.but(**{item.name: kind(text)})
            except ValueError:
                raise ConfigError(
                    f"The environment variable {variable} must be of type {kind.__name__}, not “{text}”.",
                    hint=f"Unset {variable} or give it another value.",
                ) from None
            source = variable
        value, least = getattr(settings, item.name), item.least
        if least is not None and not least <= value <= item.most:
            raise ConfigError(
                f"The setting {item.name} ({source}) must be between {least} and {item.most}, not {value}."
            )
        origins.append(Origin(item.name, getattr(settings, item.name), source, item.help))
    return settings, origins


def templates_dir() -> Path:
    """Return the folder of tenant templates: inside the package in a wheel, at the top in a checkout."""
    inside = PACKAGE / "tenant_templates"
    return inside if inside.is_dir() else PACKAGE.parent / "tenant_templates"


class TomlFile(Record):
    """A TOML document that can say on which line a key stands."""

    path: Path
    text: str
    table: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> TomlFile:
        """Read a TOML file. :raises ConfigError: when it is absent or not TOML."""
        import tomllib

        try:
            text = path.read_text(encoding="utf-8-sig")
            return cls(path, text, tomllib.loads(text))
        except FileNotFoundError:
            raise ConfigError(f"The file {path} does not exist.") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise ConfigError(f"The file {path} cannot be read: {error}.") from error

    def line_of(self, keys: tuple[str, ...]) -> int:
        """Return the 1-based line where the key of this path is written, or 1 when it cannot be told."""
        table: tuple[str, ...] = ()
        header = re.compile(r"\s*\[{1,2}\s*([^\]]+?)\s*\]{1,2}")
        for number, line in enumerate(self.text.splitlines(), start=1):
            if match := header.match(line):
                table = tuple(part.strip(" \"'") for part in match[1].split("."))
                if table == keys:
                    return number
            elif (match := re.match(r"\s*([\w\-.\"']+)\s*=", line)) and (
                (*table, *(part.strip("\"'") for part in match[1].split("."))) == keys
            ):
                return number
        return 1

    def build(self, cls: type[Value], *, keys: tuple[str, ...] = (), table: Mapping[str, Any] | None = None) -> Value:
        """Return the (sub-)table at `keys` as a `cls`; `table` is given for one that stands in a list.

        :raises ConfigError: a key is unknown (the nearest is named) or a value has the wrong type.
        """
        if table is None:
            table = self.table
            for key in keys:
                table = table.get(key, {})
        types = get_type_hints(cls)
        values: dict[str, Any] = {}
        for key, value in table.items():
            where = (*keys, key)
            if key not in types:
                raise self.error(where, f"the key “{'.'.join(where)}” is unknown{_nearest(key, types)}")
            values[key] = self._convert(types[key], value, where)
        return cls(**values)

    def error(self, keys: tuple[str, ...], message: str) -> ConfigError:
        """Return an error that names the file and the line of a key."""
        return ConfigError(f"{self.path}, line {self.line_of(keys)}: {message}")

    def _convert(self, kind: Any, value: Any, where: tuple[str, ...]) -> Any:
        if isinstance(kind, type) and hasattr(kind, "__dataclass_fields__"):
            if not isinstance(value, dict):
                raise self.error(where, f"“{'.'.join(where)}” must be a table.")
            return self.build(kind, keys=where, table=value)
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is tuple and isinstance(value, list):
            return tuple(self._convert(arguments[0], item, where) for item in value)
        if origin is Mapping and isinstance(value, dict):
            return value
        wanted = kind if isinstance(kind, type) else next((a for a in arguments if a is not type(None)), str)
        if wanted is float and type(value) is int:
            return float(value)
        if origin is tuple or type(value) is not wanted:
            word = "a list" if origin is tuple else _TYPE_WORDS.get(wanted, wanted.__name__)
            raise self.error(where, f"“{'.'.join(where)}” must be {word}, not {value!r}.")
        return value


_TYPE_WORDS: dict[type, str] = {
    str: "a text in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


def _nearest(key: str, names: Iterable[str]) -> str:
    import difflib

    close = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
    return f"; did you mean “{close[0]}”?" if close else f"; known keys: {', '.join(sorted(names))}."
