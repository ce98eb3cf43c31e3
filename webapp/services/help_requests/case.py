"""One request with everything that the staff may know about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound

from calendars.intervals import Interval
from webapp.models import (
    AuditRecord,
    CallTask,
    Centre,
    Consultation,
    Engagement,
    HelpRequest,
    Letter,
    Offer,
    Staff,
    StaffRole,
    Topic,
    TopicSpecialist,
    WishedTime,
    db,
)
from webapp.models.base import Json
from webapp.rules.permissions import Role
from webapp.services.help_requests import queue
from webapp.services.help_requests.queue import Deadline
from webapp.services.mail import calendar_items
from webapp.services.mail.calendar_items import Answers, Item
from webapp.services.pages.front import FreeDay, FreeHour
from webapp.services.times.timetable import Specialist

TOLD_BY_THEIR_OWN_LINE = ("call.done",)  # the history lists the calls themselves

# Made once: making a statement costs several times what sending it does, and every act begins with this one.
OF_CENTRE = sa.select(HelpRequest).where(
    HelpRequest.id == sa.bindparam("request_id"), HelpRequest.centre_id == sa.bindparam("centre_id")
)


@dataclass(frozen=True)
class Wished:
    starts_at: datetime
    specialist: str


@dataclass(frozen=True)
class Held:
    """The time that one click confirms."""

    starts_at: datetime
    ends_at: datetime
    specialist: str
    until: datetime


@dataclass(frozen=True)
class OfferMade:
    """``times``: each with the end of its hold, ``until`` or earlier."""

    until: datetime
    times: Mapping[datetime, datetime]


@dataclass(frozen=True)
class HistoryLine:
    """What happened, by whom (empty: the family, or Kenes itself). ``kind``: event | letter | call."""

    at: datetime
    kind: str
    code: str
    state: str
    who: str
    details: dict[str, Any]


@dataclass(frozen=True)
class Case:
    id: int
    number: str
    state: str
    channel: str
    received_at: datetime
    entered_at: datetime
    urgent: bool
    family_silent: bool
    help_choose: bool
    words: str
    topic: dict[str, str]
    means_wished: str
    parent_name: str
    child: str
    child_age: int | None
    email: str | None
    email_confirmed: bool
    mail_failed: bool
    phone: str | None
    language: str
    zone: str
    blocked: bool
    deadline: Deadline
    wished: Sequence[Wished]  # empty: any time suits
    wished_specialist_id: int | None
    wished_specialist: str
    assigned_id: int | None
    assigned: str
    specialists: Sequence[Specialist]  # who can be booked, in the centre's order
    able_ids: Sequence[int]  # of these, who answer for the topic
    held: Held | None
    offer: OfferMade | None
    consultations: Sequence[Consultation]
    calendar_answers: Mapping[int, Answers]  # by consultation
    calendar_items: Sequence[Item]
    history: Sequence[HistoryLine]
    decline_reason: str


def request_of(centre: Centre, request_id: int) -> HelpRequest:
    """The request, if it is this centre's. Raises ``NoResultFound`` (404)."""
    return db.session.scalars(OF_CENTRE, {"request_id": request_id, "centre_id": centre.id}).one()


def load(centre: Centre, request_id: int, now: datetime) -> Case:
    """Six queries. Of a family that withdrew its consent nothing but numbers is given."""
    request, topic, wishes = _asked(centre, request_id)
    people = _people(request)
    names = {person.id: person.name for person in people}
    bookable = [person for person in people if person.bookable]
    open_to_see = request.blocked_at is None
    held, offer = _holds(request, names, now)
    calendars = calendar_items.of_request(request, now)
    return Case(
        id=request.id,
        number=request.number,
        state=request.state,
        channel=request.channel,
        received_at=request.received_at,
        entered_at=request.entered_at,
        urgent=request.urgent,
        family_silent=request.family_silent,
        help_choose=request.help_choose,
        words=request.words if open_to_see else "",
        topic=topic,
        means_wished=request.means_wished,
        parent_name=request.parent_name if open_to_see else "",
        child=request.child if open_to_see else "",
        child_age=request.child_age if open_to_see else None,
        email=request.email if open_to_see else None,
        email_confirmed=request.email_confirmed_at is not None,
        mail_failed=request.mail_failed_at is not None,
        phone=request.phone if open_to_see else None,
        language=request.language,
        zone=request.zone,
        blocked=not open_to_see,
        deadline=queue.deadline_of(request, centre, now),
        wished=[] if request.any_time else [Wished(at, names.get(person or 0, "")) for at, person in wishes],
        wished_specialist_id=request.wished_specialist_id,
        wished_specialist=names.get(request.wished_specialist_id or 0, ""),
        assigned_id=request.assigned_specialist_id,
        assigned=names.get(request.assigned_specialist_id or 0, ""),
        specialists=[
            Specialist(person.id, person.name, person.profession, person.about) for person in bookable
        ],
        able_ids=[person.id for person in bookable if person.able],
        held=held,
        offer=offer,
        consultations=calendars.consultations,
        calendar_answers=calendars.answers,
        calendar_items=calendars.items,
        history=_history(request, names),
        decline_reason=request.decline_reason if open_to_see else "",
    )


def by_day(
    centre: Centre, free: Sequence[Interval], *, first: date | None, most: int
) -> tuple[list[FreeDay], date | None]:
    """Free times as days, up to ``most``, and the next day with more."""
    days: dict[date, list[FreeHour]] = {}
    for slot in free:
        day = slot.start.astimezone(centre.zone_info).date()
        if first is None or day >= first:
            days.setdefault(day, []).append(FreeHour(slot.start, ()))
    listed = [FreeDay(day, tuple(hours)) for day, hours in days.items()]
    return listed[:most], listed[most].day if len(listed) > most else None


def _asked(
    centre: Centre, request_id: int
) -> tuple[HelpRequest, dict[str, str], list[tuple[datetime, int | None]]]:
    """The request, the titles of its topic, and the times it wishes, each with the specialist."""
    rows = db.session.execute(
        sa.select(HelpRequest, Topic.titles, WishedTime.starts_at, WishedTime.specialist_id)
        .outerjoin(Topic, Topic.id == HelpRequest.topic_id)
        .outerjoin(WishedTime, WishedTime.help_request_id == HelpRequest.id)
        .where(HelpRequest.id == request_id, HelpRequest.centre_id == centre.id)
        .order_by(WishedTime.position)
    ).all()
    if not rows:
        raise NoResultFound
    wishes = [(row.starts_at, row.specialist_id) for row in rows if row.starts_at is not None]
    return rows[0].HelpRequest, rows[0].titles or {}, wishes


def _people(request: HelpRequest) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Everybody of the centre: who can be booked, and who answers for the topic."""
    is_specialist = sa.exists().where(StaffRole.staff_id == Staff.id, StaffRole.role == Role.SPECIALIST)
    answers_for_topic = sa.exists().where(
        TopicSpecialist.specialist_id == Staff.id, TopicSpecialist.topic_id == request.topic_id
    )
    return db.session.execute(
        sa.select(
            Staff.id,
            Staff.name,
            Staff.profession,
            Staff.about,
            sa.and_(Staff.active, is_specialist).label("bookable"),
            answers_for_topic.label("able"),
        )
        .where(Staff.centre_id == request.centre_id)
        .order_by(Staff.position, Staff.name)
    ).all()


def _holds(
    request: HelpRequest, names: dict[int, str], now: datetime
) -> tuple[Held | None, OfferMade | None]:
    """What the request holds: its first wished time, or the times that it was offered."""
    rows = db.session.execute(
        sa.select(
            Engagement.starts_at,
            Engagement.ends_at,
            Engagement.specialist_id,
            Engagement.hold_until,
            Engagement.offer_id,
            Offer.until,
        )
        .outerjoin(Offer, Offer.id == Engagement.offer_id)
        .where(Engagement.help_request_id == request.id, Engagement.hold_until > now)
        .order_by(Engagement.starts_at)
    ).all()
    held = next(
        (
            Held(row.starts_at, row.ends_at, names.get(row.specialist_id, ""), row.hold_until)
            for row in rows
            if row.offer_id is None
        ),
        None,
    )
    offered = [row for row in rows if row.offer_id is not None]
    times = {row.starts_at: row.hold_until for row in offered}
    return held, OfferMade(offered[0].until, times) if offered else None


def _history(request: HelpRequest, names: dict[int, str]) -> list[HistoryLine]:
    """Events, letters and calls of the request, newest first; of blocked data no words of anybody."""
    nothing, no_details = sa.literal(""), sa.cast(sa.null(), Json)
    events = sa.select(
        AuditRecord.at,
        sa.literal("event").label("kind"),
        AuditRecord.action.label("code"),
        nothing.label("state"),
        AuditRecord.staff_id,
        AuditRecord.details,
        nothing.label("result"),
    ).where(AuditRecord.help_request_id == request.id, AuditRecord.action.not_in(TOLD_BY_THEIR_OWN_LINE))
    letters = sa.select(
        sa.func.coalesce(Letter.sent_at, Letter.due_at),
        sa.literal("letter"),
        Letter.kind,
        Letter.state,
        Letter.staff_id,
        no_details,
        nothing,
    ).where(Letter.help_request_id == request.id)
    calls = sa.select(
        CallTask.done_at,
        sa.literal("call"),
        CallTask.kind,
        sa.literal("done"),
        CallTask.done_by,
        no_details,
        CallTask.result,
    ).where(CallTask.help_request_id == request.id, CallTask.done_at.is_not(None))
    open_to_see = request.blocked_at is None
    lines = [
        HistoryLine(
            row.at,
            row.kind,
            row.code,
            row.state,
            names.get(row.staff_id or 0, ""),
            {**(row.details or {}), "result": row.result} if open_to_see else {},
        )
        for row in db.session.execute(sa.union_all(events, letters, calls))
    ]
    return sorted(lines, key=lambda line: line.at, reverse=True)


def consultation_of(request: HelpRequest, consultation_id: int) -> Consultation:
    """Raises ``NoResultFound`` (404) for a consultation of another request."""
    return db.session.execute(
        sa.select(Consultation).where(
            Consultation.id == consultation_id, Consultation.help_request_id == request.id
        )
    ).scalar_one()


def with_request(centre: Centre, consultation_id: int) -> tuple[HelpRequest, Consultation]:
    """A consultation of this centre with its family's request. Raises ``NoResultFound`` (404)."""
    found = db.session.execute(
        sa.select(HelpRequest, Consultation)
        .join(Consultation, Consultation.help_request_id == HelpRequest.id)
        .where(Consultation.id == consultation_id, Consultation.centre_id == centre.id)
    ).one()
    return found.HelpRequest, found.Consultation
