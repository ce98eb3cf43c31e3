"""The staff as the administrator keeps it."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import NOW, make_centre, make_consultation, make_specialist, make_staff
from webapp.models import Centre, Invitation, Letter, Staff, db
from webapp.rules.permissions import Role
from webapp.services.centre import sign_in as sign_ins
from webapp.services.pages import personal_links

Signed = Callable[[Staff], FlaskClient]


@pytest.fixture
def administrator(app: Flask) -> Staff:
    return make_staff(make_centre(), Role.ADMINISTRATOR)


def _centre(person: Staff) -> Centre:
    return db.session.get_one(Centre, person.centre_id)


def described(**values: Any) -> dict[str, Any]:
    return {
        "name": "Пётр Ильич Дёмин",
        "email": "Dyomin@School.example",
        "roles": ["specialist"],
        "profession": "social_pedagogue",
        "phone": "+7 343 000-12-17",
        "language": "ru",
        **values,
    }


def newest() -> Staff:
    return db.session.scalars(sa.select(Staff).order_by(Staff.id.desc()).limit(1)).one()


def test_inviting_writes_a_letter_and_shows_the_link(sign_in: Signed, administrator: Staff) -> None:
    client = sign_in(administrator)
    answer = client.post("/staff/people/new", data=described())
    person = newest()
    assert (person.email, person.phone, person.centre_id) == (
        "dyomin@school.example", "+73430001217", administrator.centre_id,
    )  # fmt: skip
    invitation = db.session.scalars(sa.select(Invitation)).one()
    letter = db.session.scalars(sa.select(Letter)).one()
    assert (letter.kind, letter.recipient, letter.facts) == (
        "staff_invitation", "dyomin@school.example", {"invitation_id": invitation.id},
    )  # fmt: skip
    assert "http://kenes.example/staff/invitation/" in client.get(answer.location).get_data(as_text=True)


def test_the_link_that_is_shown_opens(sign_in: Signed, administrator: Staff, app: Flask) -> None:
    client = sign_in(administrator)
    page = client.get(client.post("/staff/people/new", data=described()).location).get_data(as_text=True)
    link = page.split('value="http://kenes.example', 1)[1].split('"', 1)[0]
    assert app.test_client().get(link).status_code == 200


def test_a_new_specialist_has_a_calendar_feed(sign_in: Signed, administrator: Staff) -> None:
    sign_in(administrator).post("/staff/people/new", data=described())
    assert personal_links.token_of(personal_links.FEED, staff_id=newest().id)


@pytest.mark.parametrize(
    ("field", "value"),
    [("email", "no-at"), ("email", ""), ("name", ""), ("roles", []), ("profession", ""), ("phone", "12")],
)
def test_what_is_wrong_is_refused_and_nothing_typed_is_lost(
    sign_in: Signed, administrator: Staff, field: str, value: Any
) -> None:
    data = described(**{field: value})
    answer = sign_in(administrator).post("/staff/people/new", data=data)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.get_data(as_text=True)
    kept = "Пётр Ильич Дёмин" if field != "name" else "Dyomin@School.example"
    assert kept in answer.get_data(as_text=True)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Staff)) == 1


def test_an_address_that_is_taken_anywhere_is_refused(sign_in: Signed, administrator: Staff) -> None:
    other = make_staff(make_centre(), Role.REGISTRAR, email="dyomin@school.example")
    answer = sign_in(administrator).post("/staff/people/new?lang=en", data=described())
    assert answer.status_code == 422
    assert "Somebody signs in with this address already." in answer.get_data(as_text=True)
    assert newest().id == other.id


def test_roles_are_given_and_taken(sign_in: Signed, administrator: Staff) -> None:
    person = make_specialist(_centre(administrator))
    data = described(email=person.email, roles=["methodist", "registrar"], profession="")
    sign_in(administrator).post(f"/staff/people/{person.id}", data=data)
    db.session.refresh(person)
    assert person.roles == {"methodist", "registrar"}


def test_nobody_takes_the_management_from_themselves(sign_in: Signed, administrator: Staff) -> None:
    data = described(email=administrator.email, roles=["registrar"], profession="")
    assert sign_in(administrator).post(f"/staff/people/{administrator.id}", data=data).status_code == 422
    db.session.refresh(administrator)
    assert administrator.roles == {"administrator"}


def test_closing_signs_out_everywhere_and_kills_feed_and_invitation(
    sign_in: Signed, administrator: Staff
) -> None:
    client = sign_in(administrator)
    client.post("/staff/people/new", data=described())
    person = newest()
    feed = personal_links.token_of(personal_links.FEED, staff_id=person.id)
    theirs = sign_in(person)
    client.post(f"/staff/people/{person.id}/deactivate")
    assert theirs.get("/staff/day").status_code == 302
    assert personal_links.find(feed, (personal_links.FEED,), NOW) is None
    assert db.session.scalar(sa.select(sa.func.max(Invitation.expires_at))) == NOW


def test_who_comes_back_gets_another_feed(sign_in: Signed, administrator: Staff) -> None:
    client = sign_in(administrator)
    client.post("/staff/people/new", data=described())
    person = newest()
    before = personal_links.token_of(personal_links.FEED, staff_id=person.id)
    client.post(f"/staff/people/{person.id}/deactivate")
    client.post(f"/staff/people/{person.id}/activate")
    after = personal_links.token_of(personal_links.FEED, staff_id=person.id)
    assert after and after != before


def test_nobody_closes_their_own_access(sign_in: Signed, administrator: Staff) -> None:
    assert sign_in(administrator).post(f"/staff/people/{administrator.id}/deactivate").status_code == 409
    db.session.refresh(administrator)
    assert administrator.active


def test_consultations_that_lie_ahead_of_a_closed_person_are_named(
    sign_in: Signed, administrator: Staff
) -> None:
    centre = _centre(administrator)
    specialist = make_specialist(centre)
    make_consultation(centre, specialist)
    client = sign_in(administrator)
    client.post(f"/staff/people/{specialist.id}/deactivate")
    page = client.get(f"/staff/people/{specialist.id}?lang=en").get_data(as_text=True)
    assert "still planned with this person: 1" in page


def test_a_new_link_kills_the_old_one(sign_in: Signed, administrator: Staff) -> None:
    person = make_staff(_centre(administrator), Role.REGISTRAR)
    old = sign_ins.invite(person, NOW, invited_by=None)
    client = sign_in(administrator)
    client.post(f"/staff/people/{person.id}/invite")
    assert sign_ins.find_invitation(old, NOW) is None


@pytest.mark.parametrize("path", ["", "/invite", "/deactivate", "/activate"])
def test_the_staff_of_another_centre_are_nobody_here(
    sign_in: Signed, administrator: Staff, path: str
) -> None:
    stranger = make_staff(make_centre(), Role.REGISTRAR)
    client = sign_in(administrator)
    assert client.post(f"/staff/people/{stranger.id}{path}", data=described()).status_code == 404


def test_the_list_shows_only_this_centre_in_few_queries(sign_in: Signed, administrator: Staff) -> None:
    for _number in range(20):
        make_staff(_centre(administrator), Role.REGISTRAR)
    stranger = make_staff(make_centre(), Role.REGISTRAR, name="Чужой Человек")
    client = sign_in(administrator)
    asked: list[str] = []

    def remember(*args: Any) -> None:
        if args[2].startswith("SELECT"):
            asked.append(args[2])

    sa.event.listen(db.engine, "before_cursor_execute", remember)
    page = client.get("/staff/people").get_data(as_text=True)
    sa.event.remove(db.engine, "before_cursor_execute", remember)
    assert stranger.name not in page and page.count("person__face") == 21
    assert len(asked) <= 12
