"""The mailbox at a real server: what waits there is read once, and nothing stops the reader."""

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from flask import Flask
from imap_tools.mailbox import MailBoxUnencrypted
from sqlalchemy.exc import OperationalError

from tests import mail
from tests.calendar_replies import STYLES
from tests.dovecot import DovecotServer
from tests.factories import NOW, make_centre, make_consultation, make_deputy, make_specialist
from webapp.jobs import mailbox, tasks
from webapp.letters import inbox
from webapp.letters.compose import compose
from webapp.models import Consultation, HelpRequest, InboxMail, Letter, Participation, Pulse, db
from webapp.rules.inbox import MailKind
from webapp.rules.letters import LetterKind
from webapp.services.mail import received_mail

EIGHT_MEGABYTES = 8 * 1024 * 1024


@dataclass
class Box:
    """The mailbox as its server holds it."""

    program: MailBoxUnencrypted

    def deliver(self, *messages: EmailMessage | bytes) -> None:
        for message in messages:
            octets = message if isinstance(message, bytes) else message.as_bytes(policy=policy.SMTP)
            self.program.append(octets, dt=NOW)

    def waiting(self) -> int:
        self.program.folder.set("INBOX")
        return len(self.program.uids())

    def put_away(self) -> int:
        self.program.folder.set("INBOX/Read")
        return len(self.program.uids())


@pytest.fixture
def box(app: Flask, dovecot_server: DovecotServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Box]:
    """A new mailbox, which the application reads."""
    address = dovecot_server.create_mailbox()
    monkeypatch.setitem(app.config, "IMAP_URL", address)
    monkeypatch.setitem(app.config, "MAIL_AUTHSERV_ID", mail.SERVER)
    with dovecot_server.open(address) as program:
        yield Box(program)


@pytest.fixture
def consultation(app: Flask) -> Consultation:
    centre = make_centre()
    make_deputy(centre)
    consultation = make_consultation(centre, make_specialist(centre))
    db.session.commit()
    return consultation


def kinds() -> list[str]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(InboxMail.kind).order_by(InboxMail.id)))


def family_of(consultation: Consultation) -> tuple[str, str]:
    """The address of the family, and the UID of its invite as it stands in the letter that was sent."""
    email = db.session.get_one(HelpRequest, consultation.help_request_id).email or ""
    letter = db.session.scalars(sa.select(Letter).where(Letter.kind == LetterKind.CONFIRMED)).one()
    message = compose(letter, NOW)
    assert message is not None
    parsed = message_from_bytes(message.as_bytes(), policy=policy.default)
    file = next(part for part in parsed.walk() if part.get_content_type() == "text/calendar")
    lines = str(file.get_content()).splitlines()
    return email, next(line.removeprefix("UID:") for line in lines if line.startswith("UID:"))


def answer_of(consultation: Consultation) -> str | None:
    db.session.expire_all()
    return db.session.scalars(
        sa.select(Participation.answer).where(Participation.consultation_id == consultation.id)
    ).one()


@pytest.mark.parametrize("style", STYLES)
def test_an_invite_of_ours_is_answered_and_the_answer_is_read(
    box: Box, consultation: Consultation, style: str
) -> None:
    email, uid = family_of(consultation)
    box.deliver(mail.answer(style, attendee=email, uid=uid))
    tasks.read_mailbox(NOW)
    assert answer_of(consultation) == "accepted"
    assert (box.waiting(), box.put_away()) == (0, 1)
    assert db.session.get_one(Pulse, "read_mailbox").at == NOW


def test_answers_in_any_order_leave_the_one_that_was_written_last(
    box: Box, consultation: Consultation
) -> None:
    email, uid = family_of(consultation)
    told = {"attendee": email, "uid": uid}
    last = mail.answer(**told, partstat="DECLINED", stamp="20261124T055900Z")
    first = mail.answer(**told, partstat="ACCEPTED", stamp="20261124T055800Z")
    box.deliver(last, first, last)
    mailbox.read_new()
    assert answer_of(consultation) == "declined"
    assert kinds() == [MailKind.DECLINED, MailKind.OUTDATED]


def test_forged_and_foreign_answers_change_nothing(box: Box, consultation: Consultation) -> None:
    email, uid = family_of(consultation)
    told: dict[str, Any] = {"attendee": email, "uid": uid, "partstat": "DECLINED"}
    box.deliver(
        mail.answer(**told, verified=False),
        mail.answer(**told, sender="evil@evil.example"),
        mail.answer(**{**told, "attendee": "evil@evil.example"}),
        mail.answer(**{**told, "uid": "another@kenes.example"}),
    )
    mailbox.read_new()
    assert answer_of(consultation) is None
    assert kinds() == [MailKind.UNVERIFIED, *[MailKind.FOREIGN] * 3]


def test_of_a_huge_mail_only_the_beginning_is_loaded(
    box: Box, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []
    load = inbox.Inbox.octets

    def noting(self: inbox.Inbox, waiting: inbox.Waiting) -> bytes:
        octets = load(self, waiting)
        loaded.append(len(octets))
        return octets

    monkeypatch.setattr(inbox.Inbox, "octets", noting)
    message = mail.letter("Смотрите приложение")
    message.add_attachment(b"x" * EIGHT_MEGABYTES, maintype="image", subtype="png", filename="photo.png")
    box.deliver(message, mail.letter("Второе"))
    mailbox.read_new()
    texts = db.session.scalars(sa.select(InboxMail.text).order_by(InboxMail.id)).all()
    assert texts == ["Смотрите приложение", "Второе"]
    assert loaded[0] == inbox.BEGINNING


def test_bombs_do_not_stop_the_reader(box: Box, consultation: Consultation) -> None:
    email, uid = family_of(consultation)
    bombs = [mail.hostile(number) for number in range(12)]
    box.deliver(*bombs, mail.answer(attendee=email, uid=uid))
    mailbox.read_new()
    assert answer_of(consultation) == "accepted"
    assert len(kinds()) == 13
    assert box.waiting() == 0


def test_a_mail_that_breaks_the_reader_is_laid_before_a_person(
    box: Box, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = received_mail.take

    def breaking(parsed: Any, now: Any) -> MailKind:
        if parsed.subject == "bomb":
            raise RuntimeError("unforeseen")
        return take(parsed, now)

    monkeypatch.setattr(received_mail, "take", breaking)
    box.deliver(mail.letter(Subject="bomb"), mail.letter())
    with structlog.testing.capture_logs() as logs:
        mailbox.read_new()
    assert kinds() == [MailKind.UNREADABLE, MailKind.OTHER]
    assert [entry["event"] for entry in logs] == ["mailbox.unreadable"]
    assert box.waiting() == 0


def test_a_crash_before_the_mail_is_put_away_loses_and_doubles_nothing(
    box: Box, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    email, uid = family_of(consultation)
    box.deliver(mail.answer(attendee=email, uid=uid, partstat="DECLINED"), mail.letter())

    def crash(self: inbox.Inbox, uids: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(inbox.Inbox, "put_away", crash)
        with pytest.raises(KeyboardInterrupt):
            mailbox.read_new()
    assert box.waiting() == 2
    mailbox.read_new()
    assert kinds() == [MailKind.DECLINED, MailKind.OTHER]
    assert (box.waiting(), box.put_away()) == (0, 2)


def test_without_database_the_mail_stays_where_it_is(
    box: Box, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(parsed: object, now: object) -> None:
        raise OperationalError("", {}, Exception("away"))

    box.deliver(mail.letter())
    with monkeypatch.context() as patch:
        patch.setattr(received_mail, "take", away)
        with pytest.raises(OperationalError):
            mailbox.read_new()
    assert box.waiting() == 1


def test_a_mail_that_somebody_opened_by_hand_is_read_all_the_same(
    box: Box, consultation: Consultation
) -> None:
    box.deliver(mail.letter())
    box.program.flag(box.program.uids(), r"\Seen", True)
    mailbox.read_new()
    assert kinds() == [MailKind.OTHER]


def test_a_report_that_came_too_early_waits_in_the_mailbox(box: Box, consultation: Consultation) -> None:
    letter = db.session.scalars(sa.select(Letter).where(Letter.kind == LetterKind.CONFIRMED)).one()
    box.deliver(mail.report(letter.message_id, letter.recipient), mail.letter())
    mailbox.read_new()
    assert (kinds(), box.waiting()) == ([MailKind.OTHER], 1)
    letter.state = "sent"
    db.session.commit()
    mailbox.read_new()
    assert (kinds(), box.waiting()) == ([MailKind.OTHER, MailKind.RETURNED], 0)


def test_what_one_run_does_not_reach_the_next_one_reads(
    box: Box, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "SECONDS_A_RUN", 0.0)
    box.deliver(mail.letter("Первое"), mail.letter("Второе"))
    mailbox.read_new()
    assert (len(kinds()), box.waiting()) == (1, 1)
    mailbox.read_new()
    assert (len(kinds()), box.waiting()) == (2, 0)


@pytest.mark.parametrize(
    "wrong", ["imap://user:secret@127.0.0.1:1/INBOX", "imap://user:secret@{server}/NoSuchFolder"]
)
def test_a_mailbox_that_is_away_is_told_and_waited_for(
    box: Box,
    app: Flask,
    consultation: Consultation,
    dovecot_server: DovecotServer,
    monkeypatch: pytest.MonkeyPatch,
    wrong: str,
) -> None:
    address = wrong.format(server=f"127.0.0.1:{dovecot_server.port}")
    monkeypatch.setitem(app.config, "IMAP_URL", address)
    with structlog.testing.capture_logs() as logs:
        tasks.read_mailbox(NOW)
    assert [entry["event"] for entry in logs] == ["mailbox.away"]
    assert db.session.get_one(Pulse, "read_mailbox").at == NOW


def test_two_workers_do_not_read_at_once(box: Box, consultation: Consultation) -> None:
    box.deliver(mail.letter())
    with mailbox._alone() as mine:
        assert mine
        mailbox.read_new()
        assert box.waiting() == 1
    mailbox.read_new()
    assert box.waiting() == 0
