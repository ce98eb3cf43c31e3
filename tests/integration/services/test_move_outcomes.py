"""What becomes of a case: a new time, times to choose from, other means, somebody else, a cancellation."""

from datetime import UTC, datetime, timedelta

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
    minutes_before,
    register,
)
from tests.integration.services.moves import BROKEN, FRIDAY_NINE, HALF_AN_HOUR_BEFORE, Stage
from video.reservations import Grant, Messages
from webapp.models import (
    CalendarCorrection,
    CallTask,
    Consultation,
    ConsultationSpecialist,
    Engagement,
    HoursException,
    Letter,
    Offer,
    OfferedTime,
    Staff,
    db,
)
from webapp.rules.consultations import ConsultationState, Door
from webapp.rules.errors import (
    ColleagueNotFree,
    InThePast,
    NotFree,
    NothingChosen,
    OnDayOff,
    OwnDecision,
    PhoneNeeded,
    TooLong,
    TooManyTimes,
    WrongState,
)
from webapp.rules.moves import Cause, Change, MoveEvent, MoveState
from webapp.services.consultations import offers, write_up
from webapp.services.consultations.moving import Move
from webapp.services.consultations.write_up import WriteUp
from webapp.services.events import group_events
from webapp.services.mail import call_list, calls
from webapp.services.mail.calls import Outcome
from webapp.services.moves import (
    move_board,
    move_cases,
    move_decisions,
    move_offers,
    move_outcomes,
    move_reports,
)
from webapp.services.moves.move_reports import Report
from webapp.services.pages import family_page
from webapp.services.rooms import conferences
from webapp.services.times import hours, timetable

FRIDAY_AFTERNOON = FRIDAY_NINE + timedelta(hours=4)


@pytest.fixture
def stage(app: Flask) -> Stage:
    return Stage()


# --- A new time ------------------------------------------------------------------------------------------


def test_row_room_and_uid_stay_and_everybody_is_told_by_one_letter(stage: Stage) -> None:
    case, before = stage.allowed(), stage.consultation
    kept = (before.id, before.room, before.uid)
    move_outcomes.set_new_time(
        stage.centre, case, FRIDAY_NINE, HALF_AN_HOUR_BEFORE, staff_id=stage.specialist.id
    )
    after = stage.consultation
    assert (after.id, after.room, after.uid) == kept
    assert (after.starts_at, after.calendar_sequence) == (FRIDAY_NINE, 1)
    assert stage.told("consultation_moved") == [("consultation_moved", None)]
    assert (case.move.state, case.move.old_starts_at, case.move.new_starts_at) == (
        MoveState.DONE,
        THURSDAY_NINE,
        FRIDAY_NINE,
    )
    assert (case.move.done_by, case.move.told_at) == (stage.specialist.id, HALF_AN_HOUR_BEFORE)


def test_whoever_decides_allows_and_sets_the_time_in_one_step(stage: Stage) -> None:
    case = stage.report()
    move_outcomes.set_new_time(stage.centre, case, FRIDAY_NINE, HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id)
    assert (case.move.state, case.move.decided_by) == (MoveState.DONE, stage.deputy.id)


def test_the_specialist_waits_for_the_decision(stage: Stage) -> None:
    case = stage.report()
    with pytest.raises(OwnDecision):
        move_outcomes.set_new_time(
            stage.centre, case, FRIDAY_NINE, HALF_AN_HOUR_BEFORE, staff_id=stage.specialist.id
        )
    with pytest.raises(OwnDecision):
        move_offers.offer_times(
            stage.centre, case, [FRIDAY_NINE], HALF_AN_HOUR_BEFORE, staff_id=stage.specialist.id
        )
    with pytest.raises(OwnDecision):
        move_outcomes.call_off(stage.centre, case, HALF_AN_HOUR_BEFORE, staff_id=stage.specialist.id)
    assert stage.consultation.starts_at == THURSDAY_NINE


def test_a_supervisor_does_not_settle_an_own_case_by_any_other_way(stage: Stage) -> None:
    stage.hold_by(stage.deputy)
    case = stage.report()
    for attempt in (
        lambda: move_outcomes.set_new_time(stage.centre, case, FRIDAY_NINE, NOW, staff_id=stage.deputy.id),
        lambda: move_offers.offer_times(stage.centre, case, [FRIDAY_NINE], NOW, staff_id=stage.deputy.id),
        lambda: move_outcomes.call_off(stage.centre, case, NOW, staff_id=stage.deputy.id),
        lambda: move_outcomes.must_be_let(stage.centre, stage.consultation, Change.MOVE, stage.deputy.id),
        lambda: move_outcomes.must_be_let(stage.centre, stage.consultation, Change.CANCEL, stage.deputy.id),
    ):
        with pytest.raises(OwnDecision):
            attempt()
    assert case.move.state == MoveState.REPORTED


def test_a_move_that_goes_by_no_case_settles_the_one_that_is_open(stage: Stage) -> None:
    case = stage.report()
    date = Move(stage.consultation, FRIDAY_NINE)
    move_outcomes.move_dates(
        stage.centre, stage.request, [date], HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id
    )
    assert (case.move.state, case.move.decided_by, case.move.new_starts_at) == (
        MoveState.DONE,
        stage.deputy.id,
        FRIDAY_NINE,
    )
    letter = db.session.scalars(sa.select(Letter).where(Letter.kind == "consultation_moved")).one()
    assert letter.facts["cause"] == Cause.TECHNICAL
    assert THURSDAY_NINE not in free_starts(stage, HALF_AN_HOUR_BEFORE)


def test_such_a_move_may_take_a_time_that_was_offered(stage: Stage) -> None:
    case = stage.allowed()
    move_offers.offer_times(stage.centre, case, [FRIDAY_NINE], HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id)
    date = Move(stage.consultation, FRIDAY_NINE)
    move_outcomes.move_dates(
        stage.centre, stage.request, [date], HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id
    )
    assert stage.taken(stage.specialist) == [FRIDAY_NINE]


def test_handing_over_settles_what_the_absent_one_reported_but_no_wish_of_the_family(stage: Stage) -> None:
    colleague = make_specialist(stage.centre)
    case = stage.report()
    at = HALF_AN_HOUR_BEFORE
    move_outcomes.hand_over(
        stage.centre,
        stage.request,
        stage.consultation,
        stage.specialist.id,
        colleague.id,
        at,
        staff_id=stage.deputy.id,
    )
    assert case.move.state == MoveState.DONE
    wish = stage.wish(now=NOW)
    move_outcomes.hand_over(
        stage.centre,
        stage.request,
        stage.consultation,
        colleague.id,
        make_specialist(stage.centre).id,
        at,
        staff_id=stage.deputy.id,
    )
    assert wish.move.state == MoveState.REPORTED


def test_the_failed_time_stays_closed_until_the_specialist_frees_it(stage: Stage) -> None:
    move_outcomes.set_new_time(
        stage.centre, stage.allowed(), FRIDAY_NINE, HALF_AN_HOUR_BEFORE, staff_id=stage.specialist.id
    )
    assert THURSDAY_NINE not in free_starts(stage, HALF_AN_HOUR_BEFORE)
    kept = hours.of_specialist(stage.centre, stage.specialist, HALF_AN_HOUR_BEFORE)
    assert hours.closed_by_failure(stage.specialist, kept, HALF_AN_HOUR_BEFORE) == {kept.exceptions[0].id}
    hours.remove(stage.specialist, "exception", kept.exceptions[0].id, HALF_AN_HOUR_BEFORE)
    assert THURSDAY_NINE in free_starts(stage, HALF_AN_HOUR_BEFORE)


def free_starts(stage: Stage, now: datetime) -> list[datetime]:
    free = timetable.free_for_all(stage.centre, [stage.specialist.id], now, minutes=40, notice=False)
    return [slot.start for slot in free]


def test_after_a_familys_wish_the_old_time_is_free_at_once(stage: Stage) -> None:
    case = stage.wish(now=NOW)
    move_outcomes.set_new_time(stage.centre, case, FRIDAY_NINE, NOW, staff_id=stage.deputy.id)
    assert THURSDAY_NINE in free_starts(stage, NOW)
    assert db.session.scalar(sa.select(HoursException.id)) is None


def test_a_time_across_midnight_is_closed_to_the_end_of_the_day(stage: Stage) -> None:
    evening = datetime(2026, 11, 26, 18, 50, tzinfo=UTC)  # 23:50 in Yekaterinburg
    hours.close(stage.centre, stage.specialist.id, evening, evening + timedelta(minutes=40), NOW)
    row = db.session.scalars(sa.select(HoursException)).one()
    assert (row.day.isoformat(), row.starts.isoformat(), row.ends.isoformat()) == (
        "2026-11-26",
        "23:50:00",
        "23:59:59",
    )


def test_what_has_passed_needs_no_closing(stage: Stage) -> None:
    later = stage.consultation.ends_at + timedelta(minutes=1)
    move_outcomes.set_new_time(
        stage.centre, stage.allowed(), FRIDAY_NINE, later, staff_id=stage.specialist.id
    )
    assert db.session.scalar(sa.select(HoursException.id)) is None


@pytest.mark.parametrize(
    ("starts_at", "refusal"),
    [
        (HALF_AN_HOUR_BEFORE, InThePast),
        (THURSDAY_NINE + timedelta(days=2), OnDayOff),  # Saturday
        (FRIDAY_NINE + timedelta(hours=12), NotFree),
    ],
)
def test_a_new_time_must_be_really_free(stage: Stage, starts_at: datetime, refusal: type[Exception]) -> None:
    case = stage.allowed()
    with pytest.raises(refusal):
        move_outcomes.set_new_time(
            stage.centre, case, starts_at, HALF_AN_HOUR_BEFORE, staff_id=stage.specialist.id
        )
    assert stage.consultation.starts_at == THURSDAY_NINE


def test_a_time_that_was_taken_meanwhile_is_refused_with_what_is_free(stage: Stage) -> None:
    case = stage.allowed()
    make_consultation(stage.centre, stage.specialist, at=FRIDAY_NINE)
    with pytest.raises(NotFree) as refusal:
        move_outcomes.set_new_time(
            stage.centre, case, FRIDAY_NINE, HALF_AN_HOUR_BEFORE, staff_id=stage.specialist.id
        )
    assert FRIDAY_NINE + timedelta(minutes=40) in refusal.value.facts["free"]


def test_a_day_off_of_the_centre_is_refused(stage: Stage) -> None:
    db.session.add(
        CalendarCorrection(centre_id=stage.centre.id, day=FRIDAY_NINE.date(), working=False, note="")
    )
    db.session.flush()
    db.session.expire(stage.centre)
    with pytest.raises(OnDayOff):
        move_outcomes.set_new_time(
            stage.centre, stage.allowed(), FRIDAY_NINE, HALF_AN_HOUR_BEFORE, staff_id=stage.specialist.id
        )


def test_a_length_above_the_limit_does_not_move_along(stage: Stage) -> None:
    case = stage.allowed()
    stage.centre.limit_minutes = stage.centre.session_minutes = 30
    with pytest.raises(TooLong):
        move_outcomes.set_new_time(
            stage.centre, case, FRIDAY_NINE, HALF_AN_HOUR_BEFORE, staff_id=stage.specialist.id
        )


def test_a_stopped_consultation_moves_however_late_it_is(stage: Stage) -> None:
    case, evening = stage.allowed(), THURSDAY_NINE + timedelta(hours=9)
    move_outcomes.set_new_time(stage.centre, case, FRIDAY_NINE, evening, staff_id=stage.specialist.id)
    assert stage.consultation.starts_at == FRIDAY_NINE


def test_a_closed_case_is_not_settled_again(stage: Stage) -> None:
    case = stage.allowed()
    move_outcomes.set_new_time(
        stage.centre, case, FRIDAY_NINE, HALF_AN_HOUR_BEFORE, staff_id=stage.specialist.id
    )
    with pytest.raises(WrongState):
        move_outcomes.set_new_time(
            stage.centre, case, FRIDAY_AFTERNOON, HALF_AN_HOUR_BEFORE, staff_id=stage.specialist.id
        )


@pytest.mark.parametrize("cause", [Cause.TECHNICAL, Cause.SPECIALIST])
def test_the_letter_carries_the_cause_for_neutral_words_and_nothing_that_was_said(
    stage: Stage, cause: Cause
) -> None:
    words = Report(words="Заболел ребёнок", failure="camera" if cause is Cause.TECHNICAL else "", cause=cause)
    case = stage.report(words)
    move_outcomes.set_new_time(stage.centre, case, FRIDAY_NINE, HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id)
    facts = db.session.scalars(sa.select(Letter.facts).where(Letter.kind == "consultation_moved")).one()
    assert facts["cause"] == cause
    assert "Заболел" not in str(facts)


# --- Reminders -------------------------------------------------------------------------------------------


def test_reminders_of_the_old_time_never_go_out_and_those_of_the_new_one_are_an_hour_before_by_any_clock(
    app: Flask,
) -> None:
    """In Berlin the clocks go back on Sunday, 25 October 2026: from Friday to Monday, an hour more."""
    stage = Stage()
    stage.centre.zone = "Europe/Berlin"
    now = datetime(2026, 10, 20, 8, tzinfo=UTC)
    friday = datetime(2026, 10, 23, 7, tzinfo=UTC)  # 09:00, UTC+2
    monday = datetime(2026, 10, 26, 8, tzinfo=UTC)  # 09:00, UTC+1
    stage.hold(at=friday, now=now)
    case = stage.report(now=friday - timedelta(days=2))
    move_outcomes.set_new_time(
        stage.centre, case, monday, friday - timedelta(days=2), staff_id=stage.deputy.id
    )
    waiting = db.session.execute(
        sa.select(Letter.kind, Letter.due_at)
        .where(
            Letter.consultation_id == stage.consultation.id,
            Letter.kind.in_(("day_before", "hour_before")),
            Letter.state == "pending",
        )
        .order_by(Letter.due_at)
    ).all()
    assert [tuple(row) for row in waiting] == [
        ("day_before", monday - timedelta(days=1)),
        ("hour_before", monday - timedelta(hours=1)),
    ]
    assert stage.consultation.wall_time == "2026-10-26T09:00"


# --- Offers ----------------------------------------------------------------------------------------------


def offered(stage: Stage) -> Offer:
    return move_offers.offer_times(
        stage.centre,
        stage.allowed(),
        [FRIDAY_NINE, FRIDAY_AFTERNOON],
        HALF_AN_HOUR_BEFORE,
        staff_id=stage.specialist.id,
    )


def times_of(offer: Offer) -> list[int]:
    return list(
        db.session.scalars(
            sa.select(OfferedTime.id).where(OfferedTime.offer_id == offer.id).order_by(OfferedTime.starts_at)
        )
    )


def test_offered_times_are_held_and_the_family_chooses_on_its_page(stage: Stage) -> None:
    offer = offered(stage)
    assert stage.taken(stage.specialist) == [THURSDAY_NINE, FRIDAY_NINE, FRIDAY_AFTERNOON]
    (shown,) = family_page.load(stage.request, stage.centre, HALF_AN_HOUR_BEFORE).move_offers
    assert [choice.starts_at for choice in shown.offer.choices] == [FRIDAY_NINE, FRIDAY_AFTERNOON]
    assert stage.told("times_offered") == [("times_offered", None)]
    assert offer.until > HALF_AN_HOUR_BEFORE


def test_one_is_accepted_the_others_are_free_at_once(stage: Stage) -> None:
    first, _second = times_of(offered(stage))
    move_offers.accept(stage.centre, stage.request, first, HALF_AN_HOUR_BEFORE)
    assert stage.consultation.starts_at == FRIDAY_NINE
    assert stage.taken(stage.specialist) == [FRIDAY_NINE]
    assert db.session.scalars(sa.select(Offer.state)).one() == "accepted"
    assert stage.told("consultation_moved") == [("consultation_moved", None)]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Consultation)) == 1


def test_an_offer_is_accepted_once(stage: Stage) -> None:
    first, second = times_of(offered(stage))
    move_offers.accept(stage.centre, stage.request, first, HALF_AN_HOUR_BEFORE)
    with pytest.raises(WrongState):
        move_offers.accept(stage.centre, stage.request, second, HALF_AN_HOUR_BEFORE)


def test_an_offer_that_ran_out_returns_the_case_to_the_list(stage: Stage) -> None:
    offer = offered(stage)
    first, *_ = times_of(offer)
    with pytest.raises(WrongState):
        move_offers.accept(stage.centre, stage.request, first, offer.until)
    offers.lapse_due(offer.until)
    (listed,) = move_board.listed(stage.centre, offer.until)
    assert (listed.state, listed.offered_until) == (MoveState.ALLOWED, None)
    assert stage.taken(stage.specialist) == [THURSDAY_NINE]
    assert stage.request.state == "confirmed"


def test_none_of_the_times_suits_and_what_the_family_says_stands_with_the_case(stage: Stage) -> None:
    offered(stage)
    case = move_offers.case_of(stage.request, stage.consultation.id)
    move_offers.refuse(case, "Только вечером", HALF_AN_HOUR_BEFORE)
    shown = move_board.load(stage.centre, case, stage.deputy, HALF_AN_HOUR_BEFORE)
    assert shown.offer is None
    assert [line.details.get("words") for line in shown.history if line.code == "move.offer_refused"] == [
        "Только вечером"
    ]


def test_who_offered_the_times_hears_that_none_suits(stage: Stage) -> None:
    offer = offered(stage)
    move_offers.refuse(
        move_offers.case_of(stage.request, stage.consultation.id), "Только вечером", HALF_AN_HOUR_BEFORE
    )
    assert stage.told("times_refused") == [("times_refused", offer.made_by)]


def test_up_to_three_times_that_are_free_are_offered(stage: Stage) -> None:
    case = stage.allowed()
    for starts, refusal in (
        ([], NothingChosen),
        ([FRIDAY_NINE + timedelta(minutes=40 * number) for number in range(4)], TooManyTimes),
        ([FRIDAY_NINE + timedelta(days=1)], OnDayOff),
    ):
        with pytest.raises(refusal):
            move_offers.offer_times(
                stage.centre, case, starts, HALF_AN_HOUR_BEFORE, staff_id=stage.specialist.id
            )


def test_a_new_offer_lets_the_earlier_one_go(stage: Stage) -> None:
    first = offered(stage)
    case = stage.case_again()
    move_offers.offer_times(
        stage.centre, case, [FRIDAY_AFTERNOON], HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id
    )
    db.session.refresh(first)
    assert first.state == "refused"
    assert stage.taken(stage.specialist) == [THURSDAY_NINE, FRIDAY_AFTERNOON]


def test_one_of_the_offered_times_can_be_set_when_the_family_calls(stage: Stage) -> None:
    stage.request.email, stage.request.phone = None, "+79160000000"
    offered(stage)
    move_outcomes.set_new_time(
        stage.centre, stage.case_again(), FRIDAY_NINE, HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id
    )
    assert stage.taken(stage.specialist) == [FRIDAY_NINE]
    calls_to_make = db.session.scalars(
        sa.select(CallTask.kind).where(CallTask.moot_at.is_(None), CallTask.kind != "confirmed")
    )
    assert set(calls_to_make) == {"consultation_moved"}


def test_a_time_offered_for_another_family_is_nobody_elses(stage: Stage) -> None:
    first, *_ = times_of(offered(stage))
    stage.hold(at=FRIDAY_NINE + timedelta(hours=6))
    with pytest.raises(NothingChosen):
        move_offers.accept(stage.centre, stage.request, first, HALF_AN_HOUR_BEFORE)


def test_it_works_again_and_what_was_offered_is_free(stage: Stage) -> None:
    offered(stage)
    move_decisions.take_back(
        stage.case_again(), minutes_before(THURSDAY_NINE, 5), staff_id=stage.specialist.id
    )
    assert stage.taken(stage.specialist) == [THURSDAY_NINE]


# --- By phone --------------------------------------------------------------------------------------------


def by_phone(stage: Stage) -> None:
    stage.hold(at=THURSDAY_NINE + timedelta(hours=2), email=None, phone="+79160000099", channel="phone")


def calls_of(stage: Stage, kind: str) -> list[CallTask]:
    db.session.flush()
    return list(
        db.session.scalars(sa.select(CallTask).where(CallTask.kind == kind, CallTask.moot_at.is_(None)))
    )


def test_a_family_without_e_mail_is_called_and_counts_as_told_from_then_on(stage: Stage) -> None:
    by_phone(stage)
    case = stage.allowed()
    move_outcomes.set_new_time(
        stage.centre, case, FRIDAY_NINE, HALF_AN_HOUR_BEFORE, staff_id=stage.specialist.id
    )
    (task,) = calls_of(stage, "consultation_moved")
    assert case.move.told_at is None
    calls.note(stage.centre, task.id, Outcome("reached", "мама"), THURSDAY_NINE, staff_id=stage.deputy.id)
    db.session.refresh(case.move)
    assert case.move.told_at == THURSDAY_NINE


def test_one_of_the_offered_times_is_taken_on_the_phone(stage: Stage) -> None:
    by_phone(stage)
    first, *_ = times_of(offered(stage))
    (task,) = calls_of(stage, "times_offered")
    calls.note(
        stage.centre,
        task.id,
        Outcome("reached", "мама", chosen=str(first)),
        HALF_AN_HOUR_BEFORE,
        staff_id=stage.deputy.id,
    )
    assert stage.consultation.starts_at == FRIDAY_NINE
    assert [task.done_at for task in calls_of(stage, "consultation_moved")] == [HALF_AN_HOUR_BEFORE]


def test_the_call_lists_the_times_of_its_own_offer(stage: Stage) -> None:
    by_phone(stage)
    offered(stage)
    (call,) = [
        one for one in call_list.open_calls(stage.centre, HALF_AN_HOUR_BEFORE) if one.kind == "times_offered"
    ]
    assert [hour.starts_at for hour in call.offered] == [FRIDAY_NINE, FRIDAY_AFTERNOON]


# --- Other means, another specialist ----------------------------------------------------------------------


def test_a_specialist_changes_the_means_alone_by_default(stage: Stage) -> None:
    move_outcomes.change_means_alone(
        stage.centre, stage.consultation, "voice", NOW, staff_id=stage.specialist.id
    )
    assert (stage.consultation.means_agreed, stage.consultation.calendar_sequence) == ("voice", 1)
    assert stage.told("consultation_changed") == [("consultation_changed", None)]


def test_where_the_centre_says_so_the_means_need_a_decision_too(stage: Stage) -> None:
    stage.centre.specialists_may = []
    with pytest.raises(OwnDecision):
        move_outcomes.change_means_alone(
            stage.centre, stage.consultation, "voice", NOW, staff_id=stage.specialist.id
        )


def test_an_undecided_case_is_settled_by_the_means_that_a_specialist_may_choose(stage: Stage) -> None:
    case = stage.report()
    move_outcomes.use_means(stage.centre, case, "voice", HALF_AN_HOUR_BEFORE, staff_id=stage.specialist.id)
    assert (case.move.state, case.move.decided_by) == (MoveState.DONE, None)
    assert stage.consultation.starts_at == THURSDAY_NINE


def test_a_call_needs_a_number(stage: Stage) -> None:
    with pytest.raises(PhoneNeeded):
        move_outcomes.use_means(
            stage.centre, stage.allowed(), "phone", HALF_AN_HOUR_BEFORE, staff_id=stage.specialist.id
        )


def test_online_the_limit_binds_a_long_talk_by_phone(stage: Stage) -> None:
    stage.hold(at=THURSDAY_NINE + timedelta(hours=2), phone="+79160000099", means="phone", minutes=60)
    with pytest.raises(TooLong):
        move_outcomes.change_means_alone(
            stage.centre, stage.consultation, "video", NOW, staff_id=stage.specialist.id
        )


def test_a_talk_by_phone_has_no_room_and_a_video_has_one(stage: Stage) -> None:
    stage.request.phone = "+79160000099"
    for means, has_room in (("phone", False), ("video", True)):
        move_outcomes.change_means_alone(
            stage.centre, stage.consultation, means, NOW, staff_id=stage.specialist.id
        )
        assert (stage.consultation.room is not None) is has_room


def test_another_specialist_takes_over_at_the_same_time(stage: Stage) -> None:
    other = make_specialist(stage.centre, name="Айгерим Болатовна Сейітова")
    case = stage.allowed()
    move_outcomes.give_to(
        stage.centre, case, other.id, HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id, means="voice"
    )
    assert holders(stage) == [other.id]
    assert (stage.taken(stage.specialist), stage.taken(other)) == ([], [THURSDAY_NINE])
    assert stage.told("booking_cancelled", "booked")[-2:] == [
        ("booked", other.id),
        ("booking_cancelled", stage.specialist.id),
    ]
    assert stage.told("consultation_changed") == [("consultation_changed", None)]
    assert stage.consultation.means_agreed == "voice"
    assert THURSDAY_NINE not in free_starts(stage, HALF_AN_HOUR_BEFORE)


def holders(stage: Stage) -> list[int]:
    db.session.flush()
    return list(
        db.session.scalars(
            sa.select(ConsultationSpecialist.specialist_id).where(
                ConsultationSpecialist.consultation_id == stage.consultation.id
            )
        )
    )


def test_who_is_not_free_then_does_not_take_over(stage: Stage) -> None:
    other = make_specialist(stage.centre)
    make_consultation(stage.centre, other, at=THURSDAY_NINE)
    stranger = make_specialist(make_centre())
    case = stage.allowed()
    for person in (other, stranger, stage.specialist):
        with pytest.raises(ColleagueNotFree):
            move_outcomes.give_to(
                stage.centre, case, person.id, HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id
            )


def test_a_case_can_end_in_a_cancellation_and_the_time_stays_closed(stage: Stage) -> None:
    case = stage.allowed()
    move_outcomes.call_off(stage.centre, case, HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id)
    assert (case.move.state, stage.consultation.state) == (MoveState.DONE, ConsultationState.CANCELLED)
    assert stage.told("cancelled_by_centre") == [("cancelled_by_centre", None)]
    assert THURSDAY_NINE not in free_starts(stage, HALF_AN_HOUR_BEFORE)


def test_a_specialist_cancels_alone_only_where_the_centre_lets_specialists(stage: Stage) -> None:
    with pytest.raises(OwnDecision):
        move_outcomes.cancel_alone(stage.centre, stage.consultation, NOW, staff_id=stage.specialist.id)
    stage.centre.specialists_may = ["cancel"]
    move_outcomes.cancel_alone(stage.centre, stage.consultation, NOW, staff_id=stage.specialist.id)
    assert stage.consultation.state == ConsultationState.CANCELLED


# --- The door --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [8, 0, -20, -600])
def test_while_it_is_undecided_nobody_is_let_in(stage: Stage, minutes: int) -> None:
    stage.report()
    now = minutes_before(THURSDAY_NINE, minutes)
    visit = conferences.admit(stage.centre, stage.request, "Мама", now)
    assert visit is not None
    assert (visit.door, visit.entry, visit.stopped_by) == (Door.DELAYED, None, "technical")
    assert conferences.admit_specialist(stage.centre, stage.consultation, stage.specialist, now) is None


def test_a_wish_shuts_no_door(stage: Stage) -> None:
    stage.wish(now=NOW)
    visit = conferences.admit(stage.centre, stage.request, "Мама", THURSDAY_NINE)
    assert visit is not None and visit.entry is not None


def test_the_video_server_does_not_open_a_stopped_room(stage: Stage) -> None:
    messages = Messages("закрыто", "", "", "")
    assert isinstance(conferences.may_open(stage.consultation.room or "", "", THURSDAY_NINE, messages), Grant)
    stage.report()
    refusal = conferences.may_open(stage.consultation.room or "", "", THURSDAY_NINE, messages)
    assert (refusal.status, refusal.body["message"]) == (403, "закрыто")


def test_what_was_held_after_all_settles_the_case(stage: Stage) -> None:
    case, ended = stage.report(), stage.consultation.ends_at
    what = WriteUp(True, THURSDAY_NINE, ended, "phone", "Страхи", "", "")
    write_up.write_up(
        stage.centre, stage.request, stage.consultation, what, ended, staff_id=stage.specialist.id
    )
    assert case.move.state == MoveState.TAKEN_BACK


# --- Groups ----------------------------------------------------------------------------------------------


def test_a_group_moves_with_one_letter_to_each_and_all_seats_kept(stage: Stage) -> None:
    at = THURSDAY_NINE + timedelta(hours=2)
    event = make_event(stage.centre, stage.specialist, at=at)
    people = [register(event) for _ in range(3)]
    meeting = group_events.meetings(event)[0]
    (move,) = move_reports.report(stage.centre, meeting, stage.specialist, BROKEN, HALF_AN_HOUR_BEFORE)
    case = stage.case(move)
    move_decisions.decide([case], MoveEvent.ALLOW, "", HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id)
    move_outcomes.set_new_time(
        stage.centre, case, FRIDAY_NINE, HALF_AN_HOUR_BEFORE, staff_id=stage.specialist.id
    )
    told = db.session.scalars(
        sa.select(Letter.registration_id).where(Letter.kind == "event_moved").order_by(Letter.registration_id)
    ).all()
    assert list(told) == [person.id for person in people]
    db.session.refresh(event)
    assert (meeting.starts_at, event.seats_taken) == (FRIDAY_NINE, 3)
    assert {
        letter.facts["cause"] for letter in db.session.scalars(sa.select(Letter)) if "old" in letter.facts
    } == {Cause.TECHNICAL}
    assert at not in free_starts(stage, HALF_AN_HOUR_BEFORE)


def test_the_hosts_do_not_move_a_group_while_their_report_waits_for_a_decision(stage: Stage) -> None:
    event = make_event(stage.centre, stage.specialist, at=THURSDAY_NINE + timedelta(hours=2))
    meeting = group_events.meetings(event)[0]
    move_reports.report(stage.centre, meeting, stage.specialist, BROKEN, HALF_AN_HOUR_BEFORE)
    dates = [Move(meeting, FRIDAY_NINE)]
    with pytest.raises(OwnDecision):
        move_outcomes.move_event_dates(
            stage.centre, event, dates, HALF_AN_HOUR_BEFORE, staff_id=stage.specialist.id
        )
    move_outcomes.move_event_dates(stage.centre, event, dates, HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id)
    assert move_cases.open_case_of(meeting.id) is None


def test_the_hosts_do_not_cancel_a_group_while_their_report_waits_for_a_decision(stage: Stage) -> None:
    event = make_event(stage.centre, stage.specialist, at=THURSDAY_NINE + timedelta(hours=2))
    meeting, now = group_events.meetings(event)[0], HALF_AN_HOUR_BEFORE
    move_reports.report(stage.centre, meeting, stage.specialist, BROKEN, now)
    with pytest.raises(OwnDecision):
        move_outcomes.cancel_event(stage.centre, event, now, staff_id=stage.specialist.id)
    with pytest.raises(OwnDecision):
        move_outcomes.cancel_event_dates(stage.centre, event, [meeting], now, staff_id=stage.specialist.id)
    move_outcomes.cancel_event(stage.centre, event, now, staff_id=stage.deputy.id)
    assert move_cases.open_case_of(meeting.id) is None
    assert THURSDAY_NINE + timedelta(hours=2) not in free_starts(stage, now)


def test_a_group_without_another_time_is_cancelled_and_who_waits_is_told(stage: Stage) -> None:
    at = THURSDAY_NINE + timedelta(hours=2)
    event = make_event(stage.centre, stage.specialist, at=at, capacity=1)
    seated, waiting = register(event), register(event)
    meeting = group_events.meetings(event)[0]
    (move,) = move_reports.report(stage.centre, meeting, stage.specialist, BROKEN, HALF_AN_HOUR_BEFORE)
    too_late = meeting.ends_at + timedelta(minutes=1)
    move_outcomes.call_off(stage.centre, stage.case(move), too_late, staff_id=stage.deputy.id)
    assert (event.state, meeting.state) == ("cancelled", "cancelled")
    told = db.session.execute(
        sa.select(Letter.kind, Letter.registration_id).where(
            Letter.kind.in_(["event_cancelled", "waited_in_vain"])
        )
    ).all()
    assert sorted(told) == [("event_cancelled", seated.id), ("waited_in_vain", waiting.id)]


def test_a_group_is_offered_no_times_and_no_other_means(stage: Stage) -> None:
    event = make_event(stage.centre, stage.specialist, at=THURSDAY_NINE + timedelta(hours=2))
    meeting = group_events.meetings(event)[0]
    (move,) = move_reports.report(stage.centre, meeting, stage.specialist, BROKEN, HALF_AN_HOUR_BEFORE)
    case = stage.case(move)
    with pytest.raises(WrongState):
        move_offers.offer_times(
            stage.centre, case, [FRIDAY_NINE], HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id
        )
    with pytest.raises(WrongState):
        move_outcomes.use_means(stage.centre, case, "voice", HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id)


def test_the_history_tells_reported_decided_told_and_acted_on(stage: Stage) -> None:
    case = stage.allowed()
    move_outcomes.set_new_time(
        stage.centre, case, FRIDAY_NINE, HALF_AN_HOUR_BEFORE, staff_id=stage.specialist.id
    )
    shown = move_board.load(stage.centre, case, stage.deputy, HALF_AN_HOUR_BEFORE)
    assert [(line.code, line.who) for line in shown.history] == [
        ("move.report", stage.specialist.name),
        ("move.allow", stage.deputy.name),
        ("move.do", stage.specialist.name),
        ("move.told", ""),
    ]


def test_holds_that_lapsed_are_no_bookings(stage: Stage) -> None:
    offer = offered(stage)
    offers.lapse_due(offer.until)
    assert db.session.scalar(sa.select(Engagement.id).where(Engagement.offer_id == offer.id)) is None


def test_somebody_of_the_staff_who_left_is_proposed_to_nobody(stage: Stage) -> None:
    gone: Staff = make_specialist(stage.centre, active=False)
    with pytest.raises(NothingChosen):
        stage.report(Report(words="Слова", failure="camera", proposed_specialist_id=gone.id))
