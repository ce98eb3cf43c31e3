"""Free times: of one specialist in ``calendars.slots`` alone, of fifty with the database."""

import time as time_module
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Flask

from bench import stage
from bench.people import MINUTES, WORKING_WEEK
from bench.stopwatch import median_ms
from bench.table import Figure, number
from calendars.intervals import Interval
from calendars.slots import HoursException, WeeklyHours, open_slots, working_time
from calendars.workdays import WorkCalendar
from tests.factories import make_centre, make_request, make_specialist
from webapp.models import Absence, Centre, Engagement, Staff, db
from webapp.models import HoursException as HoursExceptionRow
from webapp.models.base import reading_only
from webapp.services.times import timetable

DAYS = 60
SPECIALISTS = 50
REPEATS_PURE, REPEATS_LOADED = 400, 60
MOST_MS_PURE, MOST_MS_LOADED = 1, 20

ZONE = ZoneInfo("Asia/Yekaterinburg")
SESSION = timedelta(minutes=MINUTES)


def measure() -> Iterator[Figure]:
    yield _of_one(datetime.now(UTC))
    for database in stage.databases():
        with stage.installation(database) as (_, app):
            yield _of_fifty(app, database, datetime.now(UTC))


def _of_one(now: datetime) -> Figure:
    """Hours of every working day with a lunch break, a third of them taken, two exceptions, one absence."""
    first = now.astimezone(ZONE).date()
    last, until = first + timedelta(days=DAYS), now + timedelta(days=DAYS)
    hours = [WeeklyHours(weekday, starts, ends) for weekday, starts, ends in WORKING_WEEK]
    exceptions = [
        HoursException(first + timedelta(days=10), None, None, False),
        HoursException(first + timedelta(days=20), time(15), time(17), False),
    ]
    absences = [Interval(now + timedelta(days=30), now + timedelta(days=37))]
    busy = [Interval(start, start + SESSION) for start in _taken(first)]
    calendar = WorkCalendar("RU")

    def free() -> list[Interval]:
        windows = working_time(hours, exceptions, absences, ZONE, calendar, first, last)
        return open_slots(windows, busy, SESSION, timedelta(), now + timedelta(hours=12), until)

    slots = free()
    listed = median_ms(lambda: [Interval(*slot) for slot in slots], repeats=REPEATS_PURE)
    took = median_ms(free, repeats=REPEATS_PURE)
    return Figure(
        f"Free times of one specialist, {DAYS} days: {len(slots)}",
        took,
        "ms",
        f"listing them: {number(listed)} ms",
        took / listed,
        target=MOST_MS_PURE,
    )


def _of_fifty(app: Flask, database: str, now: datetime) -> Figure:
    with app.app_context(), reading_only():
        centre, ids = _fifty(now)
        stage.settle()
        found = sum(len(times) for times in _free(centre, ids, now))

        def free() -> None:
            db.session.rollback()
            db.session.refresh(centre)
            _free(centre, ids, now)

        # PostgreSQL works in processes of its own, for which this one waits.
        clock = time_module.process_time if database == stage.SQLITE else time_module.perf_counter
        took = median_ms(free, repeats=REPEATS_LOADED, clock=clock)
        asking = _driver_alone(lambda: _free(centre, ids, now))
        fetched = median_ms(asking, repeats=REPEATS_LOADED, clock=clock)
        db.session.rollback()
    return Figure(
        f"Free times of {SPECIALISTS} specialists, {database}: {found}",
        took,
        "ms",
        f"fetching the rows: {number(fetched)} ms",
        took / fetched,
        target=MOST_MS_LOADED,
    )


def _free(centre: Centre, ids: list[int], now: datetime) -> list[list[Interval]]:
    loaded = timetable.timetables(centre, ids, now)
    return [timetable.free_times(centre, loaded[person], now) for person in ids]


def _fifty(now: datetime) -> tuple[Centre, list[int]]:
    """A centre with fifty specialists, each as busy as the one above. The horizon is its own: 30 days."""
    centre = make_centre()
    request = make_request(centre, now=now)
    people = [make_specialist(centre, hours=WORKING_WEEK) for _ in range(SPECIALISTS)]
    first = now.astimezone(ZONE).date()
    for person in people:
        _make_busy(person, request.id, first, now)
    db.session.commit()
    return centre, [person.id for person in people]


def _make_busy(person: Staff, request_id: int, first: date, now: datetime) -> None:
    db.session.add_all(
        Engagement(
            specialist_id=person.id,
            starts_at=start,
            ends_at=start + SESSION,
            help_request_id=request_id,
            hold_until=now + timedelta(days=DAYS),
        )
        for start in _taken(first)
    )
    db.session.add(
        HoursExceptionRow(specialist_id=person.id, day=first + timedelta(days=10), available=False)
    )
    db.session.add(
        Absence(
            specialist_id=person.id,
            starts_at=now + timedelta(days=20),
            ends_at=now + timedelta(days=22),
        )
    )


def _taken(first: date) -> list[datetime]:
    """A third of the sessions on the working days of the next sixty days, in UTC."""
    days = (first + timedelta(days=ahead) for ahead in range(1, DAYS))
    starts = []
    for place, day in enumerate(day for day in days if WorkCalendar("RU").is_working(day)):
        nine = datetime.combine(day, time(9), ZONE).astimezone(UTC)
        starts += [nine + step * SESSION for step in ((0, 2, 4, 8) if place % 3 else (1, 3, 5))]
    return starts


def _driver_alone(asking: Callable[[], Any]) -> Callable[[], None]:
    """The statements of ``asking``, sent again over the driver alone: what fetching costs at least."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    sa.event.listen(db.engine, "before_cursor_execute", note)
    asking()
    sa.event.remove(db.engine, "before_cursor_execute", note)
    connection = db.session.connection().connection.driver_connection
    assert connection is not None

    def ask() -> None:
        for statement, parameters in sent:
            connection.execute(statement, parameters).fetchall()

    return ask
