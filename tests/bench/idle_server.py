"""A server that does nothing of what a catalogue does: what a client reaches on it is the client's own limit.

    python tests/bench/idle_server.py 18081            # answers at once: no dataset exists, each is created
    python tests/bench/idle_server.py 18081 FOLDER     # and keeps each in a table before it answers, as durably as ours

It listens as `odl-host serve` does, so that the rest of the difference is what the catalogue itself takes.
"""

from __future__ import annotations

import functools
import os
import sqlite3
import sys
import uuid
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from odl_host.server.serve import serve

FOLDER = "ODL_IDLE_FOLDER"
ABSENT = b'{"help": "", "success": false, "error": {"__type": "Not Found Error", "message": "Not found"}}'
CREATED = b'{"help": "", "success": true, "result": {"name": "x"}}'


def application() -> Any:
    """Return the ASGI application."""
    folder = os.environ.get(FOLDER)
    return functools.partial(answer, _open(Path(folder)) if folder else None)


async def answer(db: sqlite3.Connection | None, scope: Any, receive: Any, send: Any) -> None:
    """Answer one call, once all of it has come."""
    body, is_over = b"", False
    while not is_over:
        message = await receive()
        body += message.get("body", b"")
        is_over = not message.get("more_body", False)
    status, text = (404, ABSENT) if scope["path"].endswith("_show") else (200, CREATED)
    if db is not None and status == 200:
        db.execute("INSERT INTO datasets VALUES (?, ?)", (str(uuid.uuid4()), body))
    headers = [(b"content-length", b"%d" % len(text)), (b"content-type", b"application/json;charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})


def _open(folder: Path) -> sqlite3.Connection:
    db = sqlite3.connect(folder / "idle.sqlite", isolation_level=None, check_same_thread=False)
    for statement in (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        "CREATE TABLE datasets (id TEXT PRIMARY KEY, doc BLOB)",
    ):
        db.execute(statement)
    return db


if __name__ == "__main__":
    if len(sys.argv) > 2:
        os.environ[FOLDER] = sys.argv[2]
    serve("idle_server:application", home=Path.cwd(), host="127.0.0.1", port=int(sys.argv[1]))
