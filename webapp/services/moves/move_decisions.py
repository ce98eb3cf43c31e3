"""A case is allowed or refused by somebody who neither reported it nor holds the consultation, or is taken back."""

from collections.abc import Sequence
from datetime import datetime

from webapp.models import Staff, db
from webapp.rules import moves
from webapp.rules.errors import ReasonMissing, WordsMissing, WrongState
from webapp.rules.letters import LetterKind
from webapp.rules.moves import Cause, MoveEvent
from webapp.services.consultations.confirmation import meeting_facts
from webapp.services.mail.correspondence import tell_family
from webapp.services.moves import move_cases
from webapp.services.moves.move_cases import MoveCase
from webapp.services.moves.move_letters import tell_one, tell_that_it_goes_on


def decide(
    cases: Sequence[MoveCase],
    verdict: MoveEvent,
    note: str,
    now: datetime,
    *,
    staff_id: int,
) -> None:
    """Allow or refuse, all or none; whoever reported it is told, the family when its wish is refused.

    Raises :class:`OwnDecision`, :class:`AlreadyDecided`, :class:`ReasonMissing` and :class:`WordsMissing` for a
    refusal without a note.
    """
    note = note.strip()
    for case in cases:
        _must_have_a_reason(case, verdict, note)
        moves.must_not_be_own(staff_id, None, case.own)
        decided = {"decided_by": staff_id, "decided_at": now, "decision_note": note}
        move_cases.change(case, verdict, now, staff_id=staff_id, along=decided, note=note)
    if verdict is MoveEvent.REFUSE:
        for case in cases:
            _after_a_refusal(case, now)
    for case in cases:
        _tell_reporter(case, verdict, note, now, staff_id)


def take_back(case: MoveCase, now: datetime, *, staff_id: int) -> None:
    """It works again: the consultation is held as it was agreed, and what else the report covered as well.

    Raises :class:`WrongState` for a family's wish, which is refused with a reason.
    """
    if case.move.cause == Cause.FAMILY:
        raise WrongState(state=case.move.state)
    covered = move_cases.same_report(case) if case.move.cause == Cause.TECHNICAL else []
    for one in [case, *(other for other in covered if other.move.id != case.move.id)]:
        move_cases.end(one, now, staff_id=staff_id)
        tell_that_it_goes_on(one, now)


def keep_time(case: MoveCase, now: datetime) -> None:
    """The family takes its own wish back. Raises :class:`WrongState` for a case of ours."""
    if case.move.cause != Cause.FAMILY:
        raise WrongState(state=case.move.state)
    move_cases.end(case, now, staff_id=None)


def _must_have_a_reason(case: MoveCase, verdict: MoveEvent, note: str) -> None:
    if verdict is MoveEvent.REFUSE and not note:
        raise ReasonMissing("note") if case.move.cause == Cause.FAMILY else WordsMissing("note")


def _after_a_refusal(case: MoveCase, now: datetime) -> None:
    if case.move.cause != Cause.FAMILY:
        tell_that_it_goes_on(case, now)
    elif case.request is not None:
        facts = {**meeting_facts(case.consultation), "reason": case.move.decision_note}
        tell_family(
            case.request,
            LetterKind.MOVE_WISH_REFUSED,
            facts,
            now,
            occasion=f"case:{case.move.id}",
            consultation_id=case.consultation.id,
        )


def _tell_reporter(case: MoveCase, verdict: MoveEvent, note: str, now: datetime, staff_id: int) -> None:
    reporter = db.session.get(Staff, case.move.reported_by) if case.move.reported_by else None
    if reporter is not None:
        kind = LetterKind.MOVE_ALLOWED if verdict is MoveEvent.ALLOW else LetterKind.MOVE_REFUSED
        decider = db.session.get_one(Staff, staff_id)
        tell_one(reporter, case, kind, now, note=note, decider=decider.name, decider_phone=decider.phone)
