from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import NOW, THURSDAY_NINE, ask, make_centre, make_deputy, make_request, make_specialist
from webapp.models import CallTask, Centre, Engagement, HelpRequest, Letter, Offer, Staff, db
from webapp.rules.errors import NothingChosen, SlotTaken, TooLong, TooManyTimes, WrongState
from webapp.services.consultations import offers
from webapp.services.consultations.offers import Proposal
from webapp.services.help_requests import answers
from webapp.services.times import hours

FRIDAY_NINE = THURSDAY_NINE + timedelta(days=1)
MONDAY_NINE = THURSDAY_NINE + timedelta(days=4)


def offer_three(centre: Centre, specialist: Staff, request: HelpRequest) -> Offer:
    proposals = [Proposal([specialist.id], at, 40) for at in (THURSDAY_NINE, FRIDAY_NINE, MONDAY_NINE)]
    return offers.offer(centre, request, proposals, "video", NOW, staff_id=None)


def engaged() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Engagement)) or 0


def test_three_times_are_held_for_the_family(app: Flask) -> None:
    centre = make_centre()
    request = make_request(centre)
    offer_three(centre, make_specialist(centre), request)
    assert (engaged(), request.state) == (3, "offered")


def test_an_offer_counts_as_the_answer(app: Flask) -> None:
    centre = make_centre()
    request = make_request(centre)
    offer_three(centre, make_specialist(centre), request)
    assert request.answered_at == NOW


def test_a_fourth_time_is_refused(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    times = [THURSDAY_NINE + timedelta(minutes=40 * number) for number in range(4)]
    with pytest.raises(TooManyTimes):
        offers.offer(
            centre,
            make_request(centre),
            [Proposal([specialist.id], at, 40) for at in times],
            "video",
            NOW,
            staff_id=None,
        )


def test_an_empty_offer_is_refused(app: Flask) -> None:
    centre = make_centre()
    with pytest.raises(NothingChosen):
        offers.offer(centre, make_request(centre), [], "video", NOW, staff_id=None)


def test_an_offer_over_the_limit_is_refused(app: Flask) -> None:
    centre = make_centre()
    proposal = Proposal([make_specialist(centre).id], THURSDAY_NINE, 45)
    with pytest.raises(TooLong):
        offers.offer(centre, make_request(centre), [proposal], "video", NOW, staff_id=None)


def test_a_taken_time_cannot_be_offered(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    ask(centre, at=THURSDAY_NINE, specialist=specialist)
    with pytest.raises(SlotTaken):
        offer_three(centre, specialist, make_request(centre))


def test_accepting_one_releases_the_others_at_once(app: Flask) -> None:
    centre = make_centre()
    request = make_request(centre)
    row = offer_three(centre, make_specialist(centre), request)
    chosen = offers.offered_times(row)[1]
    consultation = offers.accept(centre, request, chosen.id, NOW)
    assert (consultation.starts_at, request.state, engaged()) == (FRIDAY_NINE, "confirmed", 1)


def test_the_time_of_another_family_cannot_be_accepted(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    foreign = offers.offered_times(offer_three(centre, specialist, make_request(centre)))[0]
    request = make_request(centre)
    other_time = Proposal([specialist.id], THURSDAY_NINE + timedelta(hours=4), 40)
    offers.offer(centre, request, [other_time], "video", NOW, staff_id=None)
    with pytest.raises(NothingChosen):
        offers.accept(centre, request, foreign.id, NOW)


def test_an_offer_is_held_two_working_days_at_most(app: Flask) -> None:
    centre = make_centre()
    assert offers.answer_limit(centre, NOW) == datetime(2026, 11, 26, 13, 0, tzinfo=UTC)  # Thursday, 18:00
    friday = NOW + timedelta(days=3)
    assert offers.answer_limit(centre, friday) == datetime(2026, 12, 1, 13, 0, tzinfo=UTC)


def test_a_lapsed_offer_returns_to_the_list_as_family_silent_with_its_old_deadline(app: Flask) -> None:
    centre = make_centre()
    request = make_request(centre)
    due_at = request.due_at
    row = offer_three(centre, make_specialist(centre), request)
    assert offers.lapse_due(row.until) == 1
    assert (request.state, request.family_silent, request.due_at, engaged()) == ("assigned", True, due_at, 0)


def mark_away(specialist: Staff, first: datetime, last: datetime) -> None:
    hours.add_absence(specialist, first, last + timedelta(hours=1), "", NOW, by=specialist)


def test_what_was_offered_of_somebody_who_is_away_cannot_be_chosen(app: Flask) -> None:
    centre = make_centre()
    specialist, request = make_specialist(centre), make_request(centre)
    offer = offer_three(centre, specialist, request)
    mark_away(specialist, THURSDAY_NINE, FRIDAY_NINE)
    assert [time.starts_at for time in offers.offered_times(offer)] == [MONDAY_NINE]
    assert (engaged(), request.state) == (1, "offered")


def test_an_offer_of_which_an_absence_leaves_nothing_returns_to_the_list(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    request = make_request(centre, email=None, phone="+79160000017")
    offer_three(centre, specialist, request)
    mark_away(specialist, THURSDAY_NINE, MONDAY_NINE)
    open_calls = db.session.scalars(sa.select(CallTask).where(CallTask.moot_at.is_(None))).all()
    assert (request.state, request.family_silent, open_calls) == ("assigned", False, [])


def test_the_held_wish_of_somebody_who_is_away_is_held_no_longer(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    ask(centre, at=THURSDAY_NINE, specialist=specialist)
    mark_away(specialist, THURSDAY_NINE, THURSDAY_NINE)
    assert engaged() == 0


def test_an_accepted_offer_does_not_lapse(app: Flask) -> None:
    centre = make_centre()
    request = make_request(centre)
    row = offer_three(centre, make_specialist(centre), request)
    offers.accept(centre, request, offers.offered_times(row)[0].id, NOW)
    assert offers.lapse_due(row.until + timedelta(days=1)) == 0
    assert request.state == "confirmed"


def test_a_lapsed_offer_cannot_be_accepted(app: Flask) -> None:
    centre = make_centre()
    request = make_request(centre)
    row = offer_three(centre, make_specialist(centre), request)
    with pytest.raises(WrongState):
        offers.accept(centre, request, offers.offered_times(row)[0].id, row.until)


def test_the_family_may_ask_for_other_times(app: Flask) -> None:
    centre = make_centre()
    request = make_request(centre)
    offer_three(centre, make_specialist(centre), request)
    offers.refuse(request, NOW, words="после 18:00")
    assert (request.state, engaged()) == ("assigned", 0)


def test_who_answers_for_the_centre_hears_that_no_time_suits(app: Flask) -> None:
    centre = make_centre()
    deputy = make_deputy(centre)
    request = make_request(centre)
    offer_three(centre, make_specialist(centre), request)
    offers.refuse(request, NOW, words="после 18:00")
    assert told_of_refusals() == [(deputy.id, {"number": request.number, "told_what_suits": True})]


def test_who_heard_on_the_phone_that_no_time_suits_gets_no_letter(app: Flask) -> None:
    centre = make_centre()
    deputy = make_deputy(centre)
    request = make_request(centre)
    offer_three(centre, make_specialist(centre), request)
    offers.refuse(request, NOW, staff_id=deputy.id)
    assert told_of_refusals() == []


def test_a_second_offer_that_does_not_suit_is_told_again(app: Flask) -> None:
    centre = make_centre()
    make_deputy(centre)
    specialist, request = make_specialist(centre), make_request(centre)
    for now in (NOW, NOW + timedelta(hours=1)):
        offer_three(centre, specialist, request)
        offers.refuse(request, now)
    assert len(told_of_refusals()) == 2


def told_of_refusals() -> list[tuple[int | None, dict[str, Any]]]:
    letters = db.session.scalars(sa.select(Letter).where(Letter.kind == "times_refused"))
    return [(letter.staff_id, letter.facts) for letter in letters]


def test_a_declined_request_is_not_returned_by_its_old_offer(app: Flask) -> None:
    centre = make_centre()
    request = make_request(centre)
    row = offer_three(centre, specialist := make_specialist(centre), request)
    answers.decline(request, "Нет специалиста", "", NOW, staff_id=specialist.id)
    offers.lapse_due(row.until + timedelta(days=1))
    assert request.state == "declined"


def test_a_second_offer_replaces_the_first(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    request = make_request(centre)
    offer_three(centre, specialist, request)
    offer_three(centre, specialist, request)
    assert engaged() == 3
    assert db.session.scalar(sa.select(sa.func.count()).where(Letter.kind == "times_offered")) == 2
