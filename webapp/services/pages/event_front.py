"""Group events as anybody on the internet sees them: title, hosts, time, seats left; never a participant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from webapp.models import (
    Centre,
    Consultation,
    ConsultationSpecialist,
    EventType,
    GroupEvent,
    Staff,
    db,
)
from webapp.models.base import table_of
from webapp.rules.consultations import ConsultationState
from webapp.rules.groups import EventState, OpenTo

EVENT, KIND, MEETING = table_of(GroupEvent), table_of(EventType), table_of(Consultation)
SHOWN = (EventState.ANNOUNCED, EventState.CANCELLED, EventState.CLOSED)

COLUMNS = (
    EVENT.c.id,
    EVENT.c.state,
    EVENT.c.titles,
    EVENT.c.announcements,
    EVENT.c.bring,
    EVENT.c.spoken,
    EVENT.c.capacity,
    EVENT.c.seats_taken,
    EVENT.c.waiting_count,
    EVENT.c.seat_after_confirming,
    EVENT.c.starts_at,
    EVENT.c.ends_at,
    EVENT.c.announced_at,
    KIND.c.form,
    KIND.c.titles.label("type_titles"),
    KIND.c.open_to,
    KIND.c.with_children,
)
# A statement made once: making one costs several times what sending it does.
HOSTS = (
    sa.select(ConsultationSpecialist.consultation_id, Staff.name, Staff.profession)
    .join(Staff, Staff.id == ConsultationSpecialist.specialist_id)
    .where(ConsultationSpecialist.consultation_id.in_(sa.bindparam("meeting_ids", expanding=True)))
    .order_by(ConsultationSpecialist.consultation_id, ConsultationSpecialist.position)
)


@dataclass(frozen=True)
class Host:
    name: str
    profession: str


@dataclass(frozen=True)
class Meeting:
    id: int
    state: str
    starts_at: datetime
    ends_at: datetime

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds() // 60)

    @property
    def is_off(self) -> bool:
        return self.state == ConsultationState.CANCELLED


@dataclass(frozen=True)
class PublicEvent:
    """One event with all its dates in order, those that are off among them.

    ``current``: the next to take place, else the last that did, else the first. ``hosts`` are those of it.
    """

    id: int
    state: str
    form: str
    titles: Mapping[str, str]
    type_titles: Mapping[str, str]
    announcements: Mapping[str, str]
    bring: Mapping[str, str]
    spoken: Sequence[str]
    capacity: int
    seats_left: int
    waiting: int
    seat_after_confirming: bool
    open_to_anybody: bool
    with_children: bool
    starts_at: datetime
    ends_at: datetime
    announced_at: datetime
    meetings: Sequence[Meeting]
    current: Meeting
    hosts: Sequence[Host]

    @property
    def is_cancelled(self) -> bool:
        return self.state == EventState.CANCELLED

    def is_ahead(self, now: datetime) -> bool:
        """Whether it is announced and not over: worth a poster and a place in a calendar."""
        return self.state == EventState.ANNOUNCED and now < self.ends_at

    def takes_registrations(self, now: datetime) -> bool:
        """Whether the page shows the form: for a seat, or for a place in the waiting list."""
        return self.is_ahead(now) and self.open_to_anybody


def find(centre: Centre, event_id: int, now: datetime) -> PublicEvent:
    """An event that was announced, also once it is over or off. Raises ``NoResultFound``. Three queries."""
    row = db.session.execute(
        sa.select(*COLUMNS)
        .join(KIND, KIND.c.id == EVENT.c.event_type_id)
        .where(
            EVENT.c.id == event_id,
            EVENT.c.centre_id == centre.id,
            EVENT.c.announced_at.is_not(None),
            EVENT.c.state.in_(SHOWN),
        )
    ).one()
    return _public(row, now)


def as_announced(event: GroupEvent, now: datetime) -> PublicEvent:
    """An event as its page will show it once it is announced. Three queries."""
    row = db.session.execute(
        sa.select(*COLUMNS).join(KIND, KIND.c.id == EVENT.c.event_type_id).where(EVENT.c.id == event.id)
    ).one()
    return replace(_public(row, now), state=EventState.ANNOUNCED)


def _public(row: Any, now: datetime) -> PublicEvent:
    meetings = _meetings(row.id)
    current = _current(meetings, now)
    return PublicEvent(
        id=row.id,
        state=row.state,
        form=row.form,
        titles=row.titles,
        type_titles=row.type_titles,
        announcements=row.announcements,
        bring=row.bring,
        spoken=row.spoken,
        capacity=row.capacity,
        seats_left=max(0, row.capacity - row.seats_taken) if row.waiting_count == 0 else 0,
        waiting=row.waiting_count,
        seat_after_confirming=row.seat_after_confirming,
        open_to_anybody=row.open_to == OpenTo.ANYBODY,
        with_children=row.with_children,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        announced_at=row.announced_at,
        meetings=meetings,
        current=current,
        hosts=hosts_of([current.id]).get(current.id, []),
    )


def _meetings(event_id: int) -> list[Meeting]:
    rows = db.session.execute(
        sa.select(MEETING.c.id, MEETING.c.state, MEETING.c.starts_at, MEETING.c.ends_at)
        .where(MEETING.c.group_event_id == event_id)
        .order_by(MEETING.c.starts_at, MEETING.c.id)
    )
    return [Meeting(*row) for row in rows]


def _current(meetings: Sequence[Meeting], now: datetime) -> Meeting:
    held = [meeting for meeting in meetings if not meeting.is_off]
    ahead = next((meeting for meeting in held if meeting.ends_at > now), None)
    return ahead or (held[-1] if held else meetings[0])


def hosts_of(meeting_ids: Sequence[int]) -> dict[int, list[Host]]:
    """The hosts of each meeting, in the order in which they were chosen. One query."""
    hosts: dict[int, list[Host]] = {}
    for meeting_id, name, profession in db.session.execute(HOSTS, {"meeting_ids": meeting_ids}):
        hosts.setdefault(meeting_id, []).append(Host(name, profession))
    return hosts
