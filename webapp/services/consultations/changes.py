"""A planned consultation keeps its time, and is held by other means or by somebody else."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from calendars.intervals import Interval
from video.rooms import new_name
from webapp.models import Centre, Consultation, ConsultationSpecialist, HelpRequest, Staff, db
from webapp.rules import consultations
from webapp.rules.consultations import ConsultationState
from webapp.rules.errors import ColleagueNotFree, NothingChosen, WrongState
from webapp.rules.letters import LetterKind
from webapp.services.consultations import confirmation, family_dates
from webapp.services.consultations.confirmation import meeting_facts, specialists_of
from webapp.services.consultations.family_dates import Told, occasion_of
from webapp.services.help_requests.lifecycle import lock, record
from webapp.services.mail import calendar_answers
from webapp.services.mail.correspondence import drop_reminders, tell_staff
from webapp.services.moves import open_cases
from webapp.services.times import timetable
from webapp.services.times.timetable import Specialist


def change_means(
    centre: Centre, request: HelpRequest, meeting: Consultation, means: str, now: datetime, *, staff_id: int
) -> None:
    """The family is told by a letter with the update for calendars, as it must agree (Remote consulting, 3.1.1).

    Raises :class:`NothingChosen`, :class:`MeansNotAllowed`, :class:`TooLong` for an online session above the
    limit, :class:`PhoneNeeded`, :class:`WrongState`.
    """
    _must_be_possible(centre, request, meeting, means)
    _begin(request, meeting, now)
    _set_means(request, meeting, means, now, staff_id)
    _tell_family(request, meeting, now, new_specialist=False, new_means=True)
    _tell_holders(request, meeting, specialists_of(meeting), now)


def give_to(
    centre: Centre,
    request: HelpRequest,
    meeting: Consultation,
    from_id: int,
    to_id: int,
    now: datetime,
    *,
    staff_id: int,
    means: str | None = None,
) -> None:
    """Another specialist takes the place of ``from_id``, whose time is free then; by other ``means`` if wanted.

    Raises :class:`ColleagueNotFree`, :class:`SlotTaken`, :class:`WrongState`, and what
    :func:`change_means` raises.
    """
    if means is not None:
        _must_be_possible(centre, request, meeting, means)
    if to_id not in {person.id for person in free_then(centre, meeting, now)}:
        raise ColleagueNotFree("specialist")
    _begin(request, meeting, now)
    left = db.session.get_one(Staff, from_id)
    place = _take_out(meeting, from_id)
    db.session.add(
        ConsultationSpecialist(
            consultation_id=meeting.id, specialist_id=to_id, position=place, guest_id=uuid.uuid4().hex
        )
    )
    timetable.engage(
        centre,
        [to_id],
        meeting.starts_at,
        meeting.ends_at,
        now,
        help_request_id=request.id,
        consultation_id=meeting.id,
        field="specialist",
    )
    if request.assigned_specialist_id == from_id:
        request.assigned_specialist_id = to_id
    if means is not None:
        _set_means(request, meeting, means, now, staff_id)
    record(
        request.centre_id,
        "consultation.specialist",
        now,
        staff_id=staff_id,
        help_request_id=request.id,
        consultation_id=meeting.id,
        before=from_id,
        after=to_id,
    )
    _tell_family(request, meeting, now, new_specialist=True, new_means=means is not None)
    _tell_holders(request, meeting, specialists_of(meeting), now)
    facts = {**meeting_facts(meeting, [left]), "given_away": True}
    _tell_staff(left, LetterKind.BOOKING_CANCELLED, facts, request, meeting, now)


def free_then(centre: Centre, meeting: Consultation, now: datetime) -> list[Specialist]:
    """Specialists who work and are free in the time of ``meeting``, but for those who hold it."""
    holders = {person.id for person in specialists_of(meeting)}
    people = [person for person in timetable.specialists_of(centre) if person.id not in holders]
    ahead = (
        meeting.starts_at.astimezone(centre.zone_info).date() - now.astimezone(centre.zone_info).date()
    ).days
    loaded = timetable.timetables(centre, [person.id for person in people], now, days=max(ahead, 0))
    wanted = Interval(meeting.starts_at, meeting.ends_at)
    return [person for person in people if loaded[person.id].can_hold(wanted)]


def _must_be_possible(centre: Centre, request: HelpRequest, meeting: Consultation, means: str) -> None:
    if means == meeting.means_agreed:
        raise NothingChosen("means")
    consultations.must_be_allowed(means, centre.means)
    consultations.must_fit(meeting.minutes, means, centre.limit_minutes)
    confirmation.must_be_reachable(centre, request, means)


def _set_means(request: HelpRequest, meeting: Consultation, means: str, now: datetime, staff_id: int) -> None:
    before, meeting.means_agreed = meeting.means_agreed, means
    meeting.room = (meeting.room or new_name()) if consultations.is_online(means) else None
    record(
        request.centre_id,
        "consultation.means",
        now,
        staff_id=staff_id,
        help_request_id=request.id,
        consultation_id=meeting.id,
        before=before,
        after=means,
    )


def _begin(request: HelpRequest, meeting: Consultation, now: datetime) -> None:
    lock(request)
    db.session.refresh(meeting, with_for_update=True)
    is_over = meeting.ends_at <= now and not open_cases.is_stopped(meeting.id)
    if meeting.state != ConsultationState.PLANNED or is_over:
        raise WrongState(state=meeting.state)
    meeting.calendar_sequence += 1
    calendar_answers.forget(meeting)


def _take_out(meeting: Consultation, specialist_id: int) -> int:
    """The specialist holds it no more; returns the place in the order of those who do."""
    row = db.session.get(ConsultationSpecialist, (meeting.id, specialist_id))
    if row is None:
        raise WrongState(state=meeting.state)
    place = row.position
    db.session.delete(row)
    taken = timetable.TAKEN
    db.session.execute(
        sa.delete(taken).where(taken.c.consultation_id == meeting.id, taken.c.specialist_id == specialist_id)
    )
    return place


def _tell_family(
    request: HelpRequest, meeting: Consultation, now: datetime, *, new_specialist: bool, new_means: bool
) -> None:
    db.session.flush()
    family_dates.drop_calls_about(meeting, now)
    drop_reminders(meeting.id)
    changed = {"new_specialist": new_specialist, "new_means": new_means}
    told = Told(meeting, {**meeting_facts(meeting), **changed})
    family_dates.tell(request, LetterKind.CONSULTATION_CHANGED, [told], now)
    family_dates.remind(request, meeting, now)


def _tell_holders(
    request: HelpRequest, meeting: Consultation, people: Sequence[Staff], now: datetime
) -> None:
    facts = meeting_facts(meeting, people)
    for person in people:
        _tell_staff(person, LetterKind.BOOKED, facts, request, meeting, now)


def _tell_staff(
    person: Staff,
    kind: LetterKind,
    facts: dict[str, Any],
    request: HelpRequest,
    meeting: Consultation,
    now: datetime,
) -> None:
    tell_staff(person, kind, facts, now, occasion=occasion_of(meeting), request=request, consultation=meeting)
