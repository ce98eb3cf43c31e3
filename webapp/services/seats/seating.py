"""Who sits in which meeting of a group event, and who comes next."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from webapp.models import Consultation, GroupEvent, Participation, Registration, db
from webapp.models.base import execute, parameters, table_of
from webapp.rules import groups
from webapp.rules.consultations import ConsultationState, ParticipationState
from webapp.rules.groups import FOR_A_WHILE, RegistrationState
from webapp.rules.letters import LetterKind
from webapp.services.consultations.confirmation import calendar_uid
from webapp.services.help_requests.lifecycle import record
from webapp.services.pages import personal_links
from webapp.services.seats import halls, participant_letters, repeat_offers
from webapp.services.seats.participant_letters import Seated

MEETING, SEAT, PERSON = table_of(Consultation), table_of(Participation), table_of(Registration)

WITHOUT_ENTRY_YET = sa.literal(0).label("sequence")

# Statements made once: making one costs several times what sending it does.
INSERT_INTO: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
TAKE_SEATS: dict[str, sa.Insert] = {
    name: insert(SEAT)
    .on_conflict_do_update(
        index_elements=["consultation_id", "registration_id"],
        set_={"state": ParticipationState.CONFIRMED, "calendar_sequence": SEAT.c.calendar_sequence + 1},
    )
    .returning(SEAT.c.consultation_id, SEAT.c.registration_id, SEAT.c.calendar_sequence)
    for name, insert in INSERT_INTO.items()
}
MEETINGS_AHEAD = (
    sa.select(MEETING.c.id, MEETING.c.starts_at, MEETING.c.ends_at, MEETING.c.calendar_sequence)
    .where(
        MEETING.c.group_event_id == sa.bindparam("event_id"),
        MEETING.c.state == ConsultationState.PLANNED,
        MEETING.c.ends_at > sa.bindparam("now", type_=MEETING.c.ends_at.type),
    )
    .order_by(MEETING.c.starts_at)
)
WAITING = sa.select(*participant_letters.ADDRESSEE, WITHOUT_ENTRY_YET).where(
    PERSON.c.id == sa.bindparam("registration_id")
)
WITHOUT_ENTRY = sa.select(*participant_letters.ADDRESSEE, sa.null().label("sequence")).where(
    PERSON.c.id == sa.bindparam("registration_id")
)
OF_MEETING = (
    sa.select(*participant_letters.ADDRESSEE, SEAT.c.calendar_sequence.label("sequence"))
    .join(SEAT, SEAT.c.registration_id == PERSON.c.id)
    .where(
        SEAT.c.consultation_id == sa.bindparam("meeting_id"),
        PERSON.c.id == sa.bindparam("registration_id"),
    )
)


def take_seats(event_id: int, people: Sequence[Any], kind: LetterKind, now: datetime) -> None:
    """A seat in every meeting that lies ahead, one letter with the invite, reminders of each meeting.

    ``people``: registrations, or rows of ``participant_letters.ADDRESSEE``. Who comes back takes the old seat
    again: the calendar entry keeps its UID, its SEQUENCE goes up.
    """
    meetings = meetings_ahead(event_id, now)
    seats_taken = [
        {
            "consultation_id": meeting.id,
            "registration_id": person.id,
            "state": ParticipationState.CONFIRMED,
            "uid": calendar_uid(),
            "guest_id": uuid.uuid4().hex,
        }
        for person in people
        for meeting in meetings
    ]
    taken = execute(TAKE_SEATS[db.engine.dialect.name], parameters(seats_taken)).all()
    sequences = {(row.consultation_id, row.registration_id): row.calendar_sequence for row in taken}
    if len(meetings) > 1:
        personal_links.give_feeds([person.id for person in people], now)
    seats = [
        (meeting, [Seated.of(person, sequences[meeting.id, person.id]) for person in people])
        for meeting in meetings
    ]
    dates = [meeting.starts_at.isoformat() for meeting in meetings]
    participant_letters.invite(seats, kind, now, dates=dates)


def pass_seats_on(event_id: int, now: datetime) -> None:
    """Free seats go to the next in line at once, with invite and link. The event must be locked.

    Those of a repeat date are offered first to whoever still waits for the first one.
    """
    event = db.session.get_one(GroupEvent, event_id)
    ahead = meetings_ahead(event_id, now)
    if not ahead:
        return
    repeat_offers.offer_free_seats(event, ahead[0], now)
    seated = []
    for registration_id in halls.next_in_line(event_id):
        person = _waiting(registration_id)
        until = must_confirm_until(event, person.email, person.email_confirmed_at, now)
        halls.seat(event_id, registration_id, until)
        record(
            event.centre_id,
            "registration.seat",
            now,
            group_event_id=event_id,
            registration_id=registration_id,
        )
        if until is None:
            seated.append(person)
        else:
            ask_to_confirm(event_id, person, until, now)
    if seated:
        take_seats(event_id, seated, LetterKind.SEAT_FREED, now)


def leave_meetings(registration: Registration, meetings: Sequence[Any]) -> tuple[Any, Any] | None:
    """The first of ``meetings`` that is left, and the person as letters know it; None without a seat."""
    left = (
        db.session.execute(
            sa.update(Participation)
            .where(
                Participation.registration_id == registration.id,
                Participation.consultation_id.in_([meeting.id for meeting in meetings]),
                Participation.state == ParticipationState.CONFIRMED,
            )
            .values(state=ParticipationState.WITHDRAWN, calendar_sequence=Participation.calendar_sequence + 1)
            .returning(Participation.consultation_id)
            .execution_options(synchronize_session=False)
        )
        .scalars()
        .all()
    )
    meeting = next((meeting for meeting in meetings if meeting.id in left), None)
    if meeting is None:
        return None
    return meeting, of_meeting(registration.id, meeting.id)


def ask_to_confirm(event_id: int, person: Any, held_until: datetime, now: datetime) -> None:
    """The letter whose button makes a seat that is held the person's own."""
    until = held_until.isoformat()
    meeting = meetings_ahead(event_id, now)[0]
    participant_letters.tell([person], LetterKind.SEAT_TO_CONFIRM, meeting, now, occasion=until, until=until)


def must_confirm_until(
    event: Any, email: str | None, confirmed_at: datetime | None, now: datetime
) -> datetime | None:
    """Until when the address must be confirmed for a seat; None where the seat is given at once."""
    if not event.seat_after_confirming or not email or confirmed_at is not None:
        return None
    return groups.seat_until(now, event.confirm_within_hours, event.starts_at)


def tell_without_seat(
    event: GroupEvent, kind: LetterKind, meeting: Consultation, now: datetime, **facts: Any
) -> None:
    """A letter, or a call, to who waits for a seat, or has one only until the address is confirmed."""
    rows = db.session.execute(
        sa.select(*participant_letters.ADDRESSEE, sa.literal(0).label("sequence")).where(
            Registration.group_event_id == event.id,
            Registration.state.in_((RegistrationState.WAITING, *FOR_A_WHILE)),
        )
    ).all()
    # Without a seat nobody has a SEQUENCE of their own.
    occasion = f"{meeting.id}:{meeting.calendar_sequence}"
    participant_letters.tell(rows, kind, meeting, now, occasion=occasion, **facts)


def group_meeting(event_id: int, now: datetime) -> Any:
    """The next meeting, or the last one of an event that is over."""
    ahead = meetings_ahead(event_id, now)
    if ahead:
        return ahead[0]
    last = sa.select(MEETING).where(MEETING.c.group_event_id == event_id).order_by(MEETING.c.starts_at.desc())
    return db.session.execute(last.limit(1)).one()


def meetings_ahead(event_id: int, now: datetime) -> Sequence[Any]:
    """Meetings that are planned and not over, in order: id, starts_at, ends_at, calendar_sequence."""
    return execute(MEETINGS_AHEAD, {"event_id": event_id, "now": now}).all()


def of_meeting(registration_id: int, meeting_id: int) -> Any:
    """The person as letters about one meeting know it."""
    seat = {"meeting_id": meeting_id, "registration_id": registration_id}
    return execute(OF_MEETING, seat).one()


def without_entry(registration_id: int) -> Any:
    """The person as letters know it, whose calendar holds nothing of the event."""
    return execute(WITHOUT_ENTRY, {"registration_id": registration_id}).one()


def _waiting(registration_id: int) -> Any:
    """The person as letters know it while there is no seat yet."""
    return execute(WAITING, {"registration_id": registration_id}).one()
