"""The outbox: letters are claimed by the hundred, sent over one connection and marked one by one.

A claim is a lease. A worker that dies leaves its letters leased; when the lease has run out, another takes
them over. What was in flight then goes out again with the same Message-ID, and nothing else does.
Letters of mailings have their own way (:mod:`webapp.jobs.mailing`): only when nothing else is due.
``due_at`` of a letter never changes: it is its place in the row of what one person is told. The time of the
next try stands in ``leased_until``; until then nothing later goes to the same address.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import aliased

from webapp import clock
from webapp.letters.compose import compose, kept_text
from webapp.letters.delivery import ServerAway, Transport, Verdict, transport
from webapp.models import Letter, db
from webapp.models.base import reading_only
from webapp.rules import letters as rules
from webapp.rules.letters import LetterEvent, LetterState
from webapp.services.mail import undelivered

LEASE = timedelta(seconds=60)
WAITING = (LetterState.PENDING, LetterState.SENDING)  # "sending" counts once its lease has run out
CLAIMING = 1_801_809_509  # the number of PostgreSQL's advisory lock: one worker claims at a time

log = structlog.get_logger()


@dataclass(frozen=True)
class Claimed:
    """One letter of a claimed batch; ``lease`` is the claim that it belongs to."""

    id: int
    lease: str
    recipient: str
    kind: str
    attempts: int


Due = Callable[[datetime], sa.Select[int]]


def deliver_due(limit: int = 100) -> bool:
    """Deliver up to ``limit`` letters that are due. Returns whether there is more to do at once."""
    if not something_is(_due, clock.now()):
        return False
    claimed = claim(_due, limit, clock.now())
    if not claimed:
        return False
    with transport() as way:
        server_is_there = _deliver(claimed, way)
    return server_is_there and len(claimed) == limit


def _deliver(claimed: Sequence[Claimed], way: Transport) -> bool:
    """Returns whether the mail server was there to the end."""
    put_off: set[str] = set()  # nothing later goes to a person before what is earlier
    for place, letter in enumerate(claimed):
        if letter.recipient in put_off:
            release([letter])
            continue
        try:
            if not _deliver_one(letter, way):
                put_off.add(letter.recipient)
        except ServerAway as away:
            log.warning("mail.server_away", letters=len(claimed) - place)
            for left in claimed[place:]:
                try_later(left, LetterState.PENDING, str(away), tried=left.attempts + 1)
            return False
    return True


def _deliver_one(letter: Claimed, way: Transport) -> bool:
    """Returns whether it is done with, one way or another. Raises :class:`ServerAway` before it is begun."""
    try:
        message = _composed(letter)
    except (OperationalError, InterfaceError):
        raise  # the database is away, not the letter wrong
    except Exception as error:
        return unwritable(letter, LetterState.PENDING, error, tried=letter.attempts + 1)
    if message is None:
        return mark(letter, LetterState.PENDING, LetterEvent.MOOT, {})
    way.prepare()
    if not _begin(letter):
        return False
    tried = letter.attempts + 1
    try:
        verdict = way.send(letter.id, message)
    except ServerAway as away:
        verdict = Verdict(LetterEvent.TRY_LATER, str(away))
    except Exception as error:
        return unwritable(letter, LetterState.SENDING, error, tried)
    match verdict.event:
        case LetterEvent.ACCEPTED:
            return _sent(letter, message, verdict.reply)
        case LetterEvent.REFUSED:
            return failed(letter, LetterState.SENDING, LetterEvent.REFUSED, verdict.reply, tried)
        case _:
            return try_later(letter, LetterState.SENDING, verdict.reply, tried)


def something_is(due: Due, now: datetime) -> bool:
    """A look without a write lock: most of the time nothing is due."""
    with reading_only():
        found = db.session.scalar(due(now).order_by(None).limit(1)) is not None  # any, so nothing is sorted
        db.session.rollback()
    return found


def _due(now: datetime) -> sa.Select[int]:
    return waiting(now).where(Letter.mailing_id.is_(None))


def waiting(now: datetime) -> sa.Select[int]:
    """What may be claimed, in order: not leased, and to nobody who has to be told something else first."""
    other = aliased(Letter)
    waiting_for_another = sa.select(other.recipient).where(
        other.state.in_(WAITING),
        other.due_at <= now,  # as whatever was claimed: the index then passes over reminders of weeks to come
        other.leased_until > now,
    )
    return (
        sa.select(Letter.id)
        .where(
            Letter.state.in_(WAITING),
            Letter.due_at <= now,
            sa.or_(Letter.leased_until.is_(None), Letter.leased_until <= now),
            Letter.recipient.not_in(waiting_for_another),
        )
        .order_by(Letter.due_at, Letter.id)
    )


def claim(due: Due, limit: int, now: datetime) -> list[Claimed]:
    """Up to ``limit`` letters of ``due`` that nobody else touches while the lease lasts. Commits."""
    lease = uuid.uuid4().hex
    if db.engine.dialect.name == "postgresql":
        # Two claims at a time could give one person's letters to two workers.
        db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(CLAIMING)))
    numbers = db.session.scalars(due(now).limit(limit).with_for_update(skip_locked=True)).all()
    mine = sa.update(Letter).where(Letter.id.in_(numbers)).execution_options(synchronize_session=False)
    db.session.execute(mine.values(lease=lease, leased_until=now + LEASE))
    interrupted = rules.next_state(LetterState.SENDING, LetterEvent.INTERRUPTED)
    db.session.execute(mine.where(Letter.state == LetterState.SENDING).values(state=interrupted))
    rows = db.session.execute(
        sa.select(Letter.id, Letter.recipient, Letter.kind, Letter.attempts)
        .where(Letter.id.in_(numbers))
        .order_by(Letter.due_at, Letter.id)
    )
    claimed = [Claimed(row.id, lease, row.recipient, row.kind, row.attempts) for row in rows]
    db.session.commit()
    return claimed


def _composed(letter: Claimed) -> EmailMessage | None:
    with reading_only():
        try:
            return compose(db.session.get_one(Letter, letter.id), clock.now())
        finally:
            db.session.rollback()


def _begin(letter: Claimed) -> bool:
    """Mark it as in flight, and be sure that it is still ours."""
    now = clock.now()
    begun = db.session.execute(
        sa.update(Letter)
        .where(
            Letter.id == letter.id,
            Letter.lease == letter.lease,
            Letter.state == LetterState.PENDING,
            Letter.leased_until > now,
        )
        .values(
            state=rules.next_state(LetterState.PENDING, LetterEvent.BEGIN),
            attempts=Letter.attempts + 1,
            leased_until=now + LEASE,
        )
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return bool(begun.rowcount == 1)  # type: ignore[attr-defined]


def release(letters: Sequence[Claimed]) -> None:
    """Letters of one claim are anybody's again."""
    db.session.execute(
        sa.update(Letter)
        .where(Letter.id.in_([letter.id for letter in letters]), Letter.lease == letters[0].lease)
        .values(lease=None, leased_until=None)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()


def _sent(letter: Claimed, message: EmailMessage, reply: str) -> bool:
    return mark(letter, LetterState.SENDING, LetterEvent.ACCEPTED, kept(message, reply))


def kept(message: EmailMessage, reply: str) -> dict[str, Any]:
    """What stays of a letter that the server has taken."""
    return {
        "sent_at": clock.now(),
        "server_reply": reply,
        "sent_subject": str(message["Subject"]),
        "sent_text": kept_text(message),
    }


def try_later(letter: Claimed, state: LetterState, reply: str, tried: int) -> bool:
    """Again after a while that grows, or never after some hours. Returns whether it is done with."""
    if rules.tried_long_enough(tried):
        return failed(letter, state, LetterEvent.GIVEN_UP, reply, tried)
    again = {"server_reply": reply, "leased_until": clock.now() + rules.retry_after(tried), "attempts": tried}
    mark(letter, state, LetterEvent.TRY_LATER, again)
    return False


def unwritable(letter: Claimed, state: LetterState, error: Exception, tried: int) -> bool:
    """A letter that breaks whoever touches it must not hold up the others."""
    reason = f"{type(error).__name__} while it was written"
    log.error("letter.unwritable", letter=letter.id, kind=letter.kind, error=type(error).__name__)
    if tried >= rules.UNWRITABLE_TRIES:
        return failed(letter, state, LetterEvent.GIVEN_UP, reason, tried)
    again = {
        "server_reply": reason,
        "leased_until": clock.now() + rules.UNWRITABLE_RETRY_AFTER,
        "attempts": tried,
    }
    mark(letter, state, LetterEvent.TRY_LATER, again)
    return False


def failed(letter: Claimed, state: LetterState, event: LetterEvent, reply: str, tried: int) -> bool:
    """It does not arrive, and somebody is to know."""
    log.error("letter.failed", letter=letter.id, kind=letter.kind, event_kind=event, tried=tried)
    return mark(letter, state, event, {"server_reply": reply, "attempts": tried})


def mark(letter: Claimed, before: LetterState, event: LetterEvent, values: dict[str, Any]) -> bool:
    """One short transaction: the new state, and what follows from a failure."""
    after = rules.next_state(before, event)
    marked = db.session.execute(
        sa.update(Letter)
        .where(Letter.id == letter.id, Letter.lease == letter.lease, Letter.state == before)
        .values({"lease": None, "leased_until": None, "state": after, **values})
        .execution_options(synchronize_session=False)
    )
    if marked.rowcount != 1:  # type: ignore[attr-defined]
        db.session.rollback()
        log.warning("letter.lease_lost", letter=letter.id, event_kind=event)
        return False
    if after is LetterState.FAILED:
        failed = db.session.get_one(Letter, letter.id, populate_existing=True)
        undelivered.note_failure(failed, clock.now())
        if event is LetterEvent.REFUSED:
            undelivered.mark_address(failed, clock.now())
    db.session.commit()
    return True
