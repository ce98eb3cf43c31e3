"""The family's way into the room, by the clock and by the mode of the video server."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import NOW, THURSDAY_NINE, ask, make_centre, make_consultation, make_specialist
from webapp.config import JitsiMode
from webapp.models import Centre, ConnectionProblem, Consultation, Letter, Participation, db

ENDS = THURSDAY_NINE + timedelta(minutes=40)


class Scene:
    """A family with a consultation on Thursday at nine."""

    def __init__(self, means: str = "video", **centre_values: Any) -> None:
        self.centre: Centre = make_centre(**centre_values)
        self.specialist = make_specialist(self.centre)
        receipt = ask(self.centre, means=means, phone="+79160000000")
        self.token = receipt.page_token
        self.consultation: Consultation = make_consultation(
            self.centre, self.specialist, request=receipt.request, means=means
        )
        db.session.commit()

    def address(self, part: str = "/join") -> str:
        return f"/f/{self.token}{part}"


@pytest.fixture
def scene(app: Flask) -> Scene:
    return Scene()


def page(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_before_the_door_there_is_a_countdown_and_no_way_in(client: FlaskClient, scene: Scene) -> None:
    shown = page(client, scene.address())
    opens = int((THURSDAY_NINE - timedelta(minutes=10)).timestamp() * 1000)
    assert f'data-countdown="{opens}"' in shown
    assert f'data-now="{int(NOW.timestamp() * 1000)}"' in shown
    assert 'name="voice"' not in shown


def test_asking_for_the_room_too_early_shows_no_token(client: FlaskClient, scene: Scene) -> None:
    shown = page(client, scene.address("/join?enter=video"))
    assert "data-jwt" not in shown
    assert scene.consultation.room not in shown


def test_the_open_door_offers_video_and_voice(client: FlaskClient, scene: Scene, clock: Any) -> None:
    clock.move_to(THURSDAY_NINE - timedelta(minutes=10))
    shown = page(client, scene.address())
    assert 'name="voice" value="1"' in shown
    assert "data-jwt" not in shown


def test_going_in_by_voice_is_noted_as_used(client: FlaskClient, scene: Scene, clock: Any) -> None:
    clock.move_to(THURSDAY_NINE)
    answer = client.post(scene.address(), data={"voice": "1"})
    assert answer.location.endswith("/join?enter=voice")
    assert db.session.scalar(sa.select(Participation.voice_only_at)) == THURSDAY_NINE


def test_going_in_with_video_is_no_voice_only(client: FlaskClient, scene: Scene, clock: Any) -> None:
    clock.move_to(THURSDAY_NINE)
    client.post(scene.address(), data={"voice": "1"})
    answer = client.post(scene.address(), data={})
    assert answer.location.endswith("/join?enter=video")
    assert db.session.scalar(sa.select(Participation.voice_only_at)) is None


def test_nobody_is_noted_as_gone_in_before_the_door(client: FlaskClient, scene: Scene) -> None:
    answer = client.post(scene.address(), data={"voice": "1"})
    assert answer.status_code == 409
    assert db.session.scalar(sa.select(Participation.voice_only_at)) is None


def test_the_room_page_carries_a_token_for_exactly_this_room(
    client: FlaskClient, scene: Scene, clock: Any, app: Flask
) -> None:
    clock.move_to(THURSDAY_NINE)
    shown = page(client, scene.address("/join?enter=video"))
    token = shown.split('data-jwt="')[1].split('"')[0]
    secret = app.config["SETTINGS"].jitsi_secret.get_secret_value()
    claims = jwt.decode(
        token,
        secret,
        algorithms=["HS256"],
        audience="jitsi",
        options={"verify_exp": False, "verify_nbf": False},
    )
    assert claims["room"] == scene.consultation.room
    assert claims["sub"] == "meet.school.example"
    assert claims["nbf"] == int((THURSDAY_NINE - timedelta(minutes=11)).timestamp())
    assert claims["exp"] == int((ENDS + timedelta(minutes=1)).timestamp())
    assert claims["context"]["user"]["moderator"] is False
    assert 'data-script="https://meet.school.example/external_api.js"' in shown


def test_the_room_page_may_use_the_camera_and_load_the_script(
    client: FlaskClient, scene: Scene, clock: Any
) -> None:
    clock.move_to(THURSDAY_NINE)
    headers = client.get(scene.address("/join?enter=video")).headers
    assert "script-src 'self' https://meet.school.example" in headers["Content-Security-Policy"]
    assert 'camera=(self "https://meet.school.example")' in headers["Permissions-Policy"]
    assert headers["Cache-Control"] == "no-store"


def test_a_centre_may_step_down_to_a_link(client: FlaskClient, app: Flask, clock: Any) -> None:
    scene = Scene(video_by_link_only=True)
    clock.move_to(THURSDAY_NINE)
    shown = page(client, scene.address("/join?enter=video"))
    assert f"https://meet.school.example/{scene.consultation.room}?jwt=" in shown
    assert "data-script" not in shown


def test_with_a_public_server_there_is_a_link_without_a_token(
    client: FlaskClient, scene: Scene, clock: Any, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.config["SETTINGS"], "jitsi_mode", JitsiMode.LINK)
    clock.move_to(THURSDAY_NINE)
    shown = page(client, scene.address("/join?enter=voice"))
    assert f'href="https://meet.school.example/{scene.consultation.room}"' in shown
    assert "data-script" not in shown


def test_after_the_end_the_way_leads_to_the_recommendations(
    client: FlaskClient, scene: Scene, clock: Any
) -> None:
    clock.move_to(ENDS)
    shown = page(client, scene.address("/join?enter=video"))
    assert "data-jwt" not in shown
    assert f'href="/f/{scene.token}"' in shown


def test_what_was_ended_for_all_cannot_be_entered_again(
    client: FlaskClient, scene: Scene, clock: Any
) -> None:
    scene.consultation.ended_for_all_at = THURSDAY_NINE
    db.session.commit()
    clock.move_to(THURSDAY_NINE + timedelta(minutes=1))
    assert "data-jwt" not in page(client, scene.address("/join?enter=video"))


def test_a_cancelled_consultation_has_no_door(client: FlaskClient, scene: Scene, clock: Any) -> None:
    scene.consultation.state = "cancelled"
    db.session.commit()
    clock.move_to(THURSDAY_NINE)
    shown = page(client, scene.address("/join?enter=video"))
    assert "data-jwt" not in shown
    assert "data-countdown" not in shown


def test_by_phone_the_page_says_that_we_call(client: FlaskClient, app: Flask, clock: Any) -> None:
    scene = Scene(means="phone")
    clock.move_to(THURSDAY_NINE)
    shown = page(client, scene.address("/join?enter=video"))
    assert "+7\u00a0916\u00a0000-00-00" in shown
    assert "data-countdown" not in shown


def test_another_familys_link_opens_nothing(client: FlaskClient, scene: Scene) -> None:
    assert client.get("/f/" + "x" * 43 + "/join").status_code == 404


def test_i_cannot_connect_tells_the_specialist_at_once(client: FlaskClient, scene: Scene, clock: Any) -> None:
    clock.move_to(THURSDAY_NINE)
    answer = client.post(scene.address("/problem"))
    assert answer.location.endswith("/join")
    assert db.session.scalar(sa.select(ConnectionProblem.kind)) == "cannot_connect"
    letter = db.session.scalars(sa.select(Letter).where(Letter.kind == "cannot_connect")).one()
    assert (letter.staff_id, letter.due_at) == (scene.specialist.id, THURSDAY_NINE)
    assert "+73430001212" in page(client, scene.address())


def test_a_button_pressed_again_and_again_is_one_message(
    client: FlaskClient, scene: Scene, clock: Any
) -> None:
    clock.move_to(THURSDAY_NINE)
    for _press in range(3):
        client.post(scene.address("/problem"))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ConnectionProblem)) == 1
    clock.move_to(THURSDAY_NINE + timedelta(minutes=5))
    client.post(scene.address("/problem"))
    kinds = db.session.scalars(sa.select(Letter.kind).where(Letter.kind == "cannot_connect")).all()
    assert len(kinds) == 2


def test_being_late_is_told_once(client: FlaskClient, scene: Scene, clock: Any) -> None:
    clock.move_to(THURSDAY_NINE - timedelta(minutes=30))
    for _press in range(2):
        assert client.post(scene.address("/late")).status_code == 302
    assert len(db.session.scalars(sa.select(Letter.id).where(Letter.kind == "late")).all()) == 1


def test_after_the_end_it_is_too_late_to_be_late(client: FlaskClient, scene: Scene, clock: Any) -> None:
    clock.move_to(ENDS)
    assert client.post(scene.address("/late")).status_code == 409


def test_camera_and_sound_can_be_tested_at_any_time(client: FlaskClient, scene: Scene) -> None:
    answer = client.get(scene.address("/check"))
    assert answer.status_code == 200
    assert "camera=(self" in answer.headers["Permissions-Policy"]


def test_the_calendar_file_is_neutral_and_names_the_familys_own_page(
    client: FlaskClient, scene: Scene
) -> None:
    answer = client.get(scene.address("/consultation.ics"))
    assert answer.content_type == "text/calendar; charset=utf-8"
    text = answer.data.replace(b"\r\n ", b"").decode()
    assert f"http://kenes.example/f/{scene.token}" in text
    assert scene.consultation.room not in text
    assert "Вяземская" not in text


def test_a_join_page_asks_the_database_few_questions(client: FlaskClient, scene: Scene, clock: Any) -> None:
    clock.move_to(THURSDAY_NINE)
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        page(client, scene.address("/join?enter=video"))
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    assert len(asked) <= 8
