"""The video server's questions and events, row by row of what Prosody sends and can bear."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.factories import (
    THURSDAY_NINE,
    make_centre,
    make_consultation,
    make_event,
    make_specialist,
)
from webapp.models import Consultation, Occupancy, db
from webapp.services.events import group_events

BEARER = {"Authorization": "Bearer a-callback-token-for-tests"}
DOOR = THURSDAY_NINE - timedelta(minutes=10)
ROOM_OPENS = DOOR - timedelta(seconds=60)
ENDS = THURSDAY_NINE + timedelta(minutes=40)
JID = "room@muc.meet.school.example"


@pytest.fixture
def consultation(app: Flask) -> Consultation:
    centre = make_centre()
    made = make_consultation(centre, make_specialist(centre))
    db.session.commit()
    return made


def question(client: FlaskClient, name: str, headers: dict[str, str] | None = None) -> TestResponse:
    form = {"name": name, "start_time": "2026-11-26T03:55:00.000Z", "mail_owner": "abc@meet.school.example"}
    return client.post("/jitsi/conference", data=form, headers=BEARER if headers is None else headers)


def stay(joined_at: datetime = THURSDAY_NINE, left_at: datetime | None = None, **more: Any) -> dict[str, Any]:
    occupant = {
        "id": "guest",
        "name": "A name",
        "occupant_jid": "someone@meet.school.example/1",
        "joined_at": int(joined_at.timestamp()),
        **more,
    }
    return {**occupant, "left_at": int(left_at.timestamp())} if left_at else occupant


def tell(client: FlaskClient, path: str, name: str, room: str, **event: Any) -> TestResponse:
    body = {"event_name": name, "room_name": room, "room_jid": JID, "is_breakout": False, **event}
    return client.post(f"/jitsi/events/{path}", json=body, headers=BEARER)


def joined(client: FlaskClient, room: str, occupant: dict[str, Any]) -> TestResponse:
    return tell(client, "occupant/joined", "muc-occupant-joined", room, occupant=occupant)


def left(client: FlaskClient, room: str, occupant: dict[str, Any]) -> TestResponse:
    return tell(client, "occupant/left", "muc-occupant-left", room, occupant=occupant)


def stays() -> list[Occupancy]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Occupancy).order_by(Occupancy.id)))


# --- May this room open? ----------------------------------------------------------------------------------


def test_an_open_room_is_granted_with_its_planned_start_and_length(
    client: FlaskClient, consultation: Consultation, clock: Any
) -> None:
    clock.move_to(THURSDAY_NINE)
    answer = question(client, consultation.room)
    assert answer.status_code == 200
    assert answer.json == {
        "id": str(consultation.id),
        "name": consultation.room,
        "mail_owner": "abc@meet.school.example",
        "start_time": "2026-11-26T04:00:00Z",
        "duration": 2400,
    }


def test_a_group_has_as_many_places_as_seats_and_hosts(
    client: FlaskClient, clock: Any, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre = make_centre()
    event = make_event(centre, make_specialist(centre), make_specialist(centre), capacity=30)
    meeting = group_events.meetings(event)[0]
    db.session.commit()
    clock.move_to(THURSDAY_NINE)
    assert question(client, str(meeting.room)).json["max_occupants"] == 32
    monkeypatch.setattr(app.config["SETTINGS"], "jitsi_max_participants", 20)
    assert question(client, str(meeting.room)).json["max_occupants"] == 20


def test_asking_twice_changes_nothing(client: FlaskClient, consultation: Consultation, clock: Any) -> None:
    clock.move_to(THURSDAY_NINE)
    first = question(client, consultation.room)
    clock.move_to(THURSDAY_NINE + timedelta(minutes=20))
    assert question(client, consultation.room).json == first.json


@pytest.mark.parametrize(
    ("at", "status"),
    [
        (ROOM_OPENS - timedelta(seconds=1), 403),
        (ROOM_OPENS, 200),
        (ENDS - timedelta(seconds=1), 200),
        (ENDS, 403),
        (ENDS + timedelta(minutes=1), 403),
    ],
)
def test_the_room_opens_a_minute_before_the_door_and_closes_at_the_end(
    client: FlaskClient, consultation: Consultation, clock: Any, at: datetime, status: int
) -> None:
    clock.move_to(at)
    assert question(client, consultation.room).status_code == status


def test_an_unknown_room_and_a_closed_one_read_alike(client: FlaskClient, consultation: Consultation) -> None:
    closed, unknown = question(client, consultation.room), question(client, "no-such-room")
    assert (closed.status_code, closed.json) == (unknown.status_code, unknown.json)
    assert closed.status_code == 403


def test_a_cancelled_session_stays_shut(client: FlaskClient, consultation: Consultation, clock: Any) -> None:
    consultation.state = "cancelled"
    db.session.commit()
    clock.move_to(THURSDAY_NINE)
    assert question(client, consultation.room).status_code == 403


def test_a_session_that_was_ended_for_all_stays_shut(
    client: FlaskClient, consultation: Consultation, clock: Any
) -> None:
    consultation.ended_for_all_at = THURSDAY_NINE
    db.session.commit()
    clock.move_to(THURSDAY_NINE + timedelta(minutes=1))
    assert question(client, consultation.room).status_code == 403


def test_the_question_leaves_no_trace(client: FlaskClient, consultation: Consultation, clock: Any) -> None:
    clock.move_to(THURSDAY_NINE)
    question(client, consultation.room)
    db.session.refresh(consultation)
    assert consultation.began_at is None
    assert stays() == []


def test_a_question_without_a_name_is_malformed(client: FlaskClient, consultation: Consultation) -> None:
    answer = client.post("/jitsi/conference", data={}, headers=BEARER)
    assert (answer.status_code, type(answer.json["message"])) == (400, str)


def test_the_second_question_by_id_gets_the_same_answer(
    client: FlaskClient, consultation: Consultation, clock: Any
) -> None:
    clock.move_to(THURSDAY_NINE)
    answer = client.get(f"/jitsi/conference/{consultation.id}", headers=BEARER)
    assert answer.status_code == 200
    assert answer.json == {**question(client, consultation.room).json, "mail_owner": ""}


@pytest.mark.parametrize("identifier", ["999999", "0", "-1", "x", "9" * 40, "%00", "٣"])
def test_an_unknown_id_reads_like_a_closed_room(
    client: FlaskClient, consultation: Consultation, identifier: str
) -> None:
    answer = client.get(f"/jitsi/conference/{identifier}", headers=BEARER)
    assert answer.status_code == 403
    assert answer.json == question(client, "no-such-room").json


def test_a_closed_room_does_not_cancel_the_session(
    client: FlaskClient, consultation: Consultation, clock: Any
) -> None:
    clock.move_to(THURSDAY_NINE)
    answer = client.delete(f"/jitsi/conference/{consultation.id}", headers=BEARER)
    assert (answer.status_code, type(answer.json)) == (200, dict)
    db.session.refresh(consultation)
    assert consultation.state == "planned"
    assert question(client, consultation.room).status_code == 200


# --- Who was there ----------------------------------------------------------------------------------------


def test_coming_and_going_is_one_stay(client: FlaskClient, consultation: Consultation) -> None:
    joined(client, consultation.room, stay())
    left(client, consultation.room, stay(left_at=ENDS))
    [one] = stays()
    assert (one.consultation_id, one.guest_id, one.joined_at, one.left_at) == (
        consultation.id,
        "guest",
        THURSDAY_NINE,
        ENDS,
    )


def test_events_may_come_twice_and_in_the_wrong_order(
    client: FlaskClient, consultation: Consultation
) -> None:
    for _attempt in range(2):
        left(client, consultation.room, stay(left_at=ENDS))
        joined(client, consultation.room, stay())
    [one] = stays()
    assert one.left_at == ENDS


def test_the_end_of_the_room_closes_what_is_still_open(
    client: FlaskClient, consultation: Consultation
) -> None:
    joined(client, consultation.room, stay())
    later = stay(THURSDAY_NINE + timedelta(minutes=3), occupant_jid="other@meet.school.example/2")
    tell(
        client,
        "room/destroyed",
        "muc-room-destroyed",
        consultation.room,
        created_at=int(THURSDAY_NINE.timestamp()),
        destroyed_at=int(ENDS.timestamp()),
        all_occupants=[later],
    )
    assert [one.left_at for one in stays()] == [ENDS, ENDS]


def test_the_end_of_the_room_does_not_lengthen_a_stay(
    client: FlaskClient, consultation: Consultation
) -> None:
    went = THURSDAY_NINE + timedelta(minutes=9)
    left(client, consultation.room, stay(left_at=went))
    tell(
        client,
        "room/destroyed",
        "muc-room-destroyed",
        consultation.room,
        created_at=int(THURSDAY_NINE.timestamp()),
        destroyed_at=int(ENDS.timestamp()),
        all_occupants=[stay()],
    )
    assert [one.left_at for one in stays()] == [went]


def test_a_room_without_occupants_arrives_as_an_empty_table(
    client: FlaskClient, consultation: Consultation
) -> None:
    answer = tell(
        client,
        "room/destroyed",
        "muc-room-destroyed",
        consultation.room,
        created_at=1,
        destroyed_at=2,
        all_occupants={},
    )
    assert answer.status_code == 200


def test_a_created_room_is_no_arrival(client: FlaskClient, consultation: Consultation) -> None:
    answer = tell(client, "room/created", "muc-room-created", consultation.room, created_at=1)
    assert answer.status_code == 200
    assert stays() == []


def test_events_of_unknown_rooms_are_passed_over(client: FlaskClient, consultation: Consultation) -> None:
    assert joined(client, "no-such-room", stay()).status_code == 200
    assert stays() == []


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"7", b"[]", b"{", b'"text"', b"[" * 5000, b'{"event_name": 3}', b"\xff\xfe", b"1e999"],
)
def test_what_is_no_event_is_malformed(client: FlaskClient, consultation: Consultation, body: bytes) -> None:
    answer = client.post("/jitsi/events/occupant/joined", data=body, headers=BEARER)
    assert (answer.status_code, type(answer.json["message"])) == (400, str)


# --- Every answer is a JSON object ------------------------------------------------------------------------

ROUTES = [
    ("POST", "/jitsi/conference"),
    ("GET", "/jitsi/conference/1"),
    ("DELETE", "/jitsi/conference/1"),
    ("POST", "/jitsi/events/room/created"),
    ("POST", "/jitsi/events/room/destroyed"),
    ("POST", "/jitsi/events/occupant/joined"),
    ("POST", "/jitsi/events/occupant/left"),
]


def must_suit_prosody(answer: TestResponse) -> None:
    """What crashes it: anything but an object, a start that is no string, a message that is no string."""
    assert answer.mimetype == "application/json"
    body = json.loads(answer.data)
    assert isinstance(body, dict)
    assert isinstance(body.get("message", ""), str)
    assert isinstance(body.get("start_time", ""), str)
    assert "Set-Cookie" not in answer.headers
    assert not 300 <= answer.status_code < 400


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "a-callback-token-for-tests"},
        {"Authorization": "Bearer a-callback-token-for-testsX"},
        {"Authorization": "Bearer \xe9\xff"},
    ],
)
def test_without_the_token_nobody_is_answered(
    client: FlaskClient, consultation: Consultation, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = client.open(path, method=method, headers=headers)
    assert answer.status_code == 401
    must_suit_prosody(answer)


def test_where_no_token_is_set_nobody_is_let_in(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pydantic import SecretStr

    monkeypatch.setattr(app.config["SETTINGS"], "jitsi_callback_token", SecretStr(""))
    for bearer in ("Bearer ", "Bearer", ""):
        answer = client.post("/jitsi/conference", data={"name": "x"}, headers={"Authorization": bearer})
        assert answer.status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/jitsi/conference", 405),
        ("PUT", "/jitsi/conference", 405),
        ("OPTIONS", "/jitsi/conference", 405),
        ("POST", "/jitsi/conference/1", 405),
        ("GET", "/jitsi/events/occupant/joined", 405),
        ("GET", "/jitsi/nothing", 404),
        ("POST", "/jitsi/events/room/painted", 404),
        ("POST", "/jitsi//conference", 404),
        ("POST", "/jitsi/conference/", 405),
        ("POST", "/jitsi/conference?lang=kk", 400),
    ],
)
def test_errors_are_objects_too(client: FlaskClient, app: Flask, method: str, path: str, status: int) -> None:
    answer = client.open(path, method=method, headers=BEARER)
    assert answer.status_code in {status, 404}
    must_suit_prosody(answer)


def test_a_body_that_is_too_large_is_refused_as_an_object(client: FlaskClient, app: Flask) -> None:
    body = b'{"x": "' + b"x" * 2_000_000 + b'"}'
    answer = client.post("/jitsi/events/room/created", data=body, headers=BEARER)
    assert answer.status_code == 413
    must_suit_prosody(answer)


def test_our_own_fault_is_an_object(client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("webapp.services.rooms.conferences.may_open", fails)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    answer = client.post("/jitsi/conference", data={"name": "x"}, headers=BEARER)
    assert answer.status_code == 500
    must_suit_prosody(answer)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
nearly_events = st.fixed_dictionaries(
    {},
    optional={
        "event_name": st.sampled_from(
            ["muc-occupant-joined", "muc-occupant-left", "muc-room-destroyed", "muc-room-created"]
        )
        | anything,
        "room_name": st.text(max_size=40) | anything,
        "room_jid": st.text(max_size=40) | anything,
        "is_breakout": st.booleans() | anything,
        "created_at": st.integers() | anything,
        "destroyed_at": st.integers() | anything,
        "all_occupants": st.lists(anything, max_size=3) | anything,
        "occupant": st.fixed_dictionaries(
            {},
            optional=dict.fromkeys(("id", "occupant_jid", "joined_at", "left_at"), anything),
        )
        | anything,
    },
)
fuzz = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@fuzz
@given(body=anything | nearly_events)
def test_whatever_is_told_the_answer_is_an_object(
    client: FlaskClient, consultation: Consultation, body: object
) -> None:
    if isinstance(body, dict) and isinstance(body.get("room_name"), str):
        body["room_name"] = consultation.room
    content = json.dumps(body).encode("utf-8", "surrogatepass")
    answer = client.post("/jitsi/events/room/destroyed", data=content, headers=BEARER)
    must_suit_prosody(answer)
    assert answer.status_code < 500


@fuzz
@given(
    content=st.binary(max_size=300),
    kind=st.sampled_from(
        [
            "application/json",
            "application/x-www-form-urlencoded",
            "text/plain",
            "multipart/form-data; boundary=x",
            "",
        ]
    ),
)
def test_whatever_bytes_come_the_answer_is_an_object(
    client: FlaskClient, app: Flask, content: bytes, kind: str
) -> None:
    for path in ("/jitsi/conference", "/jitsi/events/occupant/left"):
        answer = client.post(path, data=content, content_type=kind, headers=BEARER)
        must_suit_prosody(answer)
        assert answer.status_code < 500


@fuzz
@given(name=st.text(max_size=60), owner=st.text(max_size=60))
def test_whatever_room_is_asked_for_the_answer_is_an_object(
    client: FlaskClient, app: Flask, name: str, owner: str
) -> None:
    answer = client.post("/jitsi/conference", data={"name": name, "mail_owner": owner}, headers=BEARER)
    must_suit_prosody(answer)
    assert answer.status_code in {400, 403}


def test_a_name_is_compared_as_jitsi_writes_it(
    client: FlaskClient, consultation: Consultation, clock: Any
) -> None:
    clock.move_to(THURSDAY_NINE.astimezone(UTC))
    answer = question(client, consultation.room.upper())
    assert (answer.status_code, answer.json["name"]) == (200, consultation.room.upper())
