"""Where letters of a demonstration can be read."""

import re
from collections.abc import Iterator

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import NOW, make_centre, make_consultation, make_specialist
from tests.integration.conftest import settings_for
from webapp import migrating
from webapp.factory import create_app
from webapp.jobs.tasks import deliver_due
from webapp.models import db


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    app = create_app(settings_for(tmp_path_factory.mktemp("demonstration"), demo=True))
    with app.app_context():
        migrating.upgrade()
        centre = make_centre()
        make_consultation(centre, make_specialist(centre), email="anna@home.example", now=NOW)
        db.session.commit()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def client(demonstration: Flask, clock: object) -> FlaskClient:
    with demonstration.app_context():
        deliver_due()
    return demonstration.test_client()


def letter_with_invite(client: FlaskClient) -> str:
    entries = client.get("/demo/mail").get_data(as_text=True).split("<li")
    (entry,) = (entry for entry in entries if "anna@home.example" in entry and " · " in entry)
    found = re.search(r"/demo/mail/\d+", entry)
    assert found
    return found.group()


def test_the_stage_says_whether_letters_leave_the_machine(demonstration: Flask, client: FlaskClient) -> None:
    assert "No letter leaves this machine." in client.get("/demo/?lang=en").get_data(as_text=True)
    demonstration.config["SMTP_URL"] = "smtp://mail.example"
    assert "Letters go to the mail server" in client.get("/demo/?lang=en").get_data(as_text=True)
    demonstration.config["SMTP_URL"] = ""


def test_letters_are_listed_and_shown(client: FlaskClient) -> None:
    for page in (client.get("/demo/mail"), client.get(letter_with_invite(client))):
        assert page.status_code == 200
        html5lib.HTMLParser(strict=True).parse(page.get_data(as_text=True))


def test_the_frame_holds_the_letter_under_its_own_policy(client: FlaskClient) -> None:
    address = letter_with_invite(client)
    page, frame = client.get(address), client.get(f"{address}/html")
    assert f'src="{address}/html"' in page.get_data(as_text=True)
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert frame.headers["Content-Security-Policy"].startswith(
        "default-src 'none'; style-src 'unsafe-inline'"
    )
    assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert '<base target="_top">' in frame.get_data(as_text=True)


def test_the_personal_link_of_the_letter_works(client: FlaskClient) -> None:
    html = client.get(f"{letter_with_invite(client)}/html").get_data(as_text=True)
    found = re.search(r"http://kenes\.example(/f/[A-Za-z0-9_-]{43})\"", html)
    assert found
    assert client.get(found.group(1)).status_code == 200


def test_the_invite_can_be_taken_along(client: FlaskClient) -> None:
    file = client.get(f"{letter_with_invite(client)}/invite.ics")
    assert file.mimetype == "text/calendar"
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert b"METHOD:REQUEST" in file.data


@pytest.mark.parametrize("address", ["/demo/mail/999999", "/demo/mail/999999/html", "/demo/mail/../1"])
def test_what_is_not_there_is_not_found(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404


def test_outside_a_demonstration_there_is_no_such_page(app: Flask) -> None:
    assert app.test_client().get("/demo/mail").status_code == 404
