from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from webapp.rules import groups
from webapp.rules.errors import BroadcastNeeded, OwnDecision, WrongSize, WrongState
from webapp.rules.groups import (
    EVENT_TRANSITIONS,
    REGISTRATION_TRANSITIONS,
    EventAction,
    EventState,
    RegistrationAction,
    RegistrationState,
)

START = datetime(2026, 11, 26, 16, tzinfo=UTC)
A_DAY = timedelta(days=1)


@pytest.mark.parametrize(("state", "action"), sorted(product(EventState, EventAction)))
def test_an_event_goes_where_the_table_says_and_nowhere_else(state: EventState, action: EventAction) -> None:
    if (state, action) in EVENT_TRANSITIONS:
        assert groups.next_event_state(state, action) is EVENT_TRANSITIONS[state, action]
    else:
        with pytest.raises(WrongState):
            groups.next_event_state(state, action)


@pytest.mark.parametrize(("state", "action"), sorted(product(RegistrationState, RegistrationAction)))
def test_a_registration_goes_where_the_table_says_and_nowhere_else(
    state: RegistrationState, action: RegistrationAction
) -> None:
    if (state, action) in REGISTRATION_TRANSITIONS:
        assert groups.next_registration_state(state, action) is REGISTRATION_TRANSITIONS[state, action]
    else:
        with pytest.raises(WrongState):
            groups.next_registration_state(state, action)


@pytest.mark.parametrize(("minimum", "maximum"), [(1, 1), (2, 3), (1000, 1000)])
def test_a_kind_may_be_for_one_person_up_to_a_thousand(minimum: int, maximum: int) -> None:
    groups.must_be_sizes(minimum, maximum)


@pytest.mark.parametrize(
    ("minimum", "maximum", "field"), [(0, 3, "minimum"), (5, 4, "maximum"), (1, 1001, "maximum")]
)
def test_sizes_of_a_kind_that_make_no_sense_are_said_beside_the_wrong_one(
    minimum: int, maximum: int, field: str
) -> None:
    with pytest.raises(WrongSize) as refused:
        groups.must_be_sizes(minimum, maximum)
    assert refused.value.field == field


@pytest.mark.parametrize("capacity", [4, 13])
def test_a_hall_holds_its_minimum_and_no_more_than_its_kind_allows(capacity: int) -> None:
    groups.must_have_size(5, 5, 12)
    groups.must_have_size(5, 12, 12)
    with pytest.raises(WrongSize):
        groups.must_have_size(5, capacity, 12)


def test_more_people_than_the_video_server_carries_need_a_broadcast() -> None:
    groups.must_be_carried(98, 2, 100, "")
    groups.must_be_carried(99, 2, 100, "https://tv.example")
    with pytest.raises(BroadcastNeeded) as refusal:
        groups.must_be_carried(99, 2, 100, "")
    assert refusal.value.facts == {"carries": 100, "seats": 98}


@pytest.mark.parametrize(("maximum", "carries", "seats"), [(100, 100, 96), (60, 100, 60), (100, 7, 5)])
def test_a_new_hall_begins_with_what_the_video_server_carries(maximum: int, carries: int, seats: int) -> None:
    assert groups.seats_to_begin_with(5, maximum, carries) == seats


def test_nobody_decides_about_what_they_made_or_hold() -> None:
    groups.must_not_be_own(1, 2, [3, 4])
    for made_by, hosts in ((1, [3]), (2, [3, 1])):
        with pytest.raises(OwnDecision):
            groups.must_not_be_own(1, made_by, hosts)


@pytest.mark.parametrize(
    ("now", "warned"),
    [
        (START - A_DAY - timedelta(seconds=1), False),
        (START - A_DAY, True),
        (START - timedelta(seconds=1), True),
        (START, False),
    ],
)
def test_hosts_are_warned_of_too_few_people_from_a_day_before_until_the_start(
    now: datetime, warned: bool
) -> None:
    assert groups.too_few(4, 5, START, now) is warned
    assert groups.too_few(5, 5, START, now) is False
