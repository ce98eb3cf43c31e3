import re
from datetime import timedelta

import html5lib
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import NOW, THURSDAY_NINE, ask, make_centre, make_specialist, make_topic
from webapp.models import Centre, Consultation, HelpRequest, WishedTime, db

FORM = {
    "words": "Дочь боится идти в школу",
    "specialist": "any",
    "first": "any",
    "means": "video",
    "email": "mother@home.example",
    "zone": "Europe/Moscow",
    "consent": "y",
}


def address(centre: Centre) -> str:
    return f"/c/{centre.slug}/ask"


def the_request() -> HelpRequest:
    return db.session.scalars(sa.select(HelpRequest)).one()


@pytest.fixture
def centre(app: Flask) -> Centre:
    centre = make_centre()
    db.session.commit()
    return centre


def test_after_asking_a_parent_sees_number_last_day_and_own_link(client: FlaskClient, centre: Centre) -> None:
    page = client.post(address(centre), data=FORM, follow_redirects=True).get_data(as_text=True)
    assert "2026-1" in page
    assert "27" in page
    assert "http://kenes.example/f/" in page


def test_the_personal_page_is_never_kept_by_caches(client: FlaskClient, centre: Centre) -> None:
    response = client.post(address(centre), data=FORM, follow_redirects=True)
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("language", ["ru", "kk", "en"])
def test_the_page_opens_in_every_language(client: FlaskClient, centre: Centre, language: str) -> None:
    response = client.get(f"{address(centre)}?lang={language}")
    assert response.status_code == 200
    assert f'<html lang="{language}">' in response.get_data(as_text=True)


def test_a_request_keeps_the_language_in_which_it_was_asked(client: FlaskClient, centre: Centre) -> None:
    client.get(f"{address(centre)}?lang=kk")
    client.post(address(centre), data=FORM)
    assert the_request().language == "kk"


def test_the_first_time_is_held_and_the_others_are_wishes(client: FlaskClient, app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    db.session.commit()
    times = [(THURSDAY_NINE + timedelta(minutes=40 * number)).isoformat() for number in range(3)]
    client.post(
        address(centre), data={**FORM, "specialist": specialist.id, "first": times[0], "more": times[1:]}
    )
    wished = db.session.scalars(sa.select(WishedTime).order_by(WishedTime.position)).all()
    assert [wish.starts_at.isoformat() for wish in wished] == times


def test_a_time_that_has_just_gone_is_answered_with_what_is_free_that_day(
    client: FlaskClient, app: Flask
) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    ask(centre, at=THURSDAY_NINE, specialist=specialist)
    db.session.commit()
    response = client.post(address(centre), data={**FORM, "first": THURSDAY_NINE.isoformat()})
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert "09:40" in page
    assert "Дочь боится идти в школу" in page


def test_only_times_of_those_who_answer_for_the_topic_are_named_instead(
    client: FlaskClient, app: Flask
) -> None:
    centre = make_centre()
    able = make_specialist(centre)
    make_specialist(centre)  # is free then, and has nothing to do with the topic
    topic = make_topic(centre, able)
    ask(centre, at=THURSDAY_NINE, specialist=able)
    db.session.commit()
    data = {**FORM, "topic": topic.id, "first": THURSDAY_NINE.isoformat()}
    page = client.post(f"{address(centre)}?lang=en", data=data).get_data(as_text=True)
    assert "That time is not free. Free the same day: 09:40" in page


@pytest.mark.parametrize("first", ["", THURSDAY_NINE.isoformat()])
def test_a_form_that_is_sent_once_more_makes_no_second_request(
    client: FlaskClient, app: Flask, first: str
) -> None:
    centre = make_centre()
    make_specialist(centre)
    make_specialist(centre)  # has the same time free
    db.session.commit()
    client.post(address(centre), data={**FORM, "first": first})
    again = client.post(f"{address(centre)}?lang=en", data={**FORM, "first": first})
    assert again.status_code == 422
    assert "This request is with us already" in again.get_data(as_text=True)
    assert the_request().state == "received"


def test_another_question_of_the_same_family_is_a_request_of_its_own(
    client: FlaskClient, centre: Centre
) -> None:
    client.post(address(centre), data=FORM)
    client.post(address(centre), data={**FORM, "words": "И ещё о младшем сыне"})
    assert db.session.scalar(sa.select(sa.func.count()).select_from(HelpRequest)) == 2


def test_nobody_elsewhere_learns_that_an_address_has_asked(client: FlaskClient, app: Flask) -> None:
    centre = make_centre()
    ask(centre, email=FORM["email"], at=THURSDAY_NINE, specialist=make_specialist(centre), source_hash="home")
    db.session.commit()
    answer = client.post(f"{address(centre)}?lang=en", data={**FORM, "first": THURSDAY_NINE.isoformat()})
    assert "with us already" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("field", ["topic", "specialist"])
def test_what_left_the_list_meanwhile_is_to_be_chosen_again(
    client: FlaskClient, centre: Centre, field: str
) -> None:
    make_topic(centre)
    make_specialist(centre)
    db.session.commit()
    answer = client.post(f"{address(centre)}?lang=en", data={**FORM, field: "4711"})
    page = html5lib.parse(answer.get_data(as_text=True), namespaceHTMLElements=False)
    beside = page.find(f".//*[@id='{field}-error']")
    assert answer.status_code == 422
    assert "This is not in the list any more. Choose again." in "".join(beside.itertext())


@pytest.mark.parametrize(
    ("language", "free", "place"),
    [
        ("ru", "В тот же день свободно: 09:40, ", "(Екатеринбург, UTC+5)"),
        ("kk", "Сол күнгі бос уақыт: 09:40, ", "(Екатеринбург, UTC+5)"),
        ("en", "Free the same day: 09:40, ", "(Yekaterinburg, UTC+5)"),
    ],
)
def test_free_hours_are_told_with_the_clock_that_they_follow(
    client: FlaskClient, app: Flask, language: str, free: str, place: str
) -> None:
    centre = make_centre()
    ask(centre, at=THURSDAY_NINE, specialist=make_specialist(centre))
    db.session.commit()
    form = {**FORM, "first": THURSDAY_NINE.isoformat(), "zone": "Europe/Moscow"}
    page = client.post(f"{address(centre)}?lang={language}", data=form).get_data(as_text=True)
    sentence = page[page.index(free) :].split("</", 1)[0]
    assert place in sentence


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"email": ""}, "email"),
        ({"email": "mother"}, "email"),
        ({"email": "mother@"}, "email"),
        ({"email": "", "phone": "123"}, "phone"),
        ({"consent": ""}, "consent"),
        ({"words": ""}, "topic"),
        ({"words": "я" * 4001}, "words"),
        ({"means": "telepathy"}, "means"),
        ({"means": "phone"}, "phone"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"child_age": "много"}, "child_age"),
        ({"child_age": "9" * 400}, "child_age"),
        ({"first": "tomorrow"}, "first"),
        ({"first": (NOW - timedelta(days=1)).isoformat()}, "first"),
        ({"specialist": "999"}, "specialist"),
        ({"topic": "999"}, "topic"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
    client: FlaskClient, centre: Centre, wrong: dict[str, str], field: str
) -> None:
    response = client.post(address(centre), data={**FORM, **wrong})
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert f'href="#{field}"' in page
    assert wrong.get("email", FORM["email"]) in page
    assert db.session.scalar(sa.select(sa.func.count()).select_from(HelpRequest)) == 0


def test_what_is_no_number_is_told_in_our_words(client: FlaskClient, centre: Centre) -> None:
    page = client.post(f"{address(centre)}?lang=ru", data={**FORM, "child_age": "много"}).get_data(
        as_text=True
    )
    assert "Напишите целое число." in page


def test_a_long_story_is_refused_aloud_and_not_cut_by_the_browser(
    client: FlaskClient, centre: Centre
) -> None:
    (tag,) = re.findall(
        r"<textarea[^>]*name=\"words\"[^>]*>", client.get(address(centre)).get_data(as_text=True)
    )
    assert "maxlength" not in tag


def test_an_address_and_a_number_that_cannot_be_are_told_with_the_rest(
    client: FlaskClient, centre: Centre
) -> None:
    data = {**FORM, "email": "не-почта", "phone": "123", "consent": ""}
    page = client.post(address(centre), data=data).get_data(as_text=True)
    assert [field for field in ("email", "phone", "consent") if f'href="#{field}"' not in page] == []


def test_everything_that_is_missing_is_said_at_once(client: FlaskClient, centre: Centre) -> None:
    page = client.post(address(centre), data={"means": "video", "zone": "Europe/Moscow"}).get_data(
        as_text=True
    )
    assert all(f'href="#{field}"' in page for field in ("topic", "email", "consent"))


@pytest.mark.parametrize("at", ["0001-01-01T00:00+14:00", "9999-12-31T23:59+00:00", "2026-11-26T09:00", "²"])
def test_an_address_with_an_impossible_time_opens_the_form(
    client: FlaskClient, centre: Centre, at: str
) -> None:
    assert client.get(address(centre), query_string={"at": at}).status_code == 200
    assert client.post(address(centre), data={**FORM, "first": at}).status_code == 422


def test_a_script_typed_as_words_is_shown_as_text(client: FlaskClient, centre: Centre) -> None:
    page = client.post(address(centre), data={**FORM, "words": "<script>alert(1)</script>", "consent": ""})
    assert "<script>alert(1)" not in page.get_data(as_text=True)
    assert "&lt;script&gt;alert(1)" in page.get_data(as_text=True)


def test_a_centre_may_confirm_at_once_per_topic(client: FlaskClient, app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    topic = make_topic(centre, specialist, confirmed_at_once=True)
    db.session.commit()
    client.post(address(centre), data={**FORM, "topic": topic.id, "first": THURSDAY_NINE.isoformat()})
    assert the_request().state == "confirmed"
    assert db.session.scalars(sa.select(Consultation)).one().starts_at == THURSDAY_NINE


def test_a_wished_time_goes_to_a_specialist_who_answers_for_the_topic(
    client: FlaskClient, app: Flask
) -> None:
    centre = make_centre()
    make_specialist(centre)
    able = make_specialist(centre, name="Айгуль Рустамовна Хабибуллина-Константинопольская")
    topic = make_topic(centre, able)
    db.session.commit()
    client.post(address(centre), data={**FORM, "topic": topic.id, "first": THURSDAY_NINE.isoformat()})
    assert db.session.scalars(sa.select(WishedTime)).one().specialist_id == able.id


def test_an_unknown_centre_is_not_found(client: FlaskClient, app: Flask) -> None:
    assert client.get("/c/nowhere/ask").status_code == 404


def test_a_page_without_specialists_says_that_there_are_no_times(client: FlaskClient, centre: Centre) -> None:
    page = client.get(f"{address(centre)}?lang=en").get_data(as_text=True)
    assert "No free times yet" in page


def test_emergency_numbers_stand_before_the_form(client: FlaskClient, centre: Centre) -> None:
    page = client.get(address(centre)).get_data(as_text=True)
    assert page.index('href="tel:112"') < page.index("<form")
