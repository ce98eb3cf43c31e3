"""The pages on which several dates are planned, shown before saving, moved and cancelled."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import (
    THURSDAY_NINE,
    ask,
    make_centre,
    make_consultation,
    make_deputy,
    make_series,
    make_specialist,
)
from webapp.models import Centre, Consultation, HelpRequest, Staff, db
from webapp.services.pages import personal_links

SignIn = Callable[[Staff], FlaskClient]

WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
THREE = [THURSDAY_NINE + WEEK * number for number in range(3)]


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def specialist(centre: Centre) -> Staff:
    return make_specialist(centre)


@pytest.fixture
def help_request(centre: Centre) -> HelpRequest:
    return ask(centre).request


@pytest.fixture
def deputy(centre: Centre, sign_in: SignIn) -> FlaskClient:
    return sign_in(make_deputy(centre))


def plan(specialist: Staff, **values: Any) -> dict[str, Any]:
    """Every week, three times, from Thursday at nine on."""
    return {
        "specialists": [specialist.id],
        "minutes": "40",
        "means": "video",
        "first": THURSDAY_NINE.isoformat(),
        "every_weeks": "1",
        "number": "3",
        **values,
    }


def booked() -> list[Any]:
    db.session.rollback()
    planned = sa.select(Consultation.starts_at).where(Consultation.state == "planned")
    return list(db.session.scalars(planned.order_by(Consultation.starts_at)))


def test_the_page_asks_for_a_rhythm(
    deputy: FlaskClient, specialist: Staff, help_request: HelpRequest
) -> None:
    page = deputy.get(f"/staff/requests/{help_request.id}/series?lang=en").get_data(as_text=True)
    assert "Every how many weeks" in page and "09:00" in page


def test_all_dates_are_shown_before_anything_is_saved(
    deputy: FlaskClient, specialist: Staff, help_request: HelpRequest
) -> None:
    address = f"/staff/requests/{help_request.id}/series?lang=en"
    page = deputy.post(address, data=plan(specialist, number="7", show="1")).get_data(as_text=True)
    assert "Thursday 3 December" in page
    assert "Day off: Christmas" in page
    assert booked() == []


def test_a_date_on_a_day_off_is_never_booked_by_itself(
    deputy: FlaskClient, specialist: Staff, help_request: HelpRequest
) -> None:
    address = f"/staff/requests/{help_request.id}/series?lang=en"
    answer = deputy.post(address, data=plan(specialist, number="7", save="1"))
    assert answer.status_code == 422
    assert "Choose one answer for this date" in answer.get_data(as_text=True)
    assert booked() == []


def test_the_chosen_dates_are_booked_and_others_left_out(
    deputy: FlaskClient, specialist: Staff, help_request: HelpRequest
) -> None:
    chosen = {"date-1": "out"}
    answer = deputy.post(
        f"/staff/requests/{help_request.id}/series", data=plan(specialist, save="1", **chosen)
    )
    assert answer.status_code == 302
    assert booked() == [THREE[0], THREE[2]]


def test_a_proposal_is_booked_in_place_of_a_day_off(
    deputy: FlaskClient, specialist: Staff, help_request: HelpRequest
) -> None:
    saturday = (THURSDAY_NINE + 2 * DAY).isoformat()
    monday = THURSDAY_NINE + 4 * DAY
    data = plan(specialist, first=saturday, number="1", save="1", **{"date-0": monday.isoformat()})
    assert deputy.post(f"/staff/requests/{help_request.id}/series", data=data).status_code == 302
    assert booked() == [monday]


def test_a_time_that_was_never_proposed_is_not_booked(
    deputy: FlaskClient, specialist: Staff, help_request: HelpRequest
) -> None:
    night = (THURSDAY_NINE + timedelta(hours=15)).isoformat()
    data = plan(specialist, save="1", **{"date-0": night})
    assert deputy.post(f"/staff/requests/{help_request.id}/series", data=data).status_code == 422
    assert booked() == []


def test_a_pause_leaves_its_days_out(
    deputy: FlaskClient, specialist: Staff, help_request: HelpRequest
) -> None:
    data = plan(specialist, save="1", pause_from="2026-12-01", pause_until="2026-12-05")
    deputy.post(f"/staff/requests/{help_request.id}/series", data=data)
    assert booked() == [THREE[0], THREE[2], THREE[2] + WEEK]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"number": ""}, "Give a number of meetings or a last day."),
        ({"number": "1000"}, "Between 1 and 60 meetings, please."),
        ({"number": "99999999999999999999"}, "This number is too long."),
        ({"every_weeks": "0"}, "Between 1 and 8 weeks, please."),
        ({"until": "soon"}, "Choose a day."),
        ({"pause_from": "2026-12-01"}, "Give both days of the pause, or none."),
        ({"pause_from": "2026-12-05", "pause_until": "2026-12-01"}, "must not lie before the first"),
        ({"first": ""}, "Choose the first meeting."),
        ({"first": "<script>"}, "We could not read this."),
        ({"minutes": "60"}, "The limit is 40 minutes."),
        ({"specialists": []}, "Choose one."),
        ({"specialists": ["9" * 20]}, "not in the list"),
        ({"weekdays": ["9"]}, "weekdays"),
    ],
)
def test_bad_input_is_told_and_nothing_typed_is_lost(
    deputy: FlaskClient, specialist: Staff, help_request: HelpRequest, wrong: dict[str, Any], said: str
) -> None:
    data = {**plan(specialist, save="1"), **wrong}
    answer = deputy.post(f"/staff/requests/{help_request.id}/series?lang=en", data=data)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in page
    assert 'name="every_weeks"' in page
    assert booked() == []


def test_a_specialist_plans_a_series_for_a_family_of_their_own(
    centre: Centre, specialist: Staff, help_request: HelpRequest, sign_in: SignIn
) -> None:
    make_consultation(centre, specialist, request=help_request)
    client = sign_in(specialist)
    data = plan(specialist, first=THREE[1].isoformat(), number="2", save="1")
    assert client.post(f"/staff/requests/{help_request.id}/series", data=data).status_code == 302
    assert booked() == THREE


def test_a_specialist_plans_nothing_for_another_familys_request(
    centre: Centre, specialist: Staff, help_request: HelpRequest, sign_in: SignIn
) -> None:
    client = sign_in(specialist)
    assert client.get(f"/staff/requests/{help_request.id}/series").status_code == 404


def test_a_specialist_plans_nobody_elses_time(
    centre: Centre, specialist: Staff, help_request: HelpRequest, sign_in: SignIn
) -> None:
    colleague = make_specialist(centre, name="Другой специалист")
    make_consultation(centre, specialist, request=help_request)
    client = sign_in(specialist)
    data = plan(colleague, first=THREE[1].isoformat(), save="1")
    assert client.post(f"/staff/requests/{help_request.id}/series", data=data).status_code == 422
    assert booked() == [THURSDAY_NINE]


def test_nobody_sees_when_another_centres_specialist_is_free(
    deputy: FlaskClient, specialist: Staff, help_request: HelpRequest
) -> None:
    stranger = make_specialist(make_centre(slug="other"))
    data = plan(stranger, free="1")
    page = deputy.post(f"/staff/requests/{help_request.id}/series", data=data).get_data(as_text=True)
    assert 'name="first"' not in page


# Moving and cancelling


def test_one_date_moves_at_once_to_a_free_time(
    centre: Centre, specialist: Staff, help_request: HelpRequest, deputy: FlaskClient
) -> None:
    dates = make_series(centre, specialist, THREE, request=help_request)
    db.session.commit()
    address = f"/staff/requests/{help_request.id}/consultations/{dates[1].id}/move"
    assert deputy.get(address).status_code == 200
    deputy.post(address, data={"first": (THREE[1] + DAY).isoformat(), "shift": "one"})
    assert booked() == [THREE[0], THREE[1] + DAY, THREE[2]]


def test_all_that_follow_are_shown_before_they_move(
    centre: Centre, specialist: Staff, help_request: HelpRequest, deputy: FlaskClient
) -> None:
    dates = make_series(centre, specialist, THREE, request=help_request)
    db.session.commit()
    address = f"/staff/requests/{help_request.id}/consultations/{dates[1].id}/move?lang=en"
    data = {"first": (THREE[1] + DAY).isoformat(), "shift": "distance"}
    page = deputy.post(address, data=data).get_data(as_text=True)
    assert "Friday 4 December" in page and "Friday 11 December" in page
    assert booked() == THREE
    deputy.post(address, data={**data, "save": "1"})
    assert booked() == [THREE[0], THREE[1] + DAY, THREE[2] + DAY]


def test_a_date_may_stay_while_the_others_move(
    centre: Centre, specialist: Staff, help_request: HelpRequest, deputy: FlaskClient
) -> None:
    dates = make_series(centre, specialist, THREE, request=help_request)
    db.session.commit()
    address = f"/staff/requests/{help_request.id}/consultations/{dates[0].id}/move"
    data = {"first": (THREE[0] + DAY).isoformat(), "shift": "weekday", "save": "1", "date-1": "out"}
    deputy.post(address, data=data)
    assert booked() == [THREE[0] + DAY, THREE[1], THREE[2] + DAY]


def test_the_request_shows_each_date_and_cancels_all_that_follow(
    centre: Centre, specialist: Staff, help_request: HelpRequest, deputy: FlaskClient
) -> None:
    dates = make_series(centre, specialist, THREE, request=help_request)
    db.session.commit()
    page = deputy.get(f"/staff/requests/{help_request.id}?lang=en").get_data(as_text=True)
    assert "Planned dates: 3" in page
    deputy.post(f"/staff/requests/{help_request.id}/consultations/{dates[1].id}/cancel-following")
    assert booked() == [THREE[0]]


# The family


@pytest.fixture
def family(app: Flask, centre: Centre, specialist: Staff, help_request: HelpRequest) -> str:
    """The address of the page of a family with three dates."""
    make_series(centre, specialist, THREE, request=help_request)
    token = personal_links.token_of(personal_links.PAGE, help_request_id=help_request.id)
    db.session.commit()
    return f"/f/{token}"


def test_the_family_reads_the_list_of_its_dates(client: FlaskClient, family: str) -> None:
    page = client.get(f"{family}?lang=en").get_data(as_text=True)
    assert page.count("Cancel this and all that follow") == 2
    assert page.count('name="date"') == 8  # three ask for another time


def test_the_family_cancels_one_date_alone(client: FlaskClient, family: str) -> None:
    second = db.session.scalars(sa.select(Consultation.id).where(Consultation.starts_at == THREE[1])).one()
    client.post(f"{family}/cancel", data={"date": second})
    assert booked() == [THREE[0], THREE[2]]


def test_the_family_cancels_this_and_all_that_follow(client: FlaskClient, family: str) -> None:
    second = db.session.scalars(sa.select(Consultation.id).where(Consultation.starts_at == THREE[1])).one()
    client.post(f"{family}/cancel-following", data={"date": second})
    assert booked() == [THREE[0]]


@pytest.mark.parametrize("chosen", ["", "0", "999999", "99999999999999", "x"])
def test_no_date_is_cancelled_that_was_not_chosen(client: FlaskClient, family: str, chosen: str) -> None:
    assert client.post(f"{family}/cancel", data={"date": chosen}).status_code == 302
    assert booked() == THREE


def test_each_date_can_be_added_to_a_calendar(client: FlaskClient, family: str) -> None:
    for consultation_id in db.session.scalars(sa.select(Consultation.id)).all():
        answer = client.get(f"{family}/consultation-{consultation_id}.ics")
        assert answer.content_type.startswith("text/calendar")


def test_the_date_of_another_family_is_not_given_out(
    centre: Centre, client: FlaskClient, family: str, specialist: Staff
) -> None:
    other = make_consultation(centre, specialist, at=THREE[0] + DAY)
    db.session.commit()
    assert client.get(f"{family}/consultation-{other.id}.ics").status_code == 404
    client.post(f"{family}/cancel", data={"date": other.id})
    assert len(booked()) == 4
