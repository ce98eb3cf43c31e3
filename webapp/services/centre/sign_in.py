"""Signing in and out, invitations, and the limits on guessing."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy.orm import joinedload

from webapp import links
from webapp.models import Centre, Invitation, SignInAttempt, Staff, StaffSession, db
from webapp.rules.errors import PasswordTooWeak, SignInRefused, WrongState
from webapp.services.help_requests.lifecycle import record
from webapp.services.mail.contacts import as_kept

SESSION_LASTS = timedelta(hours=12)
INVITATION_LASTS = timedelta(days=7)
ATTEMPTS_WINDOW = timedelta(minutes=15)
ATTEMPTS_PER_ACCOUNT = 5
ATTEMPTS_PER_SOURCE = 50
LEAST_PASSWORD = 12

# 19 MiB: the library's 64 MiB would double the process.
hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
NOBODY = hasher.hash(secrets.token_hex())  # an unknown address costs the same work as a known one


def check_password(email: str, password: str) -> Staff:
    """The person with this address and password. Raises :class:`SignInRefused`; the reason is not told.

    Outside a write transaction: hashing takes its time.
    """
    staff = db.session.scalar(sa.select(Staff).where(Staff.email == as_kept(email)))
    stored = staff.password_hash if staff and staff.active and staff.password_hash else NOBODY
    try:
        hasher.verify(stored, password)
    except VerifyMismatchError as wrong:
        raise SignInRefused() from wrong
    if staff is None or stored == NOBODY:
        raise SignInRefused()
    return staff


def must_not_be_locked(email: str, source_hash: str, now: datetime) -> None:
    """Raises :class:`SignInRefused` after too many failures of the account or from the source."""
    since = now - ATTEMPTS_WINDOW
    account = links.address_fingerprint(email)
    counted = db.session.execute(
        sa.select(
            sa.func.count().filter(SignInAttempt.account_hash == account),
            sa.func.count().filter(SignInAttempt.source_hash == source_hash),
        ).where(
            SignInAttempt.at > since,
            sa.or_(SignInAttempt.account_hash == account, SignInAttempt.source_hash == source_hash),
        )
    ).one()
    if counted[0] >= ATTEMPTS_PER_ACCOUNT or counted[1] >= ATTEMPTS_PER_SOURCE:
        raise SignInRefused()


def note_failure(email: str, source_hash: str, now: datetime) -> None:
    db.session.add(
        SignInAttempt(account_hash=links.address_fingerprint(email), source_hash=source_hash, at=now)
    )
    db.session.execute(sa.delete(SignInAttempt).where(SignInAttempt.at < now - timedelta(days=1)))


def begin_session(staff: Staff, now: datetime) -> str:
    """A new sign-in; returns the token for the cookie. Only its hash is stored."""
    token = secrets.token_urlsafe(32)
    db.session.add(
        StaffSession(
            staff_id=staff.id, token_hash=links.fingerprint(token), began_at=now, ends_at=now + SESSION_LASTS
        )
    )
    record(staff.centre_id, "staff.sign_in", now, staff_id=staff.id)
    return token


def begin(staff_id: int, now: datetime) -> tuple[Staff, str]:
    """Sign in somebody whose password was right. Returns the person and the token for the cookie."""
    staff = db.session.scalars(sa.select(Staff).where(Staff.id == staff_id, Staff.active.is_(True))).one()
    return staff, begin_session(staff, now)


def end_session(token: str, now: datetime) -> None:
    db.session.execute(
        sa.update(StaffSession)
        .where(StaffSession.token_hash == links.fingerprint(token), StaffSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def end_all_sessions(staff_id: int, now: datetime) -> None:
    db.session.execute(
        sa.update(StaffSession)
        .where(StaffSession.staff_id == staff_id, StaffSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def staff_of_session(token: str, now: datetime) -> Staff | None:
    """Who is signed in by ``token``, with roles and centre: every staff page needs them. One query."""
    found = db.session.scalars(
        sa.select(Staff)
        .options(joinedload(Staff.role_rows), joinedload(Staff.centre, innerjoin=True))
        .join(StaffSession, StaffSession.staff_id == Staff.id)
        .where(
            StaffSession.token_hash == links.fingerprint(token),
            StaffSession.ended_at.is_(None),
            StaffSession.ends_at > now,
            Staff.active.is_(True),
        )
    )
    return found.unique().one_or_none()


def invite(staff: Staff, now: datetime, *, invited_by: int | None) -> str:
    """A link for the first password, or a new one; earlier ones are dead. Returns the token."""
    db.session.execute(
        sa.update(Invitation)
        .where(Invitation.staff_id == staff.id, Invitation.accepted_at.is_(None), Invitation.expires_at > now)
        .values(expires_at=now)
    )
    salt = links.new_salt()
    token = links.token("invitation", salt)
    db.session.add(
        Invitation(
            staff_id=staff.id,
            invited_by=invited_by,
            salt=salt,
            token_hash=links.fingerprint(token),
            expires_at=now + INVITATION_LASTS,
        )
    )
    db.session.flush()
    return token


def find_invitation(token: str, now: datetime) -> Invitation | None:
    return db.session.scalar(
        sa.select(Invitation).where(
            Invitation.token_hash == links.fingerprint(token),
            Invitation.accepted_at.is_(None),
            Invitation.expires_at > now,
        )
    )


@dataclass(frozen=True)
class Invited:
    """Whom a link invites, and where. ``has_password``: it sets a new one."""

    name: str
    email: str
    centre_names: Mapping[str, str]
    centre_language: str
    has_password: bool


def invited_by_link(token: str, now: datetime) -> Invited | None:
    """Whom ``token`` invites, while the link is in force."""
    row = db.session.execute(
        sa.select(Staff.name, Staff.email, Staff.password_hash, Centre.names, Centre.language)
        .join(Invitation, Invitation.staff_id == Staff.id)
        .join(Centre, Centre.id == Staff.centre_id)
        .where(
            Invitation.token_hash == links.fingerprint(token),
            Invitation.accepted_at.is_(None),
            Invitation.expires_at > now,
            Staff.active.is_(True),
        )
    ).first()
    return Invited(row.name, row.email, row.names, row.language, bool(row.password_hash)) if row else None


def accept_link(token: str, password_hash: str, now: datetime) -> tuple[Staff, str]:
    """Accept an invitation and sign in. Raises :class:`WrongState` when the link was used meanwhile."""
    invitation = find_invitation(token, now)
    if invitation is None:
        raise WrongState(state="accepted")
    staff = accept(invitation, password_hash, now)
    return staff, begin_session(staff, now)


def hash_password(password: str) -> str:
    """Raises :class:`PasswordTooWeak`."""
    if len(password) < LEAST_PASSWORD:
        raise PasswordTooWeak("password", least=LEAST_PASSWORD)
    return hasher.hash(password)


def accept(invitation: Invitation, password_hash: str, now: datetime) -> Staff:
    """Set the password; whoever was signed in with the old one is signed out."""
    staff = db.session.get_one(Staff, invitation.staff_id)
    staff.password_hash = password_hash
    invitation.accepted_at = now
    end_all_sessions(staff.id, now)
    record(staff.centre_id, "staff.accept_invitation", now, staff_id=staff.id)
    return staff
