"""Data that must go: destroyed when it is due, with a record that it was done. Numbers stay."""

from datetime import datetime

import sqlalchemy as sa

from webapp.models import (
    AuditRecord,
    CallTask,
    Consultation,
    HelpRequest,
    InboxMail,
    JournalCorrection,
    JournalEntry,
    Letter,
    Move,
    Participation,
    Question,
    QuestionVote,
    Registration,
    db,
)
from webapp.rules.letters import SENT_THOUGH_BLOCKED, LetterState
from webapp.services.help_requests.lifecycle import record

# A specialist whose time is free must learn it, and no family is named there.
STILL_TO_BE_TOLD = sa.and_(
    Letter.staff_id.is_not(None),
    Letter.kind.in_(SENT_THOUGH_BLOCKED),
    Letter.state.in_((LetterState.PENDING, LetterState.SENDING)),
)


def destroy_due(now: datetime) -> int:
    """Blank everything that names a family whose consent was withdrawn 30 days ago. Returns how many."""
    due = db.session.scalars(
        sa.select(HelpRequest).where(HelpRequest.destroy_by <= now, HelpRequest.blocked_at.is_not(None))
    ).all()
    for request in due:
        _destroy(request)
        record(request.centre_id, "data.destroy", now, help_request_id=request.id)
    return len(due) + _destroy_registrations(now)


def _destroy_registrations(now: datetime) -> int:
    """The same for who registered for a group event; seats and minutes stay as numbers without names."""
    due = db.session.scalars(
        sa.select(Registration).where(Registration.destroy_by <= now, Registration.blocked_at.is_not(None))
    ).all()
    for registration in due:
        _destroy_mail(
            registration.centre_id, registration.email, Participation.registration_id == registration.id
        )
        registration.shown_name = registration.parent_present = registration.source_hash = ""
        registration.email = registration.phone = None
        registration.destroy_by = None
        statements: list[sa.UpdateBase] = [
            sa.update(Letter)
            .where(Letter.registration_id == registration.id)
            .values(recipient="", recipient_name="", facts={}, sent_subject="", sent_text=""),
            sa.update(CallTask)
            .where(CallTask.registration_id == registration.id)
            .values(facts={}, spoke_with="", result=""),
            sa.delete(QuestionVote).where(QuestionVote.registration_id == registration.id),
            sa.update(Question).where(Question.registration_id == registration.id).values(words="…"),
        ]
        for statement in statements:
            db.session.execute(statement.execution_options(synchronize_session=False))
        record(
            registration.centre_id,
            "data.destroy",
            now,
            group_event_id=registration.group_event_id,
            registration_id=registration.id,
        )
    return len(due)


def _destroy(request: HelpRequest) -> None:
    _destroy_mail(request.centre_id, request.email, Participation.help_request_id == request.id)
    request.parent_name = request.child = request.words = ""
    request.decline_reason = request.decline_advice = request.source_hash = ""
    request.email = request.phone = None
    request.child_age = None
    request.destroy_by = None
    consultation_ids = sa.select(Consultation.id).where(Consultation.help_request_id == request.id)
    entry_ids = sa.select(JournalEntry.id).where(JournalEntry.consultation_id.in_(consultation_ids))
    statements: list[sa.UpdateBase] = [
        sa.update(Letter)
        .where(Letter.help_request_id == request.id, sa.not_(STILL_TO_BE_TOLD))
        .values(recipient="", recipient_name="", facts={}, sent_subject="", sent_text=""),
        sa.update(CallTask)
        .where(CallTask.help_request_id == request.id)
        .values(facts={}, spoke_with="", result=""),
        sa.update(AuditRecord).where(AuditRecord.help_request_id == request.id).values(details={}),
        sa.update(Consultation)
        .where(Consultation.help_request_id == request.id)
        .values(recommendation="", inner_note="", journal_topic="", not_held_reason=""),
        sa.update(Move).where(Move.consultation_id.in_(consultation_ids)).values(words="", decision_note=""),
        sa.delete(JournalCorrection).where(JournalCorrection.journal_entry_id.in_(entry_ids)),
        sa.update(JournalEntry)
        .where(JournalEntry.consultation_id.in_(consultation_ids))
        .values(parent="", child="", topic="", recommendation=""),
    ]
    for statement in statements:
        db.session.execute(statement.execution_options(synchronize_session=False))


def _destroy_mail(centre_id: int, address: str | None, seat: sa.ColumnElement[bool]) -> None:
    """What this person wrote to the mailbox, or answered from a calendar."""
    from_person = sa.and_(InboxMail.centre_id == centre_id, InboxMail.sender == address)
    db.session.execute(
        sa.update(InboxMail)
        .where(
            sa.or_(
                InboxMail.participation_id.in_(sa.select(Participation.id).where(seat)),
                from_person if address else sa.false(),
            )
        )
        .values(sender="", subject="", text="")
        .execution_options(synchronize_session=False)
    )
