"""A consultation gets another specialist: row, room, time and UID stay, SEQUENCE counts on."""

import uuid
from datetime import datetime

import sqlalchemy as sa

from calendars.intervals import Interval
from webapp.models import (
    Centre,
    Consultation,
    ConsultationSpecialist,
    Engagement,
    HelpRequest,
    Participation,
    Staff,
    db,
)
from webapp.rules import consultations
from webapp.rules.consultations import ConsultationState
from webapp.rules.errors import ColleagueNotFree, WrongState
from webapp.rules.letters import LetterKind
from webapp.services import absences, timetable
from webapp.services.confirmation import meeting_facts, specialists_of
from webapp.services.correspondence import can_be_written_to, drop_reminders, tell_family_all, tell_staff
from webapp.services.lifecycle import record


def hand_over(
    centre: Centre,
    request: HelpRequest,
    consultation: Consultation,
    from_id: int,
    to_id: int,
    now: datetime,
    *,
    staff_id: int,
) -> None:
    """``to_id`` holds it instead of ``from_id``. The family gets one letter, calendars an update.

    Raises :class:`ColleagueNotFree`, :class:`SlotTaken`, :class:`WrongState` when it has begun or is off.
    """
    before = specialists_of(consultation)
    leaving = next((person for person in before if person.id == from_id), None)
    if (
        leaving is None
        or any(person.id == to_id for person in before)
        or consultation.state != ConsultationState.PLANNED
        or consultation.starts_at <= now
    ):
        raise WrongState(state=consultation.state)
    stretch = Interval(consultation.starts_at, consultation.ends_at)
    if not absences.free_then(centre, to_id, stretch, now):
        raise ColleagueNotFree("to")
    _swap(centre, consultation, from_id, to_id, now)
    if request.assigned_specialist_id == from_id:
        request.assigned_specialist_id = to_id
    record(
        centre.id,
        "consultation.hand_over",
        now,
        staff_id=staff_id,
        help_request_id=request.id,
        consultation_id=consultation.id,
        before=from_id,
        after=to_id,
    )
    _tell(request, consultation, leaving, now)


def _swap(centre: Centre, consultation: Consultation, from_id: int, to_id: int, now: datetime) -> None:
    """Host and time; what calendars answered to the earlier form counts no more."""
    db.session.execute(
        sa.delete(Engagement).where(
            Engagement.consultation_id == consultation.id, Engagement.specialist_id == from_id
        )
    )
    timetable.engage(
        centre,
        [to_id],
        consultation.starts_at,
        consultation.ends_at,
        now,
        help_request_id=consultation.help_request_id,
        consultation_id=consultation.id,
        field="to",
    )
    swapped = db.session.execute(
        sa.update(ConsultationSpecialist)
        .where(
            ConsultationSpecialist.consultation_id == consultation.id,
            ConsultationSpecialist.specialist_id == from_id,
        )
        .values(specialist_id=to_id, guest_id=uuid.uuid4().hex, answer=None)
        .execution_options(synchronize_session=False)
    )
    if swapped.rowcount != 1:  # type: ignore[attr-defined]
        raise WrongState(state=consultation.state)
    db.session.execute(
        sa.update(Participation)
        .where(Participation.consultation_id == consultation.id)
        .values(answer=None)
        .execution_options(synchronize_session=False)
    )
    consultation.calendar_sequence += 1


def _tell(request: HelpRequest, consultation: Consultation, leaving: Staff, now: datetime) -> None:
    people = specialists_of(consultation)
    facts = meeting_facts(consultation, people)
    occasion = f"{consultation.id}:{consultation.calendar_sequence}"
    told = [(leaving, LetterKind.BOOKING_CANCELLED), *((person, LetterKind.BOOKED) for person in people)]
    for person, kind in told:
        tell_staff(person, kind, facts, now, occasion=occasion, request=request, consultation=consultation)
    drop_reminders(consultation.id)
    reminders = consultations.reminders_due(consultation.starts_at, now)
    letters = [
        (LetterKind.SPECIALIST_CHANGED, now),
        *((LetterKind(kind), due_at) for kind, due_at in reminders),
    ]
    tell_family_all(
        request,
        letters,
        facts,
        now,
        writable=can_be_written_to(request),
        occasion=occasion,
        consultation_id=consultation.id,
    )
