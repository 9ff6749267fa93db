"""Writing the letters of a night: who gets what, in French, with the reports. Nothing is sent here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

from odl_host.catalogue.members import HeldMember, folder_of
from odl_host.pipeline.mail.items import ONLINE, TAKEN_DOWN, TO_CORRECT, Item, state_of
from odl_host.pipeline.reporting.wording import counted, day
from odl_host.pipeline.sources.names import printable
from odl_host.templates import render_template
from odl_host.tenants import Tenant
from odl_host.typography import typeset

DIGEST = "digest"
MOST_ATTACHED_BYTES = 8_000_000
MOST_LISTED = 30
_WORKBOOK = ".xlsx"
_IN_DIGEST = TO_CORRECT | {"failed"}
_TOLD = TO_CORRECT | {TAKEN_DOWN}
"""What a member is told of the files that are kept out."""

Owed: TypeAlias = Mapping[str, Sequence[Mapping[str, Any]]]
"""What came online or left since each addressee was last written to, by key, as the templates show it."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that is due. `key`: the member's code, or `DIGEST`; `state`: what it tells, kept once it is sent."""

    key: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str
    state: str
    attachments: tuple[Path, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the stable JSON form."""
        return {
            "member": None if self.key == DIGEST else self.key,
            "to": list(self.to),
            "subject": self.subject,
            "attachments": [path.name for path in self.attachments],
        }


def write_letters(
    tenant: Tenant,
    items: Sequence[Item],
    contacts: Mapping[str, Sequence[str]],
    told: Mapping[str, str],
    owed: Owed,
    *,
    today: date,
) -> list[Letter]:
    """Return the letters that are due: those that say something that was not said before.

    `contacts`: addresses by member; `told`: the state that each addressee was last told, by key; `owed`: what they were
    not told of what is online, this run's included (see `add_online`).

    :raises ConfigError: a template cannot be used.
    """
    by_member: dict[HeldMember, list[Item]] = {}
    for item in items:
        if item.member is not None:
            by_member.setdefault(item.member, []).append(item)
    letters: list[Letter] = []
    without: list[str] = []
    for member, of_member in sorted(by_member.items(), key=lambda pair: pair[0].title):
        to = _addresses(member, contacts)
        key = folder_of(member.key)
        waiting = [item for item in of_member if item.outcome in _TOLD]
        online = owed.get(key, ())
        if not to:
            without += [member.title] if waiting else []
        elif online or (waiting and state_of(waiting) != told.get(key, "")):
            letters.append(_to_member(tenant, member, key, to, waiting, online))
    letters += _digest(tenant, items, without, told, owed.get(DIGEST, ()), letters, today)
    return letters


def add_online(owed: Owed, items: Sequence[Item]) -> dict[str, list[Mapping[str, Any]]]:
    """Return what is owed once a run has ended: what came online or left in it, beside what an earlier letter lost."""
    added: dict[str, dict[str, Mapping[str, Any]]] = {
        key: {one["file"]: one for one in of_key} for key, of_key in owed.items()
    }
    for item in items:
        keys = [DIGEST, *([folder_of(item.member.key)] if item.member is not None else [])]
        for key in keys:
            if item.outcome in ONLINE:
                added.setdefault(key, {})[item.path] = {
                    **_shown(item),
                    "file": item.path,
                    "page": str(item.page) if item.page and item.points else "",
                }
            elif item.outcome in _TOLD and key in added:
                added[key].pop(item.path, None)  # the letter says what it has become
    return {key: list(of_key.values()) for key, of_key in added.items() if of_key}


def states_now(items: Sequence[Item]) -> dict[str, str]:
    """Return the state of the digest and of every member in this run, by key; "" where nothing waits."""
    waiting: dict[str, list[Item]] = {DIGEST: [item for item in items if item.outcome in _IN_DIGEST]}
    for item in items:
        if item.member is not None:
            of_member = waiting.setdefault(folder_of(item.member.key), [])
            of_member += [item] if item.outcome in _TOLD else []
    return {key: state_of(of_key) for key, of_key in waiting.items()}


def _addresses(member: HeldMember, contacts: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return tuple(address for name in sorted(member.folders) for address in contacts.get(name, ()))


def _to_member(
    tenant: Tenant,
    member: HeldMember,
    key: str,
    to: tuple[str, ...],
    told: list[Item],
    online: Sequence[Mapping[str, Any]],
) -> Letter:
    waiting = [item for item in told if item.outcome in TO_CORRECT]
    taken_down = [item for item in told if item.outcome == TAKEN_DOWN]
    said = [counted(len(waiting), "fichier à corriger", "fichiers à corriger")] if waiting else []
    published = sum(one["outcome"] == "published" for one in online)
    said += [counted(published, "fichier en ligne", "fichiers en ligne")] if published else []
    removed = len(online) - published + len(taken_down)
    said += [counted(removed, "fichier retiré", "fichiers retirés")] if removed else []
    attachments = _attachments([item.page for item in waiting] + [Path(one["page"]) for one in online if one["page"]])
    values = {
        "portal": tenant.title,
        "url": tenant.url,
        "organization_url": f"{tenant.url}/organization/{member.name}",
        "member": member.title,
        "waiting": [_shown(item) for item in waiting[:MOST_LISTED]],
        "taken_down": [_shown(item) for item in taken_down[:MOST_LISTED]],
        "online": online[:MOST_LISTED],
        "more": max(0, len(waiting) - MOST_LISTED) + max(0, len(online) - MOST_LISTED),
        "attached": len(attachments),
        "reports": sum(path.suffix != _WORKBOOK for path in attachments),
        "workbooks": sum(path.suffix == _WORKBOOK for path in attachments),
        "contact": tenant.manifest.contact,
    }
    return Letter(
        key,
        to,
        f"{member.title} : {', '.join(said)}",
        render_template("mail/commune.txt.j2", values, home=tenant.home),
        typeset(render_template("mail/commune.html.j2", values, home=tenant.home)),
        state_of(told),
        attachments,
    )


def _digest(
    tenant: Tenant,
    items: Sequence[Item],
    without: list[str],
    told: Mapping[str, str],
    online: Sequence[Mapping[str, Any]],
    letters: Sequence[Letter],
    today: date,
) -> list[Letter]:
    to = tenant.manifest.mail.digest
    failed = [item for item in items if item.outcome == "failed"]
    waiting = [item for item in items if item.outcome in TO_CORRECT]
    state = states_now(items)[DIGEST]
    if not to or (not online and (state == told.get(DIGEST, "") or not state)):
        return []
    counts = {
        "online": sum(one["outcome"] == "published" for one in online),
        "removed": sum(one["outcome"] == "removed" for one in online),
        "waiting": len(waiting),
        "failed": len(failed),
        "unchanged": sum(item.outcome == "unchanged" for item in items),
    }
    said = [
        counted(counts["online"], "publié", "publiés"),
        counted(counts["waiting"], "à corriger", "à corriger"),
        *([counted(counts["failed"], "en échec", "en échec")] if failed else []),
    ]
    values = {
        "portal": tenant.title,
        "url": tenant.url,
        "day": day(today),
        "counts": counts,
        "failed": [_shown(item) for item in failed[:MOST_LISTED]],
        "waiting": [_shown(item) for item in waiting[:MOST_LISTED]],
        "online": online[:MOST_LISTED],
        "without": without,
        "written": [letter.subject for letter in letters],
    }
    return [
        Letter(
            DIGEST,
            tuple(to),
            f"[{tenant.title}] {day(today)} : {', '.join(said)}",
            render_template("mail/digest.txt.j2", values, home=tenant.home),
            typeset(render_template("mail/digest.html.j2", values, home=tenant.home)),
            state,
        )
    ]


def _shown(item: Item) -> dict[str, Any]:
    path = printable(item.path.partition("/")[2] if item.member else item.path)
    title = item.member.title if item.member else ""
    return {
        "path": path,
        "member": title,
        "outcome": item.outcome,
        "reasons": item.reasons,
        "url": item.url,
        "better": _better(item),
    }


def _better(item: Item) -> str:
    """Say that a published file could be better, "" when there is nothing to look at."""
    if not item.points:
        return ""
    where = " : le rapport joint dit quoi" if item.page else ""
    return f"Publié, à améliorer quand vous pourrez ({counted(item.points, 'point', 'points')}){where}."


def _attachments(pages: Sequence[Path | None]) -> tuple[Path, ...]:
    """Return the reports and the marked workbooks, as many as a mailbox takes."""
    found: list[Path] = []
    size = 0
    for page in filter(None, pages):
        for path in (page, page.with_suffix(_WORKBOOK)):
            if path.is_file() and size + path.stat().st_size <= MOST_ATTACHED_BYTES:
                size += path.stat().st_size
                found.append(path)
    return tuple(found)
