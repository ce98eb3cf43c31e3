"""Questions to the hosts of a group event: moderated, since the chat of the room is lost when it closes."""

from datetime import datetime
from enum import StrEnum

from webapp.rules.errors import QuestionTooLong, TooLate, TooManyQuestions, WordsMissing, WrongState

MOST_LETTERS = 500
OPEN_PER_PERSON = 5


class QuestionState(StrEnum):
    ASKED = "asked"
    SHOWN = "shown"
    ANSWERED = "answered"
    HIDDEN = "hidden"


class QuestionAction(StrEnum):
    SHOW = "show"
    HIDE = "hide"
    ANSWER = "answer"


TRANSITIONS: dict[tuple[QuestionState, QuestionAction], QuestionState] = {
    (QuestionState.ASKED, QuestionAction.SHOW): QuestionState.SHOWN,
    (QuestionState.ASKED, QuestionAction.HIDE): QuestionState.HIDDEN,
    (QuestionState.ASKED, QuestionAction.ANSWER): QuestionState.ANSWERED,
    (QuestionState.SHOWN, QuestionAction.HIDE): QuestionState.HIDDEN,
    (QuestionState.SHOWN, QuestionAction.ANSWER): QuestionState.ANSWERED,
    (QuestionState.ANSWERED, QuestionAction.SHOW): QuestionState.SHOWN,
    (QuestionState.ANSWERED, QuestionAction.HIDE): QuestionState.HIDDEN,
    (QuestionState.HIDDEN, QuestionAction.SHOW): QuestionState.SHOWN,
}

SEEN_BY_ALL = (QuestionState.SHOWN, QuestionState.ANSWERED)


def next_state(state: str, action: QuestionAction) -> QuestionState:
    """Where ``action`` leads from ``state``. Raises :class:`WrongState` where it leads nowhere."""
    try:
        return TRANSITIONS[QuestionState(state), action]
    except KeyError:
        raise WrongState(state=state) from None


def must_be_askable(words: str, asked_already: int, ends_at: datetime, now: datetime, phone: str) -> None:
    """Raises :class:`WordsMissing`, :class:`QuestionTooLong`, :class:`TooManyQuestions`, :class:`TooLate`."""
    if not words:
        raise WordsMissing("words")
    if len(words) > MOST_LETTERS:
        raise QuestionTooLong("words", most=MOST_LETTERS, typed=len(words))
    if asked_already >= OPEN_PER_PERSON:
        raise TooManyQuestions("words", most=OPEN_PER_PERSON)
    if now >= ends_at:
        raise TooLate("words", phone=phone)
