"""The times from which a family chooses: for a date that is still to be set, or instead of one that moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from webapp.models import Engagement, HelpRequest, Offer, OfferedTime, Staff, db

# All specialists of a time are held alike.
HELD_UNTIL = (
    sa.select(sa.func.min(Engagement.hold_until))
    .where(Engagement.offer_id == OfferedTime.offer_id, Engagement.starts_at == OfferedTime.starts_at)
    .scalar_subquery()
)


@dataclass(frozen=True)
class Person:
    name: str
    profession: str


@dataclass(frozen=True)
class Choice:
    """One offered time. ``held_until``: None when its hold has ended; then it is free for others too."""

    id: int
    held_until: datetime | None
    starts_at: datetime
    minutes: int
    specialists: Sequence[Person]


@dataclass(frozen=True)
class OpenOffer:
    until: datetime
    means: str
    choices: Sequence[Choice]


def of_request(request: HelpRequest, now: datetime) -> OpenOffer | None:
    """What is offered for a date that is still to be set. Three queries, one where nothing is."""
    return _offers(now, Offer.help_request_id == request.id, Offer.move_id.is_(None)).get(None)


def of_moves(request: HelpRequest, move_ids: Sequence[int], now: datetime) -> dict[int, OpenOffer]:
    """What is offered instead of dates that move, by the case. Three queries, one where nothing is."""
    found = _offers(now, Offer.help_request_id == request.id, Offer.move_id.in_(move_ids))
    return {move_id: offer for move_id, offer in found.items() if move_id is not None}


def _offers(now: datetime, *conditions: sa.ColumnElement[bool]) -> dict[int | None, OpenOffer]:
    """Open offers that hold, by the case of a move, or None for a date that is still to be set."""
    rows = db.session.execute(
        sa.select(Offer.id, Offer.move_id, Offer.until, Offer.means)
        .where(Offer.state == "open", Offer.until > now, *conditions)
        .order_by(Offer.id)
    ).all()
    choices = _choices([row.id for row in rows], now) if rows else {}
    return {row.move_id: OpenOffer(row.until, row.means, choices.get(row.id, [])) for row in rows}


def _choices(offer_ids: Sequence[int], now: datetime) -> dict[int, list[Choice]]:
    """The times of each offer that still lie ahead, in order."""
    times = db.session.execute(
        sa.select(
            OfferedTime.offer_id,
            OfferedTime.id,
            OfferedTime.starts_at,
            OfferedTime.minutes,
            OfferedTime.specialist_ids,
            HELD_UNTIL.label("held_until"),
        )
        .where(OfferedTime.offer_id.in_(offer_ids), OfferedTime.starts_at > now)
        .order_by(OfferedTime.starts_at)
    ).all()
    people = _people({person for time in times for person in time.specialist_ids})
    choices: dict[int, list[Choice]] = {}
    for time in times:
        who = [people[person] for person in time.specialist_ids]
        is_held = time.held_until is not None and time.held_until > now
        choice = Choice(time.id, time.held_until if is_held else None, time.starts_at, time.minutes, who)
        choices.setdefault(time.offer_id, []).append(choice)
    return choices


def _people(ids: set[int]) -> dict[int, Person]:
    rows = db.session.execute(sa.select(Staff.id, Staff.name, Staff.profession).where(Staff.id.in_(ids)))
    return {row.id: Person(row.name, row.profession) for row in rows}
