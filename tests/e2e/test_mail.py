"""Letters after a run, through a real SMTP server: to each town hall its own, to the operator a digest, never twice."""

from __future__ import annotations

import email
import email.policy
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from odl_host.ckan import ValidationError
from odl_host.config import Home
from odl_host.tenants import load_tenant
from odl_host.wiring import open_site
from tests.ports import free_port
from tests.servers import self_signed

from .conftest import CommandLine

PRENOMS = "COMMUNE_NOM,COLL_INSEE,ENFANT_SEXE,ENFANT_PRENOM,NOMBRE_OCCURRENCES,ANNEE\nChambéry,73065,F,Zoé,3,2024\n"
WRONG = PRENOMS.replace(",3,", ",trois,")
PASSWORD = "mot-de-passe-smtp"


@dataclass
class Sink:
    """A mail server that keeps what it gets; it refuses the addresses in `refused`."""

    port: int = 0
    letters: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.letters.append((list(envelope.rcpt_tos), message))
        return "250 Taken"

    def take(self) -> dict[str, EmailMessage]:
        """Return the letters that came since the last time, by their first addressee."""
        taken = {to[0]: message for to, message in self.letters}
        assert len(taken) == len(self.letters)
        self.letters.clear()
        return taken


@pytest.fixture
def sink() -> Iterator[Sink]:
    kept = Sink(free_port())
    controller = Controller(kept, hostname="127.0.0.1", port=kept.port)
    controller.start()
    yield kept
    controller.stop()


@pytest.fixture
def written(savoie: CommandLine, sink: Sink) -> CommandLine:
    """A tenant whose machine sends letters."""
    settings = (
        f'smtp_host = "127.0.0.1"\nsmtp_port = {sink.port}\nsmtp_security = "none"\nmail_from = "odl@savoie.example"\n'
    )
    (savoie.home / "odl.toml").write_text(settings)
    manifest = savoie.home / "tenants" / "savoie.toml"
    text = manifest.read_text().replace('contact = ""', 'contact = "atd@savoie.example"')
    manifest.write_text(text.replace("digest = []", 'digest = ["atd@savoie.example"]'))
    savoie("member", "contact", "73065", "mairie@chambery.example")
    return savoie


def lay(odl: CommandLine, files: dict[str, str | None]) -> None:
    for path, text in files.items():
        file = odl.home / "data" / "savoie" / "deposit" / path
        file.unlink() if text is None else file.write_text(text.replace(",73065,", f",{path[:5]},"), encoding="utf-8")


def body(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content


def attachments(message: EmailMessage) -> dict[str, Any]:
    return {part.get_filename() or "": part for part in message.iter_attachments()}


def test_a_town_hall_is_told_what_to_correct_once_and_then_that_it_is_online(written: CommandLine, sink: Sink) -> None:
    lay(written, {"73065/prenoms-2024.csv": WRONG, "73029/prenoms <b>.csv": WRONG})
    planned = written("--json", "publish", "--dry-run").json["mails"]
    assert [mail["to"] for mail in planned] == [["mairie@chambery.example"], ["atd@savoie.example"]]
    assert sink.letters == []

    written("publish", code=6)
    first = sink.take()
    letter = first["mairie@chambery.example"]
    assert letter["Subject"] == "Chambéry : 1 fichier à corriger"
    assert (letter["From"], letter["Reply-To"]) == ("odl@savoie.example", "atd@savoie.example")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert "prenoms-2024.csv" in body(letter)
    assert "trois" in body(letter)
    assert "MÊME NOM" in body(letter)
    assert "<strong>prenoms-2024.csv</strong>" in body(letter, "html")
    held = attachments(letter)
    assert sorted(Path(name).suffix for name in held) == [".html", ".xlsx"]
    page = next(part for name, part in held.items() if name.endswith(".html"))
    assert "trois" in page.get_content()
    digest = first["atd@savoie.example"]
    assert "2 à corriger" in digest["Subject"]
    assert "SANS ADRESSE" in body(digest)
    assert "Barberaz" in body(digest)
    assert "prenoms &lt;b&gt;.csv" in body(digest, "html")
    assert "Barberaz – <strong>" in body(digest, "html")
    assert " :" not in body(digest, "html") and "« " not in body(digest, "html")  # no mark begins a line

    written("publish", code=6)
    assert sink.take() == {}  # the same state is never told twice

    lay(written, {"73065/prenoms-2024.csv": WRONG.replace("trois", "quatre")})
    written("publish", "--no-mail", code=6)
    assert sink.take() == {}
    written("publish", code=6)
    assert "quatre" in body(sink.take()["mairie@chambery.example"])

    lay(written, {"73065/prenoms-2024.csv": PRENOMS})
    online = written("--json", "publish", code=6).json
    url = {item["path"]: item["url"] for item in online["items"]}["73065/prenoms-2024.csv"]
    thanks = sink.take()["mairie@chambery.example"]
    assert thanks["Subject"] == "Chambéry : 1 fichier en ligne"
    assert url in body(thanks)
    assert attachments(thanks) == {}

    lay(written, {"73065/prenoms-2024.csv": WRONG})
    written("publish", code=6)
    assert sink.take()["mairie@chambery.example"]["Subject"] == "Chambéry : 1 fichier à corriger"


def test_a_file_that_is_published_but_could_be_better_has_its_report_and_is_told_so_once(
    written: CommandLine, sink: Sink
) -> None:
    twice = PRENOMS + "Chambéry,73065,F,Zoé,3,2024\n"
    lay(written, {"73065/prenoms-2024.csv": twice})
    item = written("--json", "publish").json["items"][0]
    assert item["outcome"] == "published"
    page = Path(item["report"])
    assert "Publié, à améliorer" in page.read_text("utf-8")
    assert "il remplacera celui qui est en ligne" in page.read_text("utf-8")
    assert page.with_suffix(".xlsx").is_file()
    letter = sink.take()["mairie@chambery.example"]
    assert letter["Subject"] == "Chambéry : 1 fichier en ligne"
    assert "Publié, à améliorer quand vous pourrez (1 point)" in body(letter).replace("\u00a0", " ")
    assert sorted(Path(name).suffix for name in attachments(letter)) == [".html", ".xlsx"]

    written("publish")
    assert page.is_file()  # it is still what is online
    assert sink.take() == {}

    lay(written, {"73065/prenoms-2024.csv": PRENOMS})
    written("publish")
    assert not page.exists()
    assert attachments(sink.take()["mairie@chambery.example"]) == {}


def test_a_letter_that_does_not_leave_is_due_again_and_stops_no_other(written: CommandLine, sink: Sink) -> None:
    written("member", "contact", "73029", "mairie@barberaz.example")
    lay(written, {"73065/prenoms.csv": WRONG, "73029/prenoms.csv": WRONG})
    sink.refused.add("mairie@chambery.example")
    run = written("publish", code=6)
    assert "No such mailbox" in run.stderr
    assert set(sink.take()) == {"mairie@barberaz.example", "atd@savoie.example"}
    sink.refused.clear()
    written("member", "contact", "73065", "mairie@chambery.example", "absent@chambery.example")
    sink.refused.add("absent@chambery.example")
    assert "absent@chambery.example: 550" in written("publish", code=6).stderr
    assert set(sink.take()) == {"mairie@chambery.example"}

    lay(written, {"73065/prenoms.csv": WRONG.replace("trois", "six")})
    down = written("publish", code=6, ODL_SMTP_PORT="9")
    assert "does not answer" in down.stderr
    written("publish", code=6)
    assert "mairie@chambery.example" in sink.take()


def test_a_lost_letter_that_something_is_online_is_written_by_the_next_run(written: CommandLine, sink: Sink) -> None:
    lay(written, {"73065/prenoms-2024.csv": PRENOMS, "73029/prenoms.csv": PRENOMS})
    sink.refused.add("mairie@chambery.example")
    written("publish")
    assert set(sink.take()) == {"atd@savoie.example"}
    sink.refused.clear()
    lay(written, {"73065/prenoms-2023.csv": PRENOMS.replace("2024", "2023")})
    written("publish", ODL_SMTP_PORT="9")
    planned = written("--json", "publish", "--dry-run").json["mails"]
    assert next(mail["subject"] for mail in planned) == "Chambéry : 2 fichiers en ligne"
    written("publish")
    letters = sink.take()
    assert letters["mairie@chambery.example"]["Subject"] == "Chambéry : 2 fichiers en ligne"
    assert all(name in body(letters["mairie@chambery.example"]) for name in ("prenoms-2023.csv", "prenoms-2024.csv"))
    assert "1 publié" in letters["atd@savoie.example"]["Subject"]  # the other was told
    written("publish")
    assert sink.take() == {}


def test_addresses_are_kept_by_this_machine_and_never_shown_by_the_catalogue(written: CommandLine) -> None:
    written("member", "contact", "chambery", "mairie@chambery.example", "dgs@chambery.example")
    listed = written("--json", "member", "contact").json["contacts"]
    assert listed == [{"member": "73065", "addresses": ["mairie@chambery.example", "dgs@chambery.example"]}]
    file = written.home / "data" / "savoie" / "contacts.csv"
    assert file.stat().st_mode & 0o077 == 0
    database = (written.home / "data" / "savoie" / "catalogue.sqlite").read_bytes()
    assert b"mairie@chambery.example" not in database
    assert "no member" in written("member", "contact", "99999", "a@b.fr", code=2).stderr
    assert "not an e-mail" in written("member", "contact", "73065", "a@b\nBcc: x@y.fr", code=2).stderr
    written("member", "contact", "73065", "--remove")
    assert written("--json", "member", "contact").json["contacts"] == []
    file.write_text("73065;pas une adresse\n")
    assert "line 1" in written("member", "contact", code=2).stderr


def test_letters_go_over_tls_with_a_password_that_no_file_shows(savoie: CommandLine, tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
        return AuthResult(success=right, handled=False)

    kept = Sink(free_port())
    controller = Controller(
        kept, hostname="127.0.0.1", port=kept.port, tls_context=context, require_starttls=True,
        authenticator=authenticate, auth_required=True,
    )  # fmt: skip
    controller.start()
    try:
        savoie.env.update(
            ODL_SMTP_HOST="localhost", ODL_SMTP_PORT=str(kept.port), ODL_SMTP_USER="odl", ODL_MAIL_FROM="odl@x.example",
            ODL_SMTP_PASSWORD_ENV="ODL_TEST_SMTP", ODL_TEST_SMTP=PASSWORD, SSL_CERT_FILE=str(certificate),
        )  # fmt: skip
        savoie("member", "contact", "73065", "mairie@chambery.example")
        lay(savoie, {"73065/prenoms.csv": WRONG})
        assert "refused" in savoie("publish", code=6, ODL_TEST_SMTP="faux").stderr
        untrusted = savoie("publish", code=6, SSL_CERT_FILE="/dev/null")
        assert "CERTIFICATE_VERIFY_FAILED" in untrusted.stderr
        assert kept.take() == {}
        savoie("publish", code=6)
        assert set(kept.take()) == {"mairie@chambery.example"}
    finally:
        controller.stop()
    content = b"".join(file.read_bytes() for file in savoie.home.rglob("*") if file.is_file())
    assert PASSWORD.encode() not in content


def test_mail_that_could_never_leave_is_refused_before_the_run(savoie: CommandLine) -> None:
    assert "mail_from" in savoie("publish", code=2, ODL_SMTP_HOST="localhost").stderr
    wrong = savoie("publish", code=2, ODL_SMTP_HOST="localhost", ODL_MAIL_FROM="a@b.fr", ODL_SMTP_SECURITY="ssl")
    assert "starttls" in wrong.stderr


def test_who_is_invited_gets_a_letter_with_the_way_in_or_is_not_created(written: CommandLine, sink: Sink) -> None:
    site = open_site(load_tenant(Home(written.home), "savoie"))
    try:
        ckan = site.as_sysadmin()
        ckan.call_action("organization_create", {"name": "aime", "title": "Aime"})
        invited = {"email": "claire@example.org", "group_id": "aime", "role": "editor"}
        made = ckan.call_action("user_invite", invited)
        letter = sink.take()["claire@example.org"]
        assert letter["Subject"] == f"Votre compte sur {site.title}"
        assert letter["Reply-To"] == "atd@savoie.example"
        text = body(letter)
        assert "vous êtes éditeur de « Aime »" in text
        assert f"{site.url}/user/reset/{made['id']}?key=" in text

        sink.refused.add("paul@example.org")
        with pytest.raises(ValidationError) as refused:
            ckan.call_action("user_invite", {**invited, "email": "paul@example.org"})
        assert "Error sending the invite email, the user was not created" in str(refused.value.error_dict["message"])
        assert ckan.call_action("user_list", {"email": "paul@example.org"}) == []
        people = ckan.call_action("organization_show", {"id": "aime"})["users"]
        assert "paul" not in str(people)
    finally:
        site.close()
