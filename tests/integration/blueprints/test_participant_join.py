"""The participant's way into a group meeting: by the seat, by the clock, and by what the server carries."""

import re
from datetime import timedelta
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import THURSDAY_NINE, make_centre, make_event, make_specialist, register
from webapp.config import JitsiMode
from webapp.models import (
    AuditRecord,
    Centre,
    ConnectionProblem,
    Consultation,
    GroupEvent,
    Letter,
    Participation,
    Presence,
    Registration,
    db,
)
from webapp.services.events import event_changes, group_events
from webapp.services.pages import personal_links
from webapp.services.seats import registrations

DOOR = THURSDAY_NINE - timedelta(minutes=10)
ENDS = THURSDAY_NINE + timedelta(minutes=40)


class Webinar:
    """A webinar on Thursday at nine that Мария and somebody without a name have seats in."""

    def __init__(self, *, centre: dict[str, Any] | None = None, **plan: Any) -> None:
        self.centre: Centre = make_centre(**(centre or {}))
        self.host = make_specialist(self.centre)
        self.event: GroupEvent = make_event(self.centre, self.host, **plan)
        self.meeting: Consultation = group_events.meetings(self.event)[0]
        self.maria = register(self.event, shown_name="Мария", email="maria@home.example")
        self.nameless = register(self.event, shown_name="", email="nameless@home.example")
        db.session.commit()

    def come(self, **values: Any) -> Registration:
        registration = register(self.event, **values)
        db.session.commit()
        return registration


@pytest.fixture
def webinar(app: Flask) -> Webinar:
    return Webinar()


def address(registration: Registration, part: str = "/join") -> str:
    token = personal_links.token_of(personal_links.SEAT, registration_id=registration.id)
    return f"/f/{token}{part}"


def page(client: FlaskClient, registration: Registration, part: str = "/join") -> str:
    answer = client.get(address(registration, part))
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def claims(shown: str, app: Flask) -> dict[str, Any]:
    token = shown.split('data-jwt="')[1].split('"')[0]
    secret = app.config["SETTINGS"].jitsi_secret.get_secret_value()
    options = {"verify_exp": False, "verify_nbf": False}
    decoded: dict[str, Any] = jwt.decode(
        token, secret, algorithms=["HS256"], audience="jitsi", options=options
    )
    return decoded


# --- The door ---------------------------------------------------------------------------------------------


def test_before_the_door_there_is_a_countdown_and_what_comes_stands_ready_unseen(
    client: FlaskClient, webinar: Webinar
) -> None:
    shown = page(client, webinar.maria)
    assert f'data-countdown="{int(DOOR.timestamp() * 1000)}"' in shown
    assert 'id="ways-in" hidden' in shown


def test_asking_for_the_room_too_early_shows_no_token(client: FlaskClient, webinar: Webinar) -> None:
    shown = page(client, webinar.maria, "/join?enter=video")
    assert "data-jwt" not in shown
    assert str(webinar.meeting.room) not in shown


def test_the_open_door_offers_to_join_or_only_to_listen(
    client: FlaskClient, webinar: Webinar, clock: Any
) -> None:
    clock.move_to(DOOR)
    shown = page(client, webinar.maria)
    assert 'name="listen" value="1"' in shown
    assert 'id="ways-in" hidden' not in shown
    assert str(webinar.meeting.room) not in shown


def test_a_participant_enters_muted_and_is_no_moderator(
    client: FlaskClient, webinar: Webinar, clock: Any, app: Flask
) -> None:
    clock.move_to(THURSDAY_NINE)
    assert client.post(address(webinar.maria)).location.endswith("/join?enter=video")
    shown = page(client, webinar.maria, "/join?enter=video")
    assert 'data-muted="1"' in shown
    assert 'data-voice=""' in shown
    seat = db.session.scalars(
        sa.select(Participation).where(Participation.registration_id == webinar.maria.id)
    ).one()
    token = claims(shown, app)
    assert token["room"] == webinar.meeting.room
    assert token["exp"] == int((ENDS + timedelta(minutes=1)).timestamp())
    assert token["context"]["user"] == {"id": seat.guest_id, "name": "Мария", "moderator": False}


def test_only_listening_is_without_pictures_too(client: FlaskClient, webinar: Webinar, clock: Any) -> None:
    clock.move_to(THURSDAY_NINE)
    assert client.post(address(webinar.maria), data={"listen": "1"}).location.endswith("/join?enter=listen")
    shown = page(client, webinar.maria, "/join?enter=listen")
    assert 'data-muted="1"' in shown
    assert 'data-voice="1"' in shown


def test_without_a_chosen_name_others_read_a_neutral_one(
    client: FlaskClient, webinar: Webinar, clock: Any, app: Flask
) -> None:
    clock.move_to(THURSDAY_NINE)
    token = claims(page(client, webinar.nameless, "/join?enter=video"), app)
    assert token["context"]["user"]["name"] == "Участник 2"


def test_no_page_of_a_participant_names_another_one(
    client: FlaskClient, webinar: Webinar, clock: Any
) -> None:
    clock.move_to(THURSDAY_NINE)
    others_token = personal_links.token_of(personal_links.SEAT, registration_id=webinar.maria.id)
    for part in ("", "/join", "/join?enter=video", "/join?enter=listen", "/check"):
        shown = page(client, webinar.nameless, part)
        assert not [told for told in ("Мария", "maria@home.example", str(others_token)) if told in shown]


def test_after_the_end_nobody_enters(client: FlaskClient, webinar: Webinar, clock: Any) -> None:
    clock.move_to(ENDS)
    shown = page(client, webinar.maria, "/join?enter=video")
    assert "data-jwt" not in shown
    assert 'name="listen"' not in shown


def test_what_a_host_ended_for_all_is_not_entered_again(
    client: FlaskClient, webinar: Webinar, clock: Any
) -> None:
    webinar.meeting.ended_for_all_at = THURSDAY_NINE
    db.session.commit()
    clock.move_to(THURSDAY_NINE + timedelta(minutes=1))
    assert "data-jwt" not in page(client, webinar.maria, "/join?enter=video")


def test_a_cancelled_meeting_has_no_door(client: FlaskClient, webinar: Webinar, clock: Any) -> None:
    event_changes.cancel(webinar.event, DOOR, staff_id=webinar.host.id)
    db.session.commit()
    clock.move_to(THURSDAY_NINE)
    shown = page(client, webinar.maria, "/join?enter=video")
    assert "data-jwt" not in shown
    assert "не состоится" in shown


def test_whoever_waits_is_told_so_and_stays_outside(client: FlaskClient, app: Flask, clock: Any) -> None:
    webinar = Webinar(capacity=2)
    waiting = webinar.come()
    clock.move_to(THURSDAY_NINE)
    shown = page(client, waiting, "/join?enter=video")
    assert "data-jwt" not in shown
    assert "Лист ожидания, Ваш номер: 1" in shown


def test_whoever_gave_the_seat_back_may_register_again(
    client: FlaskClient, webinar: Webinar, clock: Any
) -> None:
    registrations.give_back(webinar.maria, DOOR)
    db.session.commit()
    clock.move_to(THURSDAY_NINE)
    shown = page(client, webinar.maria, "/join?enter=video")
    assert "data-jwt" not in shown
    assert f'href="/c/{webinar.centre.slug}/events/{webinar.event.id}"' in shown


def test_a_seat_that_is_only_held_is_confirmed_at_the_door(
    client: FlaskClient, app: Flask, clock: Any
) -> None:
    webinar = Webinar(seat_after_confirming=True, confirm_within_hours=100)
    clock.move_to(THURSDAY_NINE - timedelta(minutes=1))
    assert "data-jwt" not in page(client, webinar.maria, "/join?enter=video")
    assert f'action="{address(webinar.maria, "/confirm")}"' in page(client, webinar.maria)
    client.post(address(webinar.maria, "/confirm"))
    assert "data-jwt" in page(client, webinar.maria, "/join?enter=video")


def test_a_date_of_a_course_that_was_given_up_leads_to_the_next(
    client: FlaskClient, app: Flask, clock: Any
) -> None:
    webinar = Webinar(starts=[THURSDAY_NINE, THURSDAY_NINE + timedelta(days=7)])
    registrations.skip(webinar.maria, webinar.meeting.id, DOOR - timedelta(hours=1))
    db.session.commit()
    clock.move_to(THURSDAY_NINE)
    shown = page(client, webinar.maria, "/join?enter=video")
    next_door = DOOR + timedelta(days=7)
    assert f'data-countdown="{int(next_door.timestamp() * 1000)}"' in shown
    assert "data-jwt" in page(client, webinar.nameless, "/join?enter=video")


# --- Modes of the video server ----------------------------------------------------------------------------


def test_a_centre_may_step_down_to_a_link_that_enters_muted(
    client: FlaskClient, app: Flask, clock: Any
) -> None:
    webinar = Webinar(centre={"video_by_link_only": True})
    clock.move_to(THURSDAY_NINE)
    shown = page(client, webinar.maria, "/join?enter=listen")
    assert "data-script" not in shown
    assert f"https://meet.school.example/{webinar.meeting.room}?jwt=" in shown
    for setting in ("startWithAudioMuted=true", "startWithVideoMuted=true", "startAudioOnly=true"):
        assert f"config.{setting}" in shown


def test_with_a_public_server_the_link_carries_the_chosen_name(
    client: FlaskClient, webinar: Webinar, clock: Any, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.config["SETTINGS"], "jitsi_mode", JitsiMode.LINK)
    clock.move_to(THURSDAY_NINE)
    shown = page(client, webinar.maria, "/join?enter=video")
    assert f'href="https://meet.school.example/{webinar.meeting.room}#config' in shown
    assert "userInfo.displayName=%22%D0%9C" in shown
    assert "jwt=" not in shown


# --- More people than the server carries ------------------------------------------------------------------


BROADCAST = "https://video.example/live/17"


@pytest.fixture
def crowd(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Webinar:
    """A server that carries three: the host, Мария and the one without a name."""
    monkeypatch.setattr(app.config["SETTINGS"], "jitsi_max_participants", 3)
    return Webinar(broadcast_url=BROADCAST)


def test_whom_the_server_cannot_carry_gets_the_broadcast_instead_of_the_room(
    client: FlaskClient, crowd: Webinar, clock: Any
) -> None:
    third = crowd.come()
    clock.move_to(THURSDAY_NINE)
    shown = page(client, third, "/join?enter=video")
    assert "data-jwt" not in shown
    assert f'href="{BROADCAST}" target="_blank"' in shown
    assert "/f/" in shown and "#questions" in shown
    assert "data-jwt" in page(client, crowd.nameless, "/join?enter=video")


def test_the_personal_page_says_beforehand_that_it_will_be_the_broadcast(
    client: FlaskClient, crowd: Webinar
) -> None:
    third = crowd.come()
    assert "Вы смотрите трансляцию." in page(client, third, "")
    assert "Вы смотрите трансляцию." not in page(client, crowd.nameless, "")


def test_a_seat_given_back_takes_the_next_into_the_room(
    client: FlaskClient, crowd: Webinar, clock: Any
) -> None:
    third = crowd.come()
    registrations.give_back(crowd.maria, DOOR)
    db.session.commit()
    clock.move_to(THURSDAY_NINE)
    assert "data-jwt" in page(client, third, "/join?enter=video")


def test_without_a_broadcast_the_room_lets_in_whom_it_can(
    client: FlaskClient, app: Flask, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    webinar = Webinar()
    third = webinar.come()
    monkeypatch.setattr(app.config["SETTINGS"], "jitsi_max_participants", 3)
    clock.move_to(THURSDAY_NINE)
    assert "data-jwt" in page(client, third, "/join?enter=video")


# --- The personal page ------------------------------------------------------------------------------------


def test_the_personal_page_keeps_the_button_ready_until_the_door_opens(
    client: FlaskClient, webinar: Webinar, clock: Any
) -> None:
    shown = page(client, webinar.maria, "")
    assert '<div id="join" hidden>' in shown
    assert 'data-shows="join"' in shown
    assert 'data-at-zero="reload"' not in shown
    clock.move_to(DOOR)
    shown = page(client, webinar.maria, "")
    assert '<div id="join">' in shown
    assert f'href="{address(webinar.maria)}"' in shown


# --- What the page tells of the stay ----------------------------------------------------------------------


def tell(client: FlaskClient, registration: Registration, meeting: Consultation, **more: str) -> int:
    data = {"meeting": str(meeting.id), **more}
    return client.post(address(registration, "/here"), data=data).status_code


def stays() -> list[tuple[Any, Any]]:
    db.session.rollback()
    rows = db.session.execute(sa.select(Presence.joined_at, Presence.last_seen_at).order_by(Presence.id))
    return [(row.joined_at, row.last_seen_at) for row in rows]


def test_a_stay_is_one_row_however_often_the_page_speaks(
    client: FlaskClient, webinar: Webinar, clock: Any
) -> None:
    clock.move_to(THURSDAY_NINE)
    assert tell(client, webinar.maria, webinar.meeting, entering="1") == 204
    for minute in (2, 4, 6):
        clock.move_to(THURSDAY_NINE + timedelta(minutes=minute))
        tell(client, webinar.maria, webinar.meeting)
    assert stays() == [(THURSDAY_NINE, THURSDAY_NINE + timedelta(minutes=6))]


def test_loading_the_page_again_goes_on_and_coming_back_later_begins_anew(
    client: FlaskClient, webinar: Webinar, clock: Any
) -> None:
    later = [THURSDAY_NINE + timedelta(minutes=minute) for minute in (0, 3, 20)]
    for moment in later:
        clock.move_to(moment)
        tell(client, webinar.maria, webinar.meeting, entering="1")
    assert stays() == [(later[0], later[1]), (later[2], later[2])]


def test_a_page_that_slept_while_the_room_was_open_elsewhere_goes_on(
    client: FlaskClient, webinar: Webinar, clock: Any
) -> None:
    clock.move_to(THURSDAY_NINE)
    tell(client, webinar.maria, webinar.meeting, entering="1")
    clock.move_to(ENDS - timedelta(minutes=1))
    tell(client, webinar.maria, webinar.meeting)
    assert stays() == [(THURSDAY_NINE, ENDS - timedelta(minutes=1))]


def test_the_last_word_counts_to_the_end_of_the_meeting(
    client: FlaskClient, webinar: Webinar, clock: Any
) -> None:
    clock.move_to(THURSDAY_NINE)
    tell(client, webinar.maria, webinar.meeting, entering="1")
    clock.move_to(ENDS + timedelta(minutes=2))
    tell(client, webinar.maria, webinar.meeting)
    assert stays() == [(THURSDAY_NINE, ENDS)]


@pytest.mark.parametrize("at", [DOOR - timedelta(seconds=1), ENDS, ENDS + timedelta(hours=1)])
def test_outside_the_time_of_the_meeting_nobody_is_noted(
    client: FlaskClient, webinar: Webinar, clock: Any, at: Any
) -> None:
    clock.move_to(at)
    assert tell(client, webinar.maria, webinar.meeting, entering="1") == 204
    assert stays() == []


def test_without_a_seat_in_that_meeting_nobody_is_noted(
    client: FlaskClient, webinar: Webinar, clock: Any
) -> None:
    other = make_event(webinar.centre, make_specialist(webinar.centre))
    registrations.give_back(webinar.nameless, DOOR)
    db.session.commit()
    clock.move_to(THURSDAY_NINE)
    tell(client, webinar.maria, group_events.meetings(other)[0], entering="1")
    tell(client, webinar.nameless, webinar.meeting, entering="1")
    assert client.post(address(webinar.maria, "/here"), data={"meeting": "x"}).status_code == 204
    assert stays() == []


def test_the_page_speaks_with_its_token_against_forged_requests(
    app: Flask, webinar: Webinar, clock: Any
) -> None:
    clock.move_to(THURSDAY_NINE)
    client = app.test_client()
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        assert tell(client, webinar.maria, webinar.meeting, entering="1") == 400
        shown = page(client, webinar.maria, "/join?enter=video")
        match = re.search(r'name="csrf_token" value="([^"]+)"', shown)
        assert match
        told = tell(client, webinar.maria, webinar.meeting, entering="1", csrf_token=match.group(1))
        assert told == 204
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert len(stays()) == 1


# --- Trouble ----------------------------------------------------------------------------------------------


def letters() -> list[Letter]:
    db.session.rollback()
    kind = Letter.kind == "participants_cannot_connect"
    return list(db.session.scalars(sa.select(Letter).where(kind).order_by(Letter.due_at)))


def test_i_cannot_connect_is_counted_and_told_to_every_host_at_once(
    client: FlaskClient, webinar: Webinar, clock: Any
) -> None:
    clock.move_to(THURSDAY_NINE)
    answer = client.post(address(webinar.maria, "/problem"))
    assert answer.location.endswith("/join")
    assert "+73430001212" in page(client, webinar.maria)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ConnectionProblem)) == 1
    (letter,) = letters()
    assert (letter.staff_id, letter.due_at) == (webinar.host.id, THURSDAY_NINE)


def test_many_in_trouble_are_one_letter_every_five_minutes(
    client: FlaskClient, webinar: Webinar, clock: Any
) -> None:
    for seconds, registration in ((0, webinar.maria), (20, webinar.nameless), (40, webinar.come())):
        clock.move_to(THURSDAY_NINE + timedelta(seconds=seconds))
        client.post(address(registration, "/problem"))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ConnectionProblem)) == 3
    assert [letter.due_at for letter in letters()] == [THURSDAY_NINE, THURSDAY_NINE + timedelta(minutes=5)]


def test_one_person_pressing_again_and_again_counts_once(
    client: FlaskClient, webinar: Webinar, clock: Any
) -> None:
    clock.move_to(THURSDAY_NINE)
    for _press in range(3):
        client.post(address(webinar.maria, "/problem"))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ConnectionProblem)) == 1
    told = sa.select(AuditRecord.details).where(AuditRecord.action == "connection.participant")
    assert db.session.scalars(told).all() == [{"registration_id": webinar.maria.id}]


def test_before_the_door_there_is_no_trouble_to_report(client: FlaskClient, webinar: Webinar) -> None:
    assert client.post(address(webinar.maria, "/problem")).status_code == 409
    assert letters() == []


# --- Cheap ------------------------------------------------------------------------------------------------


def statements(client: FlaskClient, registration: Registration, part: str) -> int:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        page(client, registration, part)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    return len([one for one in asked if not one.startswith("BEGIN")])


def test_joining_asks_few_questions_however_many_come(
    client: FlaskClient, webinar: Webinar, clock: Any
) -> None:
    clock.move_to(THURSDAY_NINE)
    few = [statements(client, webinar.maria, part) for part in ("/join", "/join?enter=video")]
    for _number in range(20):
        webinar.come()
    assert [statements(client, webinar.maria, part) for part in ("/join", "/join?enter=video")] == few
    assert max(few) <= 7


def test_entering_writes_nothing_once_the_address_is_confirmed(
    client: FlaskClient, webinar: Webinar, clock: Any
) -> None:
    clock.move_to(THURSDAY_NINE)
    client.post(address(webinar.maria))
    written: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "BEGIN")):
            written.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        client.post(address(webinar.maria))
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    assert written == []


# --- The personal page of somebody without a seat ---------------------------------------------------------


@pytest.fixture
def full(app: Flask) -> Webinar:
    return Webinar(capacity=1)


def test_the_seat_is_given_back_by_the_first_button(client: FlaskClient, webinar: Webinar) -> None:
    section = page(client, webinar.maria, "").split('id="give-back"')[1].split("</section>")[0]
    assert f'action="{address(webinar.maria, "/give-back")}"' in section
    assert "<details" not in section


def test_who_waited_to_the_end_reads_that_no_seat_became_free(
    client: FlaskClient, full: Webinar, clock: Any
) -> None:
    clock.move_to(ENDS)
    shown = page(client, full.nameless, "?lang=en")
    assert "All seats were taken this time." in shown
    assert "We write as soon as a seat is free." not in shown and "your number is" not in shown


def test_who_waits_for_what_is_cancelled_is_promised_nothing(client: FlaskClient, full: Webinar) -> None:
    event_changes.cancel(full.event, THURSDAY_NINE - timedelta(days=1), staff_id=full.host.id)
    db.session.commit()
    shown = page(client, full.nameless, "?lang=en")
    assert "We had to cancel it." in shown and "We write as soon as a seat is free." not in shown


def test_the_address_is_asked_for_only_while_reminders_can_still_reach_it(
    client: FlaskClient, webinar: Webinar, clock: Any
) -> None:
    asked = f'action="{address(webinar.maria, "/confirm")}"'
    assert asked in page(client, webinar.maria, "")
    clock.move_to(ENDS)
    assert asked not in page(client, webinar.maria, "")
