"""What a specialist sees of requests that have no date yet."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import (
    NOW,
    THURSDAY_NINE,
    make_centre,
    make_consultation,
    make_deputy,
    make_request,
    make_specialist,
    make_topic,
)
from webapp.letters.compose import compose
from webapp.models import Centre, HelpRequest, Letter, Staff, db
from webapp.services.help_requests import answers

Signed = Callable[[Staff], FlaskClient]
WORDS = "Дочь не выходит из комнаты"


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def deputy(centre: Centre) -> Staff:
    return make_deputy(centre, phone="+73430001214")


@pytest.fixture
def specialist(centre: Centre, deputy: Staff) -> Staff:
    return make_specialist(centre)


@pytest.fixture
def urgent(centre: Centre, specialist: Staff) -> HelpRequest:
    topic = make_topic(centre, specialist)
    return make_request(centre, urgent=True, topic_id=topic.id, words=WORDS, phone="+79000000052")


def page(client: FlaskClient, request: HelpRequest) -> str:
    return client.get(f"/staff/asked/{request.id}?lang=en").get_data(as_text=True)


def day(client: FlaskClient) -> str:
    return client.get("/staff/day?lang=en").get_data(as_text=True)


def letter_of(staff: Staff) -> str:
    letter = db.session.scalars(sa.select(Letter).where(Letter.staff_id == staff.id)).one()
    message = compose(letter, NOW)
    assert message is not None
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_the_letter_about_an_urgent_request_leads_the_specialist_to_its_words(
    urgent: HelpRequest, specialist: Staff, sign_in: Signed
) -> None:
    address = f"/staff/asked/{urgent.id}"
    assert address in letter_of(specialist)
    assert WORDS in sign_in(specialist).get(address).get_data(as_text=True)


def test_the_letter_leads_the_deputy_to_where_it_is_answered(urgent: HelpRequest, deputy: Staff) -> None:
    assert f"/staff/requests/{urgent.id}" in letter_of(deputy)


def test_an_urgent_request_stands_in_the_day_of_those_who_were_told(
    urgent: HelpRequest, specialist: Staff, sign_in: Signed
) -> None:
    assert f"/staff/asked/{urgent.id}" in day(sign_in(specialist))


def test_the_page_says_whom_to_call_and_who_sets_the_date(
    urgent: HelpRequest, specialist: Staff, deputy: Staff, sign_in: Signed
) -> None:
    shown = page(sign_in(specialist), urgent)
    assert "You can call the family." in shown and "tel:+79000000052" in shown
    assert deputy.name in shown and "tel:+73430001214" in shown


def test_a_family_without_a_phone_is_not_to_be_called(
    centre: Centre, specialist: Staff, sign_in: Signed
) -> None:
    request = make_request(centre, urgent=True, specialist=specialist, words=WORDS)
    shown = page(sign_in(specialist), request)
    assert WORDS in shown and "You can call the family." not in shown


def test_a_request_that_is_assigned_stands_in_the_day(
    centre: Centre, deputy: Staff, specialist: Staff, sign_in: Signed
) -> None:
    request = make_request(centre, words=WORDS)
    client = sign_in(specialist)
    assert f"/staff/asked/{request.id}" not in day(client)
    answers.assign(centre, request, specialist.id, NOW, staff_id=deputy.id)
    db.session.commit()
    assert f"/staff/asked/{request.id}" in day(client)
    assert WORDS in page(client, request)


def test_what_a_colleague_has_is_told_without_its_words(
    centre: Centre, urgent: HelpRequest, specialist: Staff, deputy: Staff, sign_in: Signed
) -> None:
    colleague = make_specialist(centre, name="Пётр Ильич Дёмин")
    answers.assign(centre, urgent, colleague.id, NOW, staff_id=deputy.id)
    db.session.commit()
    client = sign_in(specialist)
    shown = page(client, urgent)
    assert "a colleague has it" in shown
    assert WORDS not in shown and urgent.parent_name not in shown
    assert f"/staff/asked/{urgent.id}" not in day(client)


def test_a_request_that_concerns_somebody_else_is_not_there(
    centre: Centre, specialist: Staff, sign_in: Signed
) -> None:
    request = make_request(centre)
    assert sign_in(specialist).get(f"/staff/asked/{request.id}").status_code == 404


def test_an_answered_request_is_told_without_its_words(
    centre: Centre, urgent: HelpRequest, specialist: Staff, sign_in: Signed
) -> None:
    make_consultation(centre, make_specialist(centre), at=THURSDAY_NINE, request=urgent)
    db.session.commit()
    client = sign_in(specialist)
    shown = page(client, urgent)
    assert "It is answered, or" in shown
    assert WORDS not in shown and urgent.parent_name not in shown
    assert f"/staff/asked/{urgent.id}" not in day(client)
