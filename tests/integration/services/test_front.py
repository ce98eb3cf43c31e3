"""What a centre's page shows of its free times, looking no further ahead than it must."""

from datetime import date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import NOW, make_centre, make_consultation, make_specialist
from webapp.models import Absence, Centre, Staff, WeeklyHours, db
from webapp.services.pages import front
from webapp.services.pages.front import Glance

TODAY = date(2026, 11, 24)
DAYS_SHOWN = 4


def glance(centre: Centre, first: date | None = None) -> Glance:
    return front.at_a_glance(centre, NOW, first=first, most=DAYS_SHOWN)


def next_time_of(specialist: Staff, shown: Glance) -> datetime | None:
    free = next(helper.free for helper in shown.helpers if helper.id == specialist.id)
    return free[0].start if free else None


def be_away(specialist: Staff, *, days: int) -> None:
    away = Absence(specialist_id=specialist.id, starts_at=NOW, ends_at=NOW + timedelta(days=days))
    db.session.add(away)
    db.session.flush()


@pytest.mark.parametrize("days_ahead", [None, -3, 0, 5, 9, 21, 26, 29, 30, 40, 30_000])
def test_the_days_shown_are_those_of_the_whole_horizon(app: Flask, days_ahead: int | None) -> None:
    centre = make_centre()
    make_consultation(centre, make_specialist(centre))
    make_specialist(centre, hours=[(2, time(9), time(11)), (6, time(9), time(11))])
    first = None if days_ahead is None else TODAY + timedelta(days=days_ahead)
    everything = front.free_days(centre, front.helpers(centre, NOW), first=first, most=DAYS_SHOWN)
    shown = glance(centre, first)
    assert (shown.days, shown.more_from) == everything


def test_whoever_has_time_only_in_weeks_is_shown_with_it(app: Flask) -> None:
    centre = make_centre()
    make_specialist(centre)
    away = make_specialist(centre)
    be_away(away, days=20)
    assert next_time_of(away, glance(centre)) == datetime.combine(
        TODAY, time(11), centre.zone_info
    ) + timedelta(days=20)


def test_days_are_found_behind_weeks_without_any_time(app: Flask) -> None:
    centre = make_centre()
    be_away(make_specialist(centre), days=20)
    assert glance(centre).days[0].day == TODAY + timedelta(days=20)


def test_whoever_has_no_time_at_all_is_shown_without(app: Flask) -> None:
    centre = make_centre()
    make_specialist(centre)
    without_hours = make_specialist(centre)
    db.session.execute(sa.delete(WeeklyHours).where(WeeklyHours.specialist_id == without_hours.id))
    assert next_time_of(without_hours, glance(centre)) is None


def test_a_centre_that_plans_only_days_ahead_shows_nothing_behind_them(app: Flask) -> None:
    centre = make_centre(horizon_days=3)
    make_specialist(centre)
    shown = glance(centre)
    assert [each.day for each in shown.days] == [TODAY + timedelta(days=ahead) for ahead in (1, 2, 3)]
    assert shown.more_from is None


@pytest.mark.parametrize("people", [1, 10])
@pytest.mark.parametrize(("days_away", "questions"), [(1, 6), (21, 10)])
def test_looking_further_asks_four_times_more_for_however_many_people(
    app: Flask, people: int, days_away: int, questions: int
) -> None:
    centre = make_centre()
    for _ in range(people):
        be_away(make_specialist(centre), days=days_away)
    db.session.commit()
    _zone = centre.zone_info  # loads the row before counting
    asked: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", count)
    try:
        glance(centre)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", count)
    assert len([statement for statement in asked if statement.startswith("SELECT")]) == questions
