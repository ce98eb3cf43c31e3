"""Group events as anybody on the internet sees them: title, hosts, time, seats left; never a participant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class PublicEvent:
    """One event with its meetings in order; ``hosts`` are those of the first."""

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
    meetings: Sequence[Meeting]
    hosts: Sequence[Host]

    def takes_registrations(self, now: datetime) -> bool:
        """Whether the page shows the form: for a seat, or for a place in the waiting list."""
        return self.state == EventState.ANNOUNCED and self.open_to_anybody and now < self.ends_at


def find(centre: Centre, event_id: int) -> PublicEvent:
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
    return _public([row])[0]


def upcoming(centre: Centre, now: datetime, *, most: int | None = None) -> list[PublicEvent]:
    """What anybody may register for or watch out for, the soonest first. Three queries."""
    rows = db.session.execute(
        sa.select(*COLUMNS)
        .join(KIND, KIND.c.id == EVENT.c.event_type_id)
        .where(
            EVENT.c.centre_id == centre.id,
            EVENT.c.state == EventState.ANNOUNCED,
            EVENT.c.ends_at > now,
            KIND.c.open_to == OpenTo.ANYBODY,
        )
        .order_by(EVENT.c.starts_at, EVENT.c.id)
        .limit(most)
    ).all()
    return _public(rows)


def _public(rows: Sequence[Any]) -> list[PublicEvent]:
    ids = [row.id for row in rows]
    meetings: dict[int, list[Meeting]] = {event_id: [] for event_id in ids}
    first_of: dict[int, int] = {}
    for meeting in db.session.execute(
        sa.select(
            MEETING.c.id, MEETING.c.group_event_id, MEETING.c.state, MEETING.c.starts_at, MEETING.c.ends_at
        )
        .where(MEETING.c.group_event_id.in_(ids), MEETING.c.state != ConsultationState.CANCELLED)
        .order_by(MEETING.c.starts_at, MEETING.c.id)
    ):
        first_of.setdefault(meeting.group_event_id, meeting.id)
        meetings[meeting.group_event_id].append(
            Meeting(meeting.id, meeting.state, meeting.starts_at, meeting.ends_at)
        )
    hosts = hosts_of(list(first_of.values()))
    return [
        PublicEvent(
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
            meetings=meetings[row.id],
            hosts=hosts.get(first_of.get(row.id, 0), []),
        )
        for row in rows
    ]


def hosts_of(meeting_ids: Sequence[int]) -> dict[int, list[Host]]:
    """The hosts of each meeting, in the order in which they were chosen. One query."""
    hosts: dict[int, list[Host]] = {}
    for meeting_id, name, profession in db.session.execute(
        sa.select(ConsultationSpecialist.consultation_id, Staff.name, Staff.profession)
        .join(Staff, Staff.id == ConsultationSpecialist.specialist_id)
        .where(ConsultationSpecialist.consultation_id.in_(meeting_ids))
        .order_by(ConsultationSpecialist.consultation_id, ConsultationSpecialist.position)
    ):
        hosts.setdefault(meeting_id, []).append(Host(name, profession))
    return hosts
