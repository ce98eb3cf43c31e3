"""Group meetings among everything else that the staff looks at: day, checks, hours, days off, calendar."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import (
    NOW,
    THURSDAY_NINE,
    make_centre,
    make_deputy,
    make_event,
    make_event_type,
    make_specialist,
    texts,
)
from webapp.models import Centre, Staff, db
from webapp.services import days_off, group_events, overview, personal_links, workdays

SignIn = Callable[[Staff], FlaskClient]
TITLE = "Экзамены без паники"


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def host(centre: Centre) -> Staff:
    return make_specialist(centre)


def test_a_meeting_stands_in_the_day_and_leads_to_its_event(
    sign_in: SignIn, clock: Any, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host, titles=texts(TITLE))
    client = sign_in(host)
    week = client.get("/staff/day").get_data(as_text=True)
    assert f'href="/staff/events/{event.id}"' in week
    clock.move_to(THURSDAY_NINE - timedelta(minutes=5))
    today = client.get("/staff/day").get_data(as_text=True)
    assert today.count(TITLE) == 2  # in the agenda and in the week
    assert "Войти в комнату" in today


def test_a_draft_takes_the_time_and_says_that_nobody_knows_of_it(
    sign_in: SignIn, clock: Any, centre: Centre, host: Staff
) -> None:
    make_event(centre, host, titles=texts(TITLE), announced=False)
    client = sign_in(host)
    clock.move_to(THURSDAY_NINE - timedelta(minutes=5))
    assert "ещё не объявлена" in client.get("/staff/day").get_data(as_text=True)
    clock.move_to(THURSDAY_NINE + timedelta(hours=2))
    db.session.expire_all()
    assert overview.waiting(centre.id, host.id, THURSDAY_NINE + timedelta(hours=2))["day"] == 0
    assert overview.to_write_up(centre, THURSDAY_NINE + timedelta(hours=2)) == []


def test_a_meeting_that_is_over_waits_among_what_is_to_be_written_up(
    sign_in: SignIn, clock: Any, centre: Centre, host: Staff
) -> None:
    deputy = make_deputy(centre)
    event = make_event(centre, host, titles=texts(TITLE))
    client, of_deputy = sign_in(host), sign_in(deputy)
    clock.move_to(THURSDAY_NINE + timedelta(days=1))
    assert f'href="/staff/events/{event.id}"' in client.get("/staff/day").get_data(as_text=True)
    page = of_deputy.get("/staff/deadlines").get_data(as_text=True)
    assert page.index('id="write-up"') < page.index(f"/staff/events/{event.id}")


def test_the_deputy_sees_the_check_before_a_group_meeting(
    sign_in: SignIn, clock: Any, centre: Centre, host: Staff
) -> None:
    deputy = make_deputy(centre)
    event = make_event(centre, host, titles=texts(TITLE))
    client = sign_in(deputy)
    clock.move_to(THURSDAY_NINE - timedelta(minutes=4))
    page = client.get("/staff/deadlines").get_data(as_text=True)
    assert f'<a href="/staff/events/{event.id}">{TITLE}</a>' in page
    assert "ещё не отмечена" in page


def test_the_address_of_a_consultation_leads_to_the_event(
    sign_in: SignIn, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host)
    (meeting,) = group_events.meetings(event)
    answer = sign_in(host).get(f"/staff/consultations/{meeting.id}")
    assert answer.location == f"/staff/events/{event.id}"


def test_a_group_meeting_in_an_absence_leads_to_its_event(
    sign_in: SignIn, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host)
    client = sign_in(host)
    client.post("/staff/hours/absences", data={"absent_from": "2026-11-26", "absent_until": "2026-11-26"})
    assert f'href="/staff/events/{event.id}"' in client.get("/staff/hours").get_data(as_text=True)


def test_a_group_meeting_on_a_day_off_is_named_there(centre: Centre, host: Staff) -> None:
    deputy = make_deputy(centre)
    event = make_event(centre, host, titles=texts(TITLE))
    workdays.correct(centre, date(2026, 11, 26), False, "ремонт", NOW, staff_id=deputy.id)
    (correction,) = days_off.corrections(centre, date(2026, 11, 24))
    (touched,) = correction.touched
    assert (touched.matter.event_id, touched.matter.titles["ru"]) == (event.id, TITLE)


@pytest.mark.parametrize(("form", "named"), [("webinar", "Вебинар"), ("workshop", "Групповая встреча")])
def test_the_calendar_of_a_specialist_names_it_neutrally_and_leads_to_its_event(
    client: FlaskClient, centre: Centre, host: Staff, form: str, named: str
) -> None:
    kind = make_event_type(centre, form=form)
    event = make_event(centre, host, kind=kind, titles=texts(TITLE))
    token = personal_links.renew(personal_links.FEED, NOW, staff_id=host.id)
    db.session.commit()
    file = client.get(f"/calendar/{token}.ics").get_data(as_text=True).replace("\r\n ", "")
    assert f"SUMMARY:{named}: Школа" in file
    assert f"http://kenes.example/staff/events/{event.id}" in file
    assert TITLE not in file
