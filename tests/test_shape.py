"""What must stay true of the whole: quick help, lazy imports, a wheel that holds everything."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {
    "argon2", "boto3", "ckanapi", "frictionless", "jinja2", "openpyxl", "opening_hours", "pandas",
    "phonenumbers", "requests", "sqlalchemy", "starlette", "tantivy", "uvicorn",
}  # fmt: skip


def imported_by(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_help_imports_nothing_heavy() -> None:
    loaded = imported_by("from odl_host.cli.main import main\nmain(['--help'])")
    assert not loaded & HEAVY


def test_validating_a_valid_csv_imports_nothing_heavy(tmp_path: Path) -> None:
    file = tmp_path / "prenoms.csv"
    file.write_text(
        "COMMUNE_NOM,COLL_INSEE,ENFANT_SEXE,ENFANT_PRENOM,NOMBRE_OCCURRENCES,ANNEE\nBarby,73030,F,Zoé,3,2024\n",
        encoding="utf-8",
    )
    loaded = imported_by(f"from odl_host.cli.main import main\nassert main(['validate', {str(file)!r}]) == 0")
    assert not loaded & HEAVY
    # Half of what a small file takes is imports: these serve other commands, or many files.
    assert not loaded & {"click", "concurrent", "multiprocessing", "hashlib", "shutil", "tomllib", "urllib.request"}


def test_a_plain_call_imports_only_what_a_small_file_needs(tmp_path: Path) -> None:
    file = tmp_path / "subventions.csv"
    row = {
        "nomAttribuant": "Barby", "idAttribuant": "21730034200014", "dateConvention": "2024-03-31",
        "nomBeneficiaire": "Club", "objet": "Aide", "montant": "100.5", "nature": "aide en numéraire",
        "conditionsVersement": "unique",
    }  # fmt: skip
    file.write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n", encoding="utf-8")
    call = ["--json", "validate", str(file), "--schema", "scdl/subventions"]
    loaded = imported_by(f"from odl_host.cli.main import main\nassert main({call!r}) in (0, 3)")
    assert not loaded & {
        *("ast", "click", "copy", "dataclasses", "difflib", "dis", "email", "gettext", "hashlib", "http", "locale"),
        *("logging", "platform", "random", "socket", "subprocess", "tempfile", "threading", "traceback", "uuid"),
        *("weakref", "zipfile"),
    }


def test_the_environment_is_read_in_one_place_and_printing_done_in_another() -> None:
    for path in (ROOT / "odl_host").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        relative = path.relative_to(ROOT / "odl_host").as_posix()
        if relative not in {"config.py", "cli/output.py"}:
            assert "os.environ.get" not in text and "os.getenv" not in text, relative


def test_actions_never_see_a_tenant() -> None:
    for path in (ROOT / "odl_host" / "server" / "actions").glob("*.py"):
        assert "tenant" not in path.read_text(encoding="utf-8"), path.name


@pytest.mark.slow
def test_a_wheel_in_an_empty_environment_runs_the_demo_outside_the_checkout(tmp_path: Path) -> None:
    """The dependencies are those of this environment; the wheel's own files are what is tested."""
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path / "dist"), str(ROOT)],
        check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=False)
    target = next((environment / "lib").glob("python3*/site-packages"))
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(wheel)],
        check=True,
    )
    here = [path for path in sys.path if path.endswith("site-packages")]
    (target / "dependencies.pth").write_text("\n".join(here))
    code = (
        "import odl_host, sys\n"
        f"assert odl_host.__file__.startswith({str(target)!r}), odl_host.__file__\n"
        "from odl_host.cli.main import main\n"
        "sys.exit(main(['demo', '--no-serve', '--home', 'demo']))"
    )
    done = subprocess.run(
        [str(environment / "bin" / "python"), "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "published" in done.stdout or "publiés" in done.stdout
