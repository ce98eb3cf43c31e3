"""What a family sees behind its link: where things stand, the date, the offer, what came before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from calendars.workdays import last_day
from webapp.models import (
    AuditRecord,
    Centre,
    Consultation,
    ConsultationSpecialist,
    Engagement,
    EquipmentCheck,
    HelpRequest,
    Move,
    Staff,
    Topic,
    WishedTime,
    db,
)
from webapp.rules.consultations import DOOR_OPENS_BEFORE, ConsultationState, Door, door
from webapp.rules.help_requests import RequestState
from webapp.rules.moves import OPEN, Cause, MoveState, is_in_notice
from webapp.services.pages import family_offers, personal_links
from webapp.services.pages.family_offers import OpenOffer, Person


@dataclass(frozen=True)
class OpenCase:
    """What is open about a meeting. ``cause``: a key of ``rules.moves.Cause``, told in neutral words."""

    id: int
    state: str
    cause: str
    last_day: date  # to answer the family's own wish

    @property
    def is_wish(self) -> bool:
        return self.cause == Cause.FAMILY


@dataclass(frozen=True)
class Meeting:
    """A consultation as the family sees it."""

    id: int
    state: str
    starts_at: datetime
    ends_at: datetime
    means: str
    door: Door
    specialists: Sequence[Person]
    recommendation: str
    recommended_at: datetime | None
    began_at: datetime | None
    finished_at: datetime | None
    cancelled_by_family: bool
    checked_at: datetime | None
    case: OpenCase | None
    in_move_notice: bool  # near the start one has to call
    in_cancel_notice: bool

    @property
    def may_wish(self) -> bool:
        """Whether the family can still ask for another time: nothing is open about this one."""
        return self.case is None and self.door is Door.EARLY and self.in_move_notice

    @property
    def may_cancel(self) -> bool:
        """What we cannot hold ourselves may be cancelled at any time."""
        return self.door is Door.DELAYED or (self.door is not Door.OVER and self.in_cancel_notice)

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds() // 60)

    @property
    def door_opens_at(self) -> datetime:
        return self.starts_at - DOOR_OPENS_BEFORE


@dataclass(frozen=True)
class MoveOffer:
    """Times of which one is to replace that of ``meeting``."""

    meeting: Meeting
    offer: OpenOffer


@dataclass(frozen=True)
class Step:
    """One line of the history. ``code`` names it: the template says it in words."""

    code: str
    at: datetime


@dataclass(frozen=True)
class FamilyPage:
    number: str
    state: str
    topic: dict[str, str]
    last_day: date
    overdue: bool
    held: datetime | None
    wished: Sequence[datetime]
    meeting: Meeting | None
    dates: Sequence[Meeting]  # all that lie ahead, in order
    earlier: Sequence[Meeting]
    offer: OpenOffer | None
    move_offers: Sequence[MoveOffer]
    steps: Sequence[Step]
    feed_token: str | None

    @property
    def was_held(self) -> bool:
        """Whether the family has had a meeting already, so that what is sought or offered is a next one."""
        return any(one.state == ConsultationState.HELD for one in self.earlier)


TOLD_STEPS = {
    "request.receive",
    "request.offer",
    "request.offer_lapsed",
    "request.offer_refused",
    "request.confirm",
    "request.continue",
    "request.decline",
    "request.answer_by_phone",
    "request.no_further",
    "request.reopen",
    "request.wish",
    "consultation.cancel",
    "consultation.move",
    "consultation.means",
    "consultation.specialist",
    "move.report",
    "move.wish",
    "move.allow",
    "move.refuse",
    "move.take_back",
    "move.offer",
    "move.offer_lapsed",
    "move.offer_refused",
    "consultation.hold",
    "consultation.miss",
}


def load(request: HelpRequest, centre: Centre, now: datetime) -> FamilyPage:
    """Everything that the personal page shows. At most eight queries, whatever the history, and three for moves."""
    meetings = _meetings(request, centre, now)
    planned = [one for one in reversed(meetings) if one.state == ConsultationState.PLANNED]
    dates = [one for one in planned if one.door is not Door.OVER]
    current = next(iter(dates or planned), None)
    # While a next date is sought or offered, the last meeting is an earlier one: its recommendation stays.
    looks_ahead = request.state in (RequestState.ASSIGNED, RequestState.OFFERED)
    current = current or (meetings[0] if meetings and not looks_ahead else None)
    return FamilyPage(
        number=request.number,
        state=request.state,
        topic=_topic_titles(request),
        last_day=last_day(request.due_at, centre.zone_info),
        overdue=now >= request.due_at,
        held=_held(request, now),
        wished=[] if request.any_time else _wished(request),
        meeting=current,
        dates=dates,
        earlier=[one for one in meetings if one is not current and one not in dates],
        offer=family_offers.of_request(request, now) if request.state == RequestState.OFFERED else None,
        move_offers=_move_offers(request, dates, now),
        steps=_steps(request),
        feed_token=personal_links.token_of(personal_links.FEED, help_request_id=request.id),
    )


def _topic_titles(request: HelpRequest) -> dict[str, str]:
    if request.topic_id is None:
        return {}
    return db.session.scalar(sa.select(Topic.titles).where(Topic.id == request.topic_id)) or {}


def _held(request: HelpRequest, now: datetime) -> datetime | None:
    return db.session.scalar(
        sa.select(Engagement.starts_at).where(
            Engagement.help_request_id == request.id,
            Engagement.offer_id.is_(None),
            Engagement.hold_until > now,
        )
    )


def _wished(request: HelpRequest) -> list[datetime]:
    return list(
        db.session.scalars(
            sa.select(WishedTime.starts_at)
            .where(WishedTime.help_request_id == request.id)
            .order_by(WishedTime.position)
        )
    )


def _meetings(request: HelpRequest, centre: Centre, now: datetime) -> list[Meeting]:
    """The consultations of the request, newest first."""
    rows = db.session.execute(
        sa.select(
            Consultation.id,
            Consultation.state,
            Consultation.starts_at,
            Consultation.ends_at,
            Consultation.means_agreed,
            Consultation.ended_for_all_at,
            Consultation.recommendation,
            Consultation.recommended_at,
            Consultation.began_at,
            Consultation.finished_at,
            Consultation.cancelled_by_family,
            sa.func.max(EquipmentCheck.done_at).label("checked_at"),
            Move.id.label("case_id"),
            Move.state.label("case_state"),
            Move.cause,
            Move.due_at,
        )
        .outerjoin(EquipmentCheck, EquipmentCheck.consultation_id == Consultation.id)
        .outerjoin(Move, sa.and_(Move.consultation_id == Consultation.id, Move.state.in_(OPEN)))
        .where(Consultation.help_request_id == request.id)
        .group_by(Consultation.id, Move.id)
        .order_by(Consultation.starts_at.desc())
    ).all()
    people = _specialists([row.id for row in rows])
    return [_meeting(row, people.get(row.id, []), centre, now) for row in rows]


def _specialists(consultation_ids: Sequence[int]) -> dict[int, list[Person]]:
    people: dict[int, list[Person]] = {}
    if not consultation_ids:
        return people
    for consultation_id, name, profession in db.session.execute(
        sa.select(ConsultationSpecialist.consultation_id, Staff.name, Staff.profession)
        .join(Staff, Staff.id == ConsultationSpecialist.specialist_id)
        .where(ConsultationSpecialist.consultation_id.in_(consultation_ids))
        .order_by(ConsultationSpecialist.position)
    ):
        people.setdefault(consultation_id, []).append(Person(name, profession))
    return people


def _meeting(
    row: sa.Row[*tuple[Any, ...]], specialists: Sequence[Person], centre: Centre, now: datetime
) -> Meeting:
    return Meeting(
        id=row.id,
        state=row.state,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        means=row.means_agreed,
        door=door(
            row.state,
            row.starts_at,
            row.ends_at,
            row.ended_for_all_at is not None,
            now,
            stopped=row.cause is not None and row.cause != Cause.FAMILY,
        ),
        specialists=specialists,
        recommendation=row.recommendation if row.recommended_at else "",
        recommended_at=row.recommended_at,
        began_at=row.began_at,
        finished_at=row.finished_at,
        cancelled_by_family=row.cancelled_by_family,
        checked_at=row.checked_at,
        case=_case(row, centre),
        in_move_notice=is_in_notice(row.starts_at, centre.family_move_hours, now),
        in_cancel_notice=is_in_notice(row.starts_at, centre.family_cancel_hours, now),
    )


def _case(row: sa.Row[*tuple[Any, ...]], centre: Centre) -> OpenCase | None:
    if row.case_id is None:
        return None
    last = last_day(row.due_at, centre.zone_info)
    return OpenCase(row.case_id, row.case_state, row.cause, last)


def _move_offers(request: HelpRequest, dates: Sequence[Meeting], now: datetime) -> list[MoveOffer]:
    """For which of ``dates`` another time is to be chosen. Three queries at most, none where nothing is open."""
    allowed = {one.case.id: one for one in dates if one.case and one.case.state == MoveState.ALLOWED}
    if not allowed:
        return []
    found = family_offers.of_moves(request, list(allowed), now)
    return [MoveOffer(allowed[move_id], offer) for move_id, offer in found.items()]


def _steps(request: HelpRequest) -> list[Step]:
    rows = db.session.execute(
        sa.select(AuditRecord.action, AuditRecord.at)
        .where(AuditRecord.help_request_id == request.id, AuditRecord.action.in_(TOLD_STEPS))
        .order_by(AuditRecord.at, AuditRecord.id)
    ).all()
    return [Step(row.action, row.at) for row in rows]
