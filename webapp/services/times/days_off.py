"""The centre's calendar as its administrator sees it: official days, own days, what is booked on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from calendars.workdays import holiday_of, official_year
from webapp.models import (
    CalendarCorrection,
    Centre,
    Consultation,
    db,
)
from webapp.rules.consultations import ConsultationState
from webapp.services.consultations import booked
from webapp.services.consultations.booked import Matter


@dataclass(frozen=True)
class Touched:
    """A booked consultation on a day that is off now; it is shown, never moved."""

    matter: Matter
    starts_at: datetime
    specialists: Sequence[str]


@dataclass(frozen=True)
class Correction:
    day: date
    working: bool
    note: str
    touched: Sequence[Touched]


@dataclass(frozen=True)
class OfficialDay:
    """A day of the country's calendar. ``holiday`` is a key of ``wording.HOLIDAYS``; a transferred day off and a
    working weekend have none."""

    day: date
    holiday: str
    estimated: bool
    working: bool = False


def corrections(centre: Centre, today: date) -> list[Correction]:
    """The centre's own days from this year on, each with what is booked on a day off. Two queries."""
    rows = db.session.execute(
        sa.select(CalendarCorrection.day, CalendarCorrection.working, CalendarCorrection.note)
        .where(CalendarCorrection.centre_id == centre.id, CalendarCorrection.day >= date(today.year, 1, 1))
        .order_by(CalendarCorrection.day)
    ).all()
    touched = _touched(centre, {row.day for row in rows if not row.working and row.day >= today})
    return [Correction(row.day, row.working, row.note, touched.get(row.day, [])) for row in rows]


def _touched(centre: Centre, days: set[date]) -> dict[date, list[Touched]]:
    if not days:
        return {}
    found = booked.lines(
        centre,
        Consultation.state == ConsultationState.PLANNED,
        booked.on(*days),
    )
    names: dict[int, list[str]] = {}
    for line in found:
        names.setdefault(line.id, []).append(line.specialist)
    result: dict[date, list[Touched]] = {}
    for line in {line.id: line for line in found}.values():
        result.setdefault(date.fromisoformat(line.day), []).append(
            Touched(booked.matter(line), line.starts_at, names[line.id])
        )
    return result


def official_days(centre: Centre, year: int) -> list[OfficialDay]:
    """Weekdays off and working weekends of the country in ``year``; plain weekends are left out."""
    official = official_year(centre.country, year)
    weekdays_off = [
        OfficialDay(day, holiday_of(centre.country, day), day in official.estimated)
        for day in official.days_off
        if day.weekday() < 5
    ]
    first = date(year, 1, 1).toordinal()
    working_weekends = [
        OfficialDay(day, "", estimated=False, working=True)
        for day in map(date.fromordinal, range(first, first + 366))
        if day.year == year and day.weekday() >= 5 and day not in official.days_off
    ]
    return sorted(weekdays_off + working_weekends, key=lambda one: one.day)
