"""An event becomes a course: further dates with the same hosts, each shown before anything is saved."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from calendars.recurrence import MOST_MEETINGS, Candidate, Rhythm
from webapp.models import Centre, Consultation, GroupEvent
from webapp.rules import consultations
from webapp.rules.consultations import ConsultationState
from webapp.rules.errors import NothingChosen, TooManyTimes, WrongState
from webapp.rules.groups import EventState
from webapp.services.consultations import recurring
from webapp.services.events import group_events
from webapp.services.help_requests.lifecycle import record
from webapp.services.seats import halls


def planned(event: GroupEvent) -> list[Consultation]:
    """Its meetings that are planned, in order."""
    return [one for one in group_events.meetings(event) if one.state == ConsultationState.PLANNED]


def ahead(event: GroupEvent, now: datetime) -> list[Consultation]:
    """Of those, what is not over yet: it can be moved."""
    return [one for one in planned(event) if one.ends_at > now]


def following(meetings: Sequence[Consultation], meeting_id: int) -> list[Consultation]:
    """Of ``meetings``, in order, the one of that id and all after it."""
    start = next(number for number, one in enumerate(meetings) if one.id == meeting_id)
    return list(meetings[start:])


def candidates(centre: Centre, event: GroupEvent, rhythm: Rhythm, now: datetime) -> list[Candidate]:
    """The dates that follow the first meeting in this rhythm, those that stand already apart."""
    first, *_ = meetings = group_events.meetings(event)
    hosts = [host.id for host in group_events.hosts_of(event)]
    found = recurring.candidates(centre, hosts, first.starts_at, rhythm, now, minutes=first.minutes)
    known = {meeting.starts_at for meeting in meetings}
    return [one for one in found if one.starts_at not in known]


def add_dates(
    centre: Centre, event: GroupEvent, starts: Sequence[datetime], now: datetime, *, staff_id: int
) -> None:
    """Add all of ``starts`` (UTC) to a draft, or none: whoever registers has a seat in every meeting.

    Raises :class:`NothingChosen`, :class:`TooManyTimes`, :class:`InThePast`, :class:`NotFree`,
    :class:`SlotTaken`, :class:`WrongState` once it is announced.
    """
    halls.lock(event.id)
    if event.state != EventState.DRAFT:
        raise WrongState(state=event.state)
    if not starts:
        raise NothingChosen("dates")
    first, *others = group_events.meetings(event)
    if len(starts) + len(others) >= MOST_MEETINGS:
        raise TooManyTimes("dates", most=MOST_MEETINGS)
    hosts = [host.id for host in group_events.hosts_of(event)]
    for starts_at in starts:
        consultations.must_lie_ahead(starts_at, now)
    last = max(starts) + timedelta(days=1)
    free = recurring.openings(centre, hosts, last.date(), now, minutes=first.minutes)
    recurring.must_be_free(centre, free, starts, "dates")
    for starts_at in sorted(starts):
        group_events.add_meeting(centre, event, hosts, starts_at, first.minutes, now, staff_id=staff_id)
    group_events.keep_span(event)
    record(centre.id, "event.dates", now, staff_id=staff_id, group_event_id=event.id, dates=len(starts))
