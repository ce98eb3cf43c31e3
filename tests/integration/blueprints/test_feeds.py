"""Calendars to subscribe to."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from tests.factories import NOW, THURSDAY_NINE, ask, make_centre, make_consultation, make_specialist
from webapp.models import Participation, Staff, db
from webapp.services.consultations import cancelling
from webapp.services.pages import personal_links


@pytest.fixture
def specialist(app: Flask) -> Staff:
    return make_specialist(make_centre())


def feed_of(specialist: Staff) -> str:
    token = personal_links.renew(personal_links.FEED, NOW, staff_id=specialist.id)
    db.session.commit()
    return f"/feeds/{token}.ics"


def events(content: bytes) -> list[Any]:
    return list(Calendar.from_ical(content).walk("VEVENT"))


def centre_of(specialist: Staff) -> Any:
    from webapp.models import Centre

    return db.session.get_one(Centre, specialist.centre_id)


def test_a_specialists_feed_holds_the_consultations_without_names(
    client: FlaskClient, specialist: Staff
) -> None:
    made = make_consultation(centre_of(specialist), specialist)
    answer = client.get(feed_of(specialist))
    assert answer.content_type == "text/calendar; charset=utf-8"
    [event] = events(answer.data)
    assert (str(event["UID"]), event["DTSTART"].dt) == (made.uid, THURSDAY_NINE)
    text = answer.data.replace(b"\r\n ", b"").decode()
    for secret in ("Остроградская", "А. К.", "Сын", "Вяземская", "ATTENDEE", made.room):
        assert secret not in text


def test_a_familys_feed_uses_the_uid_of_its_invite(client: FlaskClient, specialist: Staff) -> None:
    receipt = ask(centre_of(specialist))
    make_consultation(centre_of(specialist), specialist, request=receipt.request)
    token = personal_links.token_of(personal_links.FEED, help_request_id=receipt.request.id)
    db.session.commit()
    answer = client.get(f"/feeds/{token}.ics")
    [event] = events(answer.data)
    assert str(event["UID"]) == db.session.scalar(sa.select(Participation.uid))
    assert f"/f/{receipt.page_token}" in str(event["URL"])


def test_an_unchanged_feed_is_304_without_a_body(client: FlaskClient, specialist: Staff) -> None:
    make_consultation(centre_of(specialist), specialist)
    address = feed_of(specialist)
    etag = client.get(address).headers["ETag"]
    answer = client.get(address, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == etag
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_a_cancellation_changes_the_feed_and_stays_in_it_for_a_month(
    client: FlaskClient, specialist: Staff, clock: Any
) -> None:
    receipt = ask(centre_of(specialist))
    made = make_consultation(centre_of(specialist), specialist, request=receipt.request)
    address = feed_of(specialist)
    etag = client.get(address).headers["ETag"]
    cancelling.cancel_by_family(receipt.request, made, NOW)
    db.session.commit()
    answer = client.get(address, headers={"If-None-Match": etag})
    assert answer.status_code == 200
    [event] = events(answer.data)
    assert (str(event["STATUS"]), event["SEQUENCE"]) == ("CANCELLED", 1)
    clock.move_to(NOW + timedelta(days=31))
    assert events(client.get(address).data) == []


def test_a_second_booking_changes_the_feed(client: FlaskClient, specialist: Staff) -> None:
    address = feed_of(specialist)
    empty = client.get(address).headers["ETag"]
    make_consultation(centre_of(specialist), specialist)
    db.session.commit()
    assert client.get(address, headers={"If-None-Match": empty}).status_code == 200


def test_a_new_link_of_the_familys_page_changes_its_feed(client: FlaskClient, specialist: Staff) -> None:
    receipt = ask(centre_of(specialist))
    make_consultation(centre_of(specialist), specialist, request=receipt.request)
    token = personal_links.token_of(personal_links.FEED, help_request_id=receipt.request.id)
    db.session.commit()
    etag = client.get(f"/feeds/{token}.ics").headers["ETag"]
    new = personal_links.renew(personal_links.PAGE, NOW, help_request_id=receipt.request.id)
    db.session.commit()
    answer = client.get(f"/feeds/{token}.ics", headers={"If-None-Match": etag})
    assert answer.status_code == 200
    assert f"/f/{new}" in answer.data.replace(b"\r\n ", b"").decode()


def test_a_renewed_address_ends_the_old_one(client: FlaskClient, specialist: Staff) -> None:
    old = feed_of(specialist)
    new = feed_of(specialist)
    assert client.get(old).status_code == 404
    assert client.get(new).status_code == 200


def test_a_page_link_is_no_feed(client: FlaskClient, specialist: Staff) -> None:
    receipt = ask(centre_of(specialist))
    db.session.commit()
    assert client.get(f"/feeds/{receipt.page_token}.ics").status_code == 404


def test_the_feed_of_somebody_who_left_is_gone(client: FlaskClient, specialist: Staff) -> None:
    address = feed_of(specialist)
    specialist.active = False
    db.session.commit()
    assert client.get(address).status_code == 404


def test_after_consent_is_withdrawn_the_feed_is_gone(client: FlaskClient, specialist: Staff) -> None:
    receipt = ask(centre_of(specialist))
    token = personal_links.token_of(personal_links.FEED, help_request_id=receipt.request.id)
    cancelling.withdraw_consent(receipt.request, NOW)
    db.session.commit()
    assert client.get(f"/feeds/{token}.ics").status_code == 404
