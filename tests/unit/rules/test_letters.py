"""The life of a letter: every transition, and how long it is tried."""

from datetime import timedelta

import pytest

from webapp.rules import letters
from webapp.rules.letters import TRANSITIONS, LetterEvent, LetterKind, LetterState


@pytest.mark.parametrize("state", list(LetterState))
@pytest.mark.parametrize("event", list(LetterEvent))
def test_the_table_is_all_there_is(state: LetterState, event: LetterEvent) -> None:
    if (state, event) in TRANSITIONS:
        assert letters.next_state(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(KeyError):
            letters.next_state(state, event)


@pytest.mark.parametrize("final", [LetterState.FAILED, LetterState.DROPPED])
def test_what_has_ended_stays_so(final: LetterState) -> None:
    assert not [event for state, event in TRANSITIONS if state is final]


def test_what_was_sent_can_only_come_back() -> None:
    assert [event for state, event in TRANSITIONS if state is LetterState.SENT] == [LetterEvent.CAME_BACK]


def test_what_was_interrupted_goes_out_again() -> None:
    assert letters.next_state("sending", LetterEvent.INTERRUPTED) is LetterState.PENDING


def test_gaps_grow_and_then_stay() -> None:
    gaps = [letters.retry_after(attempts) for attempts in range(1, 12)]
    assert gaps == sorted(gaps)
    assert gaps[0] == timedelta(seconds=20)
    assert gaps[-1] == letters.RETRY_AT_LAST_EVERY < timedelta(minutes=10)


def test_a_temporary_refusal_is_tried_for_at_least_four_hours() -> None:
    tries = next(attempts for attempts in range(1, 1000) if letters.tried_long_enough(attempts))
    waited = sum(map(letters.retry_after, range(1, tries)), timedelta())
    assert timedelta(hours=4) <= waited <= timedelta(hours=8)


def test_a_letter_that_cannot_be_written_is_ended_within_a_minute() -> None:
    assert timedelta(minutes=1) >= letters.UNWRITABLE_RETRY_AFTER * (letters.UNWRITABLE_TRIES - 1)


def test_every_answer_is_told_by_phone_where_mail_fails() -> None:
    assert letters.ANSWERS <= letters.TOLD_BY_PHONE <= letters.CALLED_WHEN_MAIL_FAILS


def test_no_letter_invites_and_cancels() -> None:
    assert not letters.INVITES & letters.CANCELS


def test_only_what_names_nobody_is_sent_about_blocked_data() -> None:
    assert {LetterKind.CONSENT_WITHDRAWN, LetterKind.BOOKING_CANCELLED} == letters.SENT_THOUGH_BLOCKED
