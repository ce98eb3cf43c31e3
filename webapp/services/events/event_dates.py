"""When all hosts of a group event are free, for a new one and for another time of an announced one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from webapp.models import Centre
from webapp.rules import consultations
from webapp.services.events.group_events import Plan
from webapp.services.help_requests import case
from webapp.services.pages.front import FreeDay
from webapp.services.times import timetable

DAYS_AT_ONCE = 6
SHORTEST, LONGEST = 5, 240  # minutes


@dataclass(frozen=True)
class FreeDays:
    """Some days with free times; ``more_from``: the next day that has any.

    ``chosen`` stands for a time that was chosen before: it is free still, on one of the days or later.
    """

    days: Sequence[FreeDay]
    more_from: date | None
    chosen: datetime | None
    from_the_start: bool = True

    @property
    def chosen_lies_elsewhere(self) -> bool:
        return self.chosen is not None and not any(
            hour.starts_at == self.chosen for day in self.days for hour in day.hours
        )


def free_days(
    centre: Centre,
    host_ids: Sequence[int],
    now: datetime,
    *,
    minutes: int | None,
    first: date | None,
    chosen: datetime | None,
) -> FreeDays:
    """From ``first`` on. A length that makes no sense is taken for the centre's usual one."""
    if not host_ids:
        return FreeDays([], None, None)
    sensible = minutes if minutes is not None and SHORTEST <= minutes <= LONGEST else None
    free = timetable.free_for_all(
        centre, host_ids, now, minutes=sensible, notice=False, days=timetable.SCHOOL_YEAR
    )
    days, more_from = case.by_day(centre, free, first=first, most=DAYS_AT_ONCE)
    still_free = chosen if any(slot.start == chosen for slot in free) else None
    return FreeDays(days, more_from, still_free, from_the_start=first is None)


def must_be_free(centre: Centre, plan: Plan, now: datetime) -> None:
    """The friendly check before an event is made. Raises :class:`NotFree` with what is free that day."""
    for starts_at in plan.starts:
        must_be_free_at(centre, plan.host_ids, starts_at, plan.minutes, now)


def must_be_free_at(
    centre: Centre, host_ids: Sequence[int], starts_at: datetime, minutes: int, now: datetime
) -> None:
    """Raises :class:`InThePast` and :class:`NotFree`."""
    consultations.must_lie_ahead(starts_at, now, field="starts")
    timetable.must_be_free(
        centre,
        host_ids,
        starts_at,
        now,
        minutes=minutes,
        notice=False,
        days=timetable.SCHOOL_YEAR,
        field="starts",
    )
