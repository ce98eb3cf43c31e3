"""One announcement to all who asked to hear of such meetings: begun, paused, stopped, written in batches."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound

from webapp.models import (
    AuditRecord,
    GroupEvent,
    Letter,
    Mailing,
    Registration,
    Subscriber,
    SubscriberTopic,
    db,
)
from webapp.rules import mailings as rules
from webapp.rules.errors import NobodySubscribed, WrongState
from webapp.rules.groups import TAKING_PART
from webapp.rules.letters import LetterEvent, LetterKind, LetterState
from webapp.rules.letters import next_state as next_letter_state
from webapp.rules.mailings import UNDER_WAY, MailingAction, MailingState, SubscriberState
from webapp.services.help_requests.lifecycle import record
from webapp.services.mail.correspondence import post
from webapp.services.seats import halls

CLEARED = "clear"
ON_THE_WAY = (LetterState.PENDING, LetterState.SENDING)


def latest_of(event: GroupEvent) -> Mailing | None:
    return db.session.scalar(
        sa.select(Mailing).where(Mailing.group_event_id == event.id).order_by(Mailing.id.desc()).limit(1)
    )


def find(event: GroupEvent) -> Mailing:
    """The latest mailing of the event. Raises ``NoResultFound`` (404) before the first."""
    mailing = latest_of(event)
    if mailing is None:
        raise NoResultFound
    return mailing


def audience(event: GroupEvent) -> sa.ColumnElement[bool]:
    """Who is told of ``event``: subscribers of its topic and of everything, but not who takes part already.

    Of an event without a topic, those of everything only: nobody chose "nothing in particular".
    """
    chosen = sa.select(SubscriberTopic.topic_id).where(SubscriberTopic.subscriber_id == Subscriber.id)
    takes_part = sa.exists().where(
        Registration.group_event_id == event.id,
        Registration.centre_id == event.centre_id,
        Registration.email == Subscriber.email,
        Registration.state.in_(TAKING_PART),
    )
    return sa.and_(
        Subscriber.centre_id == event.centre_id,
        Subscriber.state == SubscriberState.ACTIVE,
        sa.or_(~chosen.exists(), chosen.where(SubscriberTopic.topic_id == event.topic_id).exists()),
        ~takes_part,
    )


def must_be_possible(event: GroupEvent, now: datetime) -> None:
    """Raises :class:`EventOver`, :class:`AlreadyTold`, :class:`WrongState` while one is under way."""
    before = latest_of(event)
    if before is not None and before.state in UNDER_WAY:
        raise WrongState(state=before.state)
    told_at = before.created_at if before else None
    rules.must_be_news(event.state, event.starts_at, told_at, _moved_at(event), now)


def begin(event: GroupEvent, now: datetime, *, staff_id: int) -> Mailing:
    """Tell the subscribers of the event. The letters are written and sent by the worker.

    Raises as :func:`must_be_possible`, and :class:`NobodySubscribed`.
    """
    halls.lock(event.id)  # pressed twice in the same moment, it is begun once
    must_be_possible(event, now)
    if db.session.scalar(sa.select(Subscriber.id).where(audience(event)).limit(1)) is None:
        raise NobodySubscribed()
    mailing = Mailing(
        centre_id=event.centre_id,
        group_event_id=event.id,
        state=MailingState.SENDING,
        created_at=now,
        created_by=staff_id,
    )
    db.session.add(mailing)
    db.session.flush()
    _record(mailing, "begin", now, staff_id)
    return mailing


def pause(mailing: Mailing, now: datetime, *, staff_id: int) -> None:
    """Nothing more goes out; a letter in the very moment of being sent excepted."""
    _change(mailing, MailingAction.PAUSE, now, staff_id)


def go_on(mailing: Mailing, now: datetime, *, staff_id: int) -> None:
    _change(mailing, MailingAction.GO_ON, now, staff_id)


def stop(mailing: Mailing, now: datetime, *, staff_id: int | None) -> None:
    """For good: what was not sent is not sent any more."""
    _change(mailing, MailingAction.STOP, now, staff_id)
    mailing.finished_at = now
    _move_letters(mailing, LetterState.PENDING, LetterEvent.MOOT)


def send_again(mailing: Mailing, now: datetime, *, staff_id: int) -> None:
    """Letters of which nobody knows whether they arrived go out once more."""
    _change(mailing, MailingAction.SEND_AGAIN, now, staff_id)
    mailing.finished_at = None
    _move_letters(mailing, LetterState.UNCERTAIN, LetterEvent.SEND_AGAIN)


def let_be(mailing: Mailing, now: datetime, *, staff_id: int) -> None:
    """They are left as they are: perhaps they arrived, perhaps not."""
    _move_letters(mailing, LetterState.UNCERTAIN, LetterEvent.LET_BE)
    _record(mailing, "let_be", now, staff_id)


def clear_due(now: datetime) -> int:
    """Letters of mailings that ended long enough ago go, with the addresses; their numbers stay."""
    due = db.session.scalars(
        sa.select(Mailing).where(
            Mailing.finished_at <= now - rules.DELETED_AFTER,
            sa.exists().where(Letter.mailing_id == Mailing.id),
        )
    ).all()
    for mailing in due:
        _record(mailing, CLEARED, now, None, counts=counts_of(mailing))
        db.session.execute(sa.delete(Letter).where(Letter.mailing_id == mailing.id))
    return len(due)


def counts_of(mailing: Mailing) -> dict[str, int]:
    """How many of its letters are in which state."""
    by_state = sa.select(Letter.state, sa.func.count()).where(Letter.mailing_id == mailing.id)
    return dict(db.session.execute(by_state.group_by(Letter.state)).all())


def running() -> Sequence[int]:
    """Ids of the mailings that are to be sent now."""
    return db.session.scalars(
        sa.select(Mailing.id).where(Mailing.state == MailingState.SENDING).order_by(Mailing.id)
    ).all()


def write_batch(mailing_id: int, now: datetime) -> bool:
    """Write letters to the next subscribers, unless enough of them wait. Returns whether any were written.

    What is written stands behind ``last_subscriber_id`` in the same transaction, so that a restart goes on
    there; two workers take turns. With the last letter sent the mailing is done.
    """
    mailing = _locked(mailing_id)
    event = db.session.get_one(GroupEvent, mailing.group_event_id)
    if mailing.state != MailingState.SENDING:
        return False
    if not rules.is_worth_telling(event.state, event.starts_at, now):
        stop(mailing, now, staff_id=None)
        return False
    waiting = _on_the_way(mailing)
    people = [] if waiting >= rules.BATCH else _next_people(mailing, event)
    if people:
        is_new_time = _is_new_time(mailing)
        post([_letter(mailing, person, is_new_time, now) for person in people])
        mailing.last_subscriber_id = people[-1].id
    elif waiting == 0:
        _change(mailing, MailingAction.FINISH, now, None)
        mailing.finished_at = now
    return bool(people)


def _letter(mailing: Mailing, person: Any, is_new_time: bool, now: datetime) -> dict[str, Any]:
    return {
        "centre_id": mailing.centre_id,
        "kind": LetterKind.MAILING,
        "dedupe_key": f"{LetterKind.MAILING}:{mailing.id}:subscriber:{person.id}",
        "recipient": person.email,
        "language": person.language,
        "group_event_id": mailing.group_event_id,
        "mailing_id": mailing.id,
        "subscriber_id": person.id,
        "facts": {"is_new_time": is_new_time},
        "created_at": now,
        "due_at": now,
    }


def _locked(mailing_id: int) -> Mailing:
    return db.session.execute(
        sa.select(Mailing)
        .where(Mailing.id == mailing_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()


def _next_people(mailing: Mailing, event: GroupEvent) -> Sequence[Any]:
    return db.session.execute(
        sa.select(Subscriber.id, Subscriber.email, Subscriber.language)
        .where(audience(event), Subscriber.id > mailing.last_subscriber_id)
        .order_by(Subscriber.id)
        .limit(rules.BATCH)
    ).all()


def _on_the_way(mailing: Mailing) -> int:
    on_the_way = sa.select(sa.func.count()).where(
        Letter.mailing_id == mailing.id, Letter.state.in_(ON_THE_WAY)
    )
    return db.session.execute(on_the_way).scalar_one()


def _is_new_time(mailing: Mailing) -> bool:
    """Whether the subscribers were told of the event before: then only its date can be new."""
    earlier = sa.select(Mailing.id).where(
        Mailing.group_event_id == mailing.group_event_id, Mailing.id < mailing.id
    )
    return db.session.scalar(earlier.limit(1)) is not None


def _moved_at(event: GroupEvent) -> datetime | None:
    return db.session.scalar(
        sa.select(sa.func.max(AuditRecord.at)).where(
            AuditRecord.group_event_id == event.id, AuditRecord.action == "event.move"
        )
    )


def _change(mailing: Mailing, action: MailingAction, now: datetime, staff_id: int | None) -> None:
    """Take the mailing along ``action``. Raises :class:`WrongState` when somebody else was faster."""
    locked = _locked(mailing.id)
    locked.state = rules.next_state(locked.state, action)
    _record(mailing, action, now, staff_id)


def _move_letters(mailing: Mailing, before: LetterState, event: LetterEvent) -> None:
    db.session.execute(
        sa.update(Letter)
        .where(Letter.mailing_id == mailing.id, Letter.state == before)
        .values(state=next_letter_state(before, event), lease=None, leased_until=None)
        .execution_options(synchronize_session=False)
    )


def _record(mailing: Mailing, what: str, now: datetime, staff_id: int | None, **details: Any) -> None:
    record(
        mailing.centre_id,
        f"mailing.{what}",
        now,
        staff_id=staff_id,
        group_event_id=mailing.group_event_id,
        mailing_id=mailing.id,
        **details,
    )
