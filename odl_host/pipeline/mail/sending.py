"""Sending letters by SMTP, and remembering who was told what, so that nobody is told the same twice."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odl_host.config import Settings, read_secret
from odl_host.contacts import read_contacts
from odl_host.errors import ConfigError, OdlError, Unavailable
from odl_host.pipeline.context import RunContext
from odl_host.pipeline.mail.items import items_of_plan, items_of_run
from odl_host.pipeline.mail.letters import Letter, add_online, states_now, write_letters
from odl_host.pipeline.plans.plan import Plan
from odl_host.pipeline.runs.outcomes import RunReport
from odl_host.storage.atomic import write_atomically
from odl_host.tenants import Tenant

if TYPE_CHECKING:
    import smtplib

TIMEOUT_S = 30
RECORD = "mail.json"
_OWED = "owed"
"""Its key in the record, beside those of the addressees."""


class Postman:
    """Sends the letters of a run once it has ended; `sent` and `problems` tell what became of them."""

    def __init__(self) -> None:
        self.sent: list[Letter] = []
        self.problems: list[str] = []

    def __call__(self, context: RunContext, report: RunReport) -> None:
        """Write, send and remember; a letter that cannot be sent is due again after the next run."""
        tenant, items = context.tenant, items_of_run(report.outcomes)
        told = Told(tenant.data / RECORD)
        try:
            told.owe(add_online(told.owed, items))  # a letter that is lost from here on is written by the next run
            contacts = read_contacts(tenant.contacts)
            letters = write_letters(tenant, items, contacts, told.states, told.owed, today=context.today)
            if letters:
                self._send(letters, context.settings, tenant, told)
        except OdlError as error:
            self.problems.append(f"{error.message} {error.hint}")
            return
        unsent = {letter.key for letter in letters} - {letter.key for letter in self.sent}
        now = states_now(items)
        told.forget(
            (key for key, state in now.items() if not state and key not in unsent),
            owed=(key for key in now if key not in unsent),
        )

    def _send(self, letters: Sequence[Letter], settings: Settings, tenant: Tenant, told: Told) -> None:
        """Send letters; one that is refused stops no other. What was said is on the disk before the next one leaves."""
        import smtplib

        with _connected(settings) as connection:
            for letter in letters:
                try:
                    refused = connection.send_message(compose(letter, settings, tenant))
                except smtplib.SMTPServerDisconnected as error:
                    self.problems.append(f"The SMTP server closed the connection: {_said(error)}")
                    return
                except Exception as error:  # noqa: BLE001 - whatever one letter or its reports hold, the others leave
                    self.problems.append(f"{', '.join(letter.to)}: {type(error).__name__}: {_said(error)}")
                    continue
                # Some of its addresses may be refused while the others get it.
                self.problems += [f"{address}: {code} {reason!r}" for address, (code, reason) in refused.items()]
                self.sent.append(letter)
                told.remember(letter)


class Told:
    """What each addressee was last told, by key, and what they are owed.

    Without the record, what still waits is said once more.
    """

    def __init__(self, record: Path) -> None:
        self._record = record
        self.states: dict[str, str] = {}
        self.owed: dict[str, list[Mapping[str, Any]]] = {}
        with suppress(OSError, ValueError, TypeError, AttributeError):
            document = json.loads(record.read_bytes())
            self.owed = dict(document.pop(_OWED, {}))
            self.states = dict(document)

    def owe(self, owed: dict[str, list[Mapping[str, Any]]]) -> None:
        """Keep what is to be told of what is online. :raises StorageError: the record cannot be written."""
        if owed != self.owed:
            self.owed = owed
            self._save()

    def remember(self, letter: Letter) -> None:
        """Keep what a letter told. :raises StorageError: the record cannot be written."""
        self.states[letter.key] = letter.state
        self.owed.pop(letter.key, None)
        self._save()

    def forget(self, keys: Iterable[str], *, owed: Iterable[str]) -> None:
        """Forget those for whom nothing waits any more, so that it is said again the day it comes back.

        `owed`: those to whom nobody writes; what they might have been told is forgotten too.

        :raises StorageError: the record cannot be written.
        """
        gone = [self.states.pop(key) for key in [*keys] if key in self.states]
        gone += [key for key in [*owed] if self.owed.pop(key, None)]
        if gone:
            self._save()

    def _save(self) -> None:
        document = {**self.states, **({_OWED: self.owed} if self.owed else {})}
        write_atomically(self._record, json.dumps(document, indent=1, sort_keys=True).encode())


def letters_of_plan(tenant: Tenant, plan: Plan, *, today: date) -> list[Letter]:
    """Return the letters that a run of this plan would send, without their reports.

    :raises ConfigError: the contacts or a template cannot be used.
    """
    told, items = Told(tenant.data / RECORD), items_of_plan(plan)
    owed = add_online(told.owed, items)
    return write_letters(tenant, items, read_contacts(tenant.contacts), told.states, owed, today=today)


def compose(letter: Letter, settings: Settings, tenant: Tenant) -> EmailMessage:
    """Return a letter as a message: text, HTML, attachments."""
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = ", ".join(letter.to)
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = make_msgid(domain=settings.mail_from.rpartition("@")[2].strip("> ") or None)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence message answers it
    if "@" in tenant.manifest.contact:
        message["Reply-To"] = tenant.manifest.contact
    message.set_content(letter.text)
    if letter.html:
        message.add_alternative(letter.html, subtype="html")
    for path in letter.attachments:
        kind = (mimetypes.guess_type(path.name)[0] or "application/octet-stream").split("/")
        message.add_attachment(path.read_bytes(), maintype=kind[0], subtype=kind[1], filename=path.name)
    return message


def send_text(settings: Settings, tenant: Tenant, to: str, subject: str, text: str) -> None:
    """Send one letter of plain text to one address.

    :raises ConfigError: a setting is missing or cannot be used. :raises Unavailable: the server refuses it.
    """
    letter = Letter(key="", to=(to,), subject=subject, text=text, html="", state="")
    with _connected(settings) as connection:
        try:
            connection.send_message(compose(letter, settings, tenant))
        except OSError as error:  # SMTPException is one
            raise _refused(f"{settings.smtp_host}:{settings.smtp_port}", error) from error


def require_mail_settings(settings: Settings) -> None:
    """Make sure that letters can be sent. :raises ConfigError: a setting is missing or cannot be used."""
    if settings.smtp_security not in {"starttls", "tls", "none"}:
        raise ConfigError(f"smtp_security is “starttls”, “tls” or “none”, not “{settings.smtp_security}”.")
    if "@" not in settings.mail_from:
        raise ConfigError("mail_from, the address that letters come from, is not set.", hint="Set it in odl.toml.")


@contextmanager
def _connected(settings: Settings) -> Iterator[smtplib.SMTP]:
    """Open the SMTP server, encrypted unless the settings say otherwise, and log in where they name a user.

    :raises ConfigError: the password cannot be read. :raises Unavailable: the server does not answer or refuses.
    """
    import smtplib
    import ssl

    require_mail_settings(settings)
    password = read_secret(settings.smtp_password_env, settings.smtp_password_file, "the password of the SMTP server")
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    try:
        context = ssl.create_default_context()
        if settings.smtp_security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S, context=context
            )
        else:
            connection = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S)
    except OSError as error:
        raise _refused(where, error) from error
    try:
        try:
            if settings.smtp_security == "starttls":
                connection.starttls(context=context)
            if settings.smtp_user:
                connection.login(settings.smtp_user, password.reveal() if password else "")
        except OSError as error:  # SMTPException is one
            raise _refused(where, error) from error
        yield connection
    finally:
        try:
            connection.quit()
        except OSError:
            connection.close()


def _refused(where: str, error: Exception) -> Unavailable:
    return Unavailable(
        f"The SMTP server {where} refused or does not answer ({type(error).__name__}: {_said(error)}).",
        hint="Check smtp_host, smtp_port, smtp_security and smtp_user; the letters are due again after the next run.",
    )


def _said(error: Exception) -> str:
    """Return what a server said, on one line; never what was sent to it."""
    import smtplib

    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return f"{error.smtp_code} {' '.join(str(text).split())}"[:200]
    return " ".join(str(error).split())[:200]
