"""Working days of a centre, and deadlines counted in them (Remote consulting, 3.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from holidays import country_holidays

ANSWER_WORKING_DAYS = 3  # Remote consulting, 3.2

COUNTRIES = ("RU", "KZ")

ONE_DAY = timedelta(days=1)

REMARK = re.compile(r" \([^)]*\)")  # "(observed)", "(estimated)", "(substituted from …)"


class OfficialYear(NamedTuple):
    """What a country's official calendar says about one year, its transferred days included."""

    days_off: frozenset[date]
    estimated: frozenset[date]


@dataclass(frozen=True)
class WorkCalendar:
    """A country's official calendar and a centre's own corrections to it, which win.

    Raises ValueError for a country other than those in `COUNTRIES` and for a day that is corrected both ways.
    """

    country: str
    days_off: frozenset[date] = frozenset()
    working_days: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if self.country not in COUNTRIES:
            raise ValueError(f"no official calendar for the country {self.country!r}")
        if both := self.days_off & self.working_days:
            raise ValueError(f"corrected to a working day and to a day off: {min(both)}")

    def is_working(self, day: date) -> bool:
        """Whether the centre works on `day`; in a year without official data, on all but weekends."""
        if day in self.working_days:
            return True
        if day in self.days_off:
            return False
        return day not in official_year(self.country, day.year).days_off

    def is_estimated(self, day: date) -> bool:
        """Whether `day` is off for a holiday of an estimated date that no correction has settled."""
        if day in self.working_days or day in self.days_off:
            return False
        return day in official_year(self.country, day.year).estimated

    def next_working_days(self, day: date, count: int) -> list[date]:
        """The first `count` working days strictly after `day`, in order."""
        following: list[date] = []
        while len(following) < count:
            day += ONE_DAY
            if self.is_working(day):
                following.append(day)
        return following

    def working_days_between(self, after: date, until: date) -> int:
        """How many working days lie after the day `after`, up to and including `until`."""
        days = (after + timedelta(days=ahead) for ahead in range(1, (until - after).days + 1))
        return sum(map(self.is_working, days))


@lru_cache(maxsize=256)
def official_year(country: str, year: int) -> OfficialYear:
    """The official calendar of one year. Building it costs milliseconds and looking it up nothing."""
    official = country_holidays(country, years=year)
    first, last = date(year, 1, 1), date(year, 12, 31)
    every_day = map(date.fromordinal, range(first.toordinal(), last.toordinal() + 1))
    return OfficialYear(
        days_off=frozenset(day for day in every_day if not official.is_working_day(day)),
        # The library marks an estimated date in the holiday's name and nowhere else.
        estimated=frozenset(day for day, name in holiday_names(country, year).items() if "estimated" in name),
    )


@lru_cache(maxsize=256)
def holiday_names(country: str, year: int) -> Mapping[date, str]:
    """English names of the holidays of one year by day, with the library's remarks: ``Victory Day (observed)``.

    It names no holiday of Russia in Kazakh and none of Kazakhstan in Russian; English it has for both.
    """
    return dict(country_holidays(country, years=year, language="en_US").items())


def holiday_of(country: str, day: date) -> str:
    """English names of the holidays on ``day``, two as ``Victory Day; Eid al-Adha``; empty for other days."""
    return REMARK.sub("", holiday_names(country, day.year).get(day, ""))


def receipt_date(received_at: datetime, zone: ZoneInfo) -> date:
    """The calendar date in the centre's zone on which a request reached it (Remote consulting, 3.2).

    Raises ValueError for a time without a zone.
    """
    return _date_in(zone, received_at)


def answer_due(
    received_at: datetime, zone: ZoneInfo, calendar: WorkCalendar, days: int = ANSWER_WORKING_DAYS
) -> datetime:
    """When the time to answer runs out: 24:00 of the last of `days` working days (Remote consulting, 3.2).

    They are counted from the first working day after the date of receipt. The answer is in UTC.
    Raises ValueError for a time without a zone.
    """
    last = calendar.next_working_days(receipt_date(received_at, zone), days)[-1]
    return _end_of(last, zone)


def last_day(due_at: datetime, zone: ZoneInfo) -> date:
    """The day in the centre's zone that ends at `due_at`: the one people are told."""
    return _date_in(zone, due_at - timedelta.resolution)


def days_late(due_at: datetime, at: datetime, zone: ZoneInfo, calendar: WorkCalendar) -> int:
    """Working days after the last day for the answer, up to the date of `at`; 0 if that is in time."""
    return calendar.working_days_between(last_day(due_at, zone), _date_in(zone, at))


def _date_in(zone: ZoneInfo, at: datetime) -> date:
    if at.tzinfo is None:
        raise ValueError(f"a time without a zone: {at}")
    return at.astimezone(zone).date()


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, from which the clocks of `zone` never show `day` again."""
    midnight = datetime.combine(day + ONE_DAY, time(), tzinfo=zone)
    ends = midnight.astimezone(UTC), midnight.replace(fold=1).astimezone(UTC)
    if ends[0] == ends[1]:
        return ends[0]
    # The clocks skip or repeat this midnight. Of the two readings the later counts, unless the next day
    # has begun before it.
    late = max(ends)
    return late if _date_in(zone, late - timedelta.resolution) <= day else min(ends)
