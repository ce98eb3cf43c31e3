"""Signing in and out, invitations, one's own settings."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import NOW, make_centre, make_deputy, make_specialist, make_staff
from webapp.blueprints.auth.signing_in import safe_next
from webapp.models import SignInAttempt, Staff, StaffSession, db
from webapp.rules.permissions import Role
from webapp.services.centre import sign_in as sign_ins

PASSWORD = "ясень стоит у ворот"


@pytest.fixture(scope="module")
def password_hash() -> str:
    return sign_ins.hasher.hash(PASSWORD)


@pytest.fixture
def deputy(app: Flask, password_hash: str) -> Staff:
    deputy = make_deputy(make_centre(), email="deputy@school.example", password_hash=password_hash)
    db.session.commit()
    return deputy


def enter(
    client: FlaskClient, password: str = PASSWORD, email: str = "deputy@school.example", where: str = ""
):
    return client.post(f"/staff/sign-in{where}", data={"email": email, "password": password})


def test_the_right_password_opens_the_first_section(client: FlaskClient, deputy: Staff) -> None:
    answer = enter(client)
    assert answer.status_code == 302 and answer.location == "/staff/"
    assert client.get("/staff/").location == "/staff/requests"
    assert client.get("/staff/requests").status_code == 200


def test_the_address_may_be_typed_in_capitals(client: FlaskClient, deputy: Staff) -> None:
    assert enter(client, email=" Deputy@School.example ").status_code == 302


def test_wrong_password_and_unknown_address_read_alike(client: FlaskClient, deputy: Staff) -> None:
    wrong = enter(client, "не тот пароль совсем")
    unknown = enter(client, email="deputi@school.example")
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.get_data(as_text=True) == unknown.get_data(as_text=True).replace(
        "deputi@school.example", "deputy@school.example"
    )


def test_a_failure_is_kept_though_the_page_refuses(client: FlaskClient, deputy: Staff) -> None:
    enter(client, "не тот пароль совсем")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SignInAttempt)) == 1


def test_five_failures_lock_the_account_even_for_the_right_password(
    client: FlaskClient, deputy: Staff
) -> None:
    for _number in range(5):
        enter(client, "не тот пароль совсем")
    assert enter(client).status_code == 422


def test_the_lock_opens_after_a_quarter_of_an_hour(client: FlaskClient, deputy: Staff, clock) -> None:
    for _number in range(5):
        enter(client, "не тот пароль совсем")
    clock.move_to(NOW + timedelta(minutes=16))
    assert enter(client).status_code == 302


def test_who_was_never_invited_cannot_enter_with_an_empty_password(app: Flask, client: FlaskClient) -> None:
    make_deputy(make_centre(), email="deputy@school.example")
    db.session.commit()
    assert enter(client, " ").status_code == 422


def test_a_closed_account_stays_out(client: FlaskClient, deputy: Staff) -> None:
    deputy.active = False
    db.session.commit()
    assert enter(client).status_code == 422


def test_signing_in_gives_a_new_session(client: FlaskClient, deputy: Staff) -> None:
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"
    enter(client)
    with client.session_transaction() as session:
        assert "planted" not in session


def test_signing_out_ends_the_row_so_that_a_copied_cookie_is_dead(client: FlaskClient, deputy: Staff) -> None:
    enter(client)
    with client.session_transaction() as session:
        copied = dict(session)
    client.post("/staff/sign-out")
    with client.session_transaction() as session:
        session.update(copied)
    assert client.get("/staff/requests").location.startswith("/staff/sign-in")
    assert db.session.scalar(sa.select(StaffSession.ended_at)) == NOW


@pytest.mark.parametrize("address", ["/staff/journal?year=2026", "/staff/"])
def test_a_page_of_the_staff_is_returned_to(client: FlaskClient, deputy: Staff, address: str) -> None:
    assert enter(client, where="?next=" + address.replace("?", "%3F")).location == address


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/staff/",
        "//evil.example/staff/",
        "/\\evil.example/staff/",
        "/staff/../demo/",
        "/staff/\t/evil.example",
        "javascript:alert(1)",
        "/f/token",
        "/staffless",
        "",
    ],
)
def test_any_other_address_is_not_returned_to(address: str) -> None:
    assert safe_next(address) is None


def test_a_page_of_the_staff_asks_to_sign_in_first_and_remembers_itself(
    client: FlaskClient, app: Flask
) -> None:
    assert client.get("/staff/journal?year=2026").location == "/staff/sign-in?next=/staff/journal?year%3D2026"


@pytest.mark.parametrize(
    ("role", "section"),
    [
        (Role.DEPUTY_DIRECTOR, "/staff/requests"),
        (Role.HEAD, "/staff/requests"),
        (Role.METHODIST, "/staff/requests"),
        (Role.SPECIALIST, "/staff/day"),
        (Role.REGISTRAR, "/staff/calls"),
        (Role.ADMINISTRATOR, "/staff/centre"),
    ],
)
def test_home_is_the_first_section_of_the_role_and_opens(
    app: Flask, sign_in: Callable[[Staff], FlaskClient], role: Role, section: str
) -> None:
    client = sign_in(make_staff(make_centre(), role, profession="psychologist"))
    assert client.get("/staff/").location == section
    assert client.get(section).status_code == 200


# --- Invitations -------------------------------------------------------------------------------------------


def invited(staff: Staff) -> str:
    token = sign_ins.invite(staff, NOW, invited_by=None)
    db.session.commit()
    return f"/staff/invitation/{token}"


def test_an_invitation_names_the_person_and_opening_it_changes_nothing(
    app: Flask, client: FlaskClient
) -> None:
    staff = make_staff(make_centre(), Role.REGISTRAR)
    address = invited(staff)
    page = client.get(address).get_data(as_text=True)
    assert staff.name in page and staff.email in page
    assert client.get(address).status_code == 200


def test_accepting_sets_the_password_and_signs_in(app: Flask, client: FlaskClient) -> None:
    staff = make_staff(make_centre(), Role.REGISTRAR)
    address = invited(staff)
    assert client.post(address, data={"password": PASSWORD, "again": PASSWORD}).location == "/staff/"
    assert client.get("/staff/calls").status_code == 200
    assert sign_ins.check_password(staff.email, PASSWORD).id == staff.id


def test_an_accepted_invitation_is_dead(app: Flask, client: FlaskClient) -> None:
    address = invited(make_staff(make_centre(), Role.REGISTRAR))
    client.post(address, data={"password": PASSWORD, "again": PASSWORD})
    assert app.test_client().get(address).status_code == 404


def test_an_invitation_dies_after_a_week(app: Flask, client: FlaskClient, clock) -> None:
    address = invited(make_staff(make_centre(), Role.REGISTRAR))
    clock.move_to(NOW + timedelta(days=7))
    assert client.get(address).status_code == 404


def test_a_newer_invitation_kills_the_older(app: Flask, client: FlaskClient) -> None:
    staff = make_staff(make_centre(), Role.REGISTRAR)
    older, newer = invited(staff), invited(staff)
    assert client.get(older).status_code == 404
    assert client.get(newer).status_code == 200


@pytest.mark.parametrize(
    "data", [{"password": "short", "again": "short"}, {"password": PASSWORD, "again": "x"}]
)
def test_a_weak_or_mistyped_password_is_refused_and_the_link_lives(
    app: Flask, client: FlaskClient, data: dict[str, str]
) -> None:
    address = invited(make_staff(make_centre(), Role.REGISTRAR))
    assert client.post(address, data=data).status_code == 422
    assert client.get(address).status_code == 200


# --- One's own settings ---


def test_the_own_language_is_kept_and_read_at_once(
    sign_in: Callable[[Staff], FlaskClient], deputy: Staff
) -> None:
    client = sign_in(deputy)
    client.post("/staff/me", data={"language": "kk", "phone": "8 343 000-12-14"})
    db.session.refresh(deputy)
    assert (deputy.language, deputy.phone) == ("kk", "+73430001214")
    assert '<html lang="kk">' in client.get("/staff/me").get_data(as_text=True)


def test_the_morning_letter_is_switched_off_and_on_by_oneself(
    sign_in: Callable[[Staff], FlaskClient], deputy: Staff
) -> None:
    client, own = sign_in(deputy), {"language": "ru", "phone": ""}
    for sent, kept in ((own, False), ({**own, "morning_letter": "y"}, True)):
        client.post("/staff/me", data=sent)
        db.session.refresh(deputy)
        assert deputy.morning_letter is kept


def test_a_wrong_phone_stands_beside_its_field_and_is_not_lost(
    sign_in: Callable[[Staff], FlaskClient], deputy: Staff
) -> None:
    answer = sign_in(deputy).post("/staff/me", data={"language": "ru", "phone": "12"})
    assert answer.status_code == 422
    assert 'value="12"' in answer.get_data(as_text=True)


def test_a_new_password_signs_out_elsewhere_but_not_here(
    sign_in: Callable[[Staff], FlaskClient], deputy: Staff
) -> None:
    elsewhere, here = sign_in(deputy), sign_in(deputy)
    new = "берёза под окном у дома"
    here.post("/staff/me/password", data={"old": PASSWORD, "password": new, "again": new})
    assert elsewhere.get("/staff/me").status_code == 302
    assert here.get("/staff/me").status_code == 200
    assert sign_ins.check_password(deputy.email, new).id == deputy.id


def test_without_the_present_password_there_is_no_new_one(
    sign_in: Callable[[Staff], FlaskClient], deputy: Staff
) -> None:
    data = {"old": "не тот", "password": "берёза под окном", "again": "берёза под окном"}
    assert sign_in(deputy).post("/staff/me/password", data=data).status_code == 422
    assert sign_ins.check_password(deputy.email, PASSWORD).id == deputy.id


def test_signing_out_everywhere_ends_every_browser(
    sign_in: Callable[[Staff], FlaskClient], app: Flask
) -> None:
    specialist = make_specialist(make_centre())
    one, other = sign_in(specialist), sign_in(specialist)
    one.post("/staff/me/sign-out-everywhere")
    assert one.get("/staff/me").status_code == other.get("/staff/me").status_code == 302
