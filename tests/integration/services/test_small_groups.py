"""Warning the hosts of an event that fewer people want than it needs."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import NOW, THURSDAY_NINE, make_centre, make_event, make_specialist, register
from webapp.models import Centre, Letter, Staff, db
from webapp.rules.letters import LetterKind
from webapp.services.consultations.moving import Move
from webapp.services.events import event_changes, group_events, small_groups

A_DAY_BEFORE = THURSDAY_NINE - timedelta(days=1)


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def host(centre: Centre) -> Staff:
    return make_specialist(centre)


def warned() -> list[int | None]:
    query = sa.select(Letter.staff_id).where(Letter.kind == LetterKind.EVENT_TOO_FEW).order_by(Letter.id)
    return list(db.session.scalars(query))


def test_all_hosts_are_warned_once_a_day_before(centre: Centre, host: Staff) -> None:
    other = make_specialist(centre)
    make_event(centre, host, other, minimum=2)
    assert small_groups.warn(A_DAY_BEFORE - timedelta(minutes=1)) == 0
    assert small_groups.warn(A_DAY_BEFORE) == 1
    assert small_groups.warn(A_DAY_BEFORE + timedelta(minutes=1)) == 0
    assert warned() == [host.id, other.id]


def test_nobody_is_warned_when_enough_registered(centre: Centre, host: Staff) -> None:
    event = make_event(centre, host, minimum=1)
    register(event)
    assert small_groups.warn(A_DAY_BEFORE) == 0


@pytest.mark.parametrize("announced", [True, False])
def test_what_is_off_or_not_announced_is_passed_over(centre: Centre, host: Staff, announced: bool) -> None:
    event = make_event(centre, host, minimum=5, announced=announced)
    if announced:
        event_changes.cancel(event, NOW, staff_id=host.id)
    assert small_groups.warn(A_DAY_BEFORE) == 0


def test_another_date_is_warned_of_anew(centre: Centre, host: Staff) -> None:
    event = make_event(centre, host, minimum=5)
    small_groups.warn(A_DAY_BEFORE)
    (meeting,) = group_events.meetings(event)
    later = THURSDAY_NINE + timedelta(days=1)
    event_changes.move(centre, event, [Move(meeting, later)], A_DAY_BEFORE, staff_id=host.id)
    assert small_groups.warn(later - timedelta(hours=20)) == 1
    assert warned() == [host.id, host.id]


def test_what_has_begun_is_not_warned_of_any_more(centre: Centre, host: Staff) -> None:
    make_event(centre, host, minimum=5)
    assert small_groups.warn(THURSDAY_NINE) == 0
