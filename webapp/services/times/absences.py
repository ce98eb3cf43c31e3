"""A specialist is away: every session that it touches on one page, each with who could take it over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from calendars.intervals import Interval
from webapp.models import (
    Absence,
    Centre,
    Consultation,
    ConsultationSpecialist,
    GroupEvent,
    HelpRequest,
    Staff,
    db,
)
from webapp.rules.absences import to_be_settled_by
from webapp.rules.consultations import ConsultationState
from webapp.rules.help_requests import Channel
from webapp.services.consultations.booked import Matter
from webapp.services.times import timetable
from webapp.services.times.timetable import Specialist, Timetable


@dataclass(frozen=True)
class Away:
    """An absence with the person who is away."""

    absence: Absence
    specialist: Staff
    added_by: str  # empty: by the person itself


@dataclass(frozen=True)
class Touched:
    """A planned session of the one who is away. ``overdue``: it should have been settled by now.

    ``by_call``: the family is told by phone. ``colleagues``: who works then and is free.
    """

    consultation_id: int
    matter: Matter
    starts_at: datetime
    ends_at: datetime
    by_call: bool
    overdue: bool
    colleagues: Sequence[Specialist]


@dataclass(frozen=True)
class Unsettled:
    """An absence that still touches sessions. ``overdue``: one of them should have been settled by now."""

    absence_id: int
    specialist: str
    starts_at: datetime
    consultation_ids: Sequence[int]
    overdue: bool


def current(centre: Centre, now: datetime) -> list[Away]:
    """Absences of the centre that are not over, the soonest first. One query."""
    return _found(Staff.centre_id == centre.id, Absence.ends_at > now, Staff.active.is_(True))


def find(centre: Centre, absence_id: int, only_of: int | None) -> Away | None:
    """One absence of this centre; with ``only_of`` only of that person."""
    conditions = [Staff.centre_id == centre.id, Absence.id == absence_id]
    if only_of is not None:
        conditions.append(Absence.specialist_id == only_of)
    return next(iter(_found(*conditions)), None)


def _found(*conditions: sa.ColumnElement[bool]) -> list[Away]:
    by = aliased(Staff)
    rows = db.session.execute(
        sa.select(Absence, Staff, by.name)
        .join(Staff, Staff.id == Absence.specialist_id)
        .outerjoin(by, by.id == Absence.added_by)
        .where(*conditions)
        .order_by(Absence.starts_at, Absence.id)
    ).all()
    return [Away(absence, person, name or "") for absence, person, name in rows]


def unsettled(centre: Centre, now: datetime) -> list[Unsettled]:
    """The absences of the centre that still touch sessions, the soonest first. One query."""
    rows = db.session.execute(
        sa.select(Absence, Staff.name, Consultation.id, Consultation.starts_at)
        .join(Staff, Staff.id == Absence.specialist_id)
        .join(ConsultationSpecialist, ConsultationSpecialist.specialist_id == Absence.specialist_id)
        .join(Consultation, Consultation.id == ConsultationSpecialist.consultation_id)
        .where(Staff.centre_id == centre.id, *_is_touched(Absence.starts_at, Absence.ends_at, now))
        .order_by(Absence.starts_at, Absence.id, Consultation.starts_at)
    ).all()
    found: list[Unsettled] = []
    for absence, sessions in groupby(rows, key=itemgetter(0)):
        told = list(sessions)
        by = min(to_be_settled_by(absence.starts_at, one.starts_at, centre.zone_info) for one in told)
        found.append(
            Unsettled(
                absence.id,
                told[0].name,
                absence.starts_at,
                [one.id for one in told],
                overdue=now >= by,
            )
        )
    return found


def touched(centre: Centre, absence: Absence, now: datetime) -> list[Touched]:
    """What of the absence is still to be settled, by time. Eight queries, however many sessions."""
    rows = db.session.execute(
        sa.select(
            Consultation.id,
            Consultation.starts_at,
            Consultation.ends_at,
            HelpRequest.id.label("request_id"),
            HelpRequest.year,
            HelpRequest.sequence,
            HelpRequest.email,
            HelpRequest.channel,
            GroupEvent.id.label("event_id"),
            GroupEvent.titles,
        )
        .join(ConsultationSpecialist, ConsultationSpecialist.consultation_id == Consultation.id)
        .outerjoin(HelpRequest, HelpRequest.id == Consultation.help_request_id)
        .outerjoin(GroupEvent, GroupEvent.id == Consultation.group_event_id)
        .where(
            ConsultationSpecialist.specialist_id == absence.specialist_id,
            *_is_touched(absence.starts_at, absence.ends_at, now),
        )
        .order_by(Consultation.starts_at, Consultation.id)
    ).all()
    if not rows:
        return []
    colleagues = [one for one in timetable.specialists_of(centre) if one.id != absence.specialist_id]
    tables = _tables(centre, colleagues, rows[-1].ends_at, now)
    return [
        Touched(
            row.id,
            Matter(row.request_id, f"{row.year}-{row.sequence}", None, {})
            if row.request_id is not None
            else Matter(None, "", row.event_id, row.titles),
            row.starts_at,
            row.ends_at,
            by_call=row.request_id is not None and (not row.email or row.channel == Channel.PHONE),
            overdue=now >= to_be_settled_by(absence.starts_at, row.starts_at, centre.zone_info),
            colleagues=[]
            if row.request_id is None or row.starts_at <= now
            else [one for one in colleagues if tables[one.id].can_hold(Interval(row.starts_at, row.ends_at))],
        )
        for row in rows
    ]


def _is_touched(begins: Any, ends: Any, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Of a consultation in a statement: it lies in that time, and is neither over nor off."""
    return (
        Consultation.state == ConsultationState.PLANNED,
        Consultation.starts_at < ends,
        Consultation.ends_at > begins,
        Consultation.ends_at > now,
    )


def _tables(
    centre: Centre, people: Sequence[Specialist], until: datetime, now: datetime
) -> Mapping[int, Timetable]:
    days = max(0, (until - now) // timedelta(days=1)) + 1
    return timetable.timetables(centre, [one.id for one in people], now, days=days)
