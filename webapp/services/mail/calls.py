"""What came of a call to somebody whom no letter reaches: who, when and with what result is noted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from webapp.models import CallTask, Centre, GroupEvent, HelpRequest, Offer, Registration, db
from webapp.rules.errors import NothingChosen, OutcomeMissing, WrongState
from webapp.rules.letters import ANSWERS, LetterKind
from webapp.services.consultations import offers
from webapp.services.events import repeats
from webapp.services.help_requests.lifecycle import record
from webapp.services.mail.correspondence import mark_answered
from webapp.services.moves import move_cases, move_offers

TRY_AGAIN_AFTER = timedelta(hours=2)
NONE_SUITS = "none"
TAKES = "takes"


class Result(StrEnum):
    REACHED = "reached"
    NOT_REACHED = "not_reached"
    OTHER = "other"


@dataclass(frozen=True)
class Outcome:
    """What came of a call. ``chosen``: what was offered and taken (a time by its id, a seat), or "none"."""

    result: str
    spoke_with: str = ""
    note: str = ""
    chosen: str = ""


def find(centre: Centre, task_id: int) -> CallTask:
    """A call of this centre, to somebody whose data are not blocked. Raises ``NoResultFound``."""
    return db.session.scalars(
        sa.select(CallTask)
        .outerjoin(HelpRequest, HelpRequest.id == CallTask.help_request_id)
        .outerjoin(Registration, Registration.id == CallTask.registration_id)
        .where(
            CallTask.id == task_id,
            CallTask.centre_id == centre.id,
            HelpRequest.blocked_at.is_(None),
            Registration.blocked_at.is_(None),
        )
    ).one()


def note(centre: Centre, task_id: int, outcome: Outcome, now: datetime, *, staff_id: int) -> bool:
    """Note what came of a call; returns whether the call is done.

    Nobody reached: it stays open with a trace, to be tried again later. Reached: what an answer told counts
    as answered now; what was taken on the phone is booked at once. Raises :class:`WrongState` when a
    colleague was faster.
    """
    task = find(centre, task_id)
    if task.done_at is not None or task.moot_at is not None:
        raise WrongState(state="done")
    seat = _seat_of(task)
    if outcome.result == Result.NOT_REACHED:
        record(
            centre.id,
            "call.try",
            now,
            staff_id=staff_id,
            help_request_id=task.help_request_id,
            task=task.id,
            note=outcome.note.strip(),
            **seat,
        )
        task.due_at = now + TRY_AGAIN_AFTER
        return False
    _must_be_told_whole(outcome)
    _done(task, outcome, now, staff_id)
    record(
        centre.id,
        "call.done",
        now,
        staff_id=staff_id,
        help_request_id=task.help_request_id,
        task=task.id,
        kind=task.kind,
        result=outcome.result,
        **seat,
    )
    if outcome.result == Result.REACHED and task.registration_id is not None:
        _participant_reached(task, task.registration_id, outcome, now, staff_id)
    elif outcome.result == Result.REACHED:
        _family_reached(centre, task, outcome, now, staff_id)
    return True


def _family_reached(centre: Centre, task: CallTask, outcome: Outcome, now: datetime, staff_id: int) -> None:
    request = db.session.get_one(HelpRequest, task.help_request_id)
    if task.kind in ANSWERS:
        mark_answered(request, now)
    if task.consultation_id is not None:
        move_cases.note_told(task.consultation_id, now)
    if outcome.chosen:
        _take(centre, request, task, outcome, now, staff_id)


def _participant_reached(
    task: CallTask, registration_id: int, outcome: Outcome, now: datetime, staff_id: int
) -> None:
    """A seat of a repeat date was taken on the phone, or given up: no second call needs to say so."""
    if task.kind != LetterKind.REPEAT_OFFERED or not outcome.chosen:
        return
    offered = db.session.get_one(Registration, registration_id)
    event = db.session.get_one(GroupEvent, offered.group_event_id)
    said = repeats.DECLINES if outcome.chosen == NONE_SUITS else repeats.TAKES
    repeats.answer(event, registration_id, said, now, staff_id=staff_id)


def _seat_of(task: CallTask) -> dict[str, Any]:
    """What the history notes of a call to somebody who registered for a group event."""
    if task.registration_id is None:
        return {}
    registration = db.session.get_one(Registration, task.registration_id)
    return {"group_event_id": registration.group_event_id, "registration_id": registration.id}


def _must_be_told_whole(outcome: Outcome) -> None:
    if outcome.result not in set(Result):
        raise NothingChosen("result")
    if outcome.result == Result.REACHED and not outcome.spoke_with.strip():
        raise OutcomeMissing("spoke_with")
    if outcome.result == Result.OTHER and not outcome.note.strip():
        raise OutcomeMissing("note")


def _done(task: CallTask, outcome: Outcome, now: datetime, staff_id: int) -> None:
    """Close the call, unless a colleague did so this very moment."""
    closed = db.session.execute(
        sa.update(CallTask)
        .where(CallTask.id == task.id, CallTask.done_at.is_(None), CallTask.moot_at.is_(None))
        .values(
            done_at=now,
            done_by=staff_id,
            spoke_with=outcome.spoke_with.strip(),
            outcome=outcome.result,
            result=outcome.note.strip(),
        )
    )
    if closed.rowcount != 1:  # type: ignore[attr-defined]
        raise WrongState(state="done")


def _take(
    centre: Centre, request: HelpRequest, task: CallTask, outcome: Outcome, now: datetime, staff_id: int
) -> None:
    """The family took one of the offered times on the phone, or none: no second call needs to say so."""
    offer = db.session.get(Offer, task.facts.get("offer_id") or 0)
    if offer is not None and offer.move_id is not None:
        _take_for_a_move(centre, request, offer.move_id, outcome, now, staff_id)
        return
    if outcome.chosen == NONE_SUITS:
        offers.refuse(request, now, words=outcome.note.strip(), staff_id=staff_id)
        return
    consultation = offers.accept(centre, request, _number(outcome), now, staff_id=staff_id)
    _told_on_this_call(consultation.id, LetterKind.CONFIRMED, outcome, now, staff_id)


def _take_for_a_move(
    centre: Centre, request: HelpRequest, move_id: int, outcome: Outcome, now: datetime, staff_id: int
) -> None:
    case = move_cases.find(centre, move_id)
    if outcome.chosen == NONE_SUITS:
        move_offers.refuse(case, outcome.note, now, staff_id=staff_id)
        return
    move_offers.accept(centre, request, _number(outcome), now, staff_id=staff_id)
    db.session.flush()
    _told_on_this_call(case.consultation.id, LetterKind.CONSULTATION_MOVED, outcome, now, staff_id)
    move_cases.note_told(case.consultation.id, now)


def _number(outcome: Outcome) -> int:
    """The id of the time that was chosen. Raises :class:`NothingChosen`."""
    if not (outcome.chosen.isdecimal() and len(outcome.chosen) < 10):
        raise NothingChosen("chosen")
    return int(outcome.chosen)


def _told_on_this_call(
    consultation_id: int, kind: LetterKind, outcome: Outcome, now: datetime, staff_id: int
) -> None:
    """What another call was to tell was said on this one."""
    to_tell = db.session.scalars(
        sa.select(CallTask).where(
            CallTask.consultation_id == consultation_id, CallTask.kind == kind, CallTask.done_at.is_(None)
        )
    )
    for task in to_tell:
        _done(task, outcome, now, staff_id)
