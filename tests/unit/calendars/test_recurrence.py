"""Series of meetings: rhythms, days on which the clocks change, holidays, and what is proposed instead."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.intervals import Interval, interval
from calendars.recurrence import (
    MOST_MEETINGS,
    Candidate,
    Openings,
    Rhythm,
    Standing,
    dates,
    judged,
    kept_apart,
    on_weekday,
    series,
)
from calendars.slots import WeeklyHours, working_time
from calendars.workdays import WorkCalendar

BERLIN = ZoneInfo("Europe/Berlin")
MOSCOW = ZoneInfo("Europe/Moscow")
ALMATY = ZoneInfo("Asia/Almaty")
RUSSIA, KAZAKHSTAN = WorkCalendar("RU"), WorkCalendar("KZ")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
FORTY_MINUTES = timedelta(minutes=40)
MONDAY = date(2026, 9, 7)


def openings(
    first: date, zone: ZoneInfo, calendar: WorkCalendar, *, busy: tuple[Interval, ...] = ()
) -> Openings:
    """Monday to Friday, 9:00 to 18:00, for half a year from ``first`` on."""
    hours = [WeeklyHours(day, time(9), time(18)) for day in range(5)]
    last = first + timedelta(days=180)
    windows = working_time(hours, [], [], zone, calendar, first, last)
    return Openings(windows, list(busy), FORTY_MINUTES)


def weekly(
    first: date, number: int, zone: ZoneInfo, calendar: WorkCalendar, *, now: datetime = LONG_AGO
) -> list[Candidate]:
    """A series at 10:00 of the centre."""
    open_then = openings(first - timedelta(days=14), zone, calendar)
    return series(first, time(10), Rhythm(number=number), zone, calendar, open_then, now)


def local(found: list[Candidate], zone: ZoneInfo) -> list[str]:
    return [f"{one.starts_at.astimezone(zone):%d.%m %H:%M}" for one in found]


def at(day: date, hour: int, zone: ZoneInfo, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), zone).astimezone(UTC)


# Rhythms


def test_every_week_on_the_weekday_of_the_first_date() -> None:
    assert dates(MONDAY, Rhythm(number=3)) == [MONDAY, date(2026, 9, 14), date(2026, 9, 21)]


def test_every_second_week_on_two_weekdays() -> None:
    rhythm = Rhythm(every_weeks=2, weekdays=frozenset({0, 3}), number=4)
    assert dates(MONDAY, rhythm) == [MONDAY, date(2026, 9, 10), date(2026, 9, 21), date(2026, 9, 24)]


def test_days_of_the_first_week_before_the_first_date_are_no_dates() -> None:
    rhythm = Rhythm(weekdays=frozenset({0, 3}), number=2)
    assert dates(date(2026, 9, 10), rhythm) == [date(2026, 9, 10), date(2026, 9, 14)]


def test_the_last_day_belongs_to_the_series() -> None:
    assert dates(MONDAY, Rhythm(until=date(2026, 9, 21)))[-1] == date(2026, 9, 21)


def test_days_left_out_do_not_count() -> None:
    rhythm = Rhythm(number=2, left_out=frozenset({date(2026, 9, 14)}))
    assert dates(MONDAY, rhythm) == [MONDAY, date(2026, 9, 21)]


def test_a_series_ends_at_the_most_meetings() -> None:
    assert len(dates(MONDAY, Rhythm(until=date(2099, 1, 1)))) == MOST_MEETINGS


def test_a_rhythm_without_an_end_is_refused() -> None:
    with pytest.raises(ValueError, match="last day"):
        Rhythm()


@given(
    first=st.dates(date(2020, 1, 1), date(2035, 1, 1)),
    every_weeks=st.integers(1, 8),
    weekdays=st.frozensets(st.integers(0, 6)),
    number=st.integers(1, MOST_MEETINGS),
)
def test_a_series_has_its_number_in_order_on_its_weekdays(
    first: date, every_weeks: int, weekdays: frozenset[int], number: int
) -> None:
    found = dates(first, Rhythm(every_weeks, weekdays, number))
    assert len(found) == number
    assert found == sorted(set(found))
    assert {day.weekday() for day in found} <= (weekdays or {first.weekday()})


# Days on which the clocks change


def test_the_hour_stays_when_the_clocks_go_forward() -> None:
    found = weekly(date(2026, 3, 23), 2, BERLIN, RUSSIA)  # the clocks change on 29 March
    assert local(found, BERLIN) == ["23.03 10:00", "30.03 10:00"]
    assert found[1].starts_at - found[0].starts_at == timedelta(days=7, hours=-1)


def test_the_hour_stays_when_the_clocks_go_back() -> None:
    found = weekly(date(2026, 10, 19), 2, BERLIN, RUSSIA)  # the clocks change on 25 October
    assert local(found, BERLIN) == ["19.10 10:00", "26.10 10:00"]
    assert found[1].starts_at - found[0].starts_at == timedelta(days=7, hours=1)
    assert [one.standing for one in found] == [Standing.FREE, Standing.FREE]


def test_a_time_that_the_clocks_skip_counts_by_the_offset_before() -> None:
    sunday = date(2026, 3, 29)
    open_then = openings(sunday, BERLIN, RUSSIA)
    found = series(sunday, time(2, 30), Rhythm(number=1), BERLIN, RUSSIA, open_then, LONG_AGO)
    assert found[0].starts_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_time_that_the_clocks_show_twice_is_the_first() -> None:
    sunday = date(2026, 10, 25)
    open_then = openings(sunday, BERLIN, RUSSIA)
    found = series(sunday, time(2, 30), Rhythm(number=1), BERLIN, RUSSIA, open_then, LONG_AGO)
    assert found[0].starts_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


# Days off


def test_new_year_is_proposed_anew_on_the_next_working_days_at_the_same_hour() -> None:
    found = weekly(date(2026, 12, 25), 2, MOSCOW, RUSSIA)
    assert found[1].standing is Standing.DAY_OFF
    assert found[1].holiday == "New Year Holidays"
    assert [f"{one.astimezone(MOSCOW):%d.%m %H:%M}" for one in found[1].proposals] == [
        "11.01 10:00",
        "12.01 10:00",
        "13.01 10:00",
    ]


def test_nauryz_is_a_day_off_in_kazakhstan() -> None:
    found = weekly(date(2026, 3, 16), 2, ALMATY, KAZAKHSTAN)
    assert (found[1].standing, found[1].holiday) == (Standing.DAY_OFF, "Nowruz Holiday")
    assert found[1].proposals[0] == at(date(2026, 3, 26), 10, ALMATY)


def test_the_days_of_may_are_days_off_in_russia() -> None:
    found = weekly(date(2026, 4, 24), 3, MOSCOW, RUSSIA)
    assert [one.standing for one in found] == [Standing.FREE, Standing.DAY_OFF, Standing.FREE]
    assert found[1].holiday == "Holiday of Spring and Labor"
    assert found[1].proposals[0] == at(date(2026, 5, 4), 10, MOSCOW)


def test_a_day_that_the_centre_took_off_is_a_day_off_without_a_name() -> None:
    own = WorkCalendar("RU", days_off=frozenset({date(2026, 9, 14)}))
    found = weekly(MONDAY, 2, MOSCOW, own)
    assert (found[1].standing, found[1].holiday) == (Standing.DAY_OFF, "")


def test_a_proposal_never_meets_another_date_of_the_series() -> None:
    own = WorkCalendar("RU", days_off=frozenset({date(2026, 9, 14)}))
    rhythm = Rhythm(weekdays=frozenset({0, 1}), number=4)
    found = series(MONDAY, time(10), rhythm, MOSCOW, own, openings(MONDAY, MOSCOW, own), LONG_AGO)
    assert [f"{one.astimezone(MOSCOW):%d.%m}" for one in found[2].proposals] == ["16.09", "17.09", "18.09"]


# What is taken, and what is over


def test_a_taken_date_comes_with_the_free_hours_of_its_day() -> None:
    busy = interval(at(MONDAY, 9, MOSCOW), at(MONDAY, 16, MOSCOW, 20))
    open_then = openings(MONDAY, MOSCOW, RUSSIA, busy=(busy,))
    found = judged([at(MONDAY, 10, MOSCOW)], MOSCOW, RUSSIA, open_then, LONG_AGO)
    assert found[0].standing is Standing.TAKEN
    assert found[0].proposals == (at(MONDAY, 16, MOSCOW, 20), at(MONDAY, 17, MOSCOW))


def test_a_day_that_is_taken_wholly_is_proposed_on_the_next_days() -> None:
    busy = interval(at(MONDAY, 9, MOSCOW), at(MONDAY, 18, MOSCOW))
    open_then = openings(MONDAY, MOSCOW, RUSSIA, busy=(busy,))
    found = judged([at(MONDAY, 10, MOSCOW)], MOSCOW, RUSSIA, open_then, LONG_AGO)
    assert found[0].proposals[0] == at(date(2026, 9, 8), 10, MOSCOW)


def test_an_hour_outside_the_working_time_is_not_free() -> None:
    open_then = openings(MONDAY, MOSCOW, RUSSIA)
    found = judged([at(MONDAY, 17, MOSCOW, 30)], MOSCOW, RUSSIA, open_then, LONG_AGO)
    assert found[0].standing is Standing.TAKEN


def test_the_pause_belongs_to_what_is_taken() -> None:
    busy = interval(at(MONDAY, 9, MOSCOW), at(MONDAY, 10, MOSCOW))
    windows = openings(MONDAY, MOSCOW, RUSSIA).windows
    with_pause = Openings(windows, [busy], FORTY_MINUTES, timedelta(minutes=10))
    assert not with_pause.fits(at(MONDAY, 10, MOSCOW))
    assert with_pause.fits(at(MONDAY, 10, MOSCOW, 10))


def test_what_has_passed_is_not_booked() -> None:
    found = weekly(MONDAY, 2, MOSCOW, RUSSIA, now=at(date(2026, 9, 8), 9, MOSCOW))
    assert [one.standing for one in found] == [Standing.PAST, Standing.FREE]
    assert all(one > at(date(2026, 9, 8), 9, MOSCOW) for one in found[0].proposals)


# Moving what follows


def test_what_follows_keeps_its_distance_across_a_change_of_the_clocks() -> None:
    starts = [at(day, 10, BERLIN) for day in (date(2026, 10, 12), date(2026, 10, 20), date(2026, 10, 26))]
    moved = kept_apart(starts, at(date(2026, 10, 14), 11, BERLIN, 30), BERLIN)
    assert [f"{one.astimezone(BERLIN):%d.%m %H:%M}" for one in moved] == [
        "14.10 11:30",
        "22.10 11:30",
        "28.10 11:30",
    ]


def test_what_follows_takes_a_new_weekday_each_in_its_own_week() -> None:
    starts = [at(day, 10, MOSCOW) for day in (MONDAY, date(2026, 9, 15), date(2026, 9, 21))]
    moved = on_weekday(starts, at(date(2026, 9, 10), 12, MOSCOW), MOSCOW)
    assert [f"{one.astimezone(MOSCOW):%d.%m %H:%M}" for one in moved] == [
        "10.09 12:00",
        "17.09 12:00",
        "24.09 12:00",
    ]


def test_what_follows_comes_as_many_weeks_later_as_the_first() -> None:
    starts = [at(day, 10, MOSCOW) for day in (MONDAY, date(2026, 9, 14))]
    moved = on_weekday(starts, at(date(2026, 9, 16), 10, MOSCOW), MOSCOW)
    assert [f"{one.astimezone(MOSCOW):%d.%m}" for one in moved] == ["16.09", "23.09"]
