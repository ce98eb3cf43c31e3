"""A request arrives: from the public page, or entered by the office."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from calendars.workdays import answer_due, last_day
from webapp.models import (
    BlockedAddress,
    Centre,
    Engagement,
    HelpRequest,
    Staff,
    Topic,
    TopicSpecialist,
    WishedTime,
    db,
)
from webapp.rules import consultations, help_requests
from webapp.rules.errors import (
    AddressBlocked,
    ConsentMissing,
    ContactMissing,
    NothingChosen,
    PhoneNeeded,
    TooManyTimes,
)
from webapp.rules.help_requests import OPEN, Channel, Kind, RequestState
from webapp.rules.letters import LetterKind
from webapp.services.help_requests import consents
from webapp.services.help_requests.lifecycle import record
from webapp.services.mail.contacts import EXAMPLES
from webapp.services.mail.correspondence import (
    deciders,
    let_letters_through,
    tell_family,
    tell_staff,
)
from webapp.services.pages import personal_links
from webapp.services.times import timetable
from webapp.services.times.workdays import work_calendar


@dataclass(frozen=True)
class Wish:
    """One wished time; ``specialist_id`` tells whose."""

    specialist_id: int
    starts_at: datetime


@dataclass(frozen=True)
class Asked:
    """What a family asked, in plain values: typed into the form, or told to the registrar."""

    language: str
    zone: str
    means: str
    channel: str = Channel.SITE
    topic_id: int | None = None
    help_choose: bool = False
    words: str = ""
    specialist_id: int | None = None
    wishes: Sequence[Wish] = field(default_factory=tuple)
    urgent: bool = False
    kind: str = Kind.ONE_OFF
    parent_name: str = ""
    child: str = ""
    child_age: int | None = None
    email: str | None = None
    phone: str | None = None
    consent: bool = False
    mailing: bool = False
    received_at: datetime | None = None
    entered_by: int | None = None
    source_hash: str = ""


@dataclass(frozen=True)
class Receipt:
    """What the family gets to see. ``held`` is false where the first wish stayed a wish."""

    request: HelpRequest
    page_token: str
    held: bool


def receive(centre: Centre, asked: Asked, now: datetime) -> Receipt:
    """Take a request: a row, its deadline, the hold on the first wished time, the acknowledgement.

    Raises a :class:`DomainError` beside the field it is about; nothing is written then.
    """
    help_requests.must_be_received_by(asked.received_at or now, now)
    _must_be_complete(centre, asked)
    if asked.entered_by is not None and asked.email:
        let_letters_through(centre.id, asked.email)
    request = _row(centre, asked, now)
    db.session.add(request)
    db.session.flush()
    _keep_wishes(centre, request, asked.wishes)
    held = bool(asked.wishes) and _hold(centre, request, asked.wishes[0], now)
    page_token = personal_links.make(personal_links.PAGE, now, help_request_id=request.id)
    personal_links.make(personal_links.LETTER, now, help_request_id=request.id)
    personal_links.make(personal_links.FEED, now, help_request_id=request.id)
    db.session.flush()
    record(
        centre.id,
        "request.receive",
        now,
        staff_id=asked.entered_by,
        help_request_id=request.id,
        channel=asked.channel,
    )
    tell_family(
        request, LetterKind.RECEIVED, _received_facts(centre, request, asked, held), now, occasion="1"
    )
    if asked.urgent:
        _alert(centre, request, now)
    return Receipt(request, page_token, held)


def _row(centre: Centre, asked: Asked, now: datetime) -> HelpRequest:
    """The request with its number, its deadline and the consent text that was agreed to."""
    received_at = asked.received_at or now
    calendar = work_calendar(centre)
    consent = consents.current(centre)
    year, sequence = _next_number(centre, received_at)
    return HelpRequest(
        centre_id=centre.id,
        year=year,
        sequence=sequence,
        state=RequestState.RECEIVED,
        channel=asked.channel,
        received_at=received_at,
        entered_at=now,
        entered_by=asked.entered_by,
        due_at=answer_due(received_at, centre.zone_info, calendar),
        kind=Kind.EMERGENCY if asked.urgent else asked.kind,
        urgent=asked.urgent,
        topic_id=asked.topic_id,
        help_choose=asked.help_choose,
        words=asked.words,
        wished_specialist_id=asked.specialist_id,
        any_time=not asked.wishes,
        means_wished=asked.means,
        parent_name=asked.parent_name,
        child=asked.child,
        child_age=asked.child_age,
        email=asked.email,
        email_confirmed_at=now if asked.entered_by and asked.email else None,
        phone=asked.phone,
        language=asked.language,
        zone=asked.zone,
        consent_text_id=consent.id if consent and asked.consent else None,
        consented_at=now if asked.consent else None,
        mailing_wished=asked.mailing,
        source_hash=asked.source_hash,
    )


def _keep_wishes(centre: Centre, request: HelpRequest, wishes: Sequence[Wish]) -> None:
    for position, wish in enumerate(wishes, start=1):
        db.session.add(
            WishedTime(
                help_request_id=request.id,
                position=position,
                specialist_id=wish.specialist_id,
                starts_at=wish.starts_at,
                minutes=centre.session_minutes,
            )
        )


def _must_be_complete(centre: Centre, asked: Asked) -> None:
    if not asked.email and not asked.phone:
        raise ContactMissing("email")
    if consultations.needs_phone(asked.means) and not asked.phone:
        raise PhoneNeeded("phone", example=EXAMPLES[centre.country])
    consultations.must_be_allowed(asked.means, centre.means)
    if asked.entered_by is None:
        if not asked.consent:
            raise ConsentMissing("consent")
        if asked.email and BlockedAddress.is_known(centre.id, asked.email):
            raise AddressBlocked("email")
        help_requests.must_leave_room_for_one_more(_open_requests_of(centre, asked), centre.phone)
    if asked.topic_id is None and not asked.words.strip() and not asked.help_choose:
        raise NothingChosen("topic")
    if len(asked.wishes) > help_requests.MOST_WISHED_TIMES:
        raise TooManyTimes("more", most=help_requests.MOST_WISHED_TIMES)
    _must_be_of_centre(centre, asked)


def _must_be_of_centre(centre: Centre, asked: Asked) -> None:
    """Ids from a form may name anything: another centre's topic or specialist is nobody here."""
    topics = {topic.id for topic in centre.topics if topic.active}
    if asked.topic_id is not None and asked.topic_id not in topics:
        raise NothingChosen("topic")
    known = {person.id for person in timetable.specialists_of(centre)}
    if asked.specialist_id is not None and asked.specialist_id not in known:
        raise NothingChosen("specialist")
    if any(wish.specialist_id not in known for wish in asked.wishes):
        raise NothingChosen("first")


def _open_requests_of(centre: Centre, asked: Asked) -> int:
    contact = [HelpRequest.email == asked.email] if asked.email else []
    contact += [HelpRequest.phone == asked.phone] if asked.phone else []
    return (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(HelpRequest)
            .where(HelpRequest.centre_id == centre.id, HelpRequest.state.in_(OPEN), sa.or_(*contact))
        )
        or 0
    )


def _next_number(centre: Centre, received_at: datetime) -> tuple[int, int]:
    """The next number of the centre in the year of the receipt; the row lock makes it unique."""
    year = received_at.astimezone(centre.zone_info).year
    current_year = db.session.execute(
        sa.update(Centre)
        .where(Centre.id == centre.id)
        .values(
            last_number=sa.case((Centre.last_number_year < year, 1), else_=Centre.last_number + 1),
            last_number_year=sa.case((Centre.last_number_year < year, year), else_=Centre.last_number_year),
        )
        .returning(Centre.last_number_year, Centre.last_number)
        .execution_options(synchronize_session=False)
    ).one()
    return current_year[0], current_year[1]


def _hold(centre: Centre, request: HelpRequest, wish: Wish, now: datetime) -> bool:
    """Hold the first wished time until the answer. Over the quota it stays a wish (returns false)."""
    notice = timedelta(hours=centre.notice_hours)
    by_office = request.entered_by is not None
    timetable.must_be_free(
        centre,
        [wish.specialist_id],
        wish.starts_at,
        now,
        minutes=centre.session_minutes,
        notice=not by_office,
        field="first",
    )
    until = help_requests.hold_until(request.due_at, wish.starts_at, timedelta(0) if by_office else notice)
    if not by_office and not help_requests.may_hold_one_more(*_live_holds(request, now)):
        return False
    if until <= now:
        return False
    timetable.engage(
        centre,
        [wish.specialist_id],
        wish.starts_at,
        wish.starts_at + timedelta(minutes=centre.session_minutes),
        now,
        help_request_id=request.id,
        hold_until=until,
        field="first",
    )
    return True


def _live_holds(request: HelpRequest, now: datetime) -> tuple[int, int]:
    """(of this contact, of this source): requests that hold a time at present."""
    live = (
        sa.select(sa.func.count(sa.distinct(HelpRequest.id)))
        .join(Engagement, Engagement.help_request_id == HelpRequest.id)
        .where(Engagement.hold_until > now, Engagement.offer_id.is_(None), HelpRequest.id != request.id)
    )
    contact = [HelpRequest.email == request.email] if request.email else []
    contact += [HelpRequest.phone == request.phone] if request.phone else []
    of_contact = db.session.scalar(live.where(sa.or_(*contact))) or 0
    of_source = 0
    if request.source_hash:
        of_source = db.session.scalar(live.where(HelpRequest.source_hash == request.source_hash)) or 0
    return of_contact, of_source


def _received_facts(centre: Centre, request: HelpRequest, asked: Asked, held: bool) -> dict[str, object]:
    first = asked.wishes[0] if asked.wishes else None
    return {
        "last_day": last_day(request.due_at, centre.zone_info).isoformat(),
        "held": {"starts_at": first.starts_at.isoformat(), "minutes": centre.session_minutes}
        if first and held
        else None,
    }


def _alert(centre: Centre, request: HelpRequest, now: datetime) -> None:
    """An urgent request is told to the deputy and to the specialist at once."""
    people = {person.id: person for person in deciders(centre)}
    for person_id in _concerned(request):
        person = db.session.get_one(Staff, person_id)
        people[person.id] = person
    for person in people.values():
        tell_staff(
            person,
            LetterKind.URGENT_REQUEST,
            {"number": request.number},
            now,
            occasion=str(request.id),
            request=request,
        )


def _concerned(request: HelpRequest) -> list[int]:
    """The wished specialist, or all who answer for the topic."""
    if request.wished_specialist_id is not None:
        return [request.wished_specialist_id]
    return _answering_for(request.topic_id) if request.topic_id is not None else []


def _answering_for(topic_id: int) -> list[int]:
    return list(
        db.session.scalars(
            sa.select(TopicSpecialist.specialist_id).where(TopicSpecialist.topic_id == topic_id)
        )
    )


def may_confirm_at_once(request: HelpRequest, held: bool) -> bool:
    """A centre may allow instant confirmation per topic: then the held time needs no deputy.

    Only with a specialist who answers for it: a form can name anybody.
    """
    if not held or request.urgent or request.topic_id is None:
        return False
    if not db.session.get_one(Topic, request.topic_id).confirmed_at_once:
        return False
    hold = db.session.scalars(
        sa.select(Engagement.specialist_id).where(Engagement.help_request_id == request.id)
    ).one()
    able = _answering_for(request.topic_id)
    return not able or hold in able
