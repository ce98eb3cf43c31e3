"""A meeting of a group is closed: who came, a note that stays inside, a word and materials for those who came."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from webapp.models import Consultation, GroupEvent, Participation, Registration, db
from webapp.rules.consultations import ConsultationEvent, ConsultationState, ParticipationState
from webapp.rules.errors import NotYet, WrongSize
from webapp.rules.groups import EventAction
from webapp.rules.letters import LetterKind
from webapp.services.events import group_attendance, group_events
from webapp.services.help_requests.lifecycle import change_consultation
from webapp.services.seats import participant_letters

MOST_PRESENT = 100_000


@dataclass(frozen=True)
class Closing:
    """What the host says. ``words``: to those who came, by language; nobody present means not held."""

    number_present: int
    note: str
    words: Mapping[str, str]


def to_close(event: GroupEvent, now: datetime) -> Consultation | None:
    """The first meeting that has begun and is not closed yet."""
    return db.session.scalar(
        sa.select(Consultation)
        .where(
            Consultation.group_event_id == event.id,
            Consultation.state == ConsultationState.PLANNED,
            Consultation.starts_at <= now,
        )
        .order_by(Consultation.starts_at)
        .limit(1)
    )


def close(event: GroupEvent, meeting: Consultation, closing: Closing, now: datetime, *, staff_id: int) -> int:
    """Close one meeting, and with the last one the event. Returns how many letters go out.

    Raises :class:`NotYet` while it runs, :class:`WrongState` when a colleague was faster.
    """
    if now < meeting.ends_at and meeting.ended_for_all_at is None:
        raise NotYet("number_present")
    if not 0 <= closing.number_present <= MOST_PRESENT:
        raise WrongSize("number_present", least=0, most=MOST_PRESENT)
    held = closing.number_present > 0
    change_consultation(
        meeting, ConsultationEvent.HOLD if held else ConsultationEvent.MISS, now, staff_id=staff_id
    )
    group_attendance.settle(meeting, now)
    meeting.number_present = closing.number_present
    meeting.inner_note = closing.note.strip()
    meeting.written_up_at, meeting.written_up_by = now, staff_id
    event.closing_words = {language: text.strip() for language, text in closing.words.items() if text.strip()}
    if _was_the_last(event):
        group_events.change(event, EventAction.CLOSE, now, staff_id=staff_id)
        event.closed_at = now
    return _thank(meeting, now) if held else 0


def _was_the_last(event: GroupEvent) -> bool:
    db.session.flush()
    planned = sa.select(Consultation.id).where(
        Consultation.group_event_id == event.id, Consultation.state == ConsultationState.PLANNED
    )
    return db.session.scalar(planned.limit(1)) is None


def _thank(meeting: Consultation, now: datetime) -> int:
    """One letter to each who came: the word of the host and the way to the materials."""
    people = db.session.execute(
        sa.select(*participant_letters.ADDRESSEE, Participation.calendar_sequence.label("sequence"))
        .join(Participation, Participation.registration_id == Registration.id)
        .where(
            Participation.consultation_id == meeting.id,
            Participation.state == ParticipationState.ATTENDED,
            Registration.email.is_not(None),
            Registration.email_confirmed_at.is_not(None),
        )
        .order_by(Registration.arrival)
    ).all()
    participant_letters.tell(people, LetterKind.EVENT_MATERIALS, meeting, now)
    return len(people)
