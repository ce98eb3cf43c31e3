"""A family lost its link, or it died: a new one goes to the address that it gave, nowhere else."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from webapp.models import GroupEvent, HelpRequest, Letter, Registration, db
from webapp.rules.groups import TAKING_PART
from webapp.rules.letters import LetterKind
from webapp.services.mail.contacts import as_kept
from webapp.services.mail.correspondence import can_be_written_to, tell_family
from webapp.services.pages import personal_links
from webapp.services.seats import participant_letters, seating

LINK_AT_MOST_EVERY = timedelta(minutes=10)
ASKED_SINCE = timedelta(days=365)
OVER_FOR = timedelta(days=60)  # the page of an event that is over still holds its materials


def send(email: str, now: datetime) -> None:
    """Write a new link to ``email`` for its newest request in every centre; the old ones work until it is used.

    Nothing happens for an address that nobody gave, and nothing tells so. Commits nothing.
    """
    newest = (
        sa.select(sa.func.max(HelpRequest.id))
        .where(
            HelpRequest.email == as_kept(email),
            HelpRequest.blocked_at.is_(None),
            HelpRequest.received_at > now - ASKED_SINCE,
        )
        .group_by(HelpRequest.centre_id)
    )
    for request in db.session.scalars(sa.select(HelpRequest).where(HelpRequest.id.in_(newest))).all():
        if _was_written_lately(request, now) or not can_be_written_to(request):
            continue
        link = personal_links.prepare_new(request, now)
        occasion = now.isoformat(timespec="minutes")
        tell_family(request, LetterKind.NEW_LINK, {"link_id": link.id}, now, occasion=occasion)
    _send_to_participants(as_kept(email), now)


def _send_to_participants(email: str, now: datetime) -> None:
    """Who registered for group events gets the same link once more: it stands in letters only."""
    people = db.session.execute(
        sa.select(*participant_letters.ADDRESSEE, sa.null().label("sequence"))
        .join(GroupEvent, GroupEvent.id == Registration.group_event_id)
        .where(
            Registration.email == email,
            Registration.state.in_(TAKING_PART),
            Registration.blocked_at.is_(None),
            GroupEvent.ends_at > now - OVER_FOR,
            sa.not_(_written_lately(Letter.registration_id == Registration.id, now)),
        )
        .order_by(GroupEvent.starts_at)
    ).all()
    for person in people:
        meeting = seating.group_meeting(person.group_event_id, now)
        occasion = now.isoformat(timespec="minutes")
        participant_letters.tell([person], LetterKind.NEW_LINK, meeting, now, occasion=occasion)


def _was_written_lately(request: HelpRequest, now: datetime) -> bool:
    return bool(db.session.scalar(sa.select(_written_lately(Letter.help_request_id == request.id, now))))


def _written_lately(whose: sa.ColumnElement[bool], now: datetime) -> sa.Exists:
    return sa.exists().where(
        whose, Letter.kind == LetterKind.NEW_LINK, Letter.created_at > now - LINK_AT_MOST_EVERY
    )
