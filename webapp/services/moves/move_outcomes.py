"""What is done about a case that is allowed: another time, other means, somebody else, or none of it.

Whoever may decide can do it in one step; a specialist does alone what the centre lets specialists do.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from webapp.models import Centre, Consultation, GroupEvent, HelpRequest, Staff, db
from webapp.rules import consultations, moves
from webapp.rules.errors import NothingChosen, OwnDecision, WrongState
from webapp.rules.moves import CLOSES_THE_TIME, Cause, Change, MoveEvent, MoveState
from webapp.services.consultations import cancelling, changes, moving, offers
from webapp.services.consultations.confirmation import specialists_of
from webapp.services.consultations.moving import Move
from webapp.services.events import courses, event_changes
from webapp.services.mail.correspondence import can_be_written_to
from webapp.services.moves import move_cases
from webapp.services.moves.move_cases import MoveCase
from webapp.services.times import hours


def set_new_time(
    centre: Centre, case: MoveCase, starts_at: datetime, now: datetime, *, staff_id: int
) -> None:
    """Everybody is told by one letter with both times; the old time stays closed where a failure is its reason.

    Raises :class:`OwnDecision`, :class:`InThePast`, :class:`NotFree`, :class:`SlotTaken`, :class:`TooLong`,
    :class:`AlreadyDecided`, :class:`WrongState`.
    """
    meeting = case.consultation
    must_be_allowed(centre, case, Change.MOVE, now, staff_id=staff_id)
    consultations.must_lie_ahead(starts_at, now)
    consultations.must_fit(meeting.minutes, meeting.means_agreed, centre.limit_minutes)
    offers.end_of_move(case.move.id, now)  # it may be one of the times that were offered: somebody called
    moving.must_be_free(centre, [Move(meeting, starts_at)], now, field="times")
    move_to(centre, case, starts_at, now, staff_id=staff_id)


def move_to(
    centre: Centre, case: MoveCase, starts_at: datetime, now: datetime, *, staff_id: int | None
) -> None:
    """As :func:`set_new_time`, for a time that is known to be free, or held for the family."""
    meeting = case.consultation
    old_starts_at, old_ends_at = meeting.starts_at, meeting.ends_at
    date = Move(meeting, starts_at, case.move.cause)
    if case.event is not None:
        assert staff_id is not None  # nobody outside moves a group
        event_changes.move(centre, case.event, [date], now, staff_id=staff_id)
    else:
        moving.carry_out(centre, family_of(case), [date], now, staff_id=staff_id)
    _moved(centre, case, old_starts_at, old_ends_at, now, staff_id)


def move_dates(
    centre: Centre, request: HelpRequest, dates: Sequence[Move], now: datetime, *, staff_id: int
) -> None:
    """Dates of a family move without going by a case; one that is open about a date is settled by that.

    Raises :class:`OwnDecision`, and as :func:`moving.move`.
    """
    for date in dates:
        must_be_let(centre, date.meeting, Change.MOVE, staff_id)
    with _settling(centre, dates, now, staff_id) as told:
        moving.move(centre, request, told, now, staff_id=staff_id)


def move_event_dates(
    centre: Centre, event: GroupEvent, dates: Sequence[Move], now: datetime, *, staff_id: int
) -> None:
    """As :func:`move_dates`, for a group: its hosts move it, but once they reported a case only who decides it."""
    with _settling(centre, dates, now, staff_id) as told:
        event_changes.move(centre, event, told, now, staff_id=staff_id)


@contextmanager
def _settling(
    centre: Centre, dates: Sequence[Move], now: datetime, staff_id: int
) -> Iterator[Sequence[Move]]:
    """The dates with the causes of the cases that are open about them, which the move inside settles."""
    found = _open_cases(date.meeting for date in dates)
    for case in found:
        must_be_allowed(centre, case, Change.MOVE, now, staff_id=staff_id)
        offers.end_of_move(case.move.id, now)  # the move may take a time that was offered
    causes = {case.consultation.id: case.move.cause for case in found}
    old = [(case.consultation.starts_at, case.consultation.ends_at) for case in found]
    yield [replace(date, cause=causes.get(date.meeting.id, "")) for date in dates]
    for case, (starts_at, ends_at) in zip(found, old, strict=True):
        _moved(centre, case, starts_at, ends_at, now, staff_id)


def use_means(centre: Centre, case: MoveCase, means: str, now: datetime, *, staff_id: int) -> None:
    """The same time by other means. Raises as :func:`changes.change_means`, and :class:`OwnDecision`."""
    must_be_allowed(centre, case, Change.MEANS, now, staff_id=staff_id)
    changes.change_means(centre, family_of(case), case.consultation, means, now, staff_id=staff_id)
    done(case, now, staff_id=staff_id, outcome="means", means=means)


def give_to(
    centre: Centre,
    case: MoveCase,
    specialist_id: int,
    now: datetime,
    *,
    staff_id: int,
    means: str | None = None,
) -> None:
    """The same time with somebody else, and by other ``means`` if wanted.

    Raises as :func:`changes.give_to` and :func:`changes.change_means`, and :class:`OwnDecision`.
    """
    must_be_allowed(centre, case, Change.MOVE, now, staff_id=staff_id)
    meeting, left = case.consultation, who_fails(case)
    changes.give_to(
        centre, family_of(case), meeting, left, specialist_id, now, staff_id=staff_id, means=means
    )
    done(case, now, staff_id=staff_id, outcome="specialist", specialist_id=specialist_id)
    if case.move.cause in CLOSES_THE_TIME:
        hours.close(centre, left, meeting.starts_at, meeting.ends_at, now)


def hand_over(
    centre: Centre,
    request: HelpRequest,
    meeting: Consultation,
    from_id: int,
    to_id: int,
    now: datetime,
    *,
    staff_id: int,
) -> None:
    """Somebody else takes the place of one who is away; what that one reported about it is settled by this.

    Raises :class:`OwnDecision`, and as :func:`changes.give_to`.
    """
    must_be_let(centre, meeting, Change.MOVE, staff_id)
    case = move_cases.open_case_of(meeting.id)
    if case is not None and case.move.cause != Cause.FAMILY and who_fails(case) == from_id:
        give_to(centre, case, to_id, now, staff_id=staff_id)
    else:
        changes.give_to(centre, request, meeting, from_id, to_id, now, staff_id=staff_id)


def call_off(centre: Centre, case: MoveCase, now: datetime, *, staff_id: int) -> None:
    """There is no other time: the consultation is cancelled. Raises :class:`OwnDecision`."""
    with _calling_off(centre, [case], now, staff_id):
        if case.event is not None:
            event_changes.drop_date(case.event, case.consultation, now, staff_id=staff_id)
        else:
            cancelling.cancel_by_centre(family_of(case), case.consultation, now, staff_id=staff_id)


def cancel_event(centre: Centre, event: GroupEvent, now: datetime, *, staff_id: int) -> None:
    """As :func:`event_changes.cancel`: its hosts do that, but once they reported a case only who decides it.

    Raises :class:`OwnDecision`.
    """
    with _calling_off(centre, _open_cases(courses.ahead(event, now)), now, staff_id):
        event_changes.cancel(event, now, staff_id=staff_id)


def cancel_event_dates(
    centre: Centre, event: GroupEvent, dates: Sequence[Consultation], now: datetime, *, staff_id: int
) -> None:
    """As :func:`cancel_event`, for some of its dates. Raises also as :func:`event_changes.cancel_date`."""
    with _calling_off(centre, _open_cases(dates), now, staff_id):
        # The first one last: who waits for a seat is told of the next date only, and once.
        for meeting in reversed(dates):
            event_changes.cancel_date(event, meeting, now, staff_id=staff_id)


@contextmanager
def _calling_off(centre: Centre, cases: Sequence[MoveCase], now: datetime, staff_id: int) -> Iterator[None]:
    """The cases are settled by the cancellation inside; a time that failed stays closed."""
    for case in cases:
        must_be_allowed(centre, case, Change.CANCEL, now, staff_id=staff_id)
        done(case, now, staff_id=staff_id, outcome="cancelled")
    yield
    for case in cases:
        _keep_closed(centre, case, case.consultation.starts_at, case.consultation.ends_at, now)


def _open_cases(dates: Iterable[Consultation]) -> list[MoveCase]:
    return [case for date in dates if (case := move_cases.open_case_of(date.id)) is not None]


def must_be_allowed(centre: Centre, case: MoveCase, what: Change, now: datetime, *, staff_id: int) -> None:
    """An undecided case is allowed by the hand that settles it, if that may decide, or may do this alone.

    Raises :class:`OwnDecision`, :class:`WrongState` for one that is closed.
    """
    if case.move.state == MoveState.ALLOWED:
        return
    if case.move.state != MoveState.REPORTED:
        raise WrongState(state=case.move.state)
    person = db.session.get_one(Staff, staff_id)
    if case.may_be_decided_by(person):
        decided = {"decided_by": staff_id, "decided_at": now}
        move_cases.change(case, MoveEvent.ALLOW, now, staff_id=staff_id, along=decided)
    elif case.may_be_settled_alone_by(person, what, centre.specialists_may):
        decided = {"decided_at": now}
        move_cases.change(case, MoveEvent.ALLOW, now, staff_id=None, along=decided, by_policy=True)
    else:
        raise OwnDecision()


def change_means_alone(
    centre: Centre, meeting: Consultation, means: str, now: datetime, *, staff_id: int
) -> None:
    """A specialist changes the means without a case (Remote consulting, 3.5). Raises :class:`OwnDecision`."""
    must_be_let(centre, meeting, Change.MEANS, staff_id)
    changes.change_means(centre, _request_of(meeting), meeting, means, now, staff_id=staff_id)


def cancel_alone(centre: Centre, meeting: Consultation, now: datetime, *, staff_id: int) -> None:
    """A specialist cancels without a case. Raises :class:`OwnDecision`."""
    must_be_let(centre, meeting, Change.CANCEL, staff_id)
    cancelling.cancel_by_centre(_request_of(meeting), meeting, now, staff_id=staff_id)


def must_be_let(centre: Centre, meeting: Consultation, what: Change, staff_id: int) -> None:
    """Without a case: nobody moves or cancels a consultation of their own but as the centre lets specialists.

    Raises :class:`OwnDecision`.
    """
    holders = {person.id for person in specialists_of(meeting)}
    if staff_id in holders and not moves.may_alone(what, centre.specialists_may):
        raise OwnDecision()


def done(case: MoveCase, now: datetime, *, staff_id: int | None, outcome: str, **what: Any) -> None:
    """The case is settled; whoever hears of it by letter is told from now on, others once they are called."""
    offers.end_of_move(case.move.id, now)
    is_told = case.request is None or can_be_written_to(case.request)
    columns = {name: value for name, value in what.items() if name == "new_starts_at"}
    details = {name: value for name, value in what.items() if name != "new_starts_at"}
    along = {"done_by": staff_id, "done_at": now, "told_at": now if is_told else None, **columns}
    move_cases.change(case, MoveEvent.DO, now, staff_id=staff_id, along=along, outcome=outcome, **details)


def family_of(case: MoveCase) -> HelpRequest:
    """The family's request; a group changes neither means nor hosts by a case. Raises :class:`WrongState`."""
    if case.request is None:
        raise WrongState(state=case.consultation.state)
    return case.request


def _request_of(meeting: Consultation) -> HelpRequest:
    """Of a family's consultation; a group's are changed on the page of the event. Raises :class:`WrongState`."""
    if meeting.help_request_id is None:
        raise WrongState(state=meeting.state)
    return db.session.get_one(HelpRequest, meeting.help_request_id)


def who_fails(case: MoveCase) -> int:
    """Whose place somebody else takes: whoever reported it, else the first of those who hold it."""
    holders = [person.id for person in specialists_of(case.consultation)]
    if case.move.reported_by in holders:
        return case.move.reported_by
    if not holders:
        raise NothingChosen("specialist")
    return holders[0]


def _moved(
    centre: Centre,
    case: MoveCase,
    old_starts_at: datetime,
    old_ends_at: datetime,
    now: datetime,
    staff_id: int | None,
) -> None:
    new_starts_at = case.consultation.starts_at
    done(case, now, staff_id=staff_id, outcome="time", new_starts_at=new_starts_at)
    _keep_closed(centre, case, old_starts_at, old_ends_at, now)


def _keep_closed(
    centre: Centre, case: MoveCase, starts_at: datetime, ends_at: datetime, now: datetime
) -> None:
    """The failed time does not become free by itself."""
    if case.move.cause in CLOSES_THE_TIME:
        for person in specialists_of(case.consultation):
            hours.close(centre, person.id, starts_at, ends_at, now)
