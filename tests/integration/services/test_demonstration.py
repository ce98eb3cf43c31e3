"""The demonstration: filled once, whatever the hour."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import NOW, make_centre
from webapp.models import (
    AuditRecord,
    Centre,
    Consultation,
    GroupEvent,
    HelpRequest,
    JournalEntry,
    Letter,
    Move,
    Offer,
    OfferedTime,
    Staff,
    db,
)
from webapp.rules.permissions import Role
from webapp.services.demo import demonstration, demonstration_stage
from webapp.services.mail import calendar_items, unread_mail
from webapp.services.moves import move_board
from webapp.services.times import absences

HOURS = {
    "a Thursday afternoon": datetime(2026, 11, 26, 10, 34, tzinfo=UTC),
    "a Saturday night": datetime(2026, 11, 28, 18, 55, tzinfo=UTC),
    "in the new year's holidays": datetime(2027, 1, 3, 5, 0, tzinfo=UTC),
    "early on the tenth of May": datetime(2026, 5, 10, 1, 5, tzinfo=UTC),
    "minutes before the new year": datetime(2026, 12, 31, 18, 40, tzinfo=UTC),
}


def count(*conditions: sa.ColumnElement[bool]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(HelpRequest).where(*conditions)) or 0


def centres() -> tuple[Centre, Centre]:
    school, kindergarten = db.session.scalars(sa.select(Centre).order_by(Centre.id))
    return school, kindergarten


def registrar_of(centre: Centre) -> Staff:
    people = db.session.scalars(sa.select(Staff).where(Staff.centre_id == centre.id))
    return next(person for person in people if Role.REGISTRAR in person.roles)


@pytest.mark.parametrize("now", HOURS.values(), ids=HOURS)
def test_every_family_is_there_at_any_hour(app: Flask, now: datetime) -> None:
    assert demonstration.fill_once(now)
    assert count() == 36
    assert db.session.scalar(sa.select(sa.func.count()).select_from(JournalEntry)) == 5
    states = set(db.session.scalars(sa.select(HelpRequest.state)))
    assert states >= {"received", "assigned", "offered", "confirmed", "closed", "declined"}


def test_somebody_is_overdue_somebody_due_today_and_somebody_about_to_start(app: Flask) -> None:
    now = HOURS["a Thursday afternoon"]
    demonstration.fill_once(now)
    assert count(HelpRequest.due_at <= now, HelpRequest.answered_at.is_(None)) >= 2
    end_of_today = datetime(2026, 11, 26, 19, 0, tzinfo=UTC)
    assert count(HelpRequest.due_at == end_of_today, HelpRequest.answered_at.is_(None)) >= 2
    soon = sa.select(Consultation).where(Consultation.starts_at.between(now, now + timedelta(minutes=20)))
    assert db.session.scalars(soon).first() is not None


def test_numbers_run_with_the_receipts(app: Flask) -> None:
    demonstration.fill_once(NOW)
    for centre_id in db.session.scalars(sa.select(Centre.id)):
        rows = db.session.execute(
            sa.select(HelpRequest.year, HelpRequest.sequence, HelpRequest.received_at)
            .where(HelpRequest.centre_id == centre_id)
            .order_by(HelpRequest.received_at)
        ).all()
        assert rows == sorted(rows, key=lambda row: (row.year, row.sequence))


def test_an_installation_with_a_centre_is_left_alone(app: Flask) -> None:
    make_centre()
    assert not demonstration.fill_once(NOW)
    assert count() == 0


def test_the_page_names_both_centres_with_everybody(app: Flask) -> None:
    demonstration.fill_once(NOW)
    school, kindergarten = demonstration_stage.stages()
    assert (len(school.players), len(school.families)) == (8, 24)
    assert (len(kindergarten.players), len(kindergarten.families)) == (6, 12)


@pytest.mark.parametrize("now", HOURS.values(), ids=HOURS)
def test_groups_are_announced_full_too_empty_and_in_preparation_at_any_hour(
    app: Flask, now: datetime
) -> None:
    demonstration.fill_once(now)
    events = db.session.scalars(sa.select(GroupEvent)).all()
    assert sorted(event.state for event in events) == ["announced"] * 6 + ["draft", "proposed"]
    assert all(event.starts_at > now for event in events)
    assert any(event.waiting_count == 3 and event.seats_left == 0 for event in events)
    assert any(event.state == "announced" and event.seats_taken < event.minimum for event in events)


@pytest.mark.parametrize("now", HOURS.values(), ids=HOURS)
def test_everything_that_can_change_has_changed_at_any_hour(app: Flask, now: datetime) -> None:
    demonstration.fill_once(now)
    school, kindergarten = centres()
    assert [case.failure for case in move_board.listed(school, now)] == ["camera"]
    offered, wish = move_board.listed(kindergarten, now)
    assert (offered.state, offered.offered_until is not None, wish.is_wish) == ("allowed", True, True)
    assert db.session.scalar(sa.select(sa.func.count()).where(Move.state == "done")) == 1
    assert len(absences.unsettled(school, now)) == 1
    assert len(calendar_items.waiting(school, now)) == 1
    assert len(unread_mail.waiting(registrar_of(school))) == 1


def test_a_failure_half_an_hour_ahead_waits_with_its_evidence(app: Flask) -> None:
    demonstration.fill_once(NOW)
    school, _ = centres()
    case = db.session.scalars(sa.select(Move).where(Move.centre_id == school.id)).one()
    assert NOW < case.due_at <= NOW + timedelta(minutes=45)
    assert case.equipment_check_id is not None


def test_a_settled_case_has_its_new_time_its_history_and_its_letter(app: Flask) -> None:
    demonstration.fill_once(NOW)
    case = db.session.scalars(sa.select(Move).where(Move.state == "done")).one()
    meeting = db.session.get_one(Consultation, case.consultation_id)
    assert case.old_starts_at < NOW < meeting.starts_at == case.new_starts_at
    actions = db.session.scalars(
        sa.select(AuditRecord.action).where(AuditRecord.consultation_id == meeting.id)
    )
    assert {"move.report", "move.allow", "move.do"} <= set(actions)
    letters = db.session.scalars(sa.select(Letter.kind).where(Letter.consultation_id == meeting.id))
    assert "consultation_moved" in set(letters)


def test_three_times_are_held_for_the_family_that_chooses(app: Flask) -> None:
    demonstration.fill_once(NOW)
    held = (
        sa.select(sa.func.count())
        .select_from(OfferedTime)
        .join(Offer)
        .where(Offer.move_id.is_not(None), Offer.state == "open")
    )
    assert db.session.scalar(held) == 3


def test_an_absence_touches_families_by_letter_and_by_phone_and_a_colleague_is_free(app: Flask) -> None:
    demonstration.fill_once(NOW)
    school, _ = centres()
    (away,) = absences.current(school, NOW)
    touched = absences.touched(school, away.absence, NOW)
    assert {one.by_call for one in touched} == {True, False}
    assert any(one.colleagues for one in touched)
