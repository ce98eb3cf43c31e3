"""Letters of a mailing: every reader of a language gets the same words, only the way out is one's own.

Writing a message costs several times what sending it does. So it is written once a language, and then addressed
to one reader after the other.
"""

from datetime import datetime
from email import base64mime, quoprimime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from webapp import links
from webapp.letters.compose import compose
from webapp.letters.facts import Matter, is_moot
from webapp.models import Letter


class Stencil:
    """A message as it was composed for one reader, in which the token of the next takes the place of theirs."""

    def __init__(self, message: EmailMessage, token: str) -> None:
        self._message = message
        self._token = token
        self._leave = str(message["List-Unsubscribe"])
        self._bodies = [(part, part.get_content()) for part in message.walk() if not part.is_multipart()]

    def addressed(self, letter: Letter, token: str, now: datetime) -> EmailMessage:
        """The message for this reader. It is the same object each time: send it before the next is made."""
        message = self._message
        message.replace_header("To", Address(addr_spec=letter.recipient))
        message.replace_header("Message-ID", letter.message_id)
        message.replace_header("Date", format_datetime(now))
        message.replace_header("List-Unsubscribe", self._leave.replace(self._token, token))
        for part, text in self._bodies:
            own = text.replace(self._token, token)
            part.set_payload(_encoded(own, part["Content-Transfer-Encoding"]))
        return message


class Stencils:
    """For as long as what the letters tell is the same: a few seconds of one worker."""

    def __init__(self) -> None:
        self._made: dict[tuple[int | None, str], Stencil] = {}

    def compose(self, letter: Letter, now: datetime) -> EmailMessage | None:
        """As :func:`webapp.letters.compose.compose`, for letters of mailings."""
        matter = Matter(letter, now)
        if is_moot(matter):
            return None
        assert matter.subscriber is not None
        token = links.token(links.SUBSCRIBER, matter.subscriber.salt)
        kind = (letter.mailing_id, letter.language)
        if kind not in self._made:
            message = compose(letter, now)
            assert message is not None
            self._made[kind] = Stencil(message, token)
        return self._made[kind].addressed(letter, token, now)


def _encoded(text: str, encoding: str) -> str:
    """The text as the part that it stands in wants it."""
    octets = text.encode()
    match encoding:
        case "base64":
            return base64mime.body_encode(octets)
        case "quoted-printable":
            return quoprimime.body_encode(octets.decode("latin-1"))
        case _:
            return text
