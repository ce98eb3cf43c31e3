"""Calls to people of a group event whom no letter reaches: nobody is called twice about one thing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from webapp.models import CallTask, Consultation, GroupEvent, Participation, Registration, db
from webapp.models.base import table_of
from webapp.rules.consultations import ConsultationState, ParticipationState
from webapp.rules.letters import LetterKind

CALLS = table_of(CallTask)
ADD_CALL = sa.insert(CALLS)
IS_OPEN = sa.and_(CALLS.c.done_at.is_(None), CALLS.c.moot_at.is_(None))
TELL_OF_A_SEAT = (LetterKind.SEAT_CONFIRMED, LetterKind.SEAT_FREED)
OVERTAKEN = {
    LetterKind.SEAT_FREED: (
        LetterKind.WAITING_LISTED,
        LetterKind.WAITING_MOVED,
        LetterKind.WAITING_DATE_OFF,
    ),
    LetterKind.WAITED_IN_VAIN: (
        LetterKind.WAITING_LISTED,
        LetterKind.WAITING_MOVED,
        LetterKind.WAITING_DATE_OFF,
        LetterKind.REPEAT_OFFERED,
    ),
}
# A date that is off need not be told of as moved.
ENDS = {
    LetterKind.EVENT_CANCELLED: LetterKind.EVENT_MOVED,
    LetterKind.WAITING_DATE_OFF: LetterKind.WAITING_MOVED,
}
CHANGES = {*ENDS, *ENDS.values()}

Open = Mapping[LetterKind, Any]


def add(kind: LetterKind, meeting_id: int, calls: Sequence[dict[str, Any]], now: datetime) -> None:
    """Rows of calls of one ``kind`` about one meeting; what an earlier call was to tell is told on one of them."""
    ids = [call["registration_id"] for call in calls]
    if kind in OVERTAKEN:
        _make_moot(CALLS.c.registration_id.in_(ids), CALLS.c.kind.in_(OVERTAKEN[kind]), now=now)
    elif kind in CHANGES:
        waiting, expected = _open_of(ids), _expected(ids)
        calls = [
            call
            for call in calls
            if _is_news(
                kind,
                meeting_id,
                call,
                waiting.get(call["registration_id"], {}),
                now,
                expected=call["registration_id"] in expected,
            )
        ]
    if calls:
        db.session.execute(ADD_CALL, calls)


def drop_of(registration_id: int, now: datetime) -> None:
    """Open calls to one person, which would tell what is not so any more."""
    _make_moot(CALLS.c.registration_id == registration_id, now=now)


def drop_of_past_events(now: datetime) -> None:
    """Nobody need be called about an event that is over."""
    over = (
        sa.select(Registration.id)
        .join(GroupEvent, GroupEvent.id == Registration.group_event_id)
        .where(GroupEvent.ends_at <= now)
    )
    _make_moot(CALLS.c.registration_id.in_(over), now=now)


def _is_news(
    kind: LetterKind, meeting_id: int, call: dict[str, Any], open_: Open, now: datetime, *, expected: bool
) -> bool:
    """Whether a call of its own is needed. ``expected``: the person has a seat in a meeting to come.

    A call about a seat tells its dates as they stand, a further change of a date is told with the first one.
    """
    seat = next((open_[one] for one in TELL_OF_A_SEAT if one in open_), None)
    if seat is not None and expected:
        return False
    if seat is not None:
        _make_moot(CALLS.c.id == seat.id, now=now)
    listed = open_.get(LetterKind.WAITING_LISTED)
    if listed is not None and listed.facts["starts_at"] == call["facts"].get("old"):
        _tell_new_time(listed, call["facts"])
        return False
    date = {"meeting_id": meeting_id, **{name: call["facts"].get(name) for name in ("starts_at", "old")}}
    moved = open_.get(ENDS[kind]) if kind in ENDS else None
    if moved is not None:
        _tell(moved, _others(moved, meeting_id), now)
    same = open_.get(kind)
    if same is None:
        call["facts"] = {**call["facts"], "dates": [date]}
        return True
    before = next((one for one in same.facts["dates"] if one["meeting_id"] == meeting_id), date)
    _tell(same, [*_others(same, meeting_id), {**date, "old": before["old"]}], now)
    return False


def _others(call: Any, meeting_id: int) -> list[dict[str, Any]]:
    return [date for date in call.facts["dates"] if date["meeting_id"] != meeting_id]


def _tell(call: Any, dates: Sequence[dict[str, Any]], now: datetime) -> None:
    """Let an open call speak of ``dates``; without any there is nothing left to tell."""
    if not dates:
        _make_moot(CALLS.c.id == call.id, now=now)
        return
    in_order = sorted(dates, key=lambda date: str(date["starts_at"]))
    db.session.execute(
        sa.update(CALLS).where(CALLS.c.id == call.id).values(facts={**call.facts, "dates": in_order})
    )


def _tell_new_time(listed: Any, facts: Mapping[str, Any]) -> None:
    """Let the open call about a place in the list name the new time, beside the one that the person knows."""
    told = {**listed.facts, "starts_at": facts["starts_at"], "old": listed.facts.get("old", facts["old"])}
    db.session.execute(sa.update(CALLS).where(CALLS.c.id == listed.id).values(facts=told))


def _open_of(registration_ids: Sequence[int]) -> Mapping[int, Open]:
    """Open calls by person and kind. One query."""
    rows = db.session.execute(
        sa.select(CALLS.c.id, CALLS.c.registration_id, CALLS.c.kind, CALLS.c.facts).where(
            IS_OPEN, CALLS.c.registration_id.in_(registration_ids)
        )
    )
    found: dict[int, dict[LetterKind, Any]] = {}
    for row in rows:
        found.setdefault(row.registration_id, {})[LetterKind(row.kind)] = row
    return found


def _expected(registration_ids: Sequence[int]) -> set[int]:
    """Who of them has a seat in a meeting that is still planned. One query."""
    return set(
        db.session.scalars(
            sa.select(Participation.registration_id)
            .join(Consultation, Consultation.id == Participation.consultation_id)
            .where(
                Participation.registration_id.in_(registration_ids),
                Participation.state == ParticipationState.CONFIRMED,
                Consultation.state == ConsultationState.PLANNED,
            )
        )
    )


def _make_moot(*which: sa.ColumnElement[bool], now: datetime) -> None:
    db.session.execute(sa.update(CALLS).where(IS_OPEN, *which).values(moot_at=now))
