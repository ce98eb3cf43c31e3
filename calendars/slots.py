"""From weekly hours to the times that can be booked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache, reduce
from zoneinfo import ZoneInfo

from calendars.intervals import Interval, intersect, merge, subtract
from calendars.workdays import WorkCalendar

ONE_DAY = timedelta(days=1)
NEVER = (datetime.max.replace(tzinfo=UTC),) * 2  # no time is taken any more

# Hundreds of slots are made for one page, and the constructor of a NamedTuple would take most of the time:
# `_new(Interval, (start, end))` is the same without it.
_new = tuple.__new__


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Hours on one day of every week (Monday is 0), in the wall time of the centre.

    They hold from `valid_from` to `valid_until`, both included; None leaves that side open.
    Raises ValueError for hours that do not end after they start and for a day that no week has.
    """

    weekday: int
    starts: time
    ends: time
    valid_from: date | None = None
    valid_until: date | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.weekday <= 6:
            raise ValueError(f"no such day of the week: {self.weekday}")
        if self.ends <= self.starts:
            raise ValueError(f"the hours end at {self.ends}, not after their start at {self.starts}")


@dataclass(frozen=True, slots=True)
class HoursException:
    """What differs on one day, in the wall time of the centre.

    Not available: closed between the two times, or the whole day without them. Available: extra hours, on a
    day off as well. Where both speak of the same time, it is closed: a family before a locked door is worse
    than a slot too few.
    Raises ValueError for half a pair of times, for an end that is not after the start and for extra hours
    without times.
    """

    day: date
    starts: time | None
    ends: time | None
    available: bool

    def __post_init__(self) -> None:
        if self.starts is None or self.ends is None:
            if self.available or self.starts is not self.ends:
                raise ValueError("an exception needs both times, or none when the whole day is closed")
        elif self.ends <= self.starts:
            raise ValueError(f"the exception ends at {self.ends}, not after its start at {self.starts}")


def working_time(
    hours: Iterable[WeeklyHours],
    exceptions: Iterable[HoursException],
    absences: Sequence[Interval],
    zone: ZoneInfo,
    calendar: WorkCalendar,
    first: date,
    last: date,
) -> list[Interval]:
    """When a specialist works on the days from `first` to `last`, both included: sorted, merged, in UTC.

    A wall time that the clocks skip or show twice is read as RFC 5545, 3.3.5 does: a skipped one by the
    offset before the gap, a doubled one as the first of the two.
    """
    rows_of_weekday: list[list[tuple[date, date, timedelta, timedelta]]] = [[] for _ in range(7)]
    for row in hours:
        starts, ends = _since_midnight(row.starts), _since_midnight(row.ends)
        valid = (row.valid_from or date.min, row.valid_until or date.max)
        rows_of_weekday[row.weekday].append((*valid, starts, ends))
    exceptions_of_day: dict[date, list[HoursException]] = {}
    for exception in exceptions:
        exceptions_of_day.setdefault(exception.day, []).append(exception)

    opened: list[Interval] = []
    closed: list[Interval] = list(absences)
    for day, weekday, begins, usual in _working_days(zone, calendar, first, last):
        for since, until, starts, ends in rows_of_weekday[weekday]:
            if not since <= day <= until:
                continue
            if usual:
                opened.append(_new(Interval, (begins + starts, begins + ends)))
            else:
                opened += _instants(zone, day, starts, ends)
    for day, differing in exceptions_of_day.items():
        if not first <= day <= last:
            continue
        for exception in differing:
            starts = _since_midnight(exception.starts) if exception.starts else timedelta()
            ends = _since_midnight(exception.ends) if exception.ends else ONE_DAY
            (opened if exception.available else closed).extend(_instants(zone, day, starts, ends))
    return subtract(opened, closed)


def open_slots(
    windows: Iterable[Interval],
    busy: Iterable[Interval],
    length: timedelta,
    pause: timedelta,
    not_before: datetime,
    not_after: datetime,
) -> list[Interval]:
    """The slots of `length` that can be booked in `windows`, in order.

    Windows that touch are one. In each, slots follow at steps of `length + pause` from its start and end
    inside it; the pause after the last may lie outside. A slot is left out when it, with a `pause` on both
    sides, overlaps a busy interval, or when it starts before `not_before` or after `not_after`.
    Raises ValueError for a length that is not positive and for a negative pause.
    """
    if length <= timedelta() or pause < timedelta():
        raise ValueError(f"no slots of {length} with a pause of {pause}")
    step = length + pause
    # A slot runs into a busy time when it starts after the first and before the second of these.
    taken = iter([(start - step, end + pause) for start, end in merge(busy)])
    blocked_after, free_again = next(taken, NEVER)
    slots: list[Interval] = []
    for opens, closes in merge(windows):
        latest = min(closes - length, not_after)
        start = opens
        while start <= latest:
            while free_again <= start:
                blocked_after, free_again = next(taken, NEVER)
            if not_before <= start <= blocked_after:
                slots.append(_new(Interval, (start, start + length)))
            start += step
    return slots


def common(windows_per_specialist: Sequence[Iterable[Interval]]) -> list[Interval]:
    """When all of several specialists work (Remote consulting, 3.4); nobody at all has no time."""
    if not windows_per_specialist:
        return []
    return reduce(intersect, windows_per_specialist[1:], merge(windows_per_specialist[0]))


def _since_midnight(wall_time: time) -> timedelta:
    return timedelta(0, wall_time.hour * 3600 + wall_time.minute * 60 + wall_time.second)


@lru_cache(maxsize=64)
def _working_days(
    zone: ZoneInfo, calendar: WorkCalendar, first: date, last: date
) -> list[tuple[date, int, datetime, bool]]:
    """The working days of a period: day, weekday, its beginning in UTC, and whether it has 24 hours.

    Asking a zone and a calendar is what costs: once for a period, not once for every specialist.
    """
    days = (first + timedelta(days=ahead) for ahead in range((last - first).days + 1))
    return [
        (
            day,
            day.weekday(),
            _midnight(zone, day),
            _midnight(zone, day + ONE_DAY) - _midnight(zone, day) == ONE_DAY,
        )
        for day in days
        if calendar.is_working(day)
    ]


def _midnight(zone: ZoneInfo, day: date) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _instants(zone: ZoneInfo, day: date, starts: timedelta, ends: timedelta) -> list[Interval]:
    """Hours on a clock face as one interval in UTC, or none where a gap in the clocks leaves nothing."""
    # Adding to a local time moves its clock face, which is what is wanted before the conversion.
    midnight = datetime.combine(day, time.min, zone)
    start, end = (midnight + starts).astimezone(UTC), (midnight + ends).astimezone(UTC)
    return [Interval(start, end)] if start < end else []
