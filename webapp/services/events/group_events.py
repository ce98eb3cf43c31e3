"""A group event from the first draft to its announcement: hosts, dates, hall."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm.attributes import set_committed_value

from video.rooms import new_name
from webapp.models import (
    Centre,
    Consultation,
    ConsultationSpecialist,
    EventType,
    GroupEvent,
    Staff,
    db,
)
from webapp.rules import consultations, groups
from webapp.rules.consultations import ConsultationState, Means
from webapp.rules.errors import AddressUnsafe, NothingChosen, ReasonMissing, TextMissing, WrongState
from webapp.rules.groups import EventAction, EventState
from webapp.rules.letters import LetterKind
from webapp.services.consultations.confirmation import calendar_uid, meeting_facts, specialists_of
from webapp.services.events import approval
from webapp.services.help_requests.lifecycle import record
from webapp.services.mail.correspondence import tell_staff
from webapp.services.seats import halls, seating
from webapp.services.times import timetable

CONFIRM_WITHIN_HOURS = 24

# Made once: making a statement costs several times what sending it does, and every act begins with this one.
OF_CENTRE = sa.select(GroupEvent).where(
    GroupEvent.id == sa.bindparam("event_id"), GroupEvent.centre_id == sa.bindparam("centre_id")
)


@dataclass(frozen=True)
class Plan:
    """What a host wants to hold: who, when (UTC starts, in order), for how many, and how it is announced."""

    event_type_id: int
    host_ids: Sequence[int]
    starts: Sequence[datetime]
    minutes: int
    capacity: int
    minimum: int
    titles: Mapping[str, str]
    announcements: Mapping[str, str] = field(default_factory=dict)
    bring: Mapping[str, str] = field(default_factory=dict)
    spoken: Sequence[str] = ()
    topic_id: int | None = None
    seat_after_confirming: bool = False
    confirm_within_hours: int = CONFIRM_WITHIN_HOURS
    broadcast_url: str = ""


def find(centre: Centre, event_id: int) -> GroupEvent:
    """An event of this centre. Raises ``NoResultFound`` (404)."""
    return db.session.scalars(OF_CENTRE, {"event_id": event_id, "centre_id": centre.id}).one()


def make(centre: Centre, plan: Plan, now: datetime, *, staff_id: int) -> GroupEvent:
    """A draft with its meetings; the time of all hosts is taken from now on, so that the date will hold.

    Raises :class:`NothingChosen`, :class:`TooLong`, :class:`InThePast`, :class:`SlotTaken`,
    :class:`WrongSize`, :class:`BroadcastNeeded`, :class:`TextMissing`.
    """
    kind = _type_of(centre, plan.event_type_id)
    _must_be_possible(centre, kind, plan, now)
    event = GroupEvent(
        centre_id=centre.id,
        event_type_id=kind.id,
        state=EventState.DRAFT,
        starts_at=plan.starts[0],
        ends_at=plan.starts[-1] + timedelta(minutes=plan.minutes),
        created_at=now,
        created_by=staff_id,
        **_described(plan),
    )
    db.session.add(event)
    db.session.flush()
    for starts_at in plan.starts:
        add_meeting(centre, event, plan.host_ids, starts_at, plan.minutes, now, staff_id=staff_id)
    record(centre.id, "event.make", now, staff_id=staff_id, group_event_id=event.id)
    return event


def describe(centre: Centre, event: GroupEvent, plan: Plan, now: datetime, *, staff_id: int) -> None:
    """Change what is announced and how large the hall is; dates and hosts change by a move.

    A larger hall takes in the next of the waiting list at once; a smaller one takes no seat away. A hall
    that is larger than its type allows by now may stay so.
    """
    kind = _type_of(centre, event.event_type_id)
    _must_be_worded(centre, plan)
    _must_hold(plan, len(hosts_of(event)), most=max(kind.maximum, event.capacity))
    halls.lock(event.id)
    for name, value in _described(plan).items():
        setattr(event, name, value)
    db.session.flush()
    record(centre.id, "event.change", now, staff_id=staff_id, group_event_id=event.id)
    if event.state == EventState.ANNOUNCED:
        seating.pass_seats_on(event.id, now)


def plan_of(event: GroupEvent, **changes: Any) -> Plan:
    """The plan that the event was made by, as it stands now, with ``changes``."""
    return replace(
        Plan(
            event_type_id=event.event_type_id,
            host_ids=[host.id for host in hosts_of(event)],
            starts=[meeting.starts_at for meeting in meetings(event)],
            minutes=meetings(event)[0].minutes,
            capacity=event.capacity,
            minimum=event.minimum,
            titles=event.titles,
            announcements=event.announcements,
            bring=event.bring,
            spoken=event.spoken,
            topic_id=event.topic_id,
            seat_after_confirming=event.seat_after_confirming,
            confirm_within_hours=event.confirm_within_hours,
            broadcast_url=event.broadcast_url,
        ),
        **changes,
    )


def submit(centre: Centre, event: GroupEvent, now: datetime, *, staff_id: int) -> None:
    """Announce it, or where its type needs approval, ask those who decide.

    Raises :class:`InThePast` for a draft whose time has passed.
    """
    consultations.must_lie_ahead(event.starts_at, now)
    kind = db.session.get_one(EventType, event.event_type_id)
    concerned = {staff_id, event.created_by, *(host.id for host in hosts_of(event))}
    asked = approval.asked_about(centre, concerned) if kind.needs_approval else []
    if not asked:
        _announce(event, now, staff_id=staff_id)
        return
    change(event, EventAction.PROPOSE, now, staff_id=staff_id)
    for person in asked:
        _tell_of_decision(event, person, LetterKind.EVENT_PROPOSED, now)


def approve(event: GroupEvent, now: datetime, *, staff_id: int) -> None:
    """Announce what was proposed; nobody approves an event of their own. Raises :class:`OwnDecision`."""
    groups.must_not_be_own(staff_id, event.created_by, [host.id for host in hosts_of(event)])
    consultations.must_lie_ahead(event.starts_at, now)
    _announce(event, now, staff_id=staff_id)
    event.decided_by = staff_id
    _tell_of_decision(event, db.session.get_one(Staff, event.created_by), LetterKind.EVENT_APPROVED, now)


def send_back(event: GroupEvent, note: str, now: datetime, *, staff_id: int) -> None:
    """Back to its host with a note. Raises :class:`ReasonMissing` without one."""
    groups.must_not_be_own(staff_id, event.created_by, [host.id for host in hosts_of(event)])
    if not note.strip():
        raise ReasonMissing("note")
    change(event, EventAction.RETURN, now, staff_id=staff_id, note=note.strip())
    event.decided_by, event.decision_note = staff_id, note.strip()
    maker = db.session.get_one(Staff, event.created_by)
    _tell_of_decision(event, maker, LetterKind.EVENT_SENT_BACK, now, note=note.strip())


def meetings(event: GroupEvent) -> Sequence[Consultation]:
    """All meetings of an event, in order."""
    return db.session.scalars(
        sa.select(Consultation)
        .where(Consultation.group_event_id == event.id)
        .order_by(Consultation.starts_at)
    ).all()


def meeting_of(event: GroupEvent, meeting_id: int) -> Consultation:
    """One meeting of the event. Raises ``NoResultFound`` (404)."""
    return db.session.scalars(
        sa.select(Consultation).where(Consultation.id == meeting_id, Consultation.group_event_id == event.id)
    ).one()


def hosts_of(event: GroupEvent) -> list[Staff]:
    """The hosts of its first meeting: a course has the same ones throughout."""
    first, *_ = meetings(event)
    return specialists_of(first)


def add_meeting(
    centre: Centre,
    event: GroupEvent,
    host_ids: Sequence[int],
    starts_at: datetime,
    minutes: int,
    now: datetime,
    *,
    staff_id: int,
) -> Consultation:
    """One meeting with its room and the time of its hosts. Raises :class:`SlotTaken`."""
    local = starts_at.astimezone(centre.zone_info)
    meeting = Consultation(
        centre_id=centre.id,
        group_event_id=event.id,
        state=ConsultationState.PLANNED,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        wall_time=local.strftime("%Y-%m-%dT%H:%M"),
        zone=centre.zone,
        means_agreed=Means.VIDEO,
        room=new_name(),
        uid=calendar_uid(),
        confirmed_at=now,
        confirmed_by=staff_id,
    )
    db.session.add(meeting)
    db.session.flush()
    for position, host_id in enumerate(host_ids):
        db.session.add(
            ConsultationSpecialist(
                consultation_id=meeting.id,
                specialist_id=host_id,
                position=position,
                guest_id=uuid.uuid4().hex,
            )
        )
    timetable.engage(
        centre, host_ids, meeting.starts_at, meeting.ends_at, now, consultation_id=meeting.id, field="starts"
    )
    return meeting


def server_carries() -> int:
    """How many people the video server carries in one room, by the settings."""
    carries: int = current_app.config["SETTINGS"].jitsi_max_participants
    return carries


def _announce(event: GroupEvent, now: datetime, *, staff_id: int) -> None:
    change(event, EventAction.ANNOUNCE, now, staff_id=staff_id)
    event.announced_at = now
    event.decision_note = ""
    for meeting in meetings(event):
        tell_hosts(meeting, specialists_of(meeting), LetterKind.BOOKED, now)
    if event.repeats_event_id is not None:
        halls.lock(event.id)
        seating.pass_seats_on(event.id, now)


def keep_span(event: GroupEvent) -> None:
    """From the first to the last meeting that takes place; of an event that is off it stays as it was."""
    db.session.flush()
    left = [meeting for meeting in meetings(event) if meeting.state != ConsultationState.CANCELLED]
    if left:
        event.starts_at, event.ends_at = left[0].starts_at, max(meeting.ends_at for meeting in left)


def tell_hosts(meeting: Consultation, hosts: Sequence[Staff], kind: LetterKind, now: datetime) -> None:
    facts = meeting_facts(meeting, hosts)
    for host in hosts:
        occasion = f"{meeting.id}:{meeting.calendar_sequence}"
        tell_staff(host, kind, facts, now, occasion=occasion, consultation=meeting)


def change(event: GroupEvent, action: EventAction, now: datetime, *, staff_id: int, **details: Any) -> None:
    """Take the event along ``action``. Raises :class:`WrongState` when somebody else was faster."""
    before = event.state
    after = groups.next_event_state(before, action)
    swapped = db.session.execute(
        sa.update(GroupEvent)
        .where(GroupEvent.id == event.id, GroupEvent.state == before)
        .values(state=after)
        .execution_options(synchronize_session=False)
    )
    if swapped.rowcount != 1:  # type: ignore[attr-defined]
        raise WrongState(state=before)
    set_committed_value(event, "state", after)
    record(event.centre_id, f"event.{action}", now, staff_id=staff_id, group_event_id=event.id, **details)


def _tell_of_decision(
    event: GroupEvent, person: Staff, kind: LetterKind, now: datetime, **facts: Any
) -> None:
    """One letter for each time that it is proposed, approved or sent back."""
    first, *_ = meetings(event)
    occasion = f"{event.id}:{now.isoformat()}"
    tell_staff(person, kind, {**meeting_facts(first), **facts}, now, occasion=occasion, event=event)


def _type_of(centre: Centre, event_type_id: int) -> EventType:
    kind = db.session.scalar(
        sa.select(EventType).where(EventType.id == event_type_id, EventType.centre_id == centre.id)
    )
    if kind is None:
        raise NothingChosen("event_type")
    return kind


def _must_be_possible(centre: Centre, kind: EventType, plan: Plan, now: datetime) -> None:
    if not plan.host_ids:
        raise NothingChosen("hosts")
    known = {person.id for person in timetable.specialists_of(centre)}
    if not known.issuperset(plan.host_ids):
        raise NothingChosen("hosts")
    if not plan.starts:
        raise NothingChosen("starts")
    consultations.must_fit(plan.minutes, Means.VIDEO, centre.limit_minutes)
    for starts_at in plan.starts:
        consultations.must_lie_ahead(starts_at, now, field="starts")
    _must_be_worded(centre, plan)
    _must_hold(plan, len(plan.host_ids), most=kind.maximum)


def _must_be_worded(centre: Centre, plan: Plan) -> None:
    if not plan.titles.get(centre.language, "").strip():
        raise TextMissing(f"titles_{centre.language}")
    if plan.broadcast_url and urlsplit(plan.broadcast_url).scheme != "https":
        raise AddressUnsafe("broadcast_url")


def _must_hold(plan: Plan, hosts: int, *, most: int) -> None:
    groups.must_have_size(plan.minimum, plan.capacity, most)
    groups.must_be_carried(plan.capacity, hosts, server_carries(), plan.broadcast_url)


def _described(plan: Plan) -> dict[str, Any]:
    """The columns of an event that may be changed later."""
    return {
        "topic_id": plan.topic_id,
        "titles": _filled(plan.titles),
        "announcements": _filled(plan.announcements),
        "bring": _filled(plan.bring),
        "spoken": list(plan.spoken),
        "minimum": plan.minimum,
        "capacity": plan.capacity,
        "seat_after_confirming": plan.seat_after_confirming,
        "confirm_within_hours": plan.confirm_within_hours,
        "broadcast_url": plan.broadcast_url,
    }


def _filled(texts: Mapping[str, str]) -> dict[str, str]:
    return {language: text.strip() for language, text in texts.items() if text.strip()}
