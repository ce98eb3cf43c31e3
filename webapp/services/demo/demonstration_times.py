"""Times that are really free in the demonstration."""

from collections.abc import Sequence
from datetime import date, datetime

from webapp.models import Centre
from webapp.services.times import timetable
from webapp.services.times.workdays import work_calendar


def free_days(
    centre: Centre, specialist_ids: Sequence[int], now: datetime, working_days_ahead: int
) -> list[list[datetime]]:
    """What is free for all of them, day by day, from so many working days ahead."""
    today = now.astimezone(centre.zone_info).date()
    first = work_calendar(centre).next_working_days(today, working_days_ahead)[-1]
    by_day: dict[date, list[datetime]] = {}
    for slot in timetable.free_for_all(centre, specialist_ids, now):
        day = slot.start.astimezone(centre.zone_info).date()
        if day >= first:
            by_day.setdefault(day, []).append(slot.start)
    return list(by_day.values())
