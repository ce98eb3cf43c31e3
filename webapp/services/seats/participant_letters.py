"""What people who registered for a group event are told: letters, or calls to those without e-mail."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, Self

import sqlalchemy as sa

from webapp.models import CallTask, Letter, Participation, Registration, db
from webapp.models.base import execute, table_of
from webapp.rules import consultations
from webapp.rules.consultations import ParticipationState
from webapp.rules.letters import TO_UNCONFIRMED_ADDRESSES, TOLD_BY_PHONE, LetterKind, LetterState
from webapp.services.mail.correspondence import CALL_WITHIN, post
from webapp.services.seats import participant_calls

REMINDERS = {"day_before": LetterKind.EVENT_DAY_BEFORE, "hour_before": LetterKind.EVENT_HOUR_BEFORE}

PEOPLE = table_of(Registration)
SEATS = table_of(Participation)
ADDRESSEE = (
    PEOPLE.c.id,
    PEOPLE.c.centre_id,
    PEOPLE.c.group_event_id,
    PEOPLE.c.email,
    PEOPLE.c.email_confirmed_at,
    PEOPLE.c.phone,
    PEOPLE.c.shown_name,
    PEOPLE.c.language,
    PEOPLE.c.mail_failed_at,
)
SEATED = (
    sa.select(*ADDRESSEE, SEATS.c.calendar_sequence.label("sequence"))
    .join(SEATS, SEATS.c.registration_id == PEOPLE.c.id)
    .where(
        SEATS.c.consultation_id == sa.bindparam("meeting_id"),
        SEATS.c.state == ParticipationState.CONFIRMED,
    )
    .order_by(PEOPLE.c.arrival)
)


class Addressee(Protocol):
    """Columns of a registration that a letter to it needs: a row of ``ADDRESSEE``, or the registration."""

    id: Any
    centre_id: Any
    group_event_id: Any
    email: Any
    email_confirmed_at: Any
    phone: Any
    shown_name: Any
    language: Any
    mail_failed_at: Any
    sequence: Any  # of the person's calendar entry


class Dated(Protocol):
    """A meeting of the event, as far as a letter tells of it."""

    id: Any
    starts_at: Any
    ends_at: Any


@dataclass
class Seated:
    """Somebody who has a seat in one meeting, as a letter to them needs it."""

    id: int
    centre_id: int
    group_event_id: int
    email: str | None
    email_confirmed_at: datetime | None
    phone: str | None
    shown_name: str
    language: str
    mail_failed_at: datetime | None
    sequence: int

    @classmethod
    def of(cls, person: Any, sequence: int) -> Self:
        """``person``: a registration, or a row of ``ADDRESSEE``."""
        return cls(**{column.name: getattr(person, column.name) for column in ADDRESSEE}, sequence=sequence)


def _facts(meeting: Dated, person: Addressee, **more: Any) -> dict[str, Any]:
    """What a letter tells of one meeting; title and hosts are read when it is sent."""
    return {
        "starts_at": meeting.starts_at.isoformat(),
        "minutes": int((meeting.ends_at - meeting.starts_at).total_seconds() // 60),
        "means": consultations.Means.VIDEO,
        "sequence": person.sequence,
        **more,
    }


def tell(
    people: Iterable[Addressee],
    kind: LetterKind,
    meeting: Dated,
    now: datetime,
    *,
    occasion: str = "",
    **facts: Any,
) -> None:
    """A letter of ``kind`` about ``meeting`` to each of ``people``, or a call. Two statements for all.

    An address that nobody has confirmed gets only what it was told, changes of it and the day-before
    reminder. The same ``occasion`` is told once; by default a meeting and the person's SEQUENCE are one.
    """
    letters, calls = _told(people, kind, meeting, now, occasion, facts)
    _send(kind, meeting, letters, calls, now)


def remind(people: Sequence[Addressee], meetings: Sequence[Dated], now: datetime) -> None:
    """Reminders that still lie ahead, for each of ``people`` and ``meetings``. One statement for all."""
    post(letter for meeting in meetings for letter in _reminders(people, meeting, now))


def invite(
    seats: Sequence[tuple[Dated, Sequence[Addressee]]], kind: LetterKind, now: datetime, **facts: Any
) -> None:
    """As :func:`tell` about the first of the meetings and :func:`remind` of each, in one statement."""
    first, seated_in_first = seats[0]
    letters, calls = _told(seated_in_first, kind, first, now, "", facts)
    for meeting, people in seats:
        letters += _reminders(people, meeting, now)
    _send(kind, first, letters, calls, now)


def call_instead(letter: Letter, person: Registration, meeting: Dated, now: datetime) -> None:
    """A call about what a letter told that did not arrive: once, however often it comes back."""
    key = letter.dedupe_key
    if db.session.scalar(sa.select(CallTask.id).where(CallTask.dedupe_key == key)) is None:
        call = _call(person, LetterKind(letter.kind), meeting, letter.facts, now, key)
        participant_calls.add(
            LetterKind(letter.kind), meeting.id, [{**call, "because_mail_failed": True}], now
        )


def seated_in(meeting_id: int) -> Sequence[Any]:
    """Everybody with a seat in the meeting, in the order of arrival, as :func:`tell` wants them. One query."""
    return execute(SEATED, {"meeting_id": meeting_id}).all()


def drop_waiting(registration_id: int, now: datetime) -> None:
    """Letters and calls to one person that would tell what is not so any more."""
    db.session.execute(
        sa.update(Letter)
        .where(Letter.registration_id == registration_id, Letter.state == LetterState.PENDING)
        .values(state=LetterState.DROPPED)
        .execution_options(synchronize_session=False)
    )
    participant_calls.drop_of(registration_id, now)


def drop_reminders(consultation_id: int) -> None:
    """Reminders of a meeting whose time is off."""
    db.session.execute(
        sa.update(Letter)
        .where(
            Letter.consultation_id == consultation_id,
            Letter.kind.in_(REMINDERS.values()),
            Letter.state == LetterState.PENDING,
        )
        .values(state=LetterState.DROPPED)
        .execution_options(synchronize_session=False)
    )


def drop_reminders_of(registration_id: int, meeting_id: int) -> None:
    """Reminders of one meeting to one person, which are written anew."""
    db.session.execute(
        sa.update(Letter)
        .where(
            Letter.registration_id == registration_id,
            Letter.consultation_id == meeting_id,
            Letter.kind.in_(REMINDERS.values()),
            Letter.state == LetterState.PENDING,
        )
        .values(state=LetterState.DROPPED)
        .execution_options(synchronize_session=False)
    )


def _told(
    people: Iterable[Addressee],
    kind: LetterKind,
    meeting: Dated,
    now: datetime,
    occasion: str,
    facts: Mapping[str, Any],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The letters and the calls of :func:`tell`."""
    letters, calls = [], []
    for person in people:
        key = f"{kind}:registration:{person.id}:{occasion or f'{meeting.id}:{person.sequence}'}"
        told = _facts(meeting, person, **facts)
        by_letter = person.email and (person.email_confirmed_at or kind in TO_UNCONFIRMED_ADDRESSES)
        if by_letter:
            letters.append(_letter(person, kind, meeting, told, now, now, key))
        if person.phone and kind in TOLD_BY_PHONE and (not by_letter or person.mail_failed_at):
            calls.append(_call(person, kind, meeting, told, now, key))
    return letters, calls


def _reminders(people: Iterable[Addressee], meeting: Dated, now: datetime) -> list[dict[str, Any]]:
    plan = consultations.reminders_due(meeting.starts_at, now)
    return [
        _letter(
            person,
            REMINDERS[name],
            meeting,
            _facts(meeting, person),
            now,
            due_at,
            f"{REMINDERS[name]}:registration:{person.id}:{meeting.id}:{meeting.starts_at.isoformat()}"
            f":{person.sequence}",
        )
        for person in people
        if person.email
        for name, due_at in plan
    ]


def _send(
    kind: LetterKind,
    meeting: Dated,
    letters: Sequence[dict[str, Any]],
    calls: Sequence[dict[str, Any]],
    now: datetime,
) -> None:
    post(letters)
    if calls:
        participant_calls.add(kind, meeting.id, calls, now)


def _letter(
    person: Addressee,
    kind: LetterKind,
    meeting: Dated,
    facts: Mapping[str, Any],
    now: datetime,
    due_at: datetime,
    key: str,
) -> dict[str, Any]:
    return {
        "centre_id": person.centre_id,
        "kind": kind,
        "dedupe_key": key,
        "recipient": person.email,
        "recipient_name": person.shown_name,
        "language": person.language,
        "registration_id": person.id,
        "group_event_id": person.group_event_id,
        "consultation_id": meeting.id,
        "facts": facts,
        "created_at": now,
        "due_at": due_at,
    }


def _call(
    person: Addressee | Registration,
    kind: LetterKind,
    meeting: Dated,
    facts: Mapping[str, Any],
    now: datetime,
    key: str,
) -> dict[str, Any]:
    return {
        "centre_id": person.centre_id,
        "registration_id": person.id,
        "consultation_id": meeting.id,
        "kind": kind,
        "dedupe_key": key,
        "facts": facts,
        "created_at": now,
        "due_at": max(now, min(meeting.starts_at, now + CALL_WITHIN)),
    }
