"""Group events: forms, sizes, states, and who gets a seat."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from webapp.rules.errors import (
    BroadcastNeeded,
    EventOver,
    OwnDecision,
    RegisteredByOffice,
    TooManyRegistrations,
    WrongSize,
    WrongState,
)

REGISTRATIONS_PER_CONTACT = 10  # open at a time, in one centre
REGISTRATIONS_PER_SOURCE = 200  # an hour; a mobile network is one source
SOURCE_COUNTED_FOR = timedelta(hours=1)
TOO_FEW_TOLD_BEFORE = timedelta(days=1)
USUAL_HOSTS = 4  # a hall that is filled in leaves so many of them room on the video server
LARGEST_HALL = 1000  # seats: more is a broadcast, not a meeting
REPEAT_OFFER_LASTS = timedelta(days=2)


class Form(StrEnum):  # Remote consulting, 3.4; consultation points, 4.3
    SUBGROUP = "subgroup"
    MINI_GROUP = "mini_group"  # 2-3 children
    PLAY_SESSION = "play_session"  # with the child, a parent present
    WORKSHOP = "workshop"
    WEBINAR = "webinar"


class OpenTo(StrEnum):
    ANYBODY = "anybody"
    OFFICE = "office"  # only the centre registers


class ForWhom(StrEnum):
    """Who may have a material."""

    EVERYBODY = "everybody"
    REGISTERED = "registered"
    ATTENDED = "attended"


class EventState(StrEnum):
    DRAFT = "draft"
    PROPOSED = "proposed"
    ANNOUNCED = "announced"
    CANCELLED = "cancelled"
    CLOSED = "closed"


class EventAction(StrEnum):
    PROPOSE = "propose"
    RETURN = "return"
    ANNOUNCE = "announce"
    CANCEL = "cancel"
    CLOSE = "close"


EVENT_TRANSITIONS: dict[tuple[EventState, EventAction], EventState] = {
    (EventState.DRAFT, EventAction.PROPOSE): EventState.PROPOSED,
    (EventState.DRAFT, EventAction.ANNOUNCE): EventState.ANNOUNCED,
    (EventState.DRAFT, EventAction.CANCEL): EventState.CANCELLED,
    (EventState.PROPOSED, EventAction.RETURN): EventState.DRAFT,
    (EventState.PROPOSED, EventAction.ANNOUNCE): EventState.ANNOUNCED,
    (EventState.PROPOSED, EventAction.CANCEL): EventState.CANCELLED,
    (EventState.ANNOUNCED, EventAction.CANCEL): EventState.CANCELLED,
    (EventState.ANNOUNCED, EventAction.CLOSE): EventState.CLOSED,
}


class RegistrationState(StrEnum):
    HELD = "held"  # a seat until the address is confirmed
    OFFERED = "offered"  # a seat of a repeat date, kept until the person takes it
    SEATED = "seated"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"


class RegistrationAction(StrEnum):
    CONFIRM = "confirm"
    TAKE = "take"  # the offered seat
    LAPSE = "lapse"
    GIVE_BACK = "give_back"
    SEAT = "seat"  # the next in the waiting list, a seat at once
    HOLD = "hold"  # likewise, but its address is still to be confirmed
    REMOVE = "remove"  # "this wasn't me", withdrawn consent


REGISTRATION_TRANSITIONS: dict[tuple[RegistrationState, RegistrationAction], RegistrationState] = {
    (RegistrationState.HELD, RegistrationAction.CONFIRM): RegistrationState.SEATED,
    (RegistrationState.HELD, RegistrationAction.LAPSE): RegistrationState.WITHDRAWN,
    (RegistrationState.HELD, RegistrationAction.GIVE_BACK): RegistrationState.WITHDRAWN,
    (RegistrationState.HELD, RegistrationAction.REMOVE): RegistrationState.WITHDRAWN,
    (RegistrationState.OFFERED, RegistrationAction.TAKE): RegistrationState.SEATED,
    (RegistrationState.OFFERED, RegistrationAction.LAPSE): RegistrationState.WITHDRAWN,
    (RegistrationState.OFFERED, RegistrationAction.GIVE_BACK): RegistrationState.WITHDRAWN,
    (RegistrationState.OFFERED, RegistrationAction.REMOVE): RegistrationState.WITHDRAWN,
    (RegistrationState.SEATED, RegistrationAction.GIVE_BACK): RegistrationState.WITHDRAWN,
    (RegistrationState.SEATED, RegistrationAction.REMOVE): RegistrationState.WITHDRAWN,
    (RegistrationState.WAITING, RegistrationAction.SEAT): RegistrationState.SEATED,
    (RegistrationState.WAITING, RegistrationAction.HOLD): RegistrationState.HELD,
    (RegistrationState.WAITING, RegistrationAction.GIVE_BACK): RegistrationState.WITHDRAWN,
    (RegistrationState.WAITING, RegistrationAction.REMOVE): RegistrationState.WITHDRAWN,
}

WITH_SEAT = (RegistrationState.HELD, RegistrationState.OFFERED, RegistrationState.SEATED)
FOR_A_WHILE = (RegistrationState.HELD, RegistrationState.OFFERED)  # to ``seat_until``
TAKING_PART = (*WITH_SEAT, RegistrationState.WAITING)


def next_event_state(state: str, action: EventAction) -> EventState:
    """Where ``action`` leads from ``state``. Raises :class:`WrongState` where it leads nowhere."""
    try:
        return EVENT_TRANSITIONS[EventState(state), action]
    except KeyError:
        raise WrongState(state=state) from None


def next_registration_state(state: str, action: RegistrationAction) -> RegistrationState:
    """Where ``action`` leads from ``state``. Raises :class:`WrongState` where it leads nowhere."""
    try:
        return REGISTRATION_TRANSITIONS[RegistrationState(state), action]
    except KeyError:
        raise WrongState(state=state) from None


def must_take_registrations(
    state: str, open_to: str, ends_at: datetime, now: datetime, *, by_office: bool
) -> None:
    """Raises :class:`EventOver` for what is past, cancelled or not announced, :class:`RegisteredByOffice`."""
    if state != EventState.ANNOUNCED or ends_at <= now:
        raise EventOver(reason="cancelled" if state == EventState.CANCELLED else "over")
    if open_to == OpenTo.OFFICE and not by_office:
        raise RegisteredByOffice()


def must_leave_room_for_one_more(of_contact: int, of_source: int, phone: str) -> None:
    """Quotas against false registrations: by contact first, by source high. Raises TooManyRegistrations."""
    if of_contact >= REGISTRATIONS_PER_CONTACT or of_source >= REGISTRATIONS_PER_SOURCE:
        raise TooManyRegistrations(phone=phone)


def must_be_sizes(minimum: int, maximum: int) -> None:
    """From how few to how many people a type of event is for. Raises :class:`WrongSize`."""
    if not 1 <= minimum <= LARGEST_HALL:
        raise WrongSize("minimum", least=1, most=LARGEST_HALL)
    if not minimum <= maximum <= LARGEST_HALL:
        raise WrongSize("maximum", least=minimum, most=LARGEST_HALL)


def must_have_size(minimum: int, capacity: int, type_maximum: int) -> None:
    """A hall holds at least its minimum, and no more than its type allows."""
    if minimum < 1 or capacity < minimum:
        raise WrongSize("capacity", least=max(minimum, 1), most=type_maximum)
    if capacity > type_maximum:
        raise WrongSize("capacity", least=minimum, most=type_maximum)


def must_not_be_own(staff_id: int, made_by: int, host_ids: Sequence[int]) -> None:
    """Nobody approves an event that they made or hold. Raises :class:`OwnDecision`."""
    if staff_id == made_by or staff_id in host_ids:
        raise OwnDecision()


def must_be_carried(capacity: int, hosts: int, server_carries: int, broadcast_url: str) -> None:
    """More people than the video server carries need a broadcast for those over it."""
    if capacity + hosts > server_carries and not broadcast_url:
        raise BroadcastNeeded("broadcast_url", carries=server_carries, seats=server_carries - hosts)


def seats_to_begin_with(minimum: int, maximum: int, server_carries: int) -> int:
    """What the form of a new event proposes: as many as its type allows, but no more than needs a broadcast."""
    return max(minimum, min(maximum, server_carries - USUAL_HOSTS))


def in_room(place: int, hosts: int, server_carries: int) -> bool:
    """Whether the ``place``-th participant finds room on the video server, or watches the broadcast."""
    return place + hosts <= server_carries


def seat_until(now: datetime, within_hours: int, starts_at: datetime) -> datetime:
    """Until when a seat is held for an address that is still to be confirmed: at most to the start."""
    return min(now + timedelta(hours=within_hours), starts_at)


def repeat_offered_until(now: datetime, starts_at: datetime) -> datetime:
    """Until when a seat of a repeat date is kept for somebody who waits: at most to the start."""
    return min(now + REPEAT_OFFER_LASTS, starts_at)


def too_few(seats_taken: int, minimum: int, starts_at: datetime, now: datetime) -> bool:
    """Whether the host is warned now: below the minimum, a day before."""
    return seats_taken < minimum and starts_at - TOO_FEW_TOLD_BEFORE <= now < starts_at
