"""The portal in a real browser: nothing overflows a telephone or breaks the content policy; the keyboard works."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from odl_host.demo import sample_deposit
from tests.e2e.conftest import CommandLine
from tests.ports import free_port

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: install it to see the portal in a browser"),
]


# Chromium reads commands from its file descriptor 3 and answers on 4: ours are moved there, by way of higher numbers.
MOVE_AND_RUN = """
import fcntl, os, sys
moved = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 20) for number in sys.argv[1:3]]
os.dup2(moved[0], 3)
os.dup2(moved[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Browser:
    """One tab of Chromium, driven over a pipe. Source: Chrome DevTools Protocol, `--remote-debugging-pipe`."""

    def __init__(self, profile: Path) -> None:
        command_read, self._write = os.pipe()
        self._read, answer_write = os.pipe()
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-c", MOVE_AND_RUN, str(command_read), str(answer_write), str(CHROMIUM)),
                *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
                *("--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe"),
                *("--disable-dev-shm-usage", f"--user-data-dir={profile}", "about:blank"),
            ],
            pass_fds=(command_read, answer_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(command_read)
        os.close(answer_write)
        self._numbers = itertools.count(1)
        self._rest = b""
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def open(self, address: str) -> None:
        self.events.clear()
        self.ask("Page.navigate", url=address)
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._receive())

    def run(self, script: str) -> Any:
        return self.ask("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def press(self, key: str) -> None:
        codes = {"Tab": 9, "Enter": 13}
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            params = {"key": key, "code": key, "windowsVirtualKeyCode": codes[key], **text}
            self.ask("Input.dispatchKeyEvent", type=kind, **params)

    @property
    def complaints(self) -> list[str]:
        """What the browser wrote in its console."""
        return [json.dumps(e["params"]) for e in self.events if e.get("method") == "Log.entryAdded"]

    @property
    def hosts(self) -> set[str]:
        requests = [
            e["params"]["request"]["url"] for e in self.events if e.get("method") == "Network.requestWillBeSent"
        ]
        return {url.split("/")[2] for url in requests}

    def close(self) -> None:
        os.close(self._write)
        os.close(self._read)
        self._process.terminate()
        self._process.wait(60)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            chunk = os.read(self._read, 1 << 16)
            assert chunk, "Chromium ended"
            self._rest += chunk
        message, _, self._rest = self._rest.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("browser")
    odl = CommandLine(home)
    odl("init", "lac", "--commune", "73065", "--commune", "73179", "--url", "http://127.0.0.1")
    odl("provision")
    odl("add-commune", "73065", "73179")
    odl("publish", sample_deposit(), code=None)
    port = free_port()
    server = subprocess.Popen(odl.arguments("serve", "--port", str(port)), env=odl.env, stderr=subprocess.DEVNULL)
    try:
        yield _answering(f"http://127.0.0.1:{port}", server)
    finally:
        server.terminate()
        server.wait(60)


def _answering(address: str, server: subprocess.Popen[bytes]) -> str:
    while server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/robots.txt", timeout=60):
                return address
        except OSError:
            time.sleep(0.05)
    pytest.fail("the server ended at once")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def pages(address: str) -> list[str]:
    """One page of each kind, in each language; the dataset and the file are Chambéry's."""
    with urllib.request.urlopen(f"{address}/api/3/action/package_search?q=organization:chambery&rows=1") as answer:
        dataset = json.load(answer)["result"]["results"][0]
    file = f"/dataset/{dataset['name']}/resource/{dataset['resources'][0]['id']}"
    french = [
        *("/", "/dataset/", "/dataset/?q=zzz", "/organization/", "/organization/chambery", "/api-doc", "/user/login"),
        *(f"/dataset/{dataset['name']}", file, file.replace("/resource/", "/dictionary/")),
        *("/about", "/accessibilite", "/mentions-legales"),
    ]
    return [*french, *(f"/en{page}" for page in french)]


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_page_is_wider_than_the_screen(browser: Browser, address: str, pages: list[str], width: int) -> None:
    browser.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    found = {}
    for page in pages:
        browser.open(address + page)
        found[page] = browser.run("document.documentElement.scrollWidth")
    assert {page: wide for page, wide in found.items() if wide > width} == {}


@pytest.mark.parametrize("width", [1024, 1280])
def test_a_long_title_leaves_the_menu_and_the_search_whole_and_in_one_row(
    browser: Browser, address: str, width: int
) -> None:
    browser.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    browser.open(address + "/about")
    browser.run("document.querySelector('.brand').append(' de la communauté d’agglomération'.repeat(4))")
    links = browser.run("[...document.querySelectorAll('.menu a')].map(one => one.clientHeight)")
    assert max(links) < 45, links
    tops = browser.run("['.menu', '.top .find'].map(one => document.querySelector(one).getBoundingClientRect().top)")
    assert abs(tops[0] - tops[1]) < 20
    assert browser.run("document.documentElement.scrollWidth") <= width


def test_no_count_beside_a_long_choice_is_broken(browser: Browser, address: str) -> None:
    browser.ask("Emulation.setDeviceMetricsOverride", width=1200, height=900, deviceScaleFactor=1, mobile=False)
    browser.open(address + "/dataset/")
    lines = browser.run("""
        [...document.querySelectorAll(".filters li a")].map(choice => {
            const count = choice.querySelector(".n").firstChild, letters = document.createRange();
            choice.firstChild.append(" et administration".repeat(3));
            count.data = "1234";
            letters.selectNode(count);
            return letters.getClientRects().length;
        })
    """)
    assert lines
    assert set(lines) <= {0, 1}  # none of what is folded
    assert 1 in lines


def test_no_name_of_a_column_is_broken_on_a_telephone(browser: Browser, address: str, pages: list[str]) -> None:
    browser.ask("Emulation.setDeviceMetricsOverride", width=390, height=900, deviceScaleFactor=1, mobile=False)
    browser.open(address + next(page for page in pages if "/dictionary/" in page))
    heights = browser.run("[...document.querySelectorAll('td code')].map(name => name.getClientRects().length)")
    assert heights
    assert set(heights) == {1}


def test_a_reader_changes_the_language_and_stays_on_the_page(browser: Browser, address: str) -> None:
    browser.open(address + "/dataset/?q=arbres")
    for language, path in (("en", "/en/dataset/?q=arbres"), ("fr", "/dataset/?q=arbres")):
        browser.open(browser.run(f"document.querySelector('.foot a[hreflang={language}]').href"))
        assert browser.run("location.pathname + location.search") == path
        assert browser.run("document.documentElement.lang") == language


def test_the_browser_has_nothing_to_complain_about_and_asks_no_other_site(
    browser: Browser, address: str, pages: list[str]
) -> None:
    for page in pages:
        browser.open(address + page)
        assert browser.run("document.styleSheets.length") == 1, page
        assert browser.complaints == [], page
        assert browser.hosts == {address.removeprefix("http://")}, page


def test_the_first_tab_reaches_the_skip_link_and_enter_follows_it(browser: Browser, address: str) -> None:
    browser.open(address + "/")
    browser.press("Tab")
    assert browser.run("document.activeElement.className") == "skip"
    assert browser.run("document.activeElement.getBoundingClientRect().top") >= 0
    browser.press("Enter")
    assert browser.run("document.activeElement.id") == "contenu"


def test_both_themes_are_drawn(browser: Browser, address: str) -> None:
    grounds = set()
    for theme in ("light", "dark"):
        browser.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
        browser.open(address + "/dataset/")
        grounds.add(browser.run("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2


def test_a_report_on_a_telephone_breaks_no_title_of_a_column(browser: Browser, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    file = sample_deposit() / "73225" / "Subventions 2024.csv"
    CommandLine(home)("validate", file, "--report", tmp_path / "rapports", code=3)
    (page,) = (tmp_path / "rapports").glob("*.html")
    browser.ask("Emulation.setDeviceMetricsOverride", width=390, height=900, deviceScaleFactor=1, mobile=False)
    browser.open(page.as_uri())
    heights = browser.run("[...document.querySelectorAll('.health th[scope=row]')].map(title => title.clientHeight)")
    assert max(heights) < 40, "one line each"
    assert browser.run("document.documentElement.scrollWidth") <= 390
