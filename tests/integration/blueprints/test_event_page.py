"""The page of a group event: what it tells, registering, and what happens where that is not possible."""

import json
import re
import struct
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import (
    NOW,
    THURSDAY_NINE,
    make_centre,
    make_event,
    make_event_type,
    make_specialist,
    register,
    texts,
)
from webapp.models import Centre, GroupEvent, Letter, Registration, Staff, db
from webapp.services.events import event_changes, group_events

DAY = timedelta(days=1)
FROM_HERE = {"Origin": "http://kenes.example"}
IN_RUSSIAN = {"Accept-Language": "ru"}
NAME = "Мария Остроградская"


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre(slug="school")


@pytest.fixture
def host(centre: Centre) -> Staff:
    return make_specialist(centre)


def page_of(client: FlaskClient, event: GroupEvent, query: str = "") -> str:
    db.session.commit()
    answer = client.get(f"/c/school/events/{event.id}{query}", headers=IN_RUSSIAN)
    return answer.get_data(as_text=True)


def send(client: FlaskClient, event: GroupEvent, slug: str = "school", **values: str) -> tuple[int, str]:
    db.session.commit()
    form = {
        "shown_name": NAME,
        "contact": "maria@home.example",
        "zone": "Europe/Moscow",
        "consent": "y",
        **values,
    }
    answer = client.post(
        f"/c/{slug}/events/{event.id}",
        data={name: value for name, value in form.items() if value},
        headers={**FROM_HERE, **IN_RUSSIAN},
        base_url="http://kenes.example",
    )
    return answer.status_code, answer.get_data(as_text=True)


def structured(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def registrations() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Registration)) or 0


# --- What it tells ---


def test_the_first_paragraph_stands_under_the_title_and_the_list_below(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    page = page_of(
        client, make_event(centre, host, announcements=texts("Какие игры нужны.\n- Пять игр\n- Книги"))
    )
    assert '<p class="lead">Какие игры нужны.</p>' in page
    assert "<li>Пять игр</li><li>Книги</li>" in page


def test_who_can_come_in_which_language_and_what_to_have_ready(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    kind = make_event_type(centre, form="play_session", with_children=True)
    event = make_event(centre, host, kind=kind, spoken=["kk", "ru"], bring=texts("мяч"))
    page = page_of(client, event)
    for words in ("любому родителю, вместе с ребёнком", "казахский, русский", "мяч", "Игровой сеанс"):
        assert words in page


def test_without_a_zone_only_the_hour_of_the_centre_stands(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    page = page_of(client, make_event(centre, host))
    assert "<b>09:00</b><span>Екатеринбург, UTC+5</span>" in page
    assert 'value="Asia/Yekaterinburg" selected' in page or 'selected value="Asia/Yekaterinburg"' in page


def test_the_readers_hour_stands_first_and_that_of_the_centre_with_its_own_date(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    page = page_of(client, make_event(centre, host), "?zone=America/New_York")
    assert "среда, 25 ноября" in page
    assert "<b>23:00</b>" in page
    assert "09:00" in page and "четверг, 26 ноября" in page
    assert re.search(r'<option selected value="America/New_York">', page)


def test_a_zone_that_is_none_counts_as_none(client: FlaskClient, centre: Centre, host: Staff) -> None:
    event = make_event(centre, host)
    assert page_of(client, event, "?zone=Mars/Base") == page_of(
        client, event, "?zone=../../etc/passwd"
    ).replace("..%2F..%2Fetc%2Fpasswd", "Mars%2FBase").replace("../../etc/passwd", "Mars/Base")


def test_all_dates_of_a_course_stand_with_those_that_are_off(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    starts = [NOW - DAY, THURSDAY_NINE, THURSDAY_NINE + 7 * DAY]
    course = make_event(centre, host, starts=starts, now=NOW - 2 * DAY)
    event_changes.call_off(group_events.meetings(course)[2], NOW, staff_id=host.id)
    page = page_of(client, course)
    dates = page[page.index('id="dates"') :]
    places = [
        dates.index(words)
        for words in ("23 ноября", "прошла", "26 ноября", "ближайшая", "3 декабря", "Не состоится")
    ]
    assert places == sorted(places)


def test_the_page_leads_to_the_calendar_the_poster_and_the_feed(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host)
    page = page_of(client, event)
    assert f'href="/c/school/events/{event.id}.ics"' in page
    assert f'href="/c/school/events/{event.id}/poster.pdf?lang=ru"' in page
    assert "webcal://kenes.example/c/school/events.ics?lang=ru" in page


# --- What machines read ---


def test_search_engines_read_an_online_event_that_is_free(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host, capacity=1, titles=texts("Трёхлетка заговорит"))
    data = structured(page_of(client, event))
    address = f"http://kenes.example/c/school/events/{event.id}"
    assert data["@type"] == "Event"
    assert data["name"] == "Трёхлетка заговорит"
    assert data["startDate"] == "2026-11-26T09:00:00+05:00"
    assert data["endDate"] == "2026-11-26T09:40:00+05:00"
    assert data["eventStatus"] == "https://schema.org/EventScheduled"
    assert data["eventAttendanceMode"] == "https://schema.org/OnlineEventAttendanceMode"
    assert data["location"] == {"@type": "VirtualLocation", "url": address}
    assert data["organizer"]["name"] == centre.names["ru"]
    assert (data["offers"]["price"], data["offers"]["priceCurrency"]) == (0, "RUB")
    assert data["offers"]["availability"] == "https://schema.org/InStock"
    register(event)
    assert structured(page_of(client, event))["offers"]["availability"] == "https://schema.org/SoldOut"


def test_search_engines_learn_that_it_is_off(client: FlaskClient, centre: Centre, host: Staff) -> None:
    event = make_event(centre, host)
    event_changes.cancel(event, NOW, staff_id=host.id)
    data = structured(page_of(client, event))
    assert data["eventStatus"] == "https://schema.org/EventCancelled"
    assert data["startDate"] == "2026-11-26T09:00:00+05:00"


def test_a_course_names_the_dates_that_take_place(client: FlaskClient, centre: Centre, host: Staff) -> None:
    course = make_event(centre, host, starts=[THURSDAY_NINE + number * DAY for number in range(3)])
    event_changes.call_off(group_events.meetings(course)[1], NOW, staff_id=host.id)
    dates = [one["startDate"][:10] for one in structured(page_of(client, course))["subEvent"]]
    assert dates == ["2026-11-26", "2026-11-28"]


def test_what_a_host_types_does_not_end_the_data(client: FlaskClient, centre: Centre, host: Staff) -> None:
    title = "</script><script>alert(1)</script>"
    page = page_of(client, make_event(centre, host, titles=texts(title), announcements=texts(title)))
    assert structured(page)["name"] == title
    assert "<script>alert" not in page


def test_messengers_and_other_languages_are_told_where_to_look(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host, titles=texts("Сон"), announcements=texts("Как уснуть.\n- Ритуал"))
    page = page_of(client, event)
    address = f"http://kenes.example/c/school/events/{event.id}"
    for line in (
        '<meta property="og:title" content="Сон">',
        '<meta property="og:description" content="четверг, 26 ноября, 09:00 (Екатеринбург, UTC+5). Как уснуть.">',
        f'<meta property="og:url" content="{address}?lang=ru">',
        '<meta property="og:locale" content="ru_RU">',
        f'<link rel="canonical" href="{address}?lang=ru">',
        f'<link rel="alternate" hreflang="en" href="{address}?lang=en">',
        f'<link rel="alternate" hreflang="x-default" href="{address}">',
    ):
        assert line in page
    assert "noindex" not in page


def test_messengers_find_the_picture_that_they_are_shown(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    page = page_of(client, make_event(centre, host))
    address = re.findall(r'<meta property="og:image" content="http://kenes.example(/[^"]+)">', page)
    picture = client.get(address[0])
    assert (picture.status_code, picture.mimetype) == (200, "image/png")
    width, height = struct.unpack(">II", picture.data[16:24])
    for line in (f'og:image:width" content="{width}"', f'og:image:height" content="{height}"'):
        assert line in page
    assert len(picture.data) < 20_000  # it is asked for wherever a link is shared


# --- Registering ---


def test_somebody_registers_and_a_letter_goes_out(client: FlaskClient, centre: Centre, host: Staff) -> None:
    event = make_event(centre, host)
    status, _page = send(client, event)
    assert status == 302
    row = db.session.scalars(sa.select(Registration)).one()
    assert (row.email, row.shown_name, row.zone, row.state) == (
        "maria@home.example",
        NAME,
        "Europe/Moscow",
        "seated",
    )
    assert db.session.scalar(sa.select(sa.func.count()).where(Letter.registration_id == row.id))


def test_in_a_full_hall_one_waits_and_the_button_says_so(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host, capacity=1)
    register(event)
    assert "Встать в лист ожидания" in page_of(client, event)
    assert send(client, event)[0] == 302
    assert db.session.scalars(sa.select(Registration.state).order_by(Registration.id)).all() == [
        "seated",
        "waiting",
    ]


def test_a_robot_that_fills_in_everything_is_thanked_and_forgotten(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host)
    assert send(client, event, website="https://spam.example")[0] == 302
    assert registrations() == 0


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"consent": ""}, "consent"),
        ({"contact": ""}, "contact"),
        ({"contact": "maria.home.example"}, "contact"),
        ({"zone": "Mars/Base"}, "zone"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_the_name_stays(
    client: FlaskClient, centre: Centre, host: Staff, values: dict[str, str], field: str
) -> None:
    status, page = send(client, make_event(centre, host), **values)
    assert status == 422
    assert f'id="{field}-error"' in page
    assert f'value="{NAME}"' in page
    assert registrations() == 0


def test_signs_that_nobody_sees_are_left_out_of_a_name(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    status, _page = send(client, make_event(centre, host), shown_name="Ма\x00ри\u202eя\x07")
    assert status == 302
    assert db.session.scalars(sa.select(Registration.shown_name)).one() == "Мария"


def test_all_that_is_missing_is_said_at_once(client: FlaskClient, centre: Centre, host: Staff) -> None:
    event = make_event(centre, host, kind=make_event_type(centre, with_children=True))
    status, page = send(client, event, contact=" ", consent="", parent_present="")
    assert status == 422
    assert all(f'id="{field}-error"' in page for field in ("contact", "parent_present", "consent"))


def test_a_form_that_came_back_keeps_the_hour_of_the_chosen_zone(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    _status, page = send(client, make_event(centre, host), consent="")
    assert "<b>07:00</b>" in page


def closed_over(centre: Centre, host: Staff) -> GroupEvent:
    return make_event(centre, host, at=NOW - DAY, now=NOW - 2 * DAY)


def closed_cancelled(centre: Centre, host: Staff) -> GroupEvent:
    event = make_event(centre, host)
    event_changes.cancel(event, NOW, staff_id=host.id)
    return event


def closed_by_office(centre: Centre, host: Staff) -> GroupEvent:
    return make_event(centre, host, kind=make_event_type(centre, open_to="office"))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (closed_over, "Запись закрыта: встреча прошла или ещё не объявлена."),
        (closed_cancelled, "Эта встреча не состоится. Посмотрите, что ещё будет."),
        (closed_by_office, "На эту встречу записывает центр. Позвоните нам."),
    ],
)
def test_where_nobody_can_register_the_page_says_why_and_hands_back_what_was_typed(
    client: FlaskClient, centre: Centre, host: Staff, make: Any, sentence: str
) -> None:
    event = make(centre, host)
    status, page = send(client, event)
    assert status == 422
    assert sentence in page
    assert NAME in page and "maria@home.example" in page
    assert '<button class="btn btn--big">' not in page
    assert registrations() == 0


def test_an_event_of_another_centre_is_not_found_and_what_was_typed_can_be_copied(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    make_centre(slug="other")
    status, page = send(client, make_event(centre, host), slug="other")
    assert status == 404
    assert NAME in page
    assert registrations() == 0


def test_a_draft_is_not_found(client: FlaskClient, centre: Centre, host: Staff) -> None:
    event = make_event(centre, host, announced=False)
    db.session.commit()
    for path in ("", ".ics", "/poster.pdf", "/registered"):
        assert client.get(f"/c/school/events/{event.id}{path}").status_code == 404
