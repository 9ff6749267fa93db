from __future__ import annotations

from pathlib import Path

import pytest

from odl_host.config import Home
from odl_host.errors import ConfigError, UsageError
from odl_host.provision.render import render_manifest
from odl_host.tenants import Perimeter, Tenant, check_tenant_name, choose_tenant, list_tenants, load_tenant


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "tenants").mkdir()
    return Home(tmp_path)


def write(home: Home, name: str, text: str) -> None:
    (home.tenants / f"{name}.toml").write_text(text)


def test_what_init_writes_is_what_is_read_back(home: Home) -> None:
    perimeter = Perimeter(communes=("2A004",), departements=("73",))
    title = 'Le "portail" de l’Épine \\ 73'
    files = render_manifest(
        home, name="savoie", title=title, description="Une\nligne", url="https://data.savoie.fr", perimeter=perimeter
    )
    for path, text in files.items():
        path.write_text(text)
    tenant = load_tenant(home, "savoie")
    assert tenant.title == title
    assert tenant.manifest.perimeter == perimeter
    assert tenant.url == "https://data.savoie.fr"
    assert tenant.deposit == home.path / "data" / "savoie" / "deposit"


def test_an_unknown_key_of_a_manifest_names_file_line_and_nearest_key(home: Home) -> None:
    write(home, "savoie", 'title = "x"\n\n[catalogue]\nkind = "embedded"\ntoken_evn = "T"\n')
    with pytest.raises(ConfigError, match=r"savoie\.toml, line 5: .*catalogue\.token_evn.* did you mean “token_env”"):
        load_tenant(home, "savoie")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('url = "data.savoie.fr"', "line 1.*http"),
        ('url = "https://data.savoie.fr/portail"', "cannot have a path"),
        ('[catalogue]\nkind = "solr"', "line 2.*neither"),
        ('[catalogue]\nkind = "ckan"', "needs its address"),
        ('[perimeter]\ncommunes = "73065"', "must be a list"),
        ('[storage]\nkind = "ftp"', "neither “local” nor “s3”"),
        ('[storage]\nkind = "s3"\nbucket = "ab"', "names no bucket"),
        ('[storage]\nendpoint = "s3.example.fr"', "not the address of an S3 server"),
        ('[[sources]]\nurl = "ftp://x/y"', "s3://, sftp:// or https://"),
        ('[[sources]]\nurl = "sftp://a:secret@b/c"', "holds no password"),
        ('[[sources]]\nurl = "s3://A"', "names no bucket"),
        ('[[sources]]\nurl = "s3://abc"\nmember = "../x"', "no INSEE code"),
        ('[[sources]]\nurl = "s3://abc"\nacess_key_env = "X"', "did you mean “access_key_env”"),
        ('[[sources]]\nurl = "s3://abc"\naccess_key_env = "X"', "go together"),
        ("[perimeter]\ncommunes = [73065]", "must be a text in quotes"),
    ],
)
def test_a_manifest_that_could_only_fail_later_is_refused_now(home: Home, text: str, message: str) -> None:
    write(home, "savoie", text + "\n")
    with pytest.raises(ConfigError, match=message):
        load_tenant(home, "savoie")


def test_the_only_tenant_needs_no_name_and_several_do(home: Home) -> None:
    with pytest.raises(UsageError, match="There is no tenant"):
        choose_tenant(home, None)
    write(home, "savoie", 'title = "Savoie"\n')
    assert choose_tenant(home, None).name == "savoie"
    write(home, "isere", 'title = "Isère"\nurl = "http://isere.test"\n')
    with pytest.raises(UsageError, match="isere, savoie"):
        choose_tenant(home, None)
    assert choose_tenant(home, "isere").title == "Isère"
    assert [tenant.name for tenant in list_tenants(home)] == ["isere", "savoie"]


def test_an_absent_tenant_names_those_that_exist(home: Home) -> None:
    write(home, "savoie", "")
    with pytest.raises(ConfigError, match=r"no tenant “savoi”.*savoie"):
        load_tenant(home, "savoi")


@pytest.mark.parametrize(
    ("url", "host", "expected"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("http://127.0.0.1:8000", "localhost:9000", True),
        ("http://127.0.0.1:8000", "[::1]:8000", True),
        ("https://data.savoie.fr", "DATA.savoie.fr:443", True),
        ("https://data.savoie.fr", "www.data.savoie.fr", True),
        ("https://data.savoie.fr", "localhost", False),
        ("https://data.savoie.fr", "evil.fr", False),
    ],
)
def test_a_tenant_answers_to_its_own_hosts_only(home: Home, url: str, host: str, expected: bool) -> None:
    write(home, "savoie", f'url = "{url}"\nhosts = ["www.data.savoie.fr"]\n')
    assert load_tenant(home, "savoie").answers(host) is expected


@pytest.mark.parametrize("name", ["Savoie", "a", "é", "../x", "a b", "", "schemas"])
def test_a_name_that_cannot_be_a_folder_and_a_host_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        check_tenant_name(name)


def test_a_token_comes_from_a_variable_or_a_file_and_its_absence_is_said(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def token_of(text: str) -> str | None:
        write(home, "ckan", f'[catalogue]\nkind = "ckan"\nurl = "https://ckan.test"\n{text}\n')
        tenant: Tenant = load_tenant(home, "ckan")
        secret = tenant.manifest.catalogue.token()
        return secret.reveal() if secret else None

    assert token_of("") is None
    monkeypatch.setenv("CKAN_TOKEN", "abc ")
    assert token_of('token_env = "CKAN_TOKEN"') == "abc"
    monkeypatch.delenv("CKAN_TOKEN")
    with pytest.raises(ConfigError, match=r"CKAN_TOKEN.*not set"):
        token_of('token_env = "CKAN_TOKEN"')
    (tmp_path / "token").write_text("def\n")
    assert token_of(f'token_file = "{tmp_path / "token"}"') == "def"
    with pytest.raises(ConfigError, match="absent"):
        token_of(f'token_file = "{tmp_path / "absent"}"')


def test_ckans_settings_are_named_as_ckan_names_them(home: Home) -> None:
    write(home, "savoie", '[ckan]\nckan.auth.create_unowned_dataset = true\n"ckan.search.rows_max" = 10\n')
    assert load_tenant(home, "savoie").manifest.ckan
    write(home, "ain", "[ckan]\nckan.auth.create_unowned_datasets = true\n")
    with pytest.raises(ConfigError, match=r"ain\.toml, line 1: .*did you mean “ckan\.auth\.create_unowned_dataset”"):
        load_tenant(home, "ain")


def test_two_tenants_never_share_a_database(home: Home) -> None:
    for name in ("isere", "savoie"):
        write(home, name, '[catalogue]\ndatabase = "postgresql:///portail"\n')
    with pytest.raises(ConfigError, match="isere and savoie name the same database"):
        list_tenants(home)
    write(home, "isere", '[catalogue]\ndatabase = "postgresql:///isere"\n')
    assert len(list_tenants(home)) == 2


def test_a_password_in_a_manifest_is_refused_and_a_database_url_comes_from_a_variable(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home, "savoie", '[catalogue]\ndatabase = "postgresql://odl:secret@db/savoie"\n')
    with pytest.raises(ConfigError, match="holds no password"):
        load_tenant(home, "savoie")
    write(home, "savoie", '[catalogue]\ndatabase_env = "BASE"\n')
    catalogue = load_tenant(home, "savoie").manifest.catalogue
    with pytest.raises(ConfigError, match="BASE"):
        catalogue.database_url()
    monkeypatch.setenv("BASE", "postgresql://odl:secret@db/savoie")
    assert catalogue.database_url() == "postgresql://odl:secret@db/savoie"


def test_a_name_that_is_too_short_for_a_tenant_is_refused_for_its_length() -> None:
    with pytest.raises(UsageError, match="a name has 2 to 100 characters, this one 1"):
        check_tenant_name("x")
