"""Which times are free, and taking them. The database has the last word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError

from calendars.intervals import Interval
from calendars.slots import HoursException, WeeklyHours, common, open_slots, working_time
from webapp.models import Absence, Centre, Engagement, Staff, StaffRole, db
from webapp.models import HoursException as HoursExceptionRow
from webapp.models import WeeklyHours as WeeklyHoursRow
from webapp.models.base import execute, parameters, table_of
from webapp.rules.errors import DomainError, NotFree, OnDayOff, SlotTaken
from webapp.rules.permissions import Role
from webapp.services.times.workdays import work_calendar

# Tables, not objects, and statements made once: a centre's page asks for all its specialists.
SCHOOL_YEAR = 270  # days: the staff plan events and move dates of a series beyond what families are shown

PERSON = table_of(Staff)
ROLE = table_of(StaffRole)
TAKEN = table_of(Engagement)
WEEK = table_of(WeeklyHoursRow)
DIFFERENT = table_of(HoursExceptionRow)
AWAY = table_of(Absence)

PEOPLE: sa.BindParameter[Any] = sa.bindparam("people", expanding=True)
NOW, UNTIL = (
    sa.bindparam("now", type_=TAKEN.c.starts_at.type),
    sa.bindparam("until", type_=TAKEN.c.starts_at.type),
)
FIRST: sa.BindParameter[Any] = sa.bindparam("first")
LAST: sa.BindParameter[Any] = sa.bindparam("last")

SPECIALISTS = (
    sa.select(PERSON.c.id, PERSON.c.name, PERSON.c.profession, PERSON.c.about)
    .join(ROLE, ROLE.c.staff_id == PERSON.c.id)
    .where(
        PERSON.c.centre_id == sa.bindparam("centre"),
        PERSON.c.active.is_(True),
        ROLE.c.role == Role.SPECIALIST,
    )
    .order_by(PERSON.c.position, PERSON.c.name)
)
WEEKLY_HOURS = sa.select(
    WEEK.c.specialist_id, WEEK.c.weekday, WEEK.c.starts, WEEK.c.ends, WEEK.c.valid_from, WEEK.c.valid_until
).where(WEEK.c.specialist_id.in_(PEOPLE))
EXCEPTIONS = sa.select(
    DIFFERENT.c.specialist_id, DIFFERENT.c.day, DIFFERENT.c.starts, DIFFERENT.c.ends, DIFFERENT.c.available
).where(DIFFERENT.c.specialist_id.in_(PEOPLE), DIFFERENT.c.day.between(FIRST, LAST))
ABSENCES = sa.select(AWAY.c.specialist_id, AWAY.c.starts_at, AWAY.c.ends_at).where(
    AWAY.c.specialist_id.in_(PEOPLE), AWAY.c.ends_at > NOW, AWAY.c.starts_at < UNTIL
)
# What is booked, and what is held by a hold in force.
BUSY = (
    sa.select(TAKEN.c.specialist_id, TAKEN.c.starts_at, TAKEN.c.ends_at)
    .where(
        TAKEN.c.specialist_id.in_(PEOPLE),
        TAKEN.c.ends_at > NOW,
        TAKEN.c.starts_at < UNTIL,
        sa.or_(TAKEN.c.hold_until.is_(None), TAKEN.c.hold_until > NOW),
        sa.or_(TAKEN.c.hold_until.is_(None), TAKEN.c.help_request_id != sa.bindparam("apart_from")),
    )
    .order_by(TAKEN.c.specialist_id, TAKEN.c.starts_at)
)
NO_REQUEST = 0  # ids begin at 1
# PostgreSQL passes over a time that is taken; SQLite's trigger refuses it, and with it the whole statement.
TAKE = {
    "postgresql": postgresql.insert(TAKEN).on_conflict_do_nothing().returning(TAKEN.c.id),
    "sqlite": sa.insert(TAKEN).returning(TAKEN.c.id),
}
RELEASE_HOLDS = sa.delete(TAKEN).where(
    TAKEN.c.help_request_id == sa.bindparam("held_by"), TAKEN.c.hold_until.is_not(None)
)
BOOK_HELD = (
    sa.update(TAKEN)
    .where(TAKEN.c.id == sa.bindparam("hold_id"), TAKEN.c.hold_until > NOW)
    .values(hold_until=None, consultation_id=sa.bindparam("booked_id"))
)
MAKE_WAY = sa.delete(TAKEN).where(
    sa.or_(
        sa.and_(
            TAKEN.c.specialist_id == sa.bindparam("person"),
            TAKEN.c.starts_at < UNTIL,
            TAKEN.c.ends_at > sa.bindparam("begins", type_=TAKEN.c.starts_at.type),
            TAKEN.c.hold_until <= NOW,
        ),
        sa.and_(TAKEN.c.help_request_id == sa.bindparam("held_by"), TAKEN.c.hold_until.is_not(None)),
    )
)


@dataclass(frozen=True)
class Timetable:
    """Working time and what takes it, of one specialist: sorted, aware UTC."""

    windows: list[Interval]
    busy: list[Interval]

    def can_hold(self, wanted: Interval) -> bool:
        """Whether all of ``wanted`` lies in working time, and nothing takes any of it."""
        works = any(window.start <= wanted.start and wanted.end <= window.end for window in self.windows)
        return works and not any(taken.start < wanted.end and wanted.start < taken.end for taken in self.busy)


@dataclass(frozen=True)
class Specialist:
    """A person who holds consultations; ``about``: ``{"ru": …, "kk": …, "en": …}``."""

    id: int
    name: str
    profession: str
    about: dict[str, str]


def specialists_of(centre: Centre) -> list[Specialist]:
    """The active specialists of a centre, in the order in which it shows them."""
    return [Specialist(*row) for row in execute(SPECIALISTS, {"centre": centre.id}).all()]


def timetables(
    centre: Centre,
    specialist_ids: Sequence[int],
    now: datetime,
    *,
    days: int | None = None,
    apart_from_request: int | None = None,
) -> dict[int, Timetable]:
    """Working and taken time of each specialist, from today on for ``days`` (default: the centre's horizon).

    Four queries, however many specialists. ``apart_from_request``: its own holds do not count as taken.
    """
    first = now.astimezone(centre.zone_info).date()
    last = first + timedelta(days=centre.horizon_days if days is None else days)
    # The whole last day, also where the clocks make one longer.
    until = now + timedelta(days=(last - first).days + 2)
    hours = _weekly_hours(specialist_ids)
    exceptions = _exceptions(specialist_ids, first, last)
    absences = _absences(specialist_ids, now, until)
    busy = _busy(specialist_ids, now, until, apart_from_request)
    calendar = work_calendar(centre)
    return {
        person: Timetable(
            windows=working_time(
                hours[person], exceptions[person], absences[person], centre.zone_info, calendar, first, last
            ),
            busy=busy[person],
        )
        for person in specialist_ids
    }


def _weekly_hours(specialist_ids: Sequence[int]) -> dict[int, list[WeeklyHours]]:
    hours: dict[int, list[WeeklyHours]] = {person: [] for person in specialist_ids}
    for person, *values in execute(WEEKLY_HOURS, {"people": specialist_ids}).all():
        hours[person].append(WeeklyHours(*values))
    return hours


def _exceptions(specialist_ids: Sequence[int], first: date, last: date) -> dict[int, list[HoursException]]:
    exceptions: dict[int, list[HoursException]] = {person: [] for person in specialist_ids}
    period = {"people": specialist_ids, "first": first, "last": last}
    for person, *values in execute(EXCEPTIONS, period).all():
        exceptions[person].append(HoursException(*values))
    return exceptions


def _absences(specialist_ids: Sequence[int], now: datetime, until: datetime) -> dict[int, list[Interval]]:
    period = {"people": specialist_ids, "now": now, "until": until}
    return _intervals(specialist_ids, ABSENCES, period)


def _busy(
    specialist_ids: Sequence[int], now: datetime, until: datetime, apart_from_request: int | None
) -> dict[int, list[Interval]]:
    period = {
        "people": specialist_ids,
        "now": now,
        "until": until,
        "apart_from": apart_from_request or NO_REQUEST,
    }
    return _intervals(specialist_ids, BUSY, period)


def _intervals(
    specialist_ids: Sequence[int], statement: sa.Select[Any], period: Mapping[str, Any]
) -> dict[int, list[Interval]]:
    """Rows of specialist, start and end, by specialist."""
    intervals: dict[int, list[Interval]] = {person: [] for person in specialist_ids}
    for person, starts_at, ends_at in execute(statement, period).all():
        intervals[person].append(Interval(starts_at, ends_at))
    return intervals


def free_times(
    centre: Centre,
    timetable: Timetable,
    now: datetime,
    *,
    minutes: int | None = None,
    notice: bool = True,
    days: int | None = None,
) -> list[Interval]:
    """Bookable times of one timetable, in the next ``days`` (default: the centre's horizon).

    ``notice``: families keep the centre's notice, the staff need not.
    """
    earliest = now + timedelta(hours=centre.notice_hours) if notice else now
    return open_slots(
        timetable.windows,
        timetable.busy,
        timedelta(minutes=minutes or centre.session_minutes),
        timedelta(minutes=centre.break_minutes),
        earliest,
        now + timedelta(days=days or centre.horizon_days),
    )


def free_for_all(
    centre: Centre,
    specialist_ids: Sequence[int],
    now: datetime,
    *,
    minutes: int | None = None,
    notice: bool = True,
    days: int | None = None,
    apart_from_request: int | None = None,
) -> list[Interval]:
    """Times at which every one of ``specialist_ids`` is free, in the next ``days`` as in :func:`free_times`."""
    loaded = timetables(centre, specialist_ids, now, days=days, apart_from_request=apart_from_request)
    shared = Timetable(
        windows=common([timetable.windows for timetable in loaded.values()]),
        busy=sorted(taken for timetable in loaded.values() for taken in timetable.busy),
    )
    return free_times(centre, shared, now, minutes=minutes, notice=notice, days=days)


def must_be_free(
    centre: Centre,
    specialist_ids: Sequence[int],
    starts_at: datetime,
    now: datetime,
    *,
    minutes: int,
    notice: bool,
    days: int | None = None,
    apart_from_request: int | None = None,
    field: str = "starts_at",
) -> None:
    """The friendly check before :func:`engage`. Raises as :func:`not_free` says."""
    free = free_for_all(
        centre,
        specialist_ids,
        now,
        minutes=minutes,
        notice=notice,
        days=days,
        apart_from_request=apart_from_request,
    )
    if not any(slot.start == starts_at for slot in free):
        raise not_free(centre, starts_at, free_on_day(centre, free, starts_at), field)


def not_free(
    centre: Centre, starts_at: datetime, free_that_day: Sequence[datetime], field: str
) -> DomainError:
    """Why nothing can be planned at ``starts_at``: :class:`OnDayOff`, or :class:`NotFree` with what is free."""
    day = starts_at.astimezone(centre.zone_info).date()
    if not free_that_day and not work_calendar(centre).is_working(day):
        return OnDayOff(field, day=day)
    return NotFree(field, free=free_that_day, zone=centre.zone)


def free_on_day(centre: Centre, free: Sequence[Interval], day_of: datetime) -> list[datetime]:
    """What of ``free`` begins on the day of ``day_of`` in the centre's zone."""
    day = day_of.astimezone(centre.zone_info).date()
    return [slot.start for slot in free if slot.start.astimezone(centre.zone_info).date() == day]


def engage(
    centre: Centre,
    specialist_ids: Sequence[int],
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    *,
    help_request_id: int | None = None,
    consultation_id: int | None = None,
    offer_id: int | None = None,
    hold_until: datetime | None = None,
    field: str = "starts_at",
) -> None:
    """Take the time of all ``specialist_ids``, or of none. Raises :class:`SlotTaken`.

    A lapsed hold in the way is deleted here, by whoever books over it; a booking also lets go of what its
    request has held.
    """
    db.session.flush()
    held_by = (help_request_id or NO_REQUEST) if hold_until is None else NO_REQUEST
    execute(
        MAKE_WAY,
        parameters(
            [
                {"person": person, "begins": starts_at, "until": ends_at, "now": now, "held_by": held_by}
                for person in specialist_ids
            ]
        ),
    )
    taken = _take(
        [
            {
                "specialist_id": person,
                "starts_at": starts_at,
                "ends_at": ends_at,
                "help_request_id": help_request_id,
                "consultation_id": consultation_id,
                "offer_id": offer_id,
                "hold_until": hold_until,
            }
            for person in specialist_ids
        ]
    )
    if len(taken) < len(specialist_ids):
        execute(sa.delete(TAKEN).where(TAKEN.c.id.in_(taken)))
        free = free_for_all(centre, specialist_ids, now, apart_from_request=help_request_id)
        raise SlotTaken(field, free=free_on_day(centre, free, starts_at), zone=centre.zone)


def book_held(hold_id: int, consultation_id: int, now: datetime) -> bool:
    """A hold in force becomes the booking: nobody can come between. Returns false once it has lapsed."""
    held = execute(BOOK_HELD, {"hold_id": hold_id, "booked_id": consultation_id, "now": now})
    return held.rowcount == 1


def _take(rows: Sequence[dict[str, Any]]) -> Sequence[int]:
    """The ids of the rows that found room. Leaves the transaction usable, without a savepoint."""
    try:
        return execute(TAKE[db.engine.dialect.name], parameters(rows)).scalars().all()
    except IntegrityError as violation:
        if "engagement_overlap" not in str(violation.orig):
            raise
        return []


def release_holds(help_request_id: int) -> None:
    """Free what a request holds: its first wished time and the times offered to it."""
    execute(RELEASE_HOLDS, {"held_by": help_request_id})


def release_consultation(consultation_id: int) -> None:
    execute(sa.delete(TAKEN).where(TAKEN.c.consultation_id == consultation_id))
