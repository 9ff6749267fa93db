"""Letters about activities, to the users who want to hear of what they follow."""

from __future__ import annotations

import functools
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from odl_host.ckan import ValidationError
from odl_host.ckan_values import read_duration
from odl_host.errors import OdlError
from odl_host.server import permissions
from odl_host.server.actions.activities import mark_dashboard, news, seen_at
from odl_host.server.clock import now
from odl_host.server.database.tables import dashboards, users
from odl_host.server.objects.datasets import find_dataset
from odl_host.server.params import Nothing
from odl_host.server.registry import Context, User, action
from odl_host.server.rendering.languages import get_language
from odl_host.server.site_options import named_site

if TYPE_CHECKING:
    from odl_host.server.sites import Site

MOST_DATASETS = 20
"""Datasets that a letter names; the others are counted."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Letter:
    user_id: str
    to: str
    emailed_at: str | None
    """When the user was last written to before."""
    looked_at: str
    count: int
    """How many activities it tells of; what they kept may be large, and there may be many letters."""
    datasets: dict[str, str]
    """The titles of the datasets that changed, by their names."""


@action(params=Nothing, allow=permissions.sysadmin)
def send_email_notifications(ctx: Context, params: Nothing) -> None:  # noqa: ARG001 - every action has the same form
    """Write one letter to each user who wants to hear of what others did to what the user follows; call it every hour.

    It tells of what came since the letter before and since the dashboard was seen, as far back as
    `ckan.email_notifications_since` says.
    """
    if not ctx.site.settings["ckan.activity_streams_email_notifications"]:
        raise ValidationError({"message": "ckan.activity_streams_email_notifications is not enabled in config"})
    wanting = sa.select(users).where(
        users.c.activity_emails == sa.true(), users.c.state == "active", sa.func.coalesce(users.c.email, "") != ""
    )
    letters = [letter for account in ctx.db.execute(wanting).all() if (letter := _letter_to(ctx, account))]
    if letters and ctx.site.post is None:
        raise ValidationError({"message": "This site sends no mail: its server has no smtp_host"})
    if letters:
        ctx.then.append(functools.partial(_send, ctx.site, letters))


def _letter_to(ctx: Context, account: Any) -> _Letter | None:
    theirs = Context(ctx.action, ctx.site, ctx.db, User(account.id, account.name, account.sysadmin))
    span = read_duration(str(ctx.site.settings["ckan.email_notifications_since"]))
    assert span is not None  # the settings were read
    emailed = _emailed_at(ctx.db, account.id)
    looked_at, earliest = now(), (datetime.now(UTC).replace(tzinfo=None) - span).isoformat(timespec="microseconds")
    found = news(theirs, max(earliest, seen_at(theirs), emailed or ""))
    if not found:
        return None
    changed = (find_dataset(ctx.db, key) for key in dict.fromkeys(entry["object_id"] for entry in found))
    titles = {
        dataset.name: str(dataset.fields.get("title") or dataset.name)
        for dataset in changed
        if dataset and dataset.state == "active"
    }
    return _Letter(account.id, account.email, emailed, looked_at, len(found), titles)


def _emailed_at(db: sa.Connection, user_id: str) -> str | None:
    moment: str | None = db.scalar(sa.select(dashboards.c.emailed_at).where(dashboards.c.user_id == user_id))
    return moment


def _is_first_to_send(site: Site, letter: _Letter) -> bool:
    """Keep that a letter leaves, before it does: a call that overlaps with this one sends no second."""
    with site.db.writing(is_news=False) as db:
        if _emailed_at(db, letter.user_id) != letter.emailed_at:
            return False
        mark_dashboard(db, letter.user_id, emailed_at=letter.looked_at)
    return True


def _send(site: Site, letters: list[_Letter]) -> None:
    """Send letters, each user's whatever becomes of the others'; what could not leave is told of the next time."""
    from odl_host.server.rendering.drawing import render

    assert site.post is not None  # the action looked
    named, language = named_site(site), get_language(site.locale)
    failure = ""
    for letter in letters:
        if not _is_first_to_send(site, letter):
            continue
        count = letter.count
        subject = language.sentences.ngettext(
            "%(count)s nouvelle activité sur %(title)s", "%(count)s nouvelles activités sur %(title)s", count
        ) % {"count": count, "title": named.title}
        values = {"count": count, "datasets": list(letter.datasets.items()), "most": MOST_DATASETS}
        try:
            site.post(letter.to, subject, render("activities.txt", named, values).strip() + "\n")
        except OdlError as error:
            log.error("A letter about activities could not leave: %s", error.message)
            failure = failure or error.message
            with site.db.writing(is_news=False) as db:
                mark_dashboard(db, letter.user_id, emailed_at=letter.emailed_at)
    if failure:
        raise ValidationError({"message": f"Some letters could not leave, and will be sent the next time: {failure}"})
