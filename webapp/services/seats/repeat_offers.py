"""Seats of a repeat date go first to those who wait for the first one: offered in order, taken by the person.

An offer is a registration of the repeat event in the state ``offered``: its seat is counted, so that nobody
else can have it while the offer runs. What lapses or is declined is offered to the next in line.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from webapp import links
from webapp.models import GroupEvent, PersonalLink, Registration, db
from webapp.models.base import table_of
from webapp.rules import groups
from webapp.rules.groups import EventState, RegistrationState
from webapp.rules.letters import LetterKind
from webapp.services.help_requests.lifecycle import record
from webapp.services.pages import personal_links
from webapp.services.seats import halls, participant_letters

PERSON = table_of(Registration)
KNOWN_THERE = PERSON.alias("known_there")
COPIED = (
    "centre_id",
    "contact_hash",
    "shown_name",
    "email",
    "email_confirmed_at",
    "phone",
    "language",
    "zone",
    "parent_present",
    "consent_text_id",
    "consented_at",
)

# Statements made once: making one costs several times what sending it does.
STILL_WAITING = (
    sa.select(PERSON.c.id, *(PERSON.c[name] for name in COPIED))
    .where(
        PERSON.c.group_event_id == sa.bindparam("first_event"),
        PERSON.c.state == RegistrationState.WAITING,
        PERSON.c.blocked_at.is_(None),
        sa.or_(
            PERSON.c.repeat_offered_until.is_(None),
            PERSON.c.repeat_offered_until <= sa.bindparam("now", type_=PERSON.c.seat_until.type),
        ),
        ~sa.exists().where(
            KNOWN_THERE.c.group_event_id == sa.bindparam("repeat"),
            KNOWN_THERE.c.contact_hash == PERSON.c.contact_hash,
        ),
    )
    .order_by(PERSON.c.arrival)
    .limit(sa.bindparam("most"))
)
ADD_OFFERED = sa.insert(PERSON).returning(PERSON.c.id, sort_by_parameter_order=True)
ADD_LINKS = sa.insert(table_of(PersonalLink))
OFFERED = (
    sa.select(*participant_letters.ADDRESSEE, sa.literal(0).label("sequence"))
    .where(PERSON.c.id.in_(sa.bindparam("registrations", expanding=True)))
    .order_by(PERSON.c.arrival)
)


def offer_free_seats(event: GroupEvent, meeting: participant_letters.Dated, now: datetime) -> None:
    """Free seats of a repeat event are offered to those who still wait for the first. It must be locked.

    ``meeting``: its first one ahead. Each person is offered a repeat date once; who has registered for it
    already needs no offer. Does nothing for an event that repeats none.
    """
    if event.repeats_event_id is None or event.state != EventState.ANNOUNCED:
        return
    hall = halls.lock(event.id)
    wanted = {
        "first_event": event.repeats_event_id,
        "repeat": event.id,
        "now": now,
        "most": max(0, hall.capacity - hall.seats_taken),
    }
    waiting = db.session.execute(STILL_WAITING, wanted).all()
    if not waiting:
        return
    until = groups.repeat_offered_until(now, meeting.starts_at)
    offered = _keep_seats(event, waiting, until, now)
    people = db.session.execute(OFFERED, {"registrations": offered}).all()
    participant_letters.tell(
        people, LetterKind.REPEAT_OFFERED, meeting, now, occasion=until.isoformat(), until=until.isoformat()
    )
    for registration_id in offered:
        record(
            event.centre_id,
            "registration.offer",
            now,
            group_event_id=event.id,
            registration_id=registration_id,
        )


def made_to(registration: Registration) -> Sequence[Any]:
    """Offers that run for whoever waits with ``registration``: ``id`` and ``group_event_id`` of each."""
    return db.session.execute(
        sa.select(Registration.id, Registration.group_event_id)
        .join(GroupEvent, GroupEvent.id == Registration.group_event_id)
        .where(
            GroupEvent.repeats_event_id == registration.group_event_id,
            Registration.contact_hash == registration.contact_hash,
            Registration.state == RegistrationState.OFFERED,
        )
    ).all()


def forget(offered_id: int, now: datetime) -> None:
    """Nothing personal stays of an offer whose addressee is gone."""
    db.session.execute(
        sa.update(Registration)
        .where(Registration.id == offered_id)
        .values(
            email=None,
            email_confirmed_at=None,
            phone=None,
            shown_name="",
            parent_present="",
            blocked_at=now,
            destroy_by=now,
        )
        .execution_options(synchronize_session=False)
    )
    personal_links.revoke_registration(offered_id, now)


def end_offers(event: GroupEvent) -> None:
    """A repeat date that is off: who was offered it may be offered another one."""
    offered = sa.select(KNOWN_THERE.c.contact_hash).where(
        KNOWN_THERE.c.group_event_id == event.id, KNOWN_THERE.c.state == RegistrationState.OFFERED
    )
    db.session.execute(
        sa.update(Registration)
        .where(Registration.group_event_id == event.repeats_event_id, Registration.contact_hash.in_(offered))
        .values(repeat_offered_until=None)
        .execution_options(synchronize_session=False)
    )


def _keep_seats(event: GroupEvent, waiting: Sequence[Any], until: datetime, now: datetime) -> list[int]:
    """A seat kept until ``until`` and a link for each; returns the ids of the new registrations, in order."""
    arrivals = halls.keep_seats(event.id, len(waiting))
    added = db.session.scalars(
        ADD_OFFERED,
        [
            {
                **{name: getattr(person, name) for name in COPIED},
                "group_event_id": event.id,
                "state": RegistrationState.OFFERED,
                "arrival": arrival,
                "registered_at": now,
                "seat_until": until,
                "mailing_wished": False,
                "source_hash": "",
            }
            for person, arrival in zip(waiting, arrivals, strict=True)
        ],
    ).all()
    salts = {registration_id: links.new_salt() for registration_id in added}
    db.session.execute(
        ADD_LINKS,
        [
            {
                "purpose": personal_links.SEAT,
                "registration_id": registration_id,
                "salt": salt,
                "version": 1,
                "token_hash": links.fingerprint(links.token(personal_links.SEAT, salt)),
                "expires_at": now + personal_links.LASTS,
            }
            for registration_id, salt in salts.items()
        ],
    )
    db.session.execute(
        sa.update(Registration)
        .where(Registration.id.in_([person.id for person in waiting]))
        .values(repeat_offered_until=until)
        .execution_options(synchronize_session=False)
    )
    return list(added)
