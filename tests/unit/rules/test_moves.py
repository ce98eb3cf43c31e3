from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from webapp.rules.consultations import Door, door, may_enter
from webapp.rules.errors import OwnDecision, TooLate, WrongState
from webapp.rules.moves import (
    OPEN,
    TRANSITIONS,
    Cause,
    Change,
    MoveEvent,
    MoveState,
    may_alone,
    must_be_in_notice,
    must_not_be_own,
    next_state,
    remind_at,
    whose_own,
)

NINE = datetime(2026, 11, 26, 4, tzinfo=UTC)
HELPER, OTHER, DEPUTY = 1, 2, 3


@pytest.mark.parametrize(("state", "event"), sorted(TRANSITIONS))
def test_every_transition_of_the_table_leads_where_it_says(state: MoveState, event: MoveEvent) -> None:
    assert next_state(state, event) is TRANSITIONS[state, event]


@pytest.mark.parametrize(("state", "event"), sorted(set(product(MoveState, MoveEvent)) - set(TRANSITIONS)))
def test_whatever_is_not_in_the_table_is_refused(state: MoveState, event: MoveEvent) -> None:
    with pytest.raises(WrongState):
        next_state(state, event)


def test_nothing_leads_out_of_a_case_that_is_closed() -> None:
    assert {state for state, _event in TRANSITIONS} == set(OPEN)


@pytest.mark.parametrize("decider", [HELPER, OTHER])
def test_nobody_decides_a_move_that_they_reported_or_that_is_of_their_consultation(decider: int) -> None:
    with pytest.raises(OwnDecision):
        must_not_be_own(decider, HELPER, [OTHER])


def test_somebody_else_decides() -> None:
    must_not_be_own(DEPUTY, HELPER, [OTHER])


@pytest.mark.parametrize("cause", [Cause.TECHNICAL, Cause.SPECIALIST, Cause.ABSENCE])
def test_a_case_is_own_to_who_reported_it_and_to_all_who_hold_it(cause: Cause) -> None:
    assert whose_own(cause, HELPER, [HELPER, OTHER]) == {HELPER, OTHER}


def test_a_familys_wish_is_nobodys_own() -> None:
    assert whose_own(Cause.FAMILY, None, [HELPER]) == set()


def test_a_failure_is_reminded_of_ten_minutes_before_and_a_wish_a_day_before() -> None:
    assert remind_at(Cause.TECHNICAL, NINE) == NINE - timedelta(minutes=10)
    assert remind_at(Cause.FAMILY, NINE) == NINE - timedelta(days=1)


@pytest.mark.parametrize(
    ("change", "alone"), [(Change.MEANS, True), (Change.MOVE, False), (Change.CANCEL, False)]
)
def test_a_specialist_does_alone_what_the_centre_lets_specialists(change: Change, alone: bool) -> None:
    assert may_alone(change, ["means"]) is alone


def test_within_the_notice_a_family_moves_by_its_page() -> None:
    must_be_in_notice(NINE, 12, NINE - timedelta(hours=12), "+7")


def test_later_a_family_is_told_whom_to_call() -> None:
    with pytest.raises(TooLate) as refusal:
        must_be_in_notice(NINE, 12, NINE - timedelta(hours=12) + timedelta(seconds=1), "+7343")
    assert refusal.value.facts == {"phone": "+7343"}


def test_without_a_notice_nothing_is_too_late() -> None:
    must_be_in_notice(NINE, 0, NINE + timedelta(minutes=5), "+7")


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(-11, Door.EARLY), (-10, Door.DELAYED), (0, Door.DELAYED), (39, Door.DELAYED), (600, Door.DELAYED)],
)
def test_what_is_stopped_lets_nobody_in_and_is_never_over(minutes: int, expected: Door) -> None:
    now = NINE + timedelta(minutes=minutes)
    found = door("planned", NINE, NINE + timedelta(minutes=40), False, now, stopped=True)
    assert found is expected
    assert not may_enter(found)


def test_what_is_cancelled_is_closed_whatever_stopped_it() -> None:
    assert door("cancelled", NINE, NINE + timedelta(minutes=40), False, NINE, stopped=True) is Door.CLOSED
