"""Up to three times offered to a family whose consultation is to move; held until it answers."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from webapp.models import Centre, HelpRequest, Offer, OfferedTime, db
from webapp.rules.errors import NothingChosen, WrongState
from webapp.rules.letters import LetterKind
from webapp.rules.moves import Change, MoveState, Noted
from webapp.services.consultations import offers
from webapp.services.consultations.confirmation import specialists_of
from webapp.services.consultations.offers import Proposal
from webapp.services.mail.correspondence import can_be_written_to, tell_family
from webapp.services.moves import move_cases, move_outcomes
from webapp.services.moves.move_cases import MoveCase
from webapp.services.moves.move_letters import tell_times_refused
from webapp.services.times import timetable


def offer_times(
    centre: Centre, case: MoveCase, starts: Sequence[datetime], now: datetime, *, staff_id: int
) -> Offer:
    """Offer up to three times, each free for all who hold the consultation; an earlier offer is let go.

    The case stays allowed, and in the list, until the family has chosen. Raises :class:`NothingChosen`,
    :class:`TooManyTimes`, :class:`NotFree`, :class:`SlotTaken`, :class:`InThePast`, :class:`OwnDecision`.
    """
    meeting, request = case.consultation, move_outcomes.family_of(case)
    move_outcomes.must_be_allowed(centre, case, Change.MOVE, now, staff_id=staff_id)
    if case.move.state != MoveState.ALLOWED:
        raise WrongState(state=case.move.state)
    offers.end_of_move(case.move.id, now)
    people = [person.id for person in specialists_of(meeting)]
    proposals = [Proposal(people, starts_at, meeting.minutes) for starts_at in starts]
    offers.must_be_offerable(centre, request, proposals, meeting.means_agreed, now)
    for starts_at in starts:
        timetable.must_be_free(
            centre, people, starts_at, now, minutes=meeting.minutes, notice=False, field="times"
        )
    row = offers.hold(
        centre, request, proposals, meeting.means_agreed, now, staff_id=staff_id, move_id=case.move.id
    )
    case.move.told_at = now if can_be_written_to(request) else None
    move_cases.note_in_history(case, Noted.OFFER, now, staff_id=staff_id, offer_id=row.id)
    facts = {
        **offers.facts_of(row, proposals),
        "old": meeting.starts_at.isoformat(),
        "cause": case.move.cause,
    }
    tell_family(
        request, LetterKind.TIMES_OFFERED, facts, now, occasion=str(row.id), consultation_id=meeting.id
    )
    return row


def accept(
    centre: Centre,
    request: HelpRequest,
    offered_time_id: int,
    now: datetime,
    *,
    staff_id: int | None = None,
) -> None:
    """The family takes one of the times; the others are released at once.

    Raises :class:`WrongState` when the offer is no longer open, :class:`NothingChosen`.
    """
    found = db.session.execute(
        sa.select(Offer, OfferedTime.starts_at)
        .join(OfferedTime, OfferedTime.offer_id == Offer.id)
        .where(
            OfferedTime.id == offered_time_id,
            Offer.help_request_id == request.id,
            Offer.move_id.is_not(None),  # else it is a date that is still to be set
        )
    ).first()
    if found is None:
        raise NothingChosen("time")
    row, starts_at = found
    case = move_cases.find(centre, row.move_id or 0)
    if row.until <= now or starts_at <= now or not offers.end_of_move(case.move.id, now, "accepted"):
        raise WrongState(state=row.state)
    move_outcomes.move_to(centre, case, starts_at, now, staff_id=staff_id)


def refuse(case: MoveCase, words: str, now: datetime, *, staff_id: int | None = None) -> None:
    """None of the times suits: who offered them is told; what suits instead stands with the case.

    ``staff_id``: who heard it on the phone, and need not be told.
    Raises :class:`WrongState` when nothing is offered any more.
    """
    offered_by = offers.made_by(case.move.id)
    if not offers.end_of_move(case.move.id, now):
        raise WrongState(state=case.move.state)
    move_cases.note_in_history(case, Noted.OFFER_REFUSED, now, staff_id=staff_id, words=words.strip())
    if offered_by is not None and offered_by.id != staff_id:
        tell_times_refused(offered_by, case, bool(words.strip()), now)


def case_of(request: HelpRequest, consultation_id: int) -> MoveCase:
    """The open case of one of the family's consultations. Raises :class:`WrongState` where none is open."""
    case = move_cases.open_case_of(consultation_id)
    if case is None or case.request is None or case.request.id != request.id:
        raise WrongState(state=request.state)
    return case
