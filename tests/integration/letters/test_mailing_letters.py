"""Letters of the mailing as octets: how to leave, to whom they go, what is the same in all of them."""

import email
from email import policy
from email.message import EmailMessage

import pytest
import sqlalchemy as sa

from tests.factories import NOW, make_event, subscribe
from tests.integration.letters.scene import SPECIALIST, Scene
from tests.integration.letters.scenes import play
from webapp import links
from webapp.formatting import LANGUAGES
from webapp.letters.compose import compose, kept_text
from webapp.letters.stencil import Stencils
from webapp.models import Letter, Subscriber, db
from webapp.rules.letters import LetterKind
from webapp.services.mail import mailings

pytestmark = pytest.mark.usefixtures("app")


def token_of(letter: Letter) -> str:
    assert letter.subscriber_id is not None
    return links.token(links.SUBSCRIBER, db.session.get_one(Subscriber, letter.subscriber_id).salt)


def octets_of(letter: Letter) -> bytes:
    message = compose(letter, NOW)
    assert message is not None
    return message.as_bytes()


def test_mail_programs_are_told_how_to_leave_by_one_click() -> None:
    scene, letter = play(LetterKind.MAILING)
    head, _, _ = octets_of(letter).partition(b"\r\n\r\n")
    unfolded = head.replace(b"\r\n ", b" ").split(b"\r\n")
    leave = f"List-Unsubscribe: <http://kenes.example/m/{token_of(letter)}/leave>".encode()
    assert leave in unfolded
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in unfolded
    assert f"List-Id: <{scene.centre.slug}.mailing.kenes.example>".encode() in unfolded
    assert b"Precedence: bulk" in unfolded
    assert f"To: {letter.recipient}".encode() in unfolded


def test_only_the_mailing_is_bulk() -> None:
    _, letter = play(LetterKind.MAILING_CONFIRM)
    message = email.message_from_bytes(octets_of(letter))
    assert not [name for name in message if name.lower().startswith("list-") or name == "Precedence"]


def test_a_mailing_names_the_event_and_opens_no_personal_page() -> None:
    scene, letter = play(LetterKind.MAILING, "en")
    message = compose(letter, NOW)
    assert message is not None
    body = message.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "Helping a three-year-old to speak" in text
    assert f"/c/{scene.centre.slug}/events/" in text
    assert "/f/" not in text and SPECIALIST not in text


def test_what_is_kept_of_it_opens_nothing() -> None:
    _, letter = play(LetterKind.MAILING)
    message = compose(letter, NOW)
    assert message is not None
    assert token_of(letter) not in kept_text(message)
    assert "/m/…" in kept_text(message)


def mailing_to(scene: Scene, *languages: str) -> list[Letter]:
    event = make_event(scene.centre, scene.specialist)
    for language in languages:
        subscribe(scene.centre, language=language)
    mailings.write_batch(mailings.begin(event, NOW, staff_id=scene.specialist.id).id, NOW)
    return list(
        db.session.scalars(sa.select(Letter).where(Letter.mailing_id.is_not(None)).order_by(Letter.id))
    )


def parsed(octets: bytes) -> EmailMessage:
    message = email.message_from_bytes(octets, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def said(message: EmailMessage) -> list[tuple[str, str, str]]:
    parts = [part for part in message.walk() if not part.is_multipart()]
    return [
        (part.get_content_type(), part["Content-Transfer-Encoding"], part.get_content()) for part in parts
    ]


def test_a_letter_by_the_stencil_is_the_letter_that_was_composed() -> None:
    stencils = Stencils()
    for letter in mailing_to(Scene(), *LANGUAGES, *LANGUAGES, *LANGUAGES):
        made = stencils.compose(letter, NOW)
        assert made is not None
        by_stencil, composed = parsed(made.as_bytes()), parsed(octets_of(letter))
        assert said(by_stencil) == said(composed)
        heads = [
            [(name, str(value)) for name, value in message.items() if name != "Content-Type"]
            for message in (by_stencil, composed)
        ]
        assert heads[0] == heads[1]


def test_each_is_read_in_the_language_of_its_reader_and_names_nobody_else() -> None:
    stencils = Stencils()
    letters = mailing_to(Scene(), *LANGUAGES, *LANGUAGES)
    for letter in letters:
        made = stencils.compose(letter, NOW)
        assert made is not None
        message = parsed(made.as_bytes())
        everything = "\n".join([*map(str, message.values()), *(text for *_, text in said(message))])
        assert f'<html lang="{letter.language}">' in everything
        for other in letters:
            if other is not letter:
                assert other.recipient not in everything
                assert token_of(other) not in everything
        assert everything.count(token_of(letter)) == 3  # the header and both bodies
        assert message["To"].addresses[0].addr_spec == letter.recipient


def test_by_the_stencil_too_nobody_is_written_to_who_left_meanwhile() -> None:
    stencils = Stencils()
    first, second = mailing_to(Scene(), "ru", "ru")
    assert stencils.compose(first, NOW) is not None
    db.session.execute(
        sa.update(Subscriber).where(Subscriber.id == second.subscriber_id).values(state="left")
    )
    db.session.expire_all()
    assert stencils.compose(second, NOW) is None
