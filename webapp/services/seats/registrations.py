"""Registering for a group event, and giving the seat back."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from video.tokens import shown_name
from webapp import links
from webapp.models import Centre, Registration, db
from webapp.models.base import execute, table_of
from webapp.rules.errors import WrongState
from webapp.rules.groups import FOR_A_WHILE, TAKING_PART, RegistrationAction, RegistrationState
from webapp.rules.help_requests import DATA_DESTROYED_AFTER
from webapp.rules.letters import LetterKind
from webapp.services.help_requests.lifecycle import record
from webapp.services.pages import personal_links
from webapp.services.seats import admission, halls, participant_letters, repeat_offers, seating
from webapp.services.seats.admission import Wanted

PERSON = table_of(Registration)

ADD_UNLESS_KNOWN: dict[str, Any] = {
    name: insert(PERSON)
    .on_conflict_do_nothing(index_elements=["group_event_id", "contact_hash"])
    .returning(*participant_letters.ADDRESSEE, seating.WITHOUT_ENTRY_YET)
    for name, insert in seating.INSERT_INTO.items()
}
COME_BACK = (
    sa.update(PERSON)
    .where(PERSON.c.id == sa.bindparam("known_id"), PERSON.c.state == RegistrationState.WITHDRAWN)
    .returning(*participant_letters.ADDRESSEE, seating.WITHOUT_ENTRY_YET)
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
    seating.take_seats(registration.group_event_id, [registration], LetterKind.SEAT_CONFIRMED, now)


def give_back(registration: Registration, now: datetime, *, staff_id: int | None = None) -> None:
    """The seat, or the place in the list, goes to the next. Giving it back twice changes nothing."""
    left = _leave(registration, RegistrationAction.GIVE_BACK, now, staff_id=staff_id)
    if left is not None:
        meeting, person = left
        participant_letters.tell([person], LetterKind.SEAT_GIVEN_BACK, meeting, now)


def skip(registration: Registration, meeting_id: int, now: datetime) -> None:
    """One date of a course is given up, the seat in the others stays. Twice changes nothing."""
    meeting = next(
        (one for one in seating.meetings_ahead(registration.group_event_id, now) if one.id == meeting_id),
        None,
    )
    if meeting is None:
        raise WrongState(state=registration.state)
    left = seating.leave_meetings(registration, [meeting])
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
        seating.group_meeting(registration.group_event_id, now),
        seating.without_entry(registration.id),
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
            seating.pass_seats_on(row.group_event_id, now)
    return len(due)


def _values(centre: Centre, event: Any, wanted: Wanted, place: halls.Place, now: datetime) -> dict[str, Any]:
    confirmed_at = now if wanted.by_office and wanted.email else None
    state, until = RegistrationState.WAITING, None
    if place.seated:
        until = seating.must_confirm_until(event, wanted.email, confirmed_at, now)
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
        seating.ask_to_confirm(event_id, person, held_until, now)
    elif place.seated:
        seating.take_seats(event_id, [person], LetterKind.SEAT_CONFIRMED, now)
    else:
        meeting = seating.meetings_ahead(event_id, now)[0]
        participant_letters.tell(
            [person],
            LetterKind.WAITING_LISTED,
            meeting,
            now,
            occasion=str(place.arrival),
            place=place.in_line,
        )


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
    left = seating.leave_meetings(registration, seating.meetings_ahead(event_id, now))
    record(
        registration.centre_id,
        f"registration.{action}",
        now,
        staff_id=staff_id,
        group_event_id=event_id,
        registration_id=registration.id,
    )
    seating.pass_seats_on(event_id, now)
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
            seating.pass_seats_on(offered.group_event_id, now)
