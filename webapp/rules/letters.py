"""The life of a letter, and when a failed one is tried again."""

from datetime import timedelta
from enum import StrEnum

ATTEMPTS_KEEP_ON_FOR = timedelta(hours=6)  # a temporary refusal is retried at least four hours


class LetterKind(StrEnum):
    """Every letter of Kenes; each is a folder of templates of the same name."""

    # to the family
    RECEIVED = "received"
    CONFIRMED = "confirmed"  # with the invite
    SERIES_CONFIRMED = "series_confirmed"  # all dates as text, with the invite of the first
    CONSULTATION_MOVED = "consultation_moved"  # with the invite for the new time
    CONSULTATION_CHANGED = "consultation_changed"  # the same time, other means or specialist; likewise
    CONSULTATION_GOES_ON = "consultation_goes_on"  # it was late, and the door is open after all
    MOVE_WISH_REFUSED = "move_wish_refused"  # the time stays
    TIMES_OFFERED = "times_offered"
    DECLINED = "declined"
    CANCELLED_BY_CENTRE = "cancelled_by_centre"  # with the cancellation for the calendar
    CANCELLED_BY_FAMILY = "cancelled_by_family"  # likewise
    DAY_BEFORE = "day_before"
    HOUR_BEFORE = "hour_before"
    RECOMMENDATION = "recommendation"
    DID_NOT_COME = "did_not_come"
    CONSENT_WITHDRAWN = "consent_withdrawn"  # likewise, where a consultation was planned
    NEW_LINK = "new_link"
    CALENDAR_ANSWER = "calendar_answer"  # "no" or another time, from the family's calendar program
    # to those who registered for a group event
    SEAT_TO_CONFIRM = "seat_to_confirm"
    SEAT_CONFIRMED = "seat_confirmed"  # with the invite
    SEAT_FREED = "seat_freed"  # likewise
    WAITING_LISTED = "waiting_listed"
    SEAT_GIVEN_BACK = "seat_given_back"  # with the cancellation for the calendar
    MEETING_MISSED = "meeting_missed"  # likewise: one date of a course, the seat stays
    MEETING_TAKEN_AGAIN = "meeting_taken_again"  # with the invite: that date after all
    REPEAT_OFFERED = "repeat_offered"  # a seat of the repeat date, kept until the person takes it
    EVENT_CANCELLED = "event_cancelled"  # likewise
    WAITED_IN_VAIN = "waited_in_vain"  # the same, to those who have no seat
    EVENT_MOVED = "event_moved"  # with the invite for the new time
    WAITING_MOVED = "waiting_moved"  # the same, to those who have no seat
    WAITING_DATE_OFF = "waiting_date_off"  # likewise: the next date is off, others stay
    EVENT_DAY_BEFORE = "event_day_before"
    EVENT_HOUR_BEFORE = "event_hour_before"
    EVENT_MESSAGE = "event_message"
    EVENT_MATERIALS = "event_materials"
    # to those who asked to hear of new meetings
    MAILING_CONFIRM = "mailing_confirm"
    MAILING = "mailing"
    # to the staff
    URGENT_REQUEST = "urgent_request"
    BOOKED = "booked"  # with the invite
    BOOKING_CANCELLED = "booking_cancelled"  # with the cancellation for the calendar
    CHECK_DUE = "check_due"
    CHECK_DUE_AGAIN = "check_due_again"
    CHECK_MISSING = "check_missing"
    CHECK_FAILED = "check_failed"
    MOVE_REPORTED = "move_reported"
    MOVE_WISHED = "move_wished"
    MOVE_UNDECIDED = "move_undecided"
    MOVE_PASSED_UP = "move_passed_up"
    MOVE_ALLOWED = "move_allowed"
    MOVE_REFUSED = "move_refused"
    TIMES_REFUSED = "times_refused"  # none of the offered times suits the family
    ANSWERS_DUE = "answers_due"
    ANSWERS_OVERDUE = "answers_overdue"
    MORNING = "morning"
    CANNOT_CONNECT = "cannot_connect"
    LATE = "late"
    PARTICIPANTS_CANNOT_CONNECT = "participants_cannot_connect"  # of a group, however many: one letter
    STAFF_INVITATION = "staff_invitation"
    EVENT_PROPOSED = "event_proposed"
    EVENT_APPROVED = "event_approved"
    EVENT_SENT_BACK = "event_sent_back"
    EVENT_TOO_FEW = "event_too_few"


TO_UNCONFIRMED_ADDRESSES = frozenset(
    {
        LetterKind.RECEIVED,
        LetterKind.CONFIRMED,
        LetterKind.SERIES_CONFIRMED,
        LetterKind.CONSULTATION_MOVED,
        LetterKind.CONSULTATION_CHANGED,
        LetterKind.CONSULTATION_GOES_ON,
        LetterKind.MOVE_WISH_REFUSED,
        LetterKind.TIMES_OFFERED,
        LetterKind.DECLINED,
        LetterKind.CANCELLED_BY_CENTRE,
        LetterKind.CANCELLED_BY_FAMILY,
        LetterKind.DAY_BEFORE,
        LetterKind.CONSENT_WITHDRAWN,
        LetterKind.NEW_LINK,
        LetterKind.SEAT_TO_CONFIRM,
        LetterKind.SEAT_CONFIRMED,
        LetterKind.SEAT_FREED,
        LetterKind.WAITING_LISTED,
        LetterKind.SEAT_GIVEN_BACK,
        LetterKind.MEETING_MISSED,
        LetterKind.MEETING_TAKEN_AGAIN,
        LetterKind.REPEAT_OFFERED,
        LetterKind.EVENT_CANCELLED,
        LetterKind.WAITED_IN_VAIN,
        LetterKind.EVENT_MOVED,
        LetterKind.WAITING_MOVED,
        LetterKind.WAITING_DATE_OFF,
        LetterKind.EVENT_DAY_BEFORE,
        LetterKind.MAILING_CONFIRM,
    }
)  # the answer, changes of it and the day-before reminder: a form can be abused to write to strangers

TOLD_BY_PHONE = frozenset(
    {
        LetterKind.CONFIRMED,
        LetterKind.SERIES_CONFIRMED,
        LetterKind.CONSULTATION_MOVED,
        LetterKind.CONSULTATION_CHANGED,
        LetterKind.CONSULTATION_GOES_ON,
        LetterKind.MOVE_WISH_REFUSED,
        LetterKind.TIMES_OFFERED,
        LetterKind.DECLINED,
        LetterKind.CANCELLED_BY_CENTRE,
        LetterKind.RECOMMENDATION,
        LetterKind.DID_NOT_COME,
        LetterKind.SEAT_CONFIRMED,
        LetterKind.SEAT_FREED,
        LetterKind.WAITING_LISTED,
        LetterKind.REPEAT_OFFERED,
        LetterKind.EVENT_CANCELLED,
        LetterKind.WAITED_IN_VAIN,
        LetterKind.EVENT_MOVED,
        LetterKind.WAITING_MOVED,
        LetterKind.WAITING_DATE_OFF,
    }
)  # what a family without e-mail is called about

CALLED_WHEN_MAIL_FAILS = TOLD_BY_PHONE | {LetterKind.RECEIVED}  # bounced mail means not informed: call

ANSWERS = frozenset(
    {LetterKind.CONFIRMED, LetterKind.SERIES_CONFIRMED, LetterKind.TIMES_OFFERED, LetterKind.DECLINED}
)

INVITES = frozenset(
    {
        LetterKind.CONFIRMED,
        LetterKind.SERIES_CONFIRMED,
        LetterKind.CONSULTATION_MOVED,
        LetterKind.CONSULTATION_CHANGED,
        LetterKind.BOOKED,
        LetterKind.SEAT_CONFIRMED,
        LetterKind.SEAT_FREED,
        LetterKind.MEETING_TAKEN_AGAIN,
        LetterKind.EVENT_MOVED,
    }
)  # carry a calendar file, METHOD:REQUEST
CANCELS = frozenset(
    {
        LetterKind.CANCELLED_BY_CENTRE,
        LetterKind.CANCELLED_BY_FAMILY,
        LetterKind.CONSENT_WITHDRAWN,
        LetterKind.BOOKING_CANCELLED,
        LetterKind.SEAT_GIVEN_BACK,
        LetterKind.MEETING_MISSED,
        LetterKind.EVENT_CANCELLED,
    }
)  # likewise, METHOD:CANCEL, when they tell of a consultation

SENT_THOUGH_BLOCKED = frozenset(
    {LetterKind.CONSENT_WITHDRAWN, LetterKind.BOOKING_CANCELLED}
)  # the family learns that its data are blocked, the specialist that the time is free: nobody is named

TO_SUBSCRIBERS = frozenset({LetterKind.MAILING_CONFIRM, LetterKind.MAILING})


class LetterState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"
    UNCERTAIN = "uncertain"  # perhaps the server has it; a person decides


class LetterEvent(StrEnum):
    BEGIN = "begin"
    ACCEPTED = "accepted"
    TRY_LATER = "try_later"
    REFUSED = "refused"
    GIVEN_UP = "given_up"
    INTERRUPTED = "interrupted"  # the worker died, or the connection, between DATA and the mark
    IN_DOUBT = "in_doubt"  # the same, of a letter that must not come twice
    SEND_AGAIN = "send_again"
    LET_BE = "let_be"
    MOOT = "moot"
    CAME_BACK = "came_back"  # the server took it, and could not deliver it


TRANSITIONS: dict[tuple[LetterState, LetterEvent], LetterState] = {
    (LetterState.PENDING, LetterEvent.BEGIN): LetterState.SENDING,
    (LetterState.PENDING, LetterEvent.MOOT): LetterState.DROPPED,
    (LetterState.PENDING, LetterEvent.TRY_LATER): LetterState.PENDING,
    (LetterState.PENDING, LetterEvent.GIVEN_UP): LetterState.FAILED,
    (LetterState.SENDING, LetterEvent.ACCEPTED): LetterState.SENT,
    (LetterState.SENDING, LetterEvent.TRY_LATER): LetterState.PENDING,
    (LetterState.SENDING, LetterEvent.REFUSED): LetterState.FAILED,
    (LetterState.SENDING, LetterEvent.GIVEN_UP): LetterState.FAILED,
    (LetterState.SENT, LetterEvent.CAME_BACK): LetterState.FAILED,
    # A reminder or an invite goes out again with the same Message-ID: twice is better than never.
    (LetterState.SENDING, LetterEvent.INTERRUPTED): LetterState.PENDING,
    (LetterState.SENDING, LetterEvent.IN_DOUBT): LetterState.UNCERTAIN,
    (LetterState.UNCERTAIN, LetterEvent.SEND_AGAIN): LetterState.PENDING,
    (LetterState.UNCERTAIN, LetterEvent.LET_BE): LetterState.DROPPED,
}

RETRY_AFTER = (
    timedelta(seconds=20),
    timedelta(minutes=1),
    timedelta(minutes=3),
    timedelta(minutes=8),
)
RETRY_AT_LAST_EVERY = timedelta(minutes=9)  # ten minutes after the server's return everything has arrived

UNWRITABLE_TRIES = 3  # a letter that cannot even be written delays the person's next by a minute at most
UNWRITABLE_RETRY_AFTER = timedelta(seconds=20)


def next_state(state: str, event: LetterEvent) -> LetterState:
    """Where ``event`` leads. Raises ``KeyError``: no person can cause a wrong one, only a wrong program."""
    return TRANSITIONS[LetterState(state), event]


def retry_after(attempts: int) -> timedelta:
    """The gap before the next try, after ``attempts`` tries (1 or more): growing, then steady."""
    return RETRY_AFTER[attempts - 1] if attempts <= len(RETRY_AFTER) else RETRY_AT_LAST_EVERY


def tried_long_enough(attempts: int) -> bool:
    """Whether a letter is given up after so many tries. Hours in which no worker ran do not count."""
    return sum(map(retry_after, range(1, attempts + 1)), timedelta()) >= ATTEMPTS_KEEP_ON_FOR
