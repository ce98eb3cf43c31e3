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
from webapp.models import AuditRecord, Engagement, HelpRequest, Letter, db
from webapp.rules.errors import WrongState
from webapp.rules.help_requests import DATA_DESTROYED_AFTER
from webapp.services.centre import retention
from webapp.services.consultations import cancelling, journal, write_up
from webapp.services.consultations.write_up import WriteUp
from webapp.services.help_requests import answers
from webapp.services.pages import personal_links


def test_a_family_cancels_and_the_time_is_free_at_once(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    request = make_request(centre)
    consultation = make_consultation(centre, specialist, request=request)
    cancelling.cancel_by_family(request, consultation, NOW)
    assert (consultation.state, request.state, consultation.calendar_sequence) == ("cancelled", "closed", 1)
    make_consultation(centre, specialist)


def test_calendars_of_both_sides_get_a_cancellation(app: Flask) -> None:
    centre = make_centre()
    request = make_request(centre)
    consultation = make_consultation(centre, make_specialist(centre), request=request)
    cancelling.cancel_by_centre(request, consultation, NOW, staff_id=make_deputy(centre).id)
    told = set(db.session.scalars(sa.select(Letter.kind).where(Letter.help_request_id == request.id)))
    assert {"cancelled_by_centre", "booking_cancelled"} <= told


def test_reminders_of_a_cancelled_date_wait_no_longer(app: Flask) -> None:
    centre = make_centre()
    request = make_request(centre)
    consultation = make_consultation(centre, make_specialist(centre), request=request)
    cancelling.cancel_by_family(request, consultation, NOW)
    reminders = sa.select(Letter.state).where(Letter.kind.in_(("day_before", "hour_before")))
    assert set(db.session.scalars(reminders)) == {"dropped"}


def test_a_consultation_is_cancelled_once(app: Flask) -> None:
    centre = make_centre()
    request = make_request(centre)
    consultation = make_consultation(centre, make_specialist(centre), request=request)
    cancelling.cancel_by_family(request, consultation, NOW)
    with pytest.raises(WrongState):
        cancelling.cancel_by_family(request, consultation, NOW)


def test_asking_for_another_time_begins_a_new_deadline(app: Flask) -> None:
    centre = make_centre()
    request = make_request(centre)
    consultation = make_consultation(centre, make_specialist(centre), request=request)
    cancelling.cancel_by_centre(request, consultation, NOW, staff_id=make_deputy(centre).id)
    answers.reopen(request, THURSDAY_NINE, words="в любой вечер")
    assert (request.state, request.answered_at) == ("assigned", None)
    assert request.due_at > THURSDAY_NINE


def test_a_withdrawn_request_holds_nothing(app: Flask) -> None:
    centre = make_centre()
    request = ask(centre, at=THURSDAY_NINE, specialist=make_specialist(centre)).request
    cancelling.withdraw_request(request, NOW)
    assert request.state == "withdrawn"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Engagement)) == 0


def test_withdrawing_consent_takes_future_dates_off_and_kills_the_links(app: Flask) -> None:
    centre = make_centre()
    receipt = ask(centre)
    request = receipt.request
    consultation = make_consultation(centre, make_specialist(centre), request=request)
    cancelling.withdraw_consent(request, NOW)
    assert consultation.state == "cancelled"
    assert request.blocked_at == NOW
    assert personal_links.find(receipt.page_token, (personal_links.PAGE,), NOW) is None


def test_withdrawing_consent_writes_one_letter_to_the_family(app: Flask) -> None:
    centre = make_centre()
    request = make_request(centre)
    make_consultation(centre, make_specialist(centre), request=request)
    cancelling.withdraw_consent(request, NOW)
    to_family = Letter.help_request_id == request.id, Letter.staff_id.is_(None)
    told = set(db.session.scalars(sa.select(Letter.kind).where(*to_family)))
    assert "consent_withdrawn" in told and "cancelled_by_family" not in told


def test_withdrawing_consent_leaves_what_is_over_to_be_written_up(app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    request = make_request(centre)
    consultation = make_consultation(centre, specialist, request=request)
    after = consultation.ends_at + timedelta(minutes=5)
    cancelling.withdraw_consent(request, after)
    assert (consultation.state, request.state) == ("planned", "withdrawn")
    began, finished = consultation.starts_at, consultation.ends_at
    what = WriteUp(True, began, finished, "video", topic="", recommendation="", inner_note="")
    write_up.write_up(centre, request, consultation, what, after, staff_id=specialist.id)
    [line] = journal.lines(centre, began.date(), began.date())
    assert (line.minutes, line.parent, line.child) == (40, "", "")


def test_withdrawing_consent_works_after_the_request_was_closed(app: Flask) -> None:
    centre = make_centre()
    request = make_request(centre)
    consultation = make_consultation(centre, make_specialist(centre), request=request)
    cancelling.cancel_by_family(request, consultation, NOW)
    cancelling.withdraw_consent(request, NOW)
    assert request.blocked_at == NOW


def test_data_are_destroyed_within_thirty_days_with_a_record(app: Flask) -> None:
    request = make_request(make_centre(), phone="+79160000017")
    cancelling.withdraw_consent(request, NOW)
    assert retention.destroy_due(NOW + DATA_DESTROYED_AFTER) == 1
    db.session.expire_all()
    kept = db.session.get_one(HelpRequest, request.id)
    assert (kept.parent_name, kept.child, kept.words, kept.email, kept.phone) == ("", "", "", None, None)
    done = db.session.scalar(
        sa.select(sa.func.count()).where(
            AuditRecord.action == "data.destroy", AuditRecord.help_request_id == request.id
        )
    )
    assert done == 1


def test_nothing_is_destroyed_before_its_time(app: Flask) -> None:
    request = make_request(make_centre())
    cancelling.withdraw_consent(request, NOW)
    assert retention.destroy_due(NOW) == 0


def test_data_are_destroyed_once(app: Flask) -> None:
    request = make_request(make_centre())
    cancelling.withdraw_consent(request, NOW)
    retention.destroy_due(NOW + DATA_DESTROYED_AFTER)
    assert retention.destroy_due(NOW + DATA_DESTROYED_AFTER) == 0
