"""One family is told about several dates: a letter for each, since calendars read one date a letter, one call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from webapp.models import CallTask, Consultation, HelpRequest, db
from webapp.rules import consultations
from webapp.rules.letters import TO_UNCONFIRMED_ADDRESSES, TOLD_BY_PHONE, LetterKind
from webapp.services.consultations.confirmation import meeting_facts
from webapp.services.mail.correspondence import (
    add_call_task,
    can_be_written_to,
    is_called_anyway,
    post,
    tell_family_all,
)

ABOUT_A_DATE = (LetterKind.CONFIRMED, LetterKind.CONSULTATION_MOVED, LetterKind.CONSULTATION_CHANGED)


@dataclass(frozen=True)
class Told:
    """One date and what the letter tells about it."""

    consultation: Consultation
    facts: dict[str, Any]

    @property
    def occasion(self) -> str:
        return occasion_of(self.consultation)


def occasion_of(consultation: Consultation) -> str:
    """Tells one change of a date from the next."""
    return f"{consultation.id}:{consultation.calendar_sequence}"


def tell(request: HelpRequest, kind: LetterKind, dates: Sequence[Told], now: datetime) -> None:
    """Each date in a letter with a calendar file of its own; who is called hears of all of them at once."""
    if request.blocked_at is not None or not dates:
        return
    writable = can_be_written_to(request) and bool(
        request.email_confirmed_at or kind in TO_UNCONFIRMED_ADDRESSES
    )
    if writable:
        post(_letter(request, kind, told, now) for told in dates)
    if kind in TOLD_BY_PHONE and request.phone and (not writable or is_called_anyway(request)):
        first = dates[0]
        add_call_task(
            request,
            kind,
            {**first.facts, "dates": [told.facts for told in dates]},
            now,
            dedupe_key=f"{kind}:request:{request.id}:{first.occasion}",
            consultation_id=first.consultation.id,
        )


def remind(request: HelpRequest, consultation: Consultation, now: datetime) -> None:
    """The reminders of one date that still lie ahead."""
    reminders = consultations.reminders_due(consultation.starts_at, now)
    tell_family_all(
        request,
        [(LetterKind(kind), due_at) for kind, due_at in reminders],
        meeting_facts(consultation),
        now,
        writable=can_be_written_to(request),
        occasion=occasion_of(consultation),
        consultation_id=consultation.id,
    )


def drop_calls_about(consultation: Consultation, now: datetime) -> None:
    """Open calls that would tell a time of ``consultation`` which is not so any more."""
    db.session.execute(
        sa.update(CallTask)
        .where(
            CallTask.consultation_id == consultation.id,
            CallTask.kind.in_(ABOUT_A_DATE),
            CallTask.done_at.is_(None),
            CallTask.moot_at.is_(None),
        )
        .values(moot_at=now)
    )


def mend_series_calls(request: HelpRequest, planned: Sequence[Consultation], now: datetime) -> None:
    """Calls that are to tell all dates of a series tell those that are left of it."""
    calls = db.session.scalars(
        sa.select(CallTask).where(
            CallTask.help_request_id == request.id,
            CallTask.kind == LetterKind.SERIES_CONFIRMED,
            CallTask.done_at.is_(None),
            CallTask.moot_at.is_(None),
        )
    )
    for call in calls:
        left = [one for one in planned if one.id in call.facts["consultations"]]
        if left:
            call.facts = series_facts(left)
        else:
            call.moot_at = now


def series_facts(planned: Sequence[Consultation]) -> dict[str, Any]:
    """What is told of a series: its first date in full, all dates as a list."""
    return {
        **meeting_facts(planned[0]),
        "dates": [consultation.starts_at.isoformat() for consultation in planned],
        "consultations": [consultation.id for consultation in planned],
    }


def _letter(request: HelpRequest, kind: LetterKind, told: Told, now: datetime) -> dict[str, Any]:
    return {
        "centre_id": request.centre_id,
        "kind": kind,
        "dedupe_key": f"{kind}:request:{request.id}:{told.occasion}",
        "recipient": request.email,
        "recipient_name": request.parent_name,
        "language": request.language,
        "help_request_id": request.id,
        "consultation_id": told.consultation.id,
        "facts": told.facts,
        "created_at": now,
        "due_at": now,
    }
