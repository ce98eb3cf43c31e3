"""The link of somebody without e-mail: printed at the office, or sent where the person says."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import NOW, make_centre, make_event, make_specialist, make_staff, register
from webapp import links
from webapp.models import BlockedAddress, Centre, GroupEvent, Letter, Registration, Staff, db
from webapp.rules.letters import LetterKind
from webapp.rules.permissions import Role
from webapp.services.pages import personal_links

Signed = Callable[[Staff], FlaskClient]


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def host(centre: Centre) -> Staff:
    return make_specialist(centre)


@pytest.fixture
def event(centre: Centre, host: Staff) -> GroupEvent:
    return make_event(centre, host, capacity=1)


@pytest.fixture
def desk(sign_in: Signed, centre: Centre) -> FlaskClient:
    return sign_in(make_staff(centre, Role.REGISTRAR))


@pytest.fixture
def caller(event: GroupEvent) -> Registration:
    person = register(event, email=None, phone="+79000000031")
    db.session.commit()
    return person


def address_of(person: Registration) -> str:
    return f"/staff/events/{person.group_event_id}/registrations/{person.id}/link"


def letters_to(email: str) -> list[str]:
    kinds = sa.select(Letter.kind).where(Letter.recipient == email).order_by(Letter.due_at, Letter.id)
    return list(db.session.scalars(kinds))


def test_the_slip_opens_the_page_of_the_seat(
    desk: FlaskClient, client: FlaskClient, caller: Registration
) -> None:
    token = personal_links.token_of(personal_links.SEAT, registration_id=caller.id)
    assert token is not None
    page = desk.get(address_of(caller)).get_data(as_text=True)
    assert links.family_page(token) in page and "<svg" in page
    assert client.get(f"/f/{token}").status_code == 200


def test_whoever_gave_an_address_finds_the_link_in_letters_only(desk: FlaskClient, event: GroupEvent) -> None:
    person = register(event, email="known@home.example")
    db.session.commit()
    token = personal_links.token_of(personal_links.SEAT, registration_id=person.id)
    assert str(token) not in desk.get(address_of(person)).get_data(as_text=True)
    desk.post(address_of(person), data={"email": "other@home.example"})
    db.session.refresh(person)
    assert person.email == "known@home.example"


def test_an_address_said_on_the_phone_gets_seat_invite_and_reminders(
    desk: FlaskClient, centre: Centre, caller: Registration
) -> None:
    hidden = links.address_fingerprint("said@home.example")  # blocked once, by "this wasn't me"
    db.session.add(BlockedAddress(centre_id=centre.id, address_hash=hidden, at=NOW))
    db.session.commit()
    assert desk.post(address_of(caller), data={"email": " Said@Home.example "}).status_code == 302
    db.session.refresh(caller)
    assert (caller.email, caller.email_confirmed_at) == ("said@home.example", NOW)
    assert not BlockedAddress.is_known(centre.id, "said@home.example")
    assert letters_to("said@home.example") == [
        LetterKind.SEAT_CONFIRMED,
        LetterKind.EVENT_DAY_BEFORE,
        LetterKind.EVENT_HOUR_BEFORE,
    ]


def test_who_waits_gets_the_link(desk: FlaskClient, event: GroupEvent, caller: Registration) -> None:
    waiting = register(event, email=None, phone="+79000000032")
    db.session.commit()
    desk.post(address_of(waiting), data={"email": "waits@home.example"})
    assert letters_to("waits@home.example") == [LetterKind.NEW_LINK]


@pytest.mark.parametrize("typed", ["", "nobody", "a@b"])
def test_what_is_no_address_comes_back_with_a_word(
    desk: FlaskClient, caller: Registration, typed: str
) -> None:
    answer = desk.post(address_of(caller), data={"email": typed})
    assert answer.status_code == 422
    assert 'id="email-error"' in answer.get_data(as_text=True)
    db.session.refresh(caller)
    assert caller.email is None


def test_another_centre_finds_nothing(sign_in: Signed, caller: Registration) -> None:
    stranger = make_staff(make_centre(), Role.REGISTRAR)
    db.session.commit()
    assert sign_in(stranger).get(address_of(caller)).status_code == 404
