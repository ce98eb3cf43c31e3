"""Every kind of letter, in every language, as it comes out of the services."""

import re
from collections import Counter
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

import html5lib
import pytest
from flask import Flask

from tests.factories import THURSDAY_NINE, make_event, register
from tests.integration.letters import move_scenes
from tests.integration.letters.scene import PARENT, SPECIALIST, Scene
from tests.integration.letters.scenes import SCENES, play
from webapp.formatting import LANGUAGES
from webapp.letters.compose import compose
from webapp.models import Consultation, HelpRequest, Letter, db
from webapp.rules.letters import TO_UNCONFIRMED_ADDRESSES, LetterKind
from webapp.rules.moves import MoveEvent
from webapp.services.events import event_changes, group_events
from webapp.services.moves import move_decisions

LONGEST_SUBJECT = 55
WEEK = timedelta(days=7)
SEEN_BY_OTHERS = 90  # letters of a body that a phone shows beside the subject
TYPED = (PARENT, "Остроградская", "Людмила", "А. К.", "Сын перестал")

pytestmark = pytest.mark.usefixtures("app")


def read(scene: Scene, letter: Letter) -> EmailMessage:
    message = compose(letter, scene.now)
    assert message is not None, f"{letter.kind} was dropped"
    parsed = message_from_bytes(message.as_bytes(), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content


class Words(HTMLParser):
    """The text of a page as a person reads it, without the head."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self._in_head = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._in_head = tag == "head" or self._in_head

    def handle_endtag(self, tag: str) -> None:
        self._in_head = self._in_head and tag != "head"

    def handle_data(self, data: str) -> None:
        if not self._in_head:
            self.text.append(data)


def words_of(html: str) -> str:
    reader = Words()
    reader.feed(html)
    return " ".join(" ".join(reader.text).split())


def test_every_kind_has_its_scene() -> None:
    assert set(SCENES) == set(LetterKind)


@pytest.mark.parametrize("kind", list(LetterKind))
def test_a_letter_is_whole_in_every_language(kind: LetterKind) -> None:
    scene, letter = play(kind)
    for language in LANGUAGES:
        letter.language = language
        message = read(scene, letter)
        text, html = body(message, "plain"), body(message, "html")
        for part in (str(message["Subject"]), text, html.split("</style>")[1]):
            assert not re.search(r"%\(|\{\{|\{%|None(?! suits)|Undefined|object at", part), part
        assert 10 <= len(message["Subject"]) <= LONGEST_SUBJECT
        assert f'<html lang="{language}">' in html
        assert all(len(line) <= 72 or "http" in line for line in text.splitlines())
        assert len(text.splitlines()) <= 45
        html5lib.HTMLParser(strict=True).parse(html)


@pytest.mark.parametrize("kind", list(LetterKind))
def test_html_says_all_that_the_text_says(kind: LetterKind) -> None:
    scene, letter = play(kind, "en")
    message = read(scene, letter)
    text = re.sub(r"https?://\S+", "", body(message, "plain")).replace("Your page:", "")  # a button there
    in_text, in_html = (
        Counter(re.findall(r"\w+", said.casefold())) for said in (text, words_of(body(message, "html")))
    )
    assert not in_text - in_html


@pytest.mark.parametrize("kind", sorted(TO_UNCONFIRMED_ADDRESSES))
def test_nothing_typed_stands_in_a_letter_to_an_unconfirmed_address(kind: LetterKind) -> None:
    scene, letter = play(kind, confirmed=False)
    message = read(scene, letter)
    contents = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
    bodies = [content.decode() for content in contents if isinstance(content, bytes)]
    everything = "\n".join([*map(str, message.values()), *bodies]).replace("\r\n ", "")
    assert not [typed for typed in TYPED if typed in everything]
    if kind is not LetterKind.CONSENT_WITHDRAWN:
        assert "/not-me" in body(message, "plain") and "/not-me" in body(message, "html")


def test_a_confirmed_address_is_greeted_by_name_and_not_asked_who_it_is() -> None:
    scene, letter = play(LetterKind.CONFIRMED, "en")
    message = read(scene, letter)
    assert f"Hello {PARENT}," in " ".join(body(message, "plain").split())
    assert "/not-me" not in body(message, "plain")


@pytest.mark.parametrize("kind", list(LetterKind))
def test_who_looks_over_the_shoulder_learns_nothing(kind: LetterKind) -> None:
    scene, letter = play(kind)
    message = read(scene, letter)
    for seen in (
        str(message["Subject"]),
        body(message, "plain")[:SEEN_BY_OTHERS],
        words_of(body(message, "html"))[:SEEN_BY_OTHERS],
    ):
        assert not [word for word in (*TYPED, SPECIALIST, "психолог") if word in seen], seen


def test_a_cancelled_date_of_a_course_says_that_the_others_stay() -> None:
    scene = Scene("en")
    course = make_event(scene.centre, scene.specialist, starts=[THURSDAY_NINE, THURSDAY_NINE + WEEK])
    register(course, language="en")
    event_changes.cancel_date(course, group_events.meetings(course)[0], scene.now, staff_id=scene.deputy.id)
    letter = scene.letter(LetterKind.EVENT_CANCELLED)
    assert "The other dates stay as planned." in body(read(scene, letter), "plain")
    event_changes.cancel(course, scene.now, staff_id=scene.deputy.id)
    assert "The other dates stay" not in body(read(scene, letter), "plain")


def test_the_case_of_a_group_speaks_of_participants_and_of_no_family() -> None:
    scene = Scene("en")
    case = move_scenes.of_a_group(scene)
    reported = read(scene, scene.letter(LetterKind.MOVE_REPORTED))
    move_decisions.decide([case], MoveEvent.ALLOW, "", scene.now, staff_id=scene.deputy.id)
    allowed = read(scene, scene.letter(LetterKind.MOVE_ALLOWED))
    for message in (reported, allowed):
        for part in (body(message, "plain"), body(message, "html")):
            assert "participants" in part and "family" not in part


def test_a_family_reads_both_clocks() -> None:
    scene, letter = play(LetterKind.CONFIRMED, "en")
    text = body(read(scene, letter), "plain")
    assert "When: Thursday 26 November, 09:00 (Yekaterinburg, UTC+5)" in text
    assert "Your time: 07:00 (Moscow, UTC+3)" in text


def test_one_clock_is_enough_where_both_agree() -> None:
    scene, letter = play(LetterKind.CONFIRMED, "en")
    assert letter.help_request_id is not None
    db.session.get_one(HelpRequest, letter.help_request_id).zone = "Asia/Almaty"  # as in Yekaterinburg
    assert "Your time" not in body(read(scene, letter), "plain")


@pytest.mark.parametrize(
    ("means", "told", "not_told"),
    [
        ("video", "a button appears on your page", "The specialist will call you"),
        ("phone", "The specialist will call you", "a button appears on your page"),
        ("in_person", "Address: 5 Mira St", "a button appears on your page"),
    ],
)
def test_a_letter_tells_how_this_meeting_begins(means: str, told: str, not_told: str) -> None:
    scene, letter = play(LetterKind.CONFIRMED, "en", means=means)
    scene.centre.address = {"en": "5 Mira St"}
    text = " ".join(body(read(scene, letter), "plain").split())
    assert told in text
    assert not_told not in text


def test_links_begin_with_the_public_address_and_open_the_page_of_letters(app: Flask) -> None:
    scene, letter = play(LetterKind.CONFIRMED)
    message = read(scene, letter)
    links = set(re.findall(r'https?://[^\s"<]+', body(message, "plain") + body(message, "html")))
    assert links
    assert all(link.startswith(app.config["PUBLIC_URL"] + "/f/") for link in links)


def test_recommendations_stay_on_the_page() -> None:
    scene, letter = play(LetterKind.RECOMMENDATION)
    assert letter.consultation_id is not None
    db.session.get_one(Consultation, letter.consultation_id).recommendation = "Читайте вместе по вечерам"
    message = read(scene, letter)
    assert "Читайте" not in body(message, "plain") + body(message, "html")
