"""Who was in a room and how long: the events of Jitsi's `event_sync` module, read and summed up.

Events come over the internet, without an id, sometimes twice and sometimes in the wrong order. One stay is
known by the room's address, the occupant's address and the second in which it began.
Source: https://github.com/jitsi-contrib/prosody-plugins/tree/main/event_sync
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from video.rooms import normalised

ADDRESS_LENGTH = 3071  # RFC 7622: three parts of 1023 bytes and two separators
GUEST_ID_LENGTH = 200
LATEST_EPOCH_SECONDS = 4_102_444_800  # the year 2100; what lies beyond are milliseconds or rubbish

Interval = tuple[datetime, datetime]


class UnreadableEvent(ValueError):
    """The payload is not an event of `event_sync`; the text names the field, never its value."""


@dataclass(frozen=True, slots=True)
class Occupancy:
    """One stay of one device. `left_at` is None while it lasts, `guest_id` is "" for one without a token."""

    guest_id: str
    occupant_jid: str
    joined_at: datetime
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class OccupantEvent:
    """Somebody joined (`occupancy.left_at` is None) or left. `room` is as `rooms.normalised` writes it.

    In a breakout room, `room` and `room_jid` are those of the main room.
    """

    room: str
    room_jid: str
    is_breakout: bool
    occupancy: Occupancy

    @property
    def key(self) -> tuple[str, str, datetime]:
        """What makes two events speak of the same stay."""
        return (self.room_jid, self.occupancy.occupant_jid, self.occupancy.joined_at)


@dataclass(frozen=True, slots=True)
class RoomEvent:
    """A room was created (`destroyed_at` is None) or destroyed; then `occupancies` lists who had been in it.

    The list is the best source to reconcile, not a complete one: of a device that left and came back it
    holds only the last stay.
    """

    room: str
    room_jid: str
    is_breakout: bool
    created_at: datetime
    destroyed_at: datetime | None
    occupancies: tuple[Occupancy, ...]


@dataclass(frozen=True, slots=True)
class Presence:
    """When a person or a side was there: one or more intervals, in order, that do not touch."""

    intervals: tuple[Interval, ...]

    @property
    def first_joined(self) -> datetime:
        """The beginning of the first interval."""
        return self.intervals[0][0]

    @property
    def last_left(self) -> datetime:
        """The end of the last interval."""
        return self.intervals[-1][1]

    @property
    def inside(self) -> timedelta:
        """Time inside, gaps not counted."""
        return sum((end - start for start, end in self.intervals), timedelta())

    @property
    def minutes(self) -> int:
        """The same, rounded to whole minutes."""
        return (self.inside + timedelta(seconds=30)) // timedelta(minutes=1)


def read_event(payload: object) -> OccupantEvent | RoomEvent:
    """Read one decoded JSON body; times are epoch seconds. Raises UnreadableEvent for anything else.

    Names and e-mail addresses in it are not read: the participant's id is enough.
    """
    fields = _mapping(payload, "event")
    room = normalised(_text(fields, "room_name", ADDRESS_LENGTH))
    room_jid = _text(fields, "room_jid", ADDRESS_LENGTH)
    is_breakout = fields.get("is_breakout", False)
    if not isinstance(is_breakout, bool):
        raise UnreadableEvent("is_breakout")
    match fields.get("event_name"):
        case "muc-occupant-joined":
            occupancy = replace(_occupancy(fields.get("occupant")), left_at=None)
            return OccupantEvent(room, room_jid, is_breakout, occupancy)
        case "muc-occupant-left":
            occupancy = _occupancy(fields.get("occupant"))
            if occupancy.left_at is None:
                raise UnreadableEvent("left_at")
            return OccupantEvent(room, room_jid, is_breakout, occupancy)
        case "muc-room-created":
            return RoomEvent(room, room_jid, is_breakout, _moment(fields, "created_at"), None, ())
        case "muc-room-destroyed":
            destroyed_at = _moment(fields, "destroyed_at")
            stays = (_occupancy(occupant) for occupant in _occupants(fields.get("all_occupants")))
            # Whoever the room's end took by surprise has no time of leaving.
            ended = tuple(stay if stay.left_at else replace(stay, left_at=destroyed_at) for stay in stays)
            return RoomEvent(room, room_jid, is_breakout, _moment(fields, "created_at"), destroyed_at, ended)
        case _:
            raise UnreadableEvent("event_name")


def reconciled(known: Occupancy, arriving: Occupancy) -> Occupancy:
    """What is known of one stay after another event about it, in whichever order the two came.

    Of two times of leaving the earlier one was seen; the later one is the end of the room put in for a
    missing one.
    """
    departures = [stay.left_at for stay in (known, arriving) if stay.left_at is not None]
    return replace(known, guest_id=known.guest_id or arriving.guest_id, left_at=min(departures, default=None))


def presence(occupancies: Iterable[Occupancy], *, until: datetime) -> dict[str, Presence]:
    """When each guest was in the room of one consultation, by guest id; several devices are one person.

    Stays that still last are counted up to `until` (now, or when the room was closed); those of nobody
    known are left out. Repeated and unordered stays do no harm.
    """
    stays: dict[tuple[str, datetime], Occupancy] = {}
    for stay in occupancies:
        key = (stay.occupant_jid, stay.joined_at)
        stays[key] = reconciled(stays[key], stay) if key in stays else stay
    intervals: dict[str, list[Interval]] = {}
    for stay in stays.values():
        if stay.guest_id and stay.joined_at <= until:
            left_at = min(stay.left_at or until, until)
            interval = (stay.joined_at, max(stay.joined_at, left_at))
            intervals.setdefault(stay.guest_id, []).append(interval)
    return {guest_id: Presence(_union(of_guest)) for guest_id, of_guest in intervals.items()}


def together(specialists: Iterable[Presence], families: Iterable[Presence]) -> Presence | None:
    """When at least one specialist and one of the family were in the room at once; None if they never met.

    Its `first_joined`, `last_left` and `minutes` are what the journal proposes as actual start, end and
    length.
    """
    one_side = _union(interval for side in specialists for interval in side.intervals)
    other_side = _union(interval for side in families for interval in side.intervals)
    shared = [
        (max(start, other_start), min(end, other_end))
        for start, end in one_side
        for other_start, other_end in other_side
        if max(start, other_start) < min(end, other_end)
    ]
    return Presence(_union(shared)) if shared else None


def _union(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def _occupants(value: object) -> list[object]:
    # Lua has one kind of table: an empty list arrives as an empty object.
    if value == {}:
        return []
    if not isinstance(value, list):
        raise UnreadableEvent("all_occupants")
    return value


def _occupancy(value: object) -> Occupancy:
    fields = _mapping(value, "occupant")
    left_at = _moment(fields, "left_at") if fields.get("left_at") is not None else None
    return Occupancy(
        guest_id=_text(fields, "id", GUEST_ID_LENGTH) if fields.get("id") is not None else "",
        occupant_jid=_text(fields, "occupant_jid", ADDRESS_LENGTH),
        joined_at=_moment(fields, "joined_at"),
        left_at=left_at,
    )


def _mapping(value: object, field: str) -> Mapping[object, object]:
    if not isinstance(value, dict):
        raise UnreadableEvent(field)
    return value


def _text(fields: Mapping[object, object], field: str, longest: int) -> str:
    value = fields.get(field)
    # Control characters and lone surrogates are legal JSON, but no database stores them.
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
        raise UnreadableEvent(field)
    return value


def _moment(fields: Mapping[object, object], field: str) -> datetime:
    value = fields.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnreadableEvent(field)
    if not 0 <= value < LATEST_EPOCH_SECONDS:
        raise UnreadableEvent(field)
    return datetime.fromtimestamp(value, UTC)
