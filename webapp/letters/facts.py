"""A letter with the rows that it speaks of, and one more look whether it still makes sense."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from webapp import links
from webapp.models import (
    BlockedAddress,
    Centre,
    ConnectionProblem,
    Consultation,
    ConsultationSpecialist,
    EquipmentCheck,
    EventType,
    GroupEvent,
    HelpRequest,
    Invitation,
    Letter,
    Move,
    Offer,
    Participation,
    PersonalLink,
    Registration,
    Staff,
    Subscriber,
    db,
)
from webapp.rules.consultations import (
    CHECK_COUNTS_FROM,
    NO_SHOW,
    ConsultationState,
    ParticipationState,
    check_counts,
)
from webapp.rules.groups import FOR_A_WHILE, TAKING_PART, EventState, RegistrationState
from webapp.rules.help_requests import WAITING_FOR_ANSWER, RequestState
from webapp.rules.letters import (
    SENT_THOUGH_BLOCKED,
    TO_SUBSCRIBERS,
    TO_UNCONFIRMED_ADDRESSES,
    LetterKind,
)
from webapp.rules.mailings import SubscriberState, is_worth_telling
from webapp.rules.moves import OPEN, MoveState
from webapp.rules.permissions import Permission, may

LETTER_LINK = "letter"  # the purpose of the links that stand in letters only


@dataclass(frozen=True)
class Matter:
    """What one letter is about, as it stands at ``now``."""

    letter: Letter
    now: datetime

    @property
    def kind(self) -> LetterKind:
        return LetterKind(self.letter.kind)

    @property
    def facts(self) -> dict[str, Any]:
        return self.letter.facts

    @property
    def to_family(self) -> bool:
        return self.letter.staff_id is None

    @cached_property
    def reader(self) -> Staff | None:
        """Of the staff, or None: it goes to a family, or the person is not there any more."""
        number = self.letter.staff_id
        return db.session.get(Staff, number) if number is not None else None

    @property
    def reader_sees_requests(self) -> bool:
        return self.reader is not None and may(self.reader.roles, Permission.SEE_REQUESTS)

    @cached_property
    def centre(self) -> Centre:
        return db.session.get_one(Centre, self.letter.centre_id)

    @cached_property
    def request(self) -> HelpRequest | None:
        number = self.letter.help_request_id
        return db.session.get(HelpRequest, number) if number is not None else None

    @cached_property
    def registration(self) -> Registration | None:
        number = self.letter.registration_id
        return db.session.get(Registration, number) if number is not None else None

    @property
    def addressee(self) -> HelpRequest | Registration | None:
        """Whose letter it is, when it is not for the staff."""
        return self.request or self.registration

    @cached_property
    def subscriber(self) -> Subscriber | None:
        number = self.letter.subscriber_id
        return db.session.get(Subscriber, number) if number is not None else None

    @cached_property
    def event(self) -> GroupEvent | None:
        number = self.letter.group_event_id
        if number is None and self.consultation is not None:
            number = self.consultation.group_event_id
        return db.session.get(GroupEvent, number) if number is not None else None

    @cached_property
    def event_form(self) -> str | None:
        """A key of ``rules.groups.Form``; None for a consultation of one family."""
        if self.event is None:
            return None
        return db.session.get_one(EventType, self.event.event_type_id).form

    @cached_property
    def hosts(self) -> list[str]:
        """Names of those who hold the meeting, in the order in which they were chosen."""
        return list(
            db.session.scalars(
                sa.select(Staff.name)
                .join(ConsultationSpecialist, ConsultationSpecialist.specialist_id == Staff.id)
                .where(ConsultationSpecialist.consultation_id == self.letter.consultation_id)
                .order_by(ConsultationSpecialist.position)
            )
        )

    @cached_property
    def dates_of_series(self) -> list[datetime]:
        """Of the dates that the letter lists, those that are still planned and lie ahead, as they stand now."""
        return list(
            db.session.scalars(
                sa.select(Consultation.starts_at)
                .where(
                    Consultation.id.in_(self.facts["consultations"]),
                    Consultation.state == ConsultationState.PLANNED,
                    Consultation.starts_at > self.now,
                )
                .order_by(Consultation.starts_at)
            )
        )

    @cached_property
    def other_dates_stay(self) -> bool:
        """Of a course: whether the reader is still expected on a date to come."""
        ahead = (
            sa.select(Participation.id)
            .join(Consultation, Consultation.id == Participation.consultation_id)
            .where(
                Participation.registration_id == self.letter.registration_id,
                Participation.state == ParticipationState.CONFIRMED,
                Consultation.state == ConsultationState.PLANNED,
                Consultation.starts_at > self.now,
            )
        )
        return db.session.scalar(ahead.limit(1)) is not None

    @cached_property
    def consultation(self) -> Consultation | None:
        number = self.letter.consultation_id
        return db.session.get(Consultation, number) if number is not None else None

    @property
    def address_confirmed(self) -> bool:
        """Whether the letter may hold what somebody typed: staff, or a family that acted from a letter."""
        return not self.to_family or (
            self.addressee is not None and self.addressee.email_confirmed_at is not None
        )

    @property
    def reader_name(self) -> str:
        """As the letter may call its reader; empty for an unconfirmed address and once data are blocked."""
        blocked = self.to_family and self.addressee is not None and self.addressee.blocked_at is not None
        return self.letter.recipient_name if self.address_confirmed and not blocked else ""

    @property
    def reader_zone(self) -> str:
        return self.addressee.zone if self.to_family and self.addressee is not None else self.centre.zone

    @cached_property
    def page_token(self) -> str | None:
        """The token of the reader's page for letters; none for the staff and once the link is dead."""
        if not self.to_family or self.addressee is None:
            return None
        purpose = LETTER_LINK if self.registration is None else links.SEAT
        is_the_one = (
            PersonalLink.id == self.facts["link_id"]
            if "link_id" in self.facts
            else PersonalLink.purpose == purpose
        )
        row = db.session.execute(
            sa.select(PersonalLink.salt, PersonalLink.version).where(
                is_the_one,
                PersonalLink.help_request_id == self.letter.help_request_id,
                PersonalLink.registration_id == self.letter.registration_id,
                PersonalLink.revoked_at.is_(None),
                sa.or_(PersonalLink.expires_at.is_(None), PersonalLink.expires_at > self.now),
            )
        ).first()
        return links.token(purpose, row.salt, row.version) if row else None

    @cached_property
    def calendar_uid(self) -> str:
        """The reader's own UID, or the one that all staff calendars share."""
        assert self.consultation is not None
        if not self.to_family:
            return self.consultation.uid
        return db.session.scalars(
            sa.select(Participation.uid).where(
                Participation.consultation_id == self.consultation.id,
                Participation.help_request_id == self.letter.help_request_id,
                Participation.registration_id == self.letter.registration_id,
            )
        ).one()

    @cached_property
    def problems_told(self) -> int:
        """How often participants of the meeting have said that they cannot connect."""
        return db.session.scalars(
            sa.select(sa.func.count()).where(ConnectionProblem.consultation_id == self.letter.consultation_id)
        ).one()

    @cached_property
    def invitation(self) -> Invitation | None:
        return db.session.get(Invitation, self.facts["invitation_id"])

    @cached_property
    def unanswered(self) -> list[dict[str, Any]]:
        """Of the requests that the letter lists, ``[{"number": …, "days": …}]``, those still unanswered."""
        listed = self.facts.get("requests") or [{"number": number} for number in self.facts["numbers"]]
        waiting = db.session.scalars(
            sa.select(HelpRequest).where(
                HelpRequest.centre_id == self.letter.centre_id,
                HelpRequest.state.in_((*WAITING_FOR_ANSWER, RequestState.OFFERED)),
                HelpRequest.answered_at.is_(None),
                HelpRequest.blocked_at.is_(None),
            )
        )
        numbers = {request.number for request in waiting}
        return [row for row in listed if row["number"] in numbers]


def is_moot(matter: Matter) -> bool:
    """Whether the letter would tell what is not so any more, or write to one who must not be written to."""
    return _nobody_to_tell(matter) or _nothing_to_tell(matter)


def _nobody_to_tell(matter: Matter) -> bool:
    if matter.kind in TO_SUBSCRIBERS:
        return _does_not_want_it(matter)
    addressee, kind = matter.addressee, matter.kind
    if addressee is not None and addressee.blocked_at is not None and kind not in SENT_THOUGH_BLOCKED:
        return True
    if not matter.to_family:
        return matter.reader is None or not matter.reader.active
    if addressee is None or not matter.letter.recipient:
        return True
    if BlockedAddress.is_known(matter.letter.centre_id, matter.letter.recipient):
        return True
    if kind not in TO_UNCONFIRMED_ADDRESSES and not matter.address_confirmed:
        return True
    return matter.page_token is None and kind is not LetterKind.CONSENT_WITHDRAWN


def _does_not_want_it(matter: Matter) -> bool:
    expected = SubscriberState.ACTIVE if matter.kind is LetterKind.MAILING else SubscriberState.PENDING
    subscriber = matter.subscriber
    if subscriber is None or subscriber.state != expected:
        return True
    return BlockedAddress.is_known(subscriber.centre_id, subscriber.email)


def _nothing_to_tell(matter: Matter) -> bool:
    request, kind = matter.request, matter.kind
    match kind:
        case (
            LetterKind.CONFIRMED
            | LetterKind.BOOKED
            | LetterKind.DAY_BEFORE
            | LetterKind.HOUR_BEFORE
            | LetterKind.CALENDAR_ANSWER
            | LetterKind.CONSULTATION_MOVED
            | LetterKind.CONSULTATION_CHANGED
            | LetterKind.MOVE_WISH_REFUSED
        ):
            return not still_lies_ahead(matter)
        case LetterKind.CONSULTATION_GOES_ON:
            return _is_over(matter) or _case_in(matter, OPEN)
        case (
            LetterKind.MOVE_REPORTED
            | LetterKind.MOVE_WISHED
            | LetterKind.MOVE_UNDECIDED
            | LetterKind.MOVE_PASSED_UP
        ):
            return not _case_in(matter, [MoveState.REPORTED])
        case LetterKind.MOVE_ALLOWED:
            return not _case_in(matter, [MoveState.ALLOWED])
        case LetterKind.MOVE_REFUSED:
            return _is_over(matter)
        case LetterKind.SERIES_CONFIRMED:
            return not matter.dates_of_series
        case LetterKind.SEAT_CONFIRMED | LetterKind.SEAT_FREED:
            return not still_lies_ahead(matter) or not _has(matter, RegistrationState.SEATED)
        case LetterKind.EVENT_MOVED | LetterKind.EVENT_DAY_BEFORE | LetterKind.EVENT_HOUR_BEFORE:
            return not still_lies_ahead(matter) or not _is_expected(matter)
        case LetterKind.MEETING_TAKEN_AGAIN:
            return not still_lies_ahead(matter) or not _is_expected(matter)
        case LetterKind.REPEAT_OFFERED:
            return not still_lies_ahead(matter) or not _has(matter, RegistrationState.OFFERED)
        case LetterKind.SEAT_TO_CONFIRM:
            return not _has(matter, RegistrationState.HELD)
        case LetterKind.WAITING_MOVED:
            return not still_lies_ahead(matter) or not any(
                _has(matter, state) for state in (RegistrationState.WAITING, *FOR_A_WHILE)
            )
        case LetterKind.WAITING_DATE_OFF:
            return not any(_has(matter, state) for state in (RegistrationState.WAITING, *FOR_A_WHILE))
        case LetterKind.WAITING_LISTED:
            return not still_lies_ahead(matter) or not _has(matter, RegistrationState.WAITING)
        case LetterKind.EVENT_MESSAGE:
            return matter.registration is None or matter.registration.state not in TAKING_PART
        case LetterKind.EVENT_TOO_FEW:
            return not still_lies_ahead(matter) or not _is_too_empty(matter)
        case LetterKind.MAILING:
            event = matter.event
            return event is None or not is_worth_telling(event.state, event.starts_at, matter.now)
        case LetterKind.EVENT_PROPOSED:
            return matter.event is None or matter.event.state != EventState.PROPOSED
        case LetterKind.CHECK_DUE | LetterKind.CHECK_DUE_AGAIN:
            return not still_lies_ahead(matter) or _is_checked(matter)
        case LetterKind.CHECK_MISSING:
            return _is_over(matter) or _is_checked(matter)
        case LetterKind.CHECK_FAILED | LetterKind.CANNOT_CONNECT | LetterKind.LATE:
            return _is_over(matter)
        case LetterKind.PARTICIPANTS_CANNOT_CONNECT:
            return _is_over(matter)
        case LetterKind.TIMES_OFFERED:
            offer = db.session.get(Offer, matter.facts["offer_id"])
            return offer is None or offer.state != "open" or offer.until <= matter.now
        case LetterKind.RECOMMENDATION:
            return matter.consultation is not None and matter.consultation.state != ConsultationState.HELD
        case LetterKind.DID_NOT_COME:
            return matter.consultation is None or matter.consultation.not_held_reason != NO_SHOW
        case LetterKind.RECEIVED:
            ended = (RequestState.DECLINED, RequestState.WITHDRAWN, RequestState.CLOSED)
            return request is None or request.state in ended
        case LetterKind.DECLINED:
            return request is None or request.state != RequestState.DECLINED
        case LetterKind.TIMES_REFUSED if "case_id" in matter.facts:
            return not _case_in(matter, OPEN)
        case LetterKind.URGENT_REQUEST | LetterKind.TIMES_REFUSED:
            return request is None or request.state not in WAITING_FOR_ANSWER
        case LetterKind.ANSWERS_DUE | LetterKind.ANSWERS_OVERDUE:
            return not matter.unanswered
        case LetterKind.MORNING:
            today = matter.now.astimezone(matter.centre.zone_info).date()
            return today != date.fromisoformat(matter.facts["day"])
        case LetterKind.STAFF_INVITATION:
            invitation = matter.invitation
            return (
                invitation is None
                or invitation.accepted_at is not None
                or invitation.expires_at <= matter.now
            )
        case _:
            return False


def _has(matter: Matter, state: RegistrationState) -> bool:
    return matter.registration is not None and matter.registration.state == state


def _is_too_empty(matter: Matter) -> bool:
    event = matter.event
    return event is not None and event.state == EventState.ANNOUNCED and event.seats_taken < event.minimum


def _is_expected(matter: Matter) -> bool:
    """Whether the reader still has a seat in the meeting."""
    seat = sa.select(Participation.id).where(
        Participation.consultation_id == matter.letter.consultation_id,
        Participation.registration_id == matter.letter.registration_id,
        Participation.state == ParticipationState.CONFIRMED,
    )
    return db.session.scalar(seat) is not None


def _case_in(matter: Matter, states: Collection[str]) -> bool:
    """Whether the case that the letter speaks of is in one of ``states``."""
    case = db.session.get(Move, matter.facts["case_id"])
    return case is not None and case.state in states


def still_lies_ahead(matter: Matter) -> bool:
    """Whether the meeting is to be held at the time that the letter tells."""
    consultation = matter.consultation
    return (
        consultation is not None
        and consultation.state == ConsultationState.PLANNED
        and consultation.starts_at == datetime.fromisoformat(matter.facts["starts_at"])
        and consultation.starts_at > matter.now
    )


def _is_over(matter: Matter) -> bool:
    consultation = matter.consultation
    return (
        consultation is None
        or consultation.state != ConsultationState.PLANNED
        or consultation.starts_at != datetime.fromisoformat(matter.facts["starts_at"])
        or consultation.ended_for_all_at is not None
        or consultation.ends_at <= matter.now
    )


def _is_checked(matter: Matter) -> bool:
    """Whether the check has been done meanwhile, by the reader or by the one whom the letter names.

    The letter speaks of the first consultation of an unbroken row: the check may hang on another of them.
    """
    consultation = matter.consultation
    assert consultation is not None  # else the letter is moot already
    reader_checks = matter.kind is not LetterKind.CHECK_MISSING
    specialist_id = matter.letter.staff_id if reader_checks else matter.facts["specialist_id"]
    checked = db.session.scalars(
        sa.select(EquipmentCheck.done_at).where(
            EquipmentCheck.specialist_id == specialist_id,
            EquipmentCheck.done_at >= consultation.starts_at - CHECK_COUNTS_FROM,
        )
    )
    return any(check_counts(done_at, consultation.starts_at, consultation.ends_at) for done_at in checked)
