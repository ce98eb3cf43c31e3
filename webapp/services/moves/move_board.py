"""Cases as the staff see them: what is open in the centre, and one case with everything about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from webapp.models import (
    AuditRecord,
    Centre,
    Consultation,
    ConsultationSpecialist,
    GroupEvent,
    HelpRequest,
    Move,
    Offer,
    OfferedTime,
    Staff,
    db,
)
from webapp.rules.moves import OPEN, Cause, Change, MoveState
from webapp.services.help_requests import queue
from webapp.services.help_requests.queue import Deadline
from webapp.services.moves import deciding, move_cases
from webapp.services.moves.move_cases import MoveCase
from webapp.services.rooms import checks


@dataclass(frozen=True)
class Listed:
    """An open case in a list. ``number``: of the family's request; ``titles``: of a group event."""

    id: int
    state: str
    cause: str
    failure: str
    number: str
    titles: dict[str, str]
    starts_at: datetime
    reported_by: str
    offered_until: datetime | None
    deadline: Deadline

    @property
    def is_wish(self) -> bool:
        return self.cause == Cause.FAMILY


@dataclass(frozen=True)
class Heading:
    """What stands above every page of a case, and what the reader may do about it."""

    case: MoveCase
    number: str
    titles: dict[str, str]
    is_own: bool
    may_decide: bool
    may_settle: bool  # now: it is allowed, or the reader's own hand allows it
    may_change_means: bool
    may_cancel: bool
    is_mine: bool


@dataclass(frozen=True)
class Line:
    """A line of the case's history."""

    at: datetime
    code: str
    who: str
    details: dict[str, Any]


@dataclass(frozen=True)
class OpenOffer:
    until: datetime
    times: Sequence[datetime]


@dataclass(frozen=True)
class CasePage:
    heading: Heading
    reported_by: str
    proposed_specialist: str
    evidence: checks.Done | None
    deadline: Deadline
    decider: str  # who is to decide; empty where nobody is left
    row: int  # undecided cases of the same report, this one among them
    offer: OpenOffer | None
    history: Sequence[Line]


def listed(centre: Centre, now: datetime) -> list[Listed]:
    """Everything that is open in the centre: failures by their start, then wishes by their last day. One query."""
    return _listed(centre, now, Move.centre_id == centre.id)


def of_specialist(centre: Centre, specialist_id: int, now: datetime) -> list[Listed]:
    """What is open about the consultations of one specialist. One query."""
    held = sa.exists().where(
        ConsultationSpecialist.consultation_id == Move.consultation_id,
        ConsultationSpecialist.specialist_id == specialist_id,
    )
    return _listed(centre, now, Move.centre_id == centre.id, held)


def of_event(centre: Centre, event_id: int, now: datetime) -> list[Listed]:
    """What is open about the meetings of a group event. One query."""
    return _listed(centre, now, Move.centre_id == centre.id, Consultation.group_event_id == event_id)


def heading(centre: Centre, case: MoveCase, person: Staff) -> Heading:
    """One query."""
    state, decides, family = case.move.state, case.may_be_decided_by(person), case.request is not None

    def may_do(what: Change) -> bool:
        by_own_hand = decides or case.may_be_settled_alone_by(person, what, centre.specialists_may)
        return state == MoveState.ALLOWED or (state == MoveState.REPORTED and by_own_hand)

    return Heading(
        case=case,
        number=case.request.number if case.request else "",
        titles=case.event.titles if case.event else {},
        is_own=person.id in case.own,
        may_decide=decides and state == MoveState.REPORTED,
        may_settle=may_do(Change.MOVE),
        may_change_means=family and may_do(Change.MEANS),
        may_cancel=may_do(Change.CANCEL),
        is_mine=person.id in {holder.id for holder in case.holders} | {case.move.reported_by},
    )


def load(centre: Centre, case: MoveCase, person: Staff, now: datetime) -> CasePage:
    """At most eight queries."""
    move, undecided = case.move, case.move.state == MoveState.REPORTED
    decider = next(iter(deciding.chain(centre, case.own)), None) if undecided else None
    return CasePage(
        heading=heading(centre, case, person),
        reported_by=_name(move.reported_by),
        proposed_specialist=_name(move.proposed_specialist_id),
        evidence=checks.by_id(move.equipment_check_id) if move.equipment_check_id else None,
        deadline=queue.deadline_until(move.due_at, centre, now),
        decider=decider.name if decider else "",
        row=len(move_cases.same_report(case)) if undecided and move.cause == Cause.TECHNICAL else 1,
        offer=_offer(move.id) if move.state == MoveState.ALLOWED else None,
        history=_history(case),
    )


def _listed(centre: Centre, now: datetime, *conditions: sa.ColumnElement[bool]) -> list[Listed]:
    rows = db.session.execute(
        sa.select(
            Move.id,
            Move.state,
            Move.cause,
            Move.failure,
            Move.due_at,
            Consultation.starts_at,
            HelpRequest.year,
            HelpRequest.sequence,
            GroupEvent.titles,
            Staff.name,
            Offer.until,
        )
        .join(Consultation, Consultation.id == Move.consultation_id)
        .outerjoin(HelpRequest, HelpRequest.id == Consultation.help_request_id)
        .outerjoin(GroupEvent, GroupEvent.id == Consultation.group_event_id)
        .outerjoin(Staff, Staff.id == Move.reported_by)
        .outerjoin(Offer, sa.and_(Offer.move_id == Move.id, Offer.state == "open"))
        .where(Move.state.in_(OPEN), *conditions)
        .order_by(Move.cause == Cause.FAMILY, Move.due_at, Move.id)
    )
    return [
        Listed(
            id=row.id,
            state=row.state,
            cause=row.cause,
            failure=row.failure,
            number=f"{row.year}-{row.sequence}" if row.year else "",
            titles=row.titles or {},
            starts_at=row.starts_at,
            reported_by=row.name or "",
            offered_until=row.until,
            deadline=queue.deadline_until(row.due_at, centre, now),
        )
        for row in rows
    ]


def _name(staff_id: int | None) -> str:
    person = db.session.get(Staff, staff_id) if staff_id is not None else None
    return person.name if person else ""


def _offer(move_id: int) -> OpenOffer | None:
    rows = db.session.execute(
        sa.select(Offer.until, OfferedTime.starts_at)
        .join(OfferedTime, OfferedTime.offer_id == Offer.id)
        .where(Offer.move_id == move_id, Offer.state == "open")
        .order_by(OfferedTime.starts_at)
    ).all()
    return OpenOffer(rows[0].until, [row.starts_at for row in rows]) if rows else None


def _history(case: MoveCase) -> list[Line]:
    """Reported, decided, told, acted on, in order."""
    rows = db.session.execute(
        sa.select(AuditRecord.at, AuditRecord.action, AuditRecord.details, Staff.name)
        .outerjoin(Staff, Staff.id == AuditRecord.staff_id)
        .where(
            AuditRecord.centre_id == case.move.centre_id,
            AuditRecord.at >= case.move.reported_at,
            AuditRecord.consultation_id == case.consultation.id,
            AuditRecord.action.startswith("move."),
        )
        .order_by(AuditRecord.at, AuditRecord.id)
    )
    lines = [
        Line(row.at, row.action, row.name or "", row.details)
        for row in rows
        if row.details.get("case") == case.move.id
    ]
    if case.move.told_at is not None:
        lines.append(Line(case.move.told_at, "move.told", "", {}))
    return sorted(lines, key=lambda line: line.at)
