"""A specialist is away: one page lists what it touches; each session is given away, moved or cancelled."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories import (
    NOW,
    THURSDAY_NINE,
    make_centre,
    make_consultation,
    make_deputy,
    make_event,
    make_request,
    make_specialist,
)
from webapp.models import (
    Absence,
    CallTask,
    Centre,
    Consultation,
    ConsultationSpecialist,
    Engagement,
    HelpRequest,
    Letter,
    Staff,
    db,
)
from webapp.services.events import group_events

SignIn = Callable[[Staff], FlaskClient]
WEEK = {"absent_from": "2026-11-25", "absent_until": "2026-11-30", "reason": "Больничный лист"}


class Scene:
    def __init__(self) -> None:
        self.centre: Centre = make_centre()
        self.deputy: Staff = make_deputy(self.centre)
        self.away: Staff = make_specialist(self.centre, name="Анна Игоревна Соколова")
        self.colleague: Staff = make_specialist(self.centre, name="Марина Петровна Белова")
        self.consultation: Consultation = make_consultation(self.centre, self.away)
        db.session.commit()

    @property
    def request(self) -> HelpRequest:
        return db.session.get_one(HelpRequest, self.consultation.help_request_id)

    def mark(self, client: FlaskClient, **values: Any) -> str:
        """The address of the new absence's page."""
        answer = client.post("/staff/absences", data={"specialist": self.away.id, **WEEK, **values})
        assert answer.status_code == 302, answer.get_data(as_text=True)
        return str(answer.location)

    def hand_over(self, client: FlaskClient, page: str, to: Staff) -> TestResponse:
        return client.post(
            f"{page}/sessions/{self.consultation.id}/hand-over?lang=en", data={"specialist": to.id}
        )

    def host(self) -> int | None:
        return db.session.scalar(
            sa.select(ConsultationSpecialist.specialist_id).where(
                ConsultationSpecialist.consultation_id == self.consultation.id
            )
        )


@pytest.fixture
def scene(app: Flask) -> Scene:
    return Scene()


@pytest.fixture
def deputy(scene: Scene, sign_in: SignIn) -> FlaskClient:
    return sign_in(scene.deputy)


def shown(client: FlaskClient, page: str) -> str:
    answer = client.get(page, query_string={"lang": "en"})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def letters(kind: str) -> list[Letter]:
    return list(db.session.scalars(sa.select(Letter).where(Letter.kind == kind)))


def test_the_deputy_marks_somebody_absent_and_sees_what_it_touches(scene: Scene, deputy: FlaskClient) -> None:
    event = make_event(scene.centre, scene.away, at=THURSDAY_NINE + timedelta(hours=2))
    db.session.commit()
    page = shown(deputy, scene.mark(deputy))
    assert "Still to be settled: 2" in page
    assert f"Request {scene.request.number}" in page
    assert f"/staff/events/{event.id}" in page
    assert db.session.scalar(sa.select(Absence.added_by)) == scene.deputy.id


def test_an_absence_that_ends_before_it_begins_is_told_beside_the_field(
    scene: Scene, deputy: FlaskClient
) -> None:
    sent = {"specialist": scene.away.id, **WEEK, "absent_until": "2026-11-20"}
    answer = deputy.post("/staff/absences?lang=en", data=sent)
    words = answer.get_data(as_text=True)
    assert "The end must lie after the start." in words
    assert "Больничный лист" in words
    assert db.session.scalar(sa.select(Absence.id)) is None


def test_a_colleague_who_is_free_takes_it_over(scene: Scene, deputy: FlaskClient) -> None:
    room, uid = scene.consultation.room, scene.consultation.uid
    assert scene.hand_over(deputy, scene.mark(deputy), scene.colleague).status_code == 302
    db.session.expire_all()
    assert scene.host() == scene.colleague.id
    assert (scene.consultation.room, scene.consultation.uid) == (room, uid)
    assert scene.consultation.calendar_sequence == 1
    assert db.session.scalars(sa.select(Engagement.specialist_id)).all() == [scene.colleague.id]
    assert scene.request.assigned_specialist_id == scene.colleague.id
    told = {(letter.kind, letter.staff_id) for letter in db.session.scalars(sa.select(Letter))}
    assert {
        ("consultation_changed", None),
        ("booked", scene.colleague.id),
        ("booking_cancelled", scene.away.id),
    } <= told


def test_nobody_outside_learns_the_reason(scene: Scene, deputy: FlaskClient) -> None:
    scene.hand_over(deputy, scene.mark(deputy), scene.colleague)
    assert "Больничный" not in str([letter.facts for letter in db.session.scalars(sa.select(Letter))])


def test_reminders_name_who_holds_it_now(scene: Scene, deputy: FlaskClient) -> None:
    scene.hand_over(deputy, scene.mark(deputy), scene.colleague)
    pending = [letter for letter in letters("hour_before") if letter.state == "pending"]
    assert [letter.facts["specialists"] for letter in pending] == [[scene.colleague.name]]


def test_a_family_without_e_mail_is_called(scene: Scene, deputy: FlaskClient) -> None:
    scene.request.email, scene.request.phone = None, "+79160000000"
    db.session.commit()
    page = scene.mark(deputy)
    assert "the family is called" in shown(deputy, page)
    scene.hand_over(deputy, page, scene.colleague)
    kinds = db.session.scalars(sa.select(CallTask.kind).where(CallTask.moot_at.is_(None)))
    assert "consultation_changed" in set(kinds)


def test_a_colleague_who_is_taken_is_neither_offered_nor_accepted(scene: Scene, deputy: FlaskClient) -> None:
    make_consultation(scene.centre, scene.colleague, request=make_request(scene.centre))
    db.session.commit()
    page = scene.mark(deputy)
    assert "No colleague is free then." in shown(deputy, page)
    refused = scene.hand_over(deputy, page, scene.colleague)
    assert refused.status_code == 422
    assert "This colleague is not free then." in refused.get_data(as_text=True)
    assert scene.host() == scene.away.id


def test_what_is_cancelled_there_leaves_the_list(scene: Scene, deputy: FlaskClient) -> None:
    page = scene.mark(deputy)
    assert deputy.post(f"{page}/sessions/{scene.consultation.id}/cancel").status_code == 302
    assert "Everything is settled." in shown(deputy, page)
    assert len(letters("cancelled_by_centre")) == 1


def test_a_consultation_can_be_moved_from_there(scene: Scene, deputy: FlaskClient) -> None:
    page = shown(deputy, scene.mark(deputy))
    address = f"/staff/requests/{scene.request.id}/consultations/{scene.consultation.id}/move"
    assert f'href="{address}"' in page
    assert deputy.get(address).status_code == 200


def test_what_is_left_in_the_evening_is_red(scene: Scene, deputy: FlaskClient, clock: Any) -> None:
    today = NOW.astimezone(scene.centre.zone_info).date()
    page = scene.mark(deputy, absent_from=today.isoformat())
    assert "Settle now" not in shown(deputy, page)
    clock.move_to(NOW + timedelta(hours=7))  # 18:00 there
    assert "Settle now" in shown(deputy, page)


@pytest.mark.parametrize("address", ["/staff/requests", "/staff/absences"])
def test_the_deputy_is_shown_what_an_absence_leaves_without_looking_for_it(
    scene: Scene, deputy: FlaskClient, clock: Any, address: str
) -> None:
    page = scene.mark(deputy, absent_from=NOW.astimezone(scene.centre.zone_info).date().isoformat())
    assert f'href="{page}"' in shown(deputy, address)
    assert "Still to be settled: 1" in shown(deputy, address)
    assert "Settle now" not in shown(deputy, address)
    clock.move_to(NOW + timedelta(hours=7))  # 18:00 there
    assert "Settle now" in shown(deputy, address)
    deputy.post(f"{page}/sessions/{scene.consultation.id}/cancel")
    assert "Still to be settled" not in shown(deputy, address)


def test_a_specialist_sees_the_own_absence_and_decides_nothing(
    scene: Scene, deputy: FlaskClient, sign_in: SignIn
) -> None:
    page = scene.mark(deputy)
    own = sign_in(scene.away)
    assert "Still to be settled: 1" in shown(own, page)
    assert scene.hand_over(own, page, scene.colleague).status_code == 403
    assert sign_in(scene.colleague).get(page).status_code == 404
    assert sign_in(make_deputy(make_centre())).get(page).status_code == 404


def test_a_group_meeting_is_settled_on_its_own_page(scene: Scene, deputy: FlaskClient) -> None:
    event = make_event(scene.centre, scene.away, at=THURSDAY_NINE + timedelta(hours=2))
    db.session.commit()
    page, meeting = scene.mark(deputy), group_events.meetings(event)[0]
    address = f"{page}/sessions/{meeting.id}/cancel"
    assert deputy.post(address).status_code == 404
