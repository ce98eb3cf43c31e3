"""Calls to those who registered for a group event by phone: told once, as things stand when they are called."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import NOW, THURSDAY_NINE, make_centre, make_event, make_specialist, make_staff, register
from webapp.jobs import tasks
from webapp.models import AuditRecord, CallTask, Centre, GroupEvent, Registration, Staff, db
from webapp.rules.letters import LetterKind
from webapp.rules.permissions import Role
from webapp.services.consultations.moving import Move
from webapp.services.events import event_changes, group_events, repeats
from webapp.services.seats import registrations

Signed = Callable[[Staff], FlaskClient]
PHONE = "+79000000031"
BY_PHONE = {"email": None, "phone": PHONE, "zone": "Asia/Yekaterinburg"}
NEXT_WEEK = THURSDAY_NINE + timedelta(days=7)


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def host(centre: Centre) -> Staff:
    return make_specialist(centre)


@pytest.fixture
def registrar(centre: Centre) -> Staff:
    return make_staff(centre, Role.REGISTRAR)


@pytest.fixture
def event(centre: Centre, host: Staff) -> GroupEvent:
    return make_event(centre, host)


def open_tasks() -> list[CallTask]:
    db.session.expire_all()
    waiting = sa.select(CallTask).where(CallTask.done_at.is_(None), CallTask.moot_at.is_(None))
    return list(db.session.scalars(waiting.order_by(CallTask.id)))


def only_task() -> CallTask:
    (task,) = open_tasks()
    return task


def note(client: FlaskClient, task: CallTask, **fields: str) -> Any:
    data = {f"call{task.id}-{name}": value for name, value in fields.items()}
    return client.post(f"/staff/calls/{task.id}?lang=en", data=data)


def page_of(client: FlaskClient) -> str:
    return client.get("/staff/calls?lang=en").get_data(as_text=True)


def test_a_seat_is_told_with_title_hour_and_number_to_call(
    sign_in: Signed, registrar: Staff, event: GroupEvent
) -> None:
    register(event, shown_name="Мама Вити", **BY_PHONE)
    db.session.commit()
    page = page_of(sign_in(registrar))
    assert f'href="tel:{PHONE}"' in page and "Мама Вити" in page
    assert "Tell that the seat is theirs" in page
    assert "Did you register for a group meeting?" in page  # the name may be any: it is not asked for
    assert "You have a seat in the group meeting: Thursday 26 November, 09:00" in page
    assert event.titles["ru"] in page
    assert f"/staff/events/{event.id}/registrations/" in page  # where the link is sent from


def test_the_number_at_the_tab_is_that_of_the_list(
    sign_in: Signed, registrar: Staff, event: GroupEvent
) -> None:
    register(event, **BY_PHONE)
    register(event, **{**BY_PHONE, "phone": "+79000000032"})
    db.session.commit()
    page = page_of(sign_in(registrar))
    assert page.count("task__tel") == 2 and "Calls: 2" in page


def test_the_call_is_noted_with_who_when_and_result(
    sign_in: Signed, registrar: Staff, event: GroupEvent
) -> None:
    person = register(event, **BY_PHONE)
    db.session.commit()
    client, task = sign_in(registrar), only_task()
    note(client, task, result="not_reached", note="занято")
    assert only_task().due_at == NOW + timedelta(hours=2)
    assert "занято" in page_of(client)
    note(client, task, result="reached", spoke_with="мать", note="придёт")
    assert open_tasks() == []
    db.session.refresh(task)
    assert (task.done_at, task.done_by, task.spoke_with, task.outcome) == (
        NOW,
        registrar.id,
        "мать",
        "reached",
    )
    noted = db.session.scalars(sa.select(AuditRecord).where(AuditRecord.action == "call.done")).one()
    assert (noted.group_event_id, noted.details["registration_id"]) == (event.id, person.id)
    page = page_of(client)
    assert "Spoke with: мать" in page and "придёт" in page and registrar.name in page


def test_a_course_is_told_with_all_dates_that_stand_now(
    sign_in: Signed, centre: Centre, host: Staff, registrar: Staff
) -> None:
    starts = [THURSDAY_NINE, NEXT_WEEK, NEXT_WEEK + timedelta(days=7)]
    event = make_event(centre, host, starts=starts)
    register(event, **BY_PHONE)
    _, second, third = group_events.meetings(event)
    event_changes.move(centre, event, [Move(second, NEXT_WEEK + timedelta(hours=2))], NOW, staff_id=host.id)
    event_changes.cancel_date(event, third, NOW, staff_id=host.id)
    db.session.commit()
    assert only_task().kind == LetterKind.SEAT_CONFIRMED
    page = page_of(sign_in(registrar))
    assert "Thursday 26 November, 09:00" in page and "Thursday 3 December, 11:00" in page
    assert "10 December" not in page and "3 December, 09:00" not in page


def test_several_moves_are_one_call_from_the_hour_that_was_told(
    sign_in: Signed, centre: Centre, host: Staff, registrar: Staff, event: GroupEvent
) -> None:
    register(event, **BY_PHONE)
    db.session.commit()
    client = sign_in(registrar)
    note(client, only_task(), result="reached", spoke_with="мать")
    (meeting,) = group_events.meetings(event)
    for hours in (2, 4):
        at = THURSDAY_NINE + timedelta(hours=hours)
        event_changes.move(centre, event, [Move(meeting, at)], NOW, staff_id=host.id)
    db.session.commit()
    assert only_task().kind == LetterKind.EVENT_MOVED
    page = page_of(client)
    assert "Before: Thursday 26 November, 09:00" in page and "Now: Thursday 26 November, 13:00" in page
    assert "Before: Thursday 26 November, 11:00" not in page


def test_a_cancelled_course_is_one_call(
    sign_in: Signed, centre: Centre, host: Staff, registrar: Staff
) -> None:
    event = make_event(centre, host, starts=[THURSDAY_NINE, NEXT_WEEK])
    register(event, **BY_PHONE)
    db.session.commit()
    client = sign_in(registrar)
    note(client, only_task(), result="reached", spoke_with="мать")
    first, _ = group_events.meetings(event)
    event_changes.move(
        centre, event, [Move(first, THURSDAY_NINE + timedelta(hours=2))], NOW, staff_id=host.id
    )
    event_changes.cancel(event, NOW, staff_id=host.id)
    db.session.commit()
    assert only_task().kind == LetterKind.EVENT_CANCELLED
    page = page_of(client)
    assert "It was planned for: Thursday 26 November, 11:00" in page
    assert "It was planned for: Thursday 3 December, 09:00" in page


def test_who_was_not_told_of_the_seat_yet_is_told_that_it_is_off(host: Staff, event: GroupEvent) -> None:
    register(event, **BY_PHONE)
    event_changes.cancel(event, NOW, staff_id=host.id)
    db.session.commit()
    assert only_task().kind == LetterKind.EVENT_CANCELLED


def test_a_freed_seat_takes_the_place_of_the_number_in_the_list(centre: Centre, host: Staff) -> None:
    event = make_event(centre, host, capacity=1)
    first = register(event)
    register(event, **BY_PHONE)
    db.session.commit()
    assert only_task().kind == LetterKind.WAITING_LISTED
    registrations.give_back(first, NOW)
    db.session.commit()
    assert only_task().kind == LetterKind.SEAT_FREED


def test_the_number_in_the_list_is_that_of_now(
    sign_in: Signed, centre: Centre, host: Staff, registrar: Staff
) -> None:
    event = make_event(centre, host, capacity=1)
    register(event)
    ahead = register(event)
    register(event, **BY_PHONE)
    registrations.give_back(ahead, NOW)
    db.session.commit()
    assert "Your number in the waiting list: 1" in page_of(sign_in(registrar))


def test_who_waits_is_called_once_about_number_and_new_time(
    sign_in: Signed, centre: Centre, host: Staff, registrar: Staff
) -> None:
    event = make_event(centre, host, capacity=1)
    register(event)
    register(event, **BY_PHONE)
    (meeting,), later = group_events.meetings(event), THURSDAY_NINE + timedelta(hours=2)
    event_changes.move(centre, event, [Move(meeting, later)], NOW, staff_id=host.id)
    db.session.commit()
    assert only_task().kind == LetterKind.WAITING_LISTED
    client = sign_in(registrar)
    page = page_of(client)
    assert "Before: Thursday 26 November, 09:00" in page and "are taken: Thursday 26 November, 11:00" in page
    note(client, only_task(), result="reached", spoke_with="мать")
    event_changes.move(centre, event, [Move(meeting, NEXT_WEEK)], NOW, staff_id=host.id)
    db.session.commit()
    assert only_task().kind == LetterKind.WAITING_MOVED
    page = page_of(client)
    assert "Before: Thursday 26 November, 11:00" in page and "Now: Thursday 3 December, 09:00" in page


@pytest.mark.parametrize(("chosen", "state"), [("takes", "seated"), ("none", "withdrawn"), ("", "offered")])
def test_a_seat_of_the_repeat_date_is_taken_on_the_phone(
    sign_in: Signed, centre: Centre, host: Staff, registrar: Staff, chosen: str, state: str
) -> None:
    event = make_event(centre, host, capacity=1)
    register(event)
    register(event, **BY_PHONE)
    repeats.make(centre, event, NEXT_WEEK, 5, NOW, staff_id=host.id)
    db.session.commit()
    client = sign_in(registrar)
    offer = next(task for task in open_tasks() if task.kind == LetterKind.REPEAT_OFFERED)
    assert "Does the person take the seat?" in page_of(client)
    note(client, offer, result="reached", spoke_with="отец", chosen=chosen)
    db.session.expire_all()
    offered = db.session.get_one(Registration, offer.registration_id)
    assert offered.state == state
    assert offer.done_at == NOW


def test_an_offer_that_ran_out_is_not_called_about(centre: Centre, host: Staff) -> None:
    event = make_event(centre, host, capacity=1)
    register(event)
    register(event, **BY_PHONE)
    repeats.make(centre, event, NEXT_WEEK, 5, NOW, staff_id=host.id)
    registrations.lapse_due(NOW + timedelta(days=3))
    assert LetterKind.REPEAT_OFFERED not in {task.kind for task in open_tasks()}


def test_nobody_is_called_about_what_is_over(event: GroupEvent) -> None:
    register(event, **BY_PHONE)
    db.session.commit()
    tasks.lapse_seats(event.ends_at - timedelta(seconds=1))
    assert len(open_tasks()) == 1
    tasks.lapse_seats(event.ends_at)
    assert open_tasks() == []


def test_blocked_data_and_other_centres_are_not_shown(
    sign_in: Signed, registrar: Staff, event: GroupEvent
) -> None:
    other = make_centre()
    register(make_event(other, make_specialist(other)), **BY_PHONE)
    blocked = register(event, **{**BY_PHONE, "phone": "+79000000032"})
    blocked.blocked_at = NOW
    db.session.commit()
    client = sign_in(registrar)
    assert "task__tel" not in page_of(client)
    for task in open_tasks():
        assert note(client, task, result="reached", spoke_with="мать").status_code == 404


def test_the_most_pressing_of_very_many_are_shown(
    sign_in: Signed, registrar: Staff, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host, capacity=60)
    for number in range(55):
        register(event, **{**BY_PHONE, "phone": f"+790000001{number:02}"})
    db.session.commit()
    page = page_of(sign_in(registrar))
    assert page.count("task__tel") == 50 and "The others follow as these are noted." in page
