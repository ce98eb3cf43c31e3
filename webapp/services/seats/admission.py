"""Who wants to register for a group event, and whether they may: everything about it is asked at once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from webapp.models import Centre, ConsentText, EventType, GroupEvent, Registration
from webapp.models.base import execute, table_of
from webapp.rules import groups
from webapp.rules.errors import AddressBlocked, ConsentMissing, ContactMissing, PresenceMissing
from webapp.rules.groups import TAKING_PART
from webapp.services.mail.correspondence import ADDRESS_IS_BLOCKED, let_letters_through

EVENT, KIND = table_of(GroupEvent), table_of(EventType)
CONSENT, PERSON = table_of(ConsentText), table_of(Registration)
KNOWN = PERSON.alias("known")


@dataclass(frozen=True)
class Wanted:
    """What somebody typed to register: one contact is enough. ``parent_present``: where children take part."""

    language: str
    zone: str
    email: str | None = None
    phone: str | None = None
    shown_name: str = ""
    parent_present: str = ""
    consent: bool = False
    mailing: bool = False
    source_hash: str = ""
    entered_by: int | None = None

    @property
    def contact(self) -> str:
        return self.email or self.phone or ""

    @property
    def by_office(self) -> bool:
        return self.entered_by is not None


def _all_about(contact: sa.Column[Any]) -> sa.Select[Any]:
    """The event and its type, whether the contact is known there or blocked, the consent, the quotas."""
    of_contact = sa.select(sa.func.count()).where(
        PERSON.c.centre_id == sa.bindparam("centre_id"),
        contact == sa.bindparam("contact"),
        PERSON.c.state.in_(TAKING_PART),
    )
    of_source = sa.select(sa.func.count()).where(
        PERSON.c.source_hash == sa.bindparam("source_hash"),
        PERSON.c.registered_at > sa.bindparam("counted_since", type_=PERSON.c.registered_at.type),
    )
    consent_in_force = (
        sa.select(CONSENT.c.id)
        .where(CONSENT.c.centre_id == sa.bindparam("centre_id"))
        .order_by(CONSENT.c.version.desc())
        .limit(1)
    )
    known_there = sa.and_(
        KNOWN.c.group_event_id == EVENT.c.id,
        KNOWN.c.contact_hash == sa.bindparam("address_hash"),
    )
    return (
        sa.select(
            EVENT.c.id,
            EVENT.c.state,
            EVENT.c.starts_at,
            EVENT.c.ends_at,
            EVENT.c.seat_after_confirming,
            EVENT.c.confirm_within_hours,
            KIND.c.open_to,
            KIND.c.with_children,
            KNOWN.c.id.label("registration_id"),
            KNOWN.c.state.label("registration_state"),
            ADDRESS_IS_BLOCKED.label("blocked"),
            consent_in_force.scalar_subquery().label("consent_text_id"),
            of_contact.scalar_subquery().label("of_contact"),
            of_source.scalar_subquery().label("of_source"),
        )
        .select_from(EVENT.join(KIND, KIND.c.id == EVENT.c.event_type_id).outerjoin(KNOWN, known_there))
        .where(EVENT.c.id == sa.bindparam("event_id"), EVENT.c.centre_id == sa.bindparam("centre_id"))
    )


# Statements made once: making one costs several times what sending it does.
BY_EMAIL, BY_PHONE = _all_about(PERSON.c.email), _all_about(PERSON.c.phone)


def admit(centre: Centre, event_id: int, wanted: Wanted, contact_hash: str, now: datetime) -> Any:
    """The event (``id`` … ``confirm_within_hours``) with what is known of the contact there:
    ``registration_id`` and ``registration_state`` (None: nothing), and ``consent_text_id``, the consent in force.

    Whoever takes part already has passed; the office has no quota. Raises a :class:`DomainError` beside the
    field it is about, ``NoResultFound`` (404) for an event of another centre.
    """
    found = execute(
        BY_EMAIL if wanted.email else BY_PHONE,
        {
            "centre_id": centre.id,
            "blocked_in": centre.id,
            "event_id": event_id,
            "contact": wanted.contact,
            "address_hash": contact_hash,
            "source_hash": wanted.source_hash,
            "counted_since": now - groups.SOURCE_COUNTED_FOR,
        },
    ).one()
    groups.must_take_registrations(found.state, found.open_to, found.ends_at, now, by_office=wanted.by_office)
    if not wanted.contact:
        raise ContactMissing("contact")
    if found.with_children and not wanted.parent_present.strip():
        raise PresenceMissing("parent_present")
    if not wanted.consent:
        raise ConsentMissing("consent")
    if wanted.by_office and wanted.email:
        let_letters_through(centre.id, wanted.email)
    elif wanted.email and found.blocked:
        raise AddressBlocked("contact")
    if found.registration_state not in TAKING_PART and not wanted.by_office:
        groups.must_leave_room_for_one_more(found.of_contact, found.of_source, centre.phone)
    return found
