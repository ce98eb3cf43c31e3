"""Making a group event, changing what is announced, looking at it beforehand."""

import re
from collections.abc import Callable
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
    make_consultation,
    make_event,
    make_event_type,
    make_specialist,
    make_staff,
    make_topic,
    register,
)
from webapp.models import Centre, Engagement, EventType, GroupEvent, Letter, Staff, db
from webapp.rules.permissions import Role
from webapp.services.events import group_events

SignIn = Callable[[Staff], FlaskClient]


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def host(centre: Centre) -> Staff:
    return make_specialist(centre)


@pytest.fixture
def kind(centre: Centre) -> EventType:
    return make_event_type(centre, minimum=5, maximum=60, bring={"ru": "зеркало"})


def typed(*hosts: Staff, **values: Any) -> dict[str, Any]:
    return {
        "hosts": [str(host.id) for host in hosts],
        "minutes": "40",
        "starts": THURSDAY_NINE.isoformat(),
        "titles_ru": "Экзамены без паники",
        "titles_kk": "Емтихандар уайымсыз",
        "announcements_ru": "Что говорить накануне",
        "spoken": ["ru"],
        "topic": "",
        "capacity": "40",
        "minimum": "5",
        "confirm_within_hours": "24",
        **values,
    }


def value_of(field: str, page: str) -> str:
    (control,) = re.findall(rf'<input[^>]* name="{field}"[^>]*>', page)
    return control.partition('value="')[2].partition('"')[0]


def made() -> GroupEvent | None:
    return db.session.scalar(sa.select(GroupEvent))


def test_materials_are_added_before_anything_is_announced(
    sign_in: SignIn, host: Staff, kind: EventType
) -> None:
    client = sign_in(host)
    client.post(f"/staff/events/new/{kind.id}", data=typed(host))
    event = made()
    assert event is not None
    assert f'href="/staff/events/{event.id}/materials"' in client.get(f"/staff/events/{event.id}").text


def test_a_kind_prefills_the_form(sign_in: SignIn, host: Staff, kind: EventType) -> None:
    client = sign_in(host)
    assert f"/staff/events/new/{kind.id}" in client.get("/staff/events/new").get_data(as_text=True)
    page = client.get(f"/staff/events/new/{kind.id}").get_data(as_text=True)
    assert (value_of("capacity", page), value_of("minimum", page)) == ("60", "5")
    assert 'value="зеркало"' in page
    assert f'name="hosts" value="{host.id}" checked' in page
    assert THURSDAY_NINE.isoformat() in page


def test_an_event_is_announced_months_ahead(sign_in: SignIn, host: Staff, kind: EventType) -> None:
    in_spring = THURSDAY_NINE + timedelta(weeks=16)
    data = typed(host, starts=in_spring.isoformat())
    assert sign_in(host).post(f"/staff/events/new/{kind.id}", data=data).status_code == 302
    event = made()
    assert event is not None and event.starts_at == in_spring


def test_what_is_typed_becomes_a_draft_that_takes_the_time_of_all_hosts(
    sign_in: SignIn, centre: Centre, host: Staff, kind: EventType
) -> None:
    other, topic = make_specialist(centre), make_topic(centre)
    answer = sign_in(host).post(
        f"/staff/events/new/{kind.id}",
        data=typed(host, other, topic=str(topic.id), seat_after_confirming="y"),
    )
    event = made()
    assert event is not None
    assert answer.location == f"/staff/events/{event.id}/preview"
    assert (event.state, event.capacity, event.minimum, event.topic_id) == ("draft", 40, 5, topic.id)
    assert event.titles == {"ru": "Экзамены без паники", "kk": "Емтихандар уайымсыз"}
    assert (event.seat_after_confirming, event.spoken, event.starts_at) == (True, ["ru"], THURSDAY_NINE)
    engaged = db.session.scalars(sa.select(Engagement.specialist_id).order_by(Engagement.specialist_id)).all()
    assert engaged == [host.id, other.id]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Letter)) == 0


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"titles_ru": "  "}, "на языке центра"),
        ({"minutes": "60"}, "40"),
        ({"capacity": "61"}, "от 5 до 60"),
        ({"capacity": "4"}, "от 5 до 60"),
        ({"hosts": []}, "Выберите"),
        ({"starts": ""}, "Выберите"),
        ({"starts": (NOW - timedelta(days=1)).isoformat()}, "уже прошло"),
        ({"starts": "скоро"}, "Не удалось прочитать"),
        ({"broadcast_url": "http://tv.example"}, "https://"),
        ({"capacity": "много"}, "error"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
    sign_in: SignIn, host: Staff, kind: EventType, wrong: dict[str, Any], says: str
) -> None:
    answer = sign_in(host).post(f"/staff/events/new/{kind.id}", data=typed(host, **wrong))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert says in page
    assert "Что говорить накануне" in page
    assert 'value="Емтихандар уайымсыз"' in page
    assert made() is None


def test_all_that_is_missing_is_said_at_once(sign_in: SignIn, host: Staff, kind: EventType) -> None:
    wrong = typed(titles_ru="", starts="", minutes="90", capacity="100")
    page = sign_in(host).post(f"/staff/events/new/{kind.id}", data=wrong).get_data(as_text=True)
    for field in ("titles_ru", "hosts", "starts", "minutes", "capacity"):
        assert f'<a href="#{field}">' in page


def test_a_taken_time_is_refused_with_what_is_free_that_day(
    sign_in: SignIn, centre: Centre, host: Staff, kind: EventType
) -> None:
    make_consultation(centre, host)
    answer = sign_in(host).post(f"/staff/events/new/{kind.id}", data=typed(host))
    assert answer.status_code == 422
    assert "09:40" in answer.get_data(as_text=True)


def test_a_hall_beyond_the_video_server_needs_a_broadcast(
    sign_in: SignIn, centre: Centre, host: Staff
) -> None:
    kind = make_event_type(centre, maximum=300)
    client = sign_in(host)
    refused = client.post(f"/staff/events/new/{kind.id}", data=typed(host, capacity="100"))
    assert refused.status_code == 422
    assert "Видеосервер" in refused.get_data(as_text=True)
    with_broadcast = typed(host, capacity="100", broadcast_url="https://tv.example/live")
    assert client.post(f"/staff/events/new/{kind.id}", data=with_broadcast).status_code == 302
    event = made()
    assert event is not None
    page = client.get(f"/staff/events/{event.id}").get_data(as_text=True)
    assert "https://tv.example/live" in page
    assert "смотрит трансляцию" in page


def test_asking_for_other_hosts_shows_when_all_are_free_and_keeps_what_was_typed(
    sign_in: SignIn, centre: Centre, host: Staff, kind: EventType
) -> None:
    busy = make_specialist(centre)
    make_consultation(centre, busy)
    asked = typed(host, busy, show="", starts=(THURSDAY_NINE + timedelta(minutes=40)).isoformat())
    answer = sign_in(host).post(f"/staff/events/new/{kind.id}", data=asked)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert f'value="{THURSDAY_NINE.isoformat()}"' not in page
    assert f'value="{(THURSDAY_NINE + timedelta(minutes=40)).isoformat()}" checked' in page
    assert 'value="Емтихандар уайымсыз"' in page
    assert made() is None


def test_a_chosen_time_stays_visible_among_later_days(sign_in: SignIn, host: Staff, kind: EventType) -> None:
    asked = typed(host, show="2026-12-10")
    page = sign_in(host).post(f"/staff/events/new/{kind.id}", data=asked).get_data(as_text=True)
    assert f'value="{THURSDAY_NINE.isoformat()}" checked' in page
    assert "Ваш выбор" in page


def test_a_kind_of_another_centre_is_not_found(sign_in: SignIn, host: Staff) -> None:
    foreign = make_event_type(make_centre())
    assert sign_in(host).post(f"/staff/events/new/{foreign.id}", data=typed(host)).status_code == 404


def test_the_preview_is_the_public_page_in_each_language_and_announces_nothing(
    sign_in: SignIn, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host, announced=False)
    client = sign_in(host)
    address = f"/staff/events/{event.id}/preview"
    assert "Үш жасар бала сөйлейді" in client.get(f"{address}?in=kk").get_data(as_text=True)
    english = client.get(f"{address}?in=en").get_data(as_text=True)
    assert "Helping a three-year-old to speak" in english
    assert "Так страницу увидят семьи" in english  # what stands above it is for whoever looks
    assert "kenes_language" not in client.get(f"{address}?in=en").headers.get("Set-Cookie", "")
    assert client.get(f"/c/{centre.slug}/events/{event.id}").status_code == 404


def test_the_preview_of_others_is_not_found(sign_in: SignIn, centre: Centre, host: Staff) -> None:
    event = make_event(centre, host, announced=False)
    assert sign_in(make_specialist(centre)).get(f"/staff/events/{event.id}/preview").status_code == 404


def test_what_is_announced_can_be_changed(sign_in: SignIn, centre: Centre, host: Staff) -> None:
    event = make_event(centre, host)
    client = sign_in(host)
    assert 'value="Трёхлетка заговорит"' in client.get(f"/staff/events/{event.id}/change").get_data(
        as_text=True
    )
    changed = typed(titles_ru="Трёхлетка говорит", capacity="30", minimum="2")
    assert client.post(f"/staff/events/{event.id}/change", data=changed).status_code == 302
    db.session.refresh(event)
    assert (event.titles["ru"], event.capacity, event.minimum) == ("Трёхлетка говорит", 30, 2)
    assert event.starts_at == THURSDAY_NINE


def test_a_larger_hall_seats_the_next_at_once(sign_in: SignIn, centre: Centre, host: Staff) -> None:
    event = make_event(centre, host, capacity=1)
    register(event)
    waiting = register(event)
    sign_in(host).post(f"/staff/events/{event.id}/change", data=typed(capacity="2", minimum="1"))
    db.session.refresh(waiting)
    assert waiting.state == "seated"


def test_a_smaller_hall_takes_no_seat_away_and_names_who_came_last(
    sign_in: SignIn, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host, capacity=3)
    people = [register(event, shown_name=name) for name in ("Первая", "Вторая", "Третья")]
    client = sign_in(host)
    client.post(f"/staff/events/{event.id}/change", data=typed(capacity="2", minimum="1"))
    page = client.get(f"/staff/events/{event.id}").get_data(as_text=True)
    beyond = page[page.index('id="beyond"') : page.index('id="dates"')]
    assert "Третья" in beyond
    assert "Вторая" not in beyond
    for person in people:
        db.session.refresh(person)
        assert person.state == "seated"


def test_the_hall_can_be_made_large_enough_again(sign_in: SignIn, centre: Centre, host: Staff) -> None:
    event = make_event(centre, host, capacity=2)
    for _ in range(2):
        register(event)
    group_events.describe(centre, event, group_events.plan_of(event, capacity=1), NOW, staff_id=host.id)
    client = sign_in(host)
    assert client.post(f"/staff/events/{event.id}/enlarge").status_code == 302
    db.session.refresh(event)
    assert event.capacity == 2
    assert 'id="beyond"' not in client.get(f"/staff/events/{event.id}").get_data(as_text=True)


def test_a_methodist_prepares_an_event_that_a_specialist_holds(
    sign_in: SignIn, centre: Centre, host: Staff, kind: EventType
) -> None:
    methodist = make_staff(centre, Role.METHODIST)
    assert sign_in(methodist).post(f"/staff/events/new/{kind.id}", data=typed(host)).status_code == 302
    event = made()
    assert event is not None
    assert event.created_by == methodist.id
    assert [person.id for person in group_events.hosts_of(event)] == [host.id]
