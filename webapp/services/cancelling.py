"""A planned consultation is called off: by the family without a reason, or by the centre."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from webapp.models import Centre, Consultation, HelpRequest, Letter, Participation, db
from webapp.rules.consultations import ConsultationEvent, ConsultationState, ParticipationState
from webapp.rules.errors import TooLate
from webapp.rules.help_requests import DATA_DESTROYED_AFTER, RequestEvent, RequestState
from webapp.rules.letters import LetterKind, LetterState
from webapp.services import offers, personal_links, subscribing, timetable
from webapp.services.confirmation import meeting_facts, specialists_of
from webapp.services.correspondence import drop_calls, drop_reminders, tell_family, tell_staff
from webapp.services.lifecycle import change_consultation, change_request, record


def planned_of(request: HelpRequest) -> Consultation | None:
    """The consultation of this request that is still planned."""
    return db.session.scalar(
        sa.select(Consultation)
        .where(Consultation.help_request_id == request.id, Consultation.state == ConsultationState.PLANNED)
        .order_by(Consultation.starts_at.desc())
        .limit(1)
    )


def cancel_by_family(request: HelpRequest, consultation: Consultation, now: datetime) -> None:
    """No reason is asked. The time is free again at once, calendars get a CANCEL.

    Raises :class:`TooLate` when its time is over: whether it was held is the specialist's to say.
    """
    if now >= consultation.ends_at:
        centre = db.session.get_one(Centre, request.centre_id)
        raise TooLate(phone=centre.phone)
    _call_off(request, consultation, now, by_family=True, staff_id=None)
    _tell_family_of(request, consultation, now)
    change_request(request, RequestEvent.CLOSE, now, consultation_id=consultation.id)


def cancel_by_centre(
    request: HelpRequest, consultation: Consultation, now: datetime, *, staff_id: int
) -> None:
    """The centre can't; the family may ask for another time on its page."""
    _call_off(request, consultation, now, by_family=False, staff_id=staff_id)
    _tell_family_of(request, consultation, now)
    change_request(request, RequestEvent.CLOSE, now, staff_id=staff_id, consultation_id=consultation.id)


def withdraw_request(request: HelpRequest, now: datetime) -> None:
    """The family takes its request back; what was held or planned is free again."""
    consultation = _not_over(request, now)
    if consultation is not None:
        _call_off(request, consultation, now, by_family=True, staff_id=None)
        _tell_family_of(request, consultation, now)
    _take_back(request, now)


def withdraw_consent(request: HelpRequest, now: datetime) -> None:
    """Future dates off, data blocked at once, destroyed within 30 days; numbers without names stay.

    The family gets one letter: it also takes the consultation out of its calendar.
    """
    consultation = _not_over(request, now)
    if consultation is not None:
        _call_off(request, consultation, now, by_family=True, staff_id=None)
    else:
        consultation = _still_in_calendar(request)
    if request.state != RequestState.WITHDRAWN:
        _take_back(request, now)
    request.destroy_by = now + DATA_DESTROYED_AFTER
    centre = db.session.get_one(Centre, request.centre_id)
    delete_by = (request.destroy_by - timedelta(days=1)).astimezone(centre.zone_info).date()
    tell_family(
        request,
        LetterKind.CONSENT_WITHDRAWN,
        {"delete_by": delete_by.isoformat(), **(meeting_facts(consultation) if consultation else {})},
        now,
        occasion="1",
        consultation_id=consultation.id if consultation else None,
    )
    if request.email and request.email_confirmed_at:  # else somebody else may have typed the address
        subscribing.remove(request.centre_id, request.email, now)
    request.blocked_at = now
    personal_links.revoke_all(request, now)
    record(request.centre_id, "consent.withdraw", now, help_request_id=request.id)


def _take_back(request: HelpRequest, now: datetime) -> None:
    offers.release(request, now)
    change_request(request, RequestEvent.WITHDRAW, now)
    drop_calls(request, list(LetterKind), now)


def _not_over(request: HelpRequest, now: datetime) -> Consultation | None:
    """The planned consultation while its time lasts. Afterwards it is the specialist's to say whether it was held."""
    consultation = planned_of(request)
    return consultation if consultation is not None and now < consultation.ends_at else None


def _still_in_calendar(request: HelpRequest) -> Consultation | None:
    """Called off just before: the letter that says so still waits, and goes to nobody once data are blocked."""
    return db.session.scalar(
        sa.select(Consultation)
        .join(Letter, Letter.consultation_id == Consultation.id)
        .where(
            Letter.help_request_id == request.id,
            Letter.kind.in_((LetterKind.CANCELLED_BY_FAMILY, LetterKind.CANCELLED_BY_CENTRE)),
            Letter.state == LetterState.PENDING,
        )
        .order_by(Consultation.starts_at.desc())
        .limit(1)
    )


def _tell_family_of(request: HelpRequest, consultation: Consultation, now: datetime) -> None:
    """The letter about a cancelled consultation takes it out of the family's calendar."""
    by_family = consultation.cancelled_by_family
    tell_family(
        request,
        LetterKind.CANCELLED_BY_FAMILY if by_family else LetterKind.CANCELLED_BY_CENTRE,
        meeting_facts(consultation),
        now,
        occasion=_occasion(consultation),
        consultation_id=consultation.id,
    )


def _occasion(consultation: Consultation) -> str:
    return f"{consultation.id}:{consultation.calendar_sequence}"


def _call_off(
    request: HelpRequest, consultation: Consultation, now: datetime, *, by_family: bool, staff_id: int | None
) -> None:
    """The time is free, reminders and calls are off, the specialists are told. The family is told apart."""
    change_consultation(consultation, ConsultationEvent.CANCEL, now, staff_id=staff_id, by_family=by_family)
    consultation.cancelled_at = now
    consultation.cancelled_by_family = by_family
    consultation.calendar_sequence += 1
    timetable.release_consultation(consultation.id)
    db.session.execute(
        sa.update(Participation)
        .where(Participation.consultation_id == consultation.id)
        .values(state=ParticipationState.WITHDRAWN)
    )
    drop_calls(request, [LetterKind.CONFIRMED], now)
    drop_reminders(consultation.id)
    people = specialists_of(consultation)
    facts = meeting_facts(consultation, people)
    for person in people:
        tell_staff(
            person,
            LetterKind.BOOKING_CANCELLED,
            facts,
            now,
            occasion=_occasion(consultation),
            request=request,
            consultation=consultation,
        )
