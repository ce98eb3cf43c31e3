"""Open pages ask whether there is news: one statement, mostly 304."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories import (
    NOW,
    make_centre,
    make_consultation,
    make_deputy,
    make_event,
    make_specialist,
    register,
)
from webapp.models import Centre, Consultation, HelpRequest, Move, Staff, db
from webapp.services.consultations import cancelling
from webapp.services.events import event_changes
from webapp.services.help_requests.lifecycle import record
from webapp.services.pages import personal_links
from webapp.services.rooms.connection_problems import LATE, report

SignIn = Callable[[Staff], FlaskClient]
TODAY_THREE = NOW + timedelta(hours=4)


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def specialist(centre: Centre) -> Staff:
    return make_specialist(centre)


@pytest.fixture
def consultation(centre: Centre, specialist: Staff) -> Consultation:
    consultation = make_consultation(centre, specialist, at=TODAY_THREE)
    db.session.commit()
    return consultation


def request_of(consultation: Consultation) -> HelpRequest:
    return db.session.get_one(HelpRequest, consultation.help_request_id)


def family_page(consultation: Consultation) -> str:
    token = personal_links.token_of(personal_links.PAGE, help_request_id=consultation.help_request_id)
    return f"/f/{token}"


def drawn_with(client: FlaskClient, page: str) -> str:
    """The version that stands in the page."""
    found = re.search(r'data-version="([^"]+)"', client.get(page).get_data(as_text=True))
    assert found is not None
    return found[1]


def ask(client: FlaskClient, page: str, version: str) -> TestResponse:
    return client.get(f"{page}/version", headers={"If-None-Match": f'"{version}"'})


@contextmanager
def statements() -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            asked.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("part", ["", "/join"])
def test_a_family_page_that_is_up_to_date_is_told_so_by_one_statement(
    client: FlaskClient, consultation: Consultation, part: str
) -> None:
    page = family_page(consultation)
    version = drawn_with(client, page + part)
    with statements() as asked:
        answer = ask(client, page, version)
    assert (answer.status_code, answer.get_data(), len(asked)) == (304, b"", 1)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["ETag"] == f'"{version}"'
    assert "Set-Cookie" not in answer.headers


def test_a_family_page_learns_that_its_date_is_off(
    client: FlaskClient, consultation: Consultation, specialist: Staff
) -> None:
    page = family_page(consultation)
    version = drawn_with(client, page)
    cancelling.cancel_by_centre(request_of(consultation), consultation, NOW, staff_id=specialist.id)
    db.session.commit()
    assert ask(client, page, version).status_code == 200
    assert ask(client, page, drawn_with(client, page)).status_code == 304


def test_what_the_office_notes_is_no_news_for_a_family(
    client: FlaskClient, consultation: Consultation, centre: Centre
) -> None:
    page = family_page(consultation)
    version = drawn_with(client, page)
    record(centre.id, "call.try", NOW, help_request_id=consultation.help_request_id)
    db.session.commit()
    assert ask(client, page, version).status_code == 304


def test_while_a_case_is_open_the_page_asks_often(
    client: FlaskClient, consultation: Consultation, centre: Centre
) -> None:
    assert 'data-open=""' in client.get(family_page(consultation)).get_data(as_text=True)
    case = Move(
        centre_id=centre.id,
        consultation_id=consultation.id,
        state="reported",
        cause="technical",
        reported_at=NOW,
        due_at=TODAY_THREE,
        old_starts_at=TODAY_THREE,
    )
    db.session.add(case)
    db.session.commit()
    assert 'data-open="yes"' in client.get(family_page(consultation)).get_data(as_text=True)


@pytest.mark.parametrize("token", ["s-" + "x" * 43, "x" * 43])
def test_a_dead_link_has_no_version(client: FlaskClient, app: Flask, token: str) -> None:
    assert client.get(f"/f/{token}/version").status_code == 404


def test_a_blocked_family_has_no_version(client: FlaskClient, consultation: Consultation) -> None:
    page = family_page(consultation)
    cancelling.withdraw_consent(request_of(consultation), NOW)
    db.session.commit()
    assert client.get(f"{page}/version").status_code == 404


def test_a_page_with_typed_words_does_not_ask(client: FlaskClient, consultation: Consultation) -> None:
    answer = client.post(f"{family_page(consultation)}/suggest", data={"words": "я" * 5000})
    assert answer.status_code == 422
    assert "data-live" not in answer.get_data(as_text=True)


def test_a_participant_learns_of_a_move_and_not_of_who_else_registers(
    client: FlaskClient, centre: Centre, specialist: Staff
) -> None:
    event = make_event(centre, specialist)
    registration = register(event)
    db.session.commit()
    page = f"/f/{personal_links.token_of(personal_links.SEAT, registration_id=registration.id)}"
    version = drawn_with(client, page)
    register(event, email="other@example.org")
    db.session.commit()
    with statements() as asked:
        assert ask(client, page, version).status_code == 304
    assert len(asked) == 1
    event_changes.cancel(event, NOW, staff_id=specialist.id)
    db.session.commit()
    assert ask(client, page, version).status_code == 200


@pytest.mark.parametrize("page", ["day", "consultation"])
def test_a_specialist_learns_that_the_family_will_be_late(
    sign_in: SignIn, centre: Centre, specialist: Staff, consultation: Consultation, page: str
) -> None:
    client = sign_in(specialist)
    address = "/staff/day" if page == "day" else f"/staff/consultations/{consultation.id}"
    version = drawn_with(client, address)
    with statements() as asked:
        assert ask(client, address, version).status_code == 304
    assert len(asked) == 2  # who is signed in, and the version
    report(centre, request_of(consultation), LATE, TODAY_THREE - timedelta(minutes=5))
    db.session.commit()
    assert ask(client, address, version).status_code == 200


def test_a_new_date_of_today_is_news_of_the_day(
    sign_in: SignIn, centre: Centre, specialist: Staff, consultation: Consultation
) -> None:
    client = sign_in(specialist)
    version = drawn_with(client, "/staff/day")
    make_consultation(centre, specialist, at=TODAY_THREE + timedelta(hours=1))
    db.session.commit()
    assert ask(client, "/staff/day", version).status_code == 200


def test_only_its_specialists_and_those_who_see_requests_may_ask(
    sign_in: SignIn, centre: Centre, consultation: Consultation
) -> None:
    address = f"/staff/consultations/{consultation.id}/version"
    assert sign_in(make_deputy(centre)).get(address).status_code == 200
    assert sign_in(make_specialist(centre)).get(address).status_code == 404
    assert sign_in(make_deputy(make_centre())).get(address).status_code == 404
