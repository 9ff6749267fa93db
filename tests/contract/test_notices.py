"""Letters about activities: who gets one, what it tells of, and what becomes of one that cannot leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from odl_host.ckan import NotAuthorized, ValidationError
from odl_host.errors import ConfigError, Unavailable
from tests.sites import site_in

from .conftest import ANONYMOUS, Caller, Catalogue, InProcess, unique

SETTINGS = {
    "ckan.activity_streams_enabled": True,
    "ckan.activity_streams_email_notifications": True,
    "ckan.auth.create_unowned_dataset": True,
}


class Post:
    """Keeps letters; refuses those to some addresses."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, str, str]] = []
        self.refused: set[str] = set()
        self.meanwhile: list[Callable[[], None]] = []
        """What happens while the next letter is on its way."""

    def __call__(self, to: str, subject: str, text: str) -> None:
        if self.meanwhile:
            self.meanwhile.pop()()
        if to in self.refused:
            raise Unavailable("The mail server does not answer.")
        self.letters.append((to, subject, text))

    def take(self) -> list[tuple[str, str]]:
        """Return to whom letters went since the last time, and their subjects."""
        taken = [(to, subject) for to, subject, _ in self.letters]
        self.letters.clear()
        return taken


@pytest.fixture
def post() -> Post:
    return Post()


def opened(folder: Path, post: Post | None, **settings: Any) -> InProcess:
    return InProcess(site_in(folder, settings={**SETTINGS, **settings}, post=post))


@pytest.fixture
def catalogue(tmp_path: Path, post: Post) -> Iterator[InProcess]:
    catalogue = opened(tmp_path, post)
    yield catalogue
    catalogue.site.close()


def reader_of(catalogue: Catalogue, dataset: str, *, wants: bool = True) -> Caller:
    """Return a new user who follows a dataset."""
    reader = catalogue.new_user(activity_streams_email_notifications=wants)
    catalogue.call("follow_dataset", {"id": dataset}, by=reader)
    return reader


def change(catalogue: Catalogue, dataset: str, by: Caller) -> None:
    catalogue.call("package_patch", {"id": dataset, "title": unique("titre")}, by=by)


def address(catalogue: Catalogue, user: Caller) -> str:
    return str(catalogue.call("user_show", {"id": user.name})["email"])


def send(catalogue: Catalogue) -> None:
    catalogue.call("send_email_notifications")


def test_who_wants_letters_gets_one_of_all_that_others_did_since_the_last(catalogue: InProcess, post: Post) -> None:
    author = catalogue.new_user()
    dataset = catalogue.call("package_create", {"name": unique("d"), "title": "Arbres"}, by=author)
    reader, _ = reader_of(catalogue, dataset["id"]), reader_of(catalogue, dataset["id"], wants=False)
    for title in ("Arbres d’ici", "Arbres & haies"):
        catalogue.call("package_patch", {"id": dataset["id"], "title": title}, by=author)
    send(catalogue)
    ((to, subject, text),) = post.letters
    assert (to, subject) == (address(catalogue, reader), "2 nouvelles activités sur Essai")
    assert f"- Arbres & haies\n  http://portail.example.org/dataset/{dataset['name']}\n" in text
    post.take()
    send(catalogue)
    assert post.take() == []
    change(catalogue, dataset["id"], author)
    send(catalogue)
    assert post.take() == [(to, "1 nouvelle activité sur Essai")]


def test_what_one_did_oneself_has_seen_or_may_not_see_is_in_no_letter(catalogue: InProcess, post: Post) -> None:
    author = catalogue.new_user()
    organization = catalogue.new_organization(users=[{"name": author.name, "capacity": "editor"}])["id"]
    dataset = catalogue.call("package_create", {"name": unique("d"), "owner_org": organization}, by=author)["id"]
    reader = reader_of(catalogue, dataset)
    catalogue.call("user_patch", {"id": author.name, "activity_streams_email_notifications": True})
    catalogue.call("follow_dataset", {"id": dataset}, by=author)
    catalogue.call("dashboard_mark_activities_old", by=reader)
    send(catalogue)
    assert post.take() == []
    catalogue.call("package_patch", {"id": dataset, "private": True, "title": "Secret"}, by=author)
    send(catalogue)
    assert post.take() == []
    catalogue.call("package_patch", {"id": dataset, "private": False}, by=author)
    send(catalogue)
    assert [to for to, _ in post.take()] == [address(catalogue, reader)]
    catalogue.call("dashboard_mark_activities_old", by=reader)
    send(catalogue)
    assert post.take() == []


def test_a_letter_that_cannot_leave_holds_up_no_other_and_is_sent_the_next_time(
    catalogue: InProcess, post: Post
) -> None:
    author = catalogue.new_user()
    dataset = catalogue.call("package_create", {"name": unique("d")}, by=author)["id"]
    one, other = reader_of(catalogue, dataset), reader_of(catalogue, dataset)
    change(catalogue, dataset, author)
    post.refused = {address(catalogue, one)}
    with pytest.raises(ValidationError, match="The mail server does not answer"):
        send(catalogue)
    assert [to for to, _ in post.take()] == [address(catalogue, other)]
    post.refused.clear()
    send(catalogue)
    assert [to for to, _ in post.take()] == [address(catalogue, one)]


def test_what_happens_while_letters_leave_is_told_the_next_time(catalogue: InProcess, post: Post) -> None:
    author = catalogue.new_user()
    dataset = catalogue.call("package_create", {"name": unique("d")}, by=author)["id"]
    both = sorted(address(catalogue, reader_of(catalogue, dataset)) for _ in range(2))
    change(catalogue, dataset, author)
    post.meanwhile = [lambda: change(catalogue, dataset, author)]
    send(catalogue)
    assert sorted(to for to, _ in post.take()) == both
    send(catalogue)
    assert sorted(post.take()) == [(to, "1 nouvelle activité sur Essai") for to in both]


def test_calls_that_overlap_send_nobody_a_second_letter(catalogue: InProcess, post: Post) -> None:
    author = catalogue.new_user()
    dataset = catalogue.call("package_create", {"name": unique("d")}, by=author)["id"]
    both = sorted(address(catalogue, reader_of(catalogue, dataset)) for _ in range(2))
    change(catalogue, dataset, author)
    post.meanwhile = [lambda: send(catalogue)]
    send(catalogue)
    assert sorted(to for to, _ in post.take()) == both


def test_only_a_sysadmin_sends_letters_where_the_site_does(tmp_path: Path, catalogue: InProcess, post: Post) -> None:
    for caller in (ANONYMOUS, catalogue.new_user()):
        with pytest.raises(NotAuthorized):
            catalogue.call("send_email_notifications", by=caller)
    silent = opened(tmp_path / "silent", post, **{"ckan.activity_streams_email_notifications": False})
    with pytest.raises(ValidationError, match="not enabled in config"):
        send(silent)
    silent.site.close()
    without_mail = opened(tmp_path / "without", None)
    send(without_mail)  # nobody would get a letter
    author = without_mail.new_user()
    dataset = without_mail.call("package_create", {"name": unique("d")}, by=author)["id"]
    reader_of(without_mail, dataset)
    change(without_mail, dataset, author)
    with pytest.raises(ValidationError, match="sends no mail"):
        send(without_mail)
    without_mail.site.close()


def test_letters_tell_of_no_more_than_the_time_that_the_site_says(tmp_path: Path, post: Post) -> None:
    catalogue = opened(tmp_path, post, **{"ckan.email_notifications_since": ".000001"})
    author = catalogue.new_user()
    dataset = catalogue.call("package_create", {"name": unique("d")}, by=author)["id"]
    reader_of(catalogue, dataset)
    change(catalogue, dataset, author)
    send(catalogue)
    assert post.take() == []
    catalogue.site.close()
    for wrong in ("bientôt", "", "2 hours", 3):
        with pytest.raises(ConfigError, match=r"must be a (?:duration|text)"):
            opened(tmp_path, post, **{"ckan.email_notifications_since": wrong})
