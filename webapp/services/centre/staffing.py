"""The people of a centre: invited, given their roles, let go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from webapp import links
from webapp.models import (
    Centre,
    Consultation,
    ConsultationSpecialist,
    Invitation,
    PersonalLink,
    Staff,
    StaffRole,
    db,
)
from webapp.rules.consultations import ConsultationState
from webapp.rules.errors import AddressTaken, AddressUnusable, NothingChosen, OwnDecision, Unreadable
from webapp.rules.letters import LetterKind
from webapp.rules.permissions import Permission, Role, may
from webapp.rules.professions import Profession
from webapp.services.centre import sign_in
from webapp.services.help_requests.lifecycle import record
from webapp.services.mail.contacts import as_kept, read_email, read_phone
from webapp.services.mail.correspondence import tell_staff
from webapp.services.pages import personal_links


@dataclass(frozen=True)
class Described:
    """A person as typed or imported. ``roles`` and ``profession`` are codes, ``about`` texts by language."""

    name: str
    email: str
    roles: Sequence[str]
    profession: str = ""
    phone: str = ""
    language: str = "ru"
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Person:
    """A line of the list. ``invited_until``: an invitation that is still open."""

    id: int
    name: str
    email: str
    phone: str
    profession: str
    roles: Sequence[str]
    active: bool
    has_password: bool
    invited_until: datetime | None


def people(centre: Centre, now: datetime) -> list[Person]:
    """Everybody of the centre, the active first. Two queries."""
    roles: dict[int, list[str]] = {}
    for staff_id, role in db.session.execute(
        sa.select(StaffRole.staff_id, StaffRole.role)
        .join(Staff, Staff.id == StaffRole.staff_id)
        .where(Staff.centre_id == centre.id)
    ):
        roles.setdefault(staff_id, []).append(role)
    invited_until = (
        sa.select(sa.func.max(Invitation.expires_at))
        .where(Invitation.staff_id == Staff.id, Invitation.accepted_at.is_(None), Invitation.expires_at > now)
        .correlate(Staff)
        .scalar_subquery()
    )
    rows = db.session.execute(
        sa.select(
            Staff.id,
            Staff.name,
            Staff.email,
            Staff.phone,
            Staff.profession,
            Staff.active,
            (Staff.password_hash != "").label("has_password"),
            invited_until.label("invited_until"),
        )
        .where(Staff.centre_id == centre.id)
        .order_by(Staff.active.desc(), Staff.position, Staff.name)
    )
    return [
        Person(**row._mapping, roles=[role for role in Role if role in roles.get(row.id, [])]) for row in rows
    ]


def find(centre: Centre, staff_id: int) -> Staff:
    """A person of this centre. Raises ``NoResultFound`` for anybody else's."""
    return db.session.scalars(
        sa.select(Staff).where(Staff.id == staff_id, Staff.centre_id == centre.id)
    ).one()


def add(centre: Centre, described: Described, now: datetime, *, by: Staff | None) -> Staff:
    """A new person, not invited yet. Raises a :class:`DomainError` beside its field."""
    email = read_email(described.email)
    if email is None:
        raise AddressUnusable("email", reason="no_at")
    if db.session.scalar(sa.select(sa.exists().where(Staff.email == email))):
        raise AddressTaken("email")
    last = db.session.scalar(sa.select(sa.func.max(Staff.position)).where(Staff.centre_id == centre.id))
    person = Staff(centre_id=centre.id, email=email, name="", position=(last or 0) + 1, role_rows=[])
    _describe(centre, person, described)
    db.session.add(person)
    db.session.flush()
    _keep_feed(person, now)
    _record(person, "staff.add", now, by, roles=sorted(described.roles))
    return person


def change(centre: Centre, person: Staff, described: Described, now: datetime, *, by: Staff | None) -> None:
    """New words, profession and roles. Nobody takes the management of staff away from themselves."""
    if by is not None and by.id == person.id and not may(frozenset(described.roles), Permission.MANAGE_STAFF):
        raise OwnDecision("roles")
    email = read_email(described.email)
    if email is None:
        raise AddressUnusable("email", reason="no_at")
    taken = sa.exists().where(Staff.email == email, Staff.id != person.id)
    if db.session.scalar(sa.select(taken)):
        raise AddressTaken("email")
    person.email = email
    _describe(centre, person, described)
    db.session.flush()
    _keep_feed(person, now)
    _record(person, "staff.change", now, by, roles=sorted(described.roles))


def administrator(centre: Centre, described: Described, now: datetime) -> Staff:
    """Who has the described address, as an administrator: a new person, or one who gets the role besides.

    Raises :class:`AddressTaken` for somebody of another centre, and what :func:`add` raises.
    """
    person = db.session.scalar(sa.select(Staff).where(Staff.email == as_kept(described.email)))
    if person is None:
        return add(centre, described, now, by=None)
    if person.centre_id != centre.id:
        raise AddressTaken("email")
    if Role.ADMINISTRATOR not in person.roles:
        person.role_rows.append(StaffRole(role=Role.ADMINISTRATOR))
        db.session.flush()
        _record(person, "staff.change", now, None, roles=sorted(person.roles))
    return person


def invite(person: Staff, now: datetime, *, by: Staff | None) -> str:
    """A link to set the password, by letter; earlier links are dead. Returns its token."""
    token = sign_in.invite(person, now, invited_by=by.id if by else None)
    invitation = sign_in.find_invitation(token, now)
    assert invitation is not None
    tell_staff(
        person,
        LetterKind.STAFF_INVITATION,
        {"invitation_id": invitation.id},
        now,
        occasion=str(invitation.id),
    )
    return token


def open_invitation(person: Staff, now: datetime) -> str | None:
    """The token of the invitation that is still open, made anew from its row."""
    salt = db.session.scalar(
        sa.select(Invitation.salt)
        .where(
            Invitation.staff_id == person.id, Invitation.accepted_at.is_(None), Invitation.expires_at > now
        )
        .order_by(Invitation.id.desc())
        .limit(1)
    )
    return links.token("invitation", salt) if salt else None


def deactivate(person: Staff, now: datetime, *, by: Staff) -> None:
    """Let somebody go: signed out everywhere, invitation and calendar feed dead. Nothing written is lost."""
    if person.id == by.id:
        raise OwnDecision()
    person.active = False
    sign_in.end_all_sessions(person.id, now)
    db.session.execute(
        sa.update(Invitation)
        .where(
            Invitation.staff_id == person.id, Invitation.accepted_at.is_(None), Invitation.expires_at > now
        )
        .values(expires_at=now)
    )
    db.session.execute(
        sa.update(PersonalLink)
        .where(PersonalLink.staff_id == person.id, PersonalLink.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    _record(person, "staff.deactivate", now, by)


def activate(person: Staff, now: datetime, *, by: Staff) -> None:
    """Back again. The old calendar feed stays dead, a new one takes its place."""
    person.active = True
    if Role.SPECIALIST in person.roles:
        personal_links.renew(personal_links.FEED, now, staff_id=person.id)
    _record(person, "staff.activate", now, by)


def planned_with(person: Staff, now: datetime) -> int:
    """How many consultations still lie ahead of somebody: they do not move by themselves."""
    return (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(Consultation)
            .join(ConsultationSpecialist, ConsultationSpecialist.consultation_id == Consultation.id)
            .where(
                ConsultationSpecialist.specialist_id == person.id,
                Consultation.state == ConsultationState.PLANNED,
                Consultation.ends_at > now,
            )
        )
        or 0
    )


def set_own(centre: Centre, person: Staff, *, language: str, phone: str, morning_letter: bool) -> None:
    """What everybody may change about themselves. Raises :class:`PhoneUnusable`."""
    person.phone = read_phone(phone, centre.country) or ""
    person.language = language
    person.morning_letter = morning_letter


def set_password(person: Staff, password_hash: str, now: datetime) -> str:
    """A new password: signed out everywhere, and in again here. Returns the token of the new sign-in."""
    person.password_hash = password_hash
    sign_in.end_all_sessions(person.id, now)
    _record(person, "staff.set_password", now, person)
    return sign_in.begin_session(person, now)


def deciders_to_choose(centre: Centre) -> list[tuple[int, str]]:
    """Who may be supervisor or stand-in: (id, name) of the active people who may answer requests."""
    rows = db.session.scalars(
        sa.select(Staff).where(Staff.centre_id == centre.id, Staff.active.is_(True)).order_by(Staff.name)
    )
    return [(person.id, person.name) for person in rows if may(person.roles, Permission.ANSWER_REQUESTS)]


def _describe(centre: Centre, person: Staff, described: Described) -> None:
    if not described.name.strip():
        raise Unreadable("name", example="Анна Петрова")
    roles = set(described.roles)
    if not roles or not roles <= set(Role):
        raise NothingChosen("roles")
    if described.profession and described.profession not in set(Profession):
        raise NothingChosen("profession")
    if Role.SPECIALIST in roles and not described.profession:
        raise NothingChosen("profession")
    person.name = " ".join(described.name.split())
    person.profession = described.profession
    person.phone = read_phone(described.phone, centre.country) or ""
    person.language = described.language
    person.about = {language: text.strip() for language, text in described.about.items() if text.strip()}
    for row in list(person.role_rows):
        if row.role not in roles:
            person.role_rows.remove(row)
    for role in sorted(roles - {row.role for row in person.role_rows}):
        person.role_rows.append(StaffRole(role=role))


def _keep_feed(person: Staff, now: datetime) -> None:
    if Role.SPECIALIST not in person.roles:
        return
    if personal_links.token_of(personal_links.FEED, staff_id=person.id) is None:
        personal_links.renew(personal_links.FEED, now, staff_id=person.id)


def _record(person: Staff, action: str, now: datetime, by: Staff | None, **details: Any) -> None:
    record(person.centre_id, action, now, staff_id=by.id if by else None, person=person.id, **details)
