"""Links that open a page without an account: made, found, renewed, ended."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from webapp import links
from webapp.models import HelpRequest, PersonalLink, db
from webapp.models.base import execute, table_of

PAGE = "page"  # shown on the screen after asking
LETTER = "letter"  # stands in letters only: acting through it confirms the address
NEW_LETTER = "new_letter"  # asked for: becomes LETTER when the family first acts through it
FEED = "feed"
SEAT = links.SEAT  # of a registration: stands in letters only, as LETTER does
FAMILY = (PAGE, LETTER, NEW_LETTER)
ADD = sa.insert(table_of(PersonalLink)).inline()
LASTS = timedelta(days=400)  # a prolonged consultation runs through a school year; a lost link is renewed


def make(
    purpose: str,
    now: datetime,
    *,
    help_request_id: int | None = None,
    registration_id: int | None = None,
    staff_id: int | None = None,
) -> str:
    """Store a new link and return its token. A family's links expire; the feeds of the staff do not."""
    salt = links.new_salt()
    token = links.token(purpose, salt)
    row = {
        "purpose": purpose,
        "help_request_id": help_request_id,
        "registration_id": registration_id,
        "staff_id": staff_id,
        "salt": salt,
        "token_hash": links.fingerprint(token),
        "expires_at": None if staff_id is not None else now + LASTS,
    }
    execute(ADD, row)
    return token


def token_of(
    purpose: str,
    *,
    help_request_id: int | None = None,
    registration_id: int | None = None,
    staff_id: int | None = None,
) -> str | None:
    """The token of the link that is in force, made anew from its row; ``None`` when there is none."""
    row = db.session.execute(
        sa.select(PersonalLink.salt, PersonalLink.version).where(
            PersonalLink.purpose == purpose,
            PersonalLink.help_request_id == help_request_id,
            PersonalLink.registration_id == registration_id,
            PersonalLink.staff_id == staff_id,
            PersonalLink.revoked_at.is_(None),
        )
    ).first()
    return links.token(purpose, row.salt, row.version) if row else None


def find(token: str, purposes: tuple[str, ...], now: datetime) -> PersonalLink | None:
    """The link that ``token`` opens, if it is one of ``purposes`` and still in force."""
    return db.session.scalar(
        sa.select(PersonalLink).where(
            PersonalLink.token_hash == links.fingerprint(token),
            PersonalLink.purpose.in_(purposes),
            PersonalLink.revoked_at.is_(None),
            sa.or_(PersonalLink.expires_at.is_(None), PersonalLink.expires_at > now),
        )
    )


def renew(
    purpose: str,
    now: datetime,
    *,
    help_request_id: int | None = None,
    registration_id: int | None = None,
    staff_id: int | None = None,
) -> str:
    """Replace the link by a new version; the old address is dead from now on. Returns the new token."""
    row = db.session.scalar(
        sa.select(PersonalLink).where(
            PersonalLink.purpose == purpose,
            PersonalLink.help_request_id == help_request_id,
            PersonalLink.registration_id == registration_id,
            PersonalLink.staff_id == staff_id,
        )
    )
    if row is None:
        return make(
            purpose,
            now,
            help_request_id=help_request_id,
            registration_id=registration_id,
            staff_id=staff_id,
        )
    row.version += 1
    row.revoked_at = None
    row.expires_at = None if staff_id is not None else now + LASTS
    token = links.token(purpose, row.salt, row.version)
    row.token_hash = links.fingerprint(token)
    return token


def give_feeds(registration_ids: Sequence[int], now: datetime) -> None:
    """A feed with all dates for each registration of a course that has none yet. Two statements."""
    have = db.session.scalars(
        sa.select(PersonalLink.registration_id).where(
            PersonalLink.purpose == FEED, PersonalLink.registration_id.in_(registration_ids)
        )
    ).all()
    for registration_id in registration_ids:
        if registration_id not in have:
            make(FEED, now, registration_id=registration_id)


def prepare_new(request: HelpRequest, now: datetime) -> PersonalLink:
    """A further link for letters, in force beside the old ones. Asked for again, it is the same one."""
    row = db.session.scalar(
        sa.select(PersonalLink).where(
            PersonalLink.purpose == NEW_LETTER, PersonalLink.help_request_id == request.id
        )
    )
    if row is None:
        salt = links.new_salt()
        token_hash = links.fingerprint(links.token(LETTER, salt))  # stays when it becomes that
        row = PersonalLink(
            purpose=NEW_LETTER, help_request_id=request.id, salt=salt, version=1, token_hash=token_hash
        )
        db.session.add(row)
    row.expires_at = now + LASTS
    db.session.flush()
    return row


def act_through(link: PersonalLink, request: HelpRequest, now: datetime) -> None:
    """The family acts, which only the owner of the address can do through a link that came by letter.

    The address is confirmed; a new link takes the place of the old ones, which die with it.
    """
    if link.purpose == PAGE:
        return
    if request.email and not request.email_confirmed_at:
        request.email_confirmed_at = now
    request.mail_failed_at = None  # letters arrive
    if link.purpose == NEW_LETTER:
        replaced = PersonalLink.purpose == LETTER, PersonalLink.help_request_id == request.id
        db.session.execute(sa.delete(PersonalLink).where(*replaced))
        link.purpose = LETTER
        renew(PAGE, now, help_request_id=request.id)


def revoke_all(request: HelpRequest, now: datetime) -> None:
    """Every link of a family is dead from now on: it withdrew its consent, or never asked."""
    db.session.execute(
        sa.update(PersonalLink)
        .where(PersonalLink.help_request_id == request.id, PersonalLink.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def revoke_registration(registration_id: int, now: datetime) -> None:
    """The link to a registration is dead from now on."""
    db.session.execute(
        sa.update(PersonalLink)
        .where(PersonalLink.registration_id == registration_id, PersonalLink.revoked_at.is_(None))
        .values(revoked_at=now)
    )
