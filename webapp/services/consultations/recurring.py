"""Dates of a series before anything is saved: how each stands, and what is free instead."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from calendars import recurrence
from calendars.intervals import Interval
from calendars.recurrence import LOOKS_AHEAD, Candidate, Openings, Rhythm
from calendars.slots import common
from webapp.models import Centre, Consultation
from webapp.services.consultations.confirmation import specialists_of
from webapp.services.times import timetable
from webapp.services.times.workdays import work_calendar

Shift = Callable[[Sequence[datetime], datetime, ZoneInfo], list[datetime]]

# How the dates that follow go along when one is moved.
SHIFTS: dict[str, Shift] = {
    "one": recurrence.kept_apart,
    "distance": recurrence.kept_apart,
    "weekday": recurrence.on_weekday,
}


def candidates(
    centre: Centre,
    specialist_ids: Sequence[int],
    first: datetime,
    rhythm: Rhythm,
    now: datetime,
    *,
    minutes: int,
    apart_from_request: int | None = None,
) -> list[Candidate]:
    """The dates of a series whose first one is ``first``, by the clock and the calendar of the centre."""
    local = first.astimezone(centre.zone_info)
    days = recurrence.dates(local.date(), rhythm)
    last = days[-1] if days else local.date()
    free = openings(centre, specialist_ids, last, now, minutes=minutes, apart_from_request=apart_from_request)
    return recurrence.series(
        local.date(), local.time(), rhythm, centre.zone_info, work_calendar(centre), free, now
    )


def moved(
    centre: Centre, meetings: Sequence[Consultation], new_first: datetime, shift: str, now: datetime
) -> list[Candidate]:
    """Where ``meetings`` come to lie when the first moves to ``new_first``; ``shift``: a key of ``SHIFTS``."""
    wanted = SHIFTS[shift]([meeting.starts_at for meeting in meetings], new_first, centre.zone_info)
    free = openings_for_move(centre, meetings, max(wanted), now)
    return recurrence.judged(wanted, centre.zone_info, work_calendar(centre), free, now)


def openings(
    centre: Centre,
    specialist_ids: Sequence[int],
    last: date,
    now: datetime,
    *,
    minutes: int,
    apart_from_request: int | None = None,
    moving: Sequence[Interval] = (),
) -> Openings:
    """When all of ``specialist_ids`` are free, to some weeks after ``last``. Four queries.

    ``apart_from_request``: its own holds do not count as taken, nor does the time of what is ``moving``.
    """
    ahead = last - now.astimezone(centre.zone_info).date() + LOOKS_AHEAD
    loaded = timetable.timetables(
        centre, specialist_ids, now, days=max(ahead.days, 1), apart_from_request=apart_from_request
    )
    released = set(moving)
    busy = sorted(taken for one in loaded.values() for taken in one.busy if taken not in released)
    windows = common([one.windows for one in loaded.values()])
    return Openings(windows, busy, timedelta(minutes=minutes), timedelta(minutes=centre.break_minutes))


def openings_for_move(
    centre: Centre, meetings: Sequence[Consultation], last: datetime, now: datetime
) -> Openings:
    """When the specialists of ``meetings`` are free, as if those had no time yet."""
    people = [person.id for person in specialists_of(meetings[0])]
    return openings(
        centre,
        people,
        last.astimezone(centre.zone_info).date(),
        now,
        minutes=meetings[0].minutes,
        moving=[Interval(meeting.starts_at, meeting.ends_at) for meeting in meetings],
    )


def must_be_free(centre: Centre, free: Openings, starts: Sequence[datetime], field: str) -> None:
    """The friendly check before the time is taken. Raises as :func:`timetable.not_free` says."""
    for starts_at in starts:
        if not free.fits(starts_at):
            midnight = starts_at.astimezone(centre.zone_info).replace(hour=0, minute=0, second=0)
            that_day = free.between(midnight, midnight + timedelta(days=1))
            raise timetable.not_free(centre, starts_at, that_day, field)
