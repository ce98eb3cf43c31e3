"""Somebody says that a consultation cannot be held as agreed: a specialist, or a family that wishes another time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

import sqlalchemy as sa

from calendars.workdays import answer_due
from webapp.models import Centre, Consultation, EquipmentCheck, GroupEvent, HelpRequest, Move, Staff, db
from webapp.rules import consultations, moves
from webapp.rules.consultations import ConsultationState
from webapp.rules.errors import AlreadyReported, NothingChosen, TooLate, WordsMissing, WrongState
from webapp.rules.letters import LetterKind
from webapp.rules.moves import Cause, Change, Failure, MoveEvent, MoveState, Noted
from webapp.services.consultations.confirmation import specialists_of
from webapp.services.moves import deciding, move_cases
from webapp.services.moves.move_cases import MoveCase
from webapp.services.moves.move_letters import tell_first, tell_one
from webapp.services.rooms import checks
from webapp.services.times import timetable
from webapp.services.times.workdays import work_calendar


@dataclass(frozen=True)
class Report:
    """What is said about a consultation that cannot be held. ``failure``: a key of ``rules.moves.Failure``,
    empty for another cause; ``check``: what was measured, as evidence."""

    words: str
    failure: str = ""
    cause: Cause = Cause.TECHNICAL
    check: EquipmentCheck | None = None
    proposed_means: str | None = None
    proposed_specialist_id: int | None = None


def report(
    centre: Centre, consultation: Consultation, reporter: Staff, said: Report, now: datetime
) -> list[Move]:
    """A case for the consultation; a technical failure covers the rest of its unbroken row, a case for each.

    Whoever decides is told at once. Where the centre lets specialists move alone, the case is allowed already.
    Raises :class:`NothingChosen`, :class:`WordsMissing`, :class:`MeansNotAllowed`, :class:`AlreadyReported` for
    one that has an open case, :class:`WrongState` for one that is over or off.
    """
    _must_be_told_whole(said)
    _must_be_planned(consultation, now)
    if move_cases.open_case_of(consultation.id) is not None:
        raise AlreadyReported()
    _must_be_proposable(centre, consultation, said.proposed_means, said.proposed_specialist_id)
    cases = [
        _add(one, reporter.id, said, one.starts_at, now)
        for one in _covered(consultation, reporter, said, now)
    ]
    if moves.may_alone(Change.MOVE, centre.specialists_may):
        for case in cases:
            move_cases.change(
                case, MoveEvent.ALLOW, now, staff_id=None, along={"decided_at": now}, by_policy=True
            )
    else:
        _ask_for_a_decision(centre, cases, reporter, now)
    return [case.move for case in cases]


def wish(centre: Centre, request: HelpRequest, consultation: Consultation, words: str, now: datetime) -> Move:
    """The family asks for another time, in its own words; to be answered as a request is, before the old time.

    Raises :class:`WordsMissing`, :class:`TooLate` with whom to call, :class:`AlreadyReported`.
    """
    if not words.strip():
        raise WordsMissing("words")
    _must_be_planned(consultation, now)
    if now >= consultation.starts_at:
        raise TooLate(phone=centre.phone)
    moves.must_be_in_notice(consultation.starts_at, centre.family_move_hours, now, centre.phone)
    if move_cases.open_case_of(consultation.id) is not None:
        raise AlreadyReported()
    due_at = min(answer_due(now, centre.zone_info, work_calendar(centre)), _eve_of(centre, consultation, now))
    case = _add(consultation, None, Report(words, cause=Cause.FAMILY), due_at, now)
    tell_first(centre, case, LetterKind.MOVE_WISHED, now)
    return case.move


def propose(
    centre: Centre,
    case: MoveCase,
    means: str | None,
    specialist_id: int | None,
    now: datetime,
    *,
    staff_id: int,
) -> None:
    """Instead of another time: by other means, or with somebody else. Stands beside the decision."""
    if case.move.state != MoveState.REPORTED:
        raise WrongState(state=case.move.state)
    _must_be_proposable(centre, case.consultation, means, specialist_id)
    case.move.proposed_means, case.move.proposed_specialist_id = means, specialist_id
    move_cases.note_in_history(
        case, Noted.PROPOSE, now, staff_id=staff_id, means=means, specialist_id=specialist_id
    )


def _eve_of(centre: Centre, consultation: Consultation, now: datetime) -> datetime:
    """The end of the day before: "by Tuesday" helps nobody on Tuesday at ten. On the day itself: the start."""
    midnight = datetime.combine(
        consultation.starts_at.astimezone(centre.zone_info), time.min, centre.zone_info
    )
    return midnight.astimezone(UTC) if midnight > now else consultation.starts_at


def _must_be_planned(consultation: Consultation, now: datetime) -> None:
    """Raises :class:`WrongState` for what is off, over or written up."""
    if consultation.state != ConsultationState.PLANNED or consultation.ends_at <= now:
        raise WrongState(state=consultation.state)


def _must_be_told_whole(said: Report) -> None:
    if said.cause is Cause.TECHNICAL and said.failure not in set(Failure):
        raise NothingChosen("failure")
    if not said.words.strip():
        raise WordsMissing("words")


def _must_be_proposable(
    centre: Centre, consultation: Consultation, means: str | None, specialist_id: int | None
) -> None:
    if means is not None:
        consultations.must_be_allowed(means, centre.means)
    if specialist_id is None:
        return
    known = {person.id for person in timetable.specialists_of(centre)}
    holders = {person.id for person in specialists_of(consultation)}
    if specialist_id not in known - holders:
        raise NothingChosen("specialist")


def _covered(consultation: Consultation, reporter: Staff, said: Report, now: datetime) -> list[Consultation]:
    """The consultation, and after a technical failure what follows it in its row without a case of its own."""
    if said.cause is not Cause.TECHNICAL:
        return [consultation]
    row = checks.rest_of_row(consultation, reporter.id, now)
    open_already = sa.exists().where(Move.consultation_id == Consultation.id, Move.state.in_(moves.OPEN))
    return list(
        db.session.scalars(
            sa.select(Consultation)
            .where(
                Consultation.id.in_(row),
                Consultation.state == ConsultationState.PLANNED,
                sa.not_(open_already),
            )
            .order_by(Consultation.starts_at)
        )
    )


def _add(
    consultation: Consultation, reporter_id: int | None, said: Report, due_at: datetime, now: datetime
) -> MoveCase:
    row = Move(
        centre_id=consultation.centre_id,
        consultation_id=consultation.id,
        state=MoveState.REPORTED,
        cause=said.cause,
        failure=said.failure,
        words=said.words.strip(),
        equipment_check_id=said.check.id if said.check else None,
        proposed_means=said.proposed_means,
        proposed_specialist_id=said.proposed_specialist_id,
        reported_by=reporter_id,
        reported_at=now,
        due_at=due_at,
        old_starts_at=consultation.starts_at,
    )
    db.session.add(row)
    db.session.flush()
    case = MoveCase(
        row,
        consultation,
        db.session.get(HelpRequest, consultation.help_request_id) if consultation.help_request_id else None,
        db.session.get(GroupEvent, consultation.group_event_id) if consultation.group_event_id else None,
    )
    wished = said.cause is Cause.FAMILY
    move_cases.note_in_history(
        case,
        Noted.WISH if wished else Noted.REPORT,
        now,
        staff_id=reporter_id,
        words=row.words,
        failure=row.failure,
    )
    return case


def _ask_for_a_decision(centre: Centre, cases: Sequence[MoveCase], reporter: Staff, now: datetime) -> None:
    """One letter, however many consultations of the row it covers. Holders of any of them don't decide."""
    own = frozenset().union(*(case.own for case in cases))
    for person in deciding.chain(centre, own)[:1]:
        tell_one(person, cases[0], LetterKind.MOVE_REPORTED, now, covered=len(cases))
