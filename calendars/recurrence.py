"""Series of meetings: from a rhythm to dates, and what stands in the way of each (Remote consulting, 3.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from calendars.intervals import Interval
from calendars.slots import open_slots
from calendars.workdays import ONE_DAY, WorkCalendar, holiday_of

MOST_MEETINGS = 60  # one a week through a school year is 36
MOST_PROPOSALS = 3
LOOKS_AHEAD = timedelta(days=21)  # for a working day instead of a day off: the New Year holidays pass
ONE_WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class Rhythm:
    """Every ``every_weeks`` weeks on ``weekdays`` (Monday is 0; none: the weekday of the first date).

    It ends after ``number`` meetings or with the day ``until``, whichever comes first; days ``left_out``
    have no meeting and do not count. Raises ValueError for a rhythm that has no end, or no beginning.
    """

    every_weeks: int = 1
    weekdays: frozenset[int] = frozenset()
    number: int | None = None
    until: date | None = None
    left_out: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if self.every_weeks < 1:
            raise ValueError(f"no rhythm of {self.every_weeks} weeks")
        if self.number is None and self.until is None:
            raise ValueError("a series needs a number of meetings or a last day")


class Standing(StrEnum):
    FREE = "free"
    DAY_OFF = "day_off"
    TAKEN = "taken"  # or outside the working hours
    PAST = "past"


@dataclass(frozen=True)
class Candidate:
    """One date of a series, in UTC, and how it stands. ``proposals``: what is free instead, nearby.

    ``holiday``: English names of the holidays of a day off, as ``wording.holiday`` wants them.
    """

    starts_at: datetime
    standing: Standing
    proposals: tuple[datetime, ...] = ()
    holiday: str = ""


@dataclass(frozen=True)
class Openings:
    """When everybody who takes part works, and what takes their time: sorted, merged, aware UTC."""

    windows: Sequence[Interval]
    busy: Sequence[Interval]
    length: timedelta
    pause: timedelta = timedelta()

    def fits(self, starts_at: datetime) -> bool:
        """Whether a meeting can begin then: inside one window, with the pause to whatever is taken."""
        ends_at = starts_at + self.length
        inside = any(start <= starts_at and ends_at <= end for start, end in self.windows)
        with_pause = Interval(starts_at - self.pause, ends_at + self.pause)
        return inside and not any(with_pause.overlaps(taken) for taken in self.busy)

    def without(self, intervals: Iterable[Interval]) -> Openings:
        """The same, with ``intervals`` taken as well."""
        return Openings(self.windows, sorted([*self.busy, *intervals]), self.length, self.pause)

    def between(self, begins: datetime, ends: datetime) -> list[datetime]:
        """The starts that can be booked between two instants, by the grid of ``slots.open_slots``."""
        found = open_slots(self.windows, self.busy, self.length, self.pause, begins, ends)
        return [slot.start for slot in found]


def dates(first: date, rhythm: Rhythm) -> list[date]:
    """The days of a series from ``first`` on, at most ``MOST_MEETINGS``, in order.

    Weeks are counted from the one in which ``first`` lies; ``first`` itself is a date only if the rhythm
    has its weekday.
    """
    weekdays = sorted(rhythm.weekdays or {first.weekday()})
    most = min(rhythm.number or MOST_MEETINGS, MOST_MEETINGS)
    last = rhythm.until or date.max
    found: list[date] = []
    monday = first - timedelta(days=first.weekday())
    while len(found) < most and monday <= last:
        for weekday in weekdays:
            day = monday + timedelta(days=weekday)
            if first <= day <= last and day not in rhythm.left_out and len(found) < most:
                found.append(day)
        monday += rhythm.every_weeks * ONE_WEEK
    return found


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A wall time as an instant in UTC, read as RFC 5545, 3.3.5 does.

    A time that the clocks skip counts by the offset before the gap, a doubled one is the first of the two.
    """
    return datetime.combine(day, at, zone).astimezone(UTC)


def series(
    first: date,
    at: time,
    rhythm: Rhythm,
    zone: ZoneInfo,
    calendar: WorkCalendar,
    openings: Openings,
    now: datetime,
) -> list[Candidate]:
    """The dates of a series, each at the same wall time whatever the clocks do, and how each stands."""
    wanted = [instant(day, at, zone) for day in dates(first, rhythm)]
    return judged(wanted, zone, calendar, openings, now)


def judged(
    wanted: Sequence[datetime], zone: ZoneInfo, calendar: WorkCalendar, openings: Openings, now: datetime
) -> list[Candidate]:
    """How each of ``wanted`` stands; what is proposed instead never meets another of them."""
    judge = _Judge(zone, calendar, openings, now)
    candidates = []
    for number, starts_at in enumerate(wanted):
        others = [Interval(one, one + openings.length) for one in (*wanted[:number], *wanted[number + 1 :])]
        candidates.append(judge.of(starts_at, others))
    return candidates


def kept_apart(starts: Sequence[datetime], new_first: datetime, zone: ZoneInfo) -> list[datetime]:
    """``starts`` moved so that the first falls on ``new_first``: distances in days and in wall time stay."""
    old, new = _wall(starts[0], zone), _wall(new_first, zone)
    return [_instant_of(_wall(one, zone) + (new - old), zone) for one in starts]


def on_weekday(starts: Sequence[datetime], new_first: datetime, zone: ZoneInfo) -> list[datetime]:
    """``starts`` moved to the weekday and hour of ``new_first``, each inside its own week.

    Where the first comes into another week, the others follow by as many weeks.
    """
    new = _wall(new_first, zone)
    weeks = _monday(new) - _monday(_wall(starts[0], zone))
    within_week = new - _monday(new)
    return [_instant_of(_monday(_wall(one, zone)) + weeks + within_week, zone) for one in starts]


@dataclass(frozen=True)
class _Judge:
    zone: ZoneInfo
    calendar: WorkCalendar
    openings: Openings
    now: datetime

    def of(self, starts_at: datetime, others: Sequence[Interval]) -> Candidate:
        wall = _wall(starts_at, self.zone)
        open_now = self.openings.without(others)
        if starts_at <= self.now:
            return Candidate(starts_at, Standing.PAST, self._next_days(wall, open_now))
        if not self.calendar.is_working(wall.date()):
            holiday = holiday_of(self.calendar.country, wall.date())
            return Candidate(starts_at, Standing.DAY_OFF, self._next_days(wall, open_now), holiday)
        if open_now.fits(starts_at):
            return Candidate(starts_at, Standing.FREE)
        proposals = self._same_day(wall, open_now) or self._next_days(wall, open_now)
        return Candidate(starts_at, Standing.TAKEN, proposals)

    def _next_days(self, wall: datetime, openings: Openings) -> tuple[datetime, ...]:
        """The same hour on the next working days on which it is free."""
        found: list[datetime] = []
        day, last = wall.date(), wall.date() + LOOKS_AHEAD
        while day < last and len(found) < MOST_PROPOSALS:
            day += ONE_DAY
            starts_at = instant(day, wall.time(), self.zone)
            if self.calendar.is_working(day) and starts_at > self.now and openings.fits(starts_at):
                found.append(starts_at)
        return tuple(found)

    def _same_day(self, wall: datetime, openings: Openings) -> tuple[datetime, ...]:
        """The free hours of the same day that lie nearest, in order."""
        begins = max(instant(wall.date(), time.min, self.zone), self.now)
        ends = instant(wall.date() + ONE_DAY, time.min, self.zone)
        free = openings.between(begins, ends - timedelta.resolution)
        wanted = _instant_of(wall, self.zone)
        nearest = sorted(free, key=lambda one: abs(one - wanted))[:MOST_PROPOSALS]
        return tuple(sorted(nearest))


def _wall(starts_at: datetime, zone: ZoneInfo) -> datetime:
    """The clock face of the zone, without a zone: arithmetic on it keeps the wall time."""
    return starts_at.astimezone(zone).replace(tzinfo=None, fold=0)


def _instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    return instant(wall.date(), wall.time(), zone)


def _monday(wall: datetime) -> datetime:
    """The midnight at which the week of ``wall`` begins."""
    return datetime.combine(wall.date() - timedelta(days=wall.weekday()), time.min)
