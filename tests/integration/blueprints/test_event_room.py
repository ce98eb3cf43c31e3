"""The hosts' side of a group meeting: the room, who is there, who cannot connect, who came."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import (
    NOW,
    make_centre,
    make_deputy,
    make_event,
    make_specialist,
    make_staff,
    register,
)
from webapp.models import (
    ConnectionProblem,
    Consultation,
    GroupEvent,
    Occupancy,
    Participation,
    Presence,
    Registration,
    Staff,
    db,
)
from webapp.rules.permissions import Role
from webapp.services.events import group_events
from webapp.services.pages import personal_links

SignIn = Callable[[Staff], FlaskClient]
BEGINS = NOW + timedelta(hours=1)  # noon at the centre; a sign-in lasts longer
ENDS = BEGINS + timedelta(minutes=40)


@pytest.fixture
def host(app: Flask) -> Staff:
    return make_specialist(make_centre())


@pytest.fixture
def event(host: Staff) -> GroupEvent:
    return make_event(host.centre, host, at=BEGINS)


@pytest.fixture
def meeting(event: GroupEvent) -> Consultation:
    return group_events.meetings(event)[0]


def join(meeting: Consultation, registration: Registration, left: Any = None) -> Participation:
    seat = db.session.scalars(
        sa.select(Participation).where(Participation.registration_id == registration.id)
    ).one()
    db.session.add(
        Occupancy(
            consultation_id=meeting.id,
            room_jid="room",
            occupant_jid=f"device-{registration.id}",
            guest_id=seat.guest_id,
            joined_at=BEGINS,
            left_at=left,
        )
    )
    db.session.commit()
    return seat


def page(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


# --- The room ---------------------------------------------------------------------------------------------


def test_a_host_enters_as_moderator_and_not_muted(
    event: GroupEvent, meeting: Consultation, host: Staff, sign_in: SignIn, clock: Any, app: Flask
) -> None:
    client = sign_in(host)
    clock.move_to(BEGINS)
    answer = client.get(f"/staff/events/{event.id}/room?meeting={meeting.id}")
    shown = answer.get_data(as_text=True)
    token = shown.split('data-jwt="')[1].split('"')[0]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["context"]["user"]["moderator"] is True
    assert claims["room"] == meeting.room
    assert 'data-muted=""' in shown
    assert "camera=(self" in answer.headers["Permissions-Policy"]


def test_the_questions_are_one_click_from_the_room(
    event: GroupEvent, host: Staff, sign_in: SignIn, clock: Any
) -> None:
    client = sign_in(host)
    clock.move_to(BEGINS)
    assert f'href="/staff/events/{event.id}/questions"' in client.get(f"/staff/events/{event.id}/room").text


def test_before_the_door_the_room_leads_back_to_the_event(
    event: GroupEvent, host: Staff, sign_in: SignIn
) -> None:
    answer = sign_in(host).get(f"/staff/events/{event.id}/room")
    assert (answer.status_code, answer.location) == (302, f"/staff/events/{event.id}")


def test_the_room_of_an_event_that_is_not_announced_stays_shut(
    host: Staff, sign_in: SignIn, clock: Any
) -> None:
    draft = make_event(host.centre, host, at=BEGINS, announced=False)
    client = sign_in(host)
    clock.move_to(BEGINS)
    assert client.get(f"/staff/events/{draft.id}/room").status_code == 302


@pytest.mark.parametrize("number", ["x", "-1", "9" * 20])
def test_a_meeting_that_can_be_none_is_passed_over(
    event: GroupEvent, host: Staff, sign_in: SignIn, number: str
) -> None:
    client, address = sign_in(host), f"/staff/events/{event.id}"
    assert client.get(f"{address}/attendance?meeting={number}").status_code == 200
    assert client.get(f"{address}/room?meeting={number}").status_code == 302
    assert client.post(f"{address}/room/end", data={"meeting": number}).status_code < 500


def test_only_hosts_enter_and_end_the_room(
    event: GroupEvent, meeting: Consultation, host: Staff, sign_in: SignIn, clock: Any
) -> None:
    client = sign_in(make_deputy(host.centre))
    clock.move_to(BEGINS)
    assert client.get(f"/staff/events/{event.id}/room").status_code == 404
    assert client.post(f"/staff/events/{event.id}/room/end").status_code == 404
    assert db.session.get_one(Consultation, meeting.id).ended_for_all_at is None


def test_ending_for_all_shuts_the_room_and_shows_who_came(
    event: GroupEvent, meeting: Consultation, host: Staff, sign_in: SignIn, clock: Any
) -> None:
    client = sign_in(host)
    clock.move_to(BEGINS)
    answer = client.post(f"/staff/events/{event.id}/room/end", data={"meeting": meeting.id})
    assert answer.location == f"/staff/events/{event.id}/attendance?meeting={meeting.id}"
    assert client.get(f"/staff/events/{event.id}/room").status_code == 302


def test_the_state_says_who_is_connected_and_how_many_are_in_trouble(
    event: GroupEvent, meeting: Consultation, host: Staff, sign_in: SignIn, clock: Any
) -> None:
    maria, nameless = register(event, shown_name="Мария"), register(event, shown_name="")
    gone = register(event, shown_name="Давно ушла")
    for registration in (maria, nameless):
        join(meeting, registration)
    join(meeting, gone, left=BEGINS + timedelta(minutes=1))
    for second in (0, 30):
        at = BEGINS + timedelta(seconds=second)
        db.session.add(ConnectionProblem(consultation_id=meeting.id, kind="cannot_connect", reported_at=at))
    client = sign_in(host)
    clock.move_to(BEGINS + timedelta(minutes=2))
    state = client.get(f"/staff/events/{event.id}/room/state?meeting={meeting.id}").json
    assert state["open"] is True
    assert state["connected"] == ["Мария", "Участник 2"]
    assert state["problems"] == ["12:00: не могут подключиться, всего: 2"]


def test_without_events_of_the_server_the_page_says_who_is_there(
    event: GroupEvent, meeting: Consultation, host: Staff, sign_in: SignIn, clock: Any
) -> None:
    here, gone = register(event, shown_name="Мария"), register(event, shown_name="Давно ушла")
    for registration, minute in ((here, 8), (gone, 1)):
        seat = db.session.scalars(
            sa.select(Participation).where(Participation.registration_id == registration.id)
        ).one()
        last = BEGINS + timedelta(minutes=minute)
        db.session.add(Presence(participation_id=seat.id, joined_at=BEGINS, last_seen_at=last))
    client = sign_in(host)
    clock.move_to(BEGINS + timedelta(minutes=10))
    state = client.get(f"/staff/events/{event.id}/room/state").json
    assert state["connected"] == ["Мария"]


# --- The check --------------------------------------------------------------------------------------------


def test_the_equipment_check_works_for_a_group_meeting(
    event: GroupEvent, meeting: Consultation, host: Staff, sign_in: SignIn, clock: Any
) -> None:
    client = sign_in(host)
    clock.move_to(BEGINS - timedelta(minutes=30))
    assert "Трёхлетка заговорит" in page(client, f"/staff/consultations/{meeting.id}/check")
    saved = client.post(
        f"/staff/consultations/{meeting.id}/check",
        data={
            "measured": "{}",
            **dict.fromkeys(("camera", "microphone", "link", "program", "sound", "workplace"), "y"),
        },
    )
    assert saved.location == "/staff/day"


# --- The event's page -------------------------------------------------------------------------------------


def test_the_event_page_leads_hosts_to_the_room_the_check_and_who_came(
    event: GroupEvent, meeting: Consultation, host: Staff, sign_in: SignIn, clock: Any
) -> None:
    client, address = sign_in(host), f"/staff/events/{event.id}"
    assert f"/staff/consultations/{meeting.id}/check" in page(client, address)
    assert f"{address}/room?" not in page(client, address)
    clock.move_to(BEGINS)
    shown = page(client, address)
    assert f'href="{address}/room?meeting={meeting.id}"' in shown
    assert f'href="{address}/attendance?meeting={meeting.id}"' in shown
    clock.move_to(ENDS)
    assert f"{address}/room?" not in page(client, address)


def test_who_is_no_host_sees_no_way_into_the_room(
    event: GroupEvent, host: Staff, sign_in: SignIn, clock: Any
) -> None:
    client = sign_in(make_deputy(host.centre))
    clock.move_to(BEGINS)
    assert f"/staff/events/{event.id}/room?" not in page(client, f"/staff/events/{event.id}")


# --- Who came ---------------------------------------------------------------------------------------------


@pytest.fixture
def seats(event: GroupEvent, meeting: Consultation) -> list[Participation]:
    """Мария was there, Анна was not."""
    maria, _anna = (register(event, shown_name=name) for name in ("Мария", "Анна"))
    join(meeting, maria, left=BEGINS + timedelta(minutes=38))
    return list(db.session.scalars(sa.select(Participation).order_by(Participation.id)))


def test_the_page_says_who_came_for_how_long_and_by_whose_word(
    event: GroupEvent, host: Staff, seats: list[Participation], sign_in: SignIn, clock: Any
) -> None:
    client = sign_in(host)
    clock.move_to(ENDS)
    shown = page(client, f"/staff/events/{event.id}/attendance")
    assert "Пришли: 1 из 2" in shown
    assert "12:00–12:38" in shown
    assert "видел видеосервер" in shown
    assert "не видели" in shown


def test_a_correction_is_shown_beside_what_was_seen(
    event: GroupEvent,
    meeting: Consultation,
    host: Staff,
    seats: list[Participation],
    sign_in: SignIn,
    clock: Any,
) -> None:
    client, address = sign_in(host), f"/staff/events/{event.id}/attendance"
    clock.move_to(ENDS)
    anna = seats[1].id
    answer = client.post(address, data={"meeting": meeting.id, f"came-{anna}": "came", f"was-{anna}": ""})
    assert answer.status_code == 302
    shown = page(client, answer.location)
    assert "Пришли: 2 из 2" in shown
    assert f"{host.name}, вторник, 24 ноября, 12:40" in shown
    assert "не видели" in shown


def test_what_a_colleague_corrected_meanwhile_stays(
    event: GroupEvent,
    meeting: Consultation,
    host: Staff,
    seats: list[Participation],
    sign_in: SignIn,
    clock: Any,
) -> None:
    client, address = sign_in(host), f"/staff/events/{event.id}/attendance"
    clock.move_to(ENDS)
    maria, anna = (seat.id for seat in seats)
    seats[1].attended_by_host = True
    db.session.commit()
    page_before_that = {f"came-{maria}": "not", f"was-{maria}": "", f"came-{anna}": "", f"was-{anna}": ""}
    client.post(address, data={"meeting": meeting.id, **page_before_that})
    db.session.expire_all()
    assert [db.session.get_one(Participation, number).attended_by_host for number in (maria, anna)] == [
        False,
        True,
    ]


@pytest.mark.parametrize("name", ["came-x", "came-", "came--1", "came-9999999", "came-٣", "came-" + "9" * 20])
def test_answers_about_nobody_are_passed_over(
    event: GroupEvent, host: Staff, sign_in: SignIn, clock: Any, name: str
) -> None:
    client = sign_in(host)
    clock.move_to(ENDS)
    assert client.post(f"/staff/events/{event.id}/attendance", data={name: "came"}).status_code == 302


def test_only_those_who_run_the_event_correct(
    event: GroupEvent,
    meeting: Consultation,
    host: Staff,
    seats: list[Participation],
    sign_in: SignIn,
    clock: Any,
) -> None:
    client, address = sign_in(make_staff(host.centre, Role.METHODIST)), f"/staff/events/{event.id}/attendance"
    clock.move_to(ENDS)
    assert f"came-{seats[1].id}" not in page(client, address)
    told = {"meeting": meeting.id, f"came-{seats[1].id}": "came", f"was-{seats[1].id}": ""}
    assert client.post(address, data=told).status_code == 404
    db.session.expire_all()
    assert db.session.get_one(Participation, seats[1].id).attended_by_host is None


def test_before_the_door_opens_there_is_nothing_to_correct(
    event: GroupEvent, meeting: Consultation, host: Staff, sign_in: SignIn
) -> None:
    register(event)
    seat = db.session.scalars(sa.select(Participation)).one()
    client, address = sign_in(host), f"/staff/events/{event.id}/attendance"
    assert "<select" not in page(client, address)
    told = {"meeting": meeting.id, f"came-{seat.id}": "came", f"was-{seat.id}": ""}
    assert client.post(address, data=told).status_code == 409
    db.session.expire_all()
    assert db.session.get_one(Participation, seat.id).attended_by_host is None


def test_each_date_of_a_course_has_its_own_list(host: Staff, sign_in: SignIn, clock: Any) -> None:
    course = make_event(host.centre, host, starts=[BEGINS, BEGINS + timedelta(days=7)])
    register(course)
    client = sign_in(host)
    clock.move_to(ENDS)
    shown = page(client, f"/staff/events/{course.id}/attendance")
    for meeting in group_events.meetings(course):
        assert f"attendance?meeting={meeting.id}" in shown


def test_staff_pages_carry_no_link_of_a_participant(
    event: GroupEvent, host: Staff, sign_in: SignIn, clock: Any
) -> None:
    token = personal_links.token_of(personal_links.SEAT, registration_id=register(event, now=NOW).id)
    client = sign_in(host)
    clock.move_to(BEGINS)
    for part in ("", "/room", "/room/state", "/attendance"):
        assert str(token) not in client.get(f"/staff/events/{event.id}{part}").get_data(as_text=True)


def test_the_number_and_the_note_of_a_closed_meeting_stand_beside_its_date(
    event: GroupEvent, host: Staff, sign_in: SignIn, clock: Any
) -> None:
    client, office = sign_in(host), make_staff(host.centre, Role.REGISTRAR)
    clock.move_to(ENDS)
    closing = {"number_present": "17", "note": "Много вопросов о сне"}
    client.post(f"/staff/events/{event.id}/close", data=closing)
    shown = client.get(f"/staff/events/{event.id}?lang=en").text
    assert "How many came: 17" in shown and "Много вопросов о сне" in shown
    assert "Много вопросов о сне" not in sign_in(office).get(f"/staff/events/{event.id}").text
