"""Cases that nobody has decided yet: reminded of, told one up, and wishes that time has overtaken."""

from datetime import datetime

import sqlalchemy as sa

from webapp.models import Centre, Consultation, Move, db
from webapp.rules import moves
from webapp.rules.consultations import ConsultationState
from webapp.rules.letters import LetterKind
from webapp.rules.moves import OPEN, REMIND_OF_WISH_BEFORE, Cause, MoveState, Noted
from webapp.services.moves import deciding, move_cases
from webapp.services.moves.move_cases import MoveCase
from webapp.services.moves.move_letters import tell_one


def remind(now: datetime) -> int:
    """Ten minutes before the start of what is undecided: remind who decides, and tell the next one up.

    Idempotent: each is told once. Returns how many cases were looked at.
    """
    due = db.session.execute(
        sa.select(Move.id, Move.centre_id, Move.cause, Move.due_at)
        .where(
            Move.state == MoveState.REPORTED,
            Move.reminded_at.is_(None),
            Move.due_at <= now + REMIND_OF_WISH_BEFORE,
        )
        .order_by(Move.due_at, Move.id)
    ).all()
    pressing = [row for row in due if now >= moves.remind_at(row.cause, row.due_at)]
    for row in pressing:
        centre = db.session.get_one(Centre, row.centre_id)
        _remind_of(centre, move_cases.find(centre, row.id), now)
    return len(pressing)


def close_overtaken_wishes(now: datetime) -> int:
    """A wish for another time ends with the old time, whatever became of it."""
    overtaken = db.session.execute(
        sa.select(Move.id, Move.centre_id)
        .join(Consultation, Consultation.id == Move.consultation_id)
        .where(
            Move.cause == Cause.FAMILY,
            Move.state.in_(OPEN),
            sa.or_(Consultation.ends_at <= now, Consultation.state != ConsultationState.PLANNED),
        )
    ).all()
    for row in overtaken:
        case = move_cases.find(db.session.get_one(Centre, row.centre_id), row.id)
        move_cases.end(case, now, staff_id=None)
    return len(overtaken)


def _remind_of(centre: Centre, case: MoveCase, now: datetime) -> None:
    """Whoever was told a moment ago is not reminded; with so little time left the next one up is told at once."""
    move = case.move
    move.reminded_at = now
    people = deciding.chain(centre, case.own)
    to_remind = people[:1] if move.reported_at < moves.remind_at(move.cause, move.due_at) else []
    next_up = people[1:2] if move.cause != Cause.FAMILY else []
    for person in to_remind:
        tell_one(person, case, LetterKind.MOVE_UNDECIDED, now)
        move_cases.note_in_history(case, Noted.REMIND, now, staff_id=None)
    for person in next_up:
        move.passed_up_at = now
        tell_one(person, case, LetterKind.MOVE_PASSED_UP, now)
        move_cases.note_in_history(case, Noted.TELL_UP, now, staff_id=None)
