"""A form that can't be taken comes back with everything that was typed, or with its words to copy."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from html5lib import parse

from tests.factories import NOW, ask, make_centre, make_deputy, make_request, make_staff
from webapp.extensions import limiter
from webapp.models import HelpRequest, Staff, db
from webapp.rules.permissions import Role
from webapp.services.help_requests import answers

SignIn = Callable[[Staff], FlaskClient]

HERE = {"Origin": "http://localhost"}
WORDS = 'Сын "Тёма" боится\nидти в <школу>'


@pytest.fixture
def guarded(app: Flask) -> Iterator[FlaskClient]:
    """With the token against forged requests."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield app.test_client()
    app.config["WTF_CSRF_ENABLED"] = False


@pytest.fixture
def limited(app: Flask) -> Iterator[FlaskClient]:
    """With limits by source, all of them fresh."""
    limiter.enabled = True
    limiter.reset()
    yield app.test_client()
    limiter.reset()
    limiter.enabled = False


def hidden_fields(page: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for field in parse(page, namespaceHTMLElements=False).iter("input"):
        if field.get("type") == "hidden":
            found.setdefault(field.get("name"), []).append(field.get("value"))
    return found


def test_an_expired_form_comes_back_and_can_be_sent_again(guarded: FlaskClient) -> None:
    receipt = ask(make_centre())
    db.session.commit()
    address = f"/f/{receipt.page_token}/suggest"
    expired = guarded.post(address, data={"words": WORDS, "csrf_token": "old"}, headers=HERE)
    assert expired.status_code == 400
    fields = hidden_fields(expired.get_data(as_text=True))
    assert fields["words"] == [WORDS]
    assert fields["csrf_token"] != ["old"]
    again = guarded.post(address, data=fields, headers=HERE)
    assert again.status_code == 302


def test_every_choice_of_an_expired_form_is_kept(guarded: FlaskClient) -> None:
    centre = make_centre()
    db.session.commit()
    sent = {"more": ["one", "two"], "words": WORDS}
    page = guarded.post(f"/c/{centre.slug}/ask", data=sent, headers=HERE).get_data(as_text=True)
    assert hidden_fields(page)["more"] == ["one", "two"]


def test_a_form_from_another_site_is_not_handed_on(guarded: FlaskClient) -> None:
    receipt = ask(make_centre())
    db.session.commit()
    for headers in ({"Origin": "https://evil.example"}, {"Referer": "https://evil.example/localhost"}, {}):
        page = guarded.post(f"/f/{receipt.page_token}/consent", data={"words": WORDS}, headers=headers)
        assert hidden_fields(page.get_data(as_text=True)) == {}


def test_a_password_is_never_handed_back(guarded: FlaskClient) -> None:
    page = guarded.post(
        "/staff/sign-in", data={"email": "a@b.example", "password": "a secret sentence"}, headers=HERE
    ).get_data(as_text=True)
    assert "a secret sentence" not in page
    assert hidden_fields(page) == {}


def test_too_many_tries_lose_nothing_that_was_typed(limited: FlaskClient) -> None:
    centre = make_centre()
    db.session.commit()
    for _ in range(60):
        limited.post(f"/c/{centre.slug}/ask", data={"show_from": "2026-11-26"})
    refused = limited.post(f"/c/{centre.slug}/ask", data={"words": WORDS}, headers=HERE)
    assert refused.status_code == 429
    assert hidden_fields(refused.get_data(as_text=True))["words"] == [WORDS]


def test_whoever_was_signed_out_meanwhile_can_sign_in_and_send_again(client: FlaskClient) -> None:
    request = make_request(make_centre())
    db.session.commit()
    page = client.post(f"/staff/requests/{request.id}/decline", data={"reason": WORDS}, headers=HERE)
    assert page.status_code == 401
    assert hidden_fields(page.get_data(as_text=True))["reason"] == [WORDS]


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("decline", {"reason": WORDS, "advice": "Служба доверия"}),
        ("answered-by-phone", {"minutes": "10", "outcome": "Обсудили всё"}),
    ],
)
def test_an_answer_that_a_colleague_overtook_stays_to_be_copied(
    app: Flask, sign_in: SignIn, path: str, data: dict[str, str]
) -> None:
    centre = make_centre()
    deputy, colleague = make_deputy(centre), make_staff(centre, Role.HEAD)
    request = make_request(centre)
    answers.decline(request, "Решает школа", "", NOW, staff_id=colleague.id)
    response = sign_in(deputy).post(f"/staff/requests/{request.id}/{path}?lang=en", data=data)
    page = parse(response.get_data(as_text=True), namespaceHTMLElements=False)
    kept = [field.text for field in page.iter("textarea")]
    assert [text for text in data.values() if " " in text] == kept
    assert "Решает школа" in response.get_data(as_text=True)


def test_a_wish_that_came_too_late_stays_to_be_copied(client: FlaskClient, app: Flask) -> None:
    centre = make_centre()
    receipt = ask(centre)
    answers.decline(receipt.request, "Решает школа", "", NOW, staff_id=make_deputy(centre).id)
    db.session.commit()
    response = client.post(f"/f/{receipt.page_token}/suggest?lang=ru", data={"words": WORDS})
    page = response.get_data(as_text=True)
    assert [field.text for field in parse(page, namespaceHTMLElements=False).iter("textarea")] == [WORDS]
    assert "Решает школа" in page


def test_a_wish_that_is_too_long_stays_in_its_field(client: FlaskClient, app: Flask) -> None:
    receipt = ask(make_centre())
    db.session.commit()
    long = "вечером " * 200
    response = client.post(f"/f/{receipt.page_token}/suggest?lang=en", data={"words": long})
    assert response.status_code == 422
    page = response.get_data(as_text=True)
    assert long in page and "The text is too long" in page
    assert f'href="/f/{receipt.page_token}?lang=kk"' in page
    assert db.session.get_one(HelpRequest, receipt.request.id).state == "received"
