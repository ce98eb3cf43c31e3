"""The mailing: its tables of transitions, and when an event is worth a letter to all."""

from datetime import UTC, datetime, timedelta

import pytest

from webapp.rules import mailings
from webapp.rules.errors import AlreadyTold, EventOver, WrongState
from webapp.rules.mailings import (
    SUBSCRIBER_TRANSITIONS,
    TRANSITIONS,
    MailingAction,
    MailingState,
    SubscriberAction,
    SubscriberState,
)
from webapp.wording import MAILING_CONSENTS, MAILING_STATES

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
STARTS = NOW + 48 * HOUR


@pytest.mark.parametrize("state", list(MailingState))
@pytest.mark.parametrize("action", list(MailingAction))
def test_the_table_of_a_mailing_is_all_there_is(state: MailingState, action: MailingAction) -> None:
    if (state, action) in TRANSITIONS:
        assert mailings.next_state(state, action) is TRANSITIONS[state, action]
    else:
        with pytest.raises(WrongState):
            mailings.next_state(state, action)


@pytest.mark.parametrize("state", list(SubscriberState))
@pytest.mark.parametrize("action", list(SubscriberAction))
def test_the_table_of_a_subscription_is_all_there_is(
    state: SubscriberState, action: SubscriberAction
) -> None:
    if (state, action) in SUBSCRIBER_TRANSITIONS:
        assert mailings.next_subscriber_state(state, action) is SUBSCRIBER_TRANSITIONS[state, action]
    else:
        with pytest.raises(WrongState):
            mailings.next_subscriber_state(state, action)


def test_what_was_stopped_stays_so() -> None:
    assert not [action for state, action in TRANSITIONS if state is MailingState.STOPPED]


def test_only_the_owners_yes_makes_a_subscription() -> None:
    leading = {action for (_, action), to in SUBSCRIBER_TRANSITIONS.items() if to is SubscriberState.ACTIVE}
    assert leading == {SubscriberAction.CONFIRM}


def test_an_event_is_told_once() -> None:
    mailings.must_be_news("announced", STARTS, None, None, NOW)
    with pytest.raises(AlreadyTold):
        mailings.must_be_news("announced", STARTS, NOW - HOUR, None, NOW)


def test_a_new_date_is_news_and_an_old_one_is_not() -> None:
    mailings.must_be_news("announced", STARTS, NOW - 2 * HOUR, NOW - HOUR, NOW)
    with pytest.raises(AlreadyTold):
        mailings.must_be_news("announced", STARTS, NOW - HOUR, NOW - 2 * HOUR, NOW)


@pytest.mark.parametrize(
    ("state", "starts_at", "reason"),
    [("draft", STARTS, "over"), ("cancelled", STARTS, "cancelled"), ("announced", NOW, "over")],
)
def test_nobody_is_invited_to_what_cannot_be_attended(state: str, starts_at: datetime, reason: str) -> None:
    with pytest.raises(EventOver) as refused:
        mailings.must_be_news(state, starts_at, None, None, NOW)
    assert refused.value.facts == {"reason": reason}


def test_the_words_of_the_consent_are_those_of_its_version() -> None:
    assert max(MAILING_CONSENTS) == mailings.CONSENT_VERSION
    assert set(MAILING_STATES) == set(MailingState)
