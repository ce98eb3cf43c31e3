"""A consultation by the clock: its states, its door, its length, its check."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from webapp.rules.errors import InThePast, MeansNotAllowed, TooLong, WrongState

DOOR_OPENS_BEFORE = timedelta(minutes=10)
LAST_MINUTES = timedelta(minutes=5)  # Remote consulting, 4.3.1: both sides see it
OVERRUN_FLAGGED_FROM = timedelta(minutes=2)  # the video server closes up to a minute late
CHECK_BEFORE = timedelta(minutes=30)  # Remote consulting, 4.2
CHECK_AGAIN_BEFORE = timedelta(minutes=15)
CHECK_DEPUTY_BEFORE = timedelta(minutes=5)
CHECK_COUNTS_FROM = timedelta(hours=1)  # an earlier one says nothing about this session
UNBROKEN_ROW_GAP = timedelta(minutes=30)  # gaps under this: one check before the first is enough
DAY_BEFORE = timedelta(days=1)
HOUR_BEFORE = timedelta(hours=1)
NO_SHOW = "no_show"  # why a consultation was not held: the family did not come


class ConsultationState(StrEnum):
    PLANNED = "planned"
    HELD = "held"
    NOT_HELD = "not_held"
    CANCELLED = "cancelled"


class ConsultationEvent(StrEnum):
    HOLD = "hold"
    MISS = "miss"
    CANCEL = "cancel"


TRANSITIONS: dict[tuple[ConsultationState, ConsultationEvent], ConsultationState] = {
    (ConsultationState.PLANNED, ConsultationEvent.HOLD): ConsultationState.HELD,
    (ConsultationState.PLANNED, ConsultationEvent.MISS): ConsultationState.NOT_HELD,
    (ConsultationState.PLANNED, ConsultationEvent.CANCEL): ConsultationState.CANCELLED,
    (ConsultationState.NOT_HELD, ConsultationEvent.HOLD): ConsultationState.HELD,
    (ConsultationState.HELD, ConsultationEvent.MISS): ConsultationState.NOT_HELD,
}


class ParticipationState(StrEnum):
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    ATTENDED = "attended"
    ABSENT = "absent"


class Means(StrEnum):
    VIDEO = "video"
    VOICE = "voice"
    CHAT = "chat"
    PHONE = "phone"
    IN_PERSON = "in_person"
    EMAIL = "email"
    MESSENGER = "messenger"


ONLINE = frozenset({Means.VIDEO, Means.VOICE, Means.CHAT})  # in a room, bound by the limit
REFUSED_IN = {"RU": frozenset({Means.MESSENGER})}  # Russian schools may not use foreign messengers


class Door(StrEnum):
    EARLY = "early"
    OPEN = "open"  # before the start
    RUNNING = "running"
    LAST_MINUTES = "last_minutes"
    OVER = "over"
    CLOSED = "closed"  # cancelled, ended, or nothing to enter
    DELAYED = "delayed"  # it would be open, but an open case stops it: nobody waits in an empty room


def next_state(state: str, event: ConsultationEvent) -> ConsultationState:
    """Where ``event`` leads from ``state``. Raises :class:`WrongState` where it leads nowhere."""
    try:
        return TRANSITIONS[ConsultationState(state), event]
    except KeyError:
        raise WrongState(state=state) from None


def is_online(means: str) -> bool:
    return means in ONLINE


def needs_phone(means: str) -> bool:
    return means == Means.PHONE


def must_be_allowed(means: str, allowed: Sequence[str]) -> None:
    if means not in allowed:
        raise MeansNotAllowed("means")


def must_fit(minutes: int, means: str, limit_minutes: int) -> None:
    """The centre's limit binds every online session; phone, letter and a visit are free of it."""
    if is_online(means) and minutes > limit_minutes:
        raise TooLong("minutes", limit=limit_minutes)


def must_lie_ahead(starts_at: datetime, now: datetime, field: str = "starts_at") -> None:
    if starts_at <= now:
        raise InThePast(field)


def door(
    state: str,
    starts_at: datetime,
    ends_at: datetime,
    ended_for_all: bool,
    now: datetime,
    *,
    stopped: bool = False,
) -> Door:
    """How the door stands at ``now``. Entry is held back by the page and by the token until it opens.

    ``stopped``: by an open case (``rules.moves``). What is stopped is not over, however late it is.
    """
    if state == ConsultationState.CANCELLED:
        return Door.CLOSED
    if stopped and now >= starts_at - DOOR_OPENS_BEFORE:
        return Door.DELAYED
    if ended_for_all or now >= ends_at:
        return Door.OVER
    if now < starts_at - DOOR_OPENS_BEFORE:
        return Door.EARLY
    if now < starts_at:
        return Door.OPEN
    return Door.LAST_MINUTES if now >= ends_at - LAST_MINUTES else Door.RUNNING


def may_enter(door_now: Door) -> bool:
    return door_now in {Door.OPEN, Door.RUNNING, Door.LAST_MINUTES}


def overran(finished_at: datetime, ends_at: datetime) -> bool:
    return finished_at - ends_at >= OVERRUN_FLAGGED_FROM


def reminders_due(starts_at: datetime, now: datetime) -> list[tuple[str, datetime]]:
    """Reminders to the family that still lie ahead: ``[("day_before", …), ("hour_before", …)]``."""
    plan = [("day_before", starts_at - DAY_BEFORE), ("hour_before", starts_at - HOUR_BEFORE)]
    return [(kind, due_at) for kind, due_at in plan if due_at > now]


def check_counts(done_at: datetime, row_starts_at: datetime, row_ends_at: datetime) -> bool:
    """Whether a check says something about an unbroken row: done in the hour before it, or during it."""
    return row_starts_at - CHECK_COUNTS_FROM <= done_at < row_ends_at


def row_starts(sessions: Sequence[tuple[datetime, datetime]]) -> list[datetime]:
    """For each session (start, end) of one specialist, in order: the start of its unbroken row.

    In a row (gaps under 30 minutes) one check before the first session is enough.
    """
    starts: list[datetime] = []
    row_ends: datetime | None = None
    for starts_at, ends_at in sessions:
        broken = row_ends is None or starts_at - row_ends >= UNBROKEN_ROW_GAP
        starts.append(starts_at if broken else starts[-1])
        row_ends = ends_at if row_ends is None else max(row_ends, ends_at)
    return starts
