"""What people answer from their calendar programs: each may change an own part in it, nothing else.

A family that declines keeps its time until its page says so; in a group the seat is free at once. Another time
that somebody proposes moves nothing: a person decides.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from calendars.replies import Answer, Method, Reply
from webapp.models import (
    AuditRecord,
    Consultation,
    ConsultationSpecialist,
    HelpRequest,
    Participation,
    Registration,
    Staff,
    db,
)
from webapp.rules import inbox
from webapp.rules.consultations import ConsultationState, ParticipationState
from webapp.rules.inbox import MailKind
from webapp.rules.letters import LetterKind
from webapp.services.consultations.confirmation import meeting_facts
from webapp.services.help_requests.lifecycle import record
from webapp.services.mail.correspondence import tell_family
from webapp.services.seats import registrations, seating


@dataclass(frozen=True)
class Taken:
    """What became of an answer: its kind, whose it was, and the time that it proposes."""

    kind: MailKind
    centre_id: int | None = None
    participation_id: int | None = None
    proposed_starts_at: datetime | None = None


def forget(consultation: Consultation) -> None:
    """The time changed: everybody is asked anew, and what was answered counts no more."""
    for model in (Participation, ConsultationSpecialist):
        db.session.execute(
            sa.update(model)
            .where(model.consultation_id == consultation.id, model.answer.is_not(None))
            .values(answer=None)
        )


def take(reply: Reply, sender: str, now: datetime) -> Taken:
    """Note the answer of ``sender``, whom our mail server vouches for, at ``now``.

    A time of writing that lies ahead counts as now: a wrong clock must not shut out later answers.
    """
    if reply.attendee != sender:
        return Taken(MailKind.FOREIGN)
    reply = replace(reply, stamp=min(reply.stamp, now))
    participation = db.session.scalar(sa.select(Participation).where(Participation.uid == reply.uid))
    if participation is not None:
        return _take_of_participant(participation, reply, now)
    consultation = db.session.scalar(sa.select(Consultation).where(Consultation.uid == reply.uid))
    if consultation is not None:
        return _take_of_staff(consultation, reply, now)
    return Taken(MailKind.FOREIGN)


def _take_of_participant(participation: Participation, reply: Reply, now: datetime) -> Taken:
    consultation = db.session.get_one(Consultation, participation.consultation_id)
    person = _person(participation)
    taken = Taken(MailKind.FOREIGN, consultation.centre_id)
    if person.email != reply.attendee:
        return taken
    taken = replace(taken, participation_id=participation.id)
    person.mail_failed_at = None  # letters arrive
    in_family = participation.help_request_id is not None
    sequence = consultation.calendar_sequence if in_family else participation.calendar_sequence
    known = participation.answer_sequence, participation.answered_stamp
    if (
        person.blocked_at is not None
        or not _lies_ahead(consultation, now)
        or participation.state != ParticipationState.CONFIRMED
        or not inbox.counts(reply.sequence, reply.stamp, sequence, known)
    ):
        return replace(taken, kind=MailKind.OUTDATED)
    before = participation.answer if participation.answer_sequence == sequence else None
    participation.answer = reply.answer or Answer.TENTATIVE
    participation.answer_sequence, participation.answered_stamp = sequence, reply.stamp
    if isinstance(person, Registration):
        return _take_of_registration(person, consultation, participation, reply, taken, now)
    return _take_of_family(person, consultation, reply, before, taken, now)


def _take_of_family(
    request: HelpRequest,
    consultation: Consultation,
    reply: Reply,
    before: str | None,
    taken: Taken,
    now: datetime,
) -> Taken:
    if reply.method is Method.REPLY and reply.answer == before:
        return replace(taken, kind=MailKind.OUTDATED)
    _record_family(consultation, reply, now)
    if reply.method is Method.COUNTER:
        _tell(request, consultation, reply, now)
        return replace(taken, kind=MailKind.PROPOSED, proposed_starts_at=reply.starts_at)
    if reply.answer is Answer.DECLINED:
        _tell(request, consultation, reply, now)
        return replace(taken, kind=MailKind.DECLINED)
    return replace(taken, kind=MailKind.ANSWERED)


def _take_of_registration(
    registration: Registration,
    meeting: Consultation,
    participation: Participation,
    reply: Reply,
    taken: Taken,
    now: datetime,
) -> Taken:
    """A "no" gives the seat back; of a course, that of this date."""
    if reply.method is Method.COUNTER:
        return replace(taken, kind=MailKind.PROPOSED, proposed_starts_at=reply.starts_at)
    if reply.answer is Answer.DECLINED:
        if len(seating.meetings_ahead(registration.group_event_id, now)) > 1:
            registrations.skip(registration, meeting.id, now)
        else:
            registrations.give_back(registration, now)
        db.session.refresh(participation)
    return replace(taken, kind=MailKind.ANSWERED)


def _take_of_staff(consultation: Consultation, reply: Reply, now: datetime) -> Taken:
    """A specialist's calendar. When it answered last stands in the history."""
    taken = Taken(MailKind.FOREIGN, consultation.centre_id)
    row = db.session.scalar(
        sa.select(ConsultationSpecialist)
        .join(Staff, Staff.id == ConsultationSpecialist.specialist_id)
        .where(ConsultationSpecialist.consultation_id == consultation.id, Staff.email == reply.attendee)
    )
    if row is None:
        return taken
    known = _answered_by(row, consultation)
    if not _lies_ahead(consultation, now) or not inbox.counts(
        reply.sequence, reply.stamp, consultation.calendar_sequence, known
    ):
        return replace(taken, kind=MailKind.OUTDATED)
    row.answer = reply.answer or Answer.TENTATIVE
    _record_staff(consultation, row.specialist_id, consultation.calendar_sequence, reply, now)
    if reply.method is Method.COUNTER:
        return replace(taken, kind=MailKind.OTHER, proposed_starts_at=reply.starts_at)
    return replace(taken, kind=MailKind.ANSWERED)


def _answered_by(
    row: ConsultationSpecialist, consultation: Consultation
) -> tuple[int | None, datetime | None]:
    """Which form of the invite this person answered last, and when it was written."""
    details: dict[str, Any] | None = db.session.scalar(
        sa.select(AuditRecord.details)
        .where(
            AuditRecord.help_request_id == consultation.help_request_id,
            AuditRecord.group_event_id == consultation.group_event_id,
            AuditRecord.consultation_id == consultation.id,
            AuditRecord.staff_id == row.specialist_id,
            AuditRecord.action.startswith("staff_answer."),
        )
        .order_by(AuditRecord.id.desc())
        .limit(1)
    )
    if not details:
        return None, None
    return details["sequence"], datetime.fromisoformat(details["stamp"])


def _person(participation: Participation) -> HelpRequest | Registration:
    if participation.help_request_id is not None:
        return db.session.get_one(HelpRequest, participation.help_request_id)
    return db.session.get_one(Registration, participation.registration_id)


def _lies_ahead(consultation: Consultation, now: datetime) -> bool:
    return consultation.state == ConsultationState.PLANNED and now < consultation.ends_at


def _record_family(consultation: Consultation, reply: Reply, now: datetime) -> None:
    record(
        consultation.centre_id,
        f"answer.{_said(reply)}",
        now,
        help_request_id=consultation.help_request_id,
        consultation_id=consultation.id,
        **_details(reply),
    )


def _record_staff(
    consultation: Consultation, staff_id: int, sequence: int, reply: Reply, now: datetime
) -> None:
    record(
        consultation.centre_id,
        f"staff_answer.{_said(reply)}",
        now,
        staff_id=staff_id,
        help_request_id=consultation.help_request_id,
        group_event_id=consultation.group_event_id,
        consultation_id=consultation.id,
        sequence=sequence,
        stamp=reply.stamp.isoformat(),
        **_details(reply),
    )


def _said(reply: Reply) -> str:
    return "proposed" if reply.method is Method.COUNTER else str(reply.answer)


def _details(reply: Reply) -> dict[str, Any]:
    return {"proposed_starts_at": reply.starts_at.isoformat()} if reply.starts_at else {}


def _tell(request: HelpRequest, consultation: Consultation, reply: Reply, now: datetime) -> None:
    """What its answer means and where its page is: many press a button of their calendar by mistake."""
    proposed = reply.starts_at.isoformat() if reply.starts_at else ""
    tell_family(
        request,
        LetterKind.CALENDAR_ANSWER,
        {**meeting_facts(consultation), "proposed": proposed},
        now,
        occasion=f"{consultation.id}:{consultation.calendar_sequence}:{proposed or reply.answer}",
        consultation_id=consultation.id,
    )
