"""A consultation that cannot be held as agreed is a case: its row, its states, its line in the history.

It is reported (``move_reports``), decided by somebody else (``move_decisions``) and settled (``move_outcomes``,
``move_offers``). An open case that is not a family's wish stops the consultation (``open_cases``).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value

from webapp.models import (
    Centre,
    Consultation,
    ConsultationSpecialist,
    GroupEvent,
    HelpRequest,
    Move,
    Staff,
    db,
)
from webapp.models.base import table_of
from webapp.rules import moves
from webapp.rules.errors import AlreadyDecided, WrongState
from webapp.rules.moves import Change, MoveEvent, MoveState, Noted
from webapp.rules.permissions import Permission, may
from webapp.services.consultations import offers
from webapp.services.consultations.confirmation import specialists_of
from webapp.services.help_requests.lifecycle import record

CASE = table_of(Move)


@dataclass(frozen=True)
class MoveCase:
    """A case with the rows that it speaks of: a family's ``request`` or a group's ``event``."""

    move: Move
    consultation: Consultation
    request: HelpRequest | None
    event: GroupEvent | None

    @cached_property
    def holders(self) -> list[Staff]:
        """Who holds the consultation, as it was when somebody first looked."""
        return specialists_of(self.consultation)

    @property
    def own(self) -> frozenset[int]:
        """Who may not decide it."""
        holders = [person.id for person in self.holders]
        return moves.whose_own(self.move.cause, self.move.reported_by, holders)

    def may_be_decided_by(self, person: Staff) -> bool:
        return may(person.roles, Permission.DECIDE_MOVES) and person.id not in self.own

    def may_be_settled_alone_by(self, person: Staff, what: Change, allowed: Collection[str]) -> bool:
        """Whether the centre, which allows ``allowed``, lets the person do ``what`` without asking."""
        concerned = {self.move.reported_by, *(holder.id for holder in self.holders)}
        return person.id in concerned and moves.may_alone(what, allowed)


def find(centre: Centre, move_id: int, *, holder_id: int | None = None) -> MoveCase:
    """A case of this centre; with ``holder_id`` only of a consultation of theirs. Raises NoResultFound."""
    query = _cases().where(Move.id == move_id, Move.centre_id == centre.id)
    if holder_id is not None:
        held = sa.exists().where(
            ConsultationSpecialist.consultation_id == Move.consultation_id,
            ConsultationSpecialist.specialist_id == holder_id,
        )
        query = query.where(sa.or_(held, Move.reported_by == holder_id))
    return MoveCase(*db.session.execute(query).one())


def open_case_of(consultation_id: int) -> MoveCase | None:
    """The case of a consultation that is open now, a wish included."""
    row = db.session.execute(
        _cases().where(Move.consultation_id == consultation_id, Move.state.in_(moves.OPEN))
    ).first()
    return MoveCase(*row) if row else None


def same_report(case: MoveCase) -> list[MoveCase]:
    """The cases of the same report that are undecided as ``case`` is, itself among them, in order."""
    rows = db.session.execute(
        _cases()
        .where(
            Move.centre_id == case.move.centre_id,
            Move.reported_by == case.move.reported_by,
            Move.reported_at == case.move.reported_at,
            Move.words == case.move.words,
            Move.state == MoveState.REPORTED,
        )
        .order_by(Move.due_at)
    )
    return [MoveCase(*row) for row in rows]


def end(case: MoveCase, now: datetime, *, staff_id: int | None) -> None:
    """Close an open case without another time; what was offered is free again."""
    if case.move.state == MoveState.REPORTED:
        change(case, MoveEvent.TAKE_BACK, now, staff_id=staff_id)
    else:
        done = {"done_by": staff_id, "done_at": now}
        change(case, MoveEvent.DO, now, staff_id=staff_id, along=done, outcome="kept")
    offers.end_of_move(case.move.id, now)


def end_with(consultation: Consultation, now: datetime, *, staff_id: int | None) -> None:
    """The consultation is off, or was held: whatever was open about it is settled."""
    case = open_case_of(consultation.id)
    if case is not None:
        end(case, now, staff_id=staff_id)


def change(
    case: MoveCase,
    event: MoveEvent,
    now: datetime,
    *,
    staff_id: int | None,
    along: Mapping[str, Any] | None = None,
    **details: Any,
) -> None:
    """Take the case along ``event``, with the columns ``along``, unless somebody was faster.

    Raises :class:`AlreadyDecided` with who it was, :class:`WrongState`.
    """
    before = case.move.state
    try:
        values = {"state": moves.next_state(before, event), **(along or {})}
    except WrongState:
        _must_not_be_decided(case)
        raise
    db.session.flush()
    swapped = db.session.execute(
        sa.update(CASE).where(CASE.c.id == case.move.id, CASE.c.state == before).values(values)
    )
    if swapped.rowcount != 1:  # type: ignore[attr-defined]
        db.session.refresh(case.move)
        _must_not_be_decided(case)
        raise WrongState(state=case.move.state)
    for name, value in values.items():
        set_committed_value(case.move, name, value)
    note_in_history(case, event, now, staff_id=staff_id, **details)


def note_told(consultation_id: int, now: datetime) -> None:
    """A call was noted: the family has heard what became of its consultation."""
    db.session.execute(
        sa.update(CASE)
        .where(
            CASE.c.consultation_id == consultation_id,
            CASE.c.state.in_((MoveState.ALLOWED, MoveState.DONE)),
            CASE.c.told_at.is_(None),
        )
        .values(told_at=now)
    )


def note_in_history(
    case: MoveCase, what: MoveEvent | Noted, now: datetime, *, staff_id: int | None, **details: Any
) -> None:
    """A line of the case in the history of its request or event."""
    record(
        case.move.centre_id,
        f"move.{what}",
        now,
        staff_id=staff_id,
        help_request_id=case.consultation.help_request_id,
        group_event_id=case.consultation.group_event_id,
        consultation_id=case.consultation.id,
        **{"case": case.move.id, "cause": case.move.cause, **details},
    )


def _cases() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(Move, Consultation, HelpRequest, GroupEvent)
        .join(Consultation, Consultation.id == Move.consultation_id)
        .outerjoin(HelpRequest, HelpRequest.id == Consultation.help_request_id)
        .outerjoin(GroupEvent, GroupEvent.id == Consultation.group_event_id)
    )


def _must_not_be_decided(case: MoveCase) -> None:
    if case.move.decided_by is not None:
        who = db.session.get_one(Staff, case.move.decided_by)
        centre = db.session.get_one(Centre, case.move.centre_id)
        raise AlreadyDecided(who=who.name, at=case.move.decided_at, zone=centre.zone)
