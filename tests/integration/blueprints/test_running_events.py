"""The page of a group event: another time, off, who registered, seats by hand; and who may look."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import (
    NOW,
    THURSDAY_NINE,
    make_centre,
    make_consultation,
    make_deputy,
    make_event,
    make_event_type,
    make_specialist,
    make_staff,
    register,
)
from webapp import formatting
from webapp.models import AuditRecord, CallTask, Centre, Letter, Registration, Staff, db
from webapp.rules.letters import LetterKind
from webapp.rules.permissions import Role
from webapp.services.events import event_changes, group_events
from webapp.services.times import timetable

SignIn = Callable[[Staff], FlaskClient]
FRIDAY_NINE = THURSDAY_NINE + timedelta(days=1)
NAME, ADDRESS = "Мама Тимофея", "timofey@home.example"


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def host(centre: Centre) -> Staff:
    return make_specialist(centre)


def written(kind: LetterKind) -> int:
    return db.session.scalar(sa.select(sa.func.count()).where(Letter.kind == kind)) or 0


def test_another_time_is_chosen_among_those_when_all_hosts_are_free(
    sign_in: SignIn, centre: Centre, host: Staff
) -> None:
    other = make_specialist(centre)
    event = make_event(centre, host, other)
    register(event)
    make_consultation(centre, other, at=FRIDAY_NINE)
    (meeting,) = group_events.meetings(event)
    client, address = sign_in(host), f"/staff/events/{event.id}/meetings/{meeting.id}/move"
    page = client.get(address).get_data(as_text=True)
    assert FRIDAY_NINE.isoformat() not in page
    later = FRIDAY_NINE + timedelta(minutes=40)
    assert later.isoformat() in page
    assert client.post(address, data={"starts": later.isoformat()}).status_code == 302
    db.session.refresh(event)
    assert event.starts_at == later
    assert written(LetterKind.EVENT_MOVED) == 1


def test_a_date_far_beyond_what_families_are_shown_moves_too(
    sign_in: SignIn, centre: Centre, host: Staff
) -> None:
    far = THURSDAY_NINE + timedelta(weeks=12)
    event, later = make_event(centre, host, starts=[THURSDAY_NINE, far]), far + timedelta(days=1)
    meeting, client = group_events.meetings(event)[1], sign_in(host)
    address = f"/staff/events/{event.id}/meetings/{meeting.id}/move"
    assert later.isoformat() in client.get(address).text
    assert client.post(address, data={"starts": later.isoformat()}).status_code == 302
    db.session.refresh(meeting)
    assert meeting.starts_at == later


@pytest.mark.parametrize(
    "starts", ["", "скоро", FRIDAY_NINE.isoformat(), (NOW - timedelta(days=1)).isoformat()]
)
def test_a_time_that_cannot_be_taken_is_refused_beside_the_times(
    sign_in: SignIn, centre: Centre, host: Staff, starts: str
) -> None:
    event = make_event(centre, host)
    make_consultation(centre, host, at=FRIDAY_NINE)
    (meeting,) = group_events.meetings(event)
    address = f"/staff/events/{event.id}/meetings/{meeting.id}/move"
    assert sign_in(host).post(address, data={"starts": starts}).status_code == 422
    db.session.refresh(event)
    assert event.starts_at == THURSDAY_NINE


def test_later_days_are_shown_without_moving_anything(sign_in: SignIn, centre: Centre, host: Staff) -> None:
    event = make_event(centre, host)
    (meeting,) = group_events.meetings(event)
    address = f"/staff/events/{event.id}/meetings/{meeting.id}/move"
    answer = sign_in(host).post(address, data={"show": "2026-12-10", "starts": FRIDAY_NINE.isoformat()})
    assert answer.status_code == 200
    assert "2026-12-10" in answer.get_data(as_text=True)
    assert f'value="{FRIDAY_NINE.isoformat()}" checked' in answer.get_data(as_text=True)


def test_one_date_of_several_is_called_off_and_the_others_stay(
    sign_in: SignIn, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host, starts=[THURSDAY_NINE, FRIDAY_NINE])
    register(event)
    first, second = group_events.meetings(event)
    sign_in(host).post(f"/staff/events/{event.id}/meetings/{first.id}/cancel")
    db.session.expire_all()
    assert (first.state, second.state) == ("cancelled", "planned")
    assert (event.state, event.starts_at) == ("announced", FRIDAY_NINE)
    assert written(LetterKind.EVENT_CANCELLED) == 1


def test_the_last_date_takes_the_event_with_it(sign_in: SignIn, centre: Centre, host: Staff) -> None:
    event = make_event(centre, host)
    (meeting,) = group_events.meetings(event)
    sign_in(host).post(f"/staff/events/{event.id}/meetings/{meeting.id}/cancel")
    db.session.expire_all()
    assert (meeting.state, event.state) == ("cancelled", "cancelled")


def test_cancelling_says_beforehand_how_many_are_told_and_frees_the_hosts(
    sign_in: SignIn, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host, capacity=2)
    register(event)
    register(event, phone="+79160000031", entered_by=host.id)
    register(event)
    client = sign_in(host)
    page = client.get(f"/staff/events/{event.id}").get_data(as_text=True)
    assert "Узнают об этом: 3. Писем: 2. Звонков регистратору: 1." in page
    assert client.post(f"/staff/events/{event.id}/cancel").status_code == 302
    db.session.refresh(event)
    assert event.state == "cancelled"
    assert (written(LetterKind.EVENT_CANCELLED), written(LetterKind.WAITED_IN_VAIN)) == (1, 1)
    calls = sa.select(sa.func.count()).where(CallTask.kind == LetterKind.EVENT_CANCELLED)
    assert db.session.scalar(calls) == 1
    assert any(slot.start == THURSDAY_NINE for slot in timetable.free_for_all(centre, [host.id], NOW))


def test_a_draft_is_given_up_without_a_word(sign_in: SignIn, centre: Centre, host: Staff) -> None:
    event = make_event(centre, host, announced=False)
    assert sign_in(host).post(f"/staff/events/{event.id}/cancel").location == "/staff/events"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Letter)) == 0
    assert any(slot.start == THURSDAY_NINE for slot in timetable.free_for_all(centre, [host.id], NOW))


def test_the_page_leads_to_the_public_page_and_the_poster(
    sign_in: SignIn, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host)
    page = sign_in(host).get(f"/staff/events/{event.id}").get_data(as_text=True)
    assert f"http://kenes.example/c/{centre.slug}/events/{event.id}" in page
    assert f"/c/{centre.slug}/events/{event.id}/poster.pdf" in page
    assert f"/embed/{centre.slug}" in page


def test_names_and_contacts_stand_in_the_order_of_arrival(
    sign_in: SignIn, centre: Centre, host: Staff
) -> None:
    kind = make_event_type(centre, with_children=True)
    event = make_event(centre, host, kind=kind, capacity=1)
    register(event, shown_name=NAME, email=ADDRESS, parent_present="мама")
    register(event, shown_name="Ждёт вторая", phone="+79160000032", parent_present="папа")
    page = sign_in(host).get(f"/staff/events/{event.id}").get_data(as_text=True)
    assert page.index(NAME) < page.index(ADDRESS) < page.index("будет рядом: мама")
    assert page.index(ADDRESS) < page.index("Ждёт вторая") < page.index(formatting.phone("+79160000032"))


@pytest.mark.parametrize("role", [Role.DEPUTY_DIRECTOR, Role.HEAD, Role.REGISTRAR, Role.METHODIST])
def test_who_approves_and_who_fills_it_see_who_registered(
    sign_in: SignIn, centre: Centre, host: Staff, role: Role
) -> None:
    event = make_event(centre, host)
    register(event, shown_name=NAME, email=ADDRESS)
    client = sign_in(make_staff(centre, role))
    assert ADDRESS in client.get(f"/staff/events/{event.id}").get_data(as_text=True)


@pytest.mark.parametrize("part", ["", "/register", "/registrations/{registration}", "/preview", "/change"])
def test_another_specialist_finds_nothing_of_it(
    sign_in: SignIn, centre: Centre, host: Staff, part: str
) -> None:
    event = make_event(centre, host)
    person = register(event, shown_name=NAME, email=ADDRESS)
    client = sign_in(make_specialist(centre))
    address = f"/staff/events/{event.id}{part.format(registration=person.id)}"
    assert client.get(address).status_code == 404
    assert ADDRESS not in client.get("/staff/events").get_data(as_text=True)


def test_the_administrator_may_not_look(sign_in: SignIn, centre: Centre, host: Staff) -> None:
    event = make_event(centre, host)
    client = sign_in(make_staff(centre, Role.ADMINISTRATOR))
    assert client.get(f"/staff/events/{event.id}").status_code == 403


@pytest.mark.parametrize("act", ["cancel", "enlarge", "announce", "meetings/{meeting}/cancel"])
def test_only_those_who_run_it_change_it(sign_in: SignIn, centre: Centre, host: Staff, act: str) -> None:
    event = make_event(centre, host)
    (meeting,) = group_events.meetings(event)
    for somebody in (make_specialist(centre), make_staff(centre, Role.REGISTRAR)):
        answer = sign_in(somebody).post(f"/staff/events/{event.id}/{act.format(meeting=meeting.id)}")
        assert answer.status_code in (403, 404)
    db.session.refresh(event)
    assert event.state == "announced"


def test_a_seat_is_given_back_on_somebodys_behalf_and_goes_to_the_next(
    sign_in: SignIn, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host, capacity=1)
    first, second = register(event, shown_name=NAME), register(event)
    client, address = sign_in(host), f"/staff/events/{event.id}/registrations/{first.id}"
    assert NAME in client.get(address).get_data(as_text=True)
    assert client.post(f"{address}/give-back").status_code == 302
    db.session.expire_all()
    assert (first.state, second.state) == ("withdrawn", "seated")
    assert written(LetterKind.SEAT_GIVEN_BACK) == 1
    assert client.get(address).status_code == 404
    by = sa.select(AuditRecord.staff_id).where(AuditRecord.action == "registration.give_back")
    assert db.session.scalar(by) == host.id


def test_a_registration_of_another_event_is_not_found(sign_in: SignIn, centre: Centre, host: Staff) -> None:
    event, other = make_event(centre, host), make_event(centre, make_specialist(centre))
    person = register(other)
    answer = sign_in(host).post(f"/staff/events/{event.id}/registrations/{person.id}/give-back")
    assert answer.status_code == 404


def called(**values: str) -> dict[str, str]:
    return {
        "phone": "8 916 000-00-33",
        "contact": "",
        "shown_name": NAME,
        "language": "ru",
        "zone": "Europe/Moscow",
        "consent": "spoken",
        **values,
    }


def test_the_office_registers_somebody_who_called(sign_in: SignIn, centre: Centre, host: Staff) -> None:
    event, registrar = make_event(centre, host), make_staff(centre, Role.REGISTRAR)
    address = f"/staff/events/{event.id}/register"
    assert sign_in(registrar).post(address, data=called()).status_code == 302
    person = db.session.scalars(sa.select(Registration)).one()
    assert (person.state, person.phone, person.entered_by) == ("seated", "+79160000033", registrar.id)
    noted = sa.select(AuditRecord.details).where(AuditRecord.action == "consent.note")
    assert db.session.scalars(noted).one()["how"] == "spoken"


def test_an_address_from_the_office_is_confirmed_by_the_office(
    sign_in: SignIn, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host, seat_after_confirming=True)
    address = f"/staff/events/{event.id}/register"
    sign_in(host).post(address, data=called(phone="", contact=ADDRESS, consent="paper"))
    person = db.session.scalars(sa.select(Registration)).one()
    assert (person.state, person.email, person.email_confirmed_at) == ("seated", ADDRESS, NOW)


def test_the_caller_learns_the_number_in_the_waiting_list(
    sign_in: SignIn, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host, capacity=1)
    register(event)
    register(event)
    client = sign_in(host)
    client.post(f"/staff/events/{event.id}/register", data=called())
    assert "Номер: 2" in client.get(f"/staff/events/{event.id}").get_data(as_text=True)


def test_who_is_registered_already_stays_as_they_were(sign_in: SignIn, centre: Centre, host: Staff) -> None:
    event = make_event(centre, host)
    register(event, phone="+79160000033")
    client = sign_in(host)
    client.post(f"/staff/events/{event.id}/register", data=called())
    assert "уже записан" in client.get(f"/staff/events/{event.id}").get_data(as_text=True)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Registration)) == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"phone": ""}, "contact"),
        ({"phone": "12"}, "phone"),
        ({"contact": "nobody"}, "contact"),
        ({"consent": ""}, "consent"),
        ({"zone": "Mars/Base"}, "zone"),
        ({"parent_present": ""}, "parent_present"),
    ],
)
def test_what_is_missing_is_said_beside_its_field(
    sign_in: SignIn, centre: Centre, host: Staff, wrong: dict[str, str], field: str
) -> None:
    event = make_event(centre, host, kind=make_event_type(centre, with_children=True))
    data = called(parent_present="мама", **{}) | wrong
    answer = sign_in(host).post(f"/staff/events/{event.id}/register", data=data)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'<a href="#{field}">' in page
    assert NAME in page


def test_the_office_is_told_all_that_is_missing_at_once(sign_in: SignIn, centre: Centre, host: Staff) -> None:
    event = make_event(centre, host, kind=make_event_type(centre, with_children=True))
    page = sign_in(host).post(f"/staff/events/{event.id}/register", data=called(phone="", consent="")).text
    assert all(f'<a href="#{field}">' in page for field in ("contact", "parent_present", "consent"))


def test_nobody_is_registered_for_what_is_over(sign_in: SignIn, centre: Centre, host: Staff) -> None:
    event = make_event(centre, host)
    event_changes.cancel(event, NOW, staff_id=host.id)
    answer = sign_in(host).post(f"/staff/events/{event.id}/register", data=called())
    assert answer.status_code == 422
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Registration)) == 0


def test_the_hosts_of_a_small_group_may_go_on_or_cancel(sign_in: SignIn, centre: Centre, host: Staff) -> None:
    make_deputy(centre)
    event = make_event(centre, host, minimum=5)
    event.too_few_told_at = NOW
    page = sign_in(host).get(f"/staff/events/{event.id}").get_data(as_text=True)
    assert "Людей меньше, чем задумано: 0 из 5" in page
    assert f"/staff/events/{event.id}/cancel" in page
