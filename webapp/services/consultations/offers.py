"""Up to three times offered to a family, held until it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import sqlalchemy as sa

from webapp.models import Centre, Engagement, HelpRequest, Offer, OfferedTime, Staff, db
from webapp.rules import consultations, help_requests
from webapp.rules.errors import InThePast, NothingChosen, TooManyTimes, WrongState
from webapp.rules.help_requests import MOST_OFFERED_TIMES, OFFER_WORKING_DAYS, RequestEvent
from webapp.rules.letters import LetterKind
from webapp.services.consultations import confirmation
from webapp.services.consultations.confirmation import Agreed, Booked
from webapp.services.help_requests.lifecycle import change_request, record
from webapp.services.mail.correspondence import deciders, drop_calls, tell_family, tell_staff
from webapp.services.times import timetable
from webapp.services.times.workdays import work_calendar

OFFER_ENDS = time(18, 0)  # by the centre's clock: a family reads "until 18:00", not "until midnight"


@dataclass(frozen=True)
class Proposal:
    """One time to offer; every one of the specialists must be free."""

    specialist_ids: Sequence[int]
    starts_at: datetime
    minutes: int


def offer(
    centre: Centre,
    request: HelpRequest,
    proposals: Sequence[Proposal],
    means: str,
    now: datetime,
    *,
    staff_id: int | None,
) -> Offer:
    """Offer up to three times; each is held until the family answers, at most two working days.

    Replaces an open offer and the request's own hold. Raises :class:`NothingChosen`,
    :class:`TooManyTimes`, :class:`SlotTaken`, :class:`TooLong`, :class:`MeansNotAllowed`.
    """
    must_be_offerable(centre, request, proposals, means, now)
    release(request, now)
    row = hold(centre, request, proposals, means, now, staff_id=staff_id)
    change_request(request, RequestEvent.OFFER, now, staff_id=staff_id, offer_id=row.id)
    request.assigned_specialist_id = proposals[0].specialist_ids[0]
    request.family_silent = False
    tell_family(request, LetterKind.TIMES_OFFERED, facts_of(row, proposals), now, occasion=str(row.id))
    return row


def must_be_offerable(
    centre: Centre, request: HelpRequest, proposals: Sequence[Proposal], means: str, now: datetime
) -> None:
    """The checks of :func:`offer`, for whoever else offers times to a family."""
    if not proposals:
        raise NothingChosen("times")
    if len(proposals) > MOST_OFFERED_TIMES:
        raise TooManyTimes("times", most=MOST_OFFERED_TIMES)
    consultations.must_be_allowed(means, centre.means)
    everybody = [person for proposal in proposals for person in proposal.specialist_ids]
    confirmation.must_be_reachable(centre, request, means)
    confirmation.bookable(centre, request, everybody)
    for proposal in proposals:
        consultations.must_fit(proposal.minutes, means, centre.limit_minutes)
        consultations.must_lie_ahead(proposal.starts_at, now)


def hold(
    centre: Centre,
    request: HelpRequest,
    proposals: Sequence[Proposal],
    means: str,
    now: datetime,
    *,
    staff_id: int | None,
    move_id: int | None = None,
) -> Offer:
    """The offer with all its times held. Nobody is told. Raises :class:`SlotTaken`, :class:`InThePast`."""
    limit = answer_limit(centre, now)
    until = max(_held_until(centre, proposal, limit, now) for proposal in proposals)
    row = Offer(
        help_request_id=request.id, move_id=move_id, means=means, made_at=now, made_by=staff_id, until=until
    )
    db.session.add(row)
    db.session.flush()
    _hold_times(centre, request, row, proposals, limit, now)
    return row


def _hold_times(
    centre: Centre,
    request: HelpRequest,
    row: Offer,
    proposals: Sequence[Proposal],
    limit: datetime,
    now: datetime,
) -> None:
    for proposal in sorted(proposals, key=lambda one: one.starts_at):
        db.session.add(
            OfferedTime(
                offer_id=row.id,
                starts_at=proposal.starts_at,
                minutes=proposal.minutes,
                specialist_ids=list(proposal.specialist_ids),
            )
        )
        timetable.engage(
            centre,
            proposal.specialist_ids,
            proposal.starts_at,
            proposal.starts_at + timedelta(minutes=proposal.minutes),
            now,
            help_request_id=request.id,
            offer_id=row.id,
            hold_until=_held_until(centre, proposal, limit, now),
            field="times",
        )


def answer_limit(centre: Centre, now: datetime) -> datetime:
    """Until when an offer made now is held at most: two working days, to the end of the office's day."""
    today = now.astimezone(centre.zone_info).date()
    last = work_calendar(centre).next_working_days(today, OFFER_WORKING_DAYS)[-1]
    return datetime.combine(last, OFFER_ENDS, centre.zone_info)


def open_offer(request: HelpRequest) -> Offer | None:
    """Of times for a date that is still to be set; one that is to move has its own (``move_offers``)."""
    return db.session.scalar(
        sa.select(Offer).where(
            Offer.help_request_id == request.id, Offer.state == "open", Offer.move_id.is_(None)
        )
    )


def made_by(move_id: int) -> Staff | None:
    """Who made the open offer of a case."""
    return db.session.scalar(
        sa.select(Staff)
        .join(Offer, Offer.made_by == Staff.id)
        .where(Offer.move_id == move_id, Offer.state == "open")
    )


def end_of_move(move_id: int, now: datetime, state: str = "refused") -> bool:
    """Let go of what is offered for a move, and of the call about it; returns whether anything was, and nobody
    was faster."""
    ended = db.session.execute(
        sa.update(Offer)
        .where(Offer.move_id == move_id, Offer.state == "open")
        .values(state=state)
        .returning(Offer.id, Offer.help_request_id)
    ).all()
    for row in ended:
        drop_calls(db.session.get_one(HelpRequest, row.help_request_id), [LetterKind.TIMES_OFFERED], now)
    db.session.execute(sa.delete(Engagement).where(Engagement.offer_id.in_([row.id for row in ended])))
    return bool(ended)


def offered_times(offer_row: Offer) -> list[OfferedTime]:
    return list(
        db.session.scalars(
            sa.select(OfferedTime).where(OfferedTime.offer_id == offer_row.id).order_by(OfferedTime.starts_at)
        )
    )


def accept(
    centre: Centre,
    request: HelpRequest,
    offered_time_id: int,
    now: datetime,
    *,
    staff_id: int | None = None,
) -> Booked:
    """The family takes one of the offered times; the others are released at once.

    Raises :class:`WrongState` when the offer is no longer open, or does not hold this time any more.
    """
    row = open_offer(request)
    if row is None or row.until <= now:
        raise WrongState(state=request.state)
    chosen = db.session.scalar(
        sa.select(OfferedTime).where(OfferedTime.id == offered_time_id, OfferedTime.offer_id == row.id)
    )
    if chosen is None:
        raise NothingChosen("time")
    row.state = "accepted"
    agreed = Agreed(chosen.specialist_ids, chosen.starts_at, chosen.minutes, row.means)
    return confirmation.confirm(centre, request, agreed, now, staff_id=staff_id)


def refuse(request: HelpRequest, now: datetime, *, words: str = "", staff_id: int | None = None) -> None:
    """None of the times suits the family: who answers for the centre is told, and finds what suits instead.

    ``staff_id``: who heard it on the phone, and need not be told.
    """
    release(request, now)
    change_request(request, RequestEvent.OFFER_REFUSED, now, staff_id=staff_id, words=words)
    for person in deciders(db.session.get_one(Centre, request.centre_id)):
        if person.id != staff_id:
            tell_staff(
                person,
                LetterKind.TIMES_REFUSED,
                {"number": request.number, "told_what_suits": bool(words)},
                now,
                occasion=f"{request.id}:{now.isoformat()}",
                request=request,
            )


def release(request: HelpRequest, now: datetime) -> None:
    """Let go of everything that the request holds or was offered; nobody is called about it any more."""
    _end_open_offers(request, now)
    timetable.release_holds(request.id)
    drop_calls(request, [LetterKind.TIMES_OFFERED], now)


def lapse_due(now: datetime) -> int:
    """End offers that ran out and delete lapsed holds. Returns how many offers ended.

    The request returns to the deputy's list, marked "answered, family silent".
    """
    lapsed = db.session.scalars(sa.select(Offer).where(Offer.state == "open", Offer.until <= now)).all()
    for row in lapsed:
        request = _end(row, now)
        if request is not None:
            request.family_silent = True
    db.session.execute(sa.delete(Engagement).where(Engagement.hold_until <= now))
    return len(lapsed)


def withdraw(specialist_id: int, starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Let go of what is held of a specialist who is away; an offer of which nothing is left ends."""
    held = db.session.execute(
        sa.delete(Engagement)
        .where(
            Engagement.specialist_id == specialist_id,
            Engagement.hold_until > now,
            Engagement.starts_at < ends_at,
            Engagement.ends_at > starts_at,
        )
        .returning(Engagement.offer_id, Engagement.starts_at)
    ).all()
    touched = {row.offer_id for row in held if row.offer_id is not None}
    for offer_id, time_at in held:
        for model in (OfferedTime, Engagement):  # the others who were asked along are free then, too
            db.session.execute(sa.delete(model).where(model.offer_id == offer_id, model.starts_at == time_at))
    for row in db.session.scalars(sa.select(Offer).where(Offer.id.in_(touched))).all():
        if not offered_times(row):
            request = _end(row, now)
            if request is not None:
                drop_calls(request, [LetterKind.TIMES_OFFERED], now)


def _end(row: Offer, now: datetime) -> HelpRequest | None:
    """The offer is over; returns the request that is back in the deputy's list by that.

    The case of a move stands in the list as before.
    """
    request = db.session.get_one(HelpRequest, row.help_request_id)
    row.state = "lapsed"
    if row.move_id is not None:
        record(request.centre_id, "move.offer_lapsed", now, help_request_id=request.id, case=row.move_id)
        return None
    try:
        with db.session.begin_nested():
            change_request(request, RequestEvent.OFFER_LAPSED, now, offer_id=row.id)
    except WrongState:  # declined or withdrawn meanwhile: nothing returns to the list
        return None
    return request


def _end_open_offers(request: HelpRequest, now: datetime) -> None:
    ended = db.session.execute(
        sa.update(Offer)
        .where(Offer.help_request_id == request.id, Offer.state == "open")
        .values(state="refused")
        .returning(Offer.id)
    ).all()
    for row in ended:
        record(request.centre_id, "offer.refused", now, help_request_id=request.id, offer_id=row.id)


def _held_until(centre: Centre, proposal: Proposal, limit: datetime, now: datetime) -> datetime:
    """The staff may offer a time nearer than the notice for families: then it is held to its start."""
    notice = timedelta(hours=centre.notice_hours)
    until = help_requests.hold_until(limit, proposal.starts_at, notice)
    if until <= now:
        until = help_requests.hold_until(limit, proposal.starts_at, timedelta(0))
    if until <= now:
        raise InThePast("times")
    return until


def facts_of(row: Offer, proposals: Sequence[Proposal]) -> dict[str, object]:
    """What the letter tells of an offer. An early time may be held less long than the others."""
    wanted = {person for proposal in proposals for person in proposal.specialist_ids}
    names = {
        row.id: row.name
        for row in db.session.execute(sa.select(Staff.id, Staff.name).where(Staff.id.in_(wanted)))
    }
    holds = sa.select(Engagement.starts_at, Engagement.hold_until).where(Engagement.offer_id == row.id)
    ends = {hold.starts_at: hold.hold_until for hold in db.session.execute(holds)}
    return {
        "offer_id": row.id,
        "means": row.means,
        "until": row.until.isoformat(),
        "times": [
            {
                "starts_at": proposal.starts_at.isoformat(),
                "minutes": proposal.minutes,
                "specialists": [names[person] for person in proposal.specialist_ids],
                "until": ends[proposal.starts_at].isoformat(),
            }
            for proposal in sorted(proposals, key=lambda one: one.starts_at)
        ],
    }
