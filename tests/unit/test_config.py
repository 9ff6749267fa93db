from __future__ import annotations

from pathlib import Path

import pytest

from odl_host.config import Home, Secret, TomlFile, find_home, language, load_settings
from odl_host.errors import ConfigError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in ("ODL_HOME", "ODL_PORT", "ODL_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    return Home(tmp_path)


def test_the_environment_wins_over_the_file_and_each_value_says_where_it_came_from(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.settings_file.write_text("# machine\nport = 9000\nworkers = 2\n")
    monkeypatch.setenv("ODL_PORT", "9001")
    settings, origins = load_settings(home)
    source = {origin.name: origin.source for origin in origins}
    assert (settings.port, settings.workers, settings.host) == (9001, 2, "127.0.0.1")
    assert source["port"] == "ODL_PORT"
    assert source["workers"] == "odl.toml, line 3"
    assert source["host"] == "default"


def test_an_unknown_key_names_file_line_and_nearest_key(home: Home) -> None:
    home.settings_file.write_text("\nport = 9000\nworkrs = 2\n")
    with pytest.raises(ConfigError, match=r"odl\.toml, line 3: the key “workrs” is unknown; did you mean “workers”"):
        load_settings(home)


@pytest.mark.parametrize("line", ['port = "9000"', "port = true", "port = 90.5", "port = [1]"])
def test_a_value_of_the_wrong_type_is_refused(home: Home, line: str) -> None:
    home.settings_file.write_text(line + "\n")
    with pytest.raises(ConfigError, match="“port” must be a whole number"):
        load_settings(home)


def test_a_variable_that_is_no_number_is_refused_by_its_name(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODL_PORT", "http")
    with pytest.raises(ConfigError, match="ODL_PORT"):
        load_settings(home)


def test_a_file_that_is_not_toml_is_refused(home: Home) -> None:
    home.settings_file.write_text("port == 1\n")
    with pytest.raises(ConfigError, match="line 1"):
        load_settings(home)


def test_the_line_of_a_nested_key_is_found(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text('title = "x"\n\n[catalogue]\n# comment\nkind = "ckan"\n\n[publish]\nkind = "no"\n')
    document = TomlFile.read(file)
    assert document.line_of(("catalogue", "kind")) == 5
    assert document.line_of(("publish", "kind")) == 8
    assert document.line_of(("publish",)) == 7


def test_the_home_is_the_flag_then_the_variable_then_here(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_home(None).path == tmp_path
    monkeypatch.setenv("ODL_HOME", str(tmp_path / "b"))
    assert find_home(None).path == tmp_path / "b"
    assert find_home(tmp_path / "c").path == tmp_path / "c"


@pytest.mark.parametrize(
    ("variables", "flag", "expected"),
    [
        ({}, None, "en"),
        ({"LANG": "fr_FR.UTF-8"}, None, "fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, None, "en"),
        ({"LANG": "fr_FR.UTF-8", "ODL_LANG": "en"}, None, "en"),
        ({"LANG": "C"}, "fr", "fr"),
    ],
)
def test_the_language_follows_the_flag_then_the_locale(
    home: Home, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], flag: str | None, expected: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language(flag) == expected


def test_a_secret_is_never_printed() -> None:
    secret = Secret("tok-123")
    assert "tok-123" not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == "tok-123"
