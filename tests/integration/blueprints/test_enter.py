"""Requests that came by phone, letter, in person or through a colleague."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import (
    NOW,
    THURSDAY_NINE,
    make_centre,
    make_request,
    make_specialist,
    make_staff,
    make_topic,
)
from webapp.models import AuditRecord, Centre, Engagement, HelpRequest, Letter, Staff, db
from webapp.rules.permissions import Role
from webapp.services.pages import personal_links

Signed = Callable[[Staff], FlaskClient]


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def registrar(centre: Centre) -> Staff:
    return make_staff(centre, Role.REGISTRAR)


def told(**values: Any) -> dict[str, Any]:
    return {
        "channel": "phone",
        "received_day": "2026-11-23",
        "received_hour": "17:40",
        "words": "Сын дерётся на переменах",
        "specialist": "any",
        "first": "any",
        "second": "any",
        "third": "any",
        "means": "phone",
        "kind": "one_off",
        "parent_name": "Руслан Тимурович Галиев",
        "phone": "8 900 000-00-17",
        "language": "ru",
        "zone": "Asia/Yekaterinburg",
        "consent": "spoken",
        **values,
    }


def entered() -> HelpRequest | None:
    return db.session.scalars(sa.select(HelpRequest).order_by(HelpRequest.id.desc())).first()


def test_the_deadline_counts_from_the_receipt_not_from_the_typing(sign_in: Signed, registrar: Staff) -> None:
    sign_in(registrar).post("/staff/enter", data=told())
    request = entered()
    assert request.received_at == datetime(2026, 11, 23, 12, 40, tzinfo=UTC)
    assert request.due_at == datetime(2026, 11, 26, 19, 0, tzinfo=UTC)  # 24:00 of Thursday in Yekaterinburg
    assert (request.entered_at, request.entered_by) == (NOW, registrar.id)
    assert (request.channel, request.phone) == ("phone", "+79000000017")


def test_the_slip_names_number_last_day_and_a_link_that_opens(
    sign_in: Signed, registrar: Staff, client: FlaskClient
) -> None:
    signed = sign_in(registrar)
    page = signed.get(signed.post("/staff/enter", data=told()).location + "?lang=en").get_data(as_text=True)
    token = personal_links.token_of(personal_links.PAGE, help_request_id=entered().id)
    assert "2026-1" in page and "Thursday 26 November" in page
    assert f"http://kenes.example/f/{token}" in page
    assert client.get(f"/f/{token}").status_code == 200


def test_how_the_family_agreed_is_kept(sign_in: Signed, registrar: Staff) -> None:
    sign_in(registrar).post("/staff/enter", data=told(consent="paper"))
    kept = db.session.scalars(sa.select(AuditRecord).where(AuditRecord.action == "consent.note")).one()
    assert kept.details == {"how": "paper"}
    assert entered().consent_text_id is not None


def test_without_e_mail_no_letter_is_written_to_the_family(sign_in: Signed, registrar: Staff) -> None:
    sign_in(registrar).post("/staff/enter", data=told())
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Letter)) == 0


def test_a_slip_that_is_entered_after_the_last_day_promises_no_day(sign_in: Signed, registrar: Staff) -> None:
    client = sign_in(registrar)
    client.post("/staff/enter", data=told(received_day="2026-11-10"))
    slip = client.get(f"/staff/enter/{entered().id}/slip?lang=en").get_data(as_text=True)
    assert "The answer was due by:" in slip and "We answer by:" not in slip


def test_the_wished_time_is_held(sign_in: Signed, centre: Centre, registrar: Staff) -> None:
    specialist = make_specialist(centre)
    first = f"{specialist.id}|{THURSDAY_NINE.isoformat()}"
    sign_in(registrar).post("/staff/enter", data=told(first=first))
    hold = db.session.scalars(sa.select(Engagement)).one()
    assert (hold.specialist_id, hold.starts_at) == (specialist.id, THURSDAY_NINE)


def test_a_time_that_is_gone_is_refused_beside_its_field(
    sign_in: Signed, centre: Centre, registrar: Staff
) -> None:
    specialist = make_specialist(centre)
    client = sign_in(registrar)
    first = f"{specialist.id}|{THURSDAY_NINE.isoformat()}"
    client.post("/staff/enter", data=told(first=first))
    answer = client.post("/staff/enter", data=told(first=first, phone="+7 900 000-00-18"))
    assert answer.status_code == 422
    assert 'id="first-error"' in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("received_hour", "25:00"),
        ("received_hour", "утром"),
        ("received_day", "вчера"),
        ("received_day", "2026-11-25"),
        ("received_day", "2019-11-23"),
        ("phone", ""),
        ("phone", "12"),
        ("email", "no-at"),
        ("consent", ""),
        ("means", "messenger"),
        ("zone", "Mars/Base"),
        ("child_age", "сорок"),
        ("first", "1|not-a-time"),
        ("channel", "site"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(
    sign_in: Signed, registrar: Staff, field: str, value: str
) -> None:
    answer = sign_in(registrar).post("/staff/enter", data=told(**{field: value}))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and entered() is None
    beside = {"phone": "email"}.get(field, field) if value == "" and field == "phone" else field
    assert f'id="{beside}-error"' in page
    assert "Руслан Тимурович Галиев" in page and "Сын дерётся на переменах" in page


def test_everything_that_is_missing_is_said_at_once(sign_in: Signed, registrar: Staff) -> None:
    data = told(words="", phone="", consent="")
    page = sign_in(registrar).post("/staff/enter", data=data).get_data(as_text=True)
    for field in ("topic", "email", "consent"):
        assert f'id="{field}-error"' in page


def test_help_at_once_is_the_answer(sign_in: Signed, registrar: Staff) -> None:
    sign_in(registrar).post(
        "/staff/enter", data=told(helped="y", minutes="12", outcome="Рассказала о пособиях")
    )
    request = entered()
    assert (request.state, request.answered_at) == ("closed", NOW)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"minutes": "16", "outcome": "Долго говорили"}, "minutes"),
        ({"minutes": "", "outcome": "Поговорили"}, "minutes"),
        ({"minutes": "10", "outcome": ""}, "outcome"),
        ({"minutes": "10", "outcome": "Поговорили", "channel": "letter"}, "channel"),
    ],
)
def test_help_at_once_is_short_told_and_on_the_phone(
    sign_in: Signed, registrar: Staff, values: dict[str, str], field: str
) -> None:
    answer = sign_in(registrar).post("/staff/enter", data=told(helped="y", **values))
    assert answer.status_code == 422 and entered() is None
    assert f'id="{field}-error"' in answer.get_data(as_text=True)


def test_a_topic_or_a_specialist_of_another_centre_is_refused(sign_in: Signed, registrar: Staff) -> None:
    elsewhere = make_centre()
    topic, specialist = make_topic(elsewhere), make_specialist(elsewhere)
    client = sign_in(registrar)
    for wrong in ({"topic": str(topic.id)}, {"specialist": str(specialist.id)}):
        assert client.post("/staff/enter", data=told(**wrong)).status_code == 422
    assert entered() is None


def test_no_slip_for_what_came_by_the_site_or_to_another_centre(
    sign_in: Signed, centre: Centre, registrar: Staff
) -> None:
    by_site = make_request(centre)
    elsewhere = make_centre()
    theirs = make_request(elsewhere, channel="phone", entered_by=make_staff(elsewhere, Role.REGISTRAR).id)
    client = sign_in(registrar)
    for request in (by_site, theirs):
        assert client.get(f"/staff/enter/{request.id}/slip").status_code == 404


def test_the_page_with_many_specialists_asks_the_database_little(
    sign_in: Signed, centre: Centre, registrar: Staff
) -> None:
    for number in range(12):
        make_specialist(centre, name=f"Специалист {number}")
    client, asked = sign_in(registrar), []

    def remember(*args: Any) -> None:
        if args[2].startswith("SELECT"):
            asked.append(args[2])

    sa.event.listen(db.engine, "before_cursor_execute", remember)
    page = client.get("/staff/enter").get_data(as_text=True)
    sa.event.remove(db.engine, "before_cursor_execute", remember)
    assert "Специалист 11" in page and len(asked) <= 12
