"""The equipment check: what is stored, who is reminded when, one check for an unbroken row."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import (
    NOW,
    THURSDAY_NINE,
    make_centre,
    make_consultation,
    make_deputy,
    make_event,
    make_specialist,
    minutes_before,
)
from webapp.letters.compose import compose
from webapp.models import Centre, Consultation, EquipmentCheck, Letter, Staff, db
from webapp.rules.consultations import ConsultationState
from webapp.rules.errors import CheckUnfinished, WordsMissing
from webapp.services.events import group_events
from webapp.services.help_requests import overview
from webapp.services.rooms import checks

ALL_WELL: dict[str, Any] = {
    "camera": {"width": 1280, "height": 720, "frames_per_second": 30, "error": ""},
    "microphone": {"level": -18, "error": ""},
    "round_trip": 40,
    "failed_share": 0,
    "program": {"name": "Chromium 140", "supports_webrtc": True},
}
TICKED = {"sound", "workplace"}
REMINDERS = ("check_due", "check_due_again", "check_missing", "check_failed")


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def deputy(centre: Centre) -> Staff:
    return make_deputy(centre)


@pytest.fixture
def specialist(centre: Centre, deputy: Staff) -> Staff:
    return make_specialist(centre)


@pytest.fixture
def consultation(centre: Centre, specialist: Staff) -> Consultation:
    return make_consultation(centre, specialist)


def reminders() -> list[tuple[str, int | None]]:
    rows = db.session.execute(
        sa.select(Letter.kind, Letter.staff_id).where(Letter.kind.in_(REMINDERS)).order_by(Letter.id)
    )
    return [(row.kind, row.staff_id) for row in rows]


def test_nobody_is_reminded_before_half_an_hour(consultation: Consultation) -> None:
    checks.remind(minutes_before(THURSDAY_NINE, 31))
    assert reminders() == []


def test_reminders_go_out_at_thirty_fifteen_and_five_minutes(
    consultation: Consultation, specialist: Staff, deputy: Staff
) -> None:
    for left in range(30, 0, -1):
        checks.remind(minutes_before(THURSDAY_NINE, left))
    assert reminders() == [
        ("check_due", specialist.id),
        ("check_due_again", specialist.id),
        ("check_missing", deputy.id),
    ]


def test_a_late_booking_is_due_at_once_and_only_in_its_own_stage(centre: Centre, specialist: Staff) -> None:
    booked_at = minutes_before(THURSDAY_NINE, 12)
    make_consultation(centre, specialist, now=booked_at)
    checks.remind(booked_at)
    assert reminders() == [("check_due_again", specialist.id)]


def test_after_the_check_nobody_is_reminded(consultation: Consultation, specialist: Staff) -> None:
    checks.record(consultation, specialist, ALL_WELL, TICKED, minutes_before(THURSDAY_NINE, 29))
    for left in (28, 14, 4):
        checks.remind(minutes_before(THURSDAY_NINE, left))
    assert reminders() == []


def test_a_check_of_the_day_before_does_not_count(consultation: Consultation, specialist: Staff) -> None:
    checks.record(consultation, specialist, ALL_WELL, TICKED, NOW)
    checks.remind(minutes_before(THURSDAY_NINE, 30))
    assert reminders() == [("check_due", specialist.id)]


@pytest.mark.parametrize(("gap", "needed"), [(0, 1), (29, 1), (30, 2), (60, 2)])
def test_in_an_unbroken_row_one_check_is_enough(
    centre: Centre, specialist: Staff, gap: int, needed: int
) -> None:
    first = make_consultation(centre, specialist)
    second_at = THURSDAY_NINE + timedelta(minutes=40 + gap)
    make_consultation(centre, specialist, at=second_at)
    for left in range(30, 0, -1):
        checks.remind(minutes_before(THURSDAY_NINE, left))
    for left in range(29, 0, -1):
        checks.remind(minutes_before(second_at, left))
    asked = [kind for kind, _staff in reminders() if kind == "check_due_again"]
    assert len(asked) == needed
    assert first.id


def test_a_consultation_by_phone_needs_no_check(centre: Centre, specialist: Staff) -> None:
    make_consultation(centre, specialist, means="phone", phone="+79160000000")
    checks.remind(minutes_before(THURSDAY_NINE, 5))
    assert reminders() == []


def test_a_cancelled_consultation_needs_no_check(consultation: Consultation) -> None:
    consultation.state = "cancelled"
    db.session.flush()
    checks.remind(minutes_before(THURSDAY_NINE, 5))
    assert reminders() == []


def test_a_check_keeps_who_when_and_what(consultation: Consultation, specialist: Staff) -> None:
    at = minutes_before(THURSDAY_NINE, 25)
    checks.record(consultation, specialist, ALL_WELL, TICKED, at)
    row = db.session.scalars(sa.select(EquipmentCheck)).one()
    assert (row.specialist_id, row.done_at, row.verdict) == (specialist.id, at, "works")
    assert row.measured["camera"]["width"] == 1280
    assert row.verdicts["link"] == "works"


@pytest.mark.parametrize("missing", ["camera", "microphone", "round_trip", "program"])
def test_an_unfinished_check_is_not_stored(
    consultation: Consultation, specialist: Staff, missing: str
) -> None:
    measured = {name: value for name, value in ALL_WELL.items() if name != missing}
    with pytest.raises(CheckUnfinished):
        checks.record(consultation, specialist, measured, TICKED, NOW)


def test_what_a_browser_cannot_measure_may_be_ticked(consultation: Consultation, specialist: Staff) -> None:
    everything = {"camera", "microphone", "link", "program", *TICKED}
    row = checks.record(consultation, specialist, {}, everything, NOW)
    assert row.verdict == "works"


def test_a_tick_does_not_outweigh_what_was_measured(consultation: Consultation, specialist: Staff) -> None:
    blind = {**ALL_WELL, "camera": {"width": 0, "height": 0, "error": "NotAllowedError"}}
    row = checks.record(consultation, specialist, blind, {"camera", *TICKED}, NOW)
    assert row.verdict == "fails"


def test_a_failed_check_is_told_to_whoever_decides(
    consultation: Consultation, specialist: Staff, deputy: Staff
) -> None:
    blind = {**ALL_WELL, "camera": {"width": 0, "height": 0, "error": "NotAllowedError"}}
    checks.record(consultation, specialist, blind, TICKED, NOW)
    assert reminders() == [("check_failed", deputy.id)]


def test_what_goes_with_a_report_is_told_by_the_report_alone(
    consultation: Consultation, specialist: Staff
) -> None:
    checks.record_failure(consultation, specialist, {}, set(), "Не включается камера", NOW)
    assert reminders() == []
    assert db.session.scalars(sa.select(EquipmentCheck.words)).one() == "Не включается камера"


def test_does_not_work_needs_words(consultation: Consultation, specialist: Staff) -> None:
    with pytest.raises(WordsMissing):
        checks.record_failure(consultation, specialist, {}, set(), "  ", NOW)


def test_the_day_page_asks_for_the_check_only_while_it_is_due(
    consultation: Consultation, specialist: Staff
) -> None:
    moments: list[datetime] = [minutes_before(THURSDAY_NINE, left) for left in (31, 30, 1)]
    due = [checks.due(specialist.id, moment) for moment in moments]
    assert [row is not None for row in due] == [False, True, True]


def test_what_is_written_up_needs_no_check_any_more(consultation: Consultation, specialist: Staff) -> None:
    consultation.state = ConsultationState.HELD
    assert checks.due(specialist.id, consultation.ends_at - timedelta(minutes=1)) is None


def test_once_the_first_of_a_row_has_begun_the_check_is_asked_for_the_next(
    consultation: Consultation, centre: Centre, specialist: Staff
) -> None:
    second_at = THURSDAY_NINE + timedelta(minutes=40)
    second = make_consultation(centre, specialist, at=second_at)
    asked = {
        minutes: checks.due(specialist.id, minutes_before(second_at, minutes)) for minutes in (41, 20, -20)
    }
    ids = {minutes: row.consultation_ids for minutes, row in asked.items() if row is not None}
    assert ids == {41: (consultation.id, second.id), 20: (second.id,), -20: (second.id,)}


@pytest.mark.parametrize(("minutes", "counts"), [(60, True), (61, False)])
def test_a_check_counts_for_the_hour_after_it_wherever_it_is_asked(
    centre: Centre, consultation: Consultation, specialist: Staff, minutes: int, counts: bool
) -> None:
    checks.record(consultation, specialist, ALL_WELL, TICKED, minutes_before(THURSDAY_NINE, minutes))
    moment = minutes_before(THURSDAY_NINE, 5)
    [today] = overview.checks_today(centre, moment)
    assert (today.check is not None, today.missing) == (counts, not counts)
    assert checks.remind(moment) == (0 if counts else 1)


def test_a_later_check_does_not_hide_the_one_that_counted(
    centre: Centre, consultation: Consultation, specialist: Staff
) -> None:
    later = make_consultation(centre, specialist, at=THURSDAY_NINE + timedelta(hours=3))
    morning = minutes_before(THURSDAY_NINE, 20)
    checks.record(consultation, specialist, ALL_WELL, TICKED, morning)
    before_noon = morning + timedelta(hours=3)
    checks.record_failure(later, specialist, {}, set(), "Нет звука", before_noon)
    found = [
        one.check and (one.check.done_at, one.check.verdict)
        for one in overview.checks_today(centre, before_noon)
    ]
    assert found == [(morning, "works"), (before_noon, "fails")]


# --- Meetings of groups -----------------------------------------------------------------------------------


def test_before_a_group_meeting_every_host_is_reminded_and_the_letter_names_the_group(
    centre: Centre, specialist: Staff
) -> None:
    other = make_specialist(centre, email="second@school.example")
    event = make_event(centre, specialist, other)
    checks.remind(minutes_before(THURSDAY_NINE, 30))
    assert sorted(reminders()) == [("check_due", specialist.id), ("check_due", other.id)]
    db.session.commit()
    letter = db.session.scalars(sa.select(Letter).where(Letter.kind == "check_due")).first()
    assert letter is not None
    message = compose(letter, minutes_before(THURSDAY_NINE, 30))
    assert message is not None
    body = message.get_body(("plain",))
    assert body is not None
    assert f"/staff/events/{event.id}" in body.get_content()
    assert "Групповая встреча, начало: 09:00." in body.get_content()


def test_before_a_group_meeting_that_is_not_announced_nobody_is_reminded(
    centre: Centre, specialist: Staff
) -> None:
    make_event(centre, specialist, announced=False)
    checks.remind(minutes_before(THURSDAY_NINE, 30))
    assert reminders() == []


def test_equipment_that_fails_before_a_group_meeting_is_told_to_the_deputy(
    centre: Centre, specialist: Staff, deputy: Staff
) -> None:
    meeting = group_events.meetings(make_event(centre, specialist))[0]
    blind = {**ALL_WELL, "camera": {"width": 0, "height": 0, "error": "NotAllowedError"}}
    checks.record(meeting, specialist, blind, TICKED, minutes_before(THURSDAY_NINE, 20))
    assert reminders() == [("check_failed", deputy.id)]
