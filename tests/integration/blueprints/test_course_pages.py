"""The pages of a course and of a repeat date: of the host, and of each participant."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import THURSDAY_NINE, make_centre, make_event, make_specialist, register
from webapp.models import Centre, Consultation, GroupEvent, Registration, Staff, db
from webapp.services.events import group_events
from webapp.services.pages import personal_links

SignIn = Callable[[Staff], FlaskClient]

WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
THREE = [THURSDAY_NINE + WEEK * number for number in range(3)]


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def host(centre: Centre) -> Staff:
    return make_specialist(centre)


def dates_of(event: GroupEvent) -> list[Any]:
    db.session.rollback()
    return list(
        db.session.scalars(
            sa.select(Consultation.starts_at)
            .where(Consultation.group_event_id == event.id)
            .order_by(Consultation.starts_at)
        )
    )


def page_of(registration: Registration) -> str:
    token = personal_links.token_of(personal_links.SEAT, registration_id=registration.id)
    db.session.commit()
    return f"/f/{token}"


# The host


def test_a_draft_is_made_a_course(centre: Centre, host: Staff, sign_in: SignIn) -> None:
    event = make_event(centre, host, announced=False)
    client = sign_in(host)
    address = f"/staff/events/{event.id}/dates?lang=en"
    assert "Every how many weeks" in client.get(address).get_data(as_text=True)
    page = client.post(address, data={"every_weeks": "1", "number": "3"}).get_data(as_text=True)
    assert "Thursday 10 December" in page
    assert dates_of(event) == THREE[:1]
    client.post(address, data={"every_weeks": "1", "number": "3", "save": "1"})
    assert dates_of(event) == THREE


def test_dates_of_a_course_that_are_days_off_are_chosen_by_a_person(
    centre: Centre, host: Staff, sign_in: SignIn
) -> None:
    event = make_event(centre, host, announced=False)
    data = {"every_weeks": "1", "number": "6", "save": "1"}
    answer = sign_in(host).post(f"/staff/events/{event.id}/dates?lang=en", data=data)
    assert answer.status_code == 422
    assert "Choose one answer for this date" in answer.get_data(as_text=True)
    assert dates_of(event) == THREE[:1]


def test_only_those_who_run_the_event_change_its_dates(centre: Centre, host: Staff, sign_in: SignIn) -> None:
    event = make_event(centre, host, announced=False)
    client = sign_in(make_specialist(centre, name="Другой специалист"))
    for part in ("dates", "move-following", "repeat"):
        assert client.get(f"/staff/events/{event.id}/{part}").status_code == 404


def test_all_dates_of_a_course_are_shown_before_they_move(
    centre: Centre, host: Staff, sign_in: SignIn
) -> None:
    event = make_event(centre, host, starts=THREE)
    second = group_events.meetings(event)[1].id
    client = sign_in(host)
    address = f"/staff/events/{event.id}/move-following?lang=en"
    assert client.get(address).status_code == 200
    data = {"since": second, "first": (THREE[1] + DAY).isoformat(), "shift": "distance"}
    assert "Friday 11 December" in client.post(address, data=data).get_data(as_text=True)
    assert dates_of(event) == THREE
    client.post(address, data={**data, "save": "1"})
    assert dates_of(event) == [THREE[0], THREE[1] + DAY, THREE[2] + DAY]


def test_a_date_and_all_that_follow_are_cancelled_at_once(
    centre: Centre, host: Staff, sign_in: SignIn
) -> None:
    event = make_event(centre, host, starts=THREE)
    register(event)
    db.session.commit()
    first, second, third = group_events.meetings(event)
    client, address = sign_in(host), f"/staff/events/{event.id}/meetings/{second.id}/cancel"
    assert client.get(f"/staff/events/{event.id}?lang=en").text.count("Cancel this and all that follow") == 2
    assert client.post(address, data={"following": "1"}).status_code == 302
    db.session.expire_all()
    assert [one.state for one in (first, second, third)] == ["planned", "cancelled", "cancelled"]
    assert event.state == "announced"
    assert client.post(address, data={"following": "1"}).status_code == 409


def test_from_the_first_date_on_the_whole_course_is_off(centre: Centre, host: Staff, sign_in: SignIn) -> None:
    event = make_event(centre, host, starts=THREE)
    db.session.commit()
    address = f"/staff/events/{event.id}/meetings/{group_events.meetings(event)[0].id}/cancel"
    sign_in(host).post(address, data={"following": "1"})
    db.session.expire_all()
    assert event.state == "cancelled"


def test_a_repeat_date_is_made_from_the_event(centre: Centre, host: Staff, sign_in: SignIn) -> None:
    event = make_event(centre, host, capacity=1)
    register(event)
    register(event)
    client = sign_in(host)
    assert "In the waiting list: 1" in client.get(f"/staff/events/{event.id}/repeat?lang=en").get_data(
        as_text=True
    )
    data = {"at": THREE[1].isoformat(), "capacity": "5"}
    answer = client.post(f"/staff/events/{event.id}/repeat", data=data)
    repeat = db.session.scalars(sa.select(GroupEvent).where(GroupEvent.repeats_event_id == event.id)).one()
    assert answer.location.endswith(f"/staff/events/{repeat.id}")
    page = client.get(f"/staff/events/{repeat.id}?lang=en").get_data(as_text=True)
    assert "Offered to those who wait: 1" in page


@pytest.mark.parametrize("wrong", [{"at": ""}, {"at": "x"}, {"capacity": "0"}, {"capacity": "many"}])
def test_a_repeat_date_needs_a_time_and_seats(
    centre: Centre, host: Staff, sign_in: SignIn, wrong: dict[str, str]
) -> None:
    event = make_event(centre, host)
    data = {"at": THREE[1].isoformat(), "capacity": "5", **wrong}
    assert sign_in(host).post(f"/staff/events/{event.id}/repeat", data=data).status_code == 422


def test_what_was_said_on_the_phone_takes_the_seat(centre: Centre, host: Staff, sign_in: SignIn) -> None:
    event = make_event(centre, host, capacity=1)
    register(event)
    register(event, phone="+79160000017")
    client = sign_in(host)
    client.post(f"/staff/events/{event.id}/repeat", data={"at": THREE[1].isoformat(), "capacity": "5"})
    offered = db.session.scalars(sa.select(Registration).where(Registration.state == "offered")).one()
    address = f"/staff/events/{offered.group_event_id}/offers/{offered.id}"
    assert client.post(f"{address}/something").status_code == 404
    client.post(f"{address}/takes")
    db.session.expire_all()
    assert offered.state == "seated"


# A participant


def test_a_participant_skips_a_date_and_takes_it_again(
    centre: Centre, host: Staff, client: FlaskClient
) -> None:
    event = make_event(centre, host, starts=THREE)
    page, second = page_of(register(event)), group_events.meetings(event)[1].id
    assert "I can't come that day" in client.get(f"{page}?lang=en").get_data(as_text=True).replace(
        "&#39;", "'"
    )
    client.post(f"{page}/dates/{second}/skip")
    assert "I will come after all" in client.get(f"{page}?lang=en").get_data(as_text=True)
    client.post(f"{page}/dates/{second}/attend")
    assert "I will come after all" not in client.get(f"{page}?lang=en").get_data(as_text=True)


def test_a_participant_subscribes_to_all_dates(centre: Centre, host: Staff, client: FlaskClient) -> None:
    page = page_of(register(make_event(centre, host, starts=THREE)))
    assert "webcal://" in client.get(page).get_data(as_text=True)


def test_each_date_of_a_course_can_be_added_to_a_calendar(
    centre: Centre, host: Staff, client: FlaskClient
) -> None:
    event = make_event(centre, host, starts=THREE)
    page = page_of(register(event))
    other = make_event(centre, host, at=THREE[0] + DAY)
    db.session.commit()
    for meeting in group_events.meetings(event):
        assert client.get(f"{page}/date-{meeting.id}.ics").content_type.startswith("text/calendar")
    foreign = group_events.meetings(other)[0].id
    assert client.get(f"{page}/date-{foreign}.ics").status_code == 404


def test_the_date_of_another_event_is_not_skipped(centre: Centre, host: Staff, client: FlaskClient) -> None:
    page = page_of(register(make_event(centre, host, starts=THREE)))
    foreign = group_events.meetings(make_event(centre, host, at=THREE[0] + DAY))[0].id
    db.session.commit()
    for act in ("skip", "attend"):
        assert client.post(f"{page}/dates/{foreign}/{act}").status_code < 500


def test_an_offered_seat_is_shown_by_get_and_taken_by_post(
    centre: Centre, host: Staff, sign_in: SignIn, client: FlaskClient
) -> None:
    event = make_event(centre, host, capacity=1)
    register(event)
    register(event)
    sign_in(host).post(f"/staff/events/{event.id}/repeat", data={"at": THREE[1].isoformat(), "capacity": "1"})
    offered = db.session.scalars(sa.select(Registration).where(Registration.state == "offered")).one()
    page = page_of(offered)
    assert "Take the seat" in client.get(f"{page}?lang=en").get_data(as_text=True)
    assert db.session.get_one(Registration, offered.id, populate_existing=True).state == "offered"
    client.post(f"{page}/take-seat")
    assert db.session.get_one(Registration, offered.id, populate_existing=True).state == "seated"


def test_a_seat_that_is_declined_leaves_the_place_in_the_list(
    centre: Centre, host: Staff, sign_in: SignIn, client: FlaskClient
) -> None:
    event = make_event(centre, host, capacity=1)
    register(event)
    waiting = register(event)
    sign_in(host).post(f"/staff/events/{event.id}/repeat", data={"at": THREE[1].isoformat(), "capacity": "1"})
    offered = db.session.scalars(sa.select(Registration).where(Registration.state == "offered")).one()
    page = page_of(offered)
    client.post(f"{page}/decline-seat")
    assert db.session.get_one(Registration, waiting.id, populate_existing=True).state == "waiting"
    assert "Take the seat" not in client.get(f"{page}?lang=en").get_data(as_text=True)
