"""Registering for a group event: seats, the waiting list, repeats, giving back."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import NOW, THURSDAY_NINE, make_centre, make_event, make_specialist, register
from webapp.letters.compose import compose
from webapp.models import Centre, GroupEvent, Letter, Participation, Registration, db
from webapp.rules.errors import AddressBlocked, ConsentMissing, EventOver, TooManyRegistrations
from webapp.rules.groups import REGISTRATIONS_PER_CONTACT, RegistrationState
from webapp.services.centre import retention
from webapp.services.consultations.moving import Move
from webapp.services.events import event_changes, group_events
from webapp.services.mail import strangers
from webapp.services.moves import move_outcomes
from webapp.services.pages import new_links
from webapp.services.seats import registrations


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def event(centre: Centre) -> GroupEvent:
    """A webinar with two seats."""
    return make_event(centre, make_specialist(centre), capacity=2)


def states(event: GroupEvent) -> list[tuple[str, str]]:
    rows = db.session.execute(
        sa.select(Registration.email, Registration.state)
        .where(Registration.group_event_id == event.id)
        .order_by(Registration.arrival)
    )
    return [(row.email.split("@")[0], row.state) for row in rows]


def letters_to(email: str) -> list[str]:
    rows = db.session.execute(sa.select(Letter.kind).where(Letter.recipient == email).order_by(Letter.id))
    return [row.kind for row in rows]


def counted(event: GroupEvent) -> tuple[int, int]:
    db.session.refresh(event)
    return event.seats_taken, event.waiting_count


def test_seats_go_in_order_of_arrival_and_the_rest_waits(event: GroupEvent) -> None:
    for name in ("anna", "berik", "clara"):
        register(event, email=f"{name}@home.example")
    assert states(event) == [("anna", "seated"), ("berik", "seated"), ("clara", "waiting")]
    assert counted(event) == (2, 1)


def test_a_seat_comes_with_one_letter_and_its_reminders(event: GroupEvent) -> None:
    register(event, email="anna@home.example")
    assert letters_to("anna@home.example") == ["seat_confirmed", "event_day_before", "event_hour_before"]


def test_the_waiting_list_names_the_number(event: GroupEvent) -> None:
    for name in ("anna", "berik", "clara", "dina"):
        register(event, email=f"{name}@home.example")
    letter = db.session.scalars(sa.select(Letter).where(Letter.recipient == "dina@home.example")).one()
    assert (letter.kind, letter.facts["place"]) == ("waiting_listed", 2)


def test_the_same_address_again_changes_nothing_and_gets_no_second_letter(event: GroupEvent) -> None:
    register(event, email="anna@home.example")
    before = letters_to("anna@home.example")
    register(event, email="anna@home.example", shown_name="Somebody else")
    assert counted(event) == (1, 0)
    assert letters_to("anna@home.example") == before


def test_a_seat_given_back_goes_to_the_next_at_once(event: GroupEvent) -> None:
    people = [register(event, email=f"{name}@home.example") for name in ("anna", "berik", "clara", "dina")]
    registrations.give_back(people[0], NOW)
    assert states(event) == [
        ("anna", "withdrawn"),
        ("berik", "seated"),
        ("clara", "seated"),
        ("dina", "waiting"),
    ]
    assert letters_to("clara@home.example")[:2] == ["waiting_listed", "seat_freed"]
    assert counted(event) == (2, 1)


def test_who_gives_back_and_comes_again_stands_behind_everybody(event: GroupEvent) -> None:
    people = [register(event, email=f"{name}@home.example") for name in ("anna", "berik", "clara")]
    registrations.give_back(people[0], NOW)
    register(event, email="anna@home.example")
    assert states(event)[-1] == ("anna", "waiting")


def test_the_calendar_entry_of_a_returned_seat_keeps_its_uid_and_counts_on(event: GroupEvent) -> None:
    anna = register(event, email="anna@home.example")
    uid = db.session.scalars(sa.select(Participation.uid)).one()
    registrations.give_back(anna, NOW)
    register(event, email="anna@home.example")
    seat = db.session.scalars(sa.select(Participation)).one()
    assert (seat.uid, seat.calendar_sequence, seat.state) == (uid, 2, "confirmed")


def test_an_event_over_or_cancelled_takes_nobody(event: GroupEvent) -> None:
    with pytest.raises(EventOver):
        register(event, now=THURSDAY_NINE + timedelta(hours=1))
    event_changes.cancel(event, NOW, staff_id=event.created_by)
    with pytest.raises(EventOver):
        register(event)


def test_cancelling_tells_the_seated_with_a_cancel_and_the_waiting_without(event: GroupEvent) -> None:
    for name in ("anna", "berik", "clara"):
        register(event, email=f"{name}@home.example")
    event_changes.cancel(event, NOW, staff_id=event.created_by)
    assert letters_to("anna@home.example")[-1] == "event_cancelled"
    assert letters_to("clara@home.example")[-1] == "waited_in_vain"


def test_who_waits_is_told_of_every_new_time_and_keeps_the_place(centre: Centre, event: GroupEvent) -> None:
    for name in ("anna", "berik", "clara"):
        register(event, email=f"{name}@home.example")
    (meeting,) = group_events.meetings(event)
    for later in (THURSDAY_NINE + timedelta(days=1), THURSDAY_NINE, THURSDAY_NINE + timedelta(days=1)):
        event_changes.move(centre, event, [Move(meeting, later)], NOW, staff_id=event.created_by)
    assert letters_to("clara@home.example") == ["waiting_listed", *["waiting_moved"] * 3]
    assert states(event)[-1] == ("clara", "waiting")


def test_who_waits_for_a_course_is_told_when_its_next_date_is_off(centre: Centre) -> None:
    dates = [THURSDAY_NINE + timedelta(days=7 * week) for week in range(4)]
    event = make_event(centre, make_specialist(centre), starts=dates, capacity=1)
    for name in ("anna", "berik"):
        register(event, email=f"{name}@home.example")
    first, second, *later = group_events.meetings(event)
    event_changes.cancel_date(event, second, NOW, staff_id=event.created_by)
    assert letters_to("berik@home.example") == ["waiting_listed"]
    event_changes.cancel_date(event, first, NOW, staff_id=event.created_by)
    assert letters_to("berik@home.example") == ["waiting_listed", "waiting_date_off"]
    move_outcomes.cancel_event_dates(centre, event, later, NOW, staff_id=event.created_by)
    assert letters_to("berik@home.example") == ["waiting_listed", "waiting_date_off", "waited_in_vain"]


def test_who_has_yet_to_confirm_the_address_is_told_of_a_new_time(centre: Centre) -> None:
    event = make_event(centre, make_specialist(centre), seat_after_confirming=True)
    register(event, email="anna@home.example")
    (meeting,), later = group_events.meetings(event), THURSDAY_NINE + timedelta(days=1)
    event_changes.move(centre, event, [Move(meeting, later)], NOW, staff_id=event.created_by)
    assert letters_to("anna@home.example") == ["seat_to_confirm", "waiting_moved"]


def test_without_consent_nobody_is_registered(event: GroupEvent) -> None:
    with pytest.raises(ConsentMissing):
        register(event, consent=False)


def test_one_contact_may_register_for_so_many_events_and_no_more(centre: Centre) -> None:
    host = make_specialist(centre)
    for number in range(REGISTRATIONS_PER_CONTACT):
        event = make_event(centre, host, at=THURSDAY_NINE + timedelta(days=number, hours=1))
        register(event, email="anna@home.example")
    with pytest.raises(TooManyRegistrations):
        register(make_event(centre, host, at=THURSDAY_NINE), email="anna@home.example")


def test_this_was_not_me_frees_the_seat_and_blocks_the_address(event: GroupEvent) -> None:
    anna = register(event, email="anna@home.example")
    strangers.forget_registration(anna, NOW)
    assert counted(event) == (0, 0)
    with pytest.raises(AddressBlocked):
        register(event, email="anna@home.example")


def test_where_confirming_comes_first_the_seat_is_held_and_lapses(centre: Centre) -> None:
    event = make_event(centre, make_specialist(centre), capacity=1, minimum=1, seat_after_confirming=True)
    register(event, email="anna@home.example")
    register(event, email="berik@home.example")
    assert states(event) == [("anna", "held"), ("berik", "waiting")]
    registrations.lapse_due(NOW + timedelta(hours=24))
    assert states(event) == [("anna", "withdrawn"), ("berik", "held")]


def test_confirming_in_time_takes_the_held_seat(centre: Centre) -> None:
    event = make_event(centre, make_specialist(centre), seat_after_confirming=True)
    anna = register(event, email="anna@home.example")
    registrations.act_through(anna.id, NOW)
    registrations.confirm(anna, NOW)
    assert anna.state == RegistrationState.SEATED
    assert letters_to("anna@home.example")[:2] == ["seat_to_confirm", "seat_confirmed"]


def test_who_is_registered_by_the_office_is_confirmed_by_the_office(centre: Centre) -> None:
    event = make_event(centre, make_specialist(centre), seat_after_confirming=True)
    anna = register(event, email="anna@home.example", entered_by=event.created_by)
    assert (anna.state, anna.email_confirmed_at) == (RegistrationState.SEATED, NOW)


def test_every_letter_of_a_registration_can_be_written(event: GroupEvent) -> None:
    for name in ("anna", "berik", "clara"):
        registrations.act_through(register(event, email=f"{name}@home.example").id, NOW)
    db.session.commit()
    composed: list[Any] = [compose(letter, letter.due_at) for letter in db.session.scalars(sa.select(Letter))]
    assert all(message is not None for message in composed)


def test_withdrawing_consent_frees_the_seat_and_tells_it_with_one_cancel(event: GroupEvent) -> None:
    anna = register(event, email="anna@home.example")
    registrations.withdraw_consent(anna, NOW)
    db.session.commit()
    letter = db.session.scalars(sa.select(Letter).where(Letter.kind == "consent_withdrawn")).one()
    message = compose(letter, NOW)
    assert message is not None
    assert b"METHOD:CANCEL" in (next(iter(message.iter_attachments())).get_payload(decode=True) or b"")
    assert counted(event) == (0, 0)
    assert anna.blocked_at == NOW


def test_withdrawing_consent_from_the_waiting_list_needs_no_calendar_file(event: GroupEvent) -> None:
    people = [register(event, email=f"{name}@home.example") for name in ("anna", "berik", "clara")]
    registrations.withdraw_consent(people[2], NOW)
    db.session.commit()
    letter = db.session.scalars(sa.select(Letter).where(Letter.kind == "consent_withdrawn")).one()
    message = compose(letter, NOW)
    assert message is not None
    assert list(message.iter_attachments()) == []
    assert counted(event) == (2, 0)


def test_thirty_days_after_the_withdrawal_nothing_names_the_person(event: GroupEvent) -> None:
    anna = register(event, email="anna@home.example", shown_name="Анна")
    registrations.withdraw_consent(anna, NOW)
    assert retention.destroy_due(NOW + timedelta(days=31)) == 1
    db.session.expire_all()
    assert (anna.email, anna.shown_name) == (None, "")
    assert letters_to("anna@home.example") == []


def test_the_link_is_sent_again_to_the_address_and_only_once_in_ten_minutes(event: GroupEvent) -> None:
    register(event, email="anna@home.example")
    for _ in range(2):
        new_links.send("anna@home.example", NOW)
    db.session.commit()
    letters = db.session.scalars(sa.select(Letter).where(Letter.kind == "new_link")).all()
    assert len(letters) == 1
    message = compose(letters[0], NOW)
    assert message is not None
    assert "/f/s-" in message.as_string()
