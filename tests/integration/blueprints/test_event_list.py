"""The list of a centre's group events: the page, the centre's own page, the frame on sites of others."""

from datetime import timedelta
from typing import Any

import pytest
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
from webapp.blueprints.public.listing import SHOWN_AT_FIRST
from webapp.models import Centre, Staff, db
from webapp.services.events import event_changes, group_events

DAY = timedelta(days=1)
NONE_PLANNED = "Пока встреч не запланировано."


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre(slug="school")


@pytest.fixture
def host(centre: Centre) -> Staff:
    return make_specialist(centre)


def page_of(client: FlaskClient, path: str) -> str:
    db.session.commit()
    return client.get(f"/c/school/{path}", headers={"Accept-Language": "ru"}).get_data(as_text=True)


def titled(title: str, **values: Any) -> dict[str, Any]:
    return {"titles": texts(title), **values}


def test_an_event_stands_with_its_hour_hosts_and_seats(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host, capacity=5, **titled("Сон"))
    register(event)
    page = page_of(client, "events")
    assert f'href="/c/school/events/{event.id}"' in page
    for words in ("четверг, 26 ноября", "09:00", "Екатеринбург, UTC+5", host.name, "Осталось мест: 4"):
        assert words in page


def test_events_come_in_order_of_time_by_month(client: FlaskClient, centre: Centre, host: Staff) -> None:
    make_event(centre, host, at=THURSDAY_NINE + 20 * DAY, **titled("Второе"))
    make_event(centre, host, **titled("Первое"))
    page = page_of(client, "events")
    places = [page.index(words) for words in ("Ноябрь 2026", "Первое", "Декабрь 2026", "Второе")]
    assert places == sorted(places)


def test_a_full_hall_says_waiting_list(client: FlaskClient, centre: Centre, host: Staff) -> None:
    register(make_event(centre, host, capacity=1))
    assert "Лист ожидания" in page_of(client, "events")


def test_a_seat_that_belongs_to_whoever_waits_is_not_offered(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host, capacity=1)
    register(event)
    register(event)
    event.capacity = 2
    assert "Осталось мест" not in page_of(client, "events")


def test_of_a_course_the_next_date_stands_and_how_many_are_left(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    starts = [NOW - DAY, THURSDAY_NINE, THURSDAY_NINE + 7 * DAY, THURSDAY_NINE + 14 * DAY]
    course = make_event(centre, host, starts=starts, now=NOW - 7 * DAY)
    event_changes.call_off(group_events.meetings(course)[1], NOW, staff_id=host.id)
    page = page_of(client, "events")
    assert "четверг, 3 декабря" in page and "26 ноября" not in page
    assert "Дат: 2" in page


def test_only_what_is_announced_ahead_and_open_to_anybody_is_listed(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    make_event(centre, host, announced=False, **titled("Черновик"))
    make_event(centre, host, at=NOW - DAY, now=NOW - 2 * DAY, **titled("Прошло"))
    cancelled = make_event(centre, host, at=THURSDAY_NINE + DAY, **titled("Отменено"))
    event_changes.cancel(cancelled, NOW, staff_id=host.id)
    by_office = make_event_type(centre, open_to="office")
    make_event(centre, host, kind=by_office, at=THURSDAY_NINE + 2 * DAY, **titled("Записывает центр"))
    other = make_centre()
    make_event(other, make_specialist(other), **titled("Чужое"))
    page = page_of(client, "events")
    assert NONE_PLANNED in page
    for title in ("Черновик", "Прошло", "Отменено", "Записывает центр", "Чужое"):
        assert title not in page


def test_a_long_list_begins_with_the_soonest_and_shows_all_on_demand(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    for number in range(SHOWN_AT_FIRST + 1):
        make_event(centre, host, at=THURSDAY_NINE + number * DAY, **titled(f"Встреча-{number:02}"))
    page = page_of(client, "events")
    assert "Встреча-49" in page and "Встреча-50" not in page and '?all=1"' in page
    everything = page_of(client, "events?all=1")
    assert "Встреча-50" in everything and '?all=1"' not in everything


def test_the_page_offers_the_calendar_in_the_readers_language(client: FlaskClient, centre: Centre) -> None:
    assert 'href="webcal://kenes.example/c/school/events.ics?lang=ru"' in page_of(client, "events")


def test_the_page_tells_search_engines_its_languages(client: FlaskClient, centre: Centre) -> None:
    page = page_of(client, "events")
    assert '<link rel="canonical" href="http://kenes.example/c/school/events?lang=ru">' in page
    assert 'hreflang="kk" href="http://kenes.example/c/school/events?lang=kk"' in page
    assert "noindex" not in page


def test_the_centres_page_shows_the_soonest_three(client: FlaskClient, centre: Centre, host: Staff) -> None:
    for number in range(4):
        make_event(centre, host, at=THURSDAY_NINE + number * DAY, **titled(f"Встреча-{number}"))
    page = page_of(client, "")
    assert "Встреча-2" in page and "Встреча-3" not in page
    assert 'href="/c/school/events"' in page


def test_the_centres_page_says_that_nothing_is_planned(client: FlaskClient, centre: Centre) -> None:
    assert NONE_PLANNED in page_of(client, "")


# --- In a frame ---


def test_the_frame_may_stand_on_the_sites_of_the_centre_only(client: FlaskClient, centre: Centre) -> None:
    centre.embed_origins = ["https://school.kz", "https://city.kz:8443"]
    db.session.commit()
    headers = client.get("/embed/school").headers
    assert "frame-ancestors https://school.kz https://city.kz:8443;" in headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in headers


@pytest.mark.parametrize("path", ["/c/school/", "/c/school/events", "/embed/nobody"])
def test_everything_else_stands_in_no_frame(client: FlaskClient, centre: Centre, path: str) -> None:
    centre.embed_origins = ["https://school.kz"]
    db.session.commit()
    client.get("/embed/school")
    headers = client.get(path).headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"


def test_without_a_site_named_the_list_stands_in_no_frame(client: FlaskClient, centre: Centre) -> None:
    db.session.commit()
    headers = client.get("/embed/school").headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"


def test_links_leave_the_frame(client: FlaskClient, centre: Centre, host: Staff) -> None:
    event = make_event(centre, host)
    db.session.commit()
    page = client.get("/embed/school").get_data(as_text=True)
    assert f'href="/c/school/events/{event.id}" target="_top"' in page
    assert '<header class="head">' not in page


def test_the_language_of_a_frame_or_file_is_not_kept_for_pages(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host)
    db.session.commit()
    for path in ("/embed/school", "/c/school/events.ics", f"/c/school/events/{event.id}/poster.pdf"):
        assert "kenes_language" not in client.get(f"{path}?lang=kk").headers.get("Set-Cookie", "")
    assert "kenes_language=kk" in client.get("/c/school/events?lang=kk").headers["Set-Cookie"]
