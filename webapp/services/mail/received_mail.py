"""A mail that came to the mailbox finds its place: an answer, a letter that came back, or words for a person.

Every mail leaves one row, so that none counts twice; only what a person must read keeps its words.
"""

from datetime import datetime

import sqlalchemy as sa
from flask import current_app

from calendars import replies
from calendars.replies import NotAReply, Reply
from webapp.letters.received import Received, Returned
from webapp.models import Centre, InboxMail, Letter, db
from webapp.rules.inbox import ANSWERS, FOR_DEPUTY, FOR_OFFICE, MailKind
from webapp.rules.letters import LetterState
from webapp.services.mail import calendar_answers, undelivered
from webapp.services.mail.calendar_answers import Taken

ON_ITS_WAY = (LetterState.PENDING, LetterState.SENDING)


class NotYet(Exception):
    """The mail is about something that is still going on: it must be looked at again later."""


def is_known(fingerprint: str) -> bool:
    """Whether this mail was taken already, perhaps just before a crash."""
    return db.session.scalar(sa.select(InboxMail.id).where(InboxMail.fingerprint == fingerprint)) is not None


def take(mail: Received, now: datetime) -> MailKind:
    """Do what the mail asks for, once. Returns what it was. Raises :class:`NotYet`."""
    if is_known(mail.fingerprint):
        return MailKind.OUTDATED
    reply = _reply(mail)
    taken = _understood(mail, reply, now)
    centre_id = taken.centre_id or _centre_named(mail.recipients)
    if taken.kind in ANSWERS and taken.participation_id is not None:
        _settle_earlier(taken.participation_id, now)
    waits = taken.kind in FOR_OFFICE | FOR_DEPUTY and not _is_settled(taken)
    _add(mail, taken, reply, centre_id, None if waits else now, now)
    return taken.kind


def take_unreadable(mail: Received, now: datetime) -> None:
    """Nothing could be done with the mail: a person looks at it."""
    if not is_known(mail.fingerprint):
        _add(mail, Taken(MailKind.UNREADABLE), None, _centre_named(mail.recipients), None, now)


def _reply(mail: Received) -> Reply | None:
    if mail.calendar is None:
        return None
    try:
        return replies.read(mail.calendar)
    except NotAReply:
        return None


def _understood(mail: Received, reply: Reply | None, now: datetime) -> Taken:
    if not mail.readable:
        return Taken(MailKind.UNREADABLE)
    if mail.returned is not None:
        return _take_returned(mail.returned, now)
    if reply is not None:
        # Before anything automatic: some programs send answers as such.
        if not mail.verified:
            return Taken(MailKind.UNVERIFIED)
        return calendar_answers.take(reply, mail.sender, now)
    return Taken(MailKind.AUTOMATIC if mail.automatic else MailKind.OTHER)


def _take_returned(returned: Returned, now: datetime) -> Taken:
    """Only a failure says that somebody is not informed; a delay says nothing yet."""
    if not returned.failed:
        return Taken(MailKind.AUTOMATIC)
    letter = db.session.scalar(sa.select(Letter).where(Letter.message_id == returned.message_id))
    if letter is None:
        return Taken(MailKind.RETURNED)
    if letter.state in ON_ITS_WAY:  # the report was faster than our own mark
        raise NotYet
    undelivered.take_back(letter, returned.reply, now)
    return Taken(MailKind.RETURNED, letter.centre_id)


def _is_settled(taken: Taken) -> bool:
    """A letter that came back and is known needs nobody: the call, if one is due, is among the calls."""
    return taken.kind is MailKind.RETURNED and taken.centre_id is not None


def _settle_earlier(participation_id: int, now: datetime) -> None:
    """What the same person answered before is no question any more."""
    db.session.execute(
        sa.update(InboxMail)
        .where(
            InboxMail.participation_id == participation_id,
            InboxMail.kind.in_(FOR_DEPUTY),
            InboxMail.handled_at.is_(None),
        )
        .values(handled_at=now)
    )


def _centre_named(recipients: tuple[str, ...]) -> int | None:
    """The centre whose plus-address was written to; where there is only one centre, that one."""
    slugs = [slug for address in recipients if (slug := _slug(address))]
    some = db.session.scalars(sa.select(Centre.id).limit(2)).all()
    if len(some) == 1:
        return some[0]
    rows = db.session.execute(sa.select(Centre.slug, Centre.id).where(Centre.slug.in_(slugs)))
    named: dict[str, int] = {row.slug: row.id for row in rows}
    return next((named[slug] for slug in slugs if slug in named), None)


def _slug(address: str) -> str:
    """``school-12`` of ``centre+school-12@kenes.example``, in the domain of our mailbox."""
    local, _, domain = current_app.config["MAIL_FROM"].lower().rpartition("@")
    name, _, of = address.rpartition("@")
    return name.removeprefix(f"{local}+") if of == domain and name.startswith(f"{local}+") else ""


def _add(
    mail: Received,
    taken: Taken,
    reply: Reply | None,
    centre_id: int | None,
    handled_at: datetime | None,
    now: datetime,
) -> None:
    """The row of the mail. What is done with keeps no words of anybody."""
    waits = handled_at is None
    text = mail.text or (reply.comment if reply is not None else "")
    if taken.kind in FOR_DEPUTY and reply is not None:
        text = reply.comment
    db.session.add(
        InboxMail(
            centre_id=centre_id,
            fingerprint=mail.fingerprint,
            kind=taken.kind,
            received_at=min(mail.arrived_at, now),
            sender=mail.sender if waits else "",
            subject=mail.subject if waits else "",
            text=text if waits else "",
            participation_id=taken.participation_id,
            proposed_starts_at=taken.proposed_starts_at,
            handled_at=handled_at,
        )
    )
    db.session.flush()
