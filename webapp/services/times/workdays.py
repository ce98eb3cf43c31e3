"""The centre's working days: the country's calendar with the centre's own corrections."""

from datetime import date, datetime

import sqlalchemy as sa

from calendars.workdays import WorkCalendar, answer_due, days_late
from webapp.models import CalendarCorrection, Centre, Consultation, HelpRequest, db
from webapp.rules.consultations import ConsultationState
from webapp.rules.help_requests import OPEN, WAITING_FOR_ANSWER
from webapp.services.consultations import booked
from webapp.services.help_requests.lifecycle import record


def work_calendar(centre: Centre) -> WorkCalendar:
    """Asks the database once, however often a page wants it."""
    return WorkCalendar(
        country=centre.country,
        days_off=frozenset(row.day for row in centre.corrections if not row.working),
        working_days=frozenset(row.day for row in centre.corrections if row.working),
    )


def correct(
    centre: Centre, day: date, working: bool, note: str, now: datetime, *, staff_id: int | None
) -> list[Consultation]:
    """Make ``day`` a working day or a day off for this centre.

    Open deadlines are recomputed at once. Returns the planned consultations of that day: they are shown,
    never moved by themselves.
    """
    row = db.session.scalar(
        sa.select(CalendarCorrection).where(
            CalendarCorrection.centre_id == centre.id, CalendarCorrection.day == day
        )
    )
    if row is None:
        row = CalendarCorrection(centre_id=centre.id, day=day, working=working, note=note)
        db.session.add(row)
    row.working, row.note = working, note
    db.session.flush()
    record(centre.id, "calendar.correct", now, staff_id=staff_id, day=day.isoformat(), working=working)
    recompute_deadlines(centre)
    return touched_by(centre, day)


def take_back(centre: Centre, day: date, now: datetime, *, staff_id: int) -> None:
    """The country's calendar counts again on ``day``."""
    db.session.execute(
        sa.delete(CalendarCorrection).where(
            CalendarCorrection.centre_id == centre.id, CalendarCorrection.day == day
        )
    )
    record(centre.id, "calendar.take_back", now, staff_id=staff_id, day=day.isoformat())
    recompute_deadlines(centre)


def recompute_deadlines(centre: Centre) -> None:
    """New last days for every request that still waits for its answer."""
    db.session.expire(centre, ["corrections"])
    calendar = work_calendar(centre)
    waiting = db.session.scalars(
        sa.select(HelpRequest).where(HelpRequest.centre_id == centre.id, HelpRequest.state.in_(OPEN))
    )
    for request in waiting:
        request.due_at = answer_due(request.received_at, centre.zone_info, calendar)
        if request.answered_at is not None and request.state not in WAITING_FOR_ANSWER:
            request.days_late = days_late(request.due_at, request.answered_at, centre.zone_info, calendar)


def touched_by(centre: Centre, day: date) -> list[Consultation]:
    """Planned consultations on ``day``, in order."""
    planned = db.session.scalars(
        sa.select(Consultation)
        .where(
            Consultation.centre_id == centre.id,
            Consultation.state == ConsultationState.PLANNED,
            booked.on(day),
        )
        .order_by(Consultation.starts_at)
    )
    return list(planned)
