"""Group events as the staff see them: halls, who registered, who waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from webapp.models import (
    Centre,
    Consultation,
    ConsultationSpecialist,
    EventType,
    GroupEvent,
    Registration,
    Staff,
    db,
)
from webapp.rules.consultations import ConsultationState
from webapp.rules.groups import TAKING_PART, EventState
from webapp.rules.permissions import Permission, may


@dataclass(frozen=True)
class Listed:
    """One event in the list. ``seats_taken`` may pass ``capacity`` where the hall was made smaller."""

    id: int
    state: str
    form: str
    titles: dict[str, str]
    starts_at: datetime
    ends_at: datetime
    minimum: int
    capacity: int
    seats_taken: int
    waiting: int

    @property
    def too_small(self) -> bool:
        return self.waiting > 0

    @property
    def too_empty(self) -> bool:
        return self.state == EventState.ANNOUNCED and self.seats_taken < self.minimum


@dataclass(frozen=True)
class Participant:
    id: int
    state: str
    arrival: int
    shown_name: str
    email: str | None
    email_confirmed: bool
    phone: str | None
    parent_present: str
    registered_at: datetime


@dataclass(frozen=True)
class Host:
    id: int
    name: str
    profession: str


@dataclass(frozen=True)
class Desk:
    """One event with its meetings, hosts and people, the waiting list after those with a seat."""

    form: str
    with_children: bool
    meetings: Sequence[Consultation]
    hosts: Sequence[Host]
    people: Sequence[Participant]


def listed(centre: Centre, now: datetime) -> list[Listed]:
    """Everything not over yet and what was over lately, the soonest first. One query."""
    rows = db.session.execute(
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
        )
        .join(EventType, EventType.id == GroupEvent.event_type_id)
        .where(GroupEvent.centre_id == centre.id)
        .order_by(GroupEvent.ends_at <= now, GroupEvent.starts_at, GroupEvent.id)
    )
    return [Listed(*row) for row in rows]


def load(centre: Centre, event: GroupEvent, now: datetime) -> Desk:
    """Four queries, however many people."""
    kind = db.session.get_one(EventType, event.event_type_id)
    meetings = db.session.scalars(
        sa.select(Consultation)
        .where(Consultation.group_event_id == event.id, Consultation.state != ConsultationState.CANCELLED)
        .order_by(Consultation.starts_at)
    ).all()
    return Desk(kind.form, kind.with_children, meetings, _hosts(event), _people(event))


def may_run(desk: Desk, person: Staff) -> bool:
    """Whether a person may change the event: its hosts, who made it, and those who approve events."""
    return may(person.roles, Permission.APPROVE_EVENTS) or person.id in {host.id for host in desk.hosts}


def is_run_by(event: GroupEvent, person: Staff) -> bool:
    """The same for an event whose desk nobody needs. One query at most."""
    if may(person.roles, Permission.APPROVE_EVENTS) or person.id == event.created_by:
        return True
    return person.id in {host.id for host in _hosts(event)}


def _hosts(event: GroupEvent) -> list[Host]:
    rows = db.session.execute(
        sa.select(Staff.id, Staff.name, Staff.profession, sa.func.min(ConsultationSpecialist.position))
        .join(ConsultationSpecialist, ConsultationSpecialist.specialist_id == Staff.id)
        .join(Consultation, Consultation.id == ConsultationSpecialist.consultation_id)
        .where(Consultation.group_event_id == event.id)
        .group_by(Staff.id, Staff.name, Staff.profession)
        .order_by(sa.func.min(ConsultationSpecialist.position))
    )
    return [Host(row.id, row.name, row.profession) for row in rows]


def _people(event: GroupEvent) -> list[Participant]:
    rows = db.session.execute(
        sa.select(
            Registration.id,
            Registration.state,
            Registration.arrival,
            Registration.shown_name,
            Registration.email,
            Registration.email_confirmed_at,
            Registration.phone,
            Registration.parent_present,
            Registration.registered_at,
        )
        .where(
            Registration.group_event_id == event.id,
            Registration.state.in_(TAKING_PART),
            Registration.blocked_at.is_(None),
        )
        .order_by(Registration.state == "waiting", Registration.arrival)
    )
    return [
        Participant(
            row.id,
            row.state,
            row.arrival,
            row.shown_name,
            row.email,
            row.email_confirmed_at is not None,
            row.phone,
            row.parent_present,
            row.registered_at,
        )
        for row in rows
    ]
