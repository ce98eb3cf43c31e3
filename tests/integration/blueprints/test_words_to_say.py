"""What to say on the phone, with the facts that the services really give."""

from datetime import timedelta

import pytest
from flask import Flask

from tests.factories import THURSDAY_NINE
from tests.integration.letters.scenes import play
from webapp.blueprints.office import words_to_say
from webapp.rules.letters import CALLED_WHEN_MAIL_FAILS, LetterKind

ZONE = "Asia/Yekaterinburg"
NEXT_WEEK = (THURSDAY_NINE + timedelta(days=7)).isoformat()
MEETING = "Thursday 26 November, 09:00 (Yekaterinburg, UTC+5)"
TOLD = {
    LetterKind.CONFIRMED: ["Your consultation", MEETING],
    LetterKind.TIMES_OFFERED: [
        "We can offer these times.",
        MEETING,
        "We hold this time only until",
        "We hold them for you until",
    ],
    LetterKind.DECLINED: ["Это решает управление образования.", "Справочная"],
    LetterKind.CANCELLED_BY_CENTRE: ["We had to cancel your consultation", MEETING],
    LetterKind.RECOMMENDATION: ["recommendations", "Next meeting: Thursday 3 December, 09:00"],
    LetterKind.DID_NOT_COME: ["We did not manage to meet this time", MEETING],
    LetterKind.SEAT_CONFIRMED: ["You have a seat", MEETING],
    LetterKind.SEAT_FREED: ["You have a seat", MEETING],
    LetterKind.WAITING_LISTED: ["Your number in the waiting list: 1", MEETING],
    LetterKind.EVENT_CANCELLED: ["We had to cancel the group meeting", MEETING],
    LetterKind.WAITED_IN_VAIN: ["We had to cancel the group meeting", MEETING],
    LetterKind.EVENT_MOVED: ["Before: " + MEETING, "Now: Friday 27 November, 09:00"],
    LetterKind.WAITING_MOVED: ["Before: " + MEETING, "Now: Friday 27 November, 09:00"],
    LetterKind.WAITING_DATE_OFF: ["One date of the group meeting does not take place", MEETING],
    LetterKind.SERIES_CONFIRMED: ["Your consultations, dates: ", MEETING],
    LetterKind.CONSULTATION_MOVED: ["new time", MEETING],
    LetterKind.REPEAT_OFFERED: ["takes place once more", "A seat is kept for you until"],
    LetterKind.CONSULTATION_CHANGED: ["The time of your consultation stays: " + MEETING, "Айгерим"],
    LetterKind.CONSULTATION_GOES_ON: ["Your consultation begins now."],
    LetterKind.MOVE_WISH_REFUSED: ["Голосом получится", MEETING],
    LetterKind.RECEIVED: ["We have news about your request."],
}


def said(app: Flask, kind: LetterKind, facts: dict[str, object]) -> str:
    with app.test_request_context("/?lang=en"):
        return " ".join(words_to_say.message(kind, facts, ZONE, ZONE, "en"))


@pytest.mark.parametrize("kind", sorted(CALLED_WHEN_MAIL_FAILS))
def test_every_call_tells_what_its_letter_would(app: Flask, kind: LetterKind) -> None:
    _, letter = play(kind)
    words = said(app, kind, letter.facts)
    assert [part for part in TOLD[kind] if part not in words] == []


@pytest.mark.parametrize(("next_at", "offered"), [(None, True), (NEXT_WEEK, False), (NEXT_WEEK, True)])
def test_a_next_meeting_is_named_where_it_stands_already(
    app: Flask, next_at: str | None, offered: bool
) -> None:
    words = said(app, LetterKind.RECOMMENDATION, {"next_at": next_at, "next_is_offered": offered})
    assert ("Next meeting" in words) == (next_at is not None and not offered)
