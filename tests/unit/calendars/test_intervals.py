"""Sets of time: merging, subtracting, intersecting."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.intervals import Interval, intersect, interval, merge, subtract

MIDNIGHT = datetime(2026, 9, 1, tzinfo=UTC)


def minutes(start: int, end: int) -> Interval:
    return Interval(MIDNIGHT + timedelta(minutes=start), MIDNIGHT + timedelta(minutes=end))


def covered(intervals: list[Interval]) -> set[datetime]:
    return {
        start + timedelta(minutes=minute)
        for start, end in intervals
        for minute in range((end - start) // timedelta(minutes=1))
    }


some_intervals = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda pair: minutes(pair[0], sum(pair))),
    max_size=8,
)


def test_an_interval_is_kept_in_utc() -> None:
    almaty = ZoneInfo("Asia/Almaty")
    made = interval(datetime(2026, 9, 1, 9, tzinfo=almaty), datetime(2026, 9, 1, 10, tzinfo=almaty))
    assert made == (datetime(2026, 9, 1, 4, tzinfo=UTC), datetime(2026, 9, 1, 5, tzinfo=UTC))
    assert made.start.tzinfo is UTC


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        interval(datetime(2026, 9, 1), MIDNIGHT)  # noqa: DTZ001
    with pytest.raises(ValueError, match="zone"):
        interval(MIDNIGHT, datetime(2026, 9, 2))  # noqa: DTZ001


@pytest.mark.parametrize("end", [MIDNIGHT, MIDNIGHT - timedelta(minutes=1)])
def test_an_end_that_is_not_after_the_start_is_refused(end: datetime) -> None:
    with pytest.raises(ValueError, match="not after"):
        interval(MIDNIGHT, end)


def test_intervals_that_share_a_moment_overlap() -> None:
    assert minutes(0, 10).overlaps(minutes(9, 20))
    assert minutes(9, 20).overlaps(minutes(0, 10))


def test_intervals_that_touch_do_not_overlap() -> None:
    assert not minutes(0, 10).overlaps(minutes(10, 20))
    assert not minutes(10, 20).overlaps(minutes(0, 10))


def test_touching_intervals_merge() -> None:
    assert merge([minutes(10, 20), minutes(0, 10)]) == [minutes(0, 20)]


def test_an_interval_inside_another_leaves_no_trace_when_merged() -> None:
    assert merge([minutes(0, 30), minutes(5, 10)]) == [minutes(0, 30)]


def test_nothing_merges_to_nothing() -> None:
    assert merge([]) == []


def test_subtracting_the_middle_leaves_both_ends() -> None:
    assert subtract([minutes(0, 30)], [minutes(10, 20)]) == [minutes(0, 10), minutes(20, 30)]


def test_one_busy_time_can_cut_two_free_ones() -> None:
    free = [minutes(0, 10), minutes(20, 30)]
    assert subtract(free, [minutes(5, 25)]) == [minutes(0, 5), minutes(25, 30)]


def test_an_intersection_is_what_lies_in_both() -> None:
    assert intersect([minutes(0, 10), minutes(20, 30)], [minutes(5, 25)]) == [minutes(5, 10), minutes(20, 25)]


def test_touching_intervals_do_not_intersect() -> None:
    assert intersect([minutes(0, 10)], [minutes(10, 20)]) == []


@given(some_intervals)
def test_merging_keeps_the_time_and_leaves_gaps_between(intervals: list[Interval]) -> None:
    merged = merge(intervals)
    assert covered(merged) == covered(intervals)
    assert all(before.end < after.start for before, after in pairwise(merged))


@given(some_intervals, some_intervals)
def test_subtraction_takes_just_the_busy_minutes(free: list[Interval], busy: list[Interval]) -> None:
    left = subtract(free, busy)
    assert covered(left) == covered(free) - covered(busy)
    assert left == merge(left)


@given(some_intervals, some_intervals)
def test_the_two_differences_and_the_intersection_make_up_the_whole(
    left: list[Interval], right: list[Interval]
) -> None:
    parts = [*subtract(left, right), *subtract(right, left), *intersect(left, right)]
    assert merge(parts) == merge([*left, *right])


@given(some_intervals, some_intervals)
def test_an_intersection_is_the_same_from_both_sides(left: list[Interval], right: list[Interval]) -> None:
    shared = intersect(left, right)
    assert shared == intersect(right, left) == merge(shared)
    assert covered(shared) == covered(left) & covered(right)
