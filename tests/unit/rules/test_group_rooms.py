"""How participants stand before the door, how many the room holds, how often hosts are written to."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.rules.consultations import Door
from webapp.rules.group_rooms import (
    PROBLEMS_TOLD_EVERY,
    Standing,
    most_occupants,
    problems_told_at,
    standing,
)
from webapp.rules.groups import RegistrationState

NINE = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("event", "registration", "door", "has_seat", "expected"),
    [
        ("announced", "seated", Door.EARLY, True, Standing.EARLY),
        ("announced", "seated", Door.OPEN, True, Standing.OPEN),
        ("announced", "seated", Door.RUNNING, True, Standing.OPEN),
        ("announced", "seated", Door.LAST_MINUTES, True, Standing.OPEN),
        ("announced", "seated", Door.OVER, True, Standing.OVER),
        ("announced", "seated", Door.RUNNING, False, Standing.SKIPPED),
        ("announced", "seated", Door.CLOSED, True, Standing.OFF),
        ("announced", "waiting", Door.RUNNING, False, Standing.WAITING),
        ("announced", "held", Door.RUNNING, False, Standing.HELD),
        ("announced", "offered", Door.RUNNING, False, Standing.OFFERED),
        ("announced", "withdrawn", Door.RUNNING, False, Standing.WITHDRAWN),
        ("announced", "waiting", Door.OVER, False, Standing.OVER),
        ("cancelled", "seated", Door.EARLY, True, Standing.OFF),
        ("closed", "seated", Door.OVER, True, Standing.OVER),
    ],
)
def test_everybody_is_told_how_they_stand(
    event: str, registration: str, door: Door, has_seat: bool, expected: Standing
) -> None:
    assert standing(event, registration, door=door, has_seat=has_seat) is expected


@given(st.sampled_from(RegistrationState), st.sampled_from(Door), st.booleans())
def test_only_somebody_with_a_seat_enters_and_only_through_an_open_door(
    registration: RegistrationState, door: Door, has_seat: bool
) -> None:
    entered = standing("announced", registration, door=door, has_seat=has_seat) is Standing.OPEN
    in_time = door in {Door.OPEN, Door.RUNNING, Door.LAST_MINUTES}
    assert entered == (registration == RegistrationState.SEATED and has_seat and in_time)


def test_the_first_trouble_is_told_at_once_and_what_follows_in_one_letter() -> None:
    first = NINE
    assert problems_told_at(first, first) == first
    for seconds in (1, 60, 299):
        assert problems_told_at(first, first + timedelta(seconds=seconds)) == first + PROBLEMS_TOLD_EVERY
    assert problems_told_at(first, first + timedelta(seconds=300)) == first + 2 * PROBLEMS_TOLD_EVERY


@given(st.lists(st.integers(0, 3600), min_size=1, max_size=50))
def test_a_host_never_gets_two_letters_within_five_minutes(seconds: list[int]) -> None:
    reports = [NINE + timedelta(seconds=second) for second in sorted(seconds)]
    told = sorted({problems_told_at(reports[0], report) for report in reports})
    gaps = [later - earlier for earlier, later in pairwise(told)]
    assert all(gap >= PROBLEMS_TOLD_EVERY for gap in gaps)
    assert told[-1] >= reports[-1]  # nobody is left untold


def test_a_room_holds_seats_and_hosts_up_to_what_the_server_carries() -> None:
    assert most_occupants(30, 12, 2, 100) == 32
    assert most_occupants(30, 34, 2, 100) == 36  # a hall made smaller takes no seat away
    assert most_occupants(300, 300, 2, 100) == 100
