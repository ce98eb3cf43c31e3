"""Answers other than a date: to whom a request goes, a refusal, help given on the phone; and the family's own."""

from datetime import datetime

import sqlalchemy as sa

from calendars.workdays import answer_due
from webapp.models import Centre, Consultation, HelpRequest, db
from webapp.rules.consultations import ConsultationState
from webapp.rules.errors import HelpTooLong, NothingChosen, ReasonMissing, WrongState
from webapp.rules.help_requests import PHONE_HELP_MINUTES, RequestEvent
from webapp.rules.letters import LetterKind
from webapp.services.consultations import offers
from webapp.services.help_requests.lifecycle import change_request, record
from webapp.services.mail.correspondence import mark_answered, tell_family
from webapp.services.times import timetable
from webapp.services.times.workdays import work_calendar


def assign(centre: Centre, request: HelpRequest, specialist_id: int, now: datetime, *, staff_id: int) -> None:
    """Route the request to a specialist (methodist, deputy)."""
    if specialist_id not in {person.id for person in timetable.specialists_of(centre)}:
        raise NothingChosen("specialist")
    change_request(request, RequestEvent.ASSIGN, now, staff_id=staff_id, specialist_id=specialist_id)
    request.assigned_specialist_id = specialist_id


def decline(request: HelpRequest, reason: str, advice: str, now: datetime, *, staff_id: int) -> None:
    """Refuse, with the reason that the parent reads and where else to turn."""
    if not reason.strip():
        raise ReasonMissing("reason")
    offers.release(request, now)
    change_request(request, RequestEvent.DECLINE, now, staff_id=staff_id)
    request.decline_reason = reason.strip()
    request.decline_advice = advice.strip()
    tell_family(
        request,
        LetterKind.DECLINED,
        {"reason": request.decline_reason, "advice": request.decline_advice},
        now,
        occasion="1",
    )


def answered_by_phone(
    request: HelpRequest, minutes: int, outcome: str, now: datetime, *, staff_id: int
) -> None:
    """Help given at once on the phone, at most 15 minutes: noted, and the request is closed."""
    if not outcome.strip():
        raise ReasonMissing("outcome")
    if minutes > PHONE_HELP_MINUTES:
        raise HelpTooLong("minutes", most=PHONE_HELP_MINUTES)
    offers.release(request, now)
    change_request(
        request,
        RequestEvent.ANSWER_BY_PHONE,
        now,
        staff_id=staff_id,
        minutes=minutes,
        outcome=outcome.strip(),
    )
    mark_answered(request, now)


def wish(request: HelpRequest, now: datetime, *, words: str) -> None:
    """The family says which times suit it, while the answer is still to come."""
    request.family_silent = False
    record(request.centre_id, "request.wish", now, help_request_id=request.id, words=words)


def no_further_meeting(request: HelpRequest, now: datetime) -> None:
    """The family needs no next date: the offer is released, and what was held stays as it was.

    Raises :class:`WrongState` where none was held: such a request is withdrawn.
    """
    held = sa.exists().where(
        Consultation.help_request_id == request.id, Consultation.state == ConsultationState.HELD
    )
    if not db.session.scalar(sa.select(held)):
        raise WrongState(state=request.state)
    offers.release(request, now)
    change_request(request, RequestEvent.NO_FURTHER, now)
    request.family_silent = False


def reopen(request: HelpRequest, now: datetime, *, words: str, staff_id: int | None = None) -> None:
    """The family wants another time after a cancellation: a new wish, with a deadline of its own.

    How the first one was answered stays in the history.
    """
    centre = db.session.get_one(Centre, request.centre_id)
    first = {
        "received_at": request.received_at.isoformat(),
        "answered_at": request.answered_at.isoformat() if request.answered_at else None,
        "days_late": request.days_late,
    }
    change_request(request, RequestEvent.REOPEN, now, staff_id=staff_id, words=words, before=first)
    request.received_at = now
    request.due_at = answer_due(now, centre.zone_info, work_calendar(centre))
    request.answered_at = None
    request.days_late = None
    request.any_time = True
