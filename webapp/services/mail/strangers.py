"""Somebody pressed "this wasn't me": the request is removed and the address is left in peace."""

from datetime import datetime

import sqlalchemy as sa

from webapp import links
from webapp.models import BlockedAddress, HelpRequest, Letter, Registration, Subscriber, db
from webapp.rules.help_requests import RequestState
from webapp.rules.letters import LetterState
from webapp.services.consultations import cancelling
from webapp.services.help_requests.lifecycle import record
from webapp.services.mail import subscribing
from webapp.services.pages import personal_links
from webapp.services.seats import registrations


def forget(request: HelpRequest, now: datetime) -> None:
    """Block the address at this centre, drop what waits for it, free what the request held."""
    if request.email:
        _block(request.centre_id, request.email, now)
        subscribing.remove(request.centre_id, request.email, now)
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


def forget_registration(registration: Registration, now: datetime) -> None:
    """The same for a group event: the seat goes to the next, the address hears no more of this centre."""
    if registration.email:
        _block(registration.centre_id, registration.email, now)
        subscribing.remove(registration.centre_id, registration.email, now)
    registrations.remove(registration, now)
    registration.email = registration.email_confirmed_at = None
    registration.shown_name = registration.parent_present = ""
    registration.blocked_at = registration.destroy_by = now
    personal_links.revoke_registration(registration.id, now)


def forget_subscriber(subscriber: Subscriber, now: datetime) -> None:
    """The same for the mailing."""
    _block(subscriber.centre_id, subscriber.email, now)
    subscribing.remove(subscriber.centre_id, subscriber.email, now)


def _block(centre_id: int, email: str, now: datetime) -> None:
    if not BlockedAddress.is_known(centre_id, email):
        fingerprint = links.address_fingerprint(email)
        db.session.add(BlockedAddress(centre_id=centre_id, address_hash=fingerprint, at=now))
