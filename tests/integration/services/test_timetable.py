from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import NOW, THURSDAY_NINE, ask, make_centre, make_consultation, make_specialist
from webapp.models import Absence, Centre, HoursException, Staff, WeeklyHours, db
from webapp.rules.errors import OnDayOff
from webapp.services.times import timetable, workdays


def free(centre: Centre, *specialists: Staff, **options: object) -> list[datetime]:
    slots = timetable.free_for_all(centre, [person.id for person in specialists], NOW, **options)  # type: ignore[arg-type]
    return [slot.start for slot in slots]


def on_day(starts: list[datetime], day: date) -> list[str]:
    local = [start + timedelta(hours=5) for start in starts]
    return [start.strftime("%H:%M") for start in local if start.date() == day]


THURSDAY = date(2026, 11, 26)


def test_a_day_is_cut_into_sessions(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre, hours=[(3, time(9), time(11, 30))])
    assert on_day(free(centre, specialist), THURSDAY) == ["09:00", "09:40", "10:20"]


def test_the_break_between_sessions_is_the_setting_of_the_centre(app: Flask) -> None:
    centre = make_centre(break_minutes=10)
    specialist = make_specialist(centre, hours=[(3, time(9), time(11, 30))])
    assert on_day(free(centre, specialist), THURSDAY) == ["09:00", "09:50", "10:40"]


def test_what_is_booked_is_not_free(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    make_consultation(centre, specialist)
    assert THURSDAY_NINE not in free(centre, specialist)


def test_a_lapsed_hold_is_free_again(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    ask(centre, at=THURSDAY_NINE, specialist=specialist)
    assert THURSDAY_NINE not in free(centre, specialist)
    later = THURSDAY_NINE - timedelta(hours=12)
    slots = timetable.free_for_all(centre, [specialist.id], later)
    assert THURSDAY_NINE in [slot.start for slot in slots]


def test_its_own_hold_does_not_stand_in_the_way_of_a_request(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    request = ask(centre, at=THURSDAY_NINE, specialist=specialist).request
    assert THURSDAY_NINE in free(centre, specialist, apart_from_request=request.id)


def test_families_keep_the_notice_and_the_staff_need_not(app: Flask) -> None:
    centre = make_centre(notice_hours=24)
    specialist = make_specialist(centre)
    today = date(2026, 11, 24)
    assert on_day(free(centre, specialist), today) == []
    assert on_day(free(centre, specialist, notice=False), today) != []


def test_nothing_is_free_behind_the_horizon(app: Flask) -> None:
    centre = make_centre(horizon_days=7)
    assert max(free(centre, make_specialist(centre))) <= NOW + timedelta(days=7)


def test_several_specialists_are_free_when_all_are(app: Flask) -> None:
    centre = make_centre()
    early = make_specialist(centre, hours=[(3, time(9), time(11))])
    late = make_specialist(centre, hours=[(3, time(10), time(12))])
    assert on_day(free(centre, early, late), THURSDAY) == ["10:00"]


def test_an_exception_closes_a_day(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    db.session.add(HoursException(specialist_id=specialist.id, day=THURSDAY, available=False))
    assert on_day(free(centre, specialist), THURSDAY) == []


def test_an_absence_closes_its_hours(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre, hours=[(3, time(9), time(12))])
    db.session.add(
        Absence(
            specialist_id=specialist.id, starts_at=THURSDAY_NINE, ends_at=THURSDAY_NINE + timedelta(hours=2)
        )
    )
    assert on_day(free(centre, specialist), THURSDAY) == ["11:00"]


def test_weekly_hours_hold_from_to(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    db.session.execute(sa.update(WeeklyHours).values(valid_from=date(2026, 11, 30)))
    assert on_day(free(centre, specialist), THURSDAY) == []
    assert on_day(free(centre, specialist), date(2026, 11, 30)) != []


def test_a_day_off_of_the_centre_is_not_free(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    workdays.correct(centre, THURSDAY, False, "Карантин", NOW, staff_id=specialist.id)
    assert on_day(free(centre, specialist), THURSDAY) == []


def test_a_time_on_a_day_off_is_refused_as_that(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    workdays.correct(centre, THURSDAY, False, "", NOW, staff_id=None)
    with pytest.raises(OnDayOff) as refusal:
        timetable.must_be_free(centre, [specialist.id], THURSDAY_NINE, NOW, minutes=40, notice=True)
    assert refusal.value.facts == {"day": THURSDAY}


def test_correcting_the_calendar_recomputes_open_deadlines(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    request = ask(centre).request
    workdays.correct(centre, THURSDAY, False, "Карантин", NOW, staff_id=specialist.id)
    assert request.due_at == datetime(2026, 11, 30, 19, 0, tzinfo=UTC)  # Monday, 24:00 in Yekaterinburg
    workdays.take_back(centre, THURSDAY, NOW, staff_id=specialist.id)
    assert request.due_at == datetime(2026, 11, 27, 19, 0, tzinfo=UTC)


def test_correcting_the_calendar_lists_the_sessions_it_touches_and_moves_none(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    consultation = make_consultation(centre, specialist)
    touched = workdays.correct(centre, THURSDAY, False, "Карантин", NOW, staff_id=specialist.id)
    assert touched == [consultation]
    assert consultation.starts_at == THURSDAY_NINE


@pytest.mark.parametrize("people", [1, 10])
def test_the_number_of_queries_does_not_grow_with_the_specialists(app: Flask, people: int) -> None:
    centre = make_centre()
    ids = [make_specialist(centre).id for _ in range(people)]
    db.session.commit()
    asked: list[str] = []
    _zone = centre.zone_info  # loads the row before counting

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", count)
    try:
        timetable.timetables(centre, ids, NOW)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", count)
    assert len([statement for statement in asked if statement.startswith("SELECT")]) == 5
