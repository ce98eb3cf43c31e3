"""The mailing: who hears of new meetings, and the way of one announcement to all of them."""

from datetime import datetime, timedelta
from enum import StrEnum

from webapp.rules.errors import AlreadyTold, EventOver, WrongState
from webapp.rules.groups import EventState

CONSENT_VERSION = 1  # of wording.MAILING_CONSENTS: other words are another version
CONFIRM_WITHIN = timedelta(days=7)  # then the address is deleted
ASK_AGAIN_AFTER = timedelta(days=1)  # an address that left is asked no sooner, whoever types it
DELETED_AFTER = timedelta(days=30)  # an address that left, and the letters of a mailing that has ended
BATCH = 200  # letters are written so many at a time, and no further ahead of what was sent


class SubscriberState(StrEnum):
    PENDING = "pending"  # the address was given; its owner has not said yes
    ACTIVE = "active"
    LEFT = "left"


class SubscriberAction(StrEnum):
    ASK = "ask"
    CONFIRM = "confirm"
    LEAVE = "leave"
    BOUNCE = "bounce"  # letters do not reach the address


SUBSCRIBER_TRANSITIONS: dict[tuple[SubscriberState, SubscriberAction], SubscriberState] = {
    (SubscriberState.PENDING, SubscriberAction.CONFIRM): SubscriberState.ACTIVE,
    (SubscriberState.PENDING, SubscriberAction.LEAVE): SubscriberState.LEFT,
    (SubscriberState.ACTIVE, SubscriberAction.CONFIRM): SubscriberState.ACTIVE,  # twice is once
    (SubscriberState.ACTIVE, SubscriberAction.LEAVE): SubscriberState.LEFT,
    (SubscriberState.LEFT, SubscriberAction.ASK): SubscriberState.PENDING,
    (SubscriberState.LEFT, SubscriberAction.CONFIRM): SubscriberState.ACTIVE,  # by the link of an old letter
    (SubscriberState.LEFT, SubscriberAction.LEAVE): SubscriberState.LEFT,
    (SubscriberState.PENDING, SubscriberAction.BOUNCE): SubscriberState.LEFT,
    (SubscriberState.ACTIVE, SubscriberAction.BOUNCE): SubscriberState.LEFT,
}


class MailingState(StrEnum):
    SENDING = "sending"
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"


class MailingAction(StrEnum):
    PAUSE = "pause"
    GO_ON = "go_on"
    STOP = "stop"
    FINISH = "finish"
    SEND_AGAIN = "send_again"  # what a crash has left in doubt, by a person's decision


TRANSITIONS: dict[tuple[MailingState, MailingAction], MailingState] = {
    (MailingState.SENDING, MailingAction.PAUSE): MailingState.PAUSED,
    (MailingState.SENDING, MailingAction.STOP): MailingState.STOPPED,
    (MailingState.SENDING, MailingAction.FINISH): MailingState.DONE,
    (MailingState.SENDING, MailingAction.SEND_AGAIN): MailingState.SENDING,
    (MailingState.PAUSED, MailingAction.GO_ON): MailingState.SENDING,
    (MailingState.PAUSED, MailingAction.STOP): MailingState.STOPPED,
    (MailingState.PAUSED, MailingAction.SEND_AGAIN): MailingState.PAUSED,
    (MailingState.DONE, MailingAction.SEND_AGAIN): MailingState.SENDING,
}

UNDER_WAY = (MailingState.SENDING, MailingState.PAUSED)


def next_subscriber_state(state: str, action: SubscriberAction) -> SubscriberState:
    """Where ``action`` leads from ``state``. Raises :class:`WrongState` where it leads nowhere."""
    try:
        return SUBSCRIBER_TRANSITIONS[SubscriberState(state), action]
    except KeyError:
        raise WrongState(state=state) from None


def next_state(state: str, action: MailingAction) -> MailingState:
    """Where ``action`` leads from ``state``. Raises :class:`WrongState` where it leads nowhere."""
    try:
        return TRANSITIONS[MailingState(state), action]
    except KeyError:
        raise WrongState(state=state) from None


def is_worth_telling(event_state: str, starts_at: datetime, now: datetime) -> bool:
    """Whether anybody could still register after reading of it."""
    return event_state == EventState.ANNOUNCED and now < starts_at


def must_be_news(
    event_state: str, starts_at: datetime, told_at: datetime | None, moved_at: datetime | None, now: datetime
) -> None:
    """An event is announced once, and once more after each change of its date.

    Raises :class:`EventOver` for what is past, cancelled or not announced, :class:`AlreadyTold`.
    """
    if not is_worth_telling(event_state, starts_at, now):
        raise EventOver(reason="cancelled" if event_state == EventState.CANCELLED else "over")
    if told_at is not None and (moved_at is None or moved_at <= told_at):
        raise AlreadyTold()
