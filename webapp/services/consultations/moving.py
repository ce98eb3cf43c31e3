"""Another time for one date, or for all that follow: row, room and UIDs stay, SEQUENCE counts on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.models import Centre, Consultation, HelpRequest, db
from webapp.rules import consultations
from webapp.rules.consultations import ConsultationState
from webapp.rules.errors import NothingChosen, WrongState
from webapp.rules.letters import LetterKind
from webapp.services.consultations import cancelling, confirmation, family_dates, recurring
from webapp.services.consultations.family_dates import Told, occasion_of
from webapp.services.help_requests.lifecycle import lock, record
from webapp.services.mail import calendar_answers
from webapp.services.mail.correspondence import drop_reminders, tell_staff
from webapp.services.moves import open_cases
from webapp.services.times import timetable


@dataclass(frozen=True)
class Move:
    """A meeting and the time that it is to have, in UTC. ``cause``: a key of ``rules.moves.Cause``, told in neutral
    words."""

    meeting: Consultation
    starts_at: datetime
    cause: str = ""


def following(request: HelpRequest, consultation: Consultation) -> list[Consultation]:
    """This date of a series and all planned ones after it."""
    later = [one for one in cancelling.planned(request) if one.starts_at > consultation.starts_at]
    return [consultation, *later]


def move(
    centre: Centre, request: HelpRequest, moves: Sequence[Move], now: datetime, *, staff_id: int
) -> None:
    """Move dates of one family, all or none. Each goes out in a letter with the update for calendars.

    Raises :class:`NothingChosen`, :class:`InThePast`, :class:`NotFree`, :class:`SlotTaken`,
    :class:`WrongState` when one is over or off already.
    """
    must_be_free(centre, moves, now)
    carry_out(centre, request, moves, now, staff_id=staff_id)


def carry_out(
    centre: Centre,
    request: HelpRequest,
    moves: Sequence[Move],
    now: datetime,
    *,
    staff_id: int | None,
) -> None:
    """As :func:`move`, for times that were found free, or were offered and held: no working hours are asked."""
    lock(request)
    old = [one.meeting.starts_at for one in moves]
    take_new_times(centre, moves, now)
    told = []
    for one, before in zip(moves, old, strict=True):
        meeting = one.meeting
        drop_reminders(meeting.id)
        family_dates.drop_calls_about(meeting, now)
        record(
            centre.id,
            "consultation.move",
            now,
            staff_id=staff_id,
            help_request_id=request.id,
            consultation_id=meeting.id,
            before=before.isoformat(),
            after=meeting.starts_at.isoformat(),
        )
        facts = {**confirmation.meeting_facts(meeting), "old": before.isoformat(), "cause": one.cause}
        told.append(Told(meeting, facts))
        _tell_specialists(request, meeting, now)
    family_dates.mend_series_calls(request, cancelling.planned(request), now)
    family_dates.tell(request, LetterKind.CONSULTATION_MOVED, told, now)
    for one in moves:
        family_dates.remind(request, one.meeting, now)


def must_be_free(centre: Centre, moves: Sequence[Move], now: datetime, *, field: str = "dates") -> None:
    """The friendly check before :func:`take_new_times`. Raises :class:`NothingChosen`, :class:`NotFree`."""
    if not moves:
        raise NothingChosen(field)
    starts = [one.starts_at for one in moves]
    free = recurring.openings_for_move(centre, [one.meeting for one in moves], max(starts), now)
    recurring.must_be_free(centre, free, starts, field)


def take_new_times(centre: Centre, moves: Sequence[Move], now: datetime) -> None:
    """Free the old times, take the new ones, all or none: the rows have them from now on.

    Raises :class:`InThePast`, :class:`SlotTaken`, :class:`WrongState`; nobody is told.
    """
    for one in moves:
        db.session.refresh(one.meeting, with_for_update=True)
        _must_not_be_over(one.meeting, now)
        consultations.must_lie_ahead(one.starts_at, now)
    people = [person.id for person in confirmation.specialists_of(moves[0].meeting)]
    for one in moves:
        timetable.release_consultation(one.meeting.id)
    for one in moves:
        _set_time(centre, one)
        timetable.engage(
            centre,
            people,
            one.meeting.starts_at,
            one.meeting.ends_at,
            now,
            help_request_id=one.meeting.help_request_id,
            consultation_id=one.meeting.id,
            field="dates",
        )


def _must_not_be_over(meeting: Consultation, now: datetime) -> None:
    """What an open case has stopped waits for its new time, however late it is."""
    is_over = meeting.ends_at <= now and not open_cases.is_stopped(meeting.id)
    if meeting.state != ConsultationState.PLANNED or is_over:
        raise WrongState(state=meeting.state)


def _set_time(centre: Centre, one: Move) -> None:
    meeting, minutes = one.meeting, one.meeting.minutes
    meeting.starts_at, meeting.ends_at = one.starts_at, one.starts_at + timedelta(minutes=minutes)
    meeting.wall_time = one.starts_at.astimezone(centre.zone_info).strftime("%Y-%m-%dT%H:%M")
    meeting.zone = centre.zone
    meeting.calendar_sequence += 1
    calendar_answers.forget(meeting)


def _tell_specialists(request: HelpRequest, meeting: Consultation, now: datetime) -> None:
    people = confirmation.specialists_of(meeting)
    facts = confirmation.meeting_facts(meeting, people)
    for person in people:
        tell_staff(
            person,
            LetterKind.BOOKED,
            facts,
            now,
            occasion=occasion_of(meeting),
            request=request,
            consultation=meeting,
        )
