"""Jitsi's question "may this room open?" and our answer.

Prosody's `mod_reservations` asks once whenever a room is created. A body that is not a JSON object, a
`start_time` that is not a string, or a `message` that is not a string breaks the room until Prosody is
restarted, so every answer, refusals included, is made here.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from video.rooms import same_room
from video.tokens import DOOR_OPENS_BEFORE, TOKEN_LEEWAY

# A refusal is cached for 30 to 90 seconds, so the room opens a little before the first token is valid.
ROOM_OPENS_BEFORE = DOOR_OPENS_BEFORE + TOKEN_LEEWAY


@dataclass(frozen=True, slots=True)
class Booking:
    """The session a room belongs to. `ended` is set when the specialist ended it for all before its time,
    `stopped` while nobody knows yet whether it is held."""

    id: str
    room: str
    starts_at: datetime
    ends_at: datetime
    cancelled: bool
    ended: bool
    stopped: bool = False
    max_occupants: int | None = None


@dataclass(frozen=True, slots=True)
class Messages:
    """What people read when a room stays shut, in their language.

    `closed` serves a room that does not exist and one that is not open alike, so it must not tell which it
    is.
    """

    closed: str
    malformed: str
    unauthorised: str
    unavailable: str


@dataclass(frozen=True, slots=True)
class Grant:
    """The room opens. `body`: `id`, `name`, `mail_owner`, `start_time` (strings), `duration` (seconds)
    and, where the session has a limit, `max_occupants` (number)."""

    body: dict[str, str | int]
    status: int = 200


@dataclass(frozen=True, slots=True)
class Refusal:
    """The room stays shut. `body`: `message` (string), which the person reads in the Jitsi window."""

    status: int
    body: dict[str, str]


def decide(
    name: str, mail_owner: str, booking: Booking | None, now: datetime, messages: Messages
) -> Grant | Refusal:
    """May the room `name` open now? Depends on nothing but the arguments: asking twice changes nothing.

    `name` and `mail_owner` are the fields of the question, `booking` is what the caller found under that
    name (None: nothing). For Prosody's second question, by id, pass `booking.room` and an empty
    `mail_owner`.
    """
    if not name:
        return malformed(messages)
    if booking is None or not same_room(name, booking.room) or not _is_open(booking, now):
        return Refusal(403, {"message": str(messages.closed)})
    body: dict[str, str | int] = {
        "id": booking.id,
        "name": name,
        "mail_owner": mail_owner,
        "start_time": _iso_utc(booking.starts_at),
        "duration": (booking.ends_at - booking.starts_at) // timedelta(seconds=1),
    }
    if booking.max_occupants is not None:
        body["max_occupants"] = booking.max_occupants
    return Grant(body)


def malformed(messages: Messages) -> Refusal:
    """The answer to a question that lacks a field or cannot be read."""
    return Refusal(400, {"message": str(messages.malformed)})


def unauthorised(messages: Messages) -> Refusal:
    """The answer to somebody who does not hold the bearer token."""
    return Refusal(401, {"message": str(messages.unauthorised)})


def unavailable(messages: Messages) -> Refusal:
    """The answer while we cannot look anything up; Prosody asks again three times, 3 seconds apart."""
    return Refusal(503, {"message": str(messages.unavailable)})


def _is_open(booking: Booking, now: datetime) -> bool:
    in_time = booking.starts_at - ROOM_OPENS_BEFORE <= now < booking.ends_at
    return in_time and not (booking.cancelled or booking.ended or booking.stopped)


def _iso_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
