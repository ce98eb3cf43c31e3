"""The demonstration: filled once, whatever the hour."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import NOW, make_centre
from webapp.models import Centre, Consultation, GroupEvent, HelpRequest, JournalEntry, db
from webapp.services.demo import demonstration, demonstration_stage

HOURS = {
    "a Thursday afternoon": datetime(2026, 11, 26, 10, 34, tzinfo=UTC),
    "a Saturday night": datetime(2026, 11, 28, 18, 55, tzinfo=UTC),
    "in the new year's holidays": datetime(2027, 1, 3, 5, 0, tzinfo=UTC),
    "early on the tenth of May": datetime(2026, 5, 10, 1, 5, tzinfo=UTC),
}


def count(*conditions: sa.ColumnElement[bool]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(HelpRequest).where(*conditions)) or 0


@pytest.mark.parametrize("now", HOURS.values(), ids=HOURS)
def test_every_family_is_there_at_any_hour(app: Flask, now: datetime) -> None:
    assert demonstration.fill_once(now)
    assert count() == 31
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
    assert (len(school.players), len(school.families)) == (8, 21)
    assert (len(kindergarten.players), len(kindergarten.families)) == (6, 10)


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
