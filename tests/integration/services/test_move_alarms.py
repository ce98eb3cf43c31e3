"""Undecided cases as time goes by."""

from datetime import timedelta

import pytest
from flask import Flask

from tests.factories import NOW, THURSDAY_NINE, minutes_before
from tests.integration.services.moves import HALF_AN_HOUR_BEFORE, Stage
from webapp.rules.moves import MoveEvent, MoveState
from webapp.services.moves import move_alarms, move_board, move_decisions

ALARMS = ("move_undecided", "move_passed_up")
TEN_BEFORE = minutes_before(THURSDAY_NINE, 10)


@pytest.fixture
def stage(app: Flask) -> Stage:
    return Stage()


def test_nothing_is_told_before_ten_minutes_before_the_start(stage: Stage) -> None:
    stage.report()
    move_alarms.remind(minutes_before(THURSDAY_NINE, 11))
    assert stage.told(*ALARMS) == []


def test_ten_minutes_before_the_supervisor_is_reminded_and_the_stand_in_is_told(stage: Stage) -> None:
    case = stage.report()
    move_alarms.remind(TEN_BEFORE)
    assert stage.told(*ALARMS) == [
        ("move_undecided", stage.deputy.id),
        ("move_passed_up", stage.stand_in.id),
    ]
    assert (case.move.reminded_at, case.move.passed_up_at) == (TEN_BEFORE, TEN_BEFORE)


def test_without_a_stand_in_the_head_is_told(stage: Stage) -> None:
    stage.centre.stand_in_id = None
    stage.report()
    move_alarms.remind(TEN_BEFORE)
    assert stage.told("move_passed_up") == [("move_passed_up", stage.head.id)]


def test_every_minute_says_it_once(stage: Stage) -> None:
    stage.report()
    for minutes in (10, 9, 8, 0, -5):
        move_alarms.remind(minutes_before(THURSDAY_NINE, minutes))
    assert len(stage.told(*ALARMS)) == 2


def test_a_worker_that_slept_through_says_it_late(stage: Stage) -> None:
    stage.report()
    move_alarms.remind(THURSDAY_NINE + timedelta(minutes=20))
    assert len(stage.told(*ALARMS)) == 2


def test_of_a_report_five_minutes_before_the_next_one_up_hears_at_once(stage: Stage) -> None:
    stage.report(now=minutes_before(THURSDAY_NINE, 5))
    move_alarms.remind(minutes_before(THURSDAY_NINE, 4))
    assert stage.told(*ALARMS) == [("move_passed_up", stage.stand_in.id)]


@pytest.mark.parametrize("verdict", [MoveEvent.ALLOW, MoveEvent.REFUSE])
def test_what_is_decided_alarms_nobody(stage: Stage, verdict: MoveEvent) -> None:
    case = stage.report()
    move_decisions.decide([case], verdict, "Слова", HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id)
    move_alarms.remind(TEN_BEFORE)
    assert stage.told(*ALARMS) == []


def test_a_wish_is_reminded_of_a_day_before_it_is_due_and_goes_no_higher(stage: Stage) -> None:
    stage.hold(at=THURSDAY_NINE + timedelta(days=14))
    case = stage.wish(now=NOW)
    move_alarms.remind(case.move.due_at - timedelta(days=1))
    assert stage.told(*ALARMS) == [("move_undecided", stage.deputy.id)]


def test_a_wish_ends_with_the_old_time(stage: Stage) -> None:
    case = stage.wish(now=NOW)
    move_alarms.close_overtaken_wishes(stage.consultation.ends_at - timedelta(minutes=1))
    assert case.move.state == MoveState.REPORTED
    move_alarms.close_overtaken_wishes(stage.consultation.ends_at)
    assert case.move.state == MoveState.TAKEN_BACK


def test_a_failure_does_not_end_by_itself(stage: Stage) -> None:
    case = stage.report()
    move_alarms.close_overtaken_wishes(THURSDAY_NINE + timedelta(days=2))
    assert case.move.state == MoveState.REPORTED


def test_failures_stand_above_wishes_in_the_list(stage: Stage) -> None:
    report = stage.report(now=minutes_before(THURSDAY_NINE, 24 * 60))
    stage.hold(at=THURSDAY_NINE + timedelta(hours=3))
    wish = stage.wish(now=NOW)
    assert [one.id for one in move_board.listed(stage.centre, NOW)] == [report.move.id, wish.move.id]
