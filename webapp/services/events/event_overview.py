"""All group events of a centre as one person of the staff sees them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from webapp.models import Centre, Consultation, ConsultationSpecialist, EventType, GroupEvent, Staff, db
from webapp.rules.groups import EventState
from webapp.rules.permissions import Permission, may

OVER_SHOWN_FOR = timedelta(days=60)
IN_PREPARATION = (EventState.DRAFT, EventState.PROPOSED)


@dataclass(frozen=True)
class Listed:
    """One event in the list. ``seats_taken`` may pass ``capacity`` where the hall was made smaller.

    ``own``: made or held by whoever looks; ``with_people``: whoever looks may see who registered.
    """

    id: int
    state: str
    form: str
    titles: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime
    minimum: int
    capacity: int
    seats_taken: int
    waiting: int
    hosts: Sequence[str]
    announced: bool
    own: bool
    with_people: bool

    @property
    def seats_left(self) -> int:
        return max(0, self.capacity - self.seats_taken) if not self.waiting else 0

    @property
    def too_small(self) -> bool:
        return self.state == EventState.ANNOUNCED and self.waiting > 0

    @property
    def too_empty(self) -> bool:
        return self.state == EventState.ANNOUNCED and self.seats_taken < self.minimum

    @property
    def over_capacity(self) -> bool:
        return self.seats_taken > self.capacity


@dataclass(frozen=True)
class Overview:
    """Soonest first; what is over, the latest first. ``to_approve``, ``to_close``: by whoever looks."""

    to_close: Sequence[Listed]
    to_approve: Sequence[Listed]
    in_preparation: Sequence[Listed]
    ahead: Sequence[Listed]
    past: Sequence[Listed]


def load(centre: Centre, person: Staff, now: datetime) -> Overview:
    """Everything ahead and what was over lately. Drafts are seen by those who made, hold or approve them.

    Two queries, however many events.
    """
    approves = may(person.roles, Permission.APPROVE_EVENTS)
    fills = may(person.roles, Permission.REGISTER_FOR_EVENTS)
    rows = _rows(centre, now)
    hosts = _hosts([row.id for row in rows])
    listed = [_listed(row, hosts.get(row.id, []), person, approves or fills) for row in rows]
    seen = [one for one in listed if approves or one.own or one.announced]
    ahead = [one for one in seen if one.ends_at > now or one.state in IN_PREPARATION]
    to_approve = [one for one in ahead if approves and one.state == EventState.PROPOSED and not one.own]
    to_close = [
        one
        for one in seen
        if one.state == EventState.ANNOUNCED and one.ends_at <= now and (one.own or approves)
    ]
    return Overview(
        to_close=to_close,
        to_approve=to_approve,
        in_preparation=[one for one in ahead if one.state in IN_PREPARATION and one not in to_approve],
        ahead=[one for one in ahead if one.state not in (*IN_PREPARATION, EventState.CANCELLED)],
        past=[
            one
            for one in reversed(seen)
            if one not in to_close and (one not in ahead or one.state == EventState.CANCELLED)
        ],
    )


def _rows(centre: Centre, now: datetime) -> Sequence[Any]:
    return db.session.execute(
        sa.select(
            GroupEvent.id,
            GroupEvent.state,
            EventType.form,
            GroupEvent.titles,
            GroupEvent.starts_at,
            GroupEvent.ends_at,
            GroupEvent.minimum,
            GroupEvent.capacity,
            GroupEvent.seats_taken,
            GroupEvent.waiting_count,
            GroupEvent.announced_at,
            GroupEvent.created_by,
        )
        .join(EventType, EventType.id == GroupEvent.event_type_id)
        .where(GroupEvent.centre_id == centre.id, GroupEvent.ends_at > now - OVER_SHOWN_FOR)
        .order_by(GroupEvent.starts_at, GroupEvent.id)
    ).all()


def _hosts(event_ids: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
    """Id and name of the hosts of each event, in the order in which they were chosen."""
    position = sa.func.min(ConsultationSpecialist.position)
    rows: Sequence[Any] = db.session.execute(
        sa.select(Consultation.group_event_id, Staff.id, Staff.name)
        .join(ConsultationSpecialist, ConsultationSpecialist.consultation_id == Consultation.id)
        .join(Staff, Staff.id == ConsultationSpecialist.specialist_id)
        .where(Consultation.group_event_id.in_(event_ids))
        .group_by(Consultation.group_event_id, Staff.id, Staff.name)
        .order_by(Consultation.group_event_id, position, Staff.name)
    ).all()
    hosts: dict[int, list[tuple[int, str]]] = {}
    for event_id, staff_id, name in rows:
        hosts.setdefault(event_id, []).append((staff_id, name))
    return hosts


def _listed(row: Any, hosts: Sequence[tuple[int, str]], person: Staff, sees_all: bool) -> Listed:
    own = person.id == row.created_by or person.id in {staff_id for staff_id, _ in hosts}
    return Listed(
        id=row.id,
        state=row.state,
        form=row.form,
        titles=row.titles,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        minimum=row.minimum,
        capacity=row.capacity,
        seats_taken=row.seats_taken,
        waiting=row.waiting_count,
        hosts=[name for _, name in hosts],
        announced=row.announced_at is not None,
        own=own,
        with_people=own or sees_all,
    )
