"""The family's page when a time changes: a wish, times to choose from, a delay."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import NOW, THURSDAY_NINE, make_event, minutes_before, register
from tests.integration.services.moves import BROKEN, FRIDAY_NINE, HALF_AN_HOUR_BEFORE, Stage
from webapp.models import Letter, Move, OfferedTime, db
from webapp.rules.moves import MoveState
from webapp.services.events import group_events
from webapp.services.moves import move_cases, move_decisions, move_offers, move_outcomes, move_reports
from webapp.services.pages import personal_links


@pytest.fixture
def stage(app: Flask) -> Iterator[Stage]:
    stage = Stage()
    db.session.commit()
    yield stage


def page_of(stage: Stage, path: str = "") -> str:
    token = personal_links.token_of(personal_links.LETTER, help_request_id=stage.request.id)
    return f"/f/{token}{path}"


def text(client: FlaskClient, stage: Stage, path: str = "") -> str:
    return client.get(page_of(stage, path)).get_data(as_text=True)


def state() -> str:
    db.session.expire_all()
    return db.session.scalars(sa.select(Move.state)).one()


def test_another_time_is_asked_for_in_words_and_the_old_one_stays(stage: Stage, client: FlaskClient) -> None:
    assert page_of(stage, "/wish-time") in text(client, stage)
    client.post(page_of(stage, "/wish-time"), data={"words": "После 18:00", "date": stage.consultation.id})
    page = text(client, stage)
    assert state() == MoveState.REPORTED
    assert "Вы просили другое время." in page
    assert page_of(stage, "/wish-time") not in page
    assert "Подтверждена" in page


def test_a_wish_needs_words(stage: Stage, client: FlaskClient) -> None:
    answer = client.post(page_of(stage, "/wish-time"), data={"words": " ", "date": stage.consultation.id})
    assert answer.status_code == 422
    assert db.session.scalar(sa.select(Move.id)) is None


def test_near_the_start_the_page_says_whom_to_call(stage: Stage, client: FlaskClient, clock: Any) -> None:
    stage.centre.family_cancel_hours = 12
    db.session.commit()
    clock.move_to(THURSDAY_NINE.replace(hour=0))
    page = text(client, stage)
    assert page_of(stage, "/wish-time") not in page
    assert page_of(stage, "/cancel") not in page
    assert page.count("Здесь это сделать уже поздно.") == 2
    for path in ("/wish-time", "/cancel"):
        answer = client.post(page_of(stage, path), data={"words": "Слова", "date": stage.consultation.id})
        assert "000-12-12" in answer.get_data(as_text=True)


def test_the_family_keeps_its_old_time(stage: Stage, client: FlaskClient) -> None:
    client.post(page_of(stage, "/wish-time"), data={"words": "Вечером", "date": stage.consultation.id})
    client.post(page_of(stage, "/keep-time"), data={"date": stage.consultation.id})
    assert state() == MoveState.TAKEN_BACK


@pytest.mark.parametrize("path", ["/wish-time", "/keep-time", "/other-times"])
def test_a_date_of_another_family_is_not_to_be_had(stage: Stage, client: FlaskClient, path: str) -> None:
    foreign = stage.consultation.id
    stage.hold(at=FRIDAY_NINE)
    db.session.commit()
    client.post(page_of(stage, path), data={"words": "Слова", "date": foreign})
    assert db.session.scalar(sa.select(Move.id)) is None


def offered(stage: Stage) -> list[int]:
    move_offers.offer_times(
        stage.centre,
        stage.allowed(),
        [FRIDAY_NINE, FRIDAY_NINE.replace(hour=8)],
        HALF_AN_HOUR_BEFORE,
        staff_id=stage.deputy.id,
    )
    db.session.commit()
    return list(db.session.scalars(sa.select(OfferedTime.id).order_by(OfferedTime.starts_at)))


def test_one_of_the_offered_times_is_chosen_and_the_old_link_shows_it(
    stage: Stage, client: FlaskClient, clock: Any
) -> None:
    clock.move_to(HALF_AN_HOUR_BEFORE)
    first, _second = offered(stage)
    page = text(client, stage)
    assert "Выберите новое время консультации" in page
    assert "по техническим причинам с нашей стороны" in page
    assert "Камера не включается" not in page
    client.post(page_of(stage, "/accept-move"), data={"time": first})
    page = text(client, stage)
    assert f'datetime="{FRIDAY_NINE.isoformat()}"' in page
    assert "Выберите новое время" not in page


@pytest.mark.parametrize("chosen", ["", "0", "999999", "teapot"])
def test_a_time_that_is_not_offered_is_refused(
    stage: Stage, client: FlaskClient, clock: Any, chosen: str
) -> None:
    clock.move_to(HALF_AN_HOUR_BEFORE)
    offered(stage)
    assert client.post(page_of(stage, "/accept-move"), data={"time": chosen}).status_code in (302, 409)
    assert state() == MoveState.ALLOWED


def test_none_suits_and_the_case_returns_to_the_list(stage: Stage, client: FlaskClient, clock: Any) -> None:
    clock.move_to(HALF_AN_HOUR_BEFORE)
    offered(stage)
    client.post(
        page_of(stage, "/other-times"), data={"words": "Только вечером", "date": stage.consultation.id}
    )
    assert state() == MoveState.ALLOWED
    assert "Выберите новое время" not in text(client, stage)


@pytest.mark.parametrize("path", ["", "/join"])
def test_before_the_start_of_what_is_undecided_the_page_says_that_we_make_sure(
    stage: Stage, client: FlaskClient, clock: Any, path: str
) -> None:
    stage.report()
    db.session.commit()
    clock.move_to(minutes_before(THURSDAY_NINE, 8))
    page = text(client, stage, path)
    assert "Мы ещё проверяем, что всё работает." in page
    assert 'name="voice"' not in page


@pytest.mark.parametrize("path", ["", "/join"])
@pytest.mark.parametrize("minutes", [0, -5, -300])
def test_when_the_start_has_come_it_says_that_it_is_delayed_and_that_a_message_follows(
    stage: Stage, client: FlaskClient, clock: Any, path: str, minutes: int
) -> None:
    stage.report()
    db.session.commit()
    clock.move_to(minutes_before(THURSDAY_NINE, minutes))
    page = text(client, stage, path)
    assert "Консультация задерживается по техническим причинам." in page
    assert "Как только решим, напишем. Ждать у экрана не нужно." in page
    assert 'name="voice"' not in page


def test_nobody_gets_in_by_a_form_that_was_open_already(
    stage: Stage, client: FlaskClient, clock: Any
) -> None:
    stage.report()
    db.session.commit()
    clock.move_to(THURSDAY_NINE)
    assert client.post(page_of(stage, "/join")).status_code == 409


def test_the_history_of_the_family_is_told_in_neutral_words(
    stage: Stage, client: FlaskClient, clock: Any
) -> None:
    clock.move_to(HALF_AN_HOUR_BEFORE)
    move_outcomes.set_new_time(
        stage.centre, stage.report(), FRIDAY_NINE, HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id
    )
    db.session.commit()
    page = text(client, stage)
    assert "Возникло затруднение с нашей стороны" in page
    assert "Консультация перенесена" in page or "новое время" in page
    assert "Камера" not in page.split('id="steps"')[1]


def test_whoever_registered_for_a_group_reads_of_the_delay_and_then_that_it_begins(
    stage: Stage, client: FlaskClient, clock: Any
) -> None:
    event = make_event(stage.centre, stage.specialist, at=FRIDAY_NINE)
    person = register(event)
    meeting = group_events.meetings(event)[0]
    now = minutes_before(FRIDAY_NINE, 20)
    (move,) = move_reports.report(stage.centre, meeting, stage.specialist, BROKEN, now)
    db.session.commit()
    token = personal_links.token_of(personal_links.SEAT, registration_id=person.id)
    clock.move_to(minutes_before(FRIDAY_NINE, -2))
    page = client.get(f"/f/{token}").get_data(as_text=True)
    assert "Встреча задерживается по техническим причинам." in page
    move_decisions.take_back(
        move_cases.find(stage.centre, move.id), minutes_before(FRIDAY_NINE, -3), staff_id=stage.specialist.id
    )
    db.session.commit()
    told = db.session.scalars(
        sa.select(Letter.registration_id).where(Letter.kind == "consultation_goes_on")
    ).all()
    assert told == [person.id]
    assert "задерживается" not in client.get(f"/f/{token}").get_data(as_text=True)


def test_a_wish_before_now_is_no_delay(stage: Stage, client: FlaskClient, clock: Any) -> None:
    stage.wish(now=NOW)
    db.session.commit()
    clock.move_to(minutes_before(THURSDAY_NINE, 5))
    assert 'name="voice"' in text(client, stage, "/join")
