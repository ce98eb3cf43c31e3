"""Somebody pressed "this wasn't me": the request is removed and the address is left in peace."""

from datetime import datetime

import sqlalchemy as sa

from webapp import links
from webapp.models import BlockedAddress, HelpRequest, Letter, db
from webapp.rules.help_requests import RequestState
from webapp.rules.letters import LetterState
from webapp.services import cancelling, personal_links
from webapp.services.lifecycle import record


def forget(request: HelpRequest, now: datetime) -> None:
    """Block the address at this centre, drop what waits for it, free what the request held."""
    if request.email:
        _block(request.centre_id, request.email, now)
    if request.state != RequestState.WITHDRAWN:
        cancelling.withdraw_request(request, now)
    db.session.execute(
        sa.update(Letter)
        .where(
            Letter.help_request_id == request.id,
            Letter.state == LetterState.PENDING,
            Letter.staff_id.is_(None),
        )
        .values(state=LetterState.DROPPED)
    )
    request.email = None
    request.email_confirmed_at = None
    request.blocked_at = now
    request.destroy_by = now
    personal_links.revoke_all(request, now)
    record(request.centre_id, "request.not_me", now, help_request_id=request.id)


def _block(centre_id: int, email: str, now: datetime) -> None:
    fingerprint = links.address_fingerprint(email)
    known = db.session.scalar(
        sa.select(BlockedAddress.id).where(
            BlockedAddress.centre_id == centre_id, BlockedAddress.address_hash == fingerprint
        )
    )
    if known is None:
        db.session.add(BlockedAddress(centre_id=centre_id, address_hash=fingerprint, at=now))
