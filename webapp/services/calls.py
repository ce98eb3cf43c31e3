"""Calls to families whom no letter reaches: open until who, when and with what result is noted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from webapp.models import AuditRecord, CallTask, Centre, HelpRequest, Offer, OfferedTime, Staff, db
from webapp.rules.errors import NothingChosen, OutcomeMissing, WrongState
from webapp.rules.letters import ANSWERS, LetterKind
from webapp.services import move_cases, move_offers, offers
from webapp.services.correspondence import mark_answered
from webapp.services.lifecycle import record

TRY_AGAIN_AFTER = timedelta(hours=2)
MOST_DONE_SHOWN = 30
NONE_SUITS = "none"


class Result(StrEnum):
    REACHED = "reached"
    NOT_REACHED = "not_reached"
    OTHER = "other"


@dataclass(frozen=True)
class Outcome:
    """What came of a call. ``chosen``: the id of the offered time that the family took, or "none"."""

    result: str
    spoke_with: str = ""
    note: str = ""
    chosen: str = ""


@dataclass(frozen=True)
class Try:
    at: datetime
    by: str
    note: str


@dataclass(frozen=True)
class OfferedHour:
    id: int
    starts_at: datetime


@dataclass(frozen=True)
class Call:
    """An open call: whom, why, what the letter would have told (``facts``), what was tried already."""

    id: int
    kind: str
    request_id: int
    number: str
    name: str
    phone: str
    language: str
    zone: str
    due_at: datetime
    because_mail_failed: bool
    facts: Mapping[str, Any]
    tries: Sequence[Try]
    offered: Sequence[OfferedHour]


@dataclass(frozen=True)
class DoneCall:
    id: int
    kind: str
    request_id: int
    number: str
    name: str
    done_at: datetime
    done_by: str
    spoke_with: str
    result: str
    note: str


def open_calls(centre: Centre) -> list[Call]:
    """Calls to make, the most pressing first. Three queries."""
    rows = db.session.execute(
        sa.select(
            CallTask.id,
            CallTask.kind,
            CallTask.due_at,
            CallTask.because_mail_failed,
            CallTask.facts,
            HelpRequest.id.label("request_id"),
            HelpRequest.year,
            HelpRequest.sequence,
            HelpRequest.parent_name,
            HelpRequest.phone,
            HelpRequest.language,
            HelpRequest.zone,
        )
        .join(HelpRequest, HelpRequest.id == CallTask.help_request_id)
        .where(
            CallTask.centre_id == centre.id,
            CallTask.done_at.is_(None),
            CallTask.moot_at.is_(None),
            HelpRequest.blocked_at.is_(None),
        )
        .order_by(CallTask.due_at, CallTask.id)
    ).all()
    tries = _tries({row.request_id for row in rows})
    offered = _offered({row.facts.get("offer_id") for row in rows if row.kind == LetterKind.TIMES_OFFERED})
    return [
        Call(
            id=row.id,
            kind=row.kind,
            request_id=row.request_id,
            number=f"{row.year}-{row.sequence}",
            name=row.parent_name,
            phone=row.phone or "",
            language=row.language,
            zone=row.zone,
            due_at=row.due_at,
            because_mail_failed=row.because_mail_failed,
            facts=row.facts,
            tries=tries.get(row.id, []),
            offered=offered.get(row.facts.get("offer_id"), []),
        )
        for row in rows
    ]


def _tries(request_ids: set[int]) -> dict[int, list[Try]]:
    """Calls that reached nobody, by task, the oldest first."""
    if not request_ids:
        return {}
    rows = db.session.execute(
        sa.select(AuditRecord.at, AuditRecord.details, Staff.name)
        .outerjoin(Staff, Staff.id == AuditRecord.staff_id)
        .where(AuditRecord.action == "call.try", AuditRecord.help_request_id.in_(request_ids))
        .order_by(AuditRecord.id)
    )
    tries: dict[int, list[Try]] = {}
    for row in rows:
        tries.setdefault(row.details.get("task"), []).append(
            Try(row.at, row.name or "", row.details.get("note", ""))
        )
    return tries


def _offered(offer_ids: set[Any]) -> dict[Any, list[OfferedHour]]:
    """What each offer still holds, by its id."""
    if not offer_ids:
        return {}
    rows = db.session.execute(
        sa.select(OfferedTime.offer_id, OfferedTime.id, OfferedTime.starts_at)
        .join(Offer, Offer.id == OfferedTime.offer_id)
        .where(Offer.id.in_(offer_ids), Offer.state == "open")
        .order_by(OfferedTime.starts_at)
    )
    offered: dict[int, list[OfferedHour]] = {}
    for row in rows:
        offered.setdefault(row.offer_id, []).append(OfferedHour(row.id, row.starts_at))
    return offered


def done_calls(centre: Centre) -> list[DoneCall]:
    """The last calls that were made, the newest first. One query."""
    rows = db.session.execute(
        sa.select(
            CallTask.id,
            CallTask.kind,
            CallTask.done_at,
            CallTask.spoke_with,
            CallTask.outcome,
            CallTask.result,
            HelpRequest.id.label("request_id"),
            HelpRequest.year,
            HelpRequest.sequence,
            HelpRequest.parent_name,
            Staff.name,
        )
        .join(HelpRequest, HelpRequest.id == CallTask.help_request_id)
        .outerjoin(Staff, Staff.id == CallTask.done_by)
        .where(
            CallTask.centre_id == centre.id, CallTask.done_at.is_not(None), HelpRequest.blocked_at.is_(None)
        )
        .order_by(CallTask.done_at.desc(), CallTask.id.desc())
        .limit(MOST_DONE_SHOWN)
    )
    return [
        DoneCall(
            id=row.id,
            kind=row.kind,
            request_id=row.request_id,
            number=f"{row.year}-{row.sequence}",
            name=row.parent_name,
            done_at=row.done_at,
            done_by=row.name or "",
            spoke_with=row.spoke_with,
            result=row.outcome,
            note=row.result,
        )
        for row in rows
    ]


def find(centre: Centre, task_id: int) -> CallTask:
    """A call of this centre, of a family whose data are not blocked. Raises ``NoResultFound``."""
    return db.session.scalars(
        sa.select(CallTask)
        .join(HelpRequest, HelpRequest.id == CallTask.help_request_id)
        .where(CallTask.id == task_id, CallTask.centre_id == centre.id, HelpRequest.blocked_at.is_(None))
    ).one()


def note(centre: Centre, task_id: int, outcome: Outcome, now: datetime, *, staff_id: int) -> bool:
    """Note what came of a call; returns whether the call is done.

    Nobody reached: it stays open with a trace, to be tried again later. Reached: what an answer told counts
    as answered now; a time that the family took is booked at once. Raises :class:`WrongState` when a
    colleague was faster.
    """
    task = find(centre, task_id)
    if task.done_at is not None or task.moot_at is not None:
        raise WrongState(state="done")
    request = db.session.get_one(HelpRequest, task.help_request_id)
    if outcome.result == Result.NOT_REACHED:
        record(
            centre.id,
            "call.try",
            now,
            staff_id=staff_id,
            help_request_id=request.id,
            task=task.id,
            note=outcome.note.strip(),
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
        help_request_id=request.id,
        task=task.id,
        kind=task.kind,
        result=outcome.result,
    )
    if outcome.result == Result.REACHED and task.kind in ANSWERS:
        mark_answered(request, now)
    if outcome.result == Result.REACHED and task.consultation_id is not None:
        move_cases.note_told(task.consultation_id, now)
    if outcome.result == Result.REACHED and outcome.chosen:
        _take(centre, request, task, outcome, now, staff_id)
    return True


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
        move_offers.refuse(case, request, outcome.note, now, staff_id=staff_id)
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
