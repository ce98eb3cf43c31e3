"""The life of a request: states, deadlines, quotas."""

from datetime import datetime, timedelta
from enum import StrEnum

from webapp.rules.errors import InTheFuture, TooLongAgo, TooManyOpenRequests, WrongState

MOST_WISHED_TIMES = 3
MOST_OFFERED_TIMES = 3
OFFER_WORKING_DAYS = 2  # an offer holds its times no longer
OPEN_REQUESTS_PER_CONTACT = 3
HOLDS_PER_CONTACT = 2
HOLDS_PER_SOURCE = 20  # a mobile network is one source: high, but no timetable is longer
PHONE_HELP_MINUTES = 15  # CP 3.7: longer needs an appointment
OLDEST_RECEIPT = timedelta(days=365)  # paper may lie for long, but not over a year
DATA_DESTROYED_AFTER = timedelta(days=30)  # after consent was withdrawn


class RequestState(StrEnum):
    RECEIVED = "received"
    ASSIGNED = "assigned"
    OFFERED = "offered"
    CONFIRMED = "confirmed"
    CLOSED = "closed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class RequestEvent(StrEnum):
    ASSIGN = "assign"
    OFFER = "offer"
    OFFER_LAPSED = "offer_lapsed"
    OFFER_REFUSED = "offer_refused"  # the family wants other times
    CONFIRM = "confirm"
    CONTINUE = "continue"  # further dates of a prolonged consultation (Remote consulting, 3.3)
    ANSWER_BY_PHONE = "answer_by_phone"  # within 15 minutes, without an appointment
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    CLOSE = "close"
    NO_FURTHER = "no_further"  # one was held, and the family needs no next one
    REOPEN = "reopen"  # a session was cancelled or not held, and a new one is wished


TRANSITIONS: dict[tuple[RequestState, RequestEvent], RequestState] = {
    (RequestState.RECEIVED, RequestEvent.ASSIGN): RequestState.ASSIGNED,
    (RequestState.RECEIVED, RequestEvent.OFFER): RequestState.OFFERED,
    (RequestState.RECEIVED, RequestEvent.CONFIRM): RequestState.CONFIRMED,
    (RequestState.RECEIVED, RequestEvent.ANSWER_BY_PHONE): RequestState.CLOSED,
    (RequestState.RECEIVED, RequestEvent.DECLINE): RequestState.DECLINED,
    (RequestState.RECEIVED, RequestEvent.WITHDRAW): RequestState.WITHDRAWN,
    (RequestState.ASSIGNED, RequestEvent.ASSIGN): RequestState.ASSIGNED,
    (RequestState.ASSIGNED, RequestEvent.OFFER): RequestState.OFFERED,
    (RequestState.ASSIGNED, RequestEvent.CONFIRM): RequestState.CONFIRMED,
    (RequestState.ASSIGNED, RequestEvent.ANSWER_BY_PHONE): RequestState.CLOSED,
    (RequestState.ASSIGNED, RequestEvent.DECLINE): RequestState.DECLINED,
    (RequestState.ASSIGNED, RequestEvent.WITHDRAW): RequestState.WITHDRAWN,
    (RequestState.ASSIGNED, RequestEvent.NO_FURTHER): RequestState.CLOSED,
    (RequestState.OFFERED, RequestEvent.OFFER): RequestState.OFFERED,
    (RequestState.OFFERED, RequestEvent.OFFER_LAPSED): RequestState.ASSIGNED,
    (RequestState.OFFERED, RequestEvent.OFFER_REFUSED): RequestState.ASSIGNED,
    (RequestState.OFFERED, RequestEvent.CONFIRM): RequestState.CONFIRMED,
    (RequestState.OFFERED, RequestEvent.ANSWER_BY_PHONE): RequestState.CLOSED,
    (RequestState.OFFERED, RequestEvent.DECLINE): RequestState.DECLINED,
    (RequestState.OFFERED, RequestEvent.WITHDRAW): RequestState.WITHDRAWN,
    (RequestState.OFFERED, RequestEvent.NO_FURTHER): RequestState.CLOSED,
    (RequestState.CONFIRMED, RequestEvent.CONTINUE): RequestState.CONFIRMED,
    (RequestState.CONFIRMED, RequestEvent.CLOSE): RequestState.CLOSED,
    (RequestState.CONFIRMED, RequestEvent.WITHDRAW): RequestState.WITHDRAWN,
    (RequestState.CLOSED, RequestEvent.OFFER): RequestState.OFFERED,  # the next date, proposed afterwards
    (RequestState.CLOSED, RequestEvent.CONTINUE): RequestState.CONFIRMED,
    (RequestState.CLOSED, RequestEvent.REOPEN): RequestState.ASSIGNED,
    (RequestState.CLOSED, RequestEvent.WITHDRAW): RequestState.WITHDRAWN,
    (RequestState.DECLINED, RequestEvent.WITHDRAW): RequestState.WITHDRAWN,
}

WAITING_FOR_ANSWER = (RequestState.RECEIVED, RequestState.ASSIGNED)
OPEN = (RequestState.RECEIVED, RequestState.ASSIGNED, RequestState.OFFERED, RequestState.CONFIRMED)


class Channel(StrEnum):
    SITE = "site"
    PHONE = "phone"
    LETTER = "letter"
    IN_PERSON = "in_person"
    COLLEAGUE = "colleague"


class Kind(StrEnum):  # Remote consulting, 3.3
    EMERGENCY = "emergency"
    ONE_OFF = "one_off"
    PROLONGED = "prolonged"


def next_state(state: str, event: RequestEvent) -> RequestState:
    """Where ``event`` leads from ``state``. Raises :class:`WrongState` where it leads nowhere."""
    try:
        return TRANSITIONS[RequestState(state), event]
    except KeyError:
        raise WrongState(state=state) from None


def must_be_received_by(received_at: datetime, now: datetime) -> None:
    """A receipt in the future is refused (deadline rule), and one so old that the year must be a slip."""
    if received_at > now:
        raise InTheFuture("received_day")
    if received_at < now - OLDEST_RECEIPT:
        raise TooLongAgo("received_day")


def must_leave_room_for_one_more(open_requests: int, phone: str) -> None:
    if open_requests >= OPEN_REQUESTS_PER_CONTACT:
        raise TooManyOpenRequests(phone=phone)


def may_hold_one_more(holds_of_contact: int, holds_of_source: int) -> bool:
    """Whether a wished time is held. Over the quota it stays a wish: nothing typed is lost."""
    return holds_of_contact < HOLDS_PER_CONTACT and holds_of_source < HOLDS_PER_SOURCE


def hold_until(limit: datetime, starts_at: datetime, notice: timedelta) -> datetime:
    """A hold or an offer lapses at the earlier of its limit and the slot's start less the notice time."""
    return min(limit, starts_at - notice)
