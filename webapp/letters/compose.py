"""A row of the outbox becomes a message: subject, both bodies, and the calendar file where there is one."""

import re
import textwrap
import unicodedata
from datetime import datetime
from email.header import Header
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any

from flask import current_app
from flask_babel import force_locale

from webapp.letters import invitation, words
from webapp.letters.facts import Matter, is_moot
from webapp.models import Letter
from webapp.rules.letters import LetterKind


class LetterPolicy(EmailPolicy):
    """Folds subjects and names by :class:`email.header.Header`.

    The folder of the newer interface loses blanks between encoded words: "26 қараша" became "26қараша".
    """

    def fold(self, name: str, value: Any) -> str:
        end = self.linesep
        if isinstance(value, AddressHeader):
            party = value.addresses[0]
            if _needs_encoding(party.display_name):
                return f"{name}: {self._encoded(name, party.display_name)}{end} <{party.addr_spec}>{end}"
        elif _needs_encoding(str(value)):
            return f"{name}: {self._encoded(name, str(value))}{end}"
        folded: str = super().fold(name, value)
        return folded

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("ascii")

    def _encoded(self, name: str, text: str) -> str:
        return Header(text, "utf-8", header_name=name).encode(linesep=self.linesep)


def _needs_encoding(text: str) -> bool:
    """Also for what only looks encoded: nobody's program is to decode what somebody typed."""
    return not text.isascii() or "=?" in text


# 7 bits: every server takes them, and no relay has to encode the parts anew.
POLICY = LetterPolicy(linesep="\r\n", cte_type="7bit")
TEXT_WIDTH = 72
INVITE_NAME = "invite.ics"

_PERSONAL = re.compile(r"(/f/(?:s-)?|/m/|/invitation/)[A-Za-z0-9_-]{43}")


def compose(letter: Letter, now: datetime) -> EmailMessage | None:
    """The whole message for a row of the outbox; None when it would tell what is not so any more."""
    matter = Matter(letter, now)
    if is_moot(matter):
        return None
    with force_locale(letter.language):
        told = words.values(matter)
        message = _headed(matter, _one_line(_rendered(matter, "subject.txt", told)))
        text = _laid_out(_rendered(matter, "body.txt", told))
        html = _rendered(matter, "body.html", told | {"subject": message["Subject"]})
        file = invitation.octets(matter) if invitation.method(matter) else None
    message.set_content(text, charset="utf-8")
    message.add_alternative(html, subtype="html", charset="utf-8")
    if file is not None:
        _add_calendar(message, file, invitation.method(matter) or "")
    for part in message.walk():
        if part is not message:
            del part["MIME-Version"]  # the library writes it into every part; it belongs to the whole
    return message


def kept_text(message: EmailMessage) -> str:
    """What is kept of a letter that was sent: its text, without links that open a page."""
    body = message.get_body(("plain",))
    text: str = body.get_content() if body is not None else ""
    return _PERSONAL.sub(r"\1…", text.replace("\r\n", "\n"))


def _headed(matter: Matter, subject: str) -> EmailMessage:
    letter = matter.letter
    message = EmailMessage(POLICY)
    sender = invitation.centre_address(matter.centre.slug)
    message["From"] = Address(_one_line(words.centre_name(matter)), addr_spec=sender)
    message["To"] = Address(_one_line(matter.reader_name), addr_spec=letter.recipient)
    message["Subject"] = subject
    message["Message-ID"] = letter.message_id
    message["Date"] = format_datetime(matter.now)
    message["Auto-Submitted"] = "auto-generated"
    if matter.kind is LetterKind.MAILING:
        _add_list_headers(message, matter)
    return message


def _add_list_headers(message: EmailMessage, matter: Matter) -> None:
    """Mail programs show a button to leave, and leave by one POST without asking (RFC 8058)."""
    domain = message["From"].addresses[0].domain
    message["List-Id"] = f"<{matter.centre.slug}.mailing.{domain}>"
    message["List-Unsubscribe"] = f"<{words.subscription(matter, '/leave')}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Precedence"] = "bulk"


def _add_calendar(message: EmailMessage, file: bytes, method: str) -> None:
    """The calendar as the last alternative, and the same octets attached for programs that want a file."""
    message.add_alternative(
        file,
        maintype="text",
        subtype="calendar",
        cte="base64",
        params={"charset": "UTF-8", "method": method},
    )
    message.make_mixed()
    message.add_attachment(
        file,
        maintype="application",
        subtype="ics",
        cte="base64",
        filename=INVITE_NAME,
        params={"name": INVITE_NAME},
    )


def _rendered(matter: Matter, part: str, told: dict[str, Any]) -> str:
    # Not render_template: nothing of a page (who is signed in, its form) belongs into a letter.
    template = current_app.jinja_env.get_template(f"letters/{matter.kind}/{part}")
    return template.render(told)


def _one_line(text: str) -> str:
    """Fit for a header: one line, without control and direction characters."""
    printable = "".join(
        " " if unicodedata.category(letter) in {"Cc", "Zl", "Zp"} else letter
        for letter in text
        if unicodedata.category(letter) not in {"Cf", "Cs"}
    )
    return " ".join(word for word in printable.split(" ") if word)


def _laid_out(text: str) -> str:
    """Lines of a width that can be quoted; links stay whole; paragraphs one blank line apart."""
    laid_out: list[str] = []
    for line in text.splitlines():
        wrapped = textwrap.wrap(line.strip(" \t"), TEXT_WIDTH, break_long_words=False, break_on_hyphens=False)
        if wrapped or (laid_out and laid_out[-1]):
            laid_out.extend(wrapped or [""])
    return "\n".join(laid_out).strip("\n") + "\n"
