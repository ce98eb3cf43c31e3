"""Calls to families whom no letter reaches."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import (
    NOW,
    THURSDAY_NINE,
    make_centre,
    make_consultation,
    make_request,
    make_specialist,
    make_staff,
)
from webapp.models import AuditRecord, CallTask, Centre, Consultation, HelpRequest, Staff, db
from webapp.rules.permissions import Role
from webapp.services.consultations import offers
from webapp.services.consultations.offers import Proposal
from webapp.services.help_requests import answers

Signed = Callable[[Staff], FlaskClient]
BY_PHONE = {"email": None, "phone": "+79000000017", "channel": "phone"}


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def registrar(centre: Centre) -> Staff:
    return make_staff(centre, Role.REGISTRAR)


def task_of(request_id: int) -> CallTask:
    found = sa.select(CallTask).where(CallTask.help_request_id == request_id).order_by(CallTask.id)
    return db.session.scalars(found).first()


def note(client: FlaskClient, task: CallTask, **fields: str) -> Any:
    data = {f"call{task.id}-{name}": value for name, value in fields.items()}
    return client.post(f"/staff/calls/{task.id}?lang=en", data=data)


def confirmed(centre: Centre) -> CallTask:
    consultation = make_consultation(centre, make_specialist(centre), means="phone", **BY_PHONE)
    return task_of(consultation.help_request_id)


def offered(centre: Centre) -> tuple[CallTask, HelpRequest]:
    specialist = make_specialist(centre)
    request = make_request(centre, **BY_PHONE)
    times = [Proposal([specialist.id], THURSDAY_NINE + timedelta(minutes=40 * n), 40) for n in range(2)]
    offers.offer(centre, request, times, "video", NOW, staff_id=None)
    return task_of(request.id), request


def test_an_empty_list_says_when_a_call_appears(sign_in: Signed, registrar: Staff) -> None:
    assert "No calls to make" in sign_in(registrar).get("/staff/calls?lang=en").get_data(as_text=True)


def test_a_call_shows_whom_the_number_and_the_words(
    sign_in: Signed, centre: Centre, registrar: Staff
) -> None:
    confirmed(centre)
    page = sign_in(registrar).get("/staff/calls?lang=en").get_data(as_text=True)
    assert 'href="tel:+79000000017"' in page
    assert "Остроградская-Мельниченко, is that you?" in page
    assert (
        "Thursday 26 November, 09:00 (Yekaterinburg, UTC+5); your time: Thursday 26 November, 07:00" in page
    )
    assert "The specialist will call this number." in page


def test_the_words_stand_there_in_the_language_of_the_family_too(
    sign_in: Signed, centre: Centre, registrar: Staff
) -> None:
    make_consultation(centre, make_specialist(centre), means="phone", language="kk", **BY_PHONE)
    page = sign_in(registrar).get("/staff/calls?lang=ru").get_data(as_text=True)
    assert 'lang="ru" class="stack-s"' in page and 'lang="kk" class="stack-s"' in page
    assert "26 қараша, бейсенбі, 09:00" in page


def test_reached_closes_the_call_and_counts_as_the_answer(
    sign_in: Signed, centre: Centre, registrar: Staff
) -> None:
    task = confirmed(centre)
    request = db.session.get_one(HelpRequest, task.help_request_id)
    assert request.answered_at is None
    note(sign_in(registrar), task, result="reached", spoke_with="бабушка", note="перезвонит мать")
    db.session.refresh(task)
    db.session.refresh(request)
    assert (task.done_at, task.done_by, task.spoke_with) == (NOW, registrar.id, "бабушка")
    assert (task.outcome, task.result) == ("reached", "перезвонит мать")
    assert request.answered_at == NOW and request.days_late == 0


def test_not_reached_stays_open_with_a_trace_and_moves(
    sign_in: Signed, centre: Centre, registrar: Staff
) -> None:
    task = confirmed(centre)
    client = sign_in(registrar)
    note(client, task, result="not_reached", note="занято")
    db.session.refresh(task)
    assert task.done_at is None and task.due_at == NOW + timedelta(hours=2)
    page = client.get("/staff/calls").get_data(as_text=True)
    assert "занято" in page and registrar.name in page
    assert db.session.get_one(HelpRequest, task.help_request_id).answered_at is None


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({}, "result"),
        ({"result": "reached"}, "spoke_with"),
        ({"result": "other", "spoke_with": "мать"}, "note"),
    ],
)
def test_what_is_missing_is_asked_for_and_nothing_typed_is_lost(
    sign_in: Signed, centre: Centre, registrar: Staff, fields: dict[str, str], missing: str
) -> None:
    task = confirmed(centre)
    answer = note(sign_in(registrar), task, **fields)
    assert answer.status_code == 422
    assert f'id="call{task.id}-{missing}-error"' in answer.get_data(as_text=True)
    if "spoke_with" in fields:
        assert 'value="мать"' in answer.get_data(as_text=True)


def test_a_time_taken_on_the_phone_is_booked_and_needs_no_second_call(
    sign_in: Signed, centre: Centre, registrar: Staff
) -> None:
    task, request = offered(centre)
    chosen = offers.offered_times(offers.open_offer(request))[1]
    note(sign_in(registrar), task, result="reached", spoke_with="отец", chosen=str(chosen.id))
    consultation = db.session.scalars(sa.select(Consultation)).one()
    assert consultation.starts_at == chosen.starts_at
    still_open = sa.select(sa.func.count()).where(CallTask.done_at.is_(None), CallTask.moot_at.is_(None))
    assert db.session.scalar(still_open) == 0


def test_none_of_the_times_suits_returns_the_request(
    sign_in: Signed, centre: Centre, registrar: Staff
) -> None:
    task, request = offered(centre)
    note(
        sign_in(registrar),
        task,
        result="reached",
        spoke_with="отец",
        chosen="none",
        note="только по субботам",
    )
    db.session.refresh(request)
    assert request.state == "assigned"
    refused = db.session.scalars(
        sa.select(AuditRecord).where(AuditRecord.action == "request.offer_refused")
    ).one()
    assert refused.details["words"] == "только по субботам"


def test_a_time_of_another_offer_cannot_be_taken(sign_in: Signed, centre: Centre, registrar: Staff) -> None:
    task, _request = offered(centre)
    assert (
        note(sign_in(registrar), task, result="reached", spoke_with="отец", chosen="99999").status_code == 422
    )
    db.session.refresh(task)
    assert task.done_at is None


def test_who_comes_second_reads_that_it_is_done(sign_in: Signed, centre: Centre, registrar: Staff) -> None:
    task = confirmed(centre)
    client = sign_in(registrar)
    note(client, task, result="reached", spoke_with="мать")
    second = note(client, task, result="other", note="ошибся")
    assert second.status_code == 422
    assert "A colleague has noted this call already" in second.get_data(as_text=True)
    db.session.refresh(task)
    assert task.outcome == "reached"


def test_a_call_that_became_pointless_is_not_listed(
    sign_in: Signed, centre: Centre, registrar: Staff
) -> None:
    task, request = offered(centre)
    answers.decline(request, "Мест нет", "", NOW, staff_id=registrar.id)
    task.moot_at = NOW
    page = sign_in(registrar).get("/staff/calls?lang=en").get_data(as_text=True)
    assert "Offer the times" not in page and "Мест нет" in page


def test_blocked_data_are_not_shown(sign_in: Signed, centre: Centre, registrar: Staff) -> None:
    task = confirmed(centre)
    db.session.get_one(HelpRequest, task.help_request_id).blocked_at = NOW
    client = sign_in(registrar)
    assert "+79000000017" not in client.get("/staff/calls").get_data(as_text=True)
    assert note(client, task, result="reached", spoke_with="мать").status_code == 404


def test_calls_of_another_centre_are_nobody_here(sign_in: Signed, registrar: Staff) -> None:
    task = confirmed(make_centre())
    client = sign_in(registrar)
    assert "+79000000017" not in client.get("/staff/calls").get_data(as_text=True)
    assert note(client, task, result="reached", spoke_with="мать").status_code == 404


def test_many_calls_cost_few_queries(sign_in: Signed, centre: Centre, registrar: Staff) -> None:
    specialist = make_specialist(centre)
    for number in range(10):
        at = THURSDAY_NINE + timedelta(minutes=40 * number)
        make_consultation(
            centre, specialist, at=at, means="phone", **{**BY_PHONE, "phone": f"+790000001{number:02}"}
        )
    client, asked = sign_in(registrar), []

    def remember(*args: Any) -> None:
        if args[2].startswith("SELECT"):
            asked.append(args[2])

    sa.event.listen(db.engine, "before_cursor_execute", remember)
    page = client.get("/staff/calls").get_data(as_text=True)
    sa.event.remove(db.engine, "before_cursor_execute", remember)
    assert page.count("task__tel") == 10 and len(asked) <= 12
