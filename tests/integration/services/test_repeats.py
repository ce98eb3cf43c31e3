"""A repeat date: offered to those who wait, in order of arrival, with a time limit; nobody jumps the queue."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import (
    NOW,
    THURSDAY_NINE,
    make_centre,
    make_deputy,
    make_event,
    make_event_type,
    make_specialist,
    register,
)
from webapp.letters.compose import compose
from webapp.models import CallTask, Centre, GroupEvent, Letter, Registration, Staff, db
from webapp.rules.errors import NotFree, WrongState
from webapp.rules.groups import REPEAT_OFFER_LASTS
from webapp.rules.letters import LetterKind
from webapp.services.events import event_changes, group_events, repeats
from webapp.services.mail import strangers
from webapp.services.seats import registrations

WEEK = timedelta(weeks=1)
LATER = THURSDAY_NINE + WEEK
AFTER_THE_OFFER = NOW + REPEAT_OFFER_LASTS


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def host(centre: Centre) -> Staff:
    return make_specialist(centre)


@pytest.fixture
def full(centre: Centre, host: Staff) -> GroupEvent:
    """One seat, taken; Anna, Berik, Clara and Dina wait."""
    event = make_event(centre, host, capacity=1)
    register(event, email="first@home.example")
    for name in ("anna", "berik", "clara", "dina"):
        register(event, email=f"{name}@home.example")
    return event


@pytest.fixture
def repeat(centre: Centre, host: Staff, full: GroupEvent) -> GroupEvent:
    """Two seats: offered to Anna and Berik."""
    return repeats.make(centre, full, LATER, 2, NOW, staff_id=host.id)


def row(event: GroupEvent, name: str) -> Registration:
    db.session.flush()
    return db.session.scalars(
        sa.select(Registration).where(
            Registration.group_event_id == event.id, Registration.email == f"{name}@home.example"
        )
    ).one()


def states(event: GroupEvent) -> dict[str, str]:
    rows = db.session.execute(
        sa.select(Registration.email, Registration.state)
        .where(Registration.group_event_id == event.id)
        .order_by(Registration.arrival)
    )
    return {one.email.split("@")[0]: one.state for one in rows if one.email}


def counted(event: GroupEvent) -> tuple[int, int]:
    db.session.refresh(event)
    return event.seats_taken, event.waiting_count


def offered_to() -> list[str]:
    found = sa.select(Letter.recipient).where(Letter.kind == LetterKind.REPEAT_OFFERED).order_by(Letter.id)
    return [address.split("@")[0] for address in db.session.scalars(found)]


def test_as_many_offers_are_out_as_there_are_seats_in_order(repeat: GroupEvent) -> None:
    assert states(repeat) == {"anna": "offered", "berik": "offered"}
    assert (offered_to(), counted(repeat)) == (["anna", "berik"], (2, 0))


def test_an_offer_moves_nobody_silently(full: GroupEvent, repeat: GroupEvent) -> None:
    assert states(full)["anna"] == "waiting"
    assert not db.session.scalars(
        sa.select(Letter).where(Letter.kind == LetterKind.SEAT_CONFIRMED, Letter.group_event_id == repeat.id)
    ).all()


def test_who_takes_the_seat_leaves_the_old_waiting_list(full: GroupEvent, repeat: GroupEvent) -> None:
    repeats.take(row(repeat, "anna"), NOW)
    assert (states(repeat)["anna"], states(full)["anna"]) == ("seated", "withdrawn")
    assert (counted(repeat), counted(full)) == ((2, 0), (1, 3))


def test_the_taken_seat_comes_with_its_invite(repeat: GroupEvent) -> None:
    repeats.take(row(repeat, "anna"), NOW)
    letter = db.session.scalars(
        sa.select(Letter).where(Letter.kind == LetterKind.SEAT_CONFIRMED, Letter.group_event_id == repeat.id)
    ).one()
    message = compose(letter, NOW)
    assert message is not None
    assert [part for part in message.walk() if part.get_content_type() == "text/calendar"]


def test_a_declined_offer_goes_to_the_next_in_line(full: GroupEvent, repeat: GroupEvent) -> None:
    repeats.decline(row(repeat, "anna"), NOW)
    assert offered_to() == ["anna", "berik", "clara"]
    assert (states(full)["anna"], counted(repeat)) == ("waiting", (2, 0))


def test_an_offer_that_lapses_goes_to_the_next_in_line(full: GroupEvent, repeat: GroupEvent) -> None:
    repeats.take(row(repeat, "anna"), NOW)
    assert registrations.lapse_due(AFTER_THE_OFFER - timedelta(seconds=1)) == 0
    assert registrations.lapse_due(AFTER_THE_OFFER) == 1
    assert states(repeat) == {"anna": "seated", "berik": "withdrawn", "clara": "offered"}
    assert states(full)["berik"] == "waiting"


def test_a_lapsed_offer_cannot_be_taken_any_more(repeat: GroupEvent) -> None:
    anna = row(repeat, "anna")
    with pytest.raises(WrongState):
        repeats.take(anna, AFTER_THE_OFFER)


def test_taking_a_seat_twice_changes_nothing(repeat: GroupEvent) -> None:
    for _ in range(2):
        repeats.take(row(repeat, "anna"), NOW)
    assert counted(repeat) == (2, 0)


def test_a_newcomer_waits_behind_those_who_are_offered_a_seat(repeat: GroupEvent) -> None:
    register(repeat, email="newcomer@home.example")
    repeats.decline(row(repeat, "anna"), NOW)
    assert states(repeat)["newcomer"] == "waiting"
    assert states(repeat)["clara"] == "offered"


def test_a_newcomer_gets_what_nobody_of_the_old_list_takes(full: GroupEvent, repeat: GroupEvent) -> None:
    register(repeat, email="newcomer@home.example")
    for name in ("anna", "berik", "clara", "dina"):
        repeats.decline(row(repeat, name), NOW)
    assert states(repeat)["newcomer"] == "seated"
    assert counted(repeat) == (1, 0)


def test_seats_beyond_the_old_list_are_open_to_everybody(
    centre: Centre, host: Staff, full: GroupEvent
) -> None:
    repeat = repeats.make(centre, full, LATER, 10, NOW, staff_id=host.id)
    assert counted(repeat) == (4, 0)
    register(repeat, email="newcomer@home.example")
    assert states(repeat)["newcomer"] == "seated"


def test_who_is_offered_a_seat_gets_no_second_one_by_registering(repeat: GroupEvent) -> None:
    register(repeat, email="anna@home.example")
    assert (states(repeat)["anna"], counted(repeat)) == ("offered", (2, 0))


def test_an_offer_runs_to_the_start_at_most(centre: Centre, host: Staff, full: GroupEvent) -> None:
    soon = THURSDAY_NINE - timedelta(hours=20)  # on Wednesday at 13:00
    repeat = repeats.make(centre, full, soon, 1, NOW, staff_id=host.id)
    assert row(repeat, "anna").seat_until == soon


def test_offers_go_out_when_the_repeat_is_approved(centre: Centre, host: Staff) -> None:
    deputy = make_deputy(centre)
    kind = make_event_type(centre, needs_approval=True)
    first = make_event(centre, host, kind=kind, capacity=1)
    group_events.approve(first, NOW, staff_id=deputy.id)
    register(first)
    register(first, email="anna@home.example")
    repeat = repeats.make(centre, first, LATER, 1, NOW, staff_id=host.id)
    assert offered_to() == []
    group_events.approve(repeat, NOW, staff_id=deputy.id)
    assert offered_to() == ["anna"]


def test_a_host_who_is_taken_gives_no_repeat_date(centre: Centre, host: Staff, full: GroupEvent) -> None:
    with pytest.raises(NotFree):
        repeats.make(centre, full, THURSDAY_NINE, 2, NOW, staff_id=host.id)


def test_who_was_offered_a_date_that_is_off_may_be_offered_another(
    centre: Centre, host: Staff, full: GroupEvent, repeat: GroupEvent
) -> None:
    event_changes.cancel(repeat, NOW, staff_id=host.id)
    another = repeats.make(centre, full, LATER + WEEK, 1, NOW, staff_id=host.id)
    assert states(another) == {"anna": "offered"}


def test_a_person_without_email_is_called_and_answers_on_the_phone(centre: Centre, host: Staff) -> None:
    first = make_event(centre, host, capacity=1)
    register(first)
    register(first, phone="+79160000017")
    repeat = repeats.make(centre, first, LATER, 1, NOW, staff_id=host.id)
    call = sa.select(CallTask.registration_id).where(CallTask.kind == LetterKind.REPEAT_OFFERED)
    offered_id = db.session.scalars(call).one()
    repeats.answer(repeat, offered_id or 0, repeats.TAKES, NOW, staff_id=host.id)
    assert db.session.get_one(Registration, offered_id).state == "seated"


def test_who_was_not_the_one_loses_the_offer_and_leaves_no_address(
    full: GroupEvent, repeat: GroupEvent
) -> None:
    offered_id = row(repeat, "anna").id
    strangers.forget_registration(row(full, "anna"), NOW)
    db.session.expire_all()
    offered = db.session.get_one(Registration, offered_id)
    assert (offered.state, offered.email) == ("withdrawn", None)
    assert states(repeat)["clara"] == "offered"
