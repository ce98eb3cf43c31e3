"""The answers to Prosody: who gets a room, when, and in which exact types."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video.reservations import (
    Booking,
    Grant,
    Messages,
    Refusal,
    decide,
    malformed,
    unauthorised,
    unavailable,
)

MESSAGES = Messages(
    closed="Комната закрыта.",
    malformed="Запрос не прочитан.",
    unauthorised="Нет доступа.",
    unavailable="Попробуйте ещё раз.",
)
STARTS_AT = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
BOOKING = Booking(
    id="consultation-5",
    room="k3v7-q2ab",
    starts_at=STARTS_AT,
    ends_at=STARTS_AT + timedelta(minutes=40),
    cancelled=False,
    ended=False,
)
MAIL_OWNER = "14f01c40@meet.example.org"


def ask(
    now: datetime = STARTS_AT, booking: Booking | None = BOOKING, name: str = "k3v7-q2ab"
) -> Grant | Refusal:
    return decide(name, MAIL_OWNER, booking, now, MESSAGES)


def test_a_grant_is_the_planned_start_and_length() -> None:
    assert ask() == Grant(
        {
            "id": "consultation-5",
            "name": "k3v7-q2ab",
            "mail_owner": MAIL_OWNER,
            "start_time": "2026-09-01T09:00:00Z",
            "duration": 2400,
        }
    )
    assert ask().status == 200


def test_a_start_kept_in_a_local_zone_is_answered_in_utc() -> None:
    local = replace(BOOKING, starts_at=datetime.fromisoformat("2026-09-01T14:00:00+05:00"))
    assert ask(booking=local).body["start_time"] == "2026-09-01T09:00:00Z"


def test_a_limit_of_seats_is_sent_along() -> None:
    assert ask(booking=replace(BOOKING, max_occupants=8)).body["max_occupants"] == 8


def test_the_name_goes_back_as_it_was_sent() -> None:
    assert ask(name="K3V7-Q2AB").body["name"] == "K3V7-Q2AB"


def test_neither_lobby_nor_password_is_sent() -> None:
    assert not {"lobby", "password"} & ask().body.keys()


def test_asking_again_later_gives_the_same_answer() -> None:
    assert ask(STARTS_AT - timedelta(minutes=5)) == ask(STARTS_AT + timedelta(minutes=39))


def test_the_second_question_by_id_gets_the_same_start_and_length() -> None:
    by_id = decide(BOOKING.room, "", BOOKING, STARTS_AT, MESSAGES)
    assert by_id.body == {**ask().body, "mail_owner": ""}


@pytest.mark.parametrize(
    ("seconds_from_start", "status"),
    [(-661, 403), (-660, 200), (-600, 200), (0, 200), (2399, 200), (2400, 403), (2401, 403)],
)
def test_the_room_opens_a_minute_before_the_door_and_shuts_at_the_end(
    seconds_from_start: int, status: int
) -> None:
    assert ask(STARTS_AT + timedelta(seconds=seconds_from_start)).status == status


CLOSED = {
    "unknown": ask(booking=None),
    "of another name": ask(name="k3v7-q2ac"),
    "too early": ask(STARTS_AT - timedelta(hours=1)),
    "over": ask(STARTS_AT + timedelta(hours=1)),
    "cancelled": ask(booking=replace(BOOKING, cancelled=True)),
    "ended for all": ask(booking=replace(BOOKING, ended=True)),
}


@pytest.mark.parametrize("case", CLOSED)
def test_unknown_and_closed_rooms_answer_alike(case: str) -> None:
    assert CLOSED[case] == Refusal(403, {"message": "Комната закрыта."})


def test_a_question_without_a_room_is_malformed() -> None:
    assert ask(name="") == Refusal(400, {"message": "Запрос не прочитан."})


@pytest.mark.parametrize(("answer", "status"), [(malformed, 400), (unauthorised, 401), (unavailable, 503)])
def test_errors_too_are_objects_with_a_message(answer: object, status: int) -> None:
    refusal = answer(MESSAGES)  # type: ignore[operator]
    assert refusal.status == status
    assert isinstance(json.loads(json.dumps(refusal.body))["message"], str)


def test_a_message_that_is_translated_late_goes_out_as_a_string() -> None:
    class Lazy:
        def __str__(self) -> str:
            return "Позже"

    late = replace(MESSAGES, closed=Lazy())  # type: ignore[arg-type]
    assert decide("x", "", None, STARTS_AT, late).body == {"message": "Позже"}


moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
bookings = st.builds(
    Booking,
    id=st.text(min_size=1),
    room=st.sampled_from(["k3v7-q2ab", "other"]),
    starts_at=moments,
    ends_at=moments,
    cancelled=st.booleans(),
    ended=st.booleans(),
    max_occupants=st.none() | st.integers(1, 500),
)


@given(
    name=st.text() | st.just("k3v7-q2ab"),
    mail_owner=st.text(),
    booking=st.none() | bookings,
    now=moments,
    start=st.none() | st.integers(-700, 2500),
)
def test_every_answer_is_an_object_of_the_right_types(
    name: str, mail_owner: str, booking: Booking | None, now: datetime, start: int | None
) -> None:
    if booking and start is not None:
        now = booking.starts_at + timedelta(seconds=start)
    answer = decide(name, mail_owner, booking, now, MESSAGES)
    body = json.loads(json.dumps(answer.body))
    if answer.status == 200:
        assert all(isinstance(body[field], str) for field in ("id", "name", "mail_owner", "start_time"))
        assert datetime.fromisoformat(body["start_time"]).tzinfo == UTC
        assert body["start_time"].endswith("Z")
        assert type(body["duration"]) is int
    else:
        assert 400 <= answer.status < 500
        assert isinstance(body["message"], str)
