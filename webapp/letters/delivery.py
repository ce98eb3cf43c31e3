"""To the mail server: one connection for many letters, and what its answers mean."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import unquote, urlsplit

from flask import current_app

from webapp.letters import kept
from webapp.rules.letters import LetterEvent

# Together less than the lease of a letter: otherwise another worker would send it too.
SECONDS_PER_ANSWER = 8
SECONDS_TO_ACCEPT = 30  # servers look for spam and viruses before they say yes
CLOSING = 421
PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


class _Unanswered(Exception):
    """The connection broke during DATA: perhaps the letter was taken."""


class ServerAway(Exception):
    """No connection to the mail server: nothing was tried with any letter. The text says why."""


@dataclass(frozen=True)
class Verdict:
    """What became of one letter; ``reply`` are the server's words, without the recipient's address."""

    event: LetterEvent
    reply: str


class Transport(Protocol):
    """Something that takes letters, one after the other."""

    def prepare(self) -> None:
        """Be ready for a letter, or raise :class:`ServerAway`."""

    def send(self, letter_id: int, message: EmailMessage) -> Verdict: ...


@contextmanager
def transport() -> Iterator[Transport]:
    """The mail server of the settings; without one (development), the folder that keeps letters."""
    address = current_app.config["SMTP_URL"]
    if not address:
        yield Kept()
        return
    with MailServer(address, current_app.config["MAIL_FROM"].rpartition("@")[2]) as server:
        yield server


class Kept:
    """Sends nothing. A demonstration keeps the letters to show them, otherwise only their row stays."""

    def prepare(self) -> None:
        pass

    def send(self, letter_id: int, message: EmailMessage) -> Verdict:
        if current_app.config["DEMO"]:
            kept.keep(letter_id, message)
        return Verdict(LetterEvent.ACCEPTED, "kept here: no mail server is set")


class MailServer:
    """A connection that is made when first needed and again when the server has dropped it."""

    def __init__(self, address: str, own_name: str) -> None:
        """``address``: ``smtp://``, ``smtps://`` or ``smtp+starttls://user:password@host:port``."""
        self._address = urlsplit(address)
        self._own_name = own_name
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._smtp.quit()
        self._close()

    def prepare(self) -> None:
        """Be connected. Raises :class:`ServerAway`."""
        self._connected()

    def send(self, letter_id: int, message: EmailMessage) -> Verdict:
        """Hand over one letter. Raises :class:`ServerAway` when there is no connection to be had."""
        sender = message["From"].addresses[0].addr_spec
        recipient = message["To"].addresses[0].addr_spec
        octets = message.as_bytes()
        code, reply = self._announce(sender, recipient)
        if code < 400:
            try:
                code, reply = self._hand_over(octets)
            except _Unanswered as unanswered:
                self._close()
                return Verdict(LetterEvent.INTERRUPTED, str(unanswered))
        if code == CLOSING:
            self._close()
        elif code >= 400:
            self._forget_this_one()
        return _verdict(code, reply.replace(recipient, "<the recipient>"))

    def _announce(self, sender: str, recipient: str) -> tuple[int, str]:
        """MAIL and RCPT; once more on a new connection where the server had dropped the old one."""
        fresh = self._smtp is None
        try:
            code, reply = self._envelope(sender, recipient)
        except (smtplib.SMTPException, OSError):
            self._close()
            code, reply = CLOSING, "the connection was dropped"
        if code == CLOSING and not fresh:
            self._close()
            return self._announce(sender, recipient)
        return code, reply

    def _envelope(self, sender: str, recipient: str) -> tuple[int, str]:
        smtp = self._connected()
        code, reply = smtp.mail(sender)
        if code >= 500:
            # The server refuses us, not this recipient: that is for the administrator to mend.
            return 450, f"the sender was refused: {_text(code, reply)}"
        if code < 400:
            code, reply = smtp.rcpt(recipient)
        return code, _text(code, reply)

    def _hand_over(self, octets: bytes) -> tuple[int, str]:
        smtp = self._connected()
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(SECONDS_TO_ACCEPT)
            code, reply = smtp.data(octets)
            if smtp.sock is not None:
                smtp.sock.settimeout(SECONDS_PER_ANSWER)
        except smtplib.SMTPDataError as error:
            return error.smtp_code, _text(error.smtp_code, error.smtp_error)
        except (smtplib.SMTPException, OSError) as error:
            raise _Unanswered("the connection was dropped during DATA") from error
        return code, _text(code, reply)

    def _forget_this_one(self) -> None:
        try:
            self._connected().rset()
        except (smtplib.SMTPException, OSError):
            self._close()

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is None:
            try:
                self._smtp = self._connect()
            except (smtplib.SMTPException, OSError) as error:
                raise ServerAway(f"{type(error).__name__}: {error}") from error
        return self._smtp

    def _connect(self) -> smtplib.SMTP:
        host = self._address.hostname or "localhost"
        port = self._address.port or PORTS[self._address.scheme]
        if self._address.scheme == "smtps":
            context = ssl.create_default_context()
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port, self._own_name, timeout=SECONDS_PER_ANSWER, context=context
            )
        else:
            smtp = smtplib.SMTP(host, port, self._own_name, timeout=SECONDS_PER_ANSWER)
        try:
            smtp.ehlo_or_helo_if_needed()
            if self._address.scheme == "smtp+starttls":
                smtp.starttls(context=ssl.create_default_context())
            if self._address.username:
                smtp.login(unquote(self._address.username), unquote(self._address.password or ""))
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _close(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None


def _verdict(code: int, reply: str) -> Verdict:
    if code < 400:
        return Verdict(LetterEvent.ACCEPTED, reply)
    return Verdict(LetterEvent.REFUSED if code >= 500 else LetterEvent.TRY_LATER, reply)


def _text(code: int, reply: bytes | str) -> str:
    words = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return f"{code} {' '.join(words.split())}"[:500]
