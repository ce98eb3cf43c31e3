"""The centre's own days off and working days."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import make_centre, make_consultation, make_request, make_specialist, make_staff
from webapp.models import CalendarCorrection, Centre, Consultation, HelpRequest, Staff, db
from webapp.rules.permissions import Role

Signed = Callable[[Staff], FlaskClient]


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def administrator(centre: Centre) -> Staff:
    return make_staff(centre, Role.ADMINISTRATOR)


def due_of(request_id: int) -> datetime:
    return db.session.scalar(sa.select(HelpRequest.due_at).where(HelpRequest.id == request_id))


def test_a_day_off_moves_open_deadlines_and_taking_it_back_returns_them(
    sign_in: Signed, centre: Centre, administrator: Staff
) -> None:
    request_id = make_request(centre).id
    client = sign_in(administrator)
    before = due_of(request_id)
    assert before == datetime(2026, 11, 27, 19, 0, tzinfo=UTC)
    client.post("/staff/calendar", data={"day": "2026-11-26", "working": "off", "note": "ремонт"})
    assert due_of(request_id) == datetime(2026, 11, 30, 19, 0, tzinfo=UTC)
    client.post("/staff/calendar/2026-11-26/take-back")
    assert due_of(request_id) == before


def test_a_working_saturday_brings_deadlines_nearer(
    sign_in: Signed, centre: Centre, administrator: Staff
) -> None:
    request = make_request(centre, now=datetime(2026, 11, 26, 6, tzinfo=UTC))
    request_id = request.id
    client = sign_in(administrator)
    client.post("/staff/calendar", data={"day": "2026-11-28", "working": "on"})
    assert due_of(request_id) == datetime(2026, 11, 30, 19, 0, tzinfo=UTC)


def test_what_is_booked_on_a_day_off_is_listed_and_not_moved(
    sign_in: Signed, centre: Centre, administrator: Staff
) -> None:
    consultation_id = make_consultation(centre, make_specialist(centre)).id
    client = sign_in(administrator)
    client.post("/staff/calendar", data={"day": "2026-11-26", "working": "off"})
    page = client.get("/staff/calendar?lang=en").get_data(as_text=True)
    assert "Still booked on this day: 1" in page and "09:00" in page and "Вяземская" in page
    assert db.session.get_one(Consultation, consultation_id).state == "planned"


def test_the_same_day_is_corrected_not_doubled(sign_in: Signed, administrator: Staff) -> None:
    client = sign_in(administrator)
    client.post("/staff/calendar", data={"day": "2026-11-26", "working": "off"})
    client.post(
        "/staff/calendar", data={"day": "2026-11-26", "working": "on", "note": "день открытых дверей"}
    )
    row = db.session.scalars(sa.select(CalendarCorrection)).one()
    assert (row.day, row.working, row.note) == (date(2026, 11, 26), True, "день открытых дверей")


@pytest.mark.parametrize("day", ["", "завтра", "2026-02-30", "1999-01-01"])
def test_what_is_no_day_is_refused(sign_in: Signed, administrator: Staff, day: str) -> None:
    answer = sign_in(administrator).post(
        "/staff/calendar", data={"day": day, "working": "off", "note": "ремонт"}
    )
    assert answer.status_code == 422
    assert 'id="day-error"' in answer.get_data(as_text=True) and 'value="ремонт"' in answer.get_data(
        as_text=True
    )


def test_taking_back_what_is_no_day_is_not_found(sign_in: Signed, administrator: Staff) -> None:
    assert sign_in(administrator).post("/staff/calendar/tomorrow/take-back").status_code == 404


def test_one_centre_does_not_take_back_another_ones_day(sign_in: Signed, administrator: Staff) -> None:
    other = make_centre()
    db.session.add(CalendarCorrection(centre_id=other.id, day=date(2026, 11, 26), working=False, note=""))
    sign_in(administrator).post("/staff/calendar/2026-11-26/take-back")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CalendarCorrection)) == 1


def test_official_days_are_shown_and_estimated_ones_are_marked(sign_in: Signed, app: Flask) -> None:
    kazakh = make_centre(country="KZ", zone="Asia/Almaty", language="kk")
    page = (
        sign_in(make_staff(kazakh, Role.ADMINISTRATOR)).get("/staff/calendar?lang=en").get_data(as_text=True)
    )
    assert "Nauryz" in page
    assert "Eid al-Adha" in page.split("estimated", 1)[0]


@pytest.mark.parametrize("year", ["2027", "1", "x", "99999999999"])
def test_any_year_in_the_address_gives_a_page(sign_in: Signed, administrator: Staff, year: str) -> None:
    assert sign_in(administrator).get(f"/staff/calendar?year={year}").status_code == 200
