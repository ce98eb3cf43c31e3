"""The poster: one sheet in the letters of all three languages, and words as they were typed."""

import html
import json
import re
import zlib
from datetime import timedelta
from typing import Any

import pytest
import typst
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import (
    NOW,
    THURSDAY_NINE,
    make_centre,
    make_event,
    make_specialist,
    register,
    texts,
)
from webapp.models import Centre, GroupEvent, Staff, db
from webapp.services.events import event_changes, poster
from webapp.services.pages import event_front

DAY = timedelta(days=1)
SIXTY_LETTERS = "Оқушылардың өзара қарым-қатынастарындағы келіспеушіліктерді шешу"
MARKUP = '#panic("x") *жирно* $x$ <a> `raw` = Заголовок @ссылка \\ // "'


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre(slug="school")


@pytest.fixture
def host(centre: Centre) -> Staff:
    return make_specialist(centre)


def address_of(event: GroupEvent) -> str:
    db.session.commit()
    return f"/c/school/events/{event.id}/poster.pdf"


def sheet_of(app: Flask, centre: Centre, event: GroupEvent, language: str = "ru") -> dict[str, Any]:
    with app.test_request_context(f"/?lang={language}"):
        shown = event_front.find(centre, event.id, NOW)
        sheet: dict[str, Any] = json.loads(poster.describe(centre, shown, language, NOW))
        return sheet


def pages_of(sheet: dict[str, Any]) -> int:
    """How many sheets of paper it takes."""
    drawn = typst.compile(
        poster.FOLDER / "poster.typ",
        root=poster.FOLDER,
        font_paths=[poster.FOLDER / "fonts"],
        ignore_system_fonts=True,
        sys_inputs={"sheet": json.dumps(sheet)},
        format="svg",
    )
    return len(drawn) if isinstance(drawn, list) else 1


def inside(pdf: bytes) -> bytes:
    """All streams of a PDF, unpacked."""
    unpacked = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            unpacked.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return pdf + b"\n".join(unpacked)


@pytest.mark.parametrize("language", ["ru", "kk", "en"])
def test_every_letter_is_drawn_in_the_font_that_comes_along(
    client: FlaskClient, centre: Centre, host: Staff, language: str
) -> None:
    event = make_event(centre, host, titles=texts(SIXTY_LETTERS, "Әғқңөұүһі ӘҒҚҢӨҰҮҺІ", "Helping"))
    answer = client.get(f"{address_of(event)}?lang={language}")
    assert answer.content_type == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    fonts = {name.split(b"+")[-1] for name in re.findall(rb"/BaseFont\s*/([\w+-]+)", inside(answer.data))}
    assert fonts and all(name.startswith(b"Roboto-") for name in fonts), fonts


def test_the_sheet_tells_what_when_who_and_where(app: Flask, centre: Centre, host: Staff) -> None:
    event = make_event(
        centre, host, titles=texts("Сон"), announcements=texts("Как уснуть.\n- Ритуал\n- Свет")
    )
    sheet = sheet_of(app, centre, event)
    assert (sheet["title"], sheet["hour"], sheet["day"]) == ("Сон", "09:00", "четверг, 26 ноября")
    assert sheet["beside"] == "Екатеринбург, UTC+5 · 40 минут"
    assert sheet["points"] == ["Ритуал", "Свет"]
    assert sheet["hosts"] == [f"{host.name}, педагог-психолог"]
    assert sheet["phone"] == "+7\xa0343\xa0000-12-12"
    assert sheet["address"] == f"kenes.example/c/school/events/{event.id}"


def test_of_a_course_the_sheet_lists_the_dates_to_come(app: Flask, centre: Centre, host: Staff) -> None:
    starts = [NOW - DAY, *(THURSDAY_NINE + number * 7 * DAY for number in range(poster.MOST_DATES + 2))]
    course = make_event(centre, host, starts=starts, now=NOW - 2 * DAY)
    sheet = sheet_of(app, centre, course)
    assert sheet["dates"][0] == "четверг, 26 ноября, 09:00"
    assert (len(sheet["dates"]), sheet["dates"][-1]) == (poster.MOST_DATES + 1, "…")
    assert sheet["all_dates"] == f"Все даты: {poster.MOST_DATES + 2}"


@pytest.mark.parametrize(
    "title",
    [SIXTY_LETTERS, "Қ" * 120, "слово " * 40],
    ids=["sixty letters", "one word that no size makes narrow", "forty words"],
)
def test_a_long_title_stays_on_the_one_sheet(app: Flask, centre: Centre, host: Staff, title: str) -> None:
    long_words = "- " + "Сколько слов ждать в три года? " * 12
    course = make_event(
        centre,
        host,
        starts=[THURSDAY_NINE + number * DAY for number in range(12)],
        titles=texts(title),
        announcements=texts("\n".join([long_words] * 8)),
    )
    assert pages_of(sheet_of(app, centre, course)) == 1


def test_what_a_host_types_is_words_and_no_markup(client: FlaskClient, centre: Centre, host: Staff) -> None:
    event = make_event(centre, host, titles=texts(MARKUP), announcements=texts(f"- {MARKUP}"))
    pdf = inside(client.get(address_of(event)).data)
    described = re.search(rb"<dc:title>.*?<rdf:li[^>]*>(.*?)</rdf:li>", pdf, re.DOTALL)
    assert described is not None
    assert html.unescape(described[1].decode()) == MARKUP


def test_the_same_sheet_is_not_sent_twice(client: FlaskClient, centre: Centre, host: Staff) -> None:
    event = make_event(centre, host)
    etag = client.get(address_of(event)).headers["ETag"]
    register(event)
    assert client.get(address_of(event), headers={"If-None-Match": etag}).status_code == 304
    event.titles = texts("Другое")
    assert client.get(address_of(event), headers={"If-None-Match": etag}).status_code == 200


def test_there_is_no_poster_of_what_is_off_or_over(client: FlaskClient, centre: Centre, host: Staff) -> None:
    cancelled = make_event(centre, host)
    event_changes.cancel(cancelled, NOW, staff_id=host.id)
    over = make_event(centre, host, at=NOW - DAY, now=NOW - 2 * DAY)
    for event in (cancelled, over):
        assert client.get(address_of(event)).location == f"/c/school/events/{event.id}"
