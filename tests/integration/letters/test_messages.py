"""Letters as octets: the tree of parts, the calendar file, headers that nobody can break out of."""

import email
import re
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from email import policy
from email.header import decode_header, make_header
from email.message import Message

import icalendar
import pytest
import vobject

from tests.factories import THURSDAY_NINE
from tests.integration.letters.scene import PARENT, Scene
from tests.integration.letters.scenes import play
from webapp.letters.compose import compose, kept_text
from webapp.models import HelpRequest, Letter, db
from webapp.rules.letters import CANCELS, INVITES, LetterKind
from webapp.services.consultations import cancelling

pytestmark = pytest.mark.usefixtures("app")


def octets_of(scene: Scene, letter: Letter) -> bytes:
    message = compose(letter, scene.now)
    assert message is not None
    return message.as_bytes()


def parsed(octets: bytes) -> Message:
    """By the older parser of the library, which shares nothing with the one that wrote the letter."""
    return email.message_from_bytes(octets)


def header(message: Message, name: str) -> str:
    return str(make_header(decode_header(message[name])))


def part_of(message: Message, content_type: str) -> Message:
    (part,) = (part for part in message.walk() if part.get_content_type() == content_type)
    return part


def calendar_of(message: Message) -> bytes:
    content = part_of(message, "text/calendar").get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def tree(message: Message) -> object:
    if not message.is_multipart():
        return message.get_content_type()
    return message.get_content_type(), [
        tree(part) for part in message.get_payload() if isinstance(part, Message)
    ]


@pytest.mark.parametrize(("kinds", "method"), [(INVITES, "REQUEST"), (CANCELS, "CANCEL")])
def test_a_letter_with_a_calendar_file_has_the_tree_that_calendars_accept(
    kinds: frozenset[LetterKind], method: str
) -> None:
    for kind in sorted(kinds):
        scene, letter = play(kind)
        message = parsed(octets_of(scene, letter))
        assert tree(message) == (
            "multipart/mixed",
            [("multipart/alternative", ["text/plain", "text/html", "text/calendar"]), "application/ics"],
        )
        calendar, attached = part_of(message, "text/calendar"), part_of(message, "application/ics")
        assert calendar.get_params() == [("text/calendar", ""), ("charset", "UTF-8"), ("method", method)]
        assert calendar["Content-Transfer-Encoding"] == "base64"
        assert calendar["Content-Disposition"] is None and calendar["Content-ID"] is None
        assert attached.get_param("name") == "invite.ics"
        assert attached.get_content_disposition() == "attachment"
        assert attached.get_payload(decode=True) == calendar_of(message)
        assert f"METHOD:{method}\r\n".encode() in calendar_of(message)


@pytest.mark.parametrize("kind", sorted(set(LetterKind) - INVITES - CANCELS))
def test_any_other_letter_is_text_and_html(kind: LetterKind) -> None:
    scene, letter = play(kind)
    assert tree(parsed(octets_of(scene, letter))) == ("multipart/alternative", ["text/plain", "text/html"])


@pytest.mark.parametrize("kind", list(LetterKind))
def test_lines_are_short_and_end_as_mail_demands(kind: LetterKind) -> None:
    scene, letter = play(kind, "kk")
    octets = octets_of(scene, letter)
    assert octets.isascii()
    assert b"\r\n" in octets and not re.search(rb"(?<!\r)\n|\r(?!\n)", octets)
    assert max(map(len, octets.split(b"\r\n"))) <= 78


def test_headers_are_ours_and_single() -> None:
    scene, letter = play(LetterKind.CONFIRMED)
    message = parsed(octets_of(scene, letter))
    assert header(message, "From") == f"{scene.centre.names['ru']} <centre+{scene.centre.slug}@kenes.example>"
    assert header(message, "To") == f"{PARENT} <{letter.recipient}>"
    assert message["Message-ID"] == letter.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Tue, 24 Nov 2026 06:00:00 +0000"
    for name in ("From", "To", "Subject", "Message-ID", "Date", "MIME-Version"):
        assert len(message.get_all(name, [])) == 1, name
    assert message["Cc"] is None and message["Bcc"] is None


@pytest.mark.parametrize("language", ["ru", "kk", "en"])
def test_subjects_keep_every_blank_between_encoded_words(language: str) -> None:
    for kind in (LetterKind.CANCELLED_BY_FAMILY, LetterKind.CONFIRMED, LetterKind.ANSWERS_DUE):
        scene, letter = play(kind, language)
        message = compose(letter, scene.now)
        assert message is not None
        assert header(parsed(message.as_bytes()), "Subject") == str(message["Subject"])


@pytest.mark.parametrize(
    "name",
    [
        "Анна\r\nBcc: everybody@home.example",
        "Анна\nX-Spam: no\r\n\r\nBuy this",
        'Anna", <other@home.example>, "',
        "Anna <other@home.example>",
        "=?utf-8?q?Anna=0D=0ABcc=3A_other=40home.example?=",
        "Анна\u2028Bcc: other@home.example\x0b\x1f",
        "Anna\u202egnp.exe",
        "Ә" * 300,
        "a" * 300,
        '";X=1:mailto:other@home.example\r\nATTENDEE:mailto:other@home.example',
        "",
        " ",
    ],
)
def test_a_name_stays_a_name(name: str) -> None:
    scene, letter = play(LetterKind.CONFIRMED)
    letter.recipient_name = name
    octets = octets_of(scene, letter)
    for message in (parsed(octets), email.message_from_bytes(octets, policy=policy.default)):
        assert sorted(set(message.keys())) == [
            "Auto-Submitted", "Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Subject", "To",
        ]  # fmt: skip
        assert len(message.keys()) == 8
    modern = email.message_from_bytes(octets, policy=policy.default)
    (party,) = modern["To"].addresses
    assert party.addr_spec == letter.recipient
    unfolded = calendar_of(parsed(octets)).replace(b"\r\n ", b"").decode()
    assert unfolded.count("\r\nATTENDEE;") == 1 and "\r\nATTENDEE:" not in unfolded
    assert unfolded.split("\r\nATTENDEE;")[1].split("\r\n")[0].endswith(f":mailto:{letter.recipient}")


def test_the_invite_reads_alike_in_two_programs() -> None:
    scene, letter = play(LetterKind.CONFIRMED, "en")
    octets = calendar_of(parsed(octets_of(scene, letter)))
    assert all(len(line) <= 75 for line in octets.split(b"\r\n"))
    event = icalendar.Calendar.from_ical(octets).walk("VEVENT")[0]
    other = vobject.readOne(octets.decode()).vevent
    assert event["UID"] == other.uid.value
    assert event["DTSTART"].dt == other.dtstart.value == THURSDAY_NINE
    assert event["SUMMARY"] == other.summary.value == f"Consultation: {scene.centre.names['en']}"
    assert event["ATTENDEE"] == other.attendee.value == f"mailto:{letter.recipient}"
    assert event["ORGANIZER"] == f"mailto:centre+{scene.centre.slug}@kenes.example"
    assert event["SEQUENCE"] == 0 and other.sequence.value == "0"
    assert event["ATTENDEE"].params["PARTSTAT"] == "NEEDS-ACTION"
    assert "/f/" in event["LOCATION"] and event["LOCATION"] == event["URL"]


def test_family_and_staff_have_each_their_own_event() -> None:
    scene, family = play(LetterKind.CONFIRMED)
    staff = scene.letter(LetterKind.BOOKED)
    for_family, for_staff = (calendar_of(parsed(octets_of(scene, letter))) for letter in (family, staff))
    uids = [re.search(rb"UID:(\S+)", file) for file in (for_family, for_staff)]
    assert uids[0] and uids[1] and uids[0].group(1) != uids[1].group(1)
    assert b"/staff/consultations/" in for_staff.replace(b"\r\n ", b"")
    assert b"/f/" not in for_staff.replace(b"\r\n ", b"")
    assert PARENT.encode() not in for_staff.replace(b"\r\n ", b"")


def test_a_cancellation_follows_its_invite() -> None:
    scene, cancel = play(LetterKind.CANCELLED_BY_FAMILY)
    cancelled = icalendar.Calendar.from_ical(calendar_of(parsed(octets_of(scene, cancel)))).walk("VEVENT")[0]
    assert cancelled["STATUS"] == "CANCELLED"
    assert cancelled["SEQUENCE"] == 1
    assert cancelled["DTSTART"].dt == THURSDAY_NINE
    assert not cancelled.walk("VALARM")


@pytest.mark.parametrize("confirmed", [True, False])
def test_withdrawn_consent_empties_the_calendar_and_names_nobody(confirmed: bool) -> None:
    scene, letter = play(LetterKind.CONFIRMED, "en", confirmed=confirmed)
    invited = icalendar.Calendar.from_ical(calendar_of(parsed(octets_of(scene, letter)))).walk("VEVENT")[0]
    assert letter.help_request_id is not None
    cancelling.withdraw_consent(db.session.get_one(HelpRequest, letter.help_request_id), scene.now)
    message = parsed(octets_of(scene, scene.letter(LetterKind.CONSENT_WITHDRAWN)))
    cancelled = icalendar.Calendar.from_ical(calendar_of(message)).walk("VEVENT")[0]
    assert cancelled["UID"] == invited["UID"] and cancelled["SEQUENCE"] > invited["SEQUENCE"]
    assert cancelled["STATUS"] == "CANCELLED" and cancelled["DTSTART"].dt == THURSDAY_NINE
    assert cancelled["ATTENDEE"] == f"mailto:{letter.recipient}"
    assert cancelled["ATTENDEE"].params["CN"] == letter.recipient
    assert cancelled["URL"] == f"http://kenes.example/c/{scene.centre.slug}/"
    assert "CONFERENCE" not in cancelled
    file = calendar_of(message).replace(b"\r\n ", b"").decode()
    assert "/f/" not in file and PARENT not in file
    assert header(message, "To") == letter.recipient


def test_withdrawn_consent_without_a_date_has_no_calendar_file() -> None:
    scene = Scene()
    cancelling.withdraw_consent(scene.ask(), scene.now)
    message = parsed(octets_of(scene, scene.letter(LetterKind.CONSENT_WITHDRAWN)))
    assert tree(message) == ("multipart/alternative", ["text/plain", "text/html"])


def test_withdrawn_consent_takes_along_a_cancellation_that_still_waits() -> None:
    scene, waiting = play(LetterKind.CANCELLED_BY_FAMILY)
    assert waiting.help_request_id is not None
    cancelling.withdraw_consent(db.session.get_one(HelpRequest, waiting.help_request_id), scene.now)
    assert compose(waiting, scene.now) is None
    file = calendar_of(parsed(octets_of(scene, scene.letter(LetterKind.CONSENT_WITHDRAWN))))
    assert icalendar.Calendar.from_ical(file).walk("VEVENT")[0]["SEQUENCE"] == 1


def test_an_unconfirmed_address_is_its_own_name_in_the_calendar() -> None:
    scene, letter = play(LetterKind.CONFIRMED, confirmed=False)
    file = calendar_of(parsed(octets_of(scene, letter))).replace(b"\r\n ", b"").decode()
    assert f"CN={letter.recipient}" in file.replace('"', "")
    assert PARENT not in file


def test_what_is_kept_opens_nothing() -> None:
    scene, letter = play(LetterKind.CONFIRMED)
    message = compose(letter, scene.now)
    assert message is not None
    kept = kept_text(message)
    assert "/f/…" in kept
    assert not re.search(r"[A-Za-z0-9_-]{43}", kept)
    invitation_scene, invitation = play(LetterKind.STAFF_INVITATION)
    told = compose(invitation, invitation_scene.now)
    assert told is not None
    assert "/staff/invitation/…" in kept_text(told)


def test_typed_html_is_only_text() -> None:
    scene, letter = play(LetterKind.DECLINED)
    letter.facts = {"reason": "<script>alert(1)</script> <b>&", "advice": '"><img src=x>'}
    html = part_of(parsed(octets_of(scene, letter)), "text/html").get_payload(decode=True)
    assert isinstance(html, bytes)
    assert b"<script>" not in html and b"<img" not in html
    assert b"&lt;script&gt;" in html


def test_the_plain_body_survives_the_wire() -> None:
    scene, letter = play(LetterKind.CONFIRMED, "kk")
    raw = part_of(parsed(octets_of(scene, letter)), "text/plain")
    assert raw["Content-Transfer-Encoding"] == "base64"
    assert "қараша" in b64decode(str(raw.get_payload())).decode()


def test_a_letter_of_another_year_names_it() -> None:
    _, letter = play(LetterKind.CONFIRMED, "en")
    message = compose(letter, datetime(2025, 12, 30, tzinfo=UTC))
    assert message is not None
    assert "Thursday 26 November 2026" in kept_text(message)


def test_an_acknowledgement_that_comes_after_the_last_day_promises_no_day() -> None:
    scene, letter = play(LetterKind.RECEIVED, "en")
    scene.now += timedelta(days=7)
    text = part_of(parsed(octets_of(scene, letter)), "text/plain").get_payload(decode=True)
    assert isinstance(text, bytes)
    assert b"We will answer by" not in text
    assert b"The answer was due by: Friday 27 November" in text


def test_an_acknowledgement_of_what_is_answered_already_promises_no_answer() -> None:
    scene = Scene("en")
    scene.meet()
    text = part_of(parsed(octets_of(scene, scene.letter(LetterKind.RECEIVED))), "text/plain")
    words = text.get_payload(decode=True)
    assert isinstance(words, bytes)
    assert b"We will answer by" not in words
    assert b"Our answer is there already" in words


@pytest.mark.parametrize(
    ("phone", "said"), [("+79161234567", "Call the family"), (None, "gave no phone number")]
)
def test_who_cannot_connect_is_called_only_on_a_number_that_is_there(phone: str | None, said: str) -> None:
    scene, letter = play(LetterKind.CANNOT_CONNECT, "en")
    db.session.get_one(HelpRequest, letter.help_request_id).phone = phone
    text = part_of(parsed(octets_of(scene, letter)), "text/plain").get_payload(decode=True)
    assert isinstance(text, bytes)
    assert said.encode() in text


@pytest.mark.parametrize(("hours", "promised"), [(13, True), (11, False)])
def test_another_time_is_promised_only_as_long_as_the_page_still_takes_the_wish(
    hours: int, promised: bool
) -> None:
    scene, letter = play(LetterKind.CONSULTATION_MOVED)
    starts_at = datetime.fromisoformat(letter.facts["starts_at"])
    message = compose(letter, starts_at - timedelta(hours=hours))
    assert message is not None
    text = kept_text(message)
    assert ("#time" in text, "Позвоните нам: +7" in text) == (promised, not promised)
    assert scene.centre.family_move_hours == 12


@pytest.mark.parametrize(
    "kind", [LetterKind.MOVE_REPORTED, LetterKind.MOVE_UNDECIDED, LetterKind.MOVE_PASSED_UP]
)
def test_whoever_is_to_decide_reads_the_day_too(kind: LetterKind) -> None:
    scene, letter = play(kind)
    message = compose(letter, scene.now)
    assert message is not None
    assert "26 ноября" in header(parsed(message.as_bytes()), "Subject")
    assert "Назначено: четверг, 26 ноября" in kept_text(message)


@pytest.mark.parametrize("content_type", ["text/plain", "text/html"])
def test_an_offer_says_of_each_time_whether_its_hold_ends_sooner(content_type: str) -> None:
    scene, letter = play(LetterKind.TIMES_OFFERED, language="en")
    content = part_of(parsed(octets_of(scene, letter)), content_type).get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content.decode().count("We hold this time only until: ") == 1
