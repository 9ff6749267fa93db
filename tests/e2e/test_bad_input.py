"""What goes wrong around the main job: each is a clear sentence, the next thing to do, and the right exit code."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from .conftest import CommandLine
from .nights import read_log, start_logged

PRENOMS = "COMMUNE_NOM,COLL_INSEE,ENFANT_SEXE,ENFANT_PRENOM,NOMBRE_OCCURRENCES,ANNEE\nChambéry,73065,F,Zoé,3,2024\n"


@contextmanager
def serving(odl: CommandLine, port: int) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        odl.arguments("serve", "--port", str(port)),
        env=odl.env,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if "Ctrl-C" in line:
                break
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def test_a_port_in_use_names_the_port_and_what_to_do(savoie: CommandLine) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = savoie("serve", "--port", str(port), code=2)
    assert str(port) in run.stderr and "→" in run.stderr


def test_an_unknown_host_is_404_and_ctrl_c_ends_the_server(savoie: CommandLine, free_port: Callable[[], int]) -> None:
    port = free_port()
    with serving(savoie, port) as process:
        with urlopen(f"http://127.0.0.1:{port}/api/3/action/status_show") as answer:
            assert answer.status == 200
        request = Request(f"http://127.0.0.1:{port}/api/3/action/status_show", headers={"Host": "autre.fr"})
        with pytest.raises(OSError, match="404"):
            urlopen(request)
    assert process.returncode in {0, 130}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("vide.csv", b""),
        ("binaire.csv", bytes(range(256)) * 40),
        ("photo.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"),
        ("faux.xlsx", b"PK\x03\x04 not a workbook"),
        ("texte.xlsx", b"bonjour"),
    ],
)
def test_what_is_no_table_is_blocked_and_the_rest_goes_on(
    savoie: CommandLine, tmp_path: Path, name: str, content: bytes
) -> None:
    folder = tmp_path / "depot" / "73065"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(content)
    (folder / "prenoms.csv").write_text(PRENOMS, encoding="utf-8")
    run = savoie("--json", "publish", tmp_path / "depot", code=6).json
    assert run["counts"]["published"] == 1
    assert run["counts"]["blocked"] == 1
    blocked = next(item for item in run["items"] if item["outcome"] == "blocked")
    assert blocked["reason"] and Path(blocked["report"]).is_file()


def test_a_zip_bomb_is_refused_without_being_unpacked(savoie: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "depot" / "73065"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "bombe.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 300_000_000)
    run = savoie("--json", "publish", tmp_path / "depot", code=6).json
    assert run["counts"]["blocked"] == 1


def test_a_table_without_rows_is_published_as_it_is(savoie: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "depot" / "73065"
    folder.mkdir(parents=True)
    (folder / "prenoms.csv").write_text(PRENOMS.splitlines()[0] + "\n", encoding="utf-8")
    run = savoie("--json", "publish", tmp_path / "depot").json
    assert (run["items"][0]["outcome"], run["items"][0]["rows"]) == ("published", 0)


def test_ctrl_c_ends_with_130_and_the_next_run_completes(savoie: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "depot" / "73065"
    folder.mkdir(parents=True)
    for number in range(150):
        (folder / f"prenoms-{number}.csv").write_text(PRENOMS.replace("2024", str(1900 + number)), encoding="utf-8")
    process = start_logged(savoie, "publish", tmp_path / "depot", "--jobs", "1")
    read_log(process, "sent")
    process.send_signal(signal.SIGINT)
    stderr = process.communicate(timeout=300)[1].decode()
    assert process.returncode == 130, stderr
    assert "Run the same command again" in stderr
    assert "Traceback" not in stderr
    assert "did not reach its end" in savoie("status").stdout
    done = savoie("--json", "publish", tmp_path / "depot").json["counts"]
    assert done["published"] + done["unchanged"] == 150
    assert savoie("--json", "status").json["resources"] == 150


def test_a_full_disk_is_said_and_the_next_run_completes(savoie: CommandLine, tmp_path: Path) -> None:
    """A file-size limit on the process stands for a full disk: the kernel refuses the write in the same place."""
    folder = tmp_path / "depot" / "73065"
    folder.mkdir(parents=True)
    rows = "".join(f"Chambéry,73065,F,Zoé,{number % 999 + 1},2024\n" for number in range(40_000))
    header = PRENOMS.splitlines()[0] + "\n"
    (folder / "grand.csv").write_text(header + rows.replace("Zoé", "Zoé"), encoding="utf-8")
    command = subprocess.list2cmdline(savoie.arguments("--json", "publish", tmp_path / "depot", "--jobs", "1"))
    done = subprocess.run(
        ["bash", "-c", f"trap '' XFSZ; ulimit -f 600; exec {command}"],
        env=savoie.env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in {4, 6}, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    final = savoie("--json", "publish", tmp_path / "depot", code=None).json
    assert final["counts"]["failed"] == 0
    assert savoie("--json", "status").json["resources"] == final["counts"]["published"]


def test_what_is_no_file_is_said_and_keeps_nobody_waiting(savoie: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "depot" / "73065"
    folder.mkdir(parents=True)
    (folder / "prenoms.csv").write_text(PRENOMS, encoding="utf-8")
    os.mkfifo(folder / "tube.csv")
    run = savoie("--json", "publish", tmp_path / "depot", code=6).json
    ended = {item["path"]: (item["outcome"], item["reason"]) for item in run["items"]}
    assert ended["73065/prenoms.csv"][0] == "published"
    assert ended["73065/tube.csv"][0] == "blocked" and "ni un fichier" in ended["73065/tube.csv"][1]


def test_a_list_of_corrections_that_cannot_be_written_ends_no_run(savoie: CommandLine, tmp_path: Path) -> None:
    """A folder in the place of the files stands for a disk that refuses them."""
    folder = tmp_path / "depot" / "73065"
    folder.mkdir(parents=True)
    (folder / "prenoms-2023.csv").write_text(PRENOMS.replace("2024", "2023"), encoding="utf-8")
    (folder / "prenoms-2024.csv").write_text(PRENOMS.replace(",3,", ",trois,"), encoding="utf-8")
    reports = savoie.home / "data" / "savoie" / "reports"
    (reports / "a-corriger.csv" / "x").mkdir(parents=True)
    run = savoie("--json", "publish", tmp_path / "depot", code=6)
    assert (run.json["counts"]["published"], run.json["counts"]["rejected"]) == (1, 1)
    assert len(run.json["problems"]) == 1 and "a-corriger.csv" in run.stderr
    assert [path.suffix for path in sorted((reports / "chambery").iterdir())] == [".html", ".json", ".xlsx"]
    # Corrected, its reports go; one that refuses to go is said, and the file is online all the same.
    (folder / "prenoms-2024.csv").write_text(PRENOMS, encoding="utf-8")
    (page,) = (reports / "chambery").glob("*.html")
    page.unlink()
    (page / "x").mkdir(parents=True)
    run = savoie("--json", "publish", tmp_path / "depot")
    assert run.json["counts"]["published"] == 1
    assert [str(page) in problem for problem in run.json["problems"]] == [True, False]
