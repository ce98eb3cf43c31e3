"""The dates of a course as one participant keeps them: one is given up, and taken again."""

from datetime import datetime

import sqlalchemy as sa

from webapp.models import Participation, Registration, db
from webapp.rules.consultations import ParticipationState
from webapp.rules.errors import WrongState
from webapp.rules.groups import RegistrationState
from webapp.rules.letters import LetterKind
from webapp.services.help_requests.lifecycle import record
from webapp.services.seats import participant_letters, seating


def take_again(registration: Registration, meeting_id: int, now: datetime) -> None:
    """A date that was given up after all: the seat in the course has stayed. Twice changes nothing.

    Raises :class:`WrongState` for a date that is over or off, and without a seat in the course.
    """
    ahead = {meeting.id: meeting for meeting in seating.meetings_ahead(registration.group_event_id, now)}
    meeting = ahead.get(meeting_id)
    if meeting is None or registration.state != RegistrationState.SEATED:
        raise WrongState(state=registration.state)
    taken = db.session.execute(
        sa.update(Participation)
        .where(
            Participation.consultation_id == meeting_id,
            Participation.registration_id == registration.id,
            Participation.state == ParticipationState.WITHDRAWN,
        )
        .values(state=ParticipationState.CONFIRMED, calendar_sequence=Participation.calendar_sequence + 1)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        return
    person = seating.of_meeting(registration.id, meeting_id)
    participant_letters.drop_reminders_of(registration.id, meeting_id)
    participant_letters.tell([person], LetterKind.MEETING_TAKEN_AGAIN, meeting, now)
    participant_letters.remind([person], [meeting], now)
    record(
        registration.centre_id,
        "registration.attend",
        now,
        group_event_id=registration.group_event_id,
        consultation_id=meeting_id,
        registration_id=registration.id,
    )
