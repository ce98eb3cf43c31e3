from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from webapp.rules.errors import InTheFuture, TooLongAgo, TooManyOpenRequests, WrongState
from webapp.rules.help_requests import (
    TRANSITIONS,
    RequestEvent,
    RequestState,
    hold_until,
    may_hold_one_more,
    must_be_received_by,
    must_leave_room_for_one_more,
    next_state,
)

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(("state", "event"), sorted(TRANSITIONS))
def test_every_transition_of_the_table_leads_where_it_says(state: RequestState, event: RequestEvent) -> None:
    assert next_state(state, event) is TRANSITIONS[state, event]


@pytest.mark.parametrize(
    ("state", "event"), sorted(set(product(RequestState, RequestEvent)) - set(TRANSITIONS))
)
def test_whatever_is_not_in_the_table_is_refused(state: RequestState, event: RequestEvent) -> None:
    with pytest.raises(WrongState):
        next_state(state, event)


def test_nothing_leads_out_of_a_withdrawn_request() -> None:
    assert not [pair for pair in TRANSITIONS if pair[0] is RequestState.WITHDRAWN]


def test_every_open_request_can_be_withdrawn() -> None:
    for state in set(RequestState) - {RequestState.WITHDRAWN}:
        assert next_state(state, RequestEvent.WITHDRAW) is RequestState.WITHDRAWN


def test_an_offer_that_ran_out_returns_to_the_list() -> None:
    assert next_state(RequestState.OFFERED, RequestEvent.OFFER_LAPSED) is RequestState.ASSIGNED


def test_a_receipt_of_this_moment_is_taken() -> None:
    must_be_received_by(NOON, NOON)


def test_a_receipt_in_the_future_is_refused() -> None:
    with pytest.raises(InTheFuture):
        must_be_received_by(NOON + timedelta(seconds=1), NOON)


def test_a_receipt_of_another_year_is_taken_for_a_slip_of_the_pen() -> None:
    must_be_received_by(NOON - timedelta(days=365), NOON)
    with pytest.raises(TooLongAgo):
        must_be_received_by(NOON - timedelta(days=366), NOON)


def test_the_third_open_request_of_a_family_is_taken_and_the_fourth_refused() -> None:
    must_leave_room_for_one_more(2, "+7")
    with pytest.raises(TooManyOpenRequests):
        must_leave_room_for_one_more(3, "+7")


@pytest.mark.parametrize(
    ("of_contact", "of_source", "held"), [(0, 0, True), (1, 19, True), (2, 0, False), (0, 20, False)]
)
def test_holds_count_in_the_quotas(of_contact: int, of_source: int, held: bool) -> None:
    assert may_hold_one_more(of_contact, of_source) is held


def test_a_hold_never_outlives_the_deadline() -> None:
    assert hold_until(NOON, NOON + timedelta(days=5), timedelta(hours=12)) == NOON


def test_a_hold_lapses_at_the_start_less_the_notice() -> None:
    starts_at = NOON + timedelta(hours=20)
    assert hold_until(NOON + timedelta(days=3), starts_at, timedelta(hours=12)) == NOON + timedelta(hours=8)
