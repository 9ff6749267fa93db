"""Replays calls of the row API and compares what they answer with what a real CKAN answered.

`tests/data/datastore-calls.json` holds cases: lists of steps, each an action and its parameters (or "GET" and a path; a
third member "anonymous" calls without a token) beside its recorded answer. `$r`, `$r2`… are resources made for the case
(`$p…` of a private dataset), `$d` is their dataset, `$a`, `$b` are names of its own, `$new` is the resource that
`datastore_create` made last.

`python -m tests.contract.datastore_calls URL TOKEN` asks a real CKAN again and writes its answers.
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from pathlib import Path
from typing import Any, Protocol

CALLS = Path(__file__).parents[1] / "data" / "datastore-calls.json"

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"20[2-9]\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}")
_OWN_NAME = re.compile(r"\$(?:new|[a-z]\d?)")


class Door(Protocol):
    """What a case needs of a catalogue."""

    def post(self, action: str, data: Any, *, anonymous: bool) -> tuple[int, Any]:
        """Call an action; return the status and the decoded body without `help`."""

    def get(self, path: str, *, anonymous: bool) -> tuple[int, str, str]:
        """Get a page; return the status, the content type and the text."""

    def new_dataset(self, *, private: bool) -> str:
        """Make a dataset and return its id."""


class Replay:
    """Runs one case; its names stand for ids both ways."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.names: dict[str, str] = {}

    def run(self, steps: list[list[Any]]) -> list[list[Any]]:
        """Return the answer of each step."""
        return [self._answer(step) for step in steps]

    def _answer(self, step: list[Any]) -> list[Any]:
        anonymous = step[2:] == ["anonymous"]
        if step[0] == "GET":
            status, kind, text = self.door.get(self._fill(step[1]), anonymous=anonymous)
            if kind.startswith("application/json"):
                body = json.loads(text)
                if isinstance(body, dict):
                    body.pop("help", None)
                return [status, self._hide(body)]
            return [status, kind.replace(" ", ""), self._hide(text) if status == 200 else ""]
        status, body = self.door.post(step[0], self._fill(step[1]), anonymous=anonymous)
        if step[0] == "datastore_create" and status == 200:
            self.names["$new"] = body["result"]["resource_id"]
        return [status, self._hide(body)]

    def _find(self, name: str) -> str:
        if name not in self.names:
            if name in ("$a", "$b"):
                self.names[name] = f"{name[1:]}_{uuid.uuid4().hex[:12]}"
            elif name == "$d":
                self.names[name] = self.door.new_dataset(private=False)
            else:
                dataset = self.door.new_dataset(private=True) if name[1] == "p" else self._find("$d")
                _, body = self.door.post(
                    "resource_create", {"package_id": dataset, "url": "http://example.org/x"}, anonymous=False
                )
                self.names[name] = body["result"]["id"]
        return self.names[name]

    def _fill(self, value: Any) -> Any:
        if isinstance(value, str):
            return (
                _OWN_NAME.sub(lambda match: self._find(match[0]), value)
                if value not in ("$or", "$and", "$not")
                else value
            )
        if isinstance(value, list):
            return [self._fill(item) for item in value]
        if isinstance(value, dict):
            return {key: self._fill(inner) for key, inner in value.items()}
        return value

    def _hide(self, value: Any) -> Any:
        if isinstance(value, str):
            for name, hidden in self.names.items():
                value = value.replace(hidden, name if name != "$new" else "$r")
            return _TIME.sub("$time", _UUID.sub("$uuid", value))
        if isinstance(value, list):
            return [self._hide(item) for item in value]
        if isinstance(value, dict):
            return {self._hide(key): self._hide(inner) for key, inner in value.items()}
        return value


class HttpDoor:
    """A catalogue behind HTTP, as a sysadmin and as anonymous."""

    def __init__(self, url: str, token: str) -> None:
        import requests

        self.url, self.token, self.session = url.rstrip("/"), token, requests.Session()
        name = f"rows-{uuid.uuid4().hex[:10]}"
        self.organization = self.post("organization_create", {"name": name}, anonymous=False)[1]["result"]["id"]

    def post(self, action: str, data: Any, *, anonymous: bool) -> tuple[int, Any]:
        headers = {} if anonymous else {"Authorization": self.token}
        response = self.session.post(f"{self.url}/api/3/action/{action}", json=data, headers=headers, timeout=60)
        try:
            body = response.json()
        except ValueError:
            return response.status_code, "not JSON"
        if isinstance(body, dict):
            body.pop("help", None)
        return response.status_code, body

    def get(self, path: str, *, anonymous: bool) -> tuple[int, str, str]:
        headers = {} if anonymous else {"Authorization": self.token}
        response = self.session.get(self.url + path, headers=headers, timeout=60)
        response.encoding = "utf-8"
        return response.status_code, response.headers["content-type"], response.text

    def new_dataset(self, *, private: bool) -> str:
        data = {"name": f"rows-{uuid.uuid4().hex[:10]}", "owner_org": self.organization, "private": private}
        return str(self.post("package_create", data, anonymous=False)[1]["result"]["id"])


def load() -> dict[str, list[tuple[list[Any], list[Any]]]]:
    """Return the steps of each case with their recorded answers."""
    cases = json.loads(CALLS.read_text(encoding="utf-8"))
    return {name: [(step, answer) for step, answer in case] for name, case in cases.items()}


def record(url: str, token: str) -> None:
    """Write what a real CKAN answers to every case."""
    door = HttpDoor(url, token)
    texts = []
    for name, case in load().items():
        steps = [step for step, _ in case]
        pairs = zip(steps, Replay(door).run(steps), strict=True)
        lines = ",\n".join(json.dumps(pair, ensure_ascii=False) for pair in pairs)
        texts.append(f"{json.dumps(name, ensure_ascii=False)}: [\n{lines}\n]")
    CALLS.write_text("{\n" + ",\n".join(texts) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    record(*sys.argv[1:3])
