"""How somebody who registered stands before the door of a group meeting, and how hosts hear of trouble."""

from datetime import datetime, timedelta
from enum import StrEnum

from webapp.rules.consultations import Door, may_enter
from webapp.rules.groups import EventState, RegistrationState

PROBLEMS_TOLD_EVERY = timedelta(minutes=5)  # to each host, however many participants are in trouble


class Standing(StrEnum):
    """What the join page tells a participant."""

    OFF = "off"
    OVER = "over"
    HELD = "held"  # the address is to be confirmed first
    OFFERED = "offered"  # the seat is to be taken first
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"
    SKIPPED = "skipped"  # this date of a course was given up
    EARLY = "early"
    OPEN = "open"


_WITHOUT_SEAT = {
    RegistrationState.HELD: Standing.HELD,
    RegistrationState.OFFERED: Standing.OFFERED,
    RegistrationState.WAITING: Standing.WAITING,
    RegistrationState.WITHDRAWN: Standing.WITHDRAWN,
}


def standing(event_state: str, registration_state: str, *, door: Door, has_seat: bool) -> Standing:
    """How a participant stands. ``has_seat``: in this very meeting."""
    if event_state == EventState.CANCELLED or door is Door.CLOSED:
        return Standing.OFF
    if door is Door.OVER:
        return Standing.OVER
    if registration_state != RegistrationState.SEATED:
        return _WITHOUT_SEAT[RegistrationState(registration_state)]
    if not has_seat:
        return Standing.SKIPPED
    return Standing.OPEN if may_enter(door) else Standing.EARLY


def problems_told_at(first: datetime, now: datetime) -> datetime:
    """When hosts are told of a report at ``now``: of the first at once, of later ones together."""
    if now <= first:
        return first
    return first + PROBLEMS_TOLD_EVERY * ((now - first) // PROBLEMS_TOLD_EVERY + 1)


def most_occupants(capacity: int, seats_taken: int, hosts: int, server_carries: int) -> int:
    """How many the video server lets into the room. A hall made smaller takes no seat away."""
    return min(max(capacity, seats_taken) + hosts, server_carries)
