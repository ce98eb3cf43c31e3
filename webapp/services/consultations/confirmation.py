"""A consultation gets its date: rows, room, time taken, letters, in one transaction."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import lazyload

from video.rooms import new_name
from webapp.models import (
    Centre,
    Consultation,
    ConsultationSpecialist,
    HelpRequest,
    Participation,
    Staff,
    StaffRole,
    db,
)
from webapp.models.base import execute, parameters, table_of
from webapp.rules import consultations
from webapp.rules.errors import NothingChosen, PhoneNeeded, WrongState
from webapp.rules.help_requests import RequestEvent, RequestState
from webapp.rules.letters import LetterKind
from webapp.rules.permissions import Role
from webapp.services.help_requests.lifecycle import change_request
from webapp.services.mail.contacts import EXAMPLES
from webapp.services.mail.correspondence import (
    ADDRESS_IS_BLOCKED,
    Addressee,
    address_of,
    answer_given,
    drop_calls,
    letter_to_staff,
    letters_come_back,
    tell_family_all,
)
from webapp.services.times import timetable

# Statements made once: making one costs several times what sending it does.
TAKEN, STAFF, ROLES = timetable.TAKEN, table_of(Staff), table_of(StaffRole)
BOOKABLE = (
    sa.select(STAFF.c.id, STAFF.c.centre_id, STAFF.c.name, STAFF.c.email, STAFF.c.language)
    .join(ROLES, ROLES.c.staff_id == STAFF.c.id)
    .where(
        STAFF.c.centre_id == sa.bindparam("centre_id"),
        STAFF.c.active.is_(True),
        ROLES.c.role == Role.SPECIALIST,
    )
)
CHOSEN = BOOKABLE.where(STAFF.c.id.in_(timetable.PEOPLE))
# The request with what it holds, and whose time that is, so that one click asks once.
HELD = (
    BOOKABLE.add_columns(HelpRequest, TAKEN.c.id.label("hold_id"), TAKEN.c.starts_at, TAKEN.c.ends_at)
    .join(TAKEN, TAKEN.c.specialist_id == STAFF.c.id)
    .join(HelpRequest, HelpRequest.id == TAKEN.c.help_request_id)
    .where(
        HelpRequest.id == sa.bindparam("request_id"),
        HelpRequest.centre_id == sa.bindparam("centre_id"),
        TAKEN.c.offer_id.is_(None),
        TAKEN.c.hold_until > timetable.NOW,
    )
)
SPECIALISTS = (
    sa.select(Staff)
    .options(lazyload(Staff.role_rows))
    .join(ConsultationSpecialist, ConsultationSpecialist.specialist_id == Staff.id)
    .where(ConsultationSpecialist.consultation_id == sa.bindparam("consultation"))
    .order_by(ConsultationSpecialist.position)
)
CONSULTATION = table_of(Consultation)
# It asks along whether a letter can tell the family: a question of its own costs as much as the row.
ADD_CONSULTATION = sa.insert(CONSULTATION).returning(CONSULTATION.c.id, ADDRESS_IS_BLOCKED.label("blocked"))
ADD_SPECIALISTS = sa.insert(table_of(ConsultationSpecialist))
ADD_FAMILY = sa.insert(table_of(Participation)).inline()

FIRST_SEQUENCE = 0  # of a calendar entry; every change of it counts on


@dataclass(frozen=True)
class Agreed:
    """What was agreed: who, when (UTC), how long (minutes), by which means."""

    specialist_ids: Sequence[int]
    starts_at: datetime
    minutes: int
    means: str


@dataclass(frozen=True)
class Booked:
    """The consultation that has got its date; ``id`` is that of its row. Times in UTC.

    ``writable``: there is an address, and nobody said of it "this wasn't me". ``by_letter``: a letter tells
    the family, else a call does.
    """

    id: int
    starts_at: datetime
    ends_at: datetime
    writable: bool
    by_letter: bool


def confirm_held(centre: Centre, request_id: int, now: datetime, *, staff_id: int | None) -> Booked:
    """Confirm the held time with one click. Raises :class:`WrongState` when the hold has lapsed,
    ``NoResultFound`` (404) for a request of another centre.
    """
    hold = db.session.execute(HELD, {"centre_id": centre.id, "request_id": request_id, "now": now}).first()
    if hold is None:
        raise WrongState(state=_state_of(centre, request_id))
    request = hold.HelpRequest
    minutes = int((hold.ends_at - hold.starts_at).total_seconds() // 60)
    agreed = Agreed([hold.id], hold.starts_at, minutes, request.means_wished)
    _must_be_possible(centre, request, agreed, now)
    booked = _set_date(centre, request, agreed, now, staff_id=staff_id)
    if not timetable.book_held(hold.hold_id, booked.id, now):
        raise WrongState(state=request.state)
    _tell_everybody(request, agreed, booked, [hold], now)
    return booked


def confirm(
    centre: Centre, request: HelpRequest, agreed: Agreed, now: datetime, *, staff_id: int | None
) -> Booked:
    """Set the date. Whatever the request held is released, in the same transaction.

    Raises :class:`SlotTaken`, :class:`TooLong`, :class:`MeansNotAllowed`, :class:`InThePast`,
    :class:`WrongState`.
    """
    if not agreed.specialist_ids:
        raise NothingChosen("specialists")
    _must_be_possible(centre, request, agreed, now)
    people = bookable(centre, request, agreed.specialist_ids)
    booked = _set_date(centre, request, agreed, now, staff_id=staff_id)
    timetable.engage(
        centre,
        agreed.specialist_ids,
        booked.starts_at,
        booked.ends_at,
        now,
        help_request_id=request.id,
        consultation_id=booked.id,
    )
    _tell_everybody(request, agreed, booked, people, now)
    return booked


def bookable(centre: Centre, request: HelpRequest, specialist_ids: Sequence[int]) -> list[Addressee]:
    """The specialists in the given order. One who has left is nobody's: raises :class:`WrongState`."""
    found = execute(CHOSEN, {"centre_id": centre.id, "people": specialist_ids})
    people = {person.id: person for person in found}
    if not people.keys() >= set(specialist_ids):
        raise WrongState(state=request.state)
    return [people[person] for person in specialist_ids]


def must_be_reachable(centre: Centre, request: HelpRequest, means: str) -> None:
    """A call needs a number. Raises :class:`PhoneNeeded`."""
    if consultations.needs_phone(means) and not request.phone:
        raise PhoneNeeded("means", example=EXAMPLES[centre.country])


def specialists_of(consultation: Consultation) -> list[Staff]:
    """In the order in which they were chosen; their roles are loaded when somebody looks at them."""
    return list(db.session.scalars(SPECIALISTS, {"consultation": consultation.id}))


def meeting_facts(consultation: Consultation, people: Sequence[Staff] | None = None) -> dict[str, Any]:
    """What letters tell about a consultation. ``people``: its specialists, where the caller has them."""
    return _facts(
        consultation.starts_at,
        consultation.minutes,
        consultation.means_agreed,
        people or specialists_of(consultation),
        consultation.calendar_sequence,
    )


def calendar_uid() -> str:
    """A new UID for calendars: random, so that nothing can be read from it."""
    domain = current_app.config["MAIL_FROM"].rsplit("@", 1)[-1]
    return f"{uuid.uuid4()}@{domain}"


def _must_be_possible(centre: Centre, request: HelpRequest, agreed: Agreed, now: datetime) -> None:
    consultations.must_be_allowed(agreed.means, centre.means)
    consultations.must_fit(agreed.minutes, agreed.means, centre.limit_minutes)
    consultations.must_lie_ahead(agreed.starts_at, now)
    must_be_reachable(centre, request, agreed.means)


def _state_of(centre: Centre, request_id: int) -> str:
    of_centre = HelpRequest.id == request_id, HelpRequest.centre_id == centre.id
    return db.session.scalars(sa.select(HelpRequest.state).where(*of_centre)).one()


def _set_date(
    centre: Centre, request: HelpRequest, agreed: Agreed, now: datetime, *, staff_id: int | None
) -> Booked:
    """The consultation and its request; the time is still to be taken, and everybody to be told."""
    if request.state != RequestState.RECEIVED:  # else it was never offered a time
        drop_calls(request, [LetterKind.TIMES_OFFERED], now)
    booked = add_consultation(centre, request, agreed, now, staff_id)
    change_request(
        request,
        RequestEvent.CONFIRM,
        now,
        staff_id=staff_id,
        consultation_id=booked.id,
        along={
            "assigned_specialist_id": agreed.specialist_ids[0],
            "family_silent": False,
            **(answer_given(request, now) if booked.by_letter else {}),
        },
        starts_at=agreed.starts_at.isoformat(),
    )
    return booked


def add_consultation(
    centre: Centre, request: HelpRequest, agreed: Agreed, now: datetime, staff_id: int | None
) -> Booked:
    """Its row with room, specialists and family; the time is still to be taken (:func:`timetable.engage`)."""
    ends_at = agreed.starts_at + timedelta(minutes=agreed.minutes)
    consultation = {
        "centre_id": centre.id,
        "help_request_id": request.id,
        "state": consultations.ConsultationState.PLANNED,
        "starts_at": agreed.starts_at,
        "ends_at": ends_at,
        "wall_time": agreed.starts_at.astimezone(centre.zone_info).strftime("%Y-%m-%dT%H:%M"),
        "zone": centre.zone,
        "means_agreed": agreed.means,
        "room": new_name() if consultations.is_online(agreed.means) else None,
        "uid": calendar_uid(),
        "calendar_sequence": FIRST_SEQUENCE,
        "confirmed_at": now,
        "confirmed_by": staff_id,
    }
    address = address_of(centre.id, request.email or "")
    consultation_id, blocked = execute(ADD_CONSULTATION, consultation | address).one()
    writable = bool(request.email) and not blocked
    specialists = [
        {
            "consultation_id": consultation_id,
            "specialist_id": person,
            "position": position,
            "guest_id": uuid.uuid4().hex,
        }
        for position, person in enumerate(agreed.specialist_ids)
    ]
    family = {
        "consultation_id": consultation_id,
        "help_request_id": request.id,
        "state": consultations.ParticipationState.CONFIRMED,
        "uid": calendar_uid(),
        "guest_id": uuid.uuid4().hex,
    }
    execute(ADD_SPECIALISTS, parameters(specialists))
    execute(ADD_FAMILY, family)
    return Booked(
        consultation_id, agreed.starts_at, ends_at, writable, writable and not letters_come_back(request)
    )


def _tell_everybody(
    request: HelpRequest,
    agreed: Agreed,
    booked: Booked,
    people: Sequence[Addressee],
    now: datetime,
) -> None:
    facts = _facts(agreed.starts_at, agreed.minutes, agreed.means, people, FIRST_SEQUENCE)
    occasion = f"{booked.id}:{FIRST_SEQUENCE}"
    reminders = consultations.reminders_due(agreed.starts_at, now)
    to_specialists = [
        letter_to_staff(
            person,
            LetterKind.BOOKED,
            facts,
            now,
            occasion=occasion,
            help_request_id=request.id,
            consultation_id=booked.id,
        )
        for person in people
    ]
    tell_family_all(
        request,
        [(LetterKind.CONFIRMED, now), *((LetterKind(kind), due_at) for kind, due_at in reminders)],
        facts,
        now,
        writable=booked.writable,
        occasion=occasion,
        consultation_id=booked.id,
        besides=to_specialists,
    )


def _facts(
    starts_at: datetime, minutes: int, means: str, people: Sequence[Addressee], sequence: int
) -> dict[str, Any]:
    return {
        "starts_at": starts_at.isoformat(),
        "minutes": minutes,
        "means": means,
        "specialists": [person.name for person in people],
        "sequence": sequence,
    }
