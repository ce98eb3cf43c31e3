"""Closing a meeting of a group: who came, who is thanked, when the event is over."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import NOW, THURSDAY_NINE, make_centre, make_event, make_specialist, register
from webapp.models import Centre, GroupEvent, Letter, Participation, Registration, db
from webapp.rules.errors import NotYet, WrongState
from webapp.services.events import event_closing, group_events
from webapp.services.events.event_closing import Closing

AFTER = THURSDAY_NINE + timedelta(minutes=41)
THANKS = Closing(2, "Много вопросов о сне", {"ru": "Спасибо за вопросы"})


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def event(centre: Centre) -> GroupEvent:
    """A webinar with three people, of whom the host saw the first two."""
    event = make_event(centre, make_specialist(centre))
    for number in range(3):
        registration = register(event, email=f"family{number}@home.example")
        registration.email_confirmed_at = NOW
        seat = db.session.scalars(
            sa.select(Participation).where(Participation.registration_id == registration.id)
        ).one()
        seat.attended_by_host = number < 2
    db.session.flush()
    return event


def close(event: GroupEvent, closing: Closing = THANKS) -> int:
    meeting = next(one for one in group_events.meetings(event) if one.state == "planned")
    return event_closing.close(event, meeting, closing, meeting.ends_at, staff_id=event.created_by)


def thanked() -> list[str]:
    return sorted(db.session.scalars(sa.select(Letter.recipient).where(Letter.kind == "event_materials")))


def test_those_who_came_are_thanked_and_nobody_else(event: GroupEvent) -> None:
    assert close(event) == 2
    assert thanked() == ["family0@home.example", "family1@home.example"]


def test_the_last_meeting_closes_the_event(event: GroupEvent) -> None:
    close(event)
    meeting = group_events.meetings(event)[0]
    assert (event.state, meeting.state, meeting.number_present) == ("closed", "held", 2)


def test_a_course_stays_open_until_its_last_meeting(centre: Centre) -> None:
    starts = [THURSDAY_NINE, THURSDAY_NINE + timedelta(days=7)]
    course = make_event(centre, make_specialist(centre), starts=starts)
    close(course)
    assert course.state == "announced"
    close(course)
    assert course.state == "closed"


def test_a_meeting_that_nobody_came_to_is_not_held_and_thanks_nobody(event: GroupEvent) -> None:
    assert close(event, Closing(0, "", {})) == 0
    assert group_events.meetings(event)[0].state == "not_held"
    assert thanked() == []


def test_a_meeting_is_not_closed_while_it_runs(event: GroupEvent) -> None:
    meeting = group_events.meetings(event)[0]
    with pytest.raises(NotYet):
        event_closing.close(event, meeting, THANKS, THURSDAY_NINE, staff_id=event.created_by)


def test_a_meeting_is_closed_once(event: GroupEvent) -> None:
    meeting = group_events.meetings(event)[0]
    close(event)
    with pytest.raises(WrongState):
        event_closing.close(event, meeting, THANKS, AFTER, staff_id=event.created_by)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Registration)) == 3
