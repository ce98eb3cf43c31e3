"""Who gets a seat and who is next: decided by the row of the event, under any number of registrations.

The counters of a ``group_event`` change under its row lock, in the transaction of the registration they
count. Nobody overtakes: as long as somebody waits, no newcomer is seated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from webapp.models import GroupEvent, Registration, db
from webapp.models.base import execute, table_of
from webapp.rules.errors import EventOver
from webapp.rules.groups import WITH_SEAT, EventState, RegistrationAction, RegistrationState
from webapp.rules.groups import next_registration_state as next_state

EVENT, REGISTRATION = table_of(GroupEvent), table_of(Registration)

# Statements made once: making one costs several times what sending it does.
_FREE = sa.and_(EVENT.c.waiting_count == 0, EVENT.c.seats_taken < EVENT.c.capacity)
TAKE_PLACE = (
    sa.update(EVENT)
    .where(EVENT.c.id == sa.bindparam("event_id"), EVENT.c.state == EventState.ANNOUNCED)
    .values(
        arrivals=EVENT.c.arrivals + 1,
        seats_taken=EVENT.c.seats_taken + sa.case((_FREE, 1), else_=0),
        waiting_count=EVENT.c.waiting_count + sa.case((_FREE, 0), else_=1),
    )
    .returning(EVENT.c.arrivals, EVENT.c.waiting_count)
)
KEEP_SEATS = (
    sa.update(EVENT)
    .where(EVENT.c.id == sa.bindparam("event_id"))
    .values(
        arrivals=EVENT.c.arrivals + sa.bindparam("seats"),
        seats_taken=EVENT.c.seats_taken + sa.bindparam("seats"),
    )
    .returning(EVENT.c.arrivals)
)
LOCK = (
    sa.select(EVENT.c.id, EVENT.c.capacity, EVENT.c.seats_taken, EVENT.c.waiting_count)
    .where(EVENT.c.id == sa.bindparam("event_id"))
    .with_for_update()
)
COUNT = (
    sa.update(EVENT)
    .where(EVENT.c.id == sa.bindparam("event_id"))
    .values(
        seats_taken=EVENT.c.seats_taken + sa.bindparam("seats"),
        waiting_count=EVENT.c.waiting_count + sa.bindparam("waiting"),
    )
)
SWAP = (
    sa.update(REGISTRATION)
    .where(REGISTRATION.c.id == sa.bindparam("row_id"), REGISTRATION.c.state == sa.bindparam("before"))
    .values(
        state=sa.bindparam("after"), seat_until=sa.bindparam("until", type_=REGISTRATION.c.seat_until.type)
    )
)
NEXT_WAITING = (
    sa.select(REGISTRATION.c.id)
    .where(
        REGISTRATION.c.group_event_id == sa.bindparam("event_id"),
        REGISTRATION.c.state == RegistrationState.WAITING,
    )
    .order_by(REGISTRATION.c.arrival)
    .limit(sa.bindparam("most"))
)


@dataclass(frozen=True)
class Place:
    """What a newcomer gets. ``in_line``: the number in the waiting list, 0 for a seat."""

    arrival: int
    in_line: int

    @property
    def seated(self) -> bool:
        return self.in_line == 0


def take_place(event_id: int) -> Place:
    """A seat, or the last place in the waiting list; locks the event to the end of the transaction.

    Raises :class:`EventOver` for an event that is not announced any more.
    """
    row = execute(TAKE_PLACE, {"event_id": event_id}).first()
    if row is None:
        raise EventOver(reason="cancelled")
    return Place(row.arrivals, row.waiting_count)


def keep_seats(event_id: int, seats: int) -> list[int]:
    """Seats for offers that run, ahead of the event's own waiting list; their arrivals, in order.

    The event must be locked, and hold as many.
    """
    last: int = execute(KEEP_SEATS, {"event_id": event_id, "seats": seats}).scalar_one()
    return list(range(last - seats + 1, last + 1))


def take_kept_seat(registration_id: int) -> bool:
    """An offered seat becomes the person's. Returns false when the offer does not run (any more)."""
    offered = RegistrationState.OFFERED
    return _swap(registration_id, offered, next_state(offered, RegistrationAction.TAKE))


def give_back_place(event_id: int, place: Place) -> None:
    """Undo :func:`take_place` for somebody who turned out to be registered already."""
    _count(event_id, seats=-1 if place.seated else 0, waiting=0 if place.seated else -1)


def lock(event_id: int) -> Any:
    """The counters of the event (``capacity``, ``seats_taken``, ``waiting_count``), locked."""
    return execute(LOCK, {"event_id": event_id}).one()


def leave(event_id: int, registration_id: int, state: str, action: RegistrationAction) -> bool:
    """Take a registration out, by ``action``, and its seat or place with it. The event must be locked.

    Returns false when somebody was faster: it is not in ``state`` any more.
    """
    if not _swap(registration_id, state, next_state(state, action)):
        return False
    had_seat = state in WITH_SEAT
    _count(event_id, seats=-1 if had_seat else 0, waiting=0 if had_seat else -1)
    return True


def next_in_line(event_id: int) -> Sequence[int]:
    """Registrations that have a seat from now on if :func:`seat` follows, in order. The event must be locked."""
    hall = lock(event_id)
    most = min(hall.capacity - hall.seats_taken, hall.waiting_count)
    if most <= 0:
        return []
    return db.session.scalars(NEXT_WAITING, {"event_id": event_id, "most": most}).all()


def seat(event_id: int, registration_id: int, until: Any) -> None:
    """Give the next in line a seat; with ``until`` it is held until then for an address to be confirmed."""
    action = RegistrationAction.SEAT if until is None else RegistrationAction.HOLD
    waiting = RegistrationState.WAITING
    if _swap(registration_id, waiting, next_state(waiting, action), until):
        _count(event_id, seats=1, waiting=-1)


def confirm(registration_id: int) -> bool:
    """A held seat becomes a seat. Returns false when it is none (any more)."""
    held = RegistrationState.HELD
    return _swap(registration_id, held, next_state(held, RegistrationAction.CONFIRM))


def _swap(registration_id: int, before: str, after: str, until: Any = None) -> bool:
    values = {"row_id": registration_id, "before": before, "after": after, "until": until}
    swapped = execute(SWAP, values)
    return swapped.rowcount == 1


def _count(event_id: int, *, seats: int, waiting: int) -> None:
    execute(COUNT, {"event_id": event_id, "seats": seats, "waiting": waiting})
