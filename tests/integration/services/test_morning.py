"""The morning letter: what the day brings, to those who have something to do."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import (
    THURSDAY_NINE,
    make_centre,
    make_consultation,
    make_deputy,
    make_event,
    make_request,
    make_specialist,
)
from webapp.models import Absence, Centre, Letter, Staff, db
from webapp.services.mail import morning

HALF_PAST_SEVEN = THURSDAY_NINE - timedelta(minutes=90)
MINUTE = timedelta(minutes=1)


class Scene:
    def __init__(self) -> None:
        self.centre: Centre = make_centre()
        self.deputy: Staff = make_deputy(self.centre)
        self.specialist: Staff = make_specialist(self.centre)
        db.session.flush()


@pytest.fixture
def scene(app: Flask) -> Scene:
    return Scene()


def letters(person: Staff) -> list[Letter]:
    query = sa.select(Letter).where(Letter.kind == "morning", Letter.staff_id == person.id)
    return list(db.session.scalars(query))


def test_a_specialist_reads_the_sessions_and_checks_of_the_day(scene: Scene) -> None:
    make_consultation(scene.centre, scene.specialist)
    make_consultation(scene.centre, scene.specialist, at=THURSDAY_NINE + timedelta(days=1))
    morning.tell(HALF_PAST_SEVEN)
    (letter,) = letters(scene.specialist)
    assert [one["starts_at"] for one in letter.facts["sessions"]] == [THURSDAY_NINE.isoformat()]
    assert letter.facts["checks"] == [(THURSDAY_NINE - timedelta(minutes=30)).isoformat()]


def test_the_deputy_reads_what_is_due_and_which_groups_meet(scene: Scene) -> None:
    make_request(scene.centre, now=THURSDAY_NINE - timedelta(days=3))
    make_event(scene.centre, scene.specialist, at=THURSDAY_NINE)
    morning.tell(HALF_PAST_SEVEN)
    (letter,) = letters(scene.deputy)
    assert (letter.facts["due_today"], letter.facts["group_meetings"]) == (1, 1)


def test_the_deputy_reads_how_many_sessions_an_absence_leaves(scene: Scene) -> None:
    make_consultation(scene.centre, scene.specialist)
    for days in (1, 2):  # two absences that overlap touch it once
        end = THURSDAY_NINE + timedelta(days=days)
        db.session.add(Absence(specialist_id=scene.specialist.id, starts_at=HALF_PAST_SEVEN, ends_at=end))
    morning.tell(HALF_PAST_SEVEN)
    (letter,) = letters(scene.deputy)
    assert letter.facts["absences"] == 1


def test_nothing_to_do_is_no_letter(scene: Scene) -> None:
    morning.tell(HALF_PAST_SEVEN)
    assert letters(scene.deputy) + letters(scene.specialist) == []


def test_it_comes_once_a_day_from_half_past_seven_on(scene: Scene) -> None:
    make_consultation(scene.centre, scene.specialist)
    morning.tell(HALF_PAST_SEVEN - MINUTE)
    assert letters(scene.specialist) == []
    morning.tell(HALF_PAST_SEVEN)
    morning.tell(HALF_PAST_SEVEN + MINUTE)
    assert len(letters(scene.specialist)) == 1


def test_at_noon_it_is_no_morning_letter_any_more(scene: Scene) -> None:
    make_consultation(scene.centre, scene.specialist, at=THURSDAY_NINE + timedelta(hours=6))
    morning.tell(THURSDAY_NINE + timedelta(hours=3))
    assert letters(scene.specialist) == []


def test_a_day_off_brings_none(scene: Scene) -> None:
    make_consultation(scene.centre, scene.specialist, at=THURSDAY_NINE + timedelta(days=2))
    morning.tell(HALF_PAST_SEVEN + timedelta(days=2))
    assert letters(scene.specialist) == []


def test_whoever_switched_it_off_gets_none(scene: Scene) -> None:
    make_consultation(scene.centre, scene.specialist)
    scene.specialist.morning_letter = False
    morning.tell(HALF_PAST_SEVEN)
    assert letters(scene.specialist) == []
