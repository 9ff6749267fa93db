"""Plays the corpus of calls in `ckan/` against a catalogue over HTTP and normalises what it answers.

A corpus file `ckan/NOUN.json` holds named sequences of calls, each on one line:

    [who, action, parameters, name under which the result is kept]

`who` is a role of the noun's world (`sysadmin`, `admin`, `editor`, `member`, `stranger`, `anonymous`): every noun gets
one organization `{org.id}`, one group `{group.id}` and users with these roles in both. `{kept.path}` in a parameter
stands for something that an earlier call answered, `{s}` for a prefix that is unique to the sequence, `{u}` to the
noun. A text `@name|content` is sent as a file. `GET action` and `FORM action` choose how a call is sent.
`METHOD /address` is any request, its parameters a media `type`, other `headers` and a `body`.
"""

from __future__ import annotations

import base64
import io
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

SETTINGS = {
    "ckan.plugins": ["activity", "datastore", "image_view", "text_view", "datatables_view"],
    "ckan.site_title": "CKAN",
    "ckan.auth.create_unowned_dataset": True,
    "ckan.auth.allow_dataset_collaborators": True,
    "ckan.views.default_views": [],
    "ckan.extra_resource_fields": ["alt_url"],
    "ckan.activity_streams_enabled": True,
    "ckan.datastore.sqlsearch.enabled": True,
    "ckan.files.authenticated_uploads.allow": True,
    "ckan.files.authenticated_uploads.storages": ["opened", "small"],
    "ckan.files.storage.kept.type": "odl-host",
    "ckan.files.storage.opened.type": "odl-host",
    "ckan.files.storage.small.type": "odl-host",
    "ckan.files.storage.small.max_size": 20,
    "ckan.files.storage.small.supported_types": ["text/plain", "image"],
}
"""The settings that are not CKAN's defaults, under which the corpus was recorded and is replayed.

No storage is named `default`: a CKAN that has one moves images and resources' files into folders of it.
"""

PROBES = "settings"
"""The noun whose sequences are named for the settings: each tells whether one is set."""

CORPUS = Path(__file__).with_name("ckan")
ROLES = ("admin", "editor", "member", "stranger")

UNORDERED = frozenset(
    {
        *(
            "member_list",
            "tag_list",
            "tag_search",
            "vocabulary_list",
            "vocabulary_show",
            "vocabulary_update",
            "package_relationships_list",
        ),
        *(
            "term_translation_show",
            "package_autocomplete",
            "group_autocomplete",
            "organization_autocomplete",
            "user_autocomplete",
        ),
    }
)
"""Actions whose results CKAN gives in no order."""

MASKED = frozenset({"token", "password_hash", "apikey", "last_active", "last_access", "modified"})
"""Keys whose values differ between two runs."""

_REFERENCE = re.compile(r"\{([\w.\-]+)\}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_JTI = re.compile(r"(?<![\w\-])[\w\-]{43}(?![\w\-])")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?")
_STAMP = re.compile(r"\d{4}-\d\d-\d\d-\d{6}\.\d{6}")
_SOLR = re.compile(r"(?<=SOLR returned an error running query: ).*", re.DOTALL)
"""What CKAN asked Solr, in no order, and what Solr said."""
_DIGEST = re.compile(r"\b[0-9a-f]{32}\b")


def nouns() -> list[str]:
    """Return the nouns of the corpus."""
    return sorted(path.stem for path in CORPUS.glob("*.json") if not path.stem.endswith(".golden"))


def read_corpus(noun: str) -> dict[str, list[list[Any]]]:
    """Return the sequences of a noun by name."""
    found: dict[str, list[list[Any]]] = json.loads((CORPUS / f"{noun}.json").read_text(encoding="utf-8"))
    return found


def read_golden(noun: str) -> dict[str, list[Any]]:
    """Return what the real CKAN answered: status and body of each call, by sequence."""
    found: dict[str, list[Any]] = json.loads((CORPUS / f"{noun}.golden.json").read_text(encoding="utf-8"))
    return found


def write_golden(noun: str, answers: dict[str, list[Any]]) -> None:
    """Write answers, one call per line."""
    parts = []
    for name, calls in answers.items():
        lines = ",\n".join("  " + json.dumps(call, ensure_ascii=False, sort_keys=True) for call in calls)
        parts.append(f"{json.dumps(name, ensure_ascii=False)}: [\n{lines}\n]")
    (CORPUS / f"{noun}.golden.json").write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


@dataclass
class Player:
    """Plays the sequences of one noun."""

    url: str
    token: str
    unique: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:7]}")
    tokens: dict[str, str] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    sysadmin: str = ""
    session: requests.Session = field(default_factory=requests.Session)

    def send(self, who: str, action: str, data: Any, files: dict[str, Any] | None = None) -> requests.Response:
        """Send one call as one role."""
        method, _, name = action.rpartition(" ")
        token = self.token if who == "sysadmin" else self.tokens.get(who) or (self.kept.get(who) or {}).get("token", "")
        headers = {"Authorization": token} if token else {}
        address = f"{self.url}/api/3/action/{name}"
        if method == "GET":
            return self.session.get(address, params=data, headers=headers, timeout=60)
        if files or method == "FORM":
            return self.session.post(address, data=data, files=files, headers=headers, timeout=60)
        return self.session.post(address, json=data, headers=headers, timeout=60)

    def request(self, who: str, action: str, data: dict[str, Any]) -> Any:
        """Send any request and return what is compared of the answer: of a refusal its status alone."""
        method, _, address = action.partition(" ")
        token = self.token if who == "sysadmin" else self.tokens.get(who, "")
        headers = {"Authorization": token} if token else {}
        headers |= {"Content-Type": data["type"]} if "type" in data else {}
        prepared = requests.Request(
            method, f"{self.url}{address}", data=data.get("body"), headers={**headers, **data.get("headers", {})}
        ).prepare()
        response = self.session.send(prepared, timeout=60, allow_redirects=False)
        if response.status_code >= 400:
            return response.status_code, "<refused>"
        if method == "OPTIONS":
            return response.status_code, sorted(response.headers["allow"].split(", "))
        kind = response.headers["content-type"].partition(";")[0]
        if kind == "application/javascript":
            callback, _, inner = response.text.partition("(")
            return response.status_code, [kind, callback, json.loads(inner.removesuffix(");"))]
        return response.status_code, [kind, response.json() if kind == "application/json" else "<no JSON>"]

    def prepare(self) -> None:
        """Make the noun's world."""
        self.sysadmin = self.send("sysadmin", "user_show", {}).json()["result"]["name"]
        for role in ROLES:
            name = f"{self.unique}-{role}"
            fields = {"name": name, "email": f"{name}@example.org", "password": "motdepasse", "with_apitoken": True}
            answer = self.send("sysadmin", "user_create", fields).json()
            self.keep(role, answer["result"])
            self.tokens[role] = answer["result"]["token"]
        people = [{"name": f"{self.unique}-{role}", "capacity": role} for role in ROLES[:3]]
        for kind, key in (("organization", "org"), ("group", "group")):
            fields = {"name": f"{self.unique}-{key}", "title": f"Le {key}", "users": people}
            self.keep(key, self.send("sysadmin", f"{kind}_create", fields).json()["result"])

    def keep(self, name: str, result: Any) -> None:
        """Keep a result for later references; its ids are known by these names from now on."""
        self.kept[name] = result
        self._label(name, result)

    def _label(self, path: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                if key == "id" and isinstance(inner, str) and (_UUID.fullmatch(inner) or _JTI.fullmatch(inner)):
                    self.labels.setdefault(inner, f"<{path}.id>")
                elif key in ("resources", "tags"):
                    self._label(f"{path}.{key}", inner)
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                self._label(f"{path}.{index}", inner)
        elif isinstance(value, str) and _UUID.fullmatch(value):
            self.labels.setdefault(value, f"<{path}>")

    def play(self, sequences: dict[str, list[list[Any]]]) -> Iterator[tuple[str, list[Any]]]:
        """Yield each sequence's name and its answers: [action, status, body] per call."""
        for index, (name, calls) in enumerate(sequences.items()):
            prefix = f"{self.unique}-s{index}x"
            answers = []
            for who, action, data, *kept in calls:
                filled = self.fill(data, prefix)
                if " /" in action:
                    status, shown = self.request(who, self.fill(action, prefix), filled)
                    answers.append([action, status, self.normalise(shown, prefix)])
                    continue
                files = {}
                if isinstance(filled, dict):
                    for key, value in list(filled.items()):
                        if isinstance(value, str) and value.startswith("@"):
                            filename, _, content = filled.pop(key)[1:].partition("|")
                            is_binary = content.startswith("base64:")
                            data_bytes = base64.b64decode(content[7:]) if is_binary else content.encode()
                            files[key] = (filename, io.BytesIO(data_bytes))
                response = self.send(who, action, filled, files)
                body = response.json() if "json" in response.headers.get("content-type", "") else "<no JSON>"
                if kept and isinstance(body, dict) and body.get("success"):
                    self.keep(kept[0], body["result"])
                shown = body
                if isinstance(body, dict):
                    shown = body["result"] if body["success"] else body["error"]
                shown = self.normalise(shown, prefix)
                if action.rpartition(" ")[2] in UNORDERED:
                    _sort_lists(shown)
                answers.append([action, response.status_code, shown])
            yield name, answers

    def fill(self, value: Any, prefix: str) -> Any:
        """Return parameters with their references resolved."""
        if isinstance(value, dict):
            return {self.fill(key, prefix): self.fill(inner, prefix) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.fill(inner, prefix) for inner in value]
        if not isinstance(value, str):
            return value
        if whole := _REFERENCE.fullmatch(value):
            return self._look_up(whole[1], prefix)
        return _REFERENCE.sub(lambda match: str(self._look_up(match[1], prefix)), value)

    def _look_up(self, path: str, prefix: str) -> Any:
        if path in ("s", "u"):
            return prefix if path == "s" else self.unique
        first, *rest = path.split(".")
        found = self.kept.get(first, f"absent-{first}")
        for part in rest:
            try:
                found = found[int(part)] if isinstance(found, list) else found[part]
            except (KeyError, IndexError, TypeError):
                return f"absent-{path}"
        return found

    def normalise(self, value: Any, prefix: str) -> Any:
        """Return an answer without what differs between two runs: ids, times, tokens, addresses, prefixes."""
        if isinstance(value, dict):
            if "email_hash" in value and value.get("name") == self.sysadmin:
                return "<sysadmin>"
            if value.get("actor") == self.sysadmin:
                value = {**value, "actor": "<sysadmin>"}
            return {
                self._text(name, prefix): f"<{name}>" if name in MASKED else self.normalise(inner, prefix)
                for name, inner in value.items()
            }
        if isinstance(value, list):
            return [self.normalise(inner, prefix) for inner in value]
        if isinstance(value, str):
            return self._text(value, prefix)
        return value

    def _text(self, text: str, prefix: str) -> str:
        text = text.replace(self.url, "<site>").replace(prefix, "{s}").replace(self.unique, "{u}")
        text = _SOLR.sub("<query>", text)
        text = _JTI.sub(lambda match: self.labels.get(match[0], "<uuid>"), text)
        text = _UUID.sub(lambda match: self.labels.get(match[0], "<uuid>"), text)
        return _STAMP.sub("<stamp>", _DIGEST.sub("<digest>", _TIME.sub(_mask_time, text)))


def _sort_lists(value: Any) -> None:
    for inner in value.values() if isinstance(value, dict) else [value]:
        if isinstance(inner, list):
            inner.sort(key=lambda item: json.dumps(item, sort_keys=True))


def _mask_time(match: re.Match[str]) -> str:
    """A moment of these days is when the test ran; another one was sent."""
    near = abs(datetime.fromisoformat(match[0]).replace(tzinfo=UTC) - datetime.now(UTC)) < timedelta(days=3)
    return "<now>" if near else match[0]


def ini_lines() -> list[str]:
    """Return what a CKAN must be told before it is asked, as its `ckan config-tool FILE -f` reads it."""
    lines = ["[app:main]"]
    for key, value in SETTINGS.items():
        text = " ".join(value) if isinstance(value, list) else str(value).lower() if value is True else str(value)
        if value == "odl-host":
            storage = key.removesuffix(".type")
            folder = f"%(here)s/corpus-files/{storage.rpartition('.')[2]}"
            lines += [f"{key} = ckan:fs", f"{storage}.path = {folder}", f"{storage}.initialize = true"]
            lines.append(f"{storage}.hashing_algorithm = sha256")
        else:
            lines.append(f"{key} = {text}".rstrip())
    return lines


def find_unset(url: str, token: str) -> list[str]:
    """Return which settings of the corpus a CKAN seems not to have: those whose calls it answers otherwise."""
    want = read_golden(PROBES)
    return [name for name, answers in record(PROBES, url, token).items() if answers != want[name]]


def record(noun: str, url: str, token: str) -> dict[str, list[Any]]:
    """Play a noun and return its normalised answers."""
    player = Player(url.rstrip("/"), token)
    player.prepare()
    return dict(player.play(read_corpus(noun)))
