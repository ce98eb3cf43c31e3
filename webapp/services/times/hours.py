"""When a specialist works: weekly hours, days that differ, absences."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from webapp.models import (
    Absence,
    AuditRecord,
    Centre,
    Consultation,
    ConsultationSpecialist,
    HoursException,
    Staff,
    WeeklyHours,
    db,
)
from webapp.rules.consultations import ConsultationState
from webapp.rules.errors import EndBeforeStart, HoursRepeated, InThePast
from webapp.services.consultations import offers
from webapp.services.help_requests.lifecycle import record

CLOSED_AHEAD = timedelta(days=180)  # no consultation lies further ahead


@dataclass(frozen=True)
class Hours:
    """Everything on the hours page, each list in order."""

    weekly: list[WeeklyHours]
    exceptions: list[HoursException]
    absences: list[Absence]


@dataclass(frozen=True)
class Touched:
    """A planned session that lies in an absence or outside the hours: shown, never moved by itself."""

    consultation_id: int
    starts_at: datetime
    event_id: int | None  # of a group meeting


def of_specialist(centre: Centre, specialist: Staff, now: datetime) -> Hours:
    """What holds now or later. Three queries."""
    today = now.astimezone(centre.zone_info).date()
    weekly = db.session.scalars(
        sa.select(WeeklyHours)
        .where(
            WeeklyHours.specialist_id == specialist.id,
            sa.or_(WeeklyHours.valid_until.is_(None), WeeklyHours.valid_until >= today),
        )
        .order_by(WeeklyHours.weekday, WeeklyHours.starts, WeeklyHours.id)
    )
    exceptions = db.session.scalars(
        sa.select(HoursException)
        .where(HoursException.specialist_id == specialist.id, HoursException.day >= today)
        .order_by(HoursException.day, HoursException.starts, HoursException.id)
    )
    absences = db.session.scalars(
        sa.select(Absence)
        .where(Absence.specialist_id == specialist.id, Absence.ends_at > now)
        .order_by(Absence.starts_at, Absence.id)
    )
    return Hours(list(weekly), list(exceptions), list(absences))


def add_weekly(
    specialist: Staff,
    weekday: int,
    starts: time,
    ends: time,
    valid_from: date | None,
    valid_until: date | None,
    now: datetime,
) -> None:
    """Raises :class:`EndBeforeStart`, :class:`HoursRepeated`."""
    if ends <= starts:
        raise EndBeforeStart("ends")
    if valid_from and valid_until and valid_until < valid_from:
        raise EndBeforeStart("valid_until")
    same = sa.select(WeeklyHours.id).where(
        WeeklyHours.specialist_id == specialist.id,
        WeeklyHours.weekday == weekday,
        WeeklyHours.starts == starts,
        WeeklyHours.ends == ends,
        WeeklyHours.valid_from.is_not_distinct_from(valid_from),
        WeeklyHours.valid_until.is_not_distinct_from(valid_until),
    )
    if db.session.scalar(same) is not None:
        raise HoursRepeated("starts")
    db.session.add(
        WeeklyHours(
            specialist_id=specialist.id,
            weekday=weekday,
            starts=starts,
            ends=ends,
            valid_from=valid_from,
            valid_until=valid_until,
        )
    )
    record(specialist.centre_id, "hours.add", now, staff_id=specialist.id, weekday=weekday)


def add_exception(
    centre: Centre,
    specialist: Staff,
    day: date,
    starts: time | None,
    ends: time | None,
    available: bool,
    now: datetime,
) -> list[Touched]:
    """One day that differs; without times the whole day. Returns the sessions that a closed day touches."""
    if day < now.astimezone(centre.zone_info).date():
        raise InThePast("day")
    if starts is not None and ends is not None and ends <= starts:
        raise EndBeforeStart("exception_ends")
    db.session.add(
        HoursException(specialist_id=specialist.id, day=day, starts=starts, ends=ends, available=available)
    )
    record(
        centre.id, "hours.exception", now, staff_id=specialist.id, day=day.isoformat(), available=available
    )
    if available:
        return []
    begins, finishes = _closed(centre, day, starts, ends)
    return touched(specialist, begins, finishes)


def close(centre: Centre, specialist_id: int, starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Keep a stretch of a specialist's time closed until the person opens it again on the page of the hours.

    What has passed needs no closing.
    """
    if ends_at <= now:
        return
    begins, finishes = starts_at.astimezone(centre.zone_info), ends_at.astimezone(centre.zone_info)
    is_plain = finishes.date() == begins.date() and finishes.time() > begins.time()
    last = finishes.time() if is_plain else time.max  # past midnight, or where the clocks go back
    db.session.add(
        HoursException(
            specialist_id=specialist_id,
            day=begins.date(),
            starts=begins.time(),
            ends=last.replace(microsecond=0),
            available=False,
        )
    )
    record(centre.id, "hours.close", now, staff_id=specialist_id, **_told(begins.date(), begins.time()))


def add_absence(
    specialist: Staff, starts_at: datetime, ends_at: datetime, reason: str, now: datetime, *, by: Staff
) -> Absence:
    """Away from ``starts_at`` to ``ends_at``, as ``by`` says: the person itself, or who decides for it.

    What families were offered in that time is taken back; what is agreed stays, and is listed (``absences``).
    Raises :class:`EndBeforeStart`, :class:`InThePast`.
    """
    if ends_at <= starts_at:
        raise EndBeforeStart("absent_until")
    if ends_at <= now:
        raise InThePast("absent_until")
    absence = Absence(
        specialist_id=specialist.id,
        starts_at=starts_at,
        ends_at=ends_at,
        added_by=None if by is specialist else by.id,
        reason=reason.strip(),
    )
    db.session.add(absence)
    db.session.flush()
    offers.withdraw(specialist.id, starts_at, ends_at, now)
    record(specialist.centre_id, "hours.absence", now, staff_id=by.id, specialist_id=specialist.id)
    return absence


def closed_by_failure(specialist: Staff, hours: Hours, now: datetime) -> set[int]:
    """Which of the days that differ were closed because a consultation could not be held, as ids. One query."""
    closed = db.session.scalars(
        sa.select(AuditRecord.details).where(
            AuditRecord.centre_id == specialist.centre_id,
            AuditRecord.at >= now - CLOSED_AHEAD,
            AuditRecord.action == "hours.close",
            AuditRecord.staff_id == specialist.id,
        )
    ).all()
    return {
        row.id for row in hours.exceptions if row.starts is not None and _told(row.day, row.starts) in closed
    }


def remove(specialist: Staff, kind: str, row_id: int, now: datetime) -> None:
    """Take away one of one's own rows; ``kind``: weekly | exception | absence. Raises NoResultFound."""
    models: dict[str, type[WeeklyHours] | type[HoursException] | type[Absence]] = {
        "weekly": WeeklyHours,
        "exception": HoursException,
        "absence": Absence,
    }
    model = models[kind]
    row = db.session.scalars(
        sa.select(model).where(model.id == row_id, model.specialist_id == specialist.id)
    ).one()
    db.session.delete(row)
    record(specialist.centre_id, "hours.remove", now, staff_id=specialist.id, kind=kind)


def touched(specialist: Staff, starts_at: datetime, ends_at: datetime) -> list[Touched]:
    """Planned sessions of the specialist between the two instants, in order."""
    return _touched(specialist, Consultation.starts_at < ends_at, Consultation.ends_at > starts_at)


def touched_by(centre: Centre, specialist: Staff, hours: Hours, now: datetime) -> list[Touched]:
    """Planned sessions that are not over and lie in an absence or on a closed day, in order. One query."""
    away = [(absence.starts_at, absence.ends_at) for absence in hours.absences]
    away += [_closed(centre, one.day, one.starts, one.ends) for one in hours.exceptions if not one.available]
    if not away:
        return []
    lies_in_one = sa.or_(
        *(
            sa.and_(Consultation.starts_at < ends_at, Consultation.ends_at > starts_at)
            for starts_at, ends_at in away
        )
    )
    return _touched(specialist, lies_in_one, Consultation.ends_at > now)


def _touched(specialist: Staff, *conditions: sa.ColumnElement[bool]) -> list[Touched]:
    rows = db.session.execute(
        sa.select(Consultation.id, Consultation.starts_at, Consultation.group_event_id)
        .join(ConsultationSpecialist, ConsultationSpecialist.consultation_id == Consultation.id)
        .where(
            ConsultationSpecialist.specialist_id == specialist.id,
            Consultation.state == ConsultationState.PLANNED,
            *conditions,
        )
        .order_by(Consultation.starts_at)
    )
    return [Touched(row.id, row.starts_at, row.group_event_id) for row in rows]


def _told(day: date, starts: time) -> dict[str, Any]:
    return {"day": day.isoformat(), "starts": starts.isoformat()}


def _closed(centre: Centre, day: date, starts: time | None, ends: time | None) -> tuple[datetime, datetime]:
    """From when to when a closed day is closed; without times the whole of it."""
    begins = datetime.combine(day, starts or time.min, centre.zone_info)
    if ends is None:
        return begins, datetime.combine(day + timedelta(days=1), time.min, centre.zone_info)
    return begins, datetime.combine(day, ends, centre.zone_info)
