"""Deadlines in working days (Remote consulting, 3.2), on real calendars of Russia and Kazakhstan."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from holidays import country_holidays
from hypothesis import given
from hypothesis import strategies as st

from calendars.workdays import (
    COUNTRIES,
    WorkCalendar,
    answer_due,
    days_late,
    holiday_names,
    last_day,
    receipt_date,
)

MOSCOW = ZoneInfo("Europe/Moscow")
YEKATERINBURG = ZoneInfo("Asia/Yekaterinburg")
ALMATY = ZoneInfo("Asia/Almaty")
RUSSIA = WorkCalendar("RU")
KAZAKHSTAN = WorkCalendar("KZ")


def last_day_to_answer(received_on: date, zone: ZoneInfo, calendar: WorkCalendar) -> date:
    noon = datetime(received_on.year, received_on.month, received_on.day, 12, tzinfo=zone)
    return last_day(answer_due(noon, zone, calendar), zone)


def test_three_working_days_run_to_midnight_of_the_third() -> None:
    received = datetime(2025, 9, 1, 8, tzinfo=UTC)
    assert answer_due(received, MOSCOW, RUSSIA) == datetime(2025, 9, 4, 21, tzinfo=UTC)


def test_the_deadline_is_in_utc() -> None:
    assert answer_due(datetime(2025, 9, 1, 8, tzinfo=MOSCOW), MOSCOW, RUSSIA).tzinfo is UTC


def test_a_request_on_friday_is_due_on_wednesday() -> None:
    assert last_day_to_answer(date(2025, 9, 5), MOSCOW, RUSSIA) == date(2025, 9, 10)


def test_a_request_on_sunday_counts_from_monday() -> None:
    assert last_day_to_answer(date(2025, 9, 7), MOSCOW, RUSSIA) == date(2025, 9, 10)


def test_russian_new_year_holidays_do_not_count() -> None:
    assert last_day_to_answer(date(2025, 12, 29), MOSCOW, RUSSIA) == date(2026, 1, 13)


def test_the_first_days_of_may_do_not_count_in_russia() -> None:
    assert last_day_to_answer(date(2025, 4, 29), MOSCOW, RUSSIA) == date(2025, 5, 6)


def test_the_days_of_may_do_not_count_in_kazakhstan() -> None:
    assert last_day_to_answer(date(2026, 5, 5), ALMATY, KAZAKHSTAN) == date(2026, 5, 12)


def test_a_working_saturday_counts_in_russia() -> None:
    assert RUSSIA.is_working(date(2025, 11, 1))
    assert last_day_to_answer(date(2025, 10, 30), MOSCOW, RUSSIA) == date(2025, 11, 5)


def test_a_working_sunday_counts_in_kazakhstan() -> None:
    assert KAZAKHSTAN.is_working(date(2025, 1, 5))
    assert last_day_to_answer(date(2025, 1, 2), ALMATY, KAZAKHSTAN) == date(2025, 1, 8)


def test_a_saturday_that_the_next_year_made_working_counts() -> None:
    assert KAZAKHSTAN.is_working(date(2013, 12, 28))


def test_a_bridging_day_is_off() -> None:
    assert not RUSSIA.is_working(date(2025, 6, 13))
    assert not RUSSIA.is_working(date(2026, 1, 9))
    assert not KAZAKHSTAN.is_working(date(2025, 1, 3))


@pytest.mark.parametrize(
    ("received_on", "due_on"),
    [(date(2025, 3, 19), date(2025, 3, 27)), (date(2026, 3, 19), date(2026, 3, 27))],
)
def test_nauryz_does_not_count(received_on: date, due_on: date) -> None:
    assert last_day_to_answer(received_on, ALMATY, KAZAKHSTAN) == due_on


@pytest.mark.parametrize(
    ("zone", "calendar", "midnight"),
    [
        (MOSCOW, RUSSIA, datetime(2025, 9, 2, 21, tzinfo=UTC)),
        (YEKATERINBURG, RUSSIA, datetime(2025, 9, 2, 19, tzinfo=UTC)),
        (ALMATY, KAZAKHSTAN, datetime(2025, 9, 2, 19, tzinfo=UTC)),
    ],
)
def test_the_date_of_receipt_changes_at_midnight_of_the_centre(
    zone: ZoneInfo, calendar: WorkCalendar, midnight: datetime
) -> None:
    just_before = midnight - timedelta.resolution
    assert receipt_date(just_before, zone) == date(2025, 9, 2)
    assert receipt_date(midnight, zone) == date(2025, 9, 3)
    assert answer_due(just_before, zone, calendar) == midnight + timedelta(days=3)
    assert answer_due(midnight, zone, calendar) == midnight + timedelta(days=6)


def test_a_day_off_of_the_centre_wins_over_the_official_calendar() -> None:
    closed = WorkCalendar("RU", days_off=frozenset({date(2025, 9, 3)}))
    assert last_day_to_answer(date(2025, 9, 1), MOSCOW, closed) == date(2025, 9, 5)


def test_a_working_day_of_the_centre_wins_over_the_official_calendar() -> None:
    working = WorkCalendar("RU", working_days=frozenset({date(2025, 9, 6)}))
    assert last_day_to_answer(date(2025, 9, 4), MOSCOW, working) == date(2025, 9, 8)


def test_a_day_cannot_be_corrected_both_ways() -> None:
    with pytest.raises(ValueError, match="2025-09-06"):
        WorkCalendar("RU", frozenset({date(2025, 9, 6)}), frozenset({date(2025, 9, 6)}))


def test_a_country_without_a_calendar_here_is_refused() -> None:
    with pytest.raises(ValueError, match="XX"):
        WorkCalendar("XX")


@pytest.mark.parametrize("year", [1, 1950, 2150, 9999])
def test_a_year_without_official_data_has_its_weekends(year: int) -> None:
    week = [date(year, 6, day) for day in range(1, 8)]
    assert [RUSSIA.is_working(day) for day in week] == [day.weekday() < 5 for day in week]


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_holiday_has_its_english_name_in_both_countries(country: str) -> None:
    assert holiday_names(country, 2026)[date(2026, 5, 9)] == "Victory Day"


def test_kurban_ait_is_estimated_until_it_is_announced() -> None:
    assert KAZAKHSTAN.is_estimated(date(2026, 5, 27))
    assert not KAZAKHSTAN.is_estimated(date(2025, 6, 6))


def test_a_correction_settles_an_estimated_day() -> None:
    settled = WorkCalendar("KZ", days_off=frozenset({date(2026, 5, 27)}))
    assert not settled.is_estimated(date(2026, 5, 27))


def test_the_next_working_days_come_strictly_after_the_day() -> None:
    following = RUSSIA.next_working_days(date(2025, 9, 5), 2)
    assert following == [date(2025, 9, 8), date(2025, 9, 9)]


def test_working_days_between_leave_out_the_first_and_include_the_last() -> None:
    assert RUSSIA.working_days_between(date(2025, 9, 5), date(2025, 9, 9)) == 2


def test_no_working_days_lie_between_a_day_and_an_earlier_one() -> None:
    assert RUSSIA.working_days_between(date(2025, 9, 9), date(2025, 9, 5)) == 0


@given(st.sampled_from(["RU", "KZ"]), st.dates(date(2015, 1, 1), date(2035, 1, 1)), st.integers(1, 10))
def test_working_days_agree_with_the_library(country: str, day: date, count: int) -> None:
    expected = country_holidays(country).get_nth_working_day(day, count)
    calendar = WorkCalendar(country)
    assert calendar.next_working_days(day, count)[-1] == expected
    assert calendar.working_days_between(day, expected) == count


def test_an_answer_at_the_last_moment_is_in_time() -> None:
    due = answer_due(datetime(2025, 9, 1, 8, tzinfo=UTC), MOSCOW, RUSSIA)
    assert days_late(due, due - timedelta.resolution, MOSCOW, RUSSIA) == 0


def test_an_answer_after_midnight_is_a_day_late() -> None:
    due = answer_due(datetime(2025, 9, 1, 8, tzinfo=UTC), MOSCOW, RUSSIA)
    assert days_late(due, due, MOSCOW, RUSSIA) == 1


def test_a_weekend_adds_nothing_to_the_days_late() -> None:
    due = answer_due(datetime(2025, 9, 1, 8, tzinfo=UTC), MOSCOW, RUSSIA)
    monday = datetime(2025, 9, 8, 9, tzinfo=MOSCOW)
    assert days_late(due, monday, MOSCOW, RUSSIA) == 2


def test_an_answer_long_before_its_deadline_is_not_late() -> None:
    due = answer_due(datetime(2025, 9, 1, 8, tzinfo=UTC), MOSCOW, RUSSIA)
    assert days_late(due, due - timedelta(days=3), MOSCOW, RUSSIA) == 0


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        receipt_date(datetime(2025, 9, 1, 8), MOSCOW)  # noqa: DTZ001


def test_almaty_on_2024_02_29_ends_when_its_repeated_hour_is_over() -> None:
    due = answer_due(datetime(2024, 2, 26, 6, tzinfo=UTC), ALMATY, KAZAKHSTAN)
    assert due == datetime(2024, 2, 29, 19, tzinfo=UTC)
    assert last_day(due, ALMATY) == date(2024, 2, 29)


def test_almaty_on_2024_02_29_still_receives_in_its_repeated_hour() -> None:
    assert receipt_date(datetime(2024, 2, 29, 18, 30, tzinfo=UTC), ALMATY) == date(2024, 2, 29)


def test_moscow_counts_over_the_change_of_2014_10_26() -> None:
    due = answer_due(datetime(2014, 10, 24, 8, tzinfo=UTC), MOSCOW, RUSSIA)
    assert due == datetime(2014, 10, 29, 21, tzinfo=UTC)


def test_volgograd_counts_over_the_change_of_2020_12_27() -> None:
    volgograd = ZoneInfo("Europe/Volgograd")
    due = answer_due(datetime(2020, 12, 25, 8, tzinfo=UTC), volgograd, RUSSIA)
    assert due == datetime(2020, 12, 30, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "saturday", "ends"),
    [
        ("America/Sao_Paulo", date(2018, 11, 3), datetime(2018, 11, 4, 3, tzinfo=UTC)),  # no 24:00
        ("America/Havana", date(2018, 11, 3), datetime(2018, 11, 4, 4, tzinfo=UTC)),  # Sunday has two 00:00
        ("America/St_Johns", date(2010, 11, 6), datetime(2010, 11, 7, 3, 30, tzinfo=UTC)),  # Saturday has two
    ],
)
def test_a_day_ends_where_its_midnight_is_skipped_or_doubled(
    zone: str, saturday: date, ends: datetime
) -> None:
    calendar = WorkCalendar("RU", working_days=frozenset({saturday}))
    received = datetime.combine(saturday - timedelta(days=1), datetime.min.time(), ZoneInfo(zone))
    assert answer_due(received, ZoneInfo(zone), calendar, days=1) == ends
    assert last_day(ends, ZoneInfo(zone)) == saturday
