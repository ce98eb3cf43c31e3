"""Pages of the mailing: asking, the owner's yes, leaving by one click, and the sender's page."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import (
    NOW,
    ask,
    make_centre,
    make_deputy,
    make_event,
    make_specialist,
    make_topic,
    register,
    subscribe,
)
from webapp import links
from webapp.models import Centre, GroupEvent, Letter, Mailing, Registration, Staff, Subscriber, db
from webapp.services.pages import personal_links

SignIn = Callable[[Staff], FlaskClient]
ADDRESS = "reader@home.example"


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def host(centre: Centre) -> Staff:
    return make_specialist(centre)


@pytest.fixture
def event(centre: Centre, host: Staff) -> GroupEvent:
    return make_event(centre, host)


def page_of(subscriber: Subscriber) -> str:
    db.session.commit()
    return f"/m/{links.token(links.SUBSCRIBER, subscriber.salt)}"


def subscribers() -> list[Subscriber]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Subscriber).order_by(Subscriber.id)))


def post(client: FlaskClient, centre: Centre, **fields: object) -> tuple[int, str]:
    data = {"email": ADDRESS, "consent": "y", **fields}
    answer = client.post(f"/c/{centre.slug}/mailing", data=data, follow_redirects=True)
    return answer.status_code, answer.get_data(as_text=True)


def without_token(page: str) -> str:
    return re.sub(r'name="csrf_token" value="[^"]*"', "", page)


def test_the_answer_tells_nobody_whether_an_address_is_known(client: FlaskClient, centre: Centre) -> None:
    subscribe(centre, email="known@home.example")
    db.session.commit()
    new = post(client, centre, email="new@home.example")
    known = post(client, centre, email="known@home.example")
    robot = post(client, centre, email="robot@home.example", website="http://spam.example")
    assert new[0] == known[0] == robot[0] == 200
    assert without_token(new[1]) == without_token(known[1]) == without_token(robot[1])
    assert [one.email for one in subscribers()] == ["known@home.example", "new@home.example"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"email": ""}, "Укажите"),
        ({"email": "reader"}, "нет @"),
        ({"consent": ""}, "без Вашего согласия"),
    ],
)
def test_what_is_missing_is_said_beside_the_field_and_the_rest_stays(
    client: FlaskClient, centre: Centre, fields: dict[str, str], words: str
) -> None:
    topic = make_topic(centre)
    db.session.commit()
    status, page = post(client, centre, topics=[topic.id], **fields)
    assert status == 422
    assert words in page
    assert f'value="{topic.id}" checked' in page
    assert not subscribers()


def test_a_topic_that_is_no_number_is_no_error_of_ours(client: FlaskClient, centre: Centre) -> None:
    db.session.commit()
    assert post(client, centre, topics=["all"])[0] in (200, 422)


def test_opening_the_letters_page_subscribes_nobody_and_the_button_does(
    client: FlaskClient, centre: Centre
) -> None:
    topic = make_topic(centre)
    db.session.commit()
    post(client, centre)
    page = page_of(subscribers()[0])
    assert ADDRESS in client.get(page).get_data(as_text=True)
    assert subscribers()[0].state == "pending"
    answer = client.post(f"{page}/confirm", data={"topics": [topic.id]}, follow_redirects=True)
    assert f'value="{topic.id}" checked' in answer.get_data(as_text=True)
    assert subscribers()[0].state == "active"


def test_a_mail_program_leaves_by_one_post_without_cookie_or_redirect(app: Flask, centre: Centre) -> None:
    page = page_of(subscribe(centre))
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        answer = app.test_client(use_cookies=False).post(
            f"{page}/leave", data={"List-Unsubscribe": "One-Click"}
        )
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert answer.status_code == 200
    assert "Location" not in answer.headers
    assert subscribers()[0].state == "left"


def test_a_scanner_that_opens_every_link_ends_nothing(client: FlaskClient, centre: Centre) -> None:
    page = page_of(subscribe(centre))
    for part in ("", "/leave", "/not-me"):
        assert client.get(page + part).status_code == 200
    assert subscribers()[0].state == "active"


def test_leaving_twice_is_leaving_and_leaves_registrations_alone(
    client: FlaskClient, centre: Centre, event: GroupEvent
) -> None:
    register(event, email=ADDRESS)
    page = page_of(subscribe(centre, email=ADDRESS))
    for _ in range(2):
        assert client.post(f"{page}/leave").status_code == 200
    assert db.session.execute(sa.select(Registration.state)).scalar_one() == "seated"


def test_who_left_by_mistake_comes_back_by_the_same_link(client: FlaskClient, centre: Centre) -> None:
    page = page_of(subscribe(centre))
    client.post(f"{page}/leave")
    client.post(f"{page}/confirm")
    assert subscribers()[0].state == "active"


def test_not_me_deletes_the_address_and_the_link_with_it(client: FlaskClient, centre: Centre) -> None:
    db.session.commit()
    post(client, centre)
    page = page_of(subscribers()[0])
    assert client.post(f"{page}/not-me", follow_redirects=True).status_code == 200
    assert not subscribers()
    answer = client.get(page)
    assert answer.status_code == 404
    assert ADDRESS not in answer.get_data(as_text=True)
    assert post(client, centre)[0] == 200  # the answer is the same, a letter is not written
    assert not subscribers()


def test_pages_of_a_subscription_are_kept_by_nobody(client: FlaskClient, centre: Centre) -> None:
    assert client.get(page_of(subscribe(centre))).headers["Cache-Control"] == "no-store"


# --- The box of another form -------------------------------------------------------------------------------


def seat_of(event: GroupEvent, **values: object) -> str:
    registration = register(event, email=ADDRESS, **values)
    token = personal_links.token_of(personal_links.SEAT, registration_id=registration.id)
    db.session.commit()
    return f"/f/{token}"


def test_a_participant_who_ticked_the_box_is_asked_on_the_page_of_the_letter(
    client: FlaskClient, event: GroupEvent
) -> None:
    page = seat_of(event, mailing=True)
    assert f"{page}/mailing" in client.get(page).get_data(as_text=True)
    client.post(f"{page}/mailing")
    assert [one.state for one in subscribers()] == ["active"]
    assert f"{page}/mailing" not in client.get(page).get_data(as_text=True)


def test_who_did_not_tick_it_is_not_asked(client: FlaskClient, event: GroupEvent) -> None:
    page = seat_of(event)
    assert f"{page}/mailing" not in client.get(page).get_data(as_text=True)


def test_confirming_the_seat_is_no_yes_to_the_mailing(client: FlaskClient, event: GroupEvent) -> None:
    page = seat_of(event, mailing=True)
    client.post(f"{page}/confirm")
    assert not subscribers()


def test_a_no_is_taken_once_and_for_all(client: FlaskClient, event: GroupEvent) -> None:
    page = seat_of(event, mailing=True)
    client.post(f"{page}/no-mailing")
    assert f"{page}/mailing" not in client.get(page).get_data(as_text=True)
    assert not subscribers()


@pytest.mark.parametrize(("purpose", "state"), [("letter", "active"), ("page", None)])
def test_a_family_says_yes_by_the_link_of_a_letter_only(
    client: FlaskClient, centre: Centre, purpose: str, state: str | None
) -> None:
    request = ask(centre, email=ADDRESS, mailing=True).request
    token = personal_links.token_of(purpose, help_request_id=request.id)
    db.session.commit()
    shown = f"/f/{token}/mailing" in client.get(f"/f/{token}").get_data(as_text=True)
    assert shown == (state is not None)
    client.post(f"/f/{token}/mailing")
    assert [one.state for one in subscribers()] == ([state] if state else [])


# --- The sender's page -------------------------------------------------------------------------------------


def test_a_host_sees_how_many_get_it_before_sending_and_how_far_it_is_after(
    centre: Centre, event: GroupEvent, host: Staff, sign_in: SignIn
) -> None:
    for _ in range(3):
        subscribe(centre)
    client = sign_in(host)
    address = f"/staff/events/{event.id}/mailing"
    assert "Писем: 3" in client.get(address).get_data(as_text=True)
    assert db.session.scalar(sa.select(sa.func.count(Mailing.id))) == 0
    shown = client.post(address, follow_redirects=True).get_data(as_text=True)
    assert "отправляется" in shown
    assert "@home.example" not in shown


def test_a_second_press_is_refused_kindly_and_sends_nothing(
    centre: Centre, event: GroupEvent, host: Staff, sign_in: SignIn
) -> None:
    subscribe(centre)
    client = sign_in(host)
    address = f"/staff/events/{event.id}/mailing"
    client.post(address)
    assert client.post(address).status_code == 422
    assert db.session.scalar(sa.select(sa.func.count(Mailing.id))) == 1


@pytest.mark.parametrize(
    ("steps", "state"),
    [(["pause"], "paused"), (["pause", "go-on"], "sending"), (["stop"], "stopped")],
)
def test_it_is_paused_taken_up_and_stopped(
    centre: Centre, event: GroupEvent, host: Staff, sign_in: SignIn, steps: list[str], state: str
) -> None:
    subscribe(centre)
    client = sign_in(host)
    client.post(f"/staff/events/{event.id}/mailing")
    for step in steps:
        assert client.post(f"/staff/events/{event.id}/mailing/{step}").status_code == 302
    assert db.session.execute(sa.select(Mailing.state)).scalar_one() == state


def test_a_step_that_leads_nowhere_says_how_it_stands(
    centre: Centre, event: GroupEvent, host: Staff, sign_in: SignIn
) -> None:
    subscribe(centre)
    client = sign_in(host)
    client.post(f"/staff/events/{event.id}/mailing")
    assert client.post(f"/staff/events/{event.id}/mailing/go-on").status_code == 409


def test_a_colleague_who_does_not_hold_it_sends_nothing_and_the_deputy_may(
    centre: Centre, event: GroupEvent, sign_in: SignIn
) -> None:
    subscribe(centre)
    address = f"/staff/events/{event.id}/mailing"
    assert sign_in(make_specialist(centre)).post(address).status_code == 404
    assert sign_in(make_deputy(centre)).post(address).status_code == 302


def test_letters_in_doubt_wait_for_a_persons_word(
    centre: Centre, event: GroupEvent, host: Staff, sign_in: SignIn
) -> None:
    subscriber = subscribe(centre)
    client = sign_in(host)
    client.post(f"/staff/events/{event.id}/mailing")
    mailing = db.session.scalars(sa.select(Mailing)).one()
    db.session.add(
        Letter(
            centre_id=centre.id, kind="mailing", dedupe_key="one", recipient=subscriber.email, language="ru",
            mailing_id=mailing.id, subscriber_id=subscriber.id, group_event_id=event.id, message_id="<one>",
            facts={"is_new_time": False}, created_at=NOW, due_at=NOW, state="uncertain",
        )
    )  # fmt: skip
    db.session.commit()
    page = client.get(f"/staff/events/{event.id}/mailing").get_data(as_text=True)
    assert "Возможно, отправлено: 1" in page
    client.post(f"/staff/events/{event.id}/mailing/let-be")
    assert (
        db.session.execute(sa.select(Letter.state).where(Letter.dedupe_key == "one")).scalar_one()
        == "dropped"
    )
