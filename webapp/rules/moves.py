"""When a consultation cannot be held as agreed: the states of a case, who decides, who may do what alone."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from webapp.rules.errors import EarlyNoShow, OwnDecision, TooLate, WrongState

REMIND_BEFORE = timedelta(minutes=10)  # undecided then: reminded, and the next one up is told
REMIND_OF_WISH_BEFORE = timedelta(days=1)  # a family's wish has days to be answered, as a request has
NO_SHOW_FROM = timedelta(minutes=15)  # after the start; before that only with a warning


class MoveState(StrEnum):
    REPORTED = "reported"
    ALLOWED = "allowed"
    REFUSED = "refused"
    TAKEN_BACK = "taken_back"
    DONE = "done"


class MoveEvent(StrEnum):
    ALLOW = "allow"
    REFUSE = "refuse"
    TAKE_BACK = "take_back"  # it works again
    DO = "do"  # a new date is set, or another means or specialist


class Noted(StrEnum):
    """What the history of a case tells besides its events."""

    REPORT = "report"
    WISH = "wish"
    PROPOSE = "propose"
    REMIND = "remind"
    TELL_UP = "tell_up"
    OFFER = "offer"
    OFFER_REFUSED = "offer_refused"


TRANSITIONS: dict[tuple[MoveState, MoveEvent], MoveState] = {
    (MoveState.REPORTED, MoveEvent.ALLOW): MoveState.ALLOWED,
    (MoveState.REPORTED, MoveEvent.REFUSE): MoveState.REFUSED,
    (MoveState.REPORTED, MoveEvent.TAKE_BACK): MoveState.TAKEN_BACK,
    (MoveState.ALLOWED, MoveEvent.DO): MoveState.DONE,
}

OPEN = (MoveState.REPORTED, MoveState.ALLOWED)


class Cause(StrEnum):
    TECHNICAL = "technical"  # Remote consulting, 4.2.1
    ABSENCE = "absence"
    SPECIALIST = "specialist"
    FAMILY = "family"


# The specialist cannot use the time, so nobody else shall be booked into it until it is freed.
CLOSES_THE_TIME = (Cause.TECHNICAL, Cause.SPECIALIST)


class Failure(StrEnum):
    WORKPLACE = "workplace"
    CAMERA = "camera"
    MICROPHONE = "microphone"
    SOUND = "sound"
    LINK = "link"
    PROGRAM = "program"
    POWER = "power"
    OTHER = "other"


class Change(StrEnum):
    """What a centre may let a specialist do alone."""

    MEANS = "means"
    MOVE = "move"
    CANCEL = "cancel"


def next_state(state: str, event: MoveEvent) -> MoveState:
    """Where ``event`` leads from ``state``. Raises :class:`WrongState` where it leads nowhere."""
    try:
        return TRANSITIONS[MoveState(state), event]
    except KeyError:
        raise WrongState(state=state) from None


def must_not_be_own(decider_id: int, reported_by: int | None, specialist_ids: Collection[int]) -> None:
    """Nobody decides about a move they reported or a consultation they hold. Raises :class:`OwnDecision`."""
    if decider_id == reported_by or decider_id in specialist_ids:
        raise OwnDecision()


def whose_own(cause: str, reported_by: int | None, specialist_ids: Collection[int]) -> frozenset[int]:
    """Who may not decide the case. A family's wish is an answer to a request: nobody's own."""
    holders = () if cause == Cause.FAMILY else specialist_ids
    return frozenset({*holders, reported_by} - {None})  # type: ignore[arg-type]


def remind_at(cause: str, due_at: datetime) -> datetime:
    """When whoever decides is reminded of an undecided case."""
    return due_at - (REMIND_OF_WISH_BEFORE if cause == Cause.FAMILY else REMIND_BEFORE)


def may_alone(change: Change, allowed: Collection[str]) -> bool:
    """Whether a specialist may make the change without asking, as the centre has set it."""
    return change in allowed


def must_be_in_notice(starts_at: datetime, hours: int, now: datetime, phone: str) -> None:
    """How late a family may move or cancel by its page. Raises :class:`TooLate` with whom to call."""
    if not is_in_notice(starts_at, hours, now):
        raise TooLate(phone=phone)


def is_early_for_no_show(starts_at: datetime, now: datetime) -> bool:
    """Whether who is not there yet may only be late."""
    return now < starts_at + NO_SHOW_FROM


def must_be_meant(starts_at: datetime, now: datetime) -> None:
    """A no-show before its time is noted only by who means it. Raises :class:`EarlyNoShow`."""
    if is_early_for_no_show(starts_at, now):
        raise EarlyNoShow("early", minutes=int(NO_SHOW_FROM.total_seconds() // 60))


def is_in_notice(starts_at: datetime, hours: int, now: datetime) -> bool:
    """Whether a family may still do it by its page. 0 hours: no notice is wanted."""
    return not hours or now <= starts_at - timedelta(hours=hours)
