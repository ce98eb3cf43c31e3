"""What the office does about seats: registering those who call, giving a seat back on their behalf."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from webapp import links
from webapp.models import Centre, GroupEvent, Registration, db
from webapp.rules.errors import ConsentMissing
from webapp.rules.groups import TAKING_PART, RegistrationState
from webapp.services.help_requests.entering import WAYS_TO_CONSENT
from webapp.services.help_requests.lifecycle import record
from webapp.services.seats import registrations
from webapp.services.seats.admission import Wanted


@dataclass(frozen=True)
class Registered:
    """What the caller is told. ``in_line``: the number in the waiting list, 0 with a seat."""

    in_line: int
    known_before: bool


def by_office(
    centre: Centre, event: GroupEvent, wanted: Wanted, consented: str, now: datetime, *, staff_id: int
) -> Registered:
    """Register somebody who agreed as ``consented`` says; the office has heard or seen it.

    Raises a :class:`DomainError` beside the field it is about.
    """
    if consented not in WAYS_TO_CONSENT:
        raise ConsentMissing("consent")
    before = _find(event, wanted)
    known_before = before is not None and before.state in TAKING_PART
    registrations.register(centre, event.id, wanted, now)
    person = _find(event, wanted)
    assert person is not None
    if not known_before:
        record(
            centre.id,
            "consent.note",
            now,
            staff_id=staff_id,
            group_event_id=event.id,
            registration_id=person.id,
            how=consented,
        )
    return Registered(_in_line(person), known_before)


def give_back(event: GroupEvent, registration_id: int, now: datetime, *, staff_id: int) -> None:
    """The seat of somebody who cannot come goes to the next. Raises ``NoResultFound`` (404)."""
    registration = db.session.scalars(
        sa.select(Registration).where(
            Registration.id == registration_id, Registration.group_event_id == event.id
        )
    ).one()
    registrations.give_back(registration, now, staff_id=staff_id)


def _find(event: GroupEvent, wanted: Wanted) -> Registration | None:
    contact_hash = links.address_fingerprint(wanted.email or wanted.phone or "")
    return db.session.scalar(
        sa.select(Registration)
        .where(Registration.group_event_id == event.id, Registration.contact_hash == contact_hash)
        .execution_options(populate_existing=True)
    )


def _in_line(person: Registration) -> int:
    if person.state != RegistrationState.WAITING:
        return 0
    return (
        db.session.scalar(
            sa.select(sa.func.count()).where(
                Registration.group_event_id == person.group_event_id,
                Registration.state == RegistrationState.WAITING,
                Registration.arrival <= person.arrival,
            )
        )
        or 0
    )
