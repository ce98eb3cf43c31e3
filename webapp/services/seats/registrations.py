"""Registering for a group event, and giving the seat back."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from video.tokens import shown_name
from webapp import links
from webapp.models import Centre, Consultation, GroupEvent, Participation, Registration, db
from webapp.models.base import execute, parameters, table_of
from webapp.rules import groups
from webapp.rules.consultations import ConsultationState, ParticipationState
from webapp.rules.errors import WrongState
from webapp.rules.groups import FOR_A_WHILE, TAKING_PART, RegistrationAction, RegistrationState
from webapp.rules.help_requests import DATA_DESTROYED_AFTER
from webapp.rules.letters import LetterKind
from webapp.services.consultations.confirmation import calendar_uid
from webapp.services.help_requests.lifecycle import record
from webapp.services.pages import personal_links
from webapp.services.seats import admission, halls, participant_letters, repeat_offers
from webapp.services.seats.admission import Wanted
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
ADD_UNLESS_KNOWN: dict[str, Any] = {
    name: insert(PERSON)
    .on_conflict_do_nothing(index_elements=["group_event_id", "contact_hash"])
    .returning(*participant_letters.ADDRESSEE, WITHOUT_ENTRY_YET)
    for name, insert in INSERT_INTO.items()
}
COME_BACK = (
    sa.update(PERSON)
    .where(PERSON.c.id == sa.bindparam("known_id"), PERSON.c.state == RegistrationState.WITHDRAWN)
    .returning(*participant_letters.ADDRESSEE, WITHOUT_ENTRY_YET)
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


def register(centre: Centre, event_id: int, wanted: Wanted, now: datetime) -> None:
    """Give ``wanted`` a seat or a place in the waiting list, and write to it once.

    Whoever is registered already changes nothing and gets no second letter, and nobody can see the
    difference: the answer is the letter. Somebody registered by the office is confirmed by the office.
    Raises a :class:`DomainError` beside the field it is about, ``NoResultFound`` (404) for an event of
    another centre.
    """
    contact_hash = links.address_fingerprint(wanted.contact)
    event = admission.admit(centre, event_id, wanted, contact_hash, now)
    if event.registration_state in TAKING_PART:
        return
    place = halls.take_place(event_id)
    values = _values(centre, event, wanted, place, now)
    values |= {"contact_hash": contact_hash, "consent_text_id": event.consent_text_id}
    person = _add(values) if event.registration_id is None else _come_back(event.registration_id, values)
    if person is None:  # the same contact came in the same moment
        halls.give_back_place(event_id, place)
        return
    give_link = personal_links.make if event.registration_id is None else personal_links.renew
    give_link(personal_links.SEAT, now, registration_id=person.id)
    _tell_newcomer(event_id, person, place, values["seat_until"], now)
    record(
        centre.id,
        "registration.add",
        now,
        staff_id=wanted.entered_by,
        group_event_id=event_id,
        registration_id=person.id,
    )


def act_through(registration_id: int, now: datetime) -> Registration:
    """Somebody acts through the link of a letter: only the owner of the address can."""
    registration = db.session.get_one(Registration, registration_id)
    if registration.email and registration.email_confirmed_at is None:
        registration.email_confirmed_at = now
    registration.mail_failed_at = None  # letters arrive
    return registration


def confirm(registration: Registration, now: datetime) -> None:
    """The owner of the address acted from the letter; a seat that was held for that is theirs."""
    if registration.state != RegistrationState.HELD:
        return
    if not halls.confirm(registration.id):
        raise WrongState(state=registration.state)
    db.session.expire(registration, ["state", "seat_until"])
    take_seats(registration.group_event_id, [registration], LetterKind.SEAT_CONFIRMED, now)


def give_back(registration: Registration, now: datetime, *, staff_id: int | None = None) -> None:
    """The seat, or the place in the list, goes to the next. Giving it back twice changes nothing."""
    left = _leave(registration, RegistrationAction.GIVE_BACK, now, staff_id=staff_id)
    if left is not None:
        meeting, person = left
        participant_letters.tell([person], LetterKind.SEAT_GIVEN_BACK, meeting, now)


def skip(registration: Registration, meeting_id: int, now: datetime) -> None:
    """One date of a course is given up, the seat in the others stays. Twice changes nothing."""
    meeting = next(
        (one for one in meetings_ahead(registration.group_event_id, now) if one.id == meeting_id), None
    )
    if meeting is None:
        raise WrongState(state=registration.state)
    left = _leave_meetings(registration, [meeting])
    if left is None:
        return
    participant_letters.tell([left[1]], LetterKind.MEETING_MISSED, meeting, now)
    record(
        registration.centre_id,
        "registration.skip",
        now,
        group_event_id=registration.group_event_id,
        consultation_id=meeting_id,
        registration_id=registration.id,
    )


def remove(registration: Registration, now: datetime) -> None:
    """ "This wasn't me", or the consent was withdrawn: out at once, without a word about the event."""
    _end_offers(registration, now)
    _leave(registration, RegistrationAction.REMOVE, now, staff_id=None)


def withdraw_consent(registration: Registration, now: datetime) -> None:
    """The seat is free, the data are blocked at once and destroyed within 30 days.

    One letter says so and takes the first date out of the calendar.
    """
    centre = db.session.get_one(Centre, registration.centre_id)
    _end_offers(registration, now)
    left = _leave(registration, RegistrationAction.REMOVE, now, staff_id=None)
    registration.destroy_by = now + DATA_DESTROYED_AFTER
    delete_by = (registration.destroy_by - timedelta(days=1)).astimezone(centre.zone_info).date()
    meeting, person = left or (
        group_meeting(registration.group_event_id, now),
        without_entry(registration.id),
    )
    participant_letters.tell(
        [person], LetterKind.CONSENT_WITHDRAWN, meeting, now, occasion="1", delete_by=delete_by.isoformat()
    )
    registration.blocked_at = now
    personal_links.revoke_registration(registration.id, now)


def lapse_due(now: datetime) -> int:
    """Seats whose address nobody confirmed in time, and offers that nobody took, go to the next.

    Returns how many lapsed.
    """
    due = db.session.execute(
        sa.select(Registration.id, Registration.group_event_id, Registration.state)
        .where(Registration.state.in_(FOR_A_WHILE), Registration.seat_until <= now)
        .order_by(Registration.group_event_id, Registration.arrival)
    ).all()
    for row in due:
        halls.lock(row.group_event_id)
        if halls.leave(row.group_event_id, row.id, row.state, RegistrationAction.LAPSE):
            participant_letters.drop_waiting(row.id, now)
            pass_seats_on(row.group_event_id, now)
    return len(due)


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
        until = _must_confirm_until(event, person.email, person.email_confirmed_at, now)
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
            _ask_to_confirm(event_id, person, until, now)
    if seated:
        take_seats(event_id, seated, LetterKind.SEAT_FREED, now)


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
    occasion = (
        f"{meeting.id}:{meeting.calendar_sequence}"  # without a seat nobody has a SEQUENCE of their own
    )
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


def _values(centre: Centre, event: Any, wanted: Wanted, place: halls.Place, now: datetime) -> dict[str, Any]:
    confirmed_at = now if wanted.by_office and wanted.email else None
    state, until = RegistrationState.WAITING, None
    if place.seated:
        until = _must_confirm_until(event, wanted.email, confirmed_at, now)
        state = RegistrationState.SEATED if until is None else RegistrationState.HELD
    return {
        "centre_id": centre.id,
        "group_event_id": event.id,
        "state": state,
        "arrival": place.arrival,
        "shown_name": shown_name(wanted.shown_name),
        "email": wanted.email,
        "email_confirmed_at": confirmed_at,
        "phone": wanted.phone,
        "language": wanted.language,
        "zone": wanted.zone,
        "parent_present": wanted.parent_present,
        "consented_at": now,
        "mailing_wished": wanted.mailing,
        "registered_at": now,
        "entered_by": wanted.entered_by,
        "seat_until": until,
        "source_hash": wanted.source_hash,
    }


def _must_confirm_until(
    event: Any, email: str | None, confirmed_at: datetime | None, now: datetime
) -> datetime | None:
    """Until when the address must be confirmed for a seat; None where the seat is given at once."""
    if not event.seat_after_confirming or not email or confirmed_at is not None:
        return None
    return groups.seat_until(now, event.confirm_within_hours, event.starts_at)


def of_meeting(registration_id: int, meeting_id: int) -> Any:
    """The person as letters about one meeting know it."""
    seat = {"meeting_id": meeting_id, "registration_id": registration_id}
    return execute(OF_MEETING, seat).one()


def _add(values: dict[str, Any]) -> Any:
    """The new registration as letters know it; None for a contact that is registered already."""
    return execute(ADD_UNLESS_KNOWN[db.engine.dialect.name], values).first()


def _come_back(registration_id: int, values: dict[str, Any]) -> Any:
    """Somebody who had given the seat back registers anew, behind everybody else. None when done already."""
    return execute(COME_BACK, {"known_id": registration_id, **values}).first()


def _tell_newcomer(
    event_id: int, person: Any, place: halls.Place, held_until: datetime | None, now: datetime
) -> None:
    if held_until is not None:
        _ask_to_confirm(event_id, person, held_until, now)
    elif place.seated:
        take_seats(event_id, [person], LetterKind.SEAT_CONFIRMED, now)
    else:
        meeting = meetings_ahead(event_id, now)[0]
        participant_letters.tell(
            [person],
            LetterKind.WAITING_LISTED,
            meeting,
            now,
            occasion=str(place.arrival),
            place=place.in_line,
        )


def _ask_to_confirm(event_id: int, person: Any, held_until: datetime, now: datetime) -> None:
    until = held_until.isoformat()
    meeting = meetings_ahead(event_id, now)[0]
    participant_letters.tell([person], LetterKind.SEAT_TO_CONFIRM, meeting, now, occasion=until, until=until)


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


def _leave(
    registration: Registration, action: RegistrationAction, now: datetime, *, staff_id: int | None
) -> tuple[Any, Any] | None:
    """Out of the event and its calendar; what waited to be told is dropped, the seat goes to the next.

    Returns the first meeting whose seat was left and the person as letters know it; None without a seat.
    """
    if registration.state not in TAKING_PART:
        return None
    event_id, state = registration.group_event_id, registration.state
    halls.lock(event_id)
    if not halls.leave(event_id, registration.id, state, action):
        raise WrongState(state=state)
    db.session.expire(registration, ["state", "seat_until"])
    participant_letters.drop_waiting(registration.id, now)
    left = _leave_meetings(registration, meetings_ahead(event_id, now))
    record(
        registration.centre_id,
        f"registration.{action}",
        now,
        staff_id=staff_id,
        group_event_id=event_id,
        registration_id=registration.id,
    )
    pass_seats_on(event_id, now)
    return left


def _end_offers(registration: Registration, now: datetime) -> None:
    """Seats of repeat dates that are kept for this person go to the next."""
    for offered in repeat_offers.made_to(registration):
        halls.lock(offered.group_event_id)
        if halls.leave(
            offered.group_event_id, offered.id, RegistrationState.OFFERED, RegistrationAction.REMOVE
        ):
            participant_letters.drop_waiting(offered.id, now)
            repeat_offers.forget(offered.id, now)
            pass_seats_on(offered.group_event_id, now)


def _leave_meetings(registration: Registration, meetings: Sequence[Any]) -> tuple[Any, Any] | None:
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


def without_entry(registration_id: int) -> Any:
    """The person as letters know it, whose calendar holds nothing of the event."""
    return execute(WITHOUT_ENTRY, {"registration_id": registration_id}).one()


def _waiting(registration_id: int) -> Any:
    """The person as letters know it while there is no seat yet."""
    return execute(WAITING, {"registration_id": registration_id}).one()
