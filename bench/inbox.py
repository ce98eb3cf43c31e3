"""A mailbox of two thousand mails, a quarter of them hostile, at a real IMAP server: read, and nothing lost."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage

import sqlalchemy as sa
from flask import Flask

from bench import stage
from bench.table import Bound, Figure, number
from tests import mail
from tests.dovecot import DovecotServer, find_dovecot
from tests.factories import make_centre, make_consultation, make_specialist
from webapp.jobs import mailbox
from webapp.letters import inbox
from webapp.models import Consultation, HelpRequest, InboxMail, Letter, Participation, db
from webapp.rules.inbox import FOR_DEPUTY, FOR_OFFICE
from webapp.rules.letters import LetterKind, LetterState

ANSWERS, RETURNED, AUTOMATIC, LETTERS, HOSTILE = 600, 300, 300, 300, 500
MAILS = ANSWERS + RETURNED + AUTOMATIC + LETTERS + HOSTILE
MOST_SECONDS = 60
MOST_RUNS = 20


@dataclass(frozen=True)
class Family:
    email: str
    uid: str
    message_id: str


def measure() -> Iterator[Figure]:
    program = find_dovecot()
    if program is None:
        raise RuntimeError("Dovecot 2.3 is not installed")
    with DovecotServer(program, parent=stage.DISK) as server:
        for database in stage.databases():
            with stage.installation(database) as (_, app):
                yield from _measured(app, server, database)


def _measured(app: Flask, server: DovecotServer, database: str) -> Iterator[Figure]:
    address = server.create_mailbox()
    app.config.update(IMAP_URL=address, MAIL_AUTHSERV_ID=mail.SERVER)
    with app.app_context():
        families = _families(datetime.now(UTC))
        _deliver(server, address, families)
        stage.settle()
        loading = _seconds_of_loading()
        began = time.perf_counter()
        for _ in range(MOST_RUNS):
            mailbox.read_new()
            if _left(server, address) == 0:
                break
        seconds = time.perf_counter() - began
        db.session.rollback()
        noted = db.session.scalar(sa.select(sa.func.count(InboxMail.id))) or 0
        of_kind = sa.select(InboxMail.kind, sa.func.count()).group_by(InboxMail.kind)
        waiting = dict(db.session.execute(of_kind.where(InboxMail.handled_at.is_(None))).all())
        answered = db.session.scalar(sa.select(sa.func.count(Participation.answer)))
        failed = db.session.scalar(
            sa.select(sa.func.count()).where(Letter.state == LetterState.FAILED, Letter.help_request_id > 0)
        )
        db.session.rollback()
    yield Figure(
        f"{MAILS} mails read, {HOSTILE} of them hostile ({database})",
        seconds,
        "s",
        f"loading them alone: {number(loading)} s",
        seconds / loading,
        target=MOST_SECONDS,
    )
    counts = {
        "mails noted": (noted, MAILS),
        "mails put away": (_put_away(server, address), MAILS),
        "answers that count": (answered or 0, ANSWERS),
        "letters known to have come back": (failed or 0, RETURNED),
    }
    for name, (found, expected) in counts.items():
        yield Figure(f"  {name}", found, "", bound=Bound.AT_LEAST, target=expected)
    for words, whose in (("the office", FOR_OFFICE), ("the deputy", FOR_DEPUTY)):
        yield Figure(f"  wait for {words}", sum(waiting.get(kind, 0) for kind in whose), "")


def _families(now: datetime) -> Sequence[Family]:
    """Families with a date, each with the letter that told it."""
    centre = make_centre()
    make_centre()  # with one centre only, no mail has to name it
    specialist = make_specialist(centre)
    for place in range(ANSWERS):
        at = now + timedelta(days=2, minutes=40 * place)
        make_consultation(centre, specialist, at=at, now=now, phone=f"+7916{place:07d}")
    db.session.execute(sa.update(Letter).values(state=LetterState.SENT))
    db.session.commit()
    rows = db.session.execute(
        sa.select(HelpRequest.email, Participation.uid, Letter.message_id)
        .join(Consultation, Consultation.id == Participation.consultation_id)
        .join(HelpRequest, HelpRequest.id == Participation.help_request_id)
        .join(
            Letter,
            sa.and_(Letter.help_request_id == HelpRequest.id, Letter.kind == LetterKind.CONFIRMED),
        )
        .order_by(Participation.id)
    )
    families = [Family(row.email or "", row.uid, row.message_id) for row in rows]
    db.session.rollback()
    return families


def _mails(families: Sequence[Family]) -> Iterator[EmailMessage | bytes]:
    styles, answers = ("gmail", "outlook", "apple"), ("ACCEPTED", "DECLINED", "TENTATIVE")
    for place, family in enumerate(families):
        yield mail.answer(
            styles[place % 3],
            attendee=family.email,
            uid=family.uid,
            partstat=answers[place // 3 % 3],
            method="COUNTER" if place % 10 == 0 else "REPLY",
        )
    for family in families[:RETURNED]:
        yield mail.report(family.message_id, family.email)
    for place in range(AUTOMATIC):
        yield mail.letter(f"Я в отпуске, {place}", Auto_Submitted="auto-replied")
    for place in range(LETTERS):
        yield mail.letter(f"Вопрос {place}", To=f"centre+school-{place % 3}@kenes.example")
    for place in range(HOSTILE):
        yield mail.hostile(place)


def _deliver(server: DovecotServer, address: str, families: Sequence[Family]) -> None:
    """The hostile ones lie among the others, not behind them."""
    mails = list(_mails(families))
    with server.open(address) as box:
        for start in range(7):
            for message in mails[start::7]:
                octets = message if isinstance(message, bytes) else message.as_bytes(policy=policy.SMTP)
                box.append(octets)


def _seconds_of_loading() -> float:
    """Only what the mail server and the connection need for the same octets."""
    began = time.perf_counter()
    with inbox.opened() as box:
        uids = box.waiting()
        for first in range(0, len(uids), mailbox.BATCH):
            for waiting in box.measured(uids[first : first + mailbox.BATCH]):
                box.octets(waiting)
    return time.perf_counter() - began


def _left(server: DovecotServer, address: str) -> int:
    with server.open(address) as box:
        return len(box.uids())


def _put_away(server: DovecotServer, address: str) -> int:
    with server.open(address) as box:
        box.folder.set(f"INBOX/{inbox.READ_FOLDER}")
        return len(box.uids())
