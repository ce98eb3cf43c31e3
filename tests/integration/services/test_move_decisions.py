"""A case is reported, decided by somebody else, or taken back."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import (
    NOW,
    THURSDAY_NINE,
    make_centre,
    make_consultation,
    make_event,
    make_specialist,
    make_staff,
    minutes_before,
)
from tests.integration.services.moves import BROKEN, HALF_AN_HOUR_BEFORE, Stage
from webapp.models import Move, db
from webapp.rules.consultations import ConsultationState
from webapp.rules.errors import (
    AlreadyDecided,
    AlreadyReported,
    MeansNotAllowed,
    NothingChosen,
    OwnDecision,
    ReasonMissing,
    TooLate,
    WordsMissing,
    WrongState,
)
from webapp.rules.moves import Cause, MoveEvent, MoveState
from webapp.rules.permissions import Role
from webapp.services.consultations import cancelling
from webapp.services.events import group_events
from webapp.services.moves import deciding, move_cases, move_decisions, move_reports
from webapp.services.moves.move_reports import Report
from webapp.services.rooms import checks

TOLD = ("move_reported", "move_allowed", "move_refused")


@pytest.fixture
def stage(app: Flask) -> Stage:
    return Stage()


# --- Reporting -------------------------------------------------------------------------------------------


def test_a_report_is_told_to_the_supervisor_at_once_with_its_evidence(stage: Stage) -> None:
    check = checks.record_failure(
        stage.consultation, stage.specialist, {}, set(), "Нет камеры", HALF_AN_HOUR_BEFORE
    )
    case = stage.report(Report(words="Нет камеры", failure="camera", check=check))
    assert stage.told(*TOLD) == [("move_reported", stage.deputy.id)]
    assert (case.move.equipment_check_id, case.move.due_at) == (check.id, THURSDAY_NINE)


def test_a_technical_failure_covers_the_rest_of_the_row_a_case_for_each(stage: Stage) -> None:
    before = make_consultation(stage.centre, stage.specialist, at=minutes_before(THURSDAY_NINE, 40))
    after = make_consultation(stage.centre, stage.specialist, at=THURSDAY_NINE + timedelta(minutes=40))
    afternoon = make_consultation(stage.centre, stage.specialist, at=THURSDAY_NINE + timedelta(hours=4))
    stage.report()
    reported = set(db.session.scalars(sa.select(Move.consultation_id)))
    assert reported == {stage.consultation.id, after.id}
    assert not reported & {before.id, afternoon.id}
    assert stage.told(*TOLD) == [("move_reported", stage.deputy.id)]  # one letter for the row


def test_another_valid_reason_covers_this_consultation_only(stage: Stage) -> None:
    make_consultation(stage.centre, stage.specialist, at=THURSDAY_NINE + timedelta(minutes=40))
    stage.report(Report(words="Вызвали в суд", cause=Cause.SPECIALIST))
    assert list(db.session.scalars(sa.select(Move.consultation_id))) == [stage.consultation.id]


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        (Report(words="Слова"), NothingChosen),
        (Report(words="Слова", failure="teapot"), NothingChosen),
        (Report(words="  ", failure="camera"), WordsMissing),
        (Report(words="Слова", failure="camera", proposed_means="messenger"), MeansNotAllowed),
        (Report(words="Слова", failure="camera", proposed_specialist_id=0), NothingChosen),
    ],
)
def test_a_report_must_be_whole(stage: Stage, said: Report, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        stage.report(said)


def test_one_case_is_open_at_a_time(stage: Stage) -> None:
    stage.report()
    with pytest.raises(AlreadyReported):
        stage.report()


def test_what_is_reported_is_not_asked_for_its_check(stage: Stage) -> None:
    stage.report()
    checks.remind(minutes_before(THURSDAY_NINE, 5))
    assert stage.told("check_due", "check_due_again", "check_missing") == []


def test_what_is_over_cannot_be_reported(stage: Stage) -> None:
    with pytest.raises(WrongState):
        stage.report(now=stage.consultation.ends_at)


def test_where_specialists_move_alone_the_case_is_allowed_and_nobody_is_asked(stage: Stage) -> None:
    stage.centre.specialists_may = ["means", "move"]
    case = stage.report()
    assert (case.move.state, case.move.decided_by) == (MoveState.ALLOWED, None)
    assert stage.told(*TOLD) == []


def test_a_meeting_of_a_group_is_a_case_like_any_other(stage: Stage) -> None:
    event = make_event(stage.centre, stage.specialist, at=THURSDAY_NINE + timedelta(hours=2))
    meeting = group_events.meetings(event)[0]
    (move,) = move_reports.report(stage.centre, meeting, stage.specialist, BROKEN, HALF_AN_HOUR_BEFORE)
    case = stage.case(move)
    assert (case.event, case.request) == (event, None)
    assert stage.told("move_reported") == [("move_reported", stage.deputy.id)]


# --- Who decides -----------------------------------------------------------------------------------------


def test_the_supervisor_is_asked_first_then_the_stand_in_then_the_head(stage: Stage) -> None:
    assert deciding.chain(stage.centre) == [stage.deputy, stage.stand_in, stage.head]


def test_who_is_concerned_or_has_left_is_not_asked(stage: Stage) -> None:
    stage.stand_in.active = False
    assert deciding.chain(stage.centre, [stage.deputy.id]) == [stage.head]


@pytest.mark.parametrize("role", ["deputy", "stand_in", "head"])
def test_everybody_who_decides_can_decide_what_is_not_their_own(stage: Stage, role: str) -> None:
    case, person = stage.report(), getattr(stage, role)
    move_decisions.decide([case], MoveEvent.ALLOW, "", HALF_AN_HOUR_BEFORE, staff_id=person.id)
    assert (case.move.state, case.move.decided_by) == (MoveState.ALLOWED, person.id)
    assert stage.told(*TOLD)[1:] == [("move_allowed", stage.specialist.id)]


@pytest.mark.parametrize("verdict", [MoveEvent.ALLOW, MoveEvent.REFUSE])
def test_nobody_decides_an_own_move(stage: Stage, verdict: MoveEvent) -> None:
    stage.hold_by(stage.deputy)
    case = stage.report()
    with pytest.raises(OwnDecision):
        move_decisions.decide([case], verdict, "Моё", HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id)
    assert case.move.state == MoveState.REPORTED


def test_the_supervisors_own_case_goes_to_the_stand_in_and_the_stand_ins_to_the_supervisor(
    stage: Stage,
) -> None:
    stage.hold_by(stage.deputy)
    stage.report()
    stage.hold_by(stage.stand_in)
    stage.report()
    assert stage.told("move_reported") == [
        ("move_reported", stage.stand_in.id),
        ("move_reported", stage.deputy.id),
    ]


def test_who_holds_it_together_with_the_reporter_does_not_decide_either(stage: Stage) -> None:
    colleagues = [stage.deputy, stage.stand_in]
    for person in colleagues:
        stage.add_role(person)
    two_hours_later = THURSDAY_NINE + timedelta(hours=2)
    stage.consultation = make_consultation(
        stage.centre, stage.specialist, at=two_hours_later, others=colleagues
    )
    case = stage.report()
    assert stage.told("move_reported") == [("move_reported", stage.head.id)]
    for person in colleagues:
        with pytest.raises(OwnDecision):
            move_decisions.decide([case], MoveEvent.ALLOW, "", HALF_AN_HOUR_BEFORE, staff_id=person.id)


def test_where_nobody_is_left_nobody_is_told(stage: Stage) -> None:
    for person in (stage.deputy, stage.stand_in, stage.head):
        person.active = False
    stage.report()
    assert stage.told("move_reported") == []


# --- Deciding --------------------------------------------------------------------------------------------


def test_a_refusal_needs_a_note_that_the_specialist_reads(stage: Stage) -> None:
    case = stage.report()
    with pytest.raises(WordsMissing):
        move_decisions.decide([case], MoveEvent.REFUSE, " ", HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id)
    move_decisions.decide(
        [case], MoveEvent.REFUSE, "Возьмите кабинет 5", HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id
    )
    assert (case.move.state, case.move.decision_note) == (MoveState.REFUSED, "Возьмите кабинет 5")
    assert stage.told("move_refused") == [("move_refused", stage.specialist.id)]


def test_the_second_decision_is_told_who_was_faster(stage: Stage) -> None:
    case = stage.report()
    move_decisions.decide([case], MoveEvent.ALLOW, "", HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id)
    with pytest.raises(AlreadyDecided) as refusal:
        move_decisions.decide([case], MoveEvent.REFUSE, "Нет", HALF_AN_HOUR_BEFORE, staff_id=stage.head.id)
    assert (refusal.value.facts["who"], refusal.value.facts["at"]) == (stage.deputy.name, HALF_AN_HOUR_BEFORE)


def test_a_case_that_was_taken_back_cannot_be_decided(stage: Stage) -> None:
    case = stage.report()
    move_decisions.take_back(case, HALF_AN_HOUR_BEFORE, staff_id=stage.specialist.id)
    with pytest.raises(WrongState):
        move_decisions.decide([case], MoveEvent.ALLOW, "", HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id)


def test_a_whole_row_is_decided_by_one_click(stage: Stage) -> None:
    make_consultation(stage.centre, stage.specialist, at=THURSDAY_NINE + timedelta(minutes=40))
    case = stage.report()
    together = move_cases.same_report(case)
    move_decisions.decide(together, MoveEvent.ALLOW, "", HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id)
    assert list(db.session.scalars(sa.select(Move.state))) == [MoveState.ALLOWED] * 2


# --- Taking back -----------------------------------------------------------------------------------------


def test_it_works_again_before_the_start_and_the_family_has_heard_nothing(stage: Stage) -> None:
    make_consultation(stage.centre, stage.specialist, at=THURSDAY_NINE + timedelta(minutes=40))
    case = stage.report()
    move_decisions.take_back(case, minutes_before(THURSDAY_NINE, 12), staff_id=stage.specialist.id)
    assert set(db.session.scalars(sa.select(Move.state))) == {MoveState.TAKEN_BACK}
    assert stage.told("consultation_goes_on") == []


def test_who_was_told_not_to_wait_hears_that_it_begins_after_all(stage: Stage) -> None:
    case = stage.report()
    move_decisions.take_back(case, THURSDAY_NINE + timedelta(minutes=3), staff_id=stage.specialist.id)
    assert stage.told("consultation_goes_on") == [("consultation_goes_on", None)]


def test_a_refusal_after_the_start_lets_the_family_in_by_a_letter(stage: Stage) -> None:
    case = stage.report()
    late = THURSDAY_NINE + timedelta(minutes=3)
    move_decisions.decide([case], MoveEvent.REFUSE, "Голосом", late, staff_id=stage.deputy.id)
    assert stage.told("consultation_goes_on") == [("consultation_goes_on", None)]


def test_an_allowed_case_can_still_be_held_as_planned(stage: Stage) -> None:
    case = stage.allowed()
    move_decisions.take_back(case, minutes_before(THURSDAY_NINE, 5), staff_id=stage.specialist.id)
    assert (case.move.state, case.move.new_starts_at) == (MoveState.DONE, None)


@pytest.mark.parametrize("state", [MoveState.REPORTED, MoveState.ALLOWED])
def test_a_cancellation_settles_whatever_is_open(stage: Stage, state: MoveState) -> None:
    case = stage.report() if state is MoveState.REPORTED else stage.allowed()
    cancelling.cancel_by_family(stage.request, stage.consultation, HALF_AN_HOUR_BEFORE)
    assert case.move.state == (MoveState.TAKEN_BACK if state is MoveState.REPORTED else MoveState.DONE)


def test_a_family_whose_consultation_is_stopped_may_cancel_however_late_it_is(stage: Stage) -> None:
    stage.centre.family_cancel_hours = 24
    stage.report()
    cancelling.cancel_by_family(stage.request, stage.consultation, stage.consultation.ends_at)
    assert stage.consultation.state == ConsultationState.CANCELLED


def test_near_the_start_a_family_cancels_by_phone(stage: Stage) -> None:
    stage.centre.family_cancel_hours = 24
    with pytest.raises(TooLate):
        cancelling.cancel_by_family(stage.request, stage.consultation, HALF_AN_HOUR_BEFORE)


# --- A family's wish -------------------------------------------------------------------------------------


def test_a_wish_is_due_as_a_request_is_but_the_day_before_the_old_time(stage: Stage) -> None:
    case = stage.wish(now=NOW)
    assert case.move.due_at == THURSDAY_NINE - timedelta(
        hours=9
    )  # midnight; the third working day ends later
    assert stage.told("move_wished") == [("move_wished", stage.deputy.id)]
    assert stage.consultation.state == ConsultationState.PLANNED


def test_a_wish_of_the_day_itself_is_due_by_the_old_time(stage: Stage) -> None:
    stage.centre.family_move_hours = 0
    case = stage.wish(now=THURSDAY_NINE - timedelta(hours=2))
    assert case.move.due_at == THURSDAY_NINE


def test_a_wish_for_a_far_date_has_three_working_days(stage: Stage) -> None:
    stage.hold(at=THURSDAY_NINE + timedelta(days=14))
    case = stage.wish(now=NOW)
    assert (case.move.due_at - NOW).days == 3


def test_a_wish_comes_within_the_notice_of_the_centre(stage: Stage) -> None:
    with pytest.raises(TooLate):
        stage.wish(now=THURSDAY_NINE - timedelta(hours=11))


def test_a_wish_has_words(stage: Stage) -> None:
    with pytest.raises(WordsMissing):
        stage.wish(now=NOW, words=" ")


def test_a_refused_wish_is_told_to_the_family_with_a_reason_and_the_time_stays(stage: Stage) -> None:
    case = stage.wish(now=NOW)
    with pytest.raises(ReasonMissing):
        move_decisions.decide([case], MoveEvent.REFUSE, "", NOW, staff_id=stage.deputy.id)
    move_decisions.decide([case], MoveEvent.REFUSE, "Всё занято", NOW, staff_id=stage.deputy.id)
    assert stage.told("move_wish_refused") == [("move_wish_refused", None)]
    assert stage.consultation.starts_at == THURSDAY_NINE


def test_who_answers_requests_answers_a_wish_about_an_own_consultation_too(stage: Stage) -> None:
    stage.hold_by(stage.deputy)
    case = stage.wish(now=NOW)
    move_decisions.decide([case], MoveEvent.REFUSE, "Всё занято", NOW, staff_id=stage.deputy.id)
    assert case.move.state == MoveState.REFUSED


def test_the_family_keeps_its_time(stage: Stage) -> None:
    case = stage.wish(now=NOW)
    move_decisions.keep_time(case, NOW)
    assert case.move.state == MoveState.TAKEN_BACK


def test_the_family_cannot_keep_what_we_cannot_hold(stage: Stage) -> None:
    with pytest.raises(WrongState):
        move_decisions.keep_time(stage.report(), HALF_AN_HOUR_BEFORE)


def test_the_staff_refuses_a_wish_and_does_not_take_it_back(stage: Stage) -> None:
    with pytest.raises(WrongState):
        move_decisions.take_back(stage.wish(now=NOW), NOW, staff_id=stage.specialist.id)


def test_a_specialist_of_another_centre_is_proposed_to_nobody(stage: Stage) -> None:
    stranger = make_specialist(make_centre())
    with pytest.raises(NothingChosen):
        move_reports.propose(
            stage.centre, stage.report(), None, stranger.id, HALF_AN_HOUR_BEFORE, staff_id=stage.specialist.id
        )


def test_a_proposal_stands_beside_the_decision(stage: Stage) -> None:
    other = make_specialist(stage.centre)
    case = stage.report()
    move_reports.propose(
        stage.centre, case, "voice", other.id, HALF_AN_HOUR_BEFORE, staff_id=stage.specialist.id
    )
    assert (case.move.proposed_means, case.move.proposed_specialist_id) == ("voice", other.id)


def test_whoever_has_no_right_to_decide_is_in_no_chain(stage: Stage) -> None:
    methodist = make_staff(stage.centre, Role.METHODIST)
    stage.centre.stand_in_id = methodist.id
    assert methodist not in deciding.chain(stage.centre)
