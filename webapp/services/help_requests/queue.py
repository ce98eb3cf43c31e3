"""The deputy's list: what waits for an answer, sorted by what is due."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from calendars.workdays import WorkCalendar, days_late, last_day
from webapp.models import CallTask, Centre, HelpRequest, Topic, db
from webapp.rules.help_requests import WAITING_FOR_ANSWER, RequestState
from webapp.services.times.workdays import work_calendar


class Look(StrEnum):
    OVERDUE = "overdue"
    TODAY = "today"
    NEXT = "next"  # the next working day
    LATER = "later"
    MET = "met"
    LATE = "late"  # answered, but late


@dataclass(frozen=True)
class Deadline:
    """Where a request stands against its last day. ``days``: working days late."""

    look: Look
    last_day: date
    days: int = 0


@dataclass(frozen=True)
class Waiting:
    """One line of the list; holds no more than the line shows."""

    id: int
    number: str
    state: str
    title: dict[str, str]  # the topic; empty when the family wrote own words only
    words: str
    parent_name: str
    channel: str
    urgent: bool
    family_silent: bool
    deadline: Deadline


def waiting(centre: Centre, now: datetime, *which: sa.ColumnElement[bool]) -> list[Waiting]:
    """Requests that wait for an answer: urgent on top, then by due date. Two queries, one when none waits."""
    rows = db.session.execute(
        _lines()
        .where(HelpRequest.centre_id == centre.id, HelpRequest.state.in_(WAITING_FOR_ANSWER), *which)
        .order_by(HelpRequest.urgent.desc(), HelpRequest.due_at, HelpRequest.id)
    ).all()
    if not rows:
        return []
    calendar = work_calendar(centre)
    return [_line(row, centre, calendar, now) for row in rows]


def with_family(centre: Centre, now: datetime) -> list[Waiting]:
    """Answered, and now it is the family's turn, or a call must still be made: soonest first."""
    calendar = work_calendar(centre)
    rows = db.session.execute(
        _lines()
        .where(
            HelpRequest.centre_id == centre.id,
            sa.or_(
                HelpRequest.state == RequestState.OFFERED,
                sa.and_(
                    HelpRequest.answered_at.is_(None),
                    HelpRequest.state.in_((RequestState.CONFIRMED, RequestState.DECLINED)),
                    sa.exists().where(
                        CallTask.help_request_id == HelpRequest.id,
                        CallTask.done_at.is_(None),
                        CallTask.moot_at.is_(None),
                    ),
                ),
            ),
        )
        .order_by(HelpRequest.due_at, HelpRequest.id)
    ).all()
    return [_line(row, centre, calendar, now) for row in rows]


def recently_answered(centre: Centre, now: datetime, *, days: int = 30, most: int = 200) -> list[Waiting]:
    """What was answered lately, newest first: deadlines met and missed."""
    calendar = work_calendar(centre)
    rows = db.session.execute(
        _lines()
        .where(
            HelpRequest.centre_id == centre.id,
            HelpRequest.answered_at >= now - timedelta(days=days),
            HelpRequest.blocked_at.is_(None),
        )
        .order_by(HelpRequest.answered_at.desc())
        .limit(most)
    ).all()
    return [_line(row, centre, calendar, now) for row in rows]


def deadline_of(request: HelpRequest, centre: Centre, now: datetime) -> Deadline:
    return _deadline(
        request.due_at, request.answered_at, request.days_late, centre, work_calendar(centre), now
    )


def deadline_until(due_at: datetime, centre: Centre, now: datetime) -> Deadline:
    """Where something that is not answered yet stands against its last moment."""
    return _deadline(due_at, None, None, centre, work_calendar(centre), now)


def _lines() -> sa.Select[*tuple[Any, ...]]:
    return sa.select(
        HelpRequest.id,
        HelpRequest.year,
        HelpRequest.sequence,
        HelpRequest.state,
        HelpRequest.words,
        HelpRequest.parent_name,
        HelpRequest.channel,
        HelpRequest.urgent,
        HelpRequest.family_silent,
        HelpRequest.due_at,
        HelpRequest.answered_at,
        HelpRequest.days_late,
        Topic.titles,
    ).outerjoin(Topic, Topic.id == HelpRequest.topic_id)


def _line(row: sa.Row[*tuple[Any, ...]], centre: Centre, calendar: WorkCalendar, now: datetime) -> Waiting:
    return Waiting(
        id=row.id,
        number=f"{row.year}-{row.sequence}",
        state=row.state,
        title=row.titles or {},
        words=row.words,
        parent_name=row.parent_name,
        channel=row.channel,
        urgent=row.urgent,
        family_silent=row.family_silent,
        deadline=_deadline(row.due_at, row.answered_at, row.days_late, centre, calendar, now),
    )


def _deadline(
    due_at: datetime,
    answered_at: datetime | None,
    late_by: int | None,
    centre: Centre,
    calendar: WorkCalendar,
    now: datetime,
) -> Deadline:
    last = last_day(due_at, centre.zone_info)
    if answered_at is not None:
        return Deadline(Look.LATE if late_by else Look.MET, last, late_by or 0)
    if now >= due_at:
        return Deadline(Look.OVERDUE, last, days_late(due_at, now, centre.zone_info, calendar))
    today = now.astimezone(centre.zone_info).date()
    if last == today:
        return Deadline(Look.TODAY, last)
    next_day = calendar.next_working_days(today, 1)[0]
    return Deadline(Look.NEXT if last == next_day else Look.LATER, last)
