"""A prolonged consultation: several dates of one family, set at once (Remote consulting, 3.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from calendars.recurrence import MOST_MEETINGS, Candidate, Rhythm
from webapp.models import Centre, Consultation, ConsultationSpecialist, HelpRequest, Staff, db
from webapp.rules import consultations
from webapp.rules.errors import NothingChosen, TooManyTimes
from webapp.rules.help_requests import Kind, RequestEvent, RequestState
from webapp.rules.letters import LetterKind
from webapp.rules.permissions import Permission, may
from webapp.services.consultations import confirmation, family_dates, offers, recurring
from webapp.services.consultations.confirmation import Agreed
from webapp.services.help_requests.lifecycle import change_request
from webapp.services.mail.correspondence import tell_family, tell_staff
from webapp.services.times import timetable

NOT_YET_SET = (RequestState.RECEIVED, RequestState.ASSIGNED, RequestState.OFFERED)


@dataclass(frozen=True)
class Plan:
    """Who, how long (minutes), by which means, from when on (UTC), and in which rhythm."""

    specialist_ids: Sequence[int]
    minutes: int
    means: str
    first: datetime
    rhythm: Rhythm


def request_for(centre: Centre, request_id: int, person: Staff) -> HelpRequest:
    """A request of this centre: any for those who answer requests, for a specialist one they have dates in.

    Raises ``NoResultFound`` (404).
    """
    query = sa.select(HelpRequest).where(
        HelpRequest.id == request_id, HelpRequest.centre_id == centre.id, HelpRequest.blocked_at.is_(None)
    )
    if not may(person.roles, Permission.ANSWER_REQUESTS):
        own = (
            sa.select(Consultation.help_request_id)
            .join(ConsultationSpecialist, ConsultationSpecialist.consultation_id == Consultation.id)
            .where(ConsultationSpecialist.specialist_id == person.id)
        )
        query = query.where(HelpRequest.id.in_(own))
    return db.session.execute(query).scalar_one()


def candidates(centre: Centre, request: HelpRequest, plan: Plan, now: datetime) -> list[Candidate]:
    """All dates of the plan, before anything is saved.

    Raises :class:`NothingChosen`, :class:`TooLong`, :class:`MeansNotAllowed`, :class:`PhoneNeeded`.
    """
    _must_be_possible(centre, request, plan.specialist_ids, plan.minutes, plan.means)
    return recurring.candidates(
        centre,
        plan.specialist_ids,
        plan.first,
        plan.rhythm,
        now,
        minutes=plan.minutes,
        apart_from_request=request.id,
    )


def book(
    centre: Centre,
    request: HelpRequest,
    plan: Plan,
    starts: Sequence[datetime],
    now: datetime,
    *,
    staff_id: int,
) -> list[Consultation]:
    """Set all of ``starts`` (UTC), or none. The family gets one letter with all dates and the first invite.

    Raises :class:`NothingChosen`, :class:`TooManyTimes`, :class:`NotFree`, :class:`SlotTaken`,
    :class:`InThePast`, :class:`TooLong`, :class:`MeansNotAllowed`, :class:`PhoneNeeded`,
    :class:`WrongState`.
    """
    starts = sorted(starts)
    _must_be_possible(centre, request, plan.specialist_ids, plan.minutes, plan.means)
    _must_be_dates(centre, request, plan, starts, now)
    event = RequestEvent.CONFIRM if request.state in NOT_YET_SET else RequestEvent.CONTINUE
    offers.release(request, now)
    booked = [_add(centre, request, plan, starts_at, now, staff_id) for starts_at in starts]
    change_request(
        request,
        event,
        now,
        staff_id=staff_id,
        consultation_id=booked[0].id,
        starts_at=starts[0].isoformat(),
        dates=len(starts),
    )
    for consultation in booked:
        timetable.engage(
            centre,
            plan.specialist_ids,
            consultation.starts_at,
            consultation.ends_at,
            now,
            help_request_id=request.id,
            consultation_id=consultation.id,
            field="dates",
        )
    request.kind = Kind.PROLONGED
    request.assigned_specialist_id = plan.specialist_ids[0]
    request.family_silent = False
    _tell_everybody(request, booked, now)
    return booked


def _add(
    centre: Centre, request: HelpRequest, plan: Plan, starts_at: datetime, now: datetime, staff_id: int
) -> Consultation:
    agreed = Agreed(plan.specialist_ids, starts_at, plan.minutes, plan.means)
    booked = confirmation.add_consultation(centre, request, agreed, now, staff_id)
    return db.session.get_one(Consultation, booked.id)


def _must_be_possible(
    centre: Centre, request: HelpRequest, specialist_ids: Sequence[int], minutes: int, means: str
) -> None:
    if not specialist_ids:
        raise NothingChosen("specialists")
    consultations.must_be_allowed(means, centre.means)
    consultations.must_fit(minutes, means, centre.limit_minutes)
    confirmation.must_be_reachable(centre, request, means)
    confirmation.bookable(centre, request, specialist_ids)


def _must_be_dates(
    centre: Centre, request: HelpRequest, plan: Plan, starts: Sequence[datetime], now: datetime
) -> None:
    if not starts:
        raise NothingChosen("dates")
    if len(starts) > MOST_MEETINGS:
        raise TooManyTimes("dates", most=MOST_MEETINGS)
    for starts_at in starts:
        consultations.must_lie_ahead(starts_at, now)
    free = recurring.openings(
        centre,
        plan.specialist_ids,
        (starts[-1] + timedelta(days=1)).date(),
        now,
        minutes=plan.minutes,
        apart_from_request=request.id,
    )
    recurring.must_be_free(centre, free, starts, "dates")


def _tell_everybody(request: HelpRequest, booked: Sequence[Consultation], now: datetime) -> None:
    """One letter to the family, an invite for each date to its specialists, and the reminders."""
    first = booked[0]
    tell_family(
        request,
        LetterKind.SERIES_CONFIRMED,
        family_dates.series_facts(booked),
        now,
        occasion=family_dates.occasion_of(first),
        consultation_id=first.id,
    )
    people = confirmation.specialists_of(first)
    for consultation in booked:
        facts = confirmation.meeting_facts(consultation, people)
        for person in people:
            tell_staff(
                person,
                LetterKind.BOOKED,
                facts,
                now,
                occasion=family_dates.occasion_of(consultation),
                request=request,
                consultation=consultation,
            )
        family_dates.remind(request, consultation, now)
