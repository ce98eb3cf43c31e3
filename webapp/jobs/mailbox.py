"""The mailbox is read: each mail is taken in a transaction of its own, and only then put away.

One worker reads at a time. A mail that breaks whoever reads it is laid before a person, and the next is read.
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
import structlog
from flask import current_app
from sqlalchemy.exc import InterfaceError, OperationalError

from webapp import clock
from webapp.letters import inbox, received
from webapp.letters.inbox import Inbox, MailboxAway, Waiting
from webapp.letters.received import Received
from webapp.models import db
from webapp.rules.errors import WrongState
from webapp.services.mail import received_mail
from webapp.services.mail.received_mail import NotYet

BATCH = 50
SECONDS_A_RUN = 20.0  # where there is one worker only, letters wait for it
READING = 1_801_809_511  # the number of PostgreSQL's advisory lock: one worker reads

log = structlog.get_logger()


def read_new() -> None:
    """Read what waits, for a while; what is left is read in the next minute."""
    if not current_app.config["IMAP_URL"]:
        return
    with _alone() as mine:
        if not mine:
            return
        try:
            with inbox.opened() as box:
                _read(box, time.monotonic() + SECONDS_A_RUN)
        except MailboxAway as away:
            log.warning("mailbox.away", error=str(away))


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether no other worker reads meanwhile; a mail that two take nevertheless counts once."""
    in_database = db.engine.dialect.name == "postgresql"
    with _locked_in_database() if in_database else _locked_in_folder() as mine:
        yield mine


@contextmanager
def _locked_in_folder() -> Iterator[bool]:
    with (Path(current_app.config["DATA_DIR"]) / "mailbox.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextmanager
def _locked_in_database() -> Iterator[bool]:
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        mine = connection.scalar(sa.select(sa.func.pg_try_advisory_lock(READING)))
        try:
            yield bool(mine)
        finally:
            if mine:
                connection.execute(sa.select(sa.func.pg_advisory_unlock(READING)))


def _read(box: Inbox, until: float) -> None:
    uids = box.waiting()
    for first in range(0, len(uids), BATCH):
        read = []
        for mail in box.measured(uids[first : first + BATCH]):
            if _take(box, mail):
                read.append(mail.uid)
            if time.monotonic() > until:
                break
        box.put_away(read)
        if time.monotonic() > until:
            log.info("mailbox.more", left=len(uids) - first)
            return


def _take(box: Inbox, waiting: Waiting) -> bool:
    """Returns whether the mail is done with and may be put away."""
    mail = _parsed(box.octets(waiting), waiting)
    try:
        received_mail.take(mail, clock.now())
        db.session.commit()
    except (NotYet, WrongState):
        db.session.rollback()
        return False
    except (OperationalError, InterfaceError):
        raise  # the database is away, not the mail wrong
    except Exception as error:
        db.session.rollback()
        log.error("mailbox.unreadable", error=type(error).__name__)
        received_mail.take_unreadable(mail, clock.now())
        db.session.commit()
    return True


def _parsed(octets: bytes, waiting: Waiting) -> Received:
    server = current_app.config["MAIL_AUTHSERV_ID"]
    try:
        return received.read(octets, waiting.arrived_at, server=server, whole=waiting.is_loaded_whole)
    except Exception as error:
        log.error("mailbox.unreadable", error=type(error).__name__)
        return received.nothing_of(octets, waiting.arrived_at)
