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
    db,
)
from webapp.models.base import table_of
from webapp.rules import consultations
from webapp.rules.errors import NothingChosen, PhoneNeeded, WrongState
from webapp.rules.help_requests import RequestEvent
from webapp.rules.letters import LetterKind
from webapp.services import timetable
from webapp.services.contacts import EXAMPLES
from webapp.services.correspondence import drop_calls, tell_family_all, tell_staff
from webapp.services.lifecycle import change_request

# Statements made once: making one costs several times what sending it does.
TAKEN = timetable.TAKEN
HELD_TIME = sa.select(TAKEN.c.specialist_id, TAKEN.c.starts_at, TAKEN.c.ends_at, TAKEN.c.hold_until).where(
    TAKEN.c.help_request_id == sa.bindparam("request_id"),
    TAKEN.c.offer_id.is_(None),
    TAKEN.c.hold_until > timetable.NOW,
)
SPECIALISTS = (
    sa.select(Staff)
    .options(lazyload(Staff.role_rows))
    .join(ConsultationSpecialist, ConsultationSpecialist.specialist_id == Staff.id)
    .where(ConsultationSpecialist.consultation_id == sa.bindparam("consultation"))
    .order_by(ConsultationSpecialist.position)
)
ADD_SPECIALISTS = sa.insert(table_of(ConsultationSpecialist))
ADD_FAMILY = sa.insert(table_of(Participation))


@dataclass(frozen=True)
class Agreed:
    """What was agreed: who, when (UTC), how long (minutes), by which means."""

    specialist_ids: Sequence[int]
    starts_at: datetime
    minutes: int
    means: str


def held_time(request: HelpRequest, now: datetime) -> sa.Row[int, datetime, datetime, datetime | None] | None:
    """The hold on the first wished time, while it is in force."""
    return db.session.execute(HELD_TIME, {"request_id": request.id, "now": now}).first()


def confirm_held(
    centre: Centre, request: HelpRequest, now: datetime, *, staff_id: int | None
) -> Consultation:
    """Confirm the held time with one click. Raises :class:`WrongState` when the hold has lapsed."""
    hold = held_time(request, now)
    if hold is None:
        raise WrongState(state=request.state)
    minutes = int((hold.ends_at - hold.starts_at).total_seconds() // 60)
    agreed = Agreed([hold.specialist_id], hold.starts_at, minutes, request.means_wished)
    return confirm(centre, request, agreed, now, staff_id=staff_id)


def confirm(
    centre: Centre, request: HelpRequest, agreed: Agreed, now: datetime, *, staff_id: int | None
) -> Consultation:
    """Set the date. Whatever the request held is released first, in the same transaction.

    Raises :class:`SlotTaken`, :class:`TooLong`, :class:`MeansNotAllowed`, :class:`InThePast`,
    :class:`WrongState`.
    """
    if not agreed.specialist_ids:
        raise NothingChosen("specialists")
    consultations.must_be_allowed(agreed.means, centre.means)
    consultations.must_fit(agreed.minutes, agreed.means, centre.limit_minutes)
    consultations.must_lie_ahead(agreed.starts_at, now)
    must_be_possible(centre, request, agreed.specialist_ids, agreed.means)
    timetable.release_holds(request.id)
    consultation = add_consultation(centre, request, agreed, now, staff_id)
    change_request(
        request,
        RequestEvent.CONFIRM,
        now,
        staff_id=staff_id,
        consultation_id=consultation.id,
        starts_at=agreed.starts_at.isoformat(),
    )
    timetable.engage(
        centre,
        agreed.specialist_ids,
        consultation.starts_at,
        consultation.ends_at,
        now,
        help_request_id=request.id,
        consultation_id=consultation.id,
    )
    drop_calls(request, [LetterKind.TIMES_OFFERED], now)
    _tell_everybody(request, consultation, now)
    request.assigned_specialist_id = agreed.specialist_ids[0]
    request.family_silent = False
    return consultation


def must_be_possible(centre: Centre, request: HelpRequest, specialist_ids: Sequence[int], means: str) -> None:
    """A call needs a number; a specialist who has left is nobody's. Raises :class:`PhoneNeeded`,
    :class:`WrongState`."""
    if consultations.needs_phone(means) and not request.phone:
        raise PhoneNeeded("means", example=EXAMPLES[centre.country])
    if not {person.id for person in timetable.specialists_of(centre)}.issuperset(specialist_ids):
        raise WrongState(state=request.state)


def specialists_of(consultation: Consultation) -> list[Staff]:
    """In the order in which they were chosen; their roles are loaded when somebody looks at them."""
    return list(db.session.scalars(SPECIALISTS, {"consultation": consultation.id}))


def meeting_facts(consultation: Consultation, people: Sequence[Staff] | None = None) -> dict[str, Any]:
    """What letters tell about a consultation. ``people``: its specialists, where the caller has them."""
    return {
        "starts_at": consultation.starts_at.isoformat(),
        "minutes": consultation.minutes,
        "means": consultation.means_agreed,
        "specialists": [person.name for person in people or specialists_of(consultation)],
        "sequence": consultation.calendar_sequence,
    }


def calendar_uid() -> str:
    """A new UID for calendars: random, so that nothing can be read from it."""
    domain = current_app.config["MAIL_FROM"].rsplit("@", 1)[-1]
    return f"{uuid.uuid4()}@{domain}"


def add_consultation(
    centre: Centre, request: HelpRequest, agreed: Agreed, now: datetime, staff_id: int | None
) -> Consultation:
    """Its row with room, specialists and family; the time is still to be taken (:func:`timetable.engage`)."""
    local = agreed.starts_at.astimezone(centre.zone_info)
    consultation = Consultation(
        centre_id=centre.id,
        help_request_id=request.id,
        state=consultations.ConsultationState.PLANNED,
        starts_at=agreed.starts_at,
        ends_at=agreed.starts_at + timedelta(minutes=agreed.minutes),
        wall_time=local.strftime("%Y-%m-%dT%H:%M"),
        zone=centre.zone,
        means_agreed=agreed.means,
        room=new_name() if consultations.is_online(agreed.means) else None,
        uid=calendar_uid(),
        calendar_sequence=0,
        confirmed_at=now,
        confirmed_by=staff_id,
    )
    db.session.add(consultation)
    db.session.flush()
    specialists = [
        {
            "consultation_id": consultation.id,
            "specialist_id": person,
            "position": position,
            "guest_id": uuid.uuid4().hex,
        }
        for position, person in enumerate(agreed.specialist_ids)
    ]
    family = {
        "consultation_id": consultation.id,
        "help_request_id": request.id,
        "state": consultations.ParticipationState.CONFIRMED,
        "uid": calendar_uid(),
        "guest_id": uuid.uuid4().hex,
    }
    db.session.execute(ADD_SPECIALISTS, specialists)
    db.session.execute(ADD_FAMILY, family)
    return consultation


def _tell_everybody(request: HelpRequest, consultation: Consultation, now: datetime) -> None:
    people = specialists_of(consultation)
    facts = meeting_facts(consultation, people)
    occasion = f"{consultation.id}:{consultation.calendar_sequence}"
    reminders = consultations.reminders_due(consultation.starts_at, now)
    letters = [(LetterKind.CONFIRMED, now), *((LetterKind(kind), due_at) for kind, due_at in reminders)]
    for person in people:
        tell_staff(
            person,
            LetterKind.BOOKED,
            facts,
            now,
            occasion=occasion,
            request=request,
            consultation=consultation,
        )
    tell_family_all(request, letters, facts, now, occasion=occasion, consultation_id=consultation.id)
