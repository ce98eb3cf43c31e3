"""Mail as it arrives in the mailbox of the centres: answers of calendars, letters that come back, bombs."""

from email.message import EmailMessage

from tests.calendar_replies import written

SERVER = "mx.kenes.example"  # as it names itself in Authentication-Results
MAILBOX = "centre@kenes.example"

REPORT = """From: MAILER-DAEMON@{server}
To: {mailbox}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="report"

--report
Content-Type: text/plain

Your message could not be delivered.
--report
Content-Type: message/delivery-status

Reporting-MTA: dns; {server}

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <{recipient}>: user unknown

--report
Content-Type: text/rfc822-headers

From: {mailbox}
To: {recipient}
Message-ID: {message_id}

--report--
"""


def vouched(domain: str) -> str:
    """The field by which our server says that a mail comes from the domain."""
    return f"{SERVER}; dkim=pass header.d={domain} header.s=s1; spf=pass smtp.mailfrom={domain}"


def letter(
    text: str = "Здравствуйте!", *, sender: str = "family@home.example", verified: bool = True, **headers: str
) -> EmailMessage:
    message = EmailMessage()
    if verified:
        message["Authentication-Results"] = vouched(sender.rpartition("@")[2])
    message["From"] = sender
    for name, value in {"To": MAILBOX, "Subject": "Вопрос", **headers}.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def answer(
    style: str = "gmail", *, sender: str = "", verified: bool = True, **values: str | int
) -> EmailMessage:
    """The mail of one answer; by default its sender is who answers."""
    attendee = str(values.get("attendee", "family@home.example"))
    message = letter("Accepted", sender=sender or attendee, verified=verified, Subject="Accepted: …")
    message.add_alternative(written(style, **values), maintype="text", subtype="calendar")
    message.get_payload()[-1].set_param("method", str(values.get("method", "REPLY")))  # type: ignore[union-attr, index]
    return message


def report(message_id: str, recipient: str, *, action: str = "failed") -> bytes:
    """What a mail server says of a letter that it could not deliver."""
    return REPORT.format(
        server=SERVER, mailbox=MAILBOX, message_id=message_id, recipient=recipient, action=action
    ).encode()


def nested(depth: int, subject: str = "deep") -> bytes:
    lines = ["From: evil@evil.example", f"Subject: {subject}"]
    for level in range(depth):
        lines += [f'Content-Type: multipart/mixed; boundary="{level}"', "", f"--{level}"]
    return "\r\n".join([*lines, "", "text", ""]).encode()


def hostile(number: int) -> bytes:
    """One of several kinds of bombs, each different by its number."""
    kinds = (
        nested(400, str(number)),
        nested(40, str(number)) + b"line\r\n" * 20_000,
        b"X-Bomb: y\r\n" * 20_000 + f"Subject: {number}\r\n\r\n".encode(),
        b"Subject: " + b"=?utf-8?q?x?= " * 5_000 + f"{number}\r\n\r\n".encode(),
        b"To: " + b"<" * 100_000 + f"\r\nSubject: {number}\r\n\r\n".encode(),
        f"Subject: {number}\r\nContent-Type: text/plain; charset=no-such\r\n\r\n\xff\x00".encode("latin-1"),
        b"Content-Type: text/html\r\n\r\n" + b"<script>" * 10_000 + str(number).encode(),
        f"Content-Type: text/calendar\r\nSubject: {number}\r\n\r\n".encode() + b"BEGIN:VEVENT\r\n" * 5_000,
        f"\x00\xff\xfe{number} ".encode("latin-1") * 100,
        answer(verified=False, uid=f"forged-{number}@kenes.example").as_bytes(),
        answer(uid=f"foreign-{number}@kenes.example").as_bytes(),
        f"Subject: {number}\r\n\r\n".encode() + b"x" * 2_000_000,
    )
    return kinds[number % len(kinds)]
