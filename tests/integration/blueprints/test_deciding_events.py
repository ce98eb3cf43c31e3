"""Announcing, proposing, approving and sending back; what each person sees in the list."""

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
    make_deputy,
    make_event,
    make_event_type,
    make_specialist,
    make_staff,
    register,
    texts,
)
from webapp.models import Centre, GroupEvent, Letter, Staff, db
from webapp.rules.letters import LetterKind
from webapp.rules.permissions import Role
from webapp.services.help_requests import overview

SignIn = Callable[[Staff], FlaskClient]


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def deputy(centre: Centre) -> Staff:
    return make_deputy(centre)


@pytest.fixture
def host(centre: Centre, deputy: Staff) -> Staff:
    return make_specialist(centre)


def draft(centre: Centre, *hosts: Staff, needs_approval: bool = True) -> GroupEvent:
    kind = make_event_type(centre, needs_approval=needs_approval)
    return make_event(centre, *hosts, kind=kind, announced=False)


def proposed(centre: Centre, *hosts: Staff) -> GroupEvent:
    return make_event(centre, *hosts, kind=make_event_type(centre, needs_approval=True))


def told(kind: LetterKind) -> list[int | None]:
    query = sa.select(Letter.staff_id).where(Letter.kind == kind).order_by(Letter.staff_id)
    return list(db.session.scalars(query))


def test_a_kind_without_approval_is_announced_at_once(sign_in: SignIn, centre: Centre, host: Staff) -> None:
    event, client = draft(centre, host, needs_approval=False), sign_in(host)
    assert client.post(f"/staff/events/{event.id}/announce").status_code == 302
    db.session.refresh(event)
    assert (event.state, event.announced_at) == ("announced", NOW)
    assert client.get(f"/c/{centre.slug}/events/{event.id}").status_code == 200


def test_a_kind_with_approval_is_proposed_to_whoever_decides(
    sign_in: SignIn, centre: Centre, host: Staff, deputy: Staff
) -> None:
    event, client = draft(centre, host), sign_in(host)
    client.post(f"/staff/events/{event.id}/announce")
    db.session.refresh(event)
    assert event.state == "proposed"
    assert told(LetterKind.EVENT_PROPOSED) == [deputy.id]
    assert client.get(f"/c/{centre.slug}/events/{event.id}").status_code == 404
    assert deputy.name in client.get(f"/staff/events/{event.id}").get_data(as_text=True)


def test_the_stand_in_is_asked_where_the_deputy_holds_it(
    sign_in: SignIn, centre: Centre, deputy: Staff
) -> None:
    host = make_specialist(centre)
    head = make_staff(centre, Role.HEAD)
    make_staff(centre, Role.HEAD)
    centre.stand_in_id = head.id
    event = draft(centre, host)
    event.created_by = deputy.id
    sign_in(deputy).post(f"/staff/events/{event.id}/announce")
    db.session.refresh(event)
    assert (event.state, told(LetterKind.EVENT_PROPOSED)) == ("proposed", [head.id])


def test_everybody_else_who_may_is_asked_where_both_are_concerned(
    sign_in: SignIn, centre: Centre, deputy: Staff
) -> None:
    heads = [make_staff(centre, Role.HEAD) for _ in range(2)]
    event = draft(centre, make_specialist(centre))
    event.created_by = deputy.id
    sign_in(deputy).post(f"/staff/events/{event.id}/announce")
    assert told(LetterKind.EVENT_PROPOSED) == [head.id for head in heads]


def test_where_nobody_else_could_approve_it_is_announced(
    sign_in: SignIn, centre: Centre, deputy: Staff
) -> None:
    event = draft(centre, make_specialist(centre))
    event.created_by = deputy.id
    sign_in(deputy).post(f"/staff/events/{event.id}/announce")
    db.session.refresh(event)
    assert event.state == "announced"


def test_the_deputy_approves_with_one_click_and_the_host_is_told(
    sign_in: SignIn, centre: Centre, host: Staff, deputy: Staff
) -> None:
    event, client = proposed(centre, host), sign_in(deputy)
    assert "approve" in client.get(f"/staff/events/{event.id}").get_data(as_text=True)
    assert client.post(f"/staff/events/{event.id}/approve").status_code == 302
    db.session.refresh(event)
    assert (event.state, event.decided_by) == ("announced", deputy.id)
    assert told(LetterKind.EVENT_APPROVED) == [host.id]


def test_it_is_sent_back_with_a_note_that_the_host_reads(
    sign_in: SignIn, centre: Centre, host: Staff, deputy: Staff
) -> None:
    event = proposed(centre, host)
    note = {"note": "Добавьте время для вопросов"}
    assert sign_in(deputy).post(f"/staff/events/{event.id}/send-back", data=note).status_code == 302
    db.session.refresh(event)
    assert event.state == "draft"
    assert "Добавьте время для вопросов" in sign_in(host).get(f"/staff/events/{event.id}").get_data(
        as_text=True
    )


def test_it_is_not_sent_back_without_a_note(
    sign_in: SignIn, centre: Centre, host: Staff, deputy: Staff
) -> None:
    event = proposed(centre, host)
    answer = sign_in(deputy).post(f"/staff/events/{event.id}/send-back", data={"note": " "})
    db.session.refresh(event)
    assert (answer.status_code, event.state) == (422, "proposed")


def test_nobody_approves_an_event_of_their_own(
    sign_in: SignIn, centre: Centre, host: Staff, deputy: Staff
) -> None:
    head = make_staff(centre, Role.HEAD, Role.SPECIALIST, profession="psychologist")
    event, client = proposed(centre, host, head), sign_in(head)
    page = client.get(f"/staff/events/{event.id}").get_data(as_text=True)
    assert f"/staff/events/{event.id}/approve" not in page
    assert client.post(f"/staff/events/{event.id}/approve").status_code == 409
    db.session.refresh(event)
    assert event.state == "proposed"


def test_a_draft_whose_time_has_passed_is_not_announced(sign_in: SignIn, centre: Centre, host: Staff) -> None:
    event = make_event(
        centre,
        host,
        kind=make_event_type(centre),
        at=NOW.replace(hour=5),
        announced=False,
        now=NOW.replace(day=20),
    )
    client = sign_in(host)
    assert "announce" not in client.get(f"/staff/events/{event.id}").get_data(as_text=True)
    assert client.post(f"/staff/events/{event.id}/announce").status_code == 409


def test_the_tab_counts_what_waits_for_this_person(centre: Centre, host: Staff, deputy: Staff) -> None:
    proposed(centre, host)
    draft(centre, make_specialist(centre))
    db.session.commit()
    assert overview.waiting(deputy, NOW)["events"] == 1
    assert overview.waiting(host, NOW)["events"] == 0


def test_an_event_of_ones_own_is_not_counted(centre: Centre, host: Staff) -> None:
    head = make_staff(centre, Role.HEAD, Role.SPECIALIST, profession="psychologist")
    proposed(centre, host, head)
    db.session.commit()
    assert overview.waiting(head, NOW)["events"] == 0


def test_the_list_begins_with_what_waits_for_approval(
    sign_in: SignIn, centre: Centre, host: Staff, deputy: Staff
) -> None:
    make_event(centre, host, titles=texts("Раньше по времени"), at=THURSDAY_NINE.replace(day=25))
    waits = proposed(centre, make_specialist(centre))
    page = sign_in(deputy).get("/staff/events").get_data(as_text=True)
    assert page.index(f"/staff/events/{waits.id}") < page.index("Раньше по времени")


def test_a_hall_too_small_and_one_too_empty_are_said_in_words(
    sign_in: SignIn, centre: Centre, host: Staff, deputy: Staff
) -> None:
    full = make_event(centre, host, capacity=1)
    register(full)
    register(full)
    make_event(centre, make_specialist(centre), minimum=5)
    page = sign_in(deputy).get("/staff/events").get_data(as_text=True)
    assert "Мест не хватает, ждут: 1" in page
    assert "Меньше минимума: 5" in page


def test_a_specialist_sees_own_drafts_and_of_others_only_what_is_public(
    sign_in: SignIn, centre: Centre, host: Staff
) -> None:
    other = make_specialist(centre)
    mine = make_event(centre, host, titles=texts("Мой черновик"), announced=False)
    make_event(centre, other, titles=texts("Чужой черновик"), announced=False)
    later = THURSDAY_NINE.replace(day=27)
    public = make_event(centre, other, titles=texts("Объявлено коллегой"), at=later)
    page = sign_in(host).get("/staff/events").get_data(as_text=True)
    assert f"/staff/events/{mine.id}" in page
    assert "Чужой черновик" not in page
    assert f"/c/{centre.slug}/events/{public.id}" in page
    assert f"/staff/events/{public.id}" not in page


def test_what_is_over_and_not_closed_stands_first_for_those_who_close_it(
    sign_in: SignIn, centre: Centre, deputy: Staff, host: Staff
) -> None:
    make_event(centre, host, at=NOW - timedelta(hours=2), now=NOW - timedelta(days=3))
    db.session.commit()
    for person in (host, deputy):
        assert "Over, to be closed: 1" in sign_in(person).get("/staff/events?lang=en").text
    colleague = sign_in(make_specialist(centre)).get("/staff/events?lang=en").text
    assert "to be closed" not in colleague and "Over or cancelled" in colleague
