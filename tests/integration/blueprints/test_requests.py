from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import (
    NOW,
    THURSDAY_NINE,
    ask,
    make_centre,
    make_consultation,
    make_deputy,
    make_request,
    make_specialist,
    make_staff,
)
from webapp.models import CallTask, Consultation, HelpRequest, Staff, db
from webapp.rules.permissions import Role
from webapp.services.consultations import cancelling, offers
from webapp.services.consultations.offers import Proposal
from webapp.services.help_requests import answers
from webapp.services.mail import calls
from webapp.services.mail.calls import Outcome

SignIn = Callable[[Staff], FlaskClient]


def test_requests_stand_in_the_order_in_which_they_are_due_urgent_on_top(app: Flask, sign_in: SignIn) -> None:
    centre = make_centre()
    deputy = make_deputy(centre)
    late = make_request(centre, now=NOW - timedelta(days=10))
    today = make_request(centre, now=NOW - timedelta(days=5))
    urgent = make_request(centre, urgent=True)
    page = sign_in(deputy).get("/staff/requests?lang=en").get_data(as_text=True)
    places = [page.index(f'/staff/requests/{request.id}"') for request in (urgent, late, today)]
    assert places == sorted(places)
    assert "Overdue" in page


def test_an_empty_list_says_that_everything_is_answered(app: Flask, sign_in: SignIn) -> None:
    deputy = make_deputy(make_centre())
    assert "Every request is answered" in sign_in(deputy).get("/staff/requests?lang=en").get_data(
        as_text=True
    )


def test_the_held_time_is_confirmed_with_one_click(app: Flask, sign_in: SignIn) -> None:
    centre = make_centre()
    deputy = make_deputy(centre)
    request = ask(centre, at=THURSDAY_NINE, specialist=make_specialist(centre)).request
    client = sign_in(deputy)
    client.post(f"/staff/requests/{request.id}/confirm-held")
    consultation = db.session.scalars(sa.select(Consultation)).one()
    assert (consultation.starts_at, consultation.confirmed_by) == (THURSDAY_NINE, deputy.id)


def test_a_date_is_set_from_what_is_free(app: Flask, sign_in: SignIn) -> None:
    centre = make_centre()
    deputy, specialist = make_deputy(centre), make_specialist(centre)
    request = make_request(centre)
    data = {"specialists": [specialist.id], "minutes": 40, "means": "voice", "at": THURSDAY_NINE.isoformat()}
    sign_in(deputy).post(f"/staff/requests/{request.id}/confirm", data=data)
    assert db.session.scalars(sa.select(Consultation)).one().means_agreed == "voice"


@pytest.mark.parametrize("act", ["confirm", "offer"])
def test_forty_five_minutes_are_refused_by_the_limit_and_nothing_typed_is_lost(
    app: Flask, sign_in: SignIn, act: str
) -> None:
    centre = make_centre()
    deputy, specialist = make_deputy(centre), make_specialist(centre)
    request = make_request(centre)
    at = (THURSDAY_NINE + timedelta(minutes=40)).isoformat()  # no beginning in steps of 45 minutes
    data = {"specialists": [specialist.id], "minutes": 45, "means": "voice", "at": at, "times": [at]}
    response = sign_in(deputy).post(f"/staff/requests/{request.id}/{act}?lang=en", data=data)
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert "The limit is 40 minutes." in page and 'value="45"' in page


def test_a_date_without_a_time_asks_for_one(app: Flask, sign_in: SignIn) -> None:
    centre = make_centre()
    deputy, specialist = make_deputy(centre), make_specialist(centre)
    data = {"specialists": [specialist.id], "minutes": 40, "means": "voice"}
    path = f"/staff/requests/{make_request(centre).id}/confirm?lang=en"
    assert "Choose one of the times." in sign_in(deputy).post(path, data=data).get_data(as_text=True)


def test_two_deputies_at_once_one_is_told_kindly_and_sees_how_it_stands(app: Flask, sign_in: SignIn) -> None:
    centre = make_centre()
    deputy = make_deputy(centre)
    request = ask(centre, at=THURSDAY_NINE, specialist=make_specialist(centre)).request
    client, path = sign_in(deputy), f"/staff/requests/{request.id}/confirm-held?lang=en"
    client.post(path)
    response = client.post(path)
    page = response.get_data(as_text=True)
    assert response.status_code == 409
    assert "Somebody has changed this in the meantime." in page and "Planned" in page


@pytest.mark.parametrize(
    ("contact", "told"),
    [
        ({}, "The family gets a letter."),
        ({"email": None, "phone": "+79000000017"}, "it stands among the calls."),
    ],
)
def test_the_deputy_is_told_how_the_family_learns_of_the_date(
    app: Flask, sign_in: SignIn, contact: dict[str, str | None], told: str
) -> None:
    centre = make_centre()
    deputy = make_deputy(centre)
    request = ask(centre, at=THURSDAY_NINE, specialist=make_specialist(centre), **contact).request
    path = f"/staff/requests/{request.id}/confirm-held?lang=en"
    page = sign_in(deputy).post(path, follow_redirects=True)
    assert told in page.get_data(as_text=True)


@pytest.mark.parametrize("minutes", ["-5", "9999999999999", "сорок", ""])
def test_a_length_that_makes_no_sense_is_said_beside_its_field(
    app: Flask, sign_in: SignIn, minutes: str
) -> None:
    centre = make_centre()
    deputy, specialist = make_deputy(centre), make_specialist(centre)
    request = make_request(centre)
    data = {
        "specialists": [specialist.id],
        "minutes": minutes,
        "means": "voice",
        "at": THURSDAY_NINE.isoformat(),
    }
    assert sign_in(deputy).post(f"/staff/requests/{request.id}/confirm", data=data).status_code == 422


def test_the_times_of_other_specialists_are_shown_without_deciding(app: Flask, sign_in: SignIn) -> None:
    centre = make_centre()
    deputy, specialist = make_deputy(centre), make_specialist(centre)
    request = make_request(centre)
    data = {"specialists": [specialist.id], "minutes": 30, "means": "voice", "show": "1"}
    response = sign_in(deputy).post(f"/staff/requests/{request.id}/confirm", data=data)
    assert response.status_code == 200
    assert db.session.get_one(HelpRequest, request.id).state == "received"


def test_three_times_are_offered(app: Flask, sign_in: SignIn) -> None:
    centre = make_centre()
    deputy, specialist = make_deputy(centre), make_specialist(centre)
    request = make_request(centre)
    times = [(THURSDAY_NINE + timedelta(minutes=40 * number)).isoformat() for number in range(3)]
    data = {"specialists": [specialist.id], "minutes": 40, "means": "video", "times": times}
    sign_in(deputy).post(f"/staff/requests/{request.id}/offer", data=data)
    assert db.session.get_one(HelpRequest, request.id).state == "offered"


def test_a_refusal_needs_a_reason(app: Flask, sign_in: SignIn) -> None:
    centre = make_centre()
    request = make_request(centre)
    response = sign_in(make_deputy(centre)).post(
        f"/staff/requests/{request.id}/decline", data={"reason": " "}
    )
    assert response.status_code == 422
    assert db.session.get_one(HelpRequest, request.id).state == "received"


def test_a_methodist_routes_but_does_not_answer(app: Flask, sign_in: SignIn) -> None:
    centre = make_centre()
    methodist, specialist = make_staff(centre, Role.METHODIST), make_specialist(centre)
    request = make_request(centre)
    client = sign_in(methodist)
    client.post(f"/staff/requests/{request.id}/assign", data={"specialist": specialist.id})
    assert db.session.get_one(HelpRequest, request.id).assigned_specialist_id == specialist.id
    assert client.post(f"/staff/requests/{request.id}/decline", data={"reason": "нет"}).status_code == 403


def test_help_given_on_the_phone_closes_the_request_as_answered(app: Flask, sign_in: SignIn) -> None:
    centre = make_centre()
    request = make_request(centre)
    sign_in(make_deputy(centre)).post(
        f"/staff/requests/{request.id}/answered-by-phone", data={"minutes": 12, "outcome": "Успокоили"}
    )
    request = db.session.get_one(HelpRequest, request.id)
    assert (request.state, request.answered_at, request.days_late) == ("closed", NOW, 0)


def test_the_request_shows_the_history_of_its_letters(app: Flask, sign_in: SignIn) -> None:
    centre = make_centre()
    request = make_request(centre)
    page = sign_in(make_deputy(centre)).get(f"/staff/requests/{request.id}?lang=en").get_data(as_text=True)
    assert "Acknowledgement" in page and "waiting to be sent" in page


def test_a_cancelled_consultation_tells_the_family(app: Flask, sign_in: SignIn) -> None:
    centre = make_centre()
    request = make_request(centre)
    consultation = make_consultation(centre, make_specialist(centre), request=request)
    client = sign_in(make_deputy(centre))
    client.post(f"/staff/requests/{request.id}/consultations/{consultation.id}/cancel")
    db.session.refresh(consultation)
    assert (consultation.state, consultation.cancelled_by_family) == ("cancelled", False)


def test_a_family_that_asks_for_another_time_wishes_any(app: Flask, sign_in: SignIn) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    request = ask(centre, at=THURSDAY_NINE, specialist=specialist).request
    consultation = make_consultation(centre, specialist, request=request)
    client = sign_in(make_deputy(centre))
    address = f"/staff/requests/{request.id}?lang=en"
    wishes = client.get(address).get_data(as_text=True).split("<dt>Wishes</dt>")[1].split("</dd>")[0]
    assert "09:00" in wishes and "any time" not in wishes
    cancelling.cancel_by_family(request, consultation, NOW)
    answers.reopen(request, NOW, words="лучше вечером")
    db.session.commit()
    wishes = client.get(address).get_data(as_text=True).split("<dt>Wishes</dt>")[1].split("</dd>")[0]
    assert "09:00" not in wishes and "any time" in wishes


def test_deadlines_and_checks_are_seen_on_one_page(app: Flask, sign_in: SignIn) -> None:
    centre = make_centre()
    make_consultation(centre, make_specialist(centre), at=NOW + timedelta(minutes=20))
    page = sign_in(make_deputy(centre)).get("/staff/deadlines?lang=en").get_data(as_text=True)
    assert "not marked yet" in page


def test_the_deputy_sees_which_offered_time_is_held_less_long(app: Flask, sign_in: SignIn) -> None:
    centre = make_centre(notice_hours=3)
    request, specialist = make_request(centre), make_specialist(centre)
    times = [Proposal([specialist.id], THURSDAY_NINE + timedelta(days=day), 40) for day in (0, 4)]
    offers.offer(centre, request, times, "video", NOW, staff_id=None)
    page = sign_in(make_deputy(centre)).get(f"/staff/requests/{request.id}?lang=en").get_data(as_text=True)
    assert page.count("held only until: Thursday 26 November, 06:00") == 1


def test_of_a_consultation_that_was_held_the_real_length_is_shown(app: Flask, sign_in: SignIn) -> None:
    centre = make_centre()
    request = make_request(centre)
    consultation = make_consultation(centre, make_specialist(centre), request=request)
    consultation.state, consultation.began_at = "held", THURSDAY_NINE
    consultation.finished_at = THURSDAY_NINE + timedelta(minutes=20)
    page = sign_in(make_deputy(centre)).get(f"/staff/requests/{request.id}?lang=en").get_data(as_text=True)
    assert "minutes: 20" in page


def test_the_history_of_blocked_data_quotes_nobody(app: Flask, sign_in: SignIn) -> None:
    centre = make_centre()
    deputy = make_deputy(centre)
    request = make_request(centre, email=None, phone="+79000000017", channel="phone")
    offers.offer(
        centre,
        request,
        [Proposal([make_specialist(centre).id], THURSDAY_NINE, 40)],
        "video",
        NOW,
        staff_id=None,
    )
    db.session.flush()
    task_id = db.session.scalars(sa.select(CallTask.id)).one()
    told = Outcome("reached", spoke_with="бабушка", note="только по субботам", chosen="none")
    calls.note(centre, task_id, told, NOW, staff_id=deputy.id)
    client = sign_in(deputy)
    address = f"/staff/requests/{request.id}?lang=en"
    before = client.get(address).get_data(as_text=True)
    assert "только по субботам" in before
    assert "The family was called" not in before  # the call has its own line
    cancelling.withdraw_consent(db.session.get_one(HelpRequest, request.id), NOW)
    db.session.commit()
    after = client.get(address).get_data(as_text=True)
    assert "только по субботам" not in after
    assert "The family asked for other times" in after
