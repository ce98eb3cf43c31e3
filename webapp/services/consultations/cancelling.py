"""A planned consultation is called off: by the family without a reason, or by the centre."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from webapp.models import Centre, Consultation, HelpRequest, Letter, Participation, db
from webapp.rules import moves
from webapp.rules.consultations import ConsultationEvent, ConsultationState, ParticipationState
from webapp.rules.errors import TooLate
from webapp.rules.help_requests import DATA_DESTROYED_AFTER, RequestEvent, RequestState
from webapp.rules.letters import LetterKind, LetterState
from webapp.services.consultations import family_dates, offers
from webapp.services.consultations.confirmation import meeting_facts, specialists_of
from webapp.services.consultations.family_dates import Told, occasion_of
from webapp.services.help_requests.lifecycle import change_consultation, change_request, lock, record
from webapp.services.mail import subscribing
from webapp.services.mail.correspondence import drop_calls, drop_reminders, tell_family, tell_staff
from webapp.services.moves import move_cases, open_cases
from webapp.services.pages import personal_links
from webapp.services.times import timetable


def planned(request: HelpRequest) -> list[Consultation]:
    """What is planned for this request, in order; what is over but not written up yet belongs to it."""
    return list(
        db.session.scalars(
            sa.select(Consultation)
            .where(
                Consultation.help_request_id == request.id, Consultation.state == ConsultationState.PLANNED
            )
            .order_by(Consultation.starts_at)
        )
    )


def ahead(request: HelpRequest, now: datetime) -> list[Consultation]:
    """Of what is planned, what is not over yet or waits for another time, in order."""
    return [one for one in planned(request) if one.ends_at > now or open_cases.is_stopped(one.id)]


def chosen(request: HelpRequest, consultation_id: int | None) -> Consultation | None:
    """The planned date of that id; without an id the only one that is planned."""
    dates = planned(request)
    if consultation_id is None:
        return dates[0] if len(dates) == 1 else None
    return next((one for one in dates if one.id == consultation_id), None)


def cancel_by_family(request: HelpRequest, consultation: Consultation, now: datetime) -> None:
    """No reason is asked. The time is free again at once, calendars get a CANCEL.

    Raises :class:`TooLate` when it is nearer than the centre wants, or over: whether it was held is the
    specialist's to say.
    """
    _must_not_be_too_late(request, consultation, now)
    _cancel(request, [consultation], now, by_family=True, staff_id=None)


def cancel_following_by_family(request: HelpRequest, consultation: Consultation, now: datetime) -> None:
    """As :func:`cancel_by_family`, for this date of a series and all that follow."""
    _must_not_be_too_late(request, consultation, now)
    _cancel(request, _from(request, consultation), now, by_family=True, staff_id=None)


def cancel_by_centre(
    request: HelpRequest, consultation: Consultation, now: datetime, *, staff_id: int
) -> None:
    """The centre can't; the family may ask for another time on its page."""
    _cancel(request, [consultation], now, by_family=False, staff_id=staff_id)


def cancel_following_by_centre(
    request: HelpRequest, consultation: Consultation, now: datetime, *, staff_id: int
) -> None:
    """As :func:`cancel_by_centre`, for this date of a series and all that follow."""
    _cancel(request, _from(request, consultation), now, by_family=False, staff_id=staff_id)


def withdraw_request(request: HelpRequest, now: datetime) -> None:
    """The family takes its request back; what was held or planned is free again."""
    lock(request)
    dates = ahead(request, now)
    for consultation in dates:
        _call_off(request, consultation, now, by_family=True, staff_id=None)
    _tell_family_of(request, dates, now)
    _take_back(request, now)


def withdraw_consent(request: HelpRequest, now: datetime) -> None:
    """Future dates off, data blocked at once, destroyed within 30 days; numbers without names stay.

    The family gets one letter, which also takes the consultation out of its calendar; a letter for each
    where several were planned, since calendars read one date a letter.
    """
    lock(request)
    dates = ahead(request, now)
    for consultation in dates:
        _call_off(request, consultation, now, by_family=True, staff_id=None)
    dates = dates or _still_in_calendar(request)
    if request.state != RequestState.WITHDRAWN:
        _take_back(request, now)
    request.destroy_by = now + DATA_DESTROYED_AFTER
    _tell_of_withdrawn_consent(request, dates, request.destroy_by, now)
    if request.email and request.email_confirmed_at:  # else somebody else may have typed the address
        subscribing.remove(request.centre_id, request.email, now)
    request.blocked_at = now
    personal_links.revoke_all(request, now)
    record(request.centre_id, "consent.withdraw", now, help_request_id=request.id)


def close_if_done(
    request: HelpRequest, consultation: Consultation, now: datetime, *, staff_id: int | None
) -> None:
    """After ``consultation`` ended one way or another: the request is closed once nothing is planned any more.

    The request must be locked.
    """
    if request.state == RequestState.CONFIRMED and not planned(request):
        change_request(request, RequestEvent.CLOSE, now, staff_id=staff_id, consultation_id=consultation.id)


def _must_not_be_too_late(request: HelpRequest, consultation: Consultation, now: datetime) -> None:
    """What we cannot hold ourselves may be cancelled at any time."""
    if open_cases.is_stopped(consultation.id):
        return
    centre = db.session.get_one(Centre, request.centre_id)
    if now >= consultation.ends_at:
        raise TooLate(phone=centre.phone)
    moves.must_be_in_notice(consultation.starts_at, centre.family_cancel_hours, now, centre.phone)


def _from(request: HelpRequest, consultation: Consultation) -> list[Consultation]:
    """This date and all planned ones after it."""
    lock(request)
    later = [one for one in planned(request) if one.starts_at > consultation.starts_at]
    return [consultation, *later]


def _cancel(
    request: HelpRequest,
    dates: Sequence[Consultation],
    now: datetime,
    *,
    by_family: bool,
    staff_id: int | None,
) -> None:
    lock(request)
    for consultation in dates:
        _call_off(request, consultation, now, by_family=by_family, staff_id=staff_id)
    family_dates.mend_series_calls(request, planned(request), now)
    _tell_family_of(request, dates, now)
    close_if_done(request, dates[0], now, staff_id=staff_id)


def _take_back(request: HelpRequest, now: datetime) -> None:
    offers.release(request, now)
    change_request(request, RequestEvent.WITHDRAW, now)
    drop_calls(request, list(LetterKind), now)


def _still_in_calendar(request: HelpRequest) -> list[Consultation]:
    """Called off just before: the letters that say so still wait, and go to nobody once data are blocked."""
    return list(
        db.session.scalars(
            sa.select(Consultation)
            .join(Letter, Letter.consultation_id == Consultation.id)
            .where(
                Letter.help_request_id == request.id,
                Letter.kind.in_((LetterKind.CANCELLED_BY_FAMILY, LetterKind.CANCELLED_BY_CENTRE)),
                Letter.state == LetterState.PENDING,
            )
            .order_by(Consultation.starts_at)
        )
    )


def _tell_of_withdrawn_consent(
    request: HelpRequest, dates: Sequence[Consultation], destroy_by: datetime, now: datetime
) -> None:
    centre = db.session.get_one(Centre, request.centre_id)
    delete_by = (destroy_by - timedelta(days=1)).astimezone(centre.zone_info).date()
    facts = {"delete_by": delete_by.isoformat()}
    if not dates:
        tell_family(request, LetterKind.CONSENT_WITHDRAWN, facts, now, occasion="1")
    told = [Told(one, {**facts, **meeting_facts(one)}) for one in dates]
    family_dates.tell(request, LetterKind.CONSENT_WITHDRAWN, told, now)


def _tell_family_of(request: HelpRequest, dates: Sequence[Consultation], now: datetime) -> None:
    """The letter about a cancelled consultation takes it out of the family's calendar."""
    if not dates:
        return
    by_family = dates[0].cancelled_by_family
    kind = LetterKind.CANCELLED_BY_FAMILY if by_family else LetterKind.CANCELLED_BY_CENTRE
    family_dates.tell(request, kind, [Told(one, meeting_facts(one)) for one in dates], now)


def _call_off(
    request: HelpRequest, consultation: Consultation, now: datetime, *, by_family: bool, staff_id: int | None
) -> None:
    """The time is free, reminders and calls are off, the specialists are told. The family is told apart."""
    change_consultation(consultation, ConsultationEvent.CANCEL, now, staff_id=staff_id, by_family=by_family)
    move_cases.end_with(consultation, now, staff_id=staff_id)
    consultation.cancelled_at = now
    consultation.cancelled_by_family = by_family
    consultation.calendar_sequence += 1
    timetable.release_consultation(consultation.id)
    db.session.execute(
        sa.update(Participation)
        .where(Participation.consultation_id == consultation.id)
        .values(state=ParticipationState.WITHDRAWN)
    )
    family_dates.drop_calls_about(consultation, now)
    drop_reminders(consultation.id)
    people = specialists_of(consultation)
    facts = meeting_facts(consultation, people)
    for person in people:
        tell_staff(
            person,
            LetterKind.BOOKING_CANCELLED,
            facts,
            now,
            occasion=occasion_of(consultation),
            request=request,
            consultation=consultation,
        )
