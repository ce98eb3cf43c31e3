"""A repeat date for those who found no seat: made by the host, taken or declined by each person."""

from datetime import datetime

import sqlalchemy as sa

from webapp.models import Centre, GroupEvent, Registration, db
from webapp.rules import groups
from webapp.rules.errors import WrongState
from webapp.rules.groups import EventState, OpenTo, RegistrationState
from webapp.rules.letters import LetterKind
from webapp.services.events import group_events
from webapp.services.help_requests.lifecycle import record
from webapp.services.seats import halls, participant_letters, registrations, seating
from webapp.services.times import timetable

TAKES, DECLINES = "takes", "declines"


def make(
    centre: Centre, first: GroupEvent, starts_at: datetime, capacity: int, now: datetime, *, staff_id: int
) -> GroupEvent:
    """The same event once more, at ``starts_at``; whoever waits for the first is offered a seat in order.

    Offers go out when it is announced: at once, or when it is approved where its type needs that.
    Raises :class:`WrongState` for an event that is not announced, :class:`NotFree` when not all hosts are
    free, and what :func:`group_events.make` raises.
    """
    if first.state not in (EventState.ANNOUNCED, EventState.CLOSED):
        raise WrongState(state=first.state)
    plan = group_events.plan_of(first, starts=[starts_at], capacity=capacity)
    timetable.must_be_free(
        centre,
        plan.host_ids,
        starts_at,
        now,
        minutes=plan.minutes,
        notice=False,
        days=timetable.SCHOOL_YEAR,
        field="at",
    )
    repeat = group_events.make(centre, plan, now, staff_id=staff_id)
    repeat.repeats_event_id = first.id
    db.session.flush()
    group_events.submit(centre, repeat, now, staff_id=staff_id)
    return repeat


def take(offered: Registration, now: datetime, *, staff_id: int | None = None) -> None:
    """The person takes the offered seat and leaves the waiting list of the first date.

    Taking it twice changes nothing. Raises :class:`WrongState` when the offer has run out,
    :class:`EventOver` when the date is off.
    """
    if offered.state == RegistrationState.SEATED:
        return
    event = db.session.get_one(GroupEvent, offered.group_event_id)
    groups.must_take_registrations(event.state, OpenTo.ANYBODY, event.ends_at, now, by_office=True)
    ran_out = offered.seat_until is not None and offered.seat_until <= now
    if ran_out or not halls.take_kept_seat(offered.id):
        raise WrongState(state=offered.state)
    db.session.expire(offered, ["state", "seat_until"])
    participant_letters.drop_waiting(offered.id, now)
    seating.take_seats(event.id, [offered], LetterKind.SEAT_CONFIRMED, now)
    record(
        event.centre_id,
        "registration.take",
        now,
        staff_id=staff_id,
        group_event_id=event.id,
        registration_id=offered.id,
    )
    first = _of_first_date(offered, event)
    if first is not None and first.state == RegistrationState.WAITING:
        registrations.give_back(first, now, staff_id=staff_id)


def decline(offered: Registration, now: datetime, *, staff_id: int | None = None) -> None:
    """The offered seat goes to the next in line; the place in the waiting list of the first date stays."""
    if offered.state != RegistrationState.OFFERED:
        raise WrongState(state=offered.state)
    event = db.session.get_one(GroupEvent, offered.group_event_id)
    registrations.give_back(offered, now, staff_id=staff_id)
    first = _of_first_date(offered, event)
    if first is not None:
        first.repeat_offered_until = None


def answer(event: GroupEvent, registration_id: int, said: str, now: datetime, *, staff_id: int) -> None:
    """What a person without e-mail said on the phone: ``takes`` or ``declines``.

    Raises ``NoResultFound`` (404) for somebody of another event and for any other answer.
    """
    offered = db.session.scalars(
        sa.select(Registration).where(
            Registration.id == registration_id,
            Registration.group_event_id == event.id,
            sa.literal(said).in_((TAKES, DECLINES)),
        )
    ).one()
    act = take if said == TAKES else decline
    act(offered, now, staff_id=staff_id)


def _of_first_date(offered: Registration, event: GroupEvent) -> Registration | None:
    """The same person's registration for the date that is repeated."""
    return db.session.scalar(
        sa.select(Registration).where(
            Registration.group_event_id == event.repeats_event_id,
            Registration.contact_hash == offered.contact_hash,
        )
    )
