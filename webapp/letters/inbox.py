"""The centres' mailbox over IMAP: what waits in its folder, and where goes what was read.

A mail waits as long as it lies in the folder of the settings, whoever may have opened it; what was read is
moved into the folder ``Read`` below it. So a crash in between leaves it where it was.
"""

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit

from flask import current_app
from imap_tools.errors import ImapToolsError
from imap_tools.mailbox import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted

SECONDS_PER_ANSWER = 8
LARGEST_OCTETS = 1024 * 1024  # of a mail that is loaded whole
BEGINNING = 64 * 1024  # what is loaded of a larger one
READ_FOLDER = "Read"
PORTS = {"imap": 143, "imaps": 993, "imap+starttls": 143}

_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_ARRIVED = re.compile(rb'\bINTERNALDATE "([^"]+)"')


class MailboxAway(Exception):
    """No connection to the mailbox, or it broke. The text says why, without names."""


@dataclass(frozen=True)
class Waiting:
    """A mail in the folder that nobody has loaded yet."""

    uid: str
    octets: int
    arrived_at: datetime

    @property
    def is_loaded_whole(self) -> bool:
        return self.octets <= LARGEST_OCTETS


class Inbox:
    """An open mailbox. Every method raises :class:`MailboxAway`."""

    def __init__(self, box: BaseMailBox, folder: str) -> None:
        self._box = box
        self._folder = folder
        self._read_folder = ""

    def waiting(self) -> list[str]:
        """The numbers of the mails in the folder, the oldest first."""
        with _telling():
            return self._box.uids("UNDELETED", charset=None)

    def measured(self, uids: Sequence[str]) -> list[Waiting]:
        """Those of ``uids`` that are still there, with their sizes: nothing is loaded for that."""
        with _telling():
            rows = self._fetched(",".join(uids), "(UID RFC822.SIZE INTERNALDATE)")
        found = []
        for row in rows:
            head = row[0] if isinstance(row, tuple) else row
            uid, size, arrived = _UID.search(head), _SIZE.search(head), _ARRIVED.search(head)
            if uid and size and arrived:
                arrived_at = datetime.strptime(arrived.group(1).decode().strip(), "%d-%b-%Y %H:%M:%S %z")
                found.append(Waiting(uid.group(1).decode(), int(size.group(1)), arrived_at))
        return sorted(found, key=lambda one: uids.index(one.uid))

    def octets(self, mail: Waiting) -> bytes:
        """The mail, or the beginning of a large one. It does not count as seen by that."""
        part = "BODY.PEEK[]" if mail.is_loaded_whole else f"BODY.PEEK[]<0.{BEGINNING}>"
        with _telling():
            rows = self._fetched(mail.uid, f"({part})")
        return next((row[1] for row in rows if isinstance(row, tuple)), b"")

    def put_away(self, uids: Sequence[str]) -> None:
        """Move what was read into the folder for that, which is made when first needed."""
        if not uids:
            return
        with _telling():
            self._box.move(uids, self._made_read_folder())

    def _fetched(self, uids: str, parts: str) -> list[bytes | tuple[bytes, bytes]]:
        status, rows = self._box.client.uid("fetch", uids, parts)
        if status != "OK":
            raise MailboxAway(f"fetching was answered by {status}")
        return [row for row in rows if row]

    def _made_read_folder(self) -> str:
        if not self._read_folder:
            own = next((one for one in self._box.folder.list(search_args=self._folder)), None)
            self._read_folder = f"{self._folder}{own.delim if own else '/'}{READ_FOLDER}"
            if not self._box.folder.exists(self._read_folder):
                self._box.folder.create(self._read_folder)
        return self._read_folder


@contextmanager
def opened() -> Iterator[Inbox]:
    """The mailbox of the settings. Raises :class:`MailboxAway`."""
    address = urlsplit(current_app.config["IMAP_URL"])
    folder = unquote(address.path.strip("/")) or "INBOX"
    with _telling():
        box = _connected(address.scheme, address.hostname or "", address.port or PORTS[address.scheme])
        try:
            box.login_utf8(unquote(address.username or ""), unquote(address.password or ""), None)
            box.folder.set(folder)
        except BaseException:
            box.client.shutdown()
            raise
    try:
        yield Inbox(box, folder)
    finally:
        with suppress(ImapToolsError, imaplib.IMAP4.error, OSError):
            box.logout()


def _connected(scheme: str, host: str, port: int) -> BaseMailBox:
    if scheme == "imap":
        return MailBoxUnencrypted(host, port, SECONDS_PER_ANSWER)
    kind = MailBox if scheme == "imaps" else MailBoxStartTls
    return kind(host, port, timeout=SECONDS_PER_ANSWER, ssl_context=ssl.create_default_context())


@contextmanager
def _telling() -> Iterator[None]:
    """Whatever breaks at the mailbox is one thing: it is away."""
    try:
        yield
    except (ImapToolsError, imaplib.IMAP4.error, OSError) as error:
        # The words of the server may quote the name of the mailbox: only the kind is told.
        raise MailboxAway(type(error).__name__) from error
