"""A course: a seat in every meeting, single dates given up and taken again, all of them in one feed."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from icalendar import Calendar

from calendars.recurrence import Rhythm, Standing
from tests.factories import NOW, THURSDAY_NINE, make_centre, make_event, make_specialist, register
from tests.integration.services.test_series import entry_of, letters
from webapp.models import Centre, GroupEvent, Letter, Participation, Registration, Staff, db
from webapp.rules.errors import NothingChosen, WrongState
from webapp.rules.letters import LetterKind, LetterState
from webapp.services.events import courses, group_events
from webapp.services.pages import feeds, personal_links
from webapp.services.seats import course_dates, registrations

WEEK = timedelta(weeks=1)
THREE = [THURSDAY_NINE + WEEK * number for number in range(3)]


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def host(centre: Centre) -> Staff:
    return make_specialist(centre)


@pytest.fixture
def course(centre: Centre, host: Staff) -> GroupEvent:
    """Three Thursdays with two seats."""
    return make_event(centre, host, starts=THREE, capacity=2)


def seats_of(registration: Registration) -> list[str]:
    rows = sa.select(Participation.state).where(Participation.registration_id == registration.id)
    return list(db.session.scalars(rows.order_by(Participation.consultation_id)))


def feed_of(registration: Registration) -> Calendar:
    token = personal_links.token_of(personal_links.FEED, registration_id=registration.id)
    found = feeds.find(token or "", NOW)
    assert found is not None
    return Calendar.from_ical(feeds.render(found, NOW))


# Making it


def test_a_draft_becomes_a_course(centre: Centre, host: Staff) -> None:
    event = make_event(centre, host, announced=False)
    found = courses.candidates(centre, event, Rhythm(number=3), NOW)
    assert [one.starts_at for one in found] == THREE[1:]
    courses.add_dates(centre, event, THREE[1:], NOW, staff_id=host.id)
    assert [one.starts_at for one in group_events.meetings(event)] == THREE
    assert event.ends_at == THREE[2] + timedelta(minutes=40)


def test_dates_of_a_course_on_days_off_are_proposed_anew(centre: Centre, host: Staff) -> None:
    event = make_event(centre, host, announced=False)
    found = courses.candidates(centre, event, Rhythm(number=6), NOW)
    assert found[-1].standing is Standing.DAY_OFF  # 31 December
    assert found[-1].proposals


def test_no_dates_are_added_once_people_may_register(centre: Centre, host: Staff, course: GroupEvent) -> None:
    with pytest.raises(WrongState):
        courses.add_dates(centre, course, [THREE[2] + WEEK], NOW, staff_id=host.id)


def test_a_course_needs_a_date_to_add(centre: Centre, host: Staff) -> None:
    event = make_event(centre, host, announced=False)
    with pytest.raises(NothingChosen):
        courses.add_dates(centre, event, [], NOW, staff_id=host.id)


# Single absences


def test_a_seat_in_a_course_is_a_seat_in_every_meeting(course: GroupEvent) -> None:
    assert seats_of(register(course)) == ["confirmed"] * 3


def test_one_date_is_given_up_and_the_seat_stays(course: GroupEvent) -> None:
    anna = register(course)
    registrations.skip(anna, group_events.meetings(course)[1].id, NOW)
    db.session.refresh(course)
    assert (seats_of(anna), course.seats_taken) == (["confirmed", "withdrawn", "confirmed"], 1)
    (letter,) = letters(LetterKind.MEETING_MISSED)
    assert entry_of(letter)[0] == "CANCEL"


def test_a_date_that_was_given_up_is_taken_again_with_a_new_sequence(course: GroupEvent) -> None:
    anna, second = register(course), group_events.meetings(course)[1]
    registrations.skip(anna, second.id, NOW)
    course_dates.take_again(anna, second.id, NOW)
    assert seats_of(anna) == ["confirmed"] * 3
    (letter,) = letters(LetterKind.MEETING_TAKEN_AGAIN)
    method, _, starts_at, sequence = entry_of(letter)
    assert (method, starts_at, sequence) == ("REQUEST", THREE[1], 2)


def test_who_comes_back_to_a_course_is_told_the_sequence_of_each_date(course: GroupEvent) -> None:
    anna = register(course, email="anna@home.example")
    first, *_ = group_events.meetings(course)
    registrations.skip(anna, first.id, NOW)
    course_dates.take_again(anna, first.id, NOW)
    registrations.give_back(anna, NOW)
    register(course, email="anna@home.example")
    reminders = (
        sa.select(Letter.facts)
        .where(Letter.kind == LetterKind.EVENT_DAY_BEFORE, Letter.state == LetterState.PENDING)
        .order_by(Letter.due_at)
    )
    assert [told["sequence"] for told in db.session.scalars(reminders)] == [4, 2, 2]


def test_a_date_taken_again_is_reminded_of_once(course: GroupEvent) -> None:
    anna, second = register(course), group_events.meetings(course)[1]
    registrations.skip(anna, second.id, NOW)
    course_dates.take_again(anna, second.id, NOW)
    waiting = sa.select(sa.func.count()).where(
        Letter.kind == LetterKind.EVENT_DAY_BEFORE,
        Letter.consultation_id == second.id,
        Letter.state == "pending",
    )
    assert db.session.scalar(waiting) == 1


def test_taking_a_date_again_twice_changes_nothing(course: GroupEvent) -> None:
    anna, second = register(course), group_events.meetings(course)[1]
    registrations.skip(anna, second.id, NOW)
    for _ in range(2):
        course_dates.take_again(anna, second.id, NOW)
    assert len(letters(LetterKind.MEETING_TAKEN_AGAIN)) == 1


def test_without_a_seat_no_date_is_taken_again(course: GroupEvent) -> None:
    anna, second = register(course), group_events.meetings(course)[1]
    registrations.skip(anna, second.id, NOW)
    registrations.give_back(anna, NOW)
    with pytest.raises(WrongState):
        course_dates.take_again(anna, second.id, NOW)


# The feed


def test_all_dates_stand_in_the_feed_of_a_participant(course: GroupEvent) -> None:
    events = feed_of(register(course)).walk("VEVENT")
    assert [event.decoded("dtstart") for event in events] == THREE
    assert not [event for event in events if "attendee" in event]


def test_a_date_that_was_given_up_is_cancelled_in_the_feed(course: GroupEvent) -> None:
    anna = register(course)
    registrations.skip(anna, group_events.meetings(course)[1].id, NOW)
    assert [str(event["status"]) for event in feed_of(anna).walk("VEVENT")] == [
        "CONFIRMED",
        "CANCELLED",
        "CONFIRMED",
    ]


def test_a_feed_shows_nobody_elses_dates(course: GroupEvent) -> None:
    anna, berik = register(course), register(course, shown_name="Берик", email="berik@home.example")
    text = feed_of(anna).to_ical().decode()
    assert "berik" not in text.lower() and "Берик" not in text
    assert not {str(event["uid"]) for event in feed_of(anna).walk("VEVENT")} & {
        str(event["uid"]) for event in feed_of(berik).walk("VEVENT")
    }


def test_who_registers_for_one_meeting_gets_no_feed(centre: Centre, host: Staff) -> None:
    anna = register(make_event(centre, host))
    assert personal_links.token_of(personal_links.FEED, registration_id=anna.id) is None


def test_the_feed_ends_with_the_data(course: GroupEvent) -> None:
    anna = register(course)
    token = personal_links.token_of(personal_links.FEED, registration_id=anna.id) or ""
    registrations.withdraw_consent(anna, NOW)
    db.session.flush()
    assert feeds.find(token, NOW) is None
