"""A host writes to everybody who registered: one letter each, nobody sees another."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from webapp.models import GroupEvent, Registration, db
from webapp.rules.errors import WordsMissing
from webapp.rules.groups import TAKING_PART
from webapp.rules.letters import LetterKind
from webapp.services.events import group_events
from webapp.services.help_requests.lifecycle import record
from webapp.services.seats import participant_letters


@dataclass(frozen=True)
class Readers:
    """How many a message reaches, and how many it does not: no e-mail, or one that nobody confirmed."""

    reached: int
    not_reached: int


def readers(event: GroupEvent) -> Readers:
    everybody = _everybody(event)
    reached = [person for person in everybody if person.email and person.email_confirmed_at]
    return Readers(len(reached), len(everybody) - len(reached))


def write(event: GroupEvent, words: str, now: datetime, *, staff_id: int) -> int:
    """A letter to each who has a seat or waits for one. Returns how many. Raises :class:`WordsMissing`."""
    words = words.strip()
    if not words:
        raise WordsMissing("words")
    first, *_ = group_events.meetings(event)
    occasion = uuid.uuid4().hex
    participant_letters.tell(
        _everybody(event), LetterKind.EVENT_MESSAGE, first, now, occasion=occasion, words=words
    )
    record(event.centre_id, "event.message", now, staff_id=staff_id, group_event_id=event.id)
    return readers(event).reached


def _everybody(event: GroupEvent) -> Sequence[Any]:
    return db.session.execute(
        sa.select(*participant_letters.ADDRESSEE, sa.literal(0).label("sequence"))
        .where(
            Registration.group_event_id == event.id,
            Registration.state.in_(TAKING_PART),
            Registration.blocked_at.is_(None),
        )
        .order_by(Registration.arrival)
    ).all()
