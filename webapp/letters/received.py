"""A mail that came, as far as Kenes reads it: whose it is, what it says, what a calendar or a server tells in it.

Octets of strangers: whatever they are, a :class:`Received` comes out, in the worst case without its text.
"""

import hashlib
import re
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser, HeaderParser
from html import unescape

from webapp.letters.authentication import vouches_for

LONGEST_TEXT = 4_000
LONGEST_LINE = 200
LONGEST_HEADER = 4_000
LONGEST_HTML = 200_000
MOST_PARTS = 200
MOST_BOUNDARIES = 50  # every line is compared with each: more is no letter but a bomb

ENVELOPE = ("X-Original-To", "Delivered-To", "Envelope-To", "X-Envelope-To", "To", "Cc")
AUTOMATIC = ("X-Autoreply", "X-Autorespond", "List-Id", "List-Unsubscribe")
PRECEDENCE = frozenset({"bulk", "junk", "list", "auto_reply"})

_ONE_ADDRESS = re.compile(r"(?:[^<>]*<)?\s*([^\s<>@,;:\"()\\]+@[^\s<>@,;:\"()\\]+)\s*>?\s*")
_ADDRESS = re.compile(r"[^\s<>@,;:\"()\\]+@[^\s<>@,;:\"()\\]+")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_CHARSET = re.compile(
    r"(utf-?8|us-ascii|ascii|iso-?8859-?\d+|latin-?1|windows-125\d|cp125\d|cp866|koi8-[rut]|utf-?16(-?[lb]e)?)"
)
_TAG = re.compile(r"(<[^<>]*>)")
_UNSEEN = frozenset({"head", "style", "script", "title"})
_NEW_LINE = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "table", "blockquote"})


@dataclass(frozen=True)
class Returned:
    """What a mail server reports of a letter (RFC 3464). ``reply`` names nobody's address."""

    message_id: str
    failed: bool
    reply: str


@dataclass(frozen=True)
class Received:
    """``fingerprint`` is the same for the same mail. ``sender``: lower case, empty where it is not just one.

    ``verified``: our own server vouches for the sender. ``recipients``: those of the envelope first.
    ``calendar``: the octets of a calendar file, of a mail that was read to its end.
    """

    fingerprint: str
    arrived_at: datetime
    sender: str
    verified: bool
    recipients: tuple[str, ...]
    subject: str
    text: str
    readable: bool
    automatic: bool
    calendar: bytes | None
    returned: Returned | None


def read(octets: bytes, arrived_at: datetime, *, server: str, whole: bool = True) -> Received:
    """The mail. ``server``: the name under which our mail server vouches; ``whole``: no octet is missing."""
    message, readable = _parsed(octets)
    parts = list(_parts(message))
    sender = _sender(message)
    return Received(
        fingerprint=_fingerprint(message, octets),
        arrived_at=arrived_at,
        sender=sender,
        verified=vouches_for(sender, _headers(message, "Authentication-Results"), server),
        recipients=tuple(_recipients(message)),
        subject=_line(_decoded(_header(message, "Subject"))),
        text=_text(parts),
        readable=readable,
        automatic=_is_automatic(message),
        calendar=_calendar(parts) if whole else None,
        returned=_returned(message, parts),
    )


def nothing_of(octets: bytes, arrived_at: datetime) -> Received:
    """A mail that could not be read at all: that it came is all that is known."""
    return Received(
        fingerprint=hashlib.sha256(octets).hexdigest(),
        arrived_at=arrived_at,
        sender="",
        verified=False,
        recipients=(),
        subject="",
        text="",
        readable=False,
        automatic=False,
        calendar=None,
        returned=None,
    )


def _parsed(octets: bytes) -> tuple[Message, bool]:
    """The message, and whether all of it could be read; else only its head."""
    if octets.lower().count(b"boundary") <= MOST_BOUNDARIES:
        with suppress(Exception):
            return message_from_bytes(octets), True
    head = re.split(rb"\r?\n\r?\n", octets, maxsplit=1)[0]
    try:
        return BytesHeaderParser().parsebytes(head), False
    except Exception:
        return Message(), False


def _parts(message: Message) -> Iterator[Message]:
    """The leaves in order; what a letter encloses is not the letter itself."""
    waiting = deque([message])
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part = waiting.popleft()
        inner = _enclosed(part)
        if part.get_content_maintype() == "multipart" and inner:
            waiting.extendleft(reversed(inner))
        else:
            yield part


def _enclosed(part: Message) -> list[Message]:
    content = part.get_payload()
    return [one for one in content if isinstance(one, Message)] if isinstance(content, list) else []


def _headers(message: Message, name: str) -> list[str]:
    return [str(value)[:LONGEST_HEADER] for value in message.get_all(name, [])]


def _header(message: Message, name: str) -> str:
    return next(iter(_headers(message, name)), "")


def _sender(message: Message) -> str:
    """Of several senders, or of one in a form that two programs might read in two ways, there is none."""
    headers = _headers(message, "From")
    found = _ONE_ADDRESS.fullmatch(" ".join(headers[0].split())) if len(headers) == 1 else None
    return found.group(1).lower() if found else ""


def _recipients(message: Message) -> Iterator[str]:
    for name in ENVELOPE:
        for value in _headers(message, name):
            yield from (address.lower() for address in _ADDRESS.findall(value))


def _fingerprint(message: Message, octets: bytes) -> str:
    """Of what the sender wrote: the traces of the way differ when a mail comes twice."""
    _, _, body = octets.partition(b"\r\n\r\n")
    digest = hashlib.sha256(body or octets)
    for name in ("Message-ID", "From", "To", "Date", "Subject"):
        digest.update(f"\0{_headers(message, name)}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _is_automatic(message: Message) -> bool:
    """A mail that no person wrote (RFC 3834), or that went to many."""
    submitted = _header(message, "Auto-Submitted").partition(";")[0].strip().lower()
    return (
        submitted not in ("", "no")
        or any(name in message for name in AUTOMATIC)
        or _header(message, "Precedence").strip().lower() in PRECEDENCE
        or message.get_content_type() == "multipart/report"
    )


# --- What it says ------------------------------------------------------------------------------------------


def _text(parts: list[Message]) -> str:
    """The beginning of the words: the plain text, else what the HTML shows."""
    own = [part for part in parts if part.get_content_disposition() != "attachment"]
    for kind, words in (("text/plain", _words), ("text/html", _words_of_html)):
        for part in own:
            if part.get_content_type() == kind and (text := words(part)):
                return text
    return ""


def _words(part: Message) -> str:
    return _clean(_decoded_content(part)[: 2 * LONGEST_TEXT])


def _words_of_html(part: Message) -> str:
    words, unseen = [], ""
    for piece in _TAG.split(_decoded_content(part)[:LONGEST_HTML]):
        tag = re.match(r"</?\s*([a-zA-Z0-9]*)", piece)
        if tag is None:
            words.append("" if unseen else " ".join(piece.split()))
            continue
        name = tag.group(1).lower()
        if name in _UNSEEN:
            unseen = "" if piece.startswith("</") and name == unseen else unseen or name
        words.append("\n" if name in _NEW_LINE else " ")
    return _clean(unescape("".join(words)[: 4 * LONGEST_TEXT]))


def _clean(text: str) -> str:
    """Lines without what no page shows, at most one blank between two of them."""
    lines = [" ".join(line.split()) for line in _CONTROL.sub("", text.replace("\r\n", "\n")).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()[:LONGEST_TEXT]


def _line(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())[:LONGEST_LINE]


def _decoded(header: str) -> str:
    try:
        return str(make_header(decode_header(header)))
    except Exception:
        return header


def _content(part: Message) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except Exception:
        return b""
    return content if isinstance(content, bytes) else b""


def _decoded_content(part: Message) -> str:
    try:
        charset = (part.get_content_charset() or "").lower()
    except Exception:
        charset = ""
    # Python knows encodings that are none of letters, and some that take their time.
    try:
        return _content(part).decode(charset if _CHARSET.fullmatch(charset) else "utf-8", "replace")
    except LookupError:
        return _content(part).decode("utf-8", "replace")


# --- What a calendar or a server tells in it --------------------------------------------------------------


def _calendar(parts: list[Message]) -> bytes | None:
    for kind in ("text/calendar", "application/ics"):
        for part in parts:
            if part.get_content_type() == kind:
                return _content(part)
    return None


def _returned(message: Message, parts: list[Message]) -> Returned | None:
    """The report about a letter of ours: what became of it, and its Message-ID out of what came back."""
    if message.get_content_type() != "multipart/report":
        return None
    status = [part for part in parts if part.get_content_type() == "message/delivery-status"]
    if not status:
        return None
    actions, replies = [], []
    for block in _enclosed(status[0]):
        actions.append(_header(block, "Action").strip().lower())
        replies.append(f"{_header(block, 'Status')} {_header(block, 'Diagnostic-Code')}")
    return Returned(
        message_id=next(filter(None, map(_original_id, parts)), ""),
        failed="failed" in actions,
        reply=_line(_ADDRESS.sub("<the recipient>", _decoded(" ".join(replies)))),
    )


def _original_id(part: Message) -> str:
    if part.get_content_type() == "message/rfc822":
        enclosed = _enclosed(part)
    elif part.get_content_type() == "text/rfc822-headers":
        enclosed = [HeaderParser().parsestr(_decoded_content(part)[:LONGEST_TEXT])]
    else:
        enclosed = []
    return next((_header(original, "Message-ID").strip() for original in enclosed), "")
