"""Group meetings among everything else that the staff looks at: day, checks, hours, days off, calendar."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import (
    NOW,
    make_centre,
    make_deputy,
    make_event,
    make_event_type,
    make_specialist,
    texts,
)
from webapp.models import Centre, Staff, db
from webapp.services.consultations import agenda
from webapp.services.events import group_events
from webapp.services.help_requests import overview
from webapp.services.pages import personal_links
from webapp.services.times import days_off, workdays

SignIn = Callable[[Staff], FlaskClient]
SOON, YESTERDAY, LONG_AGO = NOW + timedelta(minutes=5), NOW - timedelta(days=1), NOW - timedelta(days=9)
TITLE = "Экзамены без паники"


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def host(centre: Centre) -> Staff:
    return make_specialist(centre)


def test_a_meeting_stands_in_the_day_and_leads_to_its_event(
    sign_in: SignIn, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host, at=SOON, titles=texts(TITLE))
    page = sign_in(host).get("/staff/day").get_data(as_text=True)
    assert page.count(f'href="/staff/events/{event.id}"') == 2  # agenda and week
    assert page.count(f'href="/staff/events/{event.id}/room') == 1
    assert page.count(TITLE) == 2


def test_a_draft_takes_the_time_and_says_that_nobody_knows_of_it(
    sign_in: SignIn, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host, at=SOON, titles=texts(TITLE), announced=False)
    page = sign_in(host).get("/staff/day").get_data(as_text=True)
    assert "ещё не объявлена" in page
    assert page.count(f'href="/staff/events/{event.id}"') == 2  # agenda and week: there is nothing to enter


def test_a_draft_whose_time_has_passed_need_not_be_written_up(centre: Centre, host: Staff) -> None:
    make_event(centre, host, at=YESTERDAY, now=LONG_AGO, announced=False)
    db.session.commit()
    assert overview.waiting(host, NOW)["day"] == 0
    assert overview.to_write_up(centre, NOW) == []
    assert agenda.to_write_up(centre, host.id, NOW) == []


def test_a_meeting_that_is_over_waits_among_what_is_to_be_written_up(
    sign_in: SignIn, centre: Centre, host: Staff
) -> None:
    deputy = make_deputy(centre)
    event = make_event(centre, host, at=YESTERDAY, now=LONG_AGO, titles=texts(TITLE))
    address = f'href="/staff/events/{event.id}"'
    of_host = sign_in(host).get("/staff/day").get_data(as_text=True)
    assert of_host.index('id="behind"') < of_host.index(address)
    of_deputy = sign_in(deputy).get("/staff/deadlines").get_data(as_text=True)
    assert of_deputy.index('id="write-up"') < of_deputy.index(address)


def test_the_deputy_sees_the_check_before_a_group_meeting(
    sign_in: SignIn, centre: Centre, host: Staff
) -> None:
    deputy = make_deputy(centre)
    event = make_event(centre, host, at=SOON, titles=texts(TITLE))
    make_event(centre, make_specialist(centre), at=SOON, titles=texts("Черновик"), announced=False)
    page = sign_in(deputy).get("/staff/deadlines").get_data(as_text=True)
    assert f'<a href="/staff/events/{event.id}">{TITLE}</a>' in page
    assert "Черновик" not in page


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
    file = client.get(f"/feeds/{token}.ics").get_data(as_text=True).replace("\r\n ", "")
    assert f"SUMMARY:{named}: Школа" in file
    assert f"http://kenes.example/staff/events/{event.id}" in file
    assert TITLE not in file
