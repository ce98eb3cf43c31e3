"""A family lost its link, or it died: a new one goes to the address that it gave, nowhere else."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from webapp.models import HelpRequest, Letter, db
from webapp.rules.letters import LetterKind
from webapp.services import personal_links
from webapp.services.contacts import as_kept
from webapp.services.correspondence import can_be_written_to, tell_family

LINK_AT_MOST_EVERY = timedelta(minutes=10)
ASKED_SINCE = timedelta(days=365)


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


def _was_written_lately(request: HelpRequest, now: datetime) -> bool:
    return bool(
        db.session.scalar(
            sa.select(
                sa.exists().where(
                    Letter.help_request_id == request.id,
                    Letter.kind == LetterKind.NEW_LINK,
                    Letter.created_at > now - LINK_AT_MOST_EVERY,
                )
            )
        )
    )
