"""Who decides is told in the morning which answers are due, and which are overdue."""

from collections import defaultdict
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa

from calendars.workdays import days_late, last_day
from webapp.models import Centre, HelpRequest, db
from webapp.rules.help_requests import WAITING_FOR_ANSWER, RequestState
from webapp.rules.letters import LetterKind
from webapp.services.mail.correspondence import deciders, tell_staff
from webapp.services.times.workdays import work_calendar

TOLD_FROM = time(8, 0)  # by the centre's clock, on working days


def tell(now: datetime) -> None:
    """Write this morning's letters of every centre: once a day and kind, however often it is called."""
    for centre in db.session.scalars(sa.select(Centre).order_by(Centre.id)):
        local = now.astimezone(centre.zone_info)
        if local.time() >= TOLD_FROM and work_calendar(centre).is_working(local.date()):
            _tell_centre(centre, local.date(), now)


def _tell_centre(centre: Centre, today: date, now: datetime) -> None:
    calendar = work_calendar(centre)
    (next_working_day,) = calendar.next_working_days(today, 1)
    due: dict[date, list[str]] = defaultdict(list)
    overdue: list[dict[str, Any]] = []
    for request in _unanswered(centre):
        last = last_day(request.due_at, centre.zone_info)
        if last < today:
            days = days_late(request.due_at, now, centre.zone_info, calendar)
            overdue.append({"number": request.number, "days": days})
        elif last <= next_working_day:
            due[last].append(request.number)
    for person in deciders(centre):
        for last, numbers in sorted(due.items()):
            facts = {"last_day": last.isoformat(), "numbers": numbers}
            tell_staff(person, LetterKind.ANSWERS_DUE, facts, now, occasion=f"{today}:{last}")
        if overdue:
            tell_staff(person, LetterKind.ANSWERS_OVERDUE, {"requests": overdue}, now, occasion=f"{today}")


def _unanswered(centre: Centre) -> list[HelpRequest]:
    """In the order of their deadlines."""
    return list(
        db.session.scalars(
            sa.select(HelpRequest)
            .where(
                HelpRequest.centre_id == centre.id,
                HelpRequest.state.in_((*WAITING_FOR_ANSWER, RequestState.OFFERED)),
                HelpRequest.answered_at.is_(None),
                HelpRequest.blocked_at.is_(None),
            )
            .order_by(HelpRequest.due_at, HelpRequest.id)
        )
    )
