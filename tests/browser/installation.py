"""Kenes as it is served: waitress, the worker, SQLite; beside it a mail server and a video server.

The clock of all of them is a file, so that a test can stand ten minutes before a consultation. The minute
tick of the video server is the test's to give: `kenes.video.tick()`.
"""

import re
import shutil
import socket
import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
import waitress
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask
from icalendar import Calendar, Event
from playwright.sync_api import Page

from tests.standin.video_server import StandInVideoServer
from webapp import clock
from webapp.config import read_settings
from webapp.factory import create_app
from webapp.jobs import embedded
from webapp.models import Letter, Presence, Staff, db
from webapp.rules.letters import LetterKind, LetterState
from webapp.services.centre import sign_in

PASSWORD = "a long password for tests"
PATIENCE = 20.0  # seconds until something that must happen counts as not happening
WORKER_PAUSE = 0.05
TASKS_EVERY = 0.2
JITSI_APP_ID = "kenes"
JITSI_SECRET = "a-secret-of-the-video-server-for-tests"
CALLBACK_TOKEN = "a-callback-token-for-tests"

_password_hash = sign_in.hash_password(PASSWORD)


class Switch:
    """One served address for the whole test run; each test puts its own application behind it."""

    def __init__(self) -> None:
        self.app: Flask | None = None
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(64)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        server = waitress.create_server(self._answer, sockets=[self._socket], threads=8, ident=None)
        threading.Thread(target=server.run, name="waitress", daemon=True).start()

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if self.app is None:
            start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
            return [b"Between two tests."]
        return self.app.wsgi_app(environ, start_response)


class Post:
    """A mail server that takes everything into ``letters``; ``arrived`` is notified of each."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.arrived = threading.Condition()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.url = f"smtp://127.0.0.1:{self._port}"
        self._controller = Controller(self, hostname="127.0.0.1", port=self._port)
        self._controller.start()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        message = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        assert isinstance(message, EmailMessage)
        with self.arrived:
            self.letters.append(message)
            self.arrived.notify_all()
        return "250 accepted"

    def close(self) -> None:
        self._controller.stop()


class Received:
    """A letter as its reader has it."""

    def __init__(self, message: EmailMessage) -> None:
        self.message = message
        self.subject = str(message["Subject"])
        body = message.get_body(("plain",))
        assert body is not None
        self.text: str = body.get_content()

    @property
    def page_link(self) -> str:
        """The address of the family's page."""
        found = re.search(r"http://\S+?/f/[A-Za-z0-9_-]{43}", self.text)
        assert found, self.text
        return found.group()

    def link(self, path: str) -> str:
        """The first address that goes to ``path``, a regular expression."""
        found = re.search(rf"http://[^\s/]+{path}", self.text)
        assert found, self.text
        return found.group()

    @property
    def calendar(self) -> Calendar:
        """The invite of the letter."""
        (part,) = (part for part in self.message.walk() if part.get_content_type() == "text/calendar")
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        return Calendar.from_ical(content)

    @property
    def event(self) -> Event:
        (event,) = self.calendar.walk("VEVENT")
        assert isinstance(event, Event)
        return event


class Installation:
    """One Kenes with an empty database. ``app`` for preparing what a test needs, ``url`` for browsers."""

    def __init__(self, switch: Switch, folder: Path, empty_database: Path, starts_at: datetime) -> None:
        self.url = switch.url
        self._switch = switch
        self._clock_file = folder / "clock"
        self._clock_file.write_text(starts_at.isoformat())
        self.post = Post()
        self.video = StandInVideoServer(
            JITSI_APP_ID,
            JITSI_SECRET,
            f"{self.url}/jitsi",
            CALLBACK_TOKEN,
            clock=clock.now,
            domain="127.0.0.1",
            retry_gap=0.05,
        )
        self.video.start()
        shutil.copy(empty_database, folder / "kenes.sqlite3")
        self.app = create_app(
            read_settings(
                data_dir=folder,
                public_url=self.url,
                mail_from="centre@kenes.example",
                smtp_url=self.post.url,
                jitsi_mode="guarded",
                jitsi_url=self.video.url,
                jitsi_app_id=JITSI_APP_ID,
                jitsi_secret=JITSI_SECRET,
                jitsi_callback_token=CALLBACK_TOKEN,
                clock_file=self._clock_file,
            )
        )
        switch.app = self.app
        self._stop = threading.Event()
        self._usual_pauses = embedded.SECOND, embedded.MINUTE
        embedded.SECOND, embedded.MINUTE = WORKER_PAUSE, TASKS_EVERY
        self._worker = embedded.start(self.app, self._stop)

    def close(self) -> None:
        self._stop.set()
        self._worker.join(timeout=PATIENCE)
        embedded.SECOND, embedded.MINUTE = self._usual_pauses
        self._switch.app = None
        self.video.stop()
        self.post.close()
        with self.app.app_context():
            db.engine.dispose()
        clock.follow(None)

    def move_to(self, instant: datetime) -> None:
        """Let it be ``instant`` everywhere; what was due until now is sent before."""
        self._until(self._outbox_is_empty, "the outbox is not empty")
        fresh = self._clock_file.with_suffix(".new")
        fresh.write_text(instant.astimezone(UTC).isoformat())
        fresh.replace(self._clock_file)  # readers see the old instant or the new one, nothing between

    def letter(self, recipient: str, kind: LetterKind) -> Received:
        """The first letter of ``kind`` to ``recipient`` that was not asked for before; waits for it."""
        found: list[EmailMessage] = []

        def arrived() -> bool:
            found.extend(letter for letter in self.post.letters if self._is(letter, recipient, kind))
            return bool(found)

        self._until(arrived, f"no letter {kind} to {recipient}")
        self.post.letters.remove(found[0])
        return Received(found[0])

    def sign_in(self, page: Page, email: str) -> None:
        """Give the page the cookie of somebody of the staff who has signed in."""
        with self.app.app_context():
            staff = db.session.scalars(sa.select(Staff).where(Staff.email == email)).one()
            token = sign_in.begin_session(staff, clock.now())
            db.session.commit()
        signing = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        value = signing.dumps({"_user_id": token, "_fresh": True})
        page.context.add_cookies(
            [{"name": "kenes", "value": value, "domain": urlsplit(self.url).hostname or "", "path": "/"}]
        )

    def _is(self, letter: EmailMessage, recipient: str, kind: LetterKind) -> bool:
        return self._recipient(letter) == recipient and self._kind(letter) == kind

    def _recipient(self, letter: EmailMessage) -> str:
        address: str = letter["To"].addresses[0].addr_spec
        return address

    def _kind(self, letter: EmailMessage) -> str:
        with self.app.app_context():
            kind = db.session.scalar(
                sa.select(Letter.kind).where(Letter.message_id == str(letter["Message-ID"]).strip())
            )
            db.session.rollback()
        assert kind is not None, f"a letter without a row: {letter['Message-ID']}"
        return kind

    def must_have_heard_of_stay(self, at: datetime) -> None:
        """A page tells of coming and leaving behind everybody's back: wait until it did, at ``at`` or later."""

        def is_noted() -> bool:
            with self.app.app_context():
                last = db.session.scalar(sa.select(sa.func.max(Presence.last_seen_at)))
                db.session.rollback()
            return last is not None and last >= at

        self._until(is_noted, "no page has told that somebody is in the room")

    def _outbox_is_empty(self) -> bool:
        waiting = (LetterState.PENDING, LetterState.SENDING)
        with self.app.app_context():
            count = db.session.scalar(
                sa.select(sa.func.count()).where(Letter.state.in_(waiting), Letter.due_at <= clock.now())
            )
            db.session.rollback()
        return not count

    def _until(self, happened: Any, complaint: str) -> None:
        give_up_at = time.monotonic() + PATIENCE
        with self.post.arrived:
            while not happened():
                if time.monotonic() > give_up_at:
                    sent = [(self._kind(letter), self._recipient(letter)) for letter in self.post.letters]
                    raise AssertionError(f"{complaint}; not asked for: {sent}")
                self.post.arrived.wait(0.05)


def give_password(staff: Staff) -> None:
    """Let somebody sign in with :data:`PASSWORD`."""
    staff.password_hash = _password_hash


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)
