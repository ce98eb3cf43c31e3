"""A letter did not arrive: whoever it was for is not informed, and somebody must call."""

from datetime import datetime

import sqlalchemy as sa

from webapp.letters.facts import Matter, is_moot
from webapp.models import Consultation, HelpRequest, Letter, Registration, db
from webapp.rules import letters as rules
from webapp.rules.letters import ANSWERS, CALLED_WHEN_MAIL_FAILS, LetterEvent, LetterKind, LetterState
from webapp.services.help_requests.lifecycle import record
from webapp.services.mail import correspondence, subscribing
from webapp.services.seats import participant_letters


def take_back(letter: Letter, reply: str, now: datetime) -> bool:
    """A mail server accepted the letter and sent it back later. Returns whether that was news."""
    after = rules.next_state(LetterState.SENT, LetterEvent.CAME_BACK)
    marked = db.session.execute(
        sa.update(Letter)
        .where(Letter.id == letter.id, Letter.state == LetterState.SENT)
        .values(state=after, server_reply=reply)
        .execution_options(synchronize_session=False)
    )
    if marked.rowcount != 1:  # type: ignore[attr-defined]
        return False
    note_failure(letter, now)
    mark_address(letter, now)
    return True


def mark_address(letter: Letter, now: datetime) -> None:
    """Letters do not reach this address: until its owner acts through one, changes are told by phone too.

    A subscription ends: whoever keeps writing to dead addresses is taken for a sender of spam.
    """
    person: HelpRequest | Registration | None = None
    if letter.staff_id is not None:
        return
    if letter.subscriber_id is not None:
        subscribing.end_unreachable(letter.subscriber_id, now)
        return
    if letter.help_request_id is not None:
        person = db.session.get_one(HelpRequest, letter.help_request_id)
    elif letter.registration_id is not None:
        person = db.session.get_one(Registration, letter.registration_id)
    if person is not None and person.email == letter.recipient:
        person.mail_failed_at = now


def note_failure(letter: Letter, now: datetime) -> None:
    """What follows from a letter that failed: an answer that did not arrive was no answer."""
    if letter.staff_id is not None:
        return
    if letter.help_request_id is not None:
        _family_is_not_informed(letter, letter.help_request_id, now)
    elif letter.registration_id is not None:
        _participant_is_not_informed(letter, letter.registration_id, now)


def _family_is_not_informed(letter: Letter, request_id: int, now: datetime) -> None:
    request = db.session.get_one(HelpRequest, request_id)
    if request.blocked_at is not None:
        return
    kind = LetterKind(letter.kind)
    record(
        letter.centre_id,
        "letter.fail",
        now,
        help_request_id=request.id,
        consultation_id=letter.consultation_id,
        kind=kind,
    )
    if kind in ANSWERS and request.answered_at == letter.created_at:
        request.answered_at = None
        request.days_late = None
    if kind in CALLED_WHEN_MAIL_FAILS and request.phone:
        correspondence.add_call_task(
            request,
            kind,
            letter.facts,
            now,
            dedupe_key=letter.dedupe_key,
            consultation_id=letter.consultation_id,
            because_mail_failed=True,
        )


def _participant_is_not_informed(letter: Letter, registration_id: int, now: datetime) -> None:
    registration = db.session.get_one(Registration, registration_id)
    if registration.blocked_at is not None:
        return
    record(
        letter.centre_id,
        "letter.fail",
        now,
        group_event_id=registration.group_event_id,
        registration_id=registration.id,
        kind=letter.kind,
    )
    if is_moot(Matter(letter, now)):
        return
    if LetterKind(letter.kind) in CALLED_WHEN_MAIL_FAILS and registration.phone and letter.consultation_id:
        meeting = db.session.get_one(Consultation, letter.consultation_id)
        participant_letters.call_instead(letter, registration, meeting, now)
