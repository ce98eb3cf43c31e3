"""The page of calls: whom to call and what to tell, and what came of the last ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from webapp.models import (
    AuditRecord,
    CallTask,
    Centre,
    Consultation,
    GroupEvent,
    HelpRequest,
    Offer,
    OfferedTime,
    Participation,
    Registration,
    Staff,
    db,
)
from webapp.rules.consultations import ConsultationState, ParticipationState
from webapp.rules.groups import RegistrationState
from webapp.rules.letters import LetterKind
from webapp.services.seats.participant_calls import TELL_OF_A_SEAT

MOST_SHOWN = 50  # a webinar with hundreds may be cancelled
MOST_DONE_SHOWN = 30


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
class Whom:
    """A family by the number of its request, or somebody who registered for the event of these ``titles``."""

    name: str
    number: str
    request_id: int | None
    registration_id: int | None
    event_id: int | None
    titles: Mapping[str, str]


@dataclass(frozen=True)
class Call:
    """An open call: whom, why, what the letter would have told (``facts``), what was tried already."""

    id: int
    kind: str
    whom: Whom
    phone: str
    language: str
    zone: str
    due_at: datetime
    because_mail_failed: bool
    has_email: bool
    facts: Mapping[str, Any]
    tries: Sequence[Try] = ()
    offered: Sequence[OfferedHour] = ()


@dataclass(frozen=True)
class DoneCall:
    id: int
    kind: str
    whom: Whom
    done_at: datetime
    done_by: str
    spoke_with: str
    result: str
    note: str


WHOM = (
    sa.func.coalesce(HelpRequest.parent_name, Registration.shown_name).label("name"),
    HelpRequest.year,
    HelpRequest.sequence,
    CallTask.help_request_id,
    CallTask.registration_id,
    GroupEvent.id.label("event_id"),
    GroupEvent.titles,
)


def _of(centre: Centre, *columns: Any) -> sa.Select[*tuple[Any, ...]]:
    """Calls of the centre with those whom they are for, as far as their data are not blocked."""
    return (
        sa.select(*columns, *WHOM)
        .select_from(CallTask)
        .outerjoin(HelpRequest, HelpRequest.id == CallTask.help_request_id)
        .outerjoin(Registration, Registration.id == CallTask.registration_id)
        .outerjoin(GroupEvent, GroupEvent.id == Registration.group_event_id)
        .where(
            CallTask.centre_id == centre.id,
            HelpRequest.blocked_at.is_(None),
            Registration.blocked_at.is_(None),
        )
    )


def _whom(row: Any) -> Whom:
    number = f"{row.year}-{row.sequence}" if row.registration_id is None else ""
    return Whom(row.name, number, row.help_request_id, row.registration_id, row.event_id, row.titles or {})


def open_calls(centre: Centre, now: datetime) -> list[Call]:
    """Calls to make, the most pressing first. At most five queries, however many."""
    rows = db.session.execute(
        _of(
            centre,
            CallTask.id,
            CallTask.kind,
            CallTask.due_at,
            CallTask.because_mail_failed,
            CallTask.facts,
            *(
                sa.func.coalesce(getattr(HelpRequest, name), getattr(Registration, name)).label(name)
                for name in ("email", "phone", "language", "zone")
            ),
        )
        .where(CallTask.done_at.is_(None), CallTask.moot_at.is_(None))
        .order_by(CallTask.due_at, CallTask.id)
        .limit(MOST_SHOWN)
    ).all()
    calls = [
        Call(
            id=row.id,
            kind=row.kind,
            whom=_whom(row),
            phone=row.phone or "",
            language=row.language,
            zone=row.zone,
            due_at=row.due_at,
            because_mail_failed=row.because_mail_failed,
            has_email=row.email is not None,
            facts=row.facts,
        )
        for row in rows
    ]
    tries, offered = _tries(calls), _offered(calls)
    stands = {**_dates_of_seats(calls, now), **_places_in_line(calls, now)}
    return [
        replace(
            call,
            facts={**call.facts, **stands.get(call.id, {})},
            tries=tries.get(call.id, []),
            offered=offered.get(call.facts.get("offer_id"), []),
        )
        for call in calls
    ]


def _tries(calls: Sequence[Call]) -> dict[int, list[Try]]:
    """Calls that reached nobody, by task, the oldest first."""
    if not calls:
        return {}
    rows = db.session.execute(
        sa.select(AuditRecord.at, AuditRecord.details, Staff.name)
        .outerjoin(Staff, Staff.id == AuditRecord.staff_id)
        .where(
            AuditRecord.action == "call.try",
            sa.or_(
                AuditRecord.help_request_id.in_({call.whom.request_id for call in calls}),
                AuditRecord.group_event_id.in_({call.whom.event_id for call in calls}),
            ),
        )
        .order_by(AuditRecord.id)
    )
    tries: dict[int, list[Try]] = {}
    for row in rows:
        tries.setdefault(row.details.get("task"), []).append(
            Try(row.at, row.name or "", row.details.get("note", ""))
        )
    return tries


def _offered(calls: Sequence[Call]) -> dict[Any, list[OfferedHour]]:
    """What each offer still holds, by its id."""
    offer_ids = {call.facts.get("offer_id") for call in calls if call.kind == LetterKind.TIMES_OFFERED}
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


def _dates_of_seats(calls: Sequence[Call], now: datetime) -> dict[int, dict[str, Any]]:
    """For calls about a seat: its dates as they stand now, by the call."""
    about = {call.whom.registration_id: call.id for call in calls if call.kind in TELL_OF_A_SEAT}
    if not about:
        return {}
    rows = db.session.execute(
        sa.select(Participation.registration_id, Consultation.starts_at)
        .join(Consultation, Consultation.id == Participation.consultation_id)
        .where(
            Participation.registration_id.in_(about),
            Participation.state == ParticipationState.CONFIRMED,
            Consultation.state == ConsultationState.PLANNED,
            Consultation.ends_at > now,
        )
        .order_by(Consultation.starts_at)
    )
    dates: dict[int, list[str]] = {}
    for row in rows:
        dates.setdefault(about[row.registration_id], []).append(row.starts_at.isoformat())
    return {call_id: {"starts_at": told[0], "dates": told} for call_id, told in dates.items()}


def _places_in_line(calls: Sequence[Call], now: datetime) -> dict[int, dict[str, Any]]:
    """For calls about the waiting list: the place and the date as they stand now, by the call."""
    about = {call.whom.registration_id: call.id for call in calls if call.kind == LetterKind.WAITING_LISTED}
    if not about:
        return {}
    ahead = aliased(Registration)
    place = (
        sa.select(sa.func.count())
        .where(
            ahead.group_event_id == Registration.group_event_id,
            ahead.state == RegistrationState.WAITING,
            ahead.arrival <= Registration.arrival,
        )
        .scalar_subquery()
    )
    rows = db.session.execute(
        sa.select(
            Registration.id, place.label("place"), sa.func.min(Consultation.starts_at).label("starts_at")
        )
        .join(Consultation, Consultation.group_event_id == Registration.group_event_id)
        .where(
            Registration.id.in_(about),
            Consultation.state == ConsultationState.PLANNED,
            Consultation.ends_at > now,
        )
        .group_by(Registration.id, Registration.group_event_id, Registration.arrival)
    )
    return {about[row.id]: {"place": row.place, "starts_at": row.starts_at.isoformat()} for row in rows}


def done_calls(centre: Centre) -> list[DoneCall]:
    """The last calls that were made, the newest first. One query."""
    rows = db.session.execute(
        _of(
            centre,
            CallTask.id,
            CallTask.kind,
            CallTask.done_at,
            CallTask.spoke_with,
            CallTask.outcome,
            CallTask.result,
            Staff.name.label("done_by"),
        )
        .outerjoin(Staff, Staff.id == CallTask.done_by)
        .where(CallTask.done_at.is_not(None))
        .order_by(CallTask.done_at.desc(), CallTask.id.desc())
        .limit(MOST_DONE_SHOWN)
    )
    return [
        DoneCall(
            id=row.id,
            kind=row.kind,
            whom=_whom(row),
            done_at=row.done_at,
            done_by=row.done_by or "",
            spoke_with=row.spoke_with,
            result=row.outcome,
            note=row.result,
        )
        for row in rows
    ]
