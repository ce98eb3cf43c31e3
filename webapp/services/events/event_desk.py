"""One group event as those see it who hold, approve or fill it: its dates, who registered, who waits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from webapp.models import (
    AuditRecord,
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
from webapp.rules.groups import TAKING_PART, WITH_SEAT, EventState, RegistrationState
from webapp.rules.permissions import Permission, may
from webapp.services.events import approval


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
    by_office: bool


@dataclass(frozen=True)
class Host:
    id: int
    name: str
    profession: str


@dataclass(frozen=True)
class Step:
    """One line of the event's history. ``code``: a key of ``wording.EVENTS``."""

    at: datetime
    code: str
    by: str


@dataclass(frozen=True)
class Desk:
    """One event with its meetings, hosts and people, the waiting list after those with a seat."""

    form: str
    type_titles: Mapping[str, str]
    maximum: int
    open_to: str
    needs_approval: bool
    with_children: bool
    meetings: Sequence[Consultation]
    hosts: Sequence[Host]
    people: Sequence[Participant]
    created_by: int

    @property
    def seated(self) -> list[Participant]:
        """With a seat, or with one that is held, in the order of arrival."""
        return [person for person in self.people if person.state in WITH_SEAT]

    @property
    def waiting(self) -> list[Participant]:
        return [person for person in self.people if person.state == RegistrationState.WAITING]

    @property
    def by_phone(self) -> int:
        """How many of all have to be called, because they gave no e-mail."""
        return sum(1 for person in self.people if not person.email)

    def beyond(self, capacity: int) -> list[Participant]:
        """The last arrivals who have a seat that the hall does not hold any more."""
        return self.seated[capacity:]

    @property
    def concerned(self) -> set[int]:
        """Those whose own it is: who made it, and its hosts."""
        return {self.created_by, *(host.id for host in self.hosts)}

    def ahead(self, now: datetime) -> list[Consultation]:
        """Meetings that can still be moved or cancelled."""
        return [one for one in self.meetings if one.state == ConsultationState.PLANNED and one.ends_at > now]


def load(centre: Centre, event: GroupEvent, now: datetime) -> Desk:
    """Four queries, however many people."""
    kind = kind_of(event)
    meetings = db.session.scalars(
        sa.select(Consultation)
        .where(Consultation.group_event_id == event.id, Consultation.state != ConsultationState.CANCELLED)
        .order_by(Consultation.starts_at)
    ).all()
    return Desk(
        form=kind.form,
        type_titles=kind.titles,
        maximum=kind.maximum,
        open_to=kind.open_to,
        needs_approval=kind.needs_approval,
        with_children=kind.with_children,
        meetings=meetings,
        hosts=_hosts(event),
        people=_people(event),
        created_by=event.created_by,
    )


def kind_of(event: GroupEvent) -> EventType:
    return db.session.get_one(EventType, event.event_type_id)


def may_run(desk: Desk, person: Staff) -> bool:
    """Whether a person may change the event: its hosts, who made it, and those who approve events."""
    return may(person.roles, Permission.APPROVE_EVENTS) or person.id in desk.concerned


def is_run_by(event: GroupEvent, person: Staff) -> bool:
    """The same for an event whose desk nobody needs. One query at most."""
    if may(person.roles, Permission.APPROVE_EVENTS) or person.id == event.created_by:
        return True
    return person.id in {host.id for host in _hosts(event)}


def is_seen_by(event: GroupEvent, person: Staff) -> bool:
    """Whether a person may see who registered: those who run the event, and the office that fills it."""
    fills = may(person.roles, Permission.REGISTER_FOR_EVENTS) and event.announced_at is not None
    return fills or is_run_by(event, person)


def may_approve(event: GroupEvent, desk: Desk, person: Staff) -> bool:
    """Whether the person decides about it: it is proposed, and not of their own."""
    return (
        event.state == EventState.PROPOSED
        and may(person.roles, Permission.APPROVE_EVENTS)
        and person.id not in desk.concerned
    )


def asked_to_approve(centre: Centre, event: GroupEvent, desk: Desk) -> list[str]:
    """Names of those who are asked, while the event is in preparation and its type needs approval."""
    if event.state not in (EventState.DRAFT, EventState.PROPOSED) or not desk.needs_approval:
        return []
    return [person.name for person in approval.asked_about(centre, desk.concerned)]


def history(event: GroupEvent) -> list[Step]:
    """What was done about the event itself, in order; who registered is another list. One query."""
    rows = db.session.execute(
        sa.select(AuditRecord.at, AuditRecord.action, Staff.name)
        .outerjoin(Staff, Staff.id == AuditRecord.staff_id)
        .where(AuditRecord.group_event_id == event.id, AuditRecord.action.startswith("event."))
        .order_by(AuditRecord.id)
    )
    return [Step(row.at, row.action, row.name or "") for row in rows]


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


def participant(event: GroupEvent, registration_id: int) -> Participant:
    """One of those who take part. Raises ``NoResultFound`` (404)."""
    row: Any = db.session.execute(_people_of(event).where(Registration.id == registration_id)).one()
    return Participant(*row)


def _people(event: GroupEvent) -> list[Participant]:
    rows: Sequence[Any] = db.session.execute(
        _people_of(event).order_by(Registration.state == RegistrationState.WAITING, Registration.arrival)
    ).all()
    return [Participant(*row) for row in rows]


def _people_of(event: GroupEvent) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(
        Registration.id,
        Registration.state,
        Registration.arrival,
        Registration.shown_name,
        Registration.email,
        Registration.email_confirmed_at.is_not(None),
        Registration.phone,
        Registration.parent_present,
        Registration.registered_at,
        Registration.entered_by.is_not(None),
    ).where(
        Registration.group_event_id == event.id,
        Registration.state.in_(TAKING_PART),
        Registration.blocked_at.is_(None),
    )
