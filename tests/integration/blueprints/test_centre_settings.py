"""The settings of a centre, its topics and its consent text."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import make_centre, make_deputy, make_request, make_specialist, make_staff, make_topic
from webapp.models import Centre, ConsentText, HelpRequest, Staff, Topic, db
from webapp.rules.permissions import Role
from webapp.services.centre import centres, topics

Signed = Callable[[Staff], FlaskClient]


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def administrator(centre: Centre) -> Staff:
    return make_staff(centre, Role.ADMINISTRATOR)


def settings(**values: Any) -> dict[str, Any]:
    return {
        "names_ru": "Школа № 12",
        "names_kk": "№ 12 мектеп",
        "names_en": "",
        "language": "ru",
        "country": "RU",
        "zone": "Asia/Yekaterinburg",
        "phone": "8 343 000-12-12",
        "means": ["video", "phone"],
        "limit_minutes": "40",
        "session_minutes": "30",
        "break_minutes": "10",
        "notice_hours": "24",
        "horizon_days": "21",
        "family_move_hours": "6",
        "family_cancel_hours": "2",
        "specialists_may": ["means", "move"],
        "emergency_0_number": "112",
        "emergency_0_ru": "опасность для жизни",
        "emergency_0_kk": "",
        "emergency_0_en": "",
        **values,
    }


def test_everything_is_taken_over(sign_in: Signed, centre: Centre, administrator: Staff) -> None:
    deputy = make_deputy(centre)
    head = make_staff(centre, Role.HEAD)
    data = settings(
        supervisor_id=str(head.id), stand_in_id=str(deputy.id), video_by_link_only="y", intro_ru="Спросите"
    )
    assert sign_in(administrator).post("/staff/centre", data=data).status_code == 302
    db.session.refresh(centre)
    assert centre.names == {"ru": "Школа № 12", "kk": "№ 12 мектеп"}
    assert (centre.phone, centre.means, centre.intro) == (
        "+73430001212",
        ["video", "phone"],
        {"ru": "Спросите"},
    )
    assert (centre.session_minutes, centre.break_minutes, centre.notice_hours, centre.horizon_days) == (
        30,
        10,
        24,
        21,
    )
    assert (centre.family_move_hours, centre.family_cancel_hours, centre.specialists_may) == (
        6,
        2,
        ["means", "move"],
    )
    assert (centre.supervisor_id, centre.stand_in_id, centre.video_by_link_only) == (head.id, deputy.id, True)
    assert centre.emergency == [{"number": "112", "texts": {"ru": "опасность для жизни"}}]


def test_opening_and_saving_changes_nothing(app: Flask, centre: Centre) -> None:
    settings_now = centres.Settings(
        **{field: getattr(centre, field) for field in centres.Settings.__dataclass_fields__}
    )
    assert centres.change(centre, settings_now, datetime(2026, 11, 24, tzinfo=UTC), by=None) == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"names_ru": ""}, "names_ru"),
        ({"zone": "Mars/Base"}, "zone"),
        ({"country": "DE"}, "country"),
        ({"phone": "12"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"means": []}, "means"),
        ({"means": ["video", "messenger"]}, "means"),
        ({"means": ["pigeon"]}, "means"),
        ({"limit_minutes": "241"}, "limit_minutes"),
        ({"limit_minutes": "forty"}, "limit_minutes"),
        ({"session_minutes": "45"}, "session_minutes"),
        ({"horizon_days": "0"}, "horizon_days"),
        ({"family_move_hours": "241"}, "family_move_hours"),
        ({"family_cancel_hours": ""}, "family_cancel_hours"),
        ({"specialists_may": ["fly"]}, "specialists_may"),
        ({"supervisor_id": "999999"}, "supervisor_id"),
        ({"embed_origins": "http://school.kz"}, "embed_origins"),
        ({"embed_origins": "https://school.kz; script-src *"}, "embed_origins"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(
    sign_in: Signed, administrator: Staff, values: dict[str, Any], field: str
) -> None:
    answer = sign_in(administrator).post("/staff/centre", data=settings(intro_kk="Сұраңыз", **values))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in page and "Сұраңыз" in page


def test_messengers_are_possible_where_schools_may_use_them(
    sign_in: Signed, centre: Centre, administrator: Staff
) -> None:
    data = settings(country="KZ", zone="Asia/Almaty", phone="+7 701 000 08 08", means=["messenger"])
    assert sign_in(administrator).post("/staff/centre", data=data).status_code == 302
    db.session.refresh(centre)
    assert centre.means == ["messenger"]


def test_sites_for_the_list_of_meetings_are_kept_as_origins_and_shown_as_people_know_them(
    sign_in: Signed, centre: Centre, administrator: Staff
) -> None:
    client = sign_in(administrator)
    data = settings(embed_origins="https://школа.рф/news\r\n\r\nhttps://city.kz:8443/")
    assert client.post("/staff/centre", data=data).status_code == 302
    db.session.refresh(centre)
    assert centre.embed_origins == ["https://xn--80atdl2c.xn--p1ai", "https://city.kz:8443"]
    assert "https://школа.рф\nhttps://city.kz:8443" in client.get("/staff/centre").get_data(as_text=True)


def test_the_page_holds_what_a_site_pastes(sign_in: Signed, centre: Centre, administrator: Staff) -> None:
    page = sign_in(administrator).get("/staff/centre").get_data(as_text=True)
    assert f'&lt;iframe src="http://kenes.example/embed/{centre.slug}?lang=ru"' in page
    assert '&lt;script src="http://kenes.example/static/embedding.js" async&gt;' in page


def test_nobody_stands_in_for_themselves(sign_in: Signed, centre: Centre, administrator: Staff) -> None:
    deputy = make_deputy(centre)
    data = settings(supervisor_id=str(deputy.id), stand_in_id=str(deputy.id))
    answer = sign_in(administrator).post("/staff/centre", data=data)
    assert answer.status_code == 422 and 'id="stand_in_id-error"' in answer.get_data(as_text=True)


def test_the_supervisor_is_of_this_centre_and_may_answer(
    sign_in: Signed, centre: Centre, administrator: Staff
) -> None:
    client = sign_in(administrator)
    for stranger in (make_deputy(make_centre()), make_specialist(centre)):
        db.session.commit()
        assert client.post("/staff/centre", data=settings(supervisor_id=str(stranger.id))).status_code == 422


def test_another_zone_counts_open_deadlines_anew(
    sign_in: Signed, centre: Centre, administrator: Staff
) -> None:
    request_id = make_request(centre).id
    sign_in(administrator).post("/staff/centre", data=settings(zone="Europe/Moscow"))
    due_at = db.session.scalar(sa.select(HelpRequest.due_at).where(HelpRequest.id == request_id))
    assert due_at == datetime(2026, 11, 27, 21, 0, tzinfo=UTC)


def test_the_page_says_which_video_runs_and_what_follows(sign_in: Signed, administrator: Staff) -> None:
    page = sign_in(administrator).get("/staff/centre?lang=en").get_data(as_text=True)
    assert "The server itself ends the room, at most a minute late." in page


# --- Topics ---


def test_a_topic_is_added_with_who_answers(sign_in: Signed, centre: Centre, administrator: Staff) -> None:
    specialist = make_specialist(centre)
    data = {"titles_ru": "Сон", "hints_ru": "Не спит", "specialists": [specialist.id], "active": "y"}
    sign_in(administrator).post("/staff/topics/new", data=data)
    topic = db.session.scalars(sa.select(Topic)).one()
    assert (topic.titles, topic.hints, topic.active, topic.code) == (
        {"ru": "Сон"},
        {"ru": "Не спит"},
        True,
        "topic-1",
    )
    assert topics.specialists_of_topic(topic) == [specialist.id]


def test_a_topic_changes_and_is_hidden(sign_in: Signed, centre: Centre, administrator: Staff) -> None:
    one, other = make_specialist(centre), make_specialist(centre, name="Пётр Ильич Дёмин")
    topic = make_topic(centre, one)
    data = {"titles_ru": "Сон", "specialists": [other.id], "confirmed_at_once": "y"}
    sign_in(administrator).post(f"/staff/topics/{topic.id}", data=data)
    db.session.refresh(topic)
    assert (topic.active, topic.confirmed_at_once) == (False, True)
    assert topics.specialists_of_topic(topic) == [other.id]


def test_a_topic_needs_a_title_in_the_centres_language(sign_in: Signed, administrator: Staff) -> None:
    answer = sign_in(administrator).post("/staff/topics/new", data={"titles_en": "Sleep"})
    assert answer.status_code == 422 and 'id="titles_ru-error"' in answer.get_data(as_text=True)


def test_a_specialist_of_another_centre_answers_nothing_here(sign_in: Signed, administrator: Staff) -> None:
    stranger = make_specialist(make_centre())
    data = {"titles_ru": "Сон", "specialists": [stranger.id]}
    assert sign_in(administrator).post("/staff/topics/new", data=data).status_code == 422


def test_a_topic_of_another_centre_is_nobody_here(sign_in: Signed, administrator: Staff) -> None:
    topic = make_topic(make_centre())
    client = sign_in(administrator)
    assert client.get(f"/staff/topics/{topic.id}").status_code == 404
    assert client.post(f"/staff/topics/{topic.id}", data={"titles_ru": "Наше"}).status_code == 404


# --- Consent ---


def test_a_new_version_stands_beside_the_old_one(
    sign_in: Signed, centre: Centre, administrator: Staff
) -> None:
    sign_in(administrator).post(
        "/staff/consent", data={"text_ru": "Согласие\r\n\r\nс абзацем", "text_kk": "Келісім", "text_en": ""}
    )
    rows = db.session.scalars(sa.select(ConsentText).order_by(ConsentText.version)).all()
    assert [row.version for row in rows] == [1, 2]
    assert rows[1].texts == {"ru": "Согласие\n\nс абзацем", "kk": "Келісім"}
    assert rows[0].texts["ru"] == "Согласие"


@pytest.mark.parametrize(
    "texts",
    [{"text_kk": "Келісім"}, {"text_ru": "Согласие", "text_kk": "Келісім", "text_en": "Consent"}],
    ids=["not in the centre's language", "nothing new"],
)
def test_a_version_without_sense_is_refused(
    sign_in: Signed, administrator: Staff, texts: dict[str, str]
) -> None:
    assert sign_in(administrator).post("/staff/consent", data=texts).status_code == 422
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ConsentText)) == 1


def test_where_no_text_is_in_force_one_is_proposed(
    sign_in: Signed, centre: Centre, administrator: Staff
) -> None:
    db.session.execute(sa.delete(ConsentText))
    page = sign_in(administrator).get("/staff/consent").get_data(as_text=True)
    assert f"Кто обрабатывает: {centre.names['ru']}." in page
