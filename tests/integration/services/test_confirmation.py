from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import (
    NOW,
    THURSDAY_NINE,
    ask,
    make_centre,
    make_consultation,
    make_deputy,
    make_request,
    make_specialist,
)
from webapp.letters.compose import compose
from webapp.models import CallTask, Engagement, HelpRequest, Letter, db
from webapp.rules.errors import InThePast, PhoneNeeded, SlotTaken, TooLong, WrongState
from webapp.services.consultations import confirmation, offers
from webapp.services.consultations.confirmation import Agreed
from webapp.services.consultations.offers import Proposal
from webapp.services.mail import strangers


def kinds(request: HelpRequest) -> set[str]:
    return set(db.session.scalars(sa.select(Letter.kind).where(Letter.help_request_id == request.id)))


def test_one_click_confirms_the_held_time(app: Flask) -> None:
    centre = make_centre()
    specialist, deputy = make_specialist(centre), make_deputy(centre)
    request = ask(centre, at=THURSDAY_NINE, specialist=specialist).request
    consultation = confirmation.confirm_held(centre, request.id, NOW, staff_id=deputy.id)
    assert (consultation.starts_at, request.state) == (THURSDAY_NINE, "confirmed")
    engagement = db.session.scalars(sa.select(Engagement)).one()
    assert (engagement.consultation_id, engagement.hold_until) == (consultation.id, None)


def test_another_date_lets_go_of_what_was_held(app: Flask) -> None:
    centre = make_centre()
    specialist, other = make_specialist(centre), make_specialist(centre)
    request = ask(centre, at=THURSDAY_NINE, specialist=specialist).request
    make_consultation(centre, other, request=request, at=THURSDAY_NINE + timedelta(hours=2))
    assert db.session.scalars(sa.select(Engagement.specialist_id)).all() == [other.id]


def test_a_call_about_offered_times_is_moot_once_the_date_is_set(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    request = make_request(centre, email=None, phone="+79160000017")
    proposal = Proposal([specialist.id], THURSDAY_NINE, 40)
    offers.offer(centre, request, [proposal], "video", NOW, staff_id=None)
    make_consultation(centre, specialist, request=request)
    open_calls = sa.select(CallTask.kind).where(CallTask.moot_at.is_(None))
    assert db.session.scalars(open_calls).all() == ["confirmed"]


def test_one_click_writes_to_no_address_that_was_blocked(app: Flask) -> None:
    centre = make_centre()
    specialist, email = make_specialist(centre), "anna@home.example"
    request = ask(centre, at=THURSDAY_NINE, specialist=specialist, email=email, phone="+79160000017").request
    strangers.forget(make_request(centre, email=email), NOW)
    confirmation.confirm_held(centre, request.id, NOW, staff_id=None)
    task = db.session.scalars(sa.select(CallTask)).one()
    assert (kinds(request) & {"confirmed", "day_before"}, task.kind) == (set(), "confirmed")
    assert request.answered_at is None


def test_one_click_does_not_book_a_specialist_who_has_left(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    request = ask(centre, at=THURSDAY_NINE, specialist=specialist).request
    specialist.active = False
    with pytest.raises(WrongState):
        confirmation.confirm_held(centre, request.id, NOW, staff_id=None)


def test_what_is_told_of_a_request_is_true_at_once_and_after_it_is_read_again(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    request = make_request(centre)
    make_consultation(centre, specialist, request=request)
    told = request.state, request.assigned_specialist_id, request.answered_at, request.days_late
    db.session.refresh(request)
    assert told == ("confirmed", specialist.id, NOW, 0)
    assert told == (request.state, request.assigned_specialist_id, request.answered_at, request.days_late)


def test_a_lapsed_hold_is_not_confirmed_by_one_click(app: Flask) -> None:
    centre = make_centre()
    request = ask(centre, at=THURSDAY_NINE, specialist=make_specialist(centre)).request
    with pytest.raises(WrongState):
        confirmation.confirm_held(centre, request.id, THURSDAY_NINE - timedelta(hours=11), staff_id=None)


def test_the_answer_counts_when_the_letter_is_committed_to_be_sent(app: Flask) -> None:
    consultation = make_consultation(centre := make_centre(), make_specialist(centre))
    request = db.session.get_one(HelpRequest, consultation.help_request_id)
    assert (request.answered_at, request.days_late) == (NOW, 0)


def test_a_late_answer_says_by_how_many_working_days(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    request = make_request(centre)
    later = NOW + timedelta(days=7)  # Tuesday; the last day was Friday
    confirmation.confirm(
        centre, request, Agreed([specialist.id], later + timedelta(days=1), 40, "video"), later, staff_id=None
    )
    assert request.days_late == 2


def test_a_family_with_a_phone_only_is_called_and_counts_as_answered_then(app: Flask) -> None:
    centre = make_centre()
    consultation = make_consultation(
        centre, make_specialist(centre), email=None, phone="+79160000017", means="phone"
    )
    request = db.session.get_one(HelpRequest, consultation.help_request_id)
    task = db.session.scalars(sa.select(CallTask)).one()
    assert (task.kind, request.answered_at) == ("confirmed", None)


def test_everybody_is_told_and_reminded_of_a_date(app: Flask) -> None:
    centre = make_centre()
    request = make_request(centre, entered_by=make_deputy(centre).id)
    make_consultation(centre, make_specialist(centre), request=request)
    assert kinds(request) == {"received", "confirmed", "booked", "day_before", "hour_before"}


def test_an_unconfirmed_address_gets_no_reminder_but_that_of_the_day_before(app: Flask) -> None:
    centre = make_centre()
    request = make_request(centre)
    make_consultation(centre, make_specialist(centre), request=request)
    letters = db.session.scalars(sa.select(Letter).where(Letter.kind.in_(("day_before", "hour_before"))))
    sent = {letter.kind for letter in letters if compose(letter, letter.due_at) is not None}
    assert sent == {"day_before"}


def test_an_address_confirmed_meanwhile_gets_the_reminder_of_the_last_hour(app: Flask) -> None:
    centre = make_centre()
    request = make_request(centre)
    make_consultation(centre, make_specialist(centre), request=request)
    request.email_confirmed_at = NOW
    db.session.flush()
    letter = db.session.scalars(sa.select(Letter).where(Letter.kind == "hour_before")).one()
    assert compose(letter, letter.due_at) is not None


def test_an_online_consultation_gets_a_room_and_one_by_phone_does_not(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    online = make_consultation(centre, specialist)
    by_phone = make_consultation(
        centre, specialist, at=THURSDAY_NINE + timedelta(hours=2), means="phone", phone="+79160000017"
    )
    assert online.room is not None and len(online.room) >= 26
    assert by_phone.room is None


def test_over_the_limit_is_refused_behind_the_form_too(app: Flask) -> None:
    centre = make_centre()
    with pytest.raises(TooLong):
        make_consultation(centre, make_specialist(centre), minutes=45)


def test_a_consultation_by_phone_may_be_longer(app: Flask) -> None:
    centre = make_centre()
    consultation = make_consultation(
        centre, make_specialist(centre), minutes=60, means="phone", phone="+79160000017"
    )
    assert consultation.minutes == 60


def test_a_date_in_the_past_is_refused(app: Flask) -> None:
    centre = make_centre()
    with pytest.raises(InThePast):
        make_consultation(centre, make_specialist(centre), at=NOW - timedelta(minutes=1))


def test_a_taken_time_is_refused_with_what_is_free_that_day(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    make_consultation(centre, specialist)
    with pytest.raises(SlotTaken) as refused:
        make_consultation(centre, specialist, at=THURSDAY_NINE + timedelta(minutes=20))
    assert THURSDAY_NINE + timedelta(minutes=80) in refused.value.facts["free"]


def test_several_specialists_are_all_engaged_or_none(app: Flask) -> None:
    centre = make_centre()
    first, second = make_specialist(centre), make_specialist(centre, name="Пётр Ильич Дёмин")
    make_consultation(centre, second)
    with pytest.raises(SlotTaken):
        make_consultation(centre, first, others=[second])
    assert db.session.scalar(sa.select(sa.func.count()).where(Engagement.specialist_id == first.id)) == 0


def test_a_lapsed_hold_is_deleted_by_whoever_books_over_it(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    ask(centre, at=THURSDAY_NINE, specialist=specialist)
    make_consultation(centre, specialist, now=THURSDAY_NINE - timedelta(hours=1))
    engagement = db.session.scalars(sa.select(Engagement)).one()
    assert engagement.hold_until is None


def test_a_request_is_confirmed_once(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    request = make_request(centre)
    make_consultation(centre, specialist, request=request)
    with pytest.raises(WrongState):
        make_consultation(centre, specialist, request=request, at=THURSDAY_NINE + timedelta(hours=2))


def test_the_agreed_wall_time_and_zone_are_kept(app: Flask) -> None:
    consultation = make_consultation(centre := make_centre(), make_specialist(centre))
    assert (consultation.wall_time, consultation.zone) == ("2026-11-26T09:00", "Asia/Yekaterinburg")


def test_a_call_cannot_be_agreed_without_a_number(app: Flask) -> None:
    centre = make_centre()
    with pytest.raises(PhoneNeeded):
        make_consultation(centre, make_specialist(centre), means="phone")


def test_a_specialist_who_has_left_cannot_be_booked(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre, active=False)
    with pytest.raises(WrongState):
        make_consultation(centre, specialist)
