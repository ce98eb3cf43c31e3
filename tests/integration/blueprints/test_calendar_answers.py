"""What calendars answered, on the pages of those who decide."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from calendars import replies
from tests import mail
from tests.factories import (
    NOW,
    THURSDAY_NINE,
    make_centre,
    make_consultation,
    make_deputy,
    make_event,
    make_specialist,
    make_staff,
    register,
)
from webapp.letters import received
from webapp.models import Consultation, InboxMail, Participation, Staff, db
from webapp.rules.permissions import Role
from webapp.services.consultations import cancelling, moving
from webapp.services.consultations.moving import Move
from webapp.services.help_requests import case
from webapp.services.mail import calendar_answers, received_mail

SignIn = Callable[[Staff], FlaskClient]


class Town:
    """A deputy, a specialist, a family with a date."""

    def __init__(self) -> None:
        self.centre = make_centre()
        self.deputy = make_deputy(self.centre, language="en")
        self.specialist = make_specialist(self.centre)
        self.consultation = make_consultation(self.centre, self.specialist, phone="+79161234567")
        self.request = case.request_of(self.centre, self.consultation.help_request_id or 0)
        db.session.commit()

    def answer(self, **values: Any) -> None:
        """The family's calendar answers, by a mail."""
        part = db.session.scalars(
            sa.select(Participation).where(Participation.consultation_id == self.consultation.id)
        ).one()
        message = mail.answer("outlook", attendee=self.request.email or "", uid=part.uid, **values)
        octets = message.as_bytes().replace(b"\n", b"\r\n")
        received_mail.take(received.read(octets, NOW, server=mail.SERVER), NOW)
        db.session.commit()

    def specialist_answers(self, partstat: str) -> None:
        told = {"uid": self.consultation.uid, "attendee": self.specialist.email, "partstat": partstat}
        calendar_answers.take(replies.read(mail.written(**told)), self.specialist.email, NOW)
        db.session.commit()


@pytest.fixture
def town(app: Flask) -> Town:
    return Town()


def shown(client: FlaskClient, address: str) -> str:
    return unescape(client.get(f"{address}?lang=en").get_data(as_text=True))


def requests_page(client: FlaskClient) -> str:
    return shown(client, "/staff/requests")


def test_a_no_waits_in_the_list_of_requests_until_it_is_settled(town: Town, sign_in: SignIn) -> None:
    town.answer(partstat="DECLINED", comment="Заболели")
    client = sign_in(town.deputy)
    page = requests_page(client)
    assert "Answered from calendars: 1" in page
    assert "Will not come" in page
    assert "Заболели" in page
    mail_id = db.session.scalars(sa.select(InboxMail.id)).one()
    client.post(f"/staff/calendar-answers/{mail_id}/settled")
    assert "Answered from calendars" not in requests_page(client)
    row = db.session.execute(sa.select(InboxMail.handled_at, InboxMail.handled_by)).one()
    assert tuple(row) == (NOW, town.deputy.id)


def test_a_proposed_time_stands_on_the_request_with_what_can_be_done(town: Town, sign_in: SignIn) -> None:
    town.answer(method="COUNTER", partstat="TENTATIVE", start="20261127T150000")
    page = shown(sign_in(town.deputy), f"/staff/requests/{town.request.id}")
    assert "The family answered from its calendar: proposes another time." in page
    assert "Proposed: Friday 27 November, 15:00" in page
    assert f'href="#consultation-{town.consultation.id}"' in page
    assert f'id="consultation-{town.consultation.id}"' in page
    assert f'/consultations/{town.consultation.id}/move"' in page
    assert "The family's calendar: will perhaps come" in page
    assert "proposes another time</b>" in page  # in the history


def test_a_yes_stands_on_the_request_and_asks_for_nothing(town: Town, sign_in: SignIn) -> None:
    town.answer(partstat="ACCEPTED")
    client = sign_in(town.deputy)
    page = shown(client, f"/staff/requests/{town.request.id}")
    assert "The family's calendar: will come" in page
    assert "The family answered from its calendar" not in page
    assert "Answered from calendars" not in requests_page(client)


def test_what_became_of_the_date_ends_the_question(town: Town, sign_in: SignIn) -> None:
    town.answer(partstat="DECLINED")
    cancelling.cancel_by_family(town.request, town.consultation, NOW)
    db.session.commit()
    assert "Answered from calendars" not in requests_page(sign_in(town.deputy))


def test_a_date_that_moved_asks_everybody_anew(town: Town, sign_in: SignIn) -> None:
    town.answer(partstat="DECLINED")
    town.specialist_answers("DECLINED")
    later = Move(town.consultation, THURSDAY_NINE + timedelta(days=1))
    moving.move(town.centre, town.request, [later], NOW, staff_id=town.deputy.id)
    db.session.commit()
    client = sign_in(town.deputy)
    assert "Answered from calendars" not in requests_page(client)
    page = shown(client, f"/staff/requests/{town.request.id}")
    assert "will not come." not in page
    assert "will not come</li>" not in page
    town.answer(partstat="ACCEPTED", sequence=1)
    assert "The family's calendar: will come" in shown(client, f"/staff/requests/{town.request.id}")


def test_a_specialist_who_declines_is_seen_until_accepting(town: Town, sign_in: SignIn) -> None:
    town.specialist_answers("DECLINED")
    client = sign_in(town.deputy)
    assert f"specialist: {town.specialist.name}" in requests_page(client)
    page = shown(client, f"/staff/consultations/{town.consultation.id}")
    assert "The specialist's calendar: declined" in page
    town.specialist_answers("ACCEPTED")
    assert "Answered from calendars" not in requests_page(client)


def test_a_methodist_sees_the_answer_and_settles_nothing(town: Town, sign_in: SignIn) -> None:
    town.answer(partstat="DECLINED")
    page = requests_page(sign_in(make_staff(town.centre, Role.METHODIST)))
    assert "Will not come" in page
    assert "It is settled" not in page


def test_an_answer_of_another_centre_is_not_found(town: Town, sign_in: SignIn) -> None:
    town.answer(partstat="DECLINED")
    mail_id = db.session.scalars(sa.select(InboxMail.id)).one()
    stranger = make_deputy(make_centre())
    assert sign_in(stranger).post(f"/staff/calendar-answers/{mail_id}/settled").status_code == 404


def test_an_address_from_which_letters_come_back_is_marked(town: Town, sign_in: SignIn) -> None:
    town.request.mail_failed_at = NOW
    db.session.commit()
    page = shown(sign_in(town.deputy), f"/staff/requests/{town.request.id}")
    assert "Letters come back" in page


def test_the_list_of_participants_tells_who_comes(town: Town, sign_in: SignIn) -> None:
    event = make_event(town.centre, town.specialist, starts=[THURSDAY_NINE + timedelta(days=1)])
    person = register(event)
    part = db.session.scalars(
        sa.select(Participation).where(Participation.registration_id == person.id)
    ).one()
    calendar_answers.take(
        replies.read(mail.written(uid=part.uid, attendee=person.email or "")), person.email or "", NOW
    )
    db.session.commit()
    page = sign_in(town.deputy).get(f"/staff/events/{event.id}?lang=en").get_data(as_text=True)
    assert ">Will come</span>" in page


def test_a_consultation_of_another_family_shows_nothing_of_it(town: Town, sign_in: SignIn) -> None:
    town.answer(partstat="DECLINED")
    later = THURSDAY_NINE + timedelta(days=1)
    other: Consultation = make_consultation(town.centre, town.specialist, at=later)
    db.session.commit()
    page = sign_in(town.deputy).get(f"/staff/requests/{other.help_request_id}?lang=en")
    assert "The family answered from its calendar" not in page.get_data(as_text=True)
