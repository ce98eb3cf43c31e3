"""The link of somebody who registered by phone alone: printed, or sent to an address that is given on the phone."""

from datetime import datetime

import sqlalchemy as sa

from webapp.models import Centre, GroupEvent, Registration, db
from webapp.rules.errors import AddressUnusable
from webapp.rules.groups import TAKING_PART
from webapp.rules.letters import LetterKind
from webapp.services.help_requests.lifecycle import record
from webapp.services.mail.correspondence import let_letters_through
from webapp.services.pages import personal_links
from webapp.services.seats import participant_letters, seating


def link_of(event: GroupEvent, registration_id: int) -> str:
    """The token of the personal page. Raises ``NoResultFound`` (404) for anybody who gave an e-mail:

    that link stands in letters only, since acting through it confirms the address.
    """
    person = _by_phone_alone(event, registration_id)
    token = personal_links.token_of(personal_links.SEAT, registration_id=person.id)
    assert token is not None  # only withdrawn consent ends it, and such a person does not take part
    return token


def send_to(
    centre: Centre,
    event: GroupEvent,
    registration_id: int,
    email: str | None,
    now: datetime,
    *,
    staff_id: int,
) -> None:
    """From now on letters go to ``email``: at once the one with the link. The office has heard the address.

    Raises :class:`AddressUnusable` for an empty one, ``NoResultFound`` as :func:`link_of` does.
    """
    if email is None:
        raise AddressUnusable("email", reason="no_at")
    person = _by_phone_alone(event, registration_id)
    let_letters_through(centre.id, email)
    person.email, person.email_confirmed_at = email, now
    db.session.flush()
    record(
        centre.id,
        "registration.address",
        now,
        staff_id=staff_id,
        group_event_id=event.id,
        registration_id=person.id,
    )
    _write(event, person, now)


def _by_phone_alone(event: GroupEvent, registration_id: int) -> Registration:
    return db.session.scalars(
        sa.select(Registration).where(
            Registration.id == registration_id,
            Registration.group_event_id == event.id,
            Registration.state.in_(TAKING_PART),
            Registration.email.is_(None),
            Registration.blocked_at.is_(None),
        )
    ).one()


def _write(event: GroupEvent, person: Registration, now: datetime) -> None:
    """The link, with a seat also the invite and the reminders: what was told by phone, once more as a letter."""
    occasion = f"address:{now.isoformat()}"
    seats = [
        (meeting, seat)
        for meeting in seating.meetings_ahead(event.id, now)
        for seat in participant_letters.seated_in(meeting.id)
        if seat.id == person.id
    ]
    if not seats:
        meeting = seating.group_meeting(event.id, now)
        known = seating.without_entry(person.id)
        participant_letters.tell([known], LetterKind.NEW_LINK, meeting, now, occasion=occasion)
        return
    dates = [meeting.starts_at.isoformat() for meeting, _ in seats]
    first, seat = seats[0]
    participant_letters.tell([seat], LetterKind.SEAT_CONFIRMED, first, now, occasion=occasion, dates=dates)
    for meeting, seat in seats:
        participant_letters.remind([seat], [meeting], now)
