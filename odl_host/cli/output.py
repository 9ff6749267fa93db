"""The only printer: results on stdout, everything else on stderr.

With `--json`, stdout holds exactly one JSON document, errors included. Progress and colour only on a terminal.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from odl_host.errors import OdlError

PROGRESS_AFTER_S = 1.0
PROGRESS_EVERY_S = 0.2
MANY = 100
"""Parts of a list from which nobody reads it as it is: indenting it would be a tenth of the work on many files."""


class Output:
    """What a command prints, as the global options ask for it. `language` is "fr" or "en"."""

    def __init__(self, *, as_json: bool, language: str, verbosity: int) -> None:
        self.as_json = as_json
        self.language = language
        self.verbosity = verbosity
        self.colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"

    @property
    def width(self) -> int:
        """How many characters a line of text may have: those of the terminal, 120 at most, 80 elsewhere."""
        if not sys.stdout.isatty():
            return 80
        import shutil

        return min(shutil.get_terminal_size().columns, 120)

    def result(self, value: Any, text: str) -> None:
        """Print the result: `value` as JSON, or `text` for people."""
        try:
            if self.as_json:
                print(_as_json(value), flush=True)
            elif text:
                print(text, flush=True)
        except BrokenPipeError:  # the reader of our output has left: there is nobody to tell
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def note(self, text: str) -> None:
        """Say something beside the result, unless asked to be quiet."""
        if self.verbosity >= 0:
            print(text, file=sys.stderr, flush=True)

    def warn(self, text: str) -> None:
        """Say what somebody must look at, even when asked to be quiet (cron mails it); twice quiet silences it."""
        if self.verbosity >= -1:
            print(text, file=sys.stderr, flush=True)

    def detail(self, text: str) -> None:
        """Say something only when asked to be verbose."""
        if self.verbosity > 0:
            print(text, file=sys.stderr, flush=True)

    def log(self, line: Mapping[str, Any]) -> None:
        """Write one structured line to stderr; of what a run ends with its counts, and of what waits no findings."""
        waiting = line.get("files")
        if isinstance(waiting, (list, tuple)):  # collectors of logs cut lines off, at 48 kB or less
            kept = ("path", "member", "outcome", "report")
            files = [{**{key: one["item"][key] for key in kept}, "since": one["since"]} for one in waiting]
            line = {**line, "files": files}
        if isinstance(report := line.get("report"), dict):
            line = {**line, "report": {key: report[key] for key in ("tenant", "run", "counts", "duration_s")}}
        print(json.dumps(line, ensure_ascii=False), file=sys.stderr, flush=True)

    def words(self, english: str, french: str) -> str:
        """Return the sentence in the language of the person at the terminal."""
        return french if self.language == "fr" else english

    def progress(self, label: str) -> Progress:
        """Return a progress line for long work."""
        shown = sys.stderr.isatty() and self.verbosity >= 0 and not self.as_json
        return Progress(label, shown=shown, words=self.words)


class Progress:
    """One line on a terminal that says how far the work is, after its first second."""

    def __init__(self, label: str, *, shown: bool, words: Callable[[str, str], str]) -> None:
        self._label = label
        self._shown = shown
        self._words = words
        self._started = time.monotonic()
        self._drawn_at = 0.0
        self._examined = self._published = (0, 0)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._drawn_at:
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def update(self, done: int, total: int, label: str = "") -> None:
        """Say that `done` of `total` are done."""
        self._draw(f"{label or self._label} {done}/{total}", done / max(total, 1))

    def stage(self, stage: str, done: int, total: int) -> None:
        """Say how far one stage of a run is: "examine" and "publish" go on at the same time.

        `total` of "publish" is what is known so far.
        """
        if stage == "examine":
            self._examined = (done, total)
        elif stage == "publish":
            self._published = (done, total)
        else:
            self.update(done, total, stage)
            return
        (examined, files), (published, planned) = self._examined, self._published
        share = examined / max(files, 1)
        parts = [self._words(f"examined {examined}", f"{examined} examinés")] if files else []
        if planned:
            # What is planned goes with what is examined: half of the work on a file is done, then the other half.
            share = (share if files else 1) * (1 + published / planned) / 2
            parts.append(self._words(f"published {published}", f"{published} publiés"))
        text = self._words(f"{', '.join(parts)} of {files or planned}", f"{', '.join(parts)} sur {files or planned}")
        self._draw(text, share)

    def _draw(self, text: str, share: float) -> None:
        """Draw the line, when it is time to. `share`: how much of the work is done, 0 to 1."""
        now = time.monotonic()
        elapsed = now - self._started
        if not self._shown or elapsed < PROGRESS_AFTER_S or now - self._drawn_at < PROGRESS_EVERY_S:
            return
        self._drawn_at = now
        left = elapsed * (1 - share) / share if share else 0
        line = f"\r\033[K{text} · {elapsed:.0f} s{f' · ~{left:.0f} s' if share else ''}"
        print(line, end="", file=sys.stderr, flush=True)


def _as_json(value: Any) -> str:
    """Write a document: indented, or one line for each of many."""
    if isinstance(value, list) and len(value) >= MANY:
        return "[\n" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in value) + "\n]"
    if isinstance(value, dict) and any(isinstance(part, list) and len(part) >= MANY for part in value.values()):
        return "{\n" + ",\n".join(f"  {json.dumps(key)}: {_as_json(part)}" for key, part in value.items()) + "\n}"
    return json.dumps(value, ensure_ascii=False, indent=2)


def print_error(error: OdlError, *, as_json: bool, language: str = "en") -> None:
    """Print a failure: what happened, then the next thing to do. In JSON both stay English, for scripts."""
    if as_json:
        document = {
            "error": {
                "type": type(error).__name__,
                "message": error.message,
                "hint": error.hint,
                "exit_code": int(error.exit_code),
            }
        }
        print(json.dumps(document, ensure_ascii=False, indent=2), flush=True)
    else:
        message, hint = error.message, error.hint
        if language == "fr":
            from odl_host.cli.french import in_french

            message, hint = in_french(message), in_french(hint)
        print(f"odl-host: {message}", file=sys.stderr)
        if hint:
            print(f"  → {hint}", file=sys.stderr)
        sys.stderr.flush()


def table(rows: Sequence[Sequence[str]], *, header: Sequence[str], right: frozenset[int] = frozenset()) -> str:
    """Return aligned columns of text; the columns numbered in `right` are aligned to the right."""
    lines = [list(header), *[list(row) for row in rows]]
    widths = [max(len(line[index]) for line in lines) for index in range(len(header))]
    text = []
    for line in lines:
        cells = [
            cell.rjust(width) if index in right else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        text.append("  ".join(cells).rstrip())
    return "\n".join(text)
