"""What becomes of the dates of a group event: moved, called off, or the whole event with them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from webapp.models import Centre, Consultation, GroupEvent, Participation, db
from webapp.rules.consultations import ConsultationEvent, ConsultationState, ParticipationState
from webapp.rules.errors import WrongState
from webapp.rules.groups import EventAction, EventState
from webapp.rules.letters import LetterKind
from webapp.services.consultations.confirmation import specialists_of
from webapp.services.consultations.moving import Move, take_new_times
from webapp.services.events.group_events import change, keep_span, meetings, tell_hosts
from webapp.services.help_requests.lifecycle import change_consultation, record
from webapp.services.moves import move_cases
from webapp.services.seats import halls, participant_letters, repeat_offers, seating
from webapp.services.times import timetable


def cancel(event: GroupEvent, now: datetime, *, staff_id: int) -> None:
    """It does not take place: one letter with a CANCEL to everybody, the hosts' time is free again."""
    halls.lock(event.id)
    dates = [
        meeting
        for meeting in meetings(event)
        if meeting.state == ConsultationState.PLANNED and meeting.ends_at > now
    ]
    _end(event, dates, now, staff_id=staff_id)


def cancel_date(event: GroupEvent, meeting: Consultation, now: datetime, *, staff_id: int) -> None:
    """One date of several is off, the seats in the others stay; the last one takes the event with it.

    Raises :class:`WrongState` when it is over or off already.
    """
    if meeting.state != ConsultationState.PLANNED or meeting.ends_at <= now:
        raise WrongState(state=meeting.state)
    drop_date(event, meeting, now, staff_id=staff_id)


def drop_date(event: GroupEvent, meeting: Consultation, now: datetime, *, staff_id: int) -> None:
    """As :func:`cancel_date`, also for a date whose time has passed without being held.

    Who has no seat was told of the next date only, and learns when that one is off.
    """
    halls.lock(event.id)
    if any(one.state != ConsultationState.CANCELLED and one != meeting for one in meetings(event)):
        ahead = seating.meetings_ahead(event.id, now)
        call_off(meeting, now, staff_id=staff_id)
        if event.state == EventState.ANNOUNCED and ahead and ahead[0].id == meeting.id:
            seating.tell_without_seat(event, LetterKind.WAITING_DATE_OFF, meeting, now)
        keep_span(event)
    else:
        _end(event, [meeting], now, staff_id=staff_id)


def call_off(meeting: Consultation, now: datetime, *, staff_id: int) -> None:
    """One meeting is off: its seats, its reminders, the time of its hosts. A draft was told to nobody."""
    change_consultation(meeting, ConsultationEvent.CANCEL, now, staff_id=staff_id, by_family=False)
    move_cases.end_with(meeting, now, staff_id=staff_id)
    meeting.cancelled_at = now
    meeting.calendar_sequence += 1
    timetable.release_consultation(meeting.id)
    participant_letters.tell(_in_new_form(meeting), LetterKind.EVENT_CANCELLED, meeting, now)
    if db.session.get_one(GroupEvent, meeting.group_event_id).announced_at is not None:
        tell_hosts(meeting, specialists_of(meeting), LetterKind.BOOKING_CANCELLED, now)


def _end(event: GroupEvent, dates: Sequence[Consultation], now: datetime, *, staff_id: int) -> None:
    """The event is off, and ``dates`` with it: all that were still to come."""
    was_announced = event.state == EventState.ANNOUNCED
    change(event, EventAction.CANCEL, now, staff_id=staff_id)
    event.cancelled_at = now
    for meeting in dates:
        call_off(meeting, now, staff_id=staff_id)
    repeat_offers.end_offers(event)
    if was_announced and dates:
        seating.tell_without_seat(event, LetterKind.WAITED_IN_VAIN, dates[0], now)


def move(centre: Centre, event: GroupEvent, moves: Sequence[Move], now: datetime, *, staff_id: int) -> None:
    """Other times for meetings, all or none: seats, room and UIDs stay, everybody gets one letter with the update.

    Who has no seat learns of the first of them, and keeps the place in the list.

    Raises :class:`InThePast`, :class:`SlotTaken`, :class:`WrongState` when one is over or off already.
    """
    halls.lock(event.id)  # whoever registers now is told of the new time, or was seated before and is told
    old = [one.meeting.starts_at for one in moves]
    take_new_times(centre, moves, now)
    keep_span(event)
    event.too_few_told_at = None
    for one, before in zip(moves, old, strict=True):
        meeting = one.meeting
        record(
            centre.id,
            "event.move",
            now,
            staff_id=staff_id,
            group_event_id=event.id,
            consultation_id=meeting.id,
            before=before.isoformat(),
            after=meeting.starts_at.isoformat(),
        )
        if event.state == EventState.ANNOUNCED:
            _tell_seated(one, before, now)
    if event.state == EventState.ANNOUNCED:
        first, told = moves[0], {"old": old[0].isoformat(), "cause": moves[0].cause}
        seating.tell_without_seat(event, LetterKind.WAITING_MOVED, first.meeting, now, **told)


def _tell_seated(one: Move, before: datetime, now: datetime) -> None:
    """Everybody with a seat in the meeting, and its hosts, learn of its new time."""
    people, told = _in_new_form(one.meeting), {"old": before.isoformat(), "cause": one.cause}
    participant_letters.tell(people, LetterKind.EVENT_MOVED, one.meeting, now, **told)
    participant_letters.remind(people, [one.meeting], now)
    tell_hosts(one.meeting, specialists_of(one.meeting), LetterKind.BOOKED, now)


def _in_new_form(meeting: Consultation) -> Sequence[Any]:
    """Everybody with a seat, their calendar entries one SEQUENCE further; reminders of before are dropped."""
    participant_letters.drop_reminders(meeting.id)
    db.session.execute(
        sa.update(Participation)
        .where(
            Participation.consultation_id == meeting.id, Participation.state == ParticipationState.CONFIRMED
        )
        .values(calendar_sequence=Participation.calendar_sequence + 1)
        .execution_options(synchronize_session=False)
    )
    return participant_letters.seated_in(meeting.id)
