from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.calendar_replies import written
from webapp.letters.received import LONGEST_TEXT, Received, read

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
OURS = "mx.kenes.example"


def received(octets: bytes | EmailMessage, *, whole: bool = True) -> Received:
    octets = octets if isinstance(octets, bytes) else octets.as_bytes()
    return read(octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), NOW, server=OURS, whole=whole)


def letter(text: str = "Здравствуйте!", **headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in {"From": "Anna <anna@home.example>", "Subject": "Вопрос", **headers}.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def test_a_plain_letter_is_read() -> None:
    mail = received(letter("Здравствуйте!\n\n\n\nКогда приём?\n", To="Centre <centre+school@kenes.example>"))
    assert mail.sender == "anna@home.example"
    assert mail.subject == "Вопрос"
    assert mail.text == "Здравствуйте!\n\nКогда приём?"
    assert mail.recipients == ("centre+school@kenes.example",)
    assert (mail.readable, mail.automatic, mail.verified) == (True, False, False)
    assert mail.calendar is mail.returned is None


def test_our_server_vouches_for_the_sender() -> None:
    vouched = f"{OURS}; dkim=pass header.d=home.example"
    assert received(letter(Authentication_Results=vouched)).verified
    assert not received(letter(Authentication_Results=vouched, From="a@other.example")).verified


@pytest.mark.parametrize(
    "sender",
    [
        "a@home.example, b@evil.example",
        '"a@home.example" <b@evil.example> <a@home.example>',
        "a@home.example <b@evil.example",
        "a@home.example)b@evil.example",
        "<a@home.example>b",
        "nobody",
        "",
    ],
)
def test_a_sender_that_could_be_read_in_two_ways_is_none(sender: str) -> None:
    octets = f"From: {sender}\nSubject: x\n\ntext".encode()
    assert received(octets).sender in ("", "b@evil.example")
    assert not received(octets.replace(b"Subject", b"From: a@home.example\nSubject")).sender


def test_the_envelope_names_the_centre_before_the_letter_does() -> None:
    octets = b"To: a@x.example\nCc: c@x.example\nDelivered-To: b@x.example\nX-Original-To: d@x.example\n\nx"
    assert received(octets).recipients == ("d@x.example", "b@x.example", "a@x.example", "c@x.example")


def test_the_same_letter_by_two_ways_has_one_fingerprint() -> None:
    octets = letter(Message_ID="<1@home.example>").as_bytes()
    first, second = received(b"Received: one\n" + octets), received(b"Received: two\n" + octets)
    other = received(letter("Другой вопрос", Message_ID="<1@home.example>"))
    assert first.fingerprint == second.fingerprint != other.fingerprint


def test_of_html_the_words_are_read_and_nothing_else() -> None:
    message = EmailMessage()
    message.set_content(
        "<html><head><title>T</title><style>p {color: red}</style></head>"
        "<body><p>Добрый &amp; день</p><script>alert(1)</script><div>Вторая<br>строка</div></body></html>",
        subtype="html",
    )
    assert received(message).text == "Добрый & день\n\nВторая\nстрока"


def test_what_is_attached_is_not_taken_for_the_letter() -> None:
    message = letter("Слова")
    message.add_attachment("Чужой текст", filename="text.txt")
    assert received(message).text == "Слова"


def test_a_long_letter_is_kept_to_its_beginning() -> None:
    assert len(received(letter("слово " * 10_000)).text) == LONGEST_TEXT


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; owner-email=x"},
        {"Precedence": "bulk"},
        {"List_Id": "<news.example>"},
        {"X_Autoreply": "yes"},
    ],
)
def test_what_no_person_wrote_is_told_apart(headers: dict[str, str]) -> None:
    assert received(letter(**headers)).automatic
    assert not received(letter(Auto_Submitted="no")).automatic


def test_a_calendar_file_is_found_among_the_parts() -> None:
    message = letter()
    message.add_alternative(written(), maintype="text", subtype="calendar")
    message.add_attachment(b"other", maintype="application", subtype="ics", filename="invite.ics")
    assert received(message).calendar == written()


def test_of_a_letter_without_its_end_no_calendar_is_read() -> None:
    message = letter()
    message.add_attachment(written(), maintype="text", subtype="calendar")
    assert received(message, whole=False).calendar is None


REPORT = b"""From: MAILER-DAEMON@mx.kenes.example
Subject: Undelivered
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b

Your letter did not arrive.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.kenes.example

Final-Recipient: rfc822; anna@home.example
Action: %(action)s
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <anna@home.example>: no such user

--b
Content-Type: %(kind)s

Message-ID: <abc@kenes.example>
From: centre@kenes.example

--b--
"""


@pytest.mark.parametrize("kind", [b"message/rfc822", b"text/rfc822-headers"])
def test_a_report_names_the_letter_that_came_back_and_nobodys_address(kind: bytes) -> None:
    returned = received(REPORT % {b"action": b"failed", b"kind": kind}).returned
    assert returned is not None
    assert returned.failed
    assert returned.message_id == "<abc@kenes.example>"
    assert returned.reply == "5.1.1 smtp; 550 5.1.1 <<the recipient>>: no such user"


def test_a_delay_is_no_failure() -> None:
    returned = received(REPORT % {b"action": b"delayed", b"kind": b"message/rfc822"}).returned
    assert returned is not None
    assert not returned.failed


def nested(depth: int) -> bytes:
    lines = ["From: a@b.example", "Subject: deep"]
    for level in range(depth):
        lines += [f'Content-Type: multipart/mixed; boundary="{level}"', "", f"--{level}"]
    return "\n".join([*lines, "", "text"]).encode()


@pytest.mark.parametrize(
    ("octets", "readable"),
    [
        (nested(20), True),
        (nested(5_000), False),
        (b"Content-Type: text/plain; charset=no-such\n\ntext", True),
        (b"Content-Type: text/plain; charset=idna\n\n" + b"a." * 10_000, True),
        (b"Content-Type: text/plain; charset=zip\n\ntext", True),
        (b"Content-Type: text/plain; charset*=x'y'%ff%fe\n\ntext", True),
        (b"Content-Transfer-Encoding: base64\n\n====\xff", True),
        (b"Subject: =?utf-8?b?!!!?=\nFrom: =?x?q?=\xff\xfe?= <a@b>\n\n", True),
        (b"Subject: " + b"=?utf-8?q?x?= " * 50_000 + b"\n\n", True),
        (b"X: y\n" * 100_000 + b"\ntext", True),
        (b"To: " + b"<" * 500_000 + b"\n\n", True),
        (b"\x00\xff" * 1000, True),
        (b"<" * 200_000, True),
        (b"Content-Type: text/html\n\n" + b"<script>" * 20_000, True),
        (b"", True),
    ],
)
def test_bombs_are_read_as_far_as_can_be(octets: bytes, readable: bool) -> None:
    mail = received(octets)
    assert mail.readable is readable
    assert len(mail.text) <= LONGEST_TEXT
    assert "\x00" not in mail.text + mail.subject + mail.sender


def test_of_a_letter_nested_too_deep_the_head_is_still_read() -> None:
    assert (received(nested(5_000)).subject, received(nested(5_000)).sender) == ("deep", "a@b.example")


PIECES = st.sampled_from(
    [
        b"From: a@b.example\n",
        b"Content-Type: multipart/report; boundary=b\n",
        b"Content-Type: message/delivery-status\n",
        b"Content-Type: message/rfc822\n",
        b"Content-Type: text/html; charset=utf-16\n",
        b"Content-Transfer-Encoding: quoted-printable\n",
        b"Authentication-Results: mx.kenes.example; dkim=pass header.d=b.example\n",
        b"Subject: =?koi8-r?b?8NLJ18XU?=\n",
        b"\n",
        b"--b\n",
        b"Action: failed\n",
        b"Message-ID: <x@y>\n",
    ]
)


@settings(max_examples=300)
@given(st.lists(st.one_of(PIECES, st.binary(max_size=30)), max_size=25))
def test_any_octets_are_read(pieces: list[bytes]) -> None:
    mail = received(b"".join(pieces))
    for text in (mail.text, mail.subject, mail.sender, *mail.recipients):
        text.encode()
