"""The tasks of every minute: they commit, may be repeated, and leave their pulse."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import NOW, THURSDAY_NINE, ask, make_centre, make_deputy, make_specialist
from webapp.jobs import tasks
from webapp.models import Centre, Engagement, HelpRequest, Letter, Pulse, db
from webapp.rules.letters import LetterKind

pytestmark = pytest.mark.usefixtures("app")


def written(kind: LetterKind) -> list[dict[str, Any]]:
    rows = db.session.scalars(sa.select(Letter).where(Letter.kind == kind).order_by(Letter.id))
    return [row.facts for row in rows]


@pytest.fixture
def centre() -> Centre:
    centre = make_centre()
    make_deputy(centre)
    return centre


@pytest.mark.parametrize("name", list(tasks.EVERY_MINUTE))
def test_every_task_may_be_repeated_and_leaves_its_pulse(name: str, centre: Centre) -> None:
    ask(centre)
    db.session.commit()
    later = NOW + timedelta(days=6)
    tasks.EVERY_MINUTE[name](later)
    before = db.session.scalar(sa.select(sa.func.count(Letter.id)))
    tasks.EVERY_MINUTE[name](later + timedelta(minutes=1))
    assert db.session.scalar(sa.select(sa.func.count(Letter.id))) == before
    assert db.session.get_one(Pulse, name).at == later + timedelta(minutes=1)


def test_a_lapsed_hold_is_gone_for_good(centre: Centre) -> None:
    ask(centre, at=THURSDAY_NINE, specialist=make_specialist(centre))
    db.session.commit()
    tasks.lapse_holds_and_offers(THURSDAY_NINE)
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count(Engagement.id))) == 0


def test_on_the_eve_and_on_the_last_day_the_deputy_is_told_once_a_morning(centre: Centre) -> None:
    first, second = ask(centre).request, ask(centre).request  # Tuesday: due on Friday
    db.session.commit()
    tasks.tell_deadlines(NOW + timedelta(days=1))
    assert written(LetterKind.ANSWERS_DUE) == []
    for day in (2, 2, 3):
        tasks.tell_deadlines(NOW + timedelta(days=day))
    expected = {"last_day": "2026-11-27", "numbers": [first.number, second.number]}
    assert written(LetterKind.ANSWERS_DUE) == [expected, expected]


def test_nothing_is_told_before_eight_or_on_a_day_off(centre: Centre) -> None:
    ask(centre)
    db.session.commit()
    half_past_seven = (NOW + timedelta(days=2)).replace(hour=2, minute=30)
    saturday = NOW + timedelta(days=4)
    for moment in (half_past_seven, saturday):
        tasks.tell_deadlines(moment)
    assert written(LetterKind.ANSWERS_DUE) == written(LetterKind.ANSWERS_OVERDUE) == []


def test_the_eve_is_the_working_day_before(centre: Centre) -> None:
    request = ask(centre, now=NOW + timedelta(days=1)).request  # Wednesday: due on Monday
    db.session.commit()
    tasks.tell_deadlines(NOW + timedelta(days=3))
    assert written(LetterKind.ANSWERS_DUE) == [{"last_day": "2026-11-30", "numbers": [request.number]}]


def test_overdue_days_are_working_days(centre: Centre) -> None:
    request = ask(centre).request
    db.session.commit()
    tasks.tell_deadlines(NOW + timedelta(days=7))  # the next Tuesday
    assert written(LetterKind.ANSWERS_OVERDUE) == [{"requests": [{"number": request.number, "days": 2}]}]


@pytest.mark.parametrize("changed", [{"answered_at": NOW}, {"blocked_at": NOW}, {"state": "withdrawn"}])
def test_what_needs_no_answer_is_not_listed(centre: Centre, changed: dict[str, Any]) -> None:
    request = ask(centre).request
    db.session.flush()
    db.session.execute(sa.update(HelpRequest).where(HelpRequest.id == request.id).values(**changed))
    db.session.commit()
    tasks.tell_deadlines(NOW + timedelta(days=7))
    assert written(LetterKind.ANSWERS_OVERDUE) == []
