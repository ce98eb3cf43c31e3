"""Letters of mailings: when nothing else is due, as many a second as possible, and to nobody twice.

What they tell is read for a whole claim at once. Each is begun before it is sent and marked after it; the mark
of one and the beginning of the next share a commit. What was in flight at a crash stays in doubt: a person
decides whether it goes out again. A pause or a stop counts for the next letter.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from webapp import clock
from webapp.jobs import outbox
from webapp.jobs.outbox import LEASE, Claimed
from webapp.letters.delivery import ServerAway, Transport, Verdict, transport
from webapp.letters.stencil import Stencils
from webapp.models import Letter, Mailing, Subscriber, db
from webapp.models.base import reading_only, table_of
from webapp.rules import letters as rules
from webapp.rules.letters import LetterEvent, LetterState
from webapp.rules.mailings import MailingState
from webapp.services.mail import mailings

log = structlog.get_logger()

TURN = timedelta(seconds=3)  # then it is looked whether somebody else waits

LETTER = table_of(Letter)
RUNNING = sa.select(Mailing.id).where(Mailing.state == MailingState.SENDING)

# Statements made once: making one costs several times what sending it does.
_OURS = sa.and_(LETTER.c.id == sa.bindparam("letter_id"), LETTER.c.lease == sa.bindparam("own_lease"))
BEGIN = (
    sa.update(LETTER)
    .where(
        _OURS,
        LETTER.c.state == LetterState.PENDING,
        LETTER.c.leased_until > sa.bindparam("now", type_=LETTER.c.leased_until.type),
        LETTER.c.mailing_id.in_(RUNNING),
    )
    .values(
        state=rules.next_state(LetterState.PENDING, LetterEvent.BEGIN),
        attempts=LETTER.c.attempts + 1,
        leased_until=sa.bindparam("until", type_=LETTER.c.leased_until.type),
    )
)
ACCEPTED = (
    sa.update(LETTER)
    .where(_OURS, LETTER.c.state == LetterState.SENDING)
    .values(
        state=rules.next_state(LetterState.SENDING, LetterEvent.ACCEPTED),
        lease=None,
        leased_until=None,
        sent_at=sa.bindparam("at", type_=LETTER.c.sent_at.type),
        server_reply=sa.bindparam("reply"),
        sent_subject=sa.bindparam("subject"),
        sent_text=sa.bindparam("text"),
    )
)


def deliver_due(limit: int = 100) -> bool:
    """Deliver up to ``limit`` letters of mailings, for a few seconds. Returns whether there may be more."""
    if not outbox.something_is(_due, clock.now()):
        return False
    _doubt_what_was_in_flight(clock.now())
    claimed = outbox.claim(_due, limit, clock.now())
    if not claimed:
        return False
    with transport() as way:
        return _deliver(claimed, way)


def write_ahead(now: datetime) -> bool:
    """Write the next letters of every mailing that runs. Returns whether there are new ones to deliver."""
    with reading_only():
        running = mailings.running()
        db.session.rollback()
    written = False
    for mailing_id in running:
        written |= mailings.write_batch(mailing_id, now)
        db.session.commit()
    return written


def _due(now: datetime) -> sa.Select[int]:
    """Letters of mailings that run; of the others what was in flight at a crash, since it must be said."""
    return outbox.waiting(now).where(
        Letter.mailing_id.is_not(None),
        sa.or_(Letter.mailing_id.in_(RUNNING), Letter.state == LetterState.SENDING),
    )


def _doubt_what_was_in_flight(now: datetime) -> None:
    """A worker died between DATA and the mark: whether the server has the letter, nobody knows."""
    db.session.execute(
        sa.update(Letter)
        .where(
            Letter.state == LetterState.SENDING,
            Letter.mailing_id.is_not(None),
            Letter.leased_until <= now,
        )
        .values(
            state=rules.next_state(LetterState.SENDING, LetterEvent.IN_DOUBT), lease=None, leased_until=None
        )
        .execution_options(synchronize_session=False)
    )
    db.session.commit()


def _deliver(claimed: Sequence[Claimed], way: Transport) -> bool:
    """Returns whether the mail server was there to the end."""
    turn_ends_at = clock.now() + TURN
    with _read_together(claimed), db.engine.connect() as connection:
        marks, stencils = _Marks(connection), Stencils()
        for place, letter in enumerate(claimed):
            if clock.now() > turn_ends_at:
                marks.settle()
                outbox.release(claimed[place:])
                break
            try:
                _deliver_one(letter, way, marks, stencils)
            except ServerAway as away:
                marks.settle()
                for left in claimed[place:]:
                    outbox.try_later(left, LetterState.PENDING, str(away), tried=left.attempts + 1)
                return False
        marks.settle()
    return True


class _Marks:
    """What becomes of letters, over a connection of its own: what was read for the claim stays at hand."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._accepted: dict[str, Any] | None = None

    def begin(self, letter: Claimed) -> bool:
        """In one commit: the letter before was sent, this one is in flight. False when it may not go out."""
        now = clock.now()
        ours = {"letter_id": letter.id, "own_lease": letter.lease, "now": now, "until": now + LEASE}
        with self._connection.begin():
            self._mark_accepted()
            begun = self._connection.execute(BEGIN, ours)
        return begun.rowcount == 1

    def accepted(self, letter: Claimed, message: EmailMessage, reply: str) -> None:
        """The server has it; the row says so with the next commit."""
        kept = outbox.kept(message, reply)
        self._accepted = {
            "letter_id": letter.id,
            "own_lease": letter.lease,
            "at": kept["sent_at"],
            "reply": reply,
            "subject": kept["sent_subject"],
            "text": kept["sent_text"],
        }

    def settle(self) -> None:
        """Leave nothing unsaid, and the session without a transaction: others may write now."""
        with self._connection.begin():
            self._mark_accepted()
        db.session.rollback()

    def _mark_accepted(self) -> None:
        if self._accepted is None:
            return
        marked = self._connection.execute(ACCEPTED, self._accepted)
        if marked.rowcount != 1:
            log.warning("letter.lease_lost", letter=self._accepted["letter_id"], event_kind="accepted")
        self._accepted = None


@contextmanager
def _read_together(claimed: Sequence[Claimed]) -> Iterator[None]:
    """Letters and subscribers by two queries; the session then has them, and what they have in common."""
    numbers = [letter.id for letter in claimed]
    with reading_only():
        at_hand: list[Any] = list(db.session.scalars(sa.select(Letter).where(Letter.id.in_(numbers))))
        readers = [letter.subscriber_id for letter in at_hand]
        at_hand += db.session.scalars(sa.select(Subscriber).where(Subscriber.id.in_(readers)))
    try:
        yield
    finally:
        at_hand.clear()
        db.session.rollback()


def _deliver_one(letter: Claimed, way: Transport, marks: _Marks, stencils: Stencils) -> None:
    """Raises :class:`ServerAway` before it is begun."""
    tried = letter.attempts + 1
    try:
        with reading_only():
            message = stencils.compose(db.session.get_one(Letter, letter.id), clock.now())
    except (OperationalError, InterfaceError):
        raise  # the database is away, not the letter wrong
    except Exception as error:
        marks.settle()
        outbox.unwritable(letter, LetterState.PENDING, error, tried)
        return
    if message is None:
        marks.settle()
        outbox.mark(letter, LetterState.PENDING, LetterEvent.MOOT, {})
        return
    way.prepare()
    if not marks.begin(letter):
        return
    try:
        verdict = way.send(letter.id, message)
    except ServerAway as away:
        verdict = Verdict(LetterEvent.TRY_LATER, str(away))
    if verdict.event is LetterEvent.ACCEPTED:
        marks.accepted(letter, message, verdict.reply)
        return
    marks.settle()
    match verdict.event:
        case LetterEvent.REFUSED:
            outbox.failed(letter, LetterState.SENDING, LetterEvent.REFUSED, verdict.reply, tried)
        case LetterEvent.INTERRUPTED:
            said = {"server_reply": verdict.reply}
            outbox.mark(letter, LetterState.SENDING, LetterEvent.IN_DOUBT, said)
        case _:
            outbox.try_later(letter, LetterState.SENDING, verdict.reply, tried)
