"""Questions to the hosts: asked without a name, shown by a host, voted for once."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import NOW, make_centre, make_event, make_specialist, register
from webapp.models import GroupEvent, Question, Registration, Staff, db
from webapp.services.pages import personal_links
from webapp.services.seats import registrations

SignIn = Callable[[Staff], FlaskClient]
WORDS = "Сын говорит только дома. Это застенчивость?"


@pytest.fixture
def host(app: Flask) -> Staff:
    return make_specialist(make_centre())


@pytest.fixture
def event(host: Staff) -> GroupEvent:
    from webapp.models import Centre

    return make_event(db.session.get_one(Centre, host.centre_id), host)


def page_of(registration: Registration) -> str:
    token = personal_links.token_of(personal_links.SEAT, registration_id=registration.id)
    db.session.commit()
    return f"/f/{token}"


def asked(client: FlaskClient, event: GroupEvent) -> Question:
    page = page_of(register(event, shown_name="Мария Асылова"))
    client.post(f"{page}/questions", data={"words": WORDS})
    return db.session.scalars(sa.select(Question)).one()


def test_a_new_question_is_seen_by_its_author_and_the_hosts_only(
    client: FlaskClient, event: GroupEvent, host: Staff, sign_in: SignIn
) -> None:
    asked(client, event)
    other = page_of(register(event))
    assert WORDS not in client.get(other).get_data(as_text=True)
    assert WORDS in sign_in(host).get(f"/staff/events/{event.id}/questions").get_data(as_text=True)


def test_a_shown_question_stands_on_every_page_without_a_name(
    client: FlaskClient, event: GroupEvent, host: Staff, sign_in: SignIn
) -> None:
    question = asked(client, event)
    sign_in(host).post(f"/staff/events/{event.id}/questions/{question.id}/show")
    text = client.get(page_of(register(event))).get_data(as_text=True)
    assert WORDS in text
    assert "Асылова" not in text


def test_one_person_votes_once_and_not_for_their_own(
    client: FlaskClient, event: GroupEvent, host: Staff, sign_in: SignIn
) -> None:
    question = asked(client, event)
    sign_in(host).post(f"/staff/events/{event.id}/questions/{question.id}/show")
    other = page_of(register(event))
    for _ in range(3):
        client.post(f"{other}/questions/{question.id}/vote")
    author = db.session.get_one(Registration, question.registration_id)
    own = client.post(f"{page_of(author)}/questions/{question.id}/vote")
    assert own.status_code == 409
    assert db.session.get_one(Question, question.id, populate_existing=True).votes == 1


def test_ten_thousand_letters_get_their_message_and_stay_in_the_field(
    client: FlaskClient, event: GroupEvent
) -> None:
    typed = "Почему так? " * 900
    answer = client.post(f"{page_of(register(event))}/questions", data={"words": typed})
    assert answer.status_code == 422
    assert "Не больше 500 знаков" in answer.get_data(as_text=True)
    assert typed.strip()[:5000] in answer.get_data(as_text=True)


def test_a_script_in_a_question_is_shown_as_letters(
    client: FlaskClient, event: GroupEvent, host: Staff, sign_in: SignIn
) -> None:
    page = page_of(register(event))
    client.post(f"{page}/questions", data={"words": "<script>alert(1)</script>"})
    text = sign_in(host).get(f"/staff/events/{event.id}/questions").get_data(as_text=True)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_who_gave_the_seat_back_asks_nothing_more(client: FlaskClient, event: GroupEvent) -> None:
    registration = register(event)
    registrations.give_back(registration, NOW)
    answer = client.post(f"{page_of(registration)}/questions", data={"words": WORDS})
    assert answer.status_code == 422
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Question)) == 0


def test_a_colleague_who_does_not_hold_the_event_decides_nothing(
    client: FlaskClient, event: GroupEvent, host: Staff, sign_in: SignIn
) -> None:
    from webapp.models import Centre

    question = asked(client, event)
    colleague = make_specialist(db.session.get_one(Centre, host.centre_id))
    answer = sign_in(colleague).post(f"/staff/events/{event.id}/questions/{question.id}/show")
    assert answer.status_code == 404
    assert db.session.get_one(Question, question.id, populate_existing=True).state == "asked"
