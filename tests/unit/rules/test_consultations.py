from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from webapp.rules.consultations import (
    TRANSITIONS,
    ConsultationEvent,
    ConsultationState,
    Door,
    Means,
    door,
    may_enter,
    must_be_allowed,
    must_fit,
    must_lie_ahead,
    next_state,
    overran,
    reminders_due,
    row_starts,
)
from webapp.rules.errors import InThePast, MeansNotAllowed, TooLong, WrongState

START = datetime(2026, 11, 26, 11, tzinfo=UTC)
END = START + timedelta(minutes=40)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


@pytest.mark.parametrize(("state", "event"), sorted(TRANSITIONS))
def test_every_transition_of_the_table_leads_where_it_says(
    state: ConsultationState, event: ConsultationEvent
) -> None:
    assert next_state(state, event) is TRANSITIONS[state, event]


@pytest.mark.parametrize(
    ("state", "event"), sorted(set(product(ConsultationState, ConsultationEvent)) - set(TRANSITIONS))
)
def test_whatever_is_not_in_the_table_is_refused(state: ConsultationState, event: ConsultationEvent) -> None:
    with pytest.raises(WrongState):
        next_state(state, event)


@pytest.mark.parametrize("means", [Means.VIDEO, Means.VOICE, Means.CHAT])
def test_forty_minutes_fit_online_and_forty_one_do_not(means: Means) -> None:
    must_fit(40, means, 40)
    with pytest.raises(TooLong):
        must_fit(41, means, 40)


@pytest.mark.parametrize("means", [Means.PHONE, Means.IN_PERSON, Means.EMAIL])
def test_phone_visit_and_letter_are_free_of_the_limit(means: Means) -> None:
    must_fit(90, means, 40)


def test_a_means_that_the_centre_does_not_offer_is_refused() -> None:
    with pytest.raises(MeansNotAllowed):
        must_be_allowed("messenger", ["video", "phone"])


def test_a_date_that_has_begun_is_refused() -> None:
    with pytest.raises(InThePast):
        must_lie_ahead(START, START)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (START - minutes(10) - timedelta(seconds=1), Door.EARLY),
        (START - minutes(10), Door.OPEN),
        (START, Door.RUNNING),
        (END - minutes(5) - timedelta(seconds=1), Door.RUNNING),
        (END - minutes(5), Door.LAST_MINUTES),
        (END - timedelta(seconds=1), Door.LAST_MINUTES),
        (END, Door.OVER),
    ],
)
def test_the_door_opens_ten_minutes_before_and_warns_five_minutes_before_the_end(
    at: datetime, expected: Door
) -> None:
    assert door("planned", START, END, False, at) is expected


def test_a_cancelled_consultation_has_no_door() -> None:
    assert door("cancelled", START, END, False, START) is Door.CLOSED


def test_ended_for_all_is_over_at_once() -> None:
    assert door("planned", START, END, True, START) is Door.OVER


@pytest.mark.parametrize("one", list(Door))
def test_one_enters_from_the_door_to_the_end(one: Door) -> None:
    assert may_enter(one) is (one in {Door.OPEN, Door.RUNNING, Door.LAST_MINUTES})


def test_an_overrun_is_flagged_from_two_minutes_on() -> None:
    assert not overran(END + timedelta(seconds=119), END)
    assert overran(END + minutes(2), END)


def test_both_reminders_are_due_when_the_date_is_far() -> None:
    due = reminders_due(START, START - timedelta(days=2))
    assert due == [("day_before", START - timedelta(days=1)), ("hour_before", START - timedelta(hours=1))]


def test_a_reminder_whose_moment_has_passed_is_not_written() -> None:
    assert reminders_due(START, START - timedelta(hours=3)) == [("hour_before", START - timedelta(hours=1))]


def test_gaps_under_thirty_minutes_make_one_row() -> None:
    second = (END + minutes(29), END + minutes(69))
    assert row_starts([(START, END), second]) == [START, START]


def test_a_gap_of_thirty_minutes_begins_a_new_row() -> None:
    second = (END + minutes(30), END + minutes(70))
    assert row_starts([(START, END), second]) == [START, second[0]]


def test_a_row_goes_on_over_a_short_session_inside_a_long_one() -> None:
    long, short = (START, START + minutes(90)), (START + minutes(10), START + minutes(20))
    third = (START + minutes(110), START + minutes(150))
    assert row_starts([long, short, third]) == [START, START, START]
