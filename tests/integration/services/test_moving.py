"""Another time for one date or for all that follow: of one family, and of a course."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from calendars.recurrence import Standing
from tests.factories import (
    NOW,
    THURSDAY_NINE,
    make_centre,
    make_consultation,
    make_deputy,
    make_event,
    make_request,
    make_series,
    make_specialist,
    register,
)
from tests.integration.services.test_series import entry_of, letters
from webapp.models import CallTask, Centre, Engagement, Letter, Participation, Staff, db
from webapp.rules.errors import InThePast, NotFree, WrongState
from webapp.rules.letters import LetterKind
from webapp.services.consultations import cancelling, moving, recurring
from webapp.services.consultations.moving import Move
from webapp.services.events import event_changes, group_events

WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
THREE = [THURSDAY_NINE + WEEK * number for number in range(3)]
FRIDAY_NINE = THURSDAY_NINE + DAY


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def specialist(centre: Centre) -> Staff:
    return make_specialist(centre)


@pytest.fixture
def deputy(centre: Centre) -> Staff:
    return make_deputy(centre)


def engaged() -> list[object]:
    return list(db.session.scalars(sa.select(Engagement.starts_at).order_by(Engagement.starts_at)))


def test_a_moved_date_keeps_its_row_room_and_uid(centre: Centre, specialist: Staff, deputy: Staff) -> None:
    request = make_request(centre)
    consultation = make_consultation(centre, specialist, request=request)
    before = (consultation.id, consultation.room, consultation.uid)
    moving.move(centre, request, [Move(consultation, FRIDAY_NINE)], NOW, staff_id=deputy.id)
    assert (consultation.id, consultation.room, consultation.uid) == before
    assert (consultation.starts_at, consultation.calendar_sequence) == (FRIDAY_NINE, 1)
    assert consultation.wall_time == "2026-11-27T09:00"
    assert engaged() == [FRIDAY_NINE]


def test_the_family_gets_one_letter_with_both_times_and_the_update(
    centre: Centre, specialist: Staff, deputy: Staff
) -> None:
    request = make_request(centre)
    consultation = make_consultation(centre, specialist, request=request)
    uid = db.session.scalars(sa.select(Participation.uid)).one()
    moving.move(centre, request, [Move(consultation, FRIDAY_NINE)], NOW, staff_id=deputy.id)
    (letter,) = letters(LetterKind.CONSULTATION_MOVED)
    assert entry_of(letter) == ("REQUEST", uid, FRIDAY_NINE, 1)
    assert letter.facts["old"] == THURSDAY_NINE.isoformat()


def test_reminders_are_of_the_new_time(centre: Centre, specialist: Staff, deputy: Staff) -> None:
    request = make_request(centre)
    consultation = make_consultation(centre, specialist, request=request)
    moving.move(centre, request, [Move(consultation, FRIDAY_NINE)], NOW, staff_id=deputy.id)
    waiting = sa.select(Letter.due_at).where(Letter.kind == LetterKind.DAY_BEFORE, Letter.state == "pending")
    assert db.session.scalars(waiting).all() == [FRIDAY_NINE - DAY]


def test_a_family_without_email_is_called_about_the_new_time(
    centre: Centre, specialist: Staff, deputy: Staff
) -> None:
    request = make_request(centre, email=None, phone="+79160000017", channel="phone")
    consultation = make_consultation(centre, specialist, request=request)
    moving.move(centre, request, [Move(consultation, FRIDAY_NINE)], NOW, staff_id=deputy.id)
    calls = db.session.scalars(sa.select(CallTask.kind).where(CallTask.moot_at.is_(None))).all()
    assert calls == [LetterKind.CONSULTATION_MOVED]


def test_all_that_follow_move_by_the_same_distance_over_each_others_old_times(
    centre: Centre, specialist: Staff, deputy: Staff
) -> None:
    request = make_request(centre)
    dates = make_series(centre, specialist, THREE, request=request)
    found = recurring.moved(centre, dates, THREE[1], "distance", NOW)
    assert [one.standing for one in found] == [Standing.FREE] * 3
    moves = [Move(date, one.starts_at) for date, one in zip(dates, found, strict=True)]
    moving.move(centre, request, moves, NOW, staff_id=deputy.id)
    assert engaged() == [at + WEEK for at in THREE]
    updates = [entry_of(letter) for letter in letters(LetterKind.CONSULTATION_MOVED)]
    assert [(starts_at, sequence) for _, _, starts_at, sequence in updates] == [
        (at + WEEK, 1) for at in THREE
    ]


def test_a_taken_time_leaves_every_date_where_it_was(
    centre: Centre, specialist: Staff, deputy: Staff
) -> None:
    request = make_request(centre)
    dates = make_series(centre, specialist, THREE, request=request)
    make_consultation(centre, specialist, at=THREE[1] + DAY)
    db.session.commit()
    with pytest.raises(NotFree):
        moves = [Move(date, date.starts_at + DAY) for date in dates]
        moving.move(centre, request, moves, NOW, staff_id=deputy.id)
    db.session.rollback()
    assert [one.starts_at for one in cancelling.planned(request)] == THREE


def test_a_move_over_a_day_off_proposes_another_day(centre: Centre, specialist: Staff, deputy: Staff) -> None:
    dates = make_series(
        centre, specialist, [THURSDAY_NINE + WEEK * number for number in range(6) if number < 5]
    )
    found = recurring.moved(centre, dates, THURSDAY_NINE + 2 * DAY, "weekday", NOW)  # Saturdays
    assert {one.standing for one in found} == {Standing.DAY_OFF}
    assert all(len(one.proposals) == 3 for one in found)


def test_what_is_cancelled_or_has_begun_does_not_move(
    centre: Centre, specialist: Staff, deputy: Staff
) -> None:
    request = make_request(centre)
    consultation = make_consultation(centre, specialist, request=request)
    with pytest.raises(InThePast):
        moving.take_new_times(centre, [Move(consultation, NOW)], NOW)
    cancelling.cancel_by_family(request, consultation, NOW)
    with pytest.raises(WrongState):
        moving.move(centre, request, [Move(consultation, FRIDAY_NINE)], NOW, staff_id=deputy.id)


def test_all_dates_of_a_course_move_and_everybody_gets_the_update_of_each(
    centre: Centre, specialist: Staff, deputy: Staff
) -> None:
    event = make_event(centre, specialist, starts=THREE)
    register(event)
    meetings = group_events.meetings(event)
    moves = [Move(meeting, meeting.starts_at + WEEK) for meeting in meetings]
    event_changes.move(centre, event, moves, NOW, staff_id=deputy.id)
    assert (event.starts_at, engaged()) == (THREE[1], [at + WEEK for at in THREE])
    updates = [entry_of(letter) for letter in letters(LetterKind.EVENT_MOVED)]
    assert [(method, starts_at) for method, _, starts_at, _ in updates] == [
        ("REQUEST", at + WEEK) for at in THREE
    ]
