"""The centre's catalogue of group events."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import make_centre, make_event, make_event_type, make_specialist, make_staff
from webapp.models import Centre, Staff, db
from webapp.rules.permissions import Role
from webapp.services.events import event_types

SignIn = Callable[[Staff], FlaskClient]


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def administrator(centre: Centre) -> Staff:
    return make_staff(centre, Role.ADMINISTRATOR)


def described(**values: Any) -> dict[str, Any]:
    return {
        "form": "workshop",
        "titles_ru": "Мастерская",
        "titles_kk": "Шеберхана",
        "titles_en": "",
        "bring_ru": "бумага, ножницы",
        "minimum": "3",
        "maximum": "12",
        "minutes": "40",
        "open_to": "office",
        "with_children": "y",
        "active": "y",
        "position": "7",
        **values,
    }


def test_everything_about_a_kind_is_taken_over(sign_in: SignIn, centre: Centre, administrator: Staff) -> None:
    assert sign_in(administrator).post("/staff/event-types/new", data=described()).status_code == 302
    (kind,) = event_types.of_centre(centre)
    assert (kind.form, kind.minimum, kind.maximum, kind.minutes) == ("workshop", 3, 12, 40)
    assert (kind.open_to, kind.needs_approval, kind.with_children) == ("office", False, True)
    assert kind.titles == {"ru": "Мастерская", "kk": "Шеберхана"}
    assert (kind.bring, kind.position, kind.active) == ({"ru": "бумага, ножницы"}, 7, True)


def test_a_kind_is_changed_and_hidden_from_new_events(
    sign_in: SignIn, centre: Centre, administrator: Staff
) -> None:
    kind = make_event_type(centre)
    client = sign_in(administrator)
    assert 'value="Вебинар"' in client.get(f"/staff/event-types/{kind.id}").get_data(as_text=True)
    changed = described(titles_ru="Клуб отцов", active="")
    changed.pop("active")
    assert client.post(f"/staff/event-types/{kind.id}", data=changed).status_code == 302
    db.session.refresh(kind)
    assert (kind.titles["ru"], kind.active) == ("Клуб отцов", False)


def test_events_made_before_stay_as_they_are(sign_in: SignIn, centre: Centre, administrator: Staff) -> None:
    kind = make_event_type(centre)
    event = make_event(centre, make_specialist(centre), kind=kind, capacity=50)
    sign_in(administrator).post(f"/staff/event-types/{kind.id}", data=described(form="webinar"))
    db.session.refresh(event)
    assert (kind.maximum, event.capacity) == (12, 50)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"titles_ru": ""}, "на языке центра"),
        ({"minimum": "13"}, "от 13 до 1000"),
        ({"minutes": "41"}, "40"),
        ({"maximum": "много"}, "error"),
        ({"form": "concert"}, "error"),
    ],
)
def test_what_breaks_the_rules_is_said_beside_its_field_and_nothing_typed_is_lost(
    sign_in: SignIn, centre: Centre, administrator: Staff, wrong: dict[str, str], says: str
) -> None:
    answer = sign_in(administrator).post("/staff/event-types/new", data=described(**wrong))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert says in page
    assert 'value="бумага, ножницы"' in page
    assert event_types.of_centre(centre) == []
