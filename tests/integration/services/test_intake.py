from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from calendars.workdays import last_day
from tests.factories import (
    NOW,
    THURSDAY_NINE,
    ask,
    make_centre,
    make_deputy,
    make_specialist,
    make_staff,
    make_topic,
)
from webapp.models import Engagement, HelpRequest, Letter, db
from webapp.rules.errors import (
    AddressBlocked,
    ConsentMissing,
    ContactMissing,
    InTheFuture,
    MeansNotAllowed,
    NotFree,
    NothingChosen,
    PhoneNeeded,
    TooManyOpenRequests,
)
from webapp.rules.permissions import Role
from webapp.services.help_requests import intake
from webapp.services.mail import strangers


def letters_to(email: str | None) -> list[str]:
    return list(
        db.session.scalars(sa.select(Letter.kind).where(Letter.recipient == email).order_by(Letter.id))
    )


def test_a_request_gets_the_next_number_of_its_centre_and_year(app: Flask) -> None:
    centre, other = make_centre(), make_centre()
    assert [ask(centre).request.number, ask(other).request.number, ask(centre).request.number] == [
        "2026-1",
        "2026-1",
        "2026-2",
    ]


def test_numbers_begin_anew_in_a_new_year(app: Flask) -> None:
    centre = make_centre()
    ask(centre)
    new_year = datetime(2026, 12, 31, 19, 30, tzinfo=UTC)  # already 1 January in Yekaterinburg
    assert ask(centre, now=new_year).request.number == "2027-1"


def test_the_answer_is_due_on_the_third_working_day_after_receipt(app: Flask) -> None:
    centre = make_centre()
    request = ask(centre).request
    assert last_day(request.due_at, centre.zone_info) == date(2026, 11, 27)


def test_the_first_wished_time_is_held_until_the_answer_is_due_at_most(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    receipt = ask(centre, at=THURSDAY_NINE, specialist=specialist)
    hold = db.session.scalars(sa.select(Engagement)).one()
    assert receipt.held
    assert hold.starts_at == THURSDAY_NINE
    assert hold.hold_until == THURSDAY_NINE - timedelta(hours=centre.notice_hours)


def test_a_held_time_is_not_free_for_another_family(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    ask(centre, at=THURSDAY_NINE, specialist=specialist)
    with pytest.raises(NotFree) as refused:
        ask(centre, at=THURSDAY_NINE, specialist=specialist)
    assert THURSDAY_NINE + timedelta(minutes=40) in refused.value.facts["free"]


def test_the_third_hold_of_a_family_stays_a_wish(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    held = [
        ask(
            centre,
            at=THURSDAY_NINE + timedelta(minutes=40 * number),
            specialist=specialist,
            email="one@home.example",
        ).held
        for number in range(3)
    ]
    assert held == [True, True, False]


def test_one_source_cannot_hold_a_timetable(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    friday = THURSDAY_NINE + timedelta(days=1)
    slots = [day + timedelta(minutes=40 * number) for day in (THURSDAY_NINE, friday) for number in range(13)]
    held = [ask(centre, at=slot, specialist=specialist, source_hash="one phone").held for slot in slots]
    assert sum(held) == 20


def test_the_family_gets_an_acknowledgement_in_the_same_transaction(app: Flask) -> None:
    request = ask(make_centre()).request
    assert letters_to(request.email) == ["received"]


def test_an_urgent_request_alerts_the_deputy_and_the_specialist(app: Flask) -> None:
    centre = make_centre()
    deputy, specialist = make_deputy(centre), make_specialist(centre)
    topic = make_topic(centre, specialist)
    ask(centre, urgent=True, topic_id=topic.id)
    assert letters_to(deputy.email) == letters_to(specialist.email) == ["urgent_request"]


def test_what_is_not_urgent_alerts_nobody(app: Flask) -> None:
    centre = make_centre()
    deputy = make_deputy(centre)
    ask(centre)
    assert letters_to(deputy.email) == []


def test_a_family_without_email_and_phone_is_asked_for_one(app: Flask) -> None:
    with pytest.raises(ContactMissing):
        ask(make_centre(), email=None)


def test_a_consultation_by_phone_needs_a_number(app: Flask) -> None:
    with pytest.raises(PhoneNeeded):
        ask(make_centre(), means="phone")


def test_no_request_without_consent(app: Flask) -> None:
    with pytest.raises(ConsentMissing):
        ask(make_centre(), consent=False)


def test_a_request_keeps_which_text_was_agreed_to_and_when(app: Flask) -> None:
    request = ask(make_centre()).request
    assert request.consent_text_id is not None
    assert request.consented_at == NOW


def test_refusing_the_mailing_blocks_nothing(app: Flask) -> None:
    assert ask(make_centre(), mailing=False).request.mailing_wished is False


def test_a_means_of_another_centre_is_refused(app: Flask) -> None:
    with pytest.raises(MeansNotAllowed):
        ask(make_centre(means=["voice"]), means="video")


def test_the_topic_of_another_centre_is_nothing_here(app: Flask) -> None:
    foreign = make_topic(make_centre())
    with pytest.raises(NothingChosen):
        ask(make_centre(), topic_id=foreign.id)


def test_the_specialist_of_another_centre_is_nobody_here(app: Flask) -> None:
    foreign = make_specialist(make_centre())
    with pytest.raises(NothingChosen):
        ask(make_centre(), specialist=foreign)


def test_a_family_has_at_most_three_open_requests(app: Flask) -> None:
    centre = make_centre()
    for _ in range(3):
        ask(centre, email="one@home.example")
    with pytest.raises(TooManyOpenRequests):
        ask(centre, email="one@home.example")


def test_the_registrar_enters_when_the_request_arrived(app: Flask) -> None:
    centre = make_centre()
    registrar = make_staff(centre, Role.REGISTRAR)
    friday_evening = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    request = ask(
        centre, entered_by=registrar.id, received_at=friday_evening, channel="phone", phone="+79160000017"
    ).request
    assert last_day(request.due_at, centre.zone_info) == date(2026, 11, 25)


def test_a_receipt_in_the_future_is_refused_and_nothing_is_written(app: Flask) -> None:
    centre = make_centre()
    registrar = make_staff(centre, Role.REGISTRAR)
    with pytest.raises(InTheFuture):
        ask(centre, entered_by=registrar.id, received_at=NOW + timedelta(minutes=1))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(HelpRequest)) == 0


def test_an_address_entered_by_the_office_is_confirmed_by_the_office(app: Flask) -> None:
    centre = make_centre()
    registrar = make_staff(centre, Role.REGISTRAR)
    assert ask(centre, entered_by=registrar.id).request.email_confirmed_at == NOW
    assert ask(centre).request.email_confirmed_at is None


def test_whoever_said_this_was_not_me_is_left_in_peace(app: Flask) -> None:
    centre = make_centre()
    request = ask(centre, email="stranger@home.example").request
    strangers.forget(request, NOW)
    assert request.email is None
    with pytest.raises(AddressBlocked):
        ask(centre, email="stranger@home.example")


def test_an_address_that_the_office_enters_gets_letters_again(app: Flask) -> None:
    centre = make_centre()
    registrar = make_staff(centre, Role.REGISTRAR)
    strangers.forget(ask(centre, email="owner@home.example").request, NOW)
    ask(centre, email="owner@home.example", entered_by=registrar.id)
    assert "received" in letters_to("owner@home.example")


def test_only_a_specialist_of_the_topic_is_confirmed_at_once(app: Flask) -> None:
    centre = make_centre()
    able, other = make_specialist(centre), make_specialist(centre)
    topic = make_topic(centre, able, confirmed_at_once=True)
    first = ask(centre, at=THURSDAY_NINE, specialist=able, topic_id=topic.id)
    second = ask(centre, at=THURSDAY_NINE, specialist=other, topic_id=topic.id)
    assert intake.may_confirm_at_once(first.request, first.held)
    assert not intake.may_confirm_at_once(second.request, second.held)
