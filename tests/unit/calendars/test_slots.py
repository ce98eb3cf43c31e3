"""Free times: weekly hours, exceptions, days on which the clocks change, and the slots that are left."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.intervals import Interval, interval
from calendars.slots import HoursException, WeeklyHours, common, open_slots, working_time
from calendars.workdays import WorkCalendar

MOSCOW = ZoneInfo("Europe/Moscow")
BERLIN = ZoneInfo("Europe/Berlin")
RUSSIA = WorkCalendar("RU")

MONDAY = date(2025, 9, 1)
NINE_TO_TWELVE = WeeklyHours(0, time(9), time(12))


def in_zone(zone: ZoneInfo, day: date, starts: time, ends: time) -> Interval:
    return interval(datetime.combine(day, starts, zone), datetime.combine(day, ends, zone))


def utc(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def on_one_day(
    day: date,
    *hours: tuple[time, time],
    zone: ZoneInfo = MOSCOW,
    exceptions: tuple[HoursException, ...] = (),
    absences: tuple[Interval, ...] = (),
) -> list[Interval]:
    """The working time of one day that the centre has made a working day."""
    calendar = WorkCalendar("RU", working_days=frozenset({day}))
    rows = [WeeklyHours(day.weekday(), starts, ends) for starts, ends in hours]
    return working_time(rows, exceptions, absences, zone, calendar, day, day)


# Weekly hours


def test_weekly_hours_recur_on_their_day_of_the_week() -> None:
    found = working_time([NINE_TO_TWELVE], [], [], MOSCOW, RUSSIA, MONDAY, date(2025, 9, 14))
    assert found == [
        in_zone(MOSCOW, MONDAY, time(9), time(12)),
        in_zone(MOSCOW, date(2025, 9, 8), time(9), time(12)),
    ]


def test_the_last_day_is_included() -> None:
    assert working_time([NINE_TO_TWELVE], [], [], MOSCOW, RUSSIA, date(2025, 8, 30), MONDAY) != []


def test_hours_hold_from_the_first_valid_day_to_the_last() -> None:
    row = WeeklyHours(0, time(9), time(12), valid_from=date(2025, 9, 8), valid_until=date(2025, 9, 15))
    found = working_time([row], [], [], MOSCOW, RUSSIA, MONDAY, date(2025, 9, 30))
    assert [block.start.date() for block in found] == [date(2025, 9, 8), date(2025, 9, 15)]


def test_a_holiday_has_no_hours() -> None:
    victory_day = date(2025, 5, 9)
    row = WeeklyHours(victory_day.weekday(), time(9), time(12))
    assert working_time([row], [], [], MOSCOW, RUSSIA, victory_day, victory_day) == []


def test_a_working_saturday_has_the_hours_of_a_saturday() -> None:
    row = WeeklyHours(5, time(9), time(12))
    found = working_time([row], [], [], MOSCOW, RUSSIA, date(2025, 10, 25), date(2025, 11, 8))
    assert found == [in_zone(MOSCOW, date(2025, 11, 1), time(9), time(12))]


def test_rows_that_touch_are_one_window() -> None:
    found = on_one_day(MONDAY, (time(9), time(12)), (time(12), time(15)))
    assert found == [in_zone(MOSCOW, MONDAY, time(9), time(15))]


def test_hours_that_do_not_end_after_they_start_are_refused() -> None:
    with pytest.raises(ValueError, match="not after"):
        WeeklyHours(0, time(12), time(12))


def test_a_day_that_no_week_has_is_refused() -> None:
    with pytest.raises(ValueError, match="week"):
        WeeklyHours(7, time(9), time(12))


# Exceptions and absences


def test_an_exception_without_times_closes_the_whole_day() -> None:
    closed = HoursException(MONDAY, None, None, available=False)
    assert on_one_day(MONDAY, (time(9), time(12)), exceptions=(closed,)) == []


def test_an_exception_with_times_closes_that_part() -> None:
    closed = HoursException(MONDAY, time(10), time(11), available=False)
    assert on_one_day(MONDAY, (time(9), time(12)), exceptions=(closed,)) == [
        in_zone(MOSCOW, MONDAY, time(9), time(10)),
        in_zone(MOSCOW, MONDAY, time(11), time(12)),
    ]


def test_an_exception_adds_hours_on_a_day_off() -> None:
    sunday = date(2025, 9, 7)
    extra = HoursException(sunday, time(10), time(12), available=True)
    found = working_time([], [extra], [], MOSCOW, RUSSIA, MONDAY, sunday)
    assert found == [in_zone(MOSCOW, sunday, time(10), time(12))]


def test_extra_hours_join_the_weekly_ones() -> None:
    extra = HoursException(MONDAY, time(11), time(14), available=True)
    assert on_one_day(MONDAY, (time(9), time(12)), exceptions=(extra,)) == [
        in_zone(MOSCOW, MONDAY, time(9), time(14))
    ]


def test_closed_wins_over_extra_hours() -> None:
    closed = HoursException(MONDAY, None, None, available=False)
    extra = HoursException(MONDAY, time(11), time(14), available=True)
    assert on_one_day(MONDAY, exceptions=(extra, closed)) == []


def test_an_exception_outside_the_days_asked_for_changes_nothing() -> None:
    extra = HoursException(date(2025, 9, 2), time(9), time(12), available=True)
    assert on_one_day(MONDAY, exceptions=(extra,)) == []


def test_an_absence_takes_its_time() -> None:
    absence = in_zone(MOSCOW, MONDAY, time(8), time(10))
    assert on_one_day(MONDAY, (time(9), time(12)), absences=(absence,)) == [
        in_zone(MOSCOW, MONDAY, time(10), time(12))
    ]


@pytest.mark.parametrize(
    ("starts", "ends", "available"),
    [(None, None, True), (time(9), None, False), (None, time(9), False), (time(9), time(9), True)],
)
def test_an_exception_that_says_no_time_is_refused(
    starts: time | None, ends: time | None, available: bool
) -> None:
    with pytest.raises(ValueError, match="exception"):
        HoursException(MONDAY, starts, ends, available)


# Days on which the clocks change

SPRING = date(2025, 3, 30)
AUTUMN = date(2025, 10, 26)


def test_berlin_spring_skips_an_hour_of_the_night() -> None:
    assert on_one_day(SPRING, (time(1), time(4)), zone=BERLIN) == [Interval(utc(SPRING, 0), utc(SPRING, 2))]


def test_berlin_spring_has_nothing_where_all_the_hours_are_skipped() -> None:
    assert on_one_day(SPRING, (time(2), time(3)), zone=BERLIN) == []


def test_berlin_spring_reads_a_skipped_time_by_the_offset_before() -> None:
    assert on_one_day(SPRING, (time(2, 30), time(5)), zone=BERLIN) == [
        Interval(utc(SPRING, 1, 30), utc(SPRING, 3))
    ]


def test_berlin_spring_joins_rows_that_touch_in_the_gap() -> None:
    assert on_one_day(SPRING, (time(1), time(2, 30)), (time(2, 30), time(5)), zone=BERLIN) == [
        Interval(utc(SPRING, 0), utc(SPRING, 3))
    ]


def test_berlin_spring_works_at_nine_by_the_new_clock() -> None:
    assert on_one_day(SPRING, (time(9), time(12)), zone=BERLIN) == [Interval(utc(SPRING, 7), utc(SPRING, 10))]


def test_berlin_autumn_repeats_an_hour_of_the_night() -> None:
    assert on_one_day(AUTUMN, (time(1), time(4)), zone=BERLIN) == [
        Interval(utc(date(2025, 10, 25), 23), utc(AUTUMN, 3))
    ]


def test_berlin_autumn_reads_a_doubled_time_as_the_first() -> None:
    assert on_one_day(AUTUMN, (time(2, 15), time(2, 45)), zone=BERLIN) == [
        Interval(utc(AUTUMN, 0, 15), utc(AUTUMN, 0, 45))
    ]


def test_berlin_autumn_works_at_nine_by_the_new_clock() -> None:
    assert on_one_day(AUTUMN, (time(9), time(12)), zone=BERLIN) == [Interval(utc(AUTUMN, 8), utc(AUTUMN, 11))]


@pytest.mark.parametrize(
    ("zone", "day_before", "hour_before", "hour_after"),
    [
        ("Europe/Moscow", date(2014, 10, 25), 5, 6),
        ("Europe/Volgograd", date(2020, 12, 26), 5, 6),
        ("Asia/Almaty", date(2024, 2, 29), 3, 4),
    ],
)
def test_nine_stays_nine_where_the_zone_changes(
    zone: str, day_before: date, hour_before: int, hour_after: int
) -> None:
    day_after = day_before + timedelta(days=1)
    calendar = WorkCalendar("RU", working_days=frozenset({day_before, day_after}))
    rows = [WeeklyHours(day.weekday(), time(9), time(12)) for day in (day_before, day_after)]
    found = working_time(rows, [], [], ZoneInfo(zone), calendar, day_before, day_after)
    assert [block.start for block in found] == [utc(day_before, hour_before), utc(day_after, hour_after)]


def test_almaty_on_2024_02_29_works_through_the_repeated_hour() -> None:
    day = date(2024, 2, 29)
    found = on_one_day(day, (time(22), time(23, 30)), zone=ZoneInfo("Asia/Almaty"))
    assert found == [Interval(utc(day, 16), utc(day, 17, 30))]


# Slots

MIDNIGHT = datetime(2025, 9, 1, tzinfo=UTC)


def minutes(start: int, end: int) -> Interval:
    return Interval(MIDNIGHT + timedelta(minutes=start), MIDNIGHT + timedelta(minutes=end))


def starts_of_slots(
    windows: list[Interval],
    busy: list[Interval],
    length: int = 40,
    pause: int = 0,
    not_before: int = 0,
    not_after: int = 10_000,
) -> list[int]:
    """Minutes after midnight at which the open slots start."""
    slots = open_slots(
        windows,
        busy,
        timedelta(minutes=length),
        timedelta(minutes=pause),
        MIDNIGHT + timedelta(minutes=not_before),
        MIDNIGHT + timedelta(minutes=not_after),
    )
    assert all(slot.end - slot.start == timedelta(minutes=length) for slot in slots)
    return [(slot.start - MIDNIGHT) // timedelta(minutes=1) for slot in slots]


def test_slots_follow_each_other_from_the_start_of_the_window() -> None:
    assert starts_of_slots([minutes(10, 140)], []) == [10, 50, 90]


def test_a_pause_lies_between_slots_but_not_behind_the_last() -> None:
    assert starts_of_slots([minutes(0, 90)], [], pause=10) == [0, 50]


def test_windows_that_touch_count_from_the_first() -> None:
    assert starts_of_slots([minutes(60, 120), minutes(0, 60)], []) == [0, 40, 80]


def test_a_busy_time_takes_the_slots_that_it_overlaps() -> None:
    assert starts_of_slots([minutes(0, 160)], [minutes(45, 85)]) == [0, 120]


def test_a_busy_time_that_touches_a_slot_leaves_it_open() -> None:
    assert starts_of_slots([minutes(0, 120)], [minutes(40, 80)]) == [0, 80]


def test_a_pause_is_kept_before_and_after_a_busy_time() -> None:
    assert starts_of_slots([minutes(0, 190)], [minutes(45, 95)], pause=10) == [150]
    assert starts_of_slots([minutes(0, 190)], [minutes(50, 90)], pause=10) == [0, 100, 150]


def test_a_busy_time_before_the_window_keeps_its_pause() -> None:
    assert starts_of_slots([minutes(60, 160)], [minutes(0, 55)], pause=10) == [110]


def test_a_busy_time_over_two_windows_takes_from_both() -> None:
    assert starts_of_slots([minutes(0, 80), minutes(100, 180)], [minutes(70, 110)]) == [0, 140]


def test_no_slot_starts_before_the_notice_time() -> None:
    assert starts_of_slots([minutes(0, 120)], [], not_before=40) == [40, 80]
    assert starts_of_slots([minutes(0, 120)], [], not_before=41) == [80]


def test_no_slot_starts_after_the_last_moment() -> None:
    assert starts_of_slots([minutes(0, 120)], [], not_after=40) == [0, 40]
    assert starts_of_slots([minutes(0, 120)], [], not_after=39) == [0]


def test_a_window_shorter_than_a_slot_has_none() -> None:
    assert starts_of_slots([minutes(0, 39)], []) == []


@pytest.mark.parametrize(("length", "pause"), [(0, 0), (-40, 0), (40, -1)])
def test_a_slot_without_length_and_a_negative_pause_are_refused(length: int, pause: int) -> None:
    with pytest.raises(ValueError, match="no slots"):
        starts_of_slots([minutes(0, 120)], [], length=length, pause=pause)


some_intervals = st.lists(
    st.tuples(st.integers(0, 240), st.integers(1, 90)).map(lambda pair: minutes(pair[0], sum(pair))),
    max_size=6,
)


def minute_by_minute(
    windows: list[Interval],
    busy: list[Interval],
    length: int,
    pause: int,
    not_before: int,
    not_after: int,
) -> list[int]:
    """The rule of `open_slots` read word by word over single minutes."""

    def covered(intervals: list[Interval]) -> set[int]:
        return {
            minute
            for minute in range(400)
            for each in intervals
            if each.overlaps(minutes(minute, minute + 1))
        }

    working, taken = covered(windows), covered(busy)
    found = []
    for window_start in sorted(minute for minute in working if minute - 1 not in working):
        start = window_start
        while set(range(window_start, start + length)) <= working:
            free = taken.isdisjoint(range(start - pause, start + length + pause))
            if free and not_before <= start <= not_after:
                found.append(start)
            start += length + pause
    return found


@given(
    windows=some_intervals,
    busy=some_intervals,
    length=st.integers(1, 60),
    pause=st.integers(0, 20),
    not_before=st.integers(0, 300),
    not_after=st.integers(0, 400),
)
def test_slots_are_those_of_a_count_minute_by_minute(
    windows: list[Interval], busy: list[Interval], length: int, pause: int, not_before: int, not_after: int
) -> None:
    assert starts_of_slots(windows, busy, length, pause, not_before, not_after) == minute_by_minute(
        windows, busy, length, pause, not_before, not_after
    )


@given(windows=some_intervals, busy=some_intervals, length=st.integers(1, 60), pause=st.integers(0, 20))
def test_no_open_slot_overlaps_a_busy_time(
    windows: list[Interval], busy: list[Interval], length: int, pause: int
) -> None:
    open_ones = [minutes(start, start + length) for start in starts_of_slots(windows, busy, length, pause)]
    assert not any(slot.overlaps(each) for slot in open_ones for each in busy)


# Several specialists


def test_several_specialists_are_free_when_all_are() -> None:
    together = common([[minutes(0, 100)], [minutes(20, 60), minutes(80, 120)], [minutes(30, 200)]])
    assert together == [minutes(30, 60), minutes(80, 100)]


def test_one_specialist_is_free_when_she_is() -> None:
    assert common([[minutes(40, 60), minutes(0, 40)]]) == [minutes(0, 60)]


def test_no_specialist_has_no_time() -> None:
    assert common([]) == []
