"""What somebody who registered sees behind the link of the letter. Read as rows: hundreds open it at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from webapp import links
from webapp.models import (
    Consultation,
    EventType,
    GroupEvent,
    Participation,
    PersonalLink,
    Registration,
    db,
)
from webapp.models.base import table_of
from webapp.rules.consultations import DOOR_OPENS_BEFORE, ConsultationState, Door, ParticipationState, door
from webapp.rules.groups import RegistrationState
from webapp.services.moves import open_cases
from webapp.services.pages import event_front, personal_links
from webapp.services.pages.event_front import Host

LINK, PERSON, EVENT, KIND = (table_of(model) for model in (PersonalLink, Registration, GroupEvent, EventType))
MEETING, SEAT = table_of(Consultation), table_of(Participation)

# Statements made once: making one costs several times what sending it does.
PARTICIPANT = (
    sa.select(
        PERSON.c.id,
        PERSON.c.centre_id,
        PERSON.c.group_event_id,
        PERSON.c.state,
        PERSON.c.arrival,
        PERSON.c.shown_name,
        PERSON.c.email,
        PERSON.c.email_confirmed_at,
        PERSON.c.phone,
        PERSON.c.language,
        PERSON.c.zone,
        PERSON.c.seat_until,
        PERSON.c.mailing_wished,
        EVENT.c.state.label("event_state"),
        EVENT.c.titles,
        EVENT.c.announcements,
        EVENT.c.bring,
        EVENT.c.capacity,
        EVENT.c.broadcast_url,
        EVENT.c.closing_words,
        KIND.c.form,
        KIND.c.titles.label("type_titles"),
    )
    .join(LINK, LINK.c.registration_id == PERSON.c.id)
    .join(EVENT, EVENT.c.id == PERSON.c.group_event_id)
    .join(KIND, KIND.c.id == EVENT.c.event_type_id)
    .where(
        LINK.c.token_hash == sa.bindparam("token_hash"),
        LINK.c.purpose == personal_links.SEAT,
        LINK.c.revoked_at.is_(None),
        LINK.c.expires_at > sa.bindparam("now", type_=LINK.c.expires_at.type),
        PERSON.c.blocked_at.is_(None),
    )
)
MEETINGS = (
    sa.select(
        MEETING.c.id,
        MEETING.c.state,
        MEETING.c.starts_at,
        MEETING.c.ends_at,
        MEETING.c.ended_for_all_at,
        open_cases.STOPPED_BY.label("stopped_by"),
        SEAT.c.state.label("seat"),
    )
    .outerjoin(
        SEAT,
        sa.and_(
            SEAT.c.consultation_id == MEETING.c.id,
            SEAT.c.registration_id == sa.bindparam("registration_id"),
        ),
    )
    .where(MEETING.c.group_event_id == sa.bindparam("event_id"))
    .order_by(MEETING.c.starts_at, MEETING.c.id)
)
BEFORE_ME = sa.select(sa.func.count()).where(
    PERSON.c.group_event_id == sa.bindparam("event_id"),
    PERSON.c.state == RegistrationState.WAITING,
    PERSON.c.arrival < sa.bindparam("arrival"),
)


@dataclass(frozen=True)
class Meeting:
    """One date as the participant sees it.

    ``mine``: with a seat in it, not given up for this date; ``came``: as the host closed it.
    """

    id: int
    state: str
    starts_at: datetime
    ends_at: datetime
    door: Door
    stopped_by: str | None  # a key of rules.moves.Cause
    mine: bool
    came: bool

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds() // 60)

    @property
    def door_opens_at(self) -> datetime:
        return self.starts_at - DOOR_OPENS_BEFORE

    @property
    def is_off(self) -> bool:
        return self.state == ConsultationState.CANCELLED


@dataclass(frozen=True)
class ParticipantPage:
    """``current``: the meeting to come or running, else the last one; ``in_line``: 0 without a waiting place."""

    titles: Mapping[str, str]
    type_titles: Mapping[str, str]
    announcements: Mapping[str, str]
    bring: Mapping[str, str]
    form: str
    state: str
    event_state: str
    seat_until: datetime | None
    in_line: int
    meetings: Sequence[Meeting]
    current: Meeting
    hosts: Sequence[Host]
    closing_words: Mapping[str, str]
    feed_token: str | None

    @property
    def came(self) -> bool:
        return any(meeting.came for meeting in self.meetings)


def participant(token: str, now: datetime) -> Any:
    """The row of who holds the link, with the event; None for a dead one. One query."""
    return db.session.execute(PARTICIPANT, {"token_hash": links.fingerprint(token), "now": now}).first()


def load(who: Any, now: datetime) -> ParticipantPage:
    """Everything that the page shows. At most four queries, however many take part."""
    found = meetings(who, now)
    current = current_of(found)
    in_line = 0
    if who.state == RegistrationState.WAITING:
        before = {"event_id": who.group_event_id, "arrival": who.arrival}
        in_line = db.session.execute(BEFORE_ME, before).scalar_one() + 1
    several = len(found) > 1
    return ParticipantPage(
        titles=who.titles,
        type_titles=who.type_titles,
        announcements=who.announcements,
        bring=who.bring,
        form=who.form,
        state=who.state,
        event_state=who.event_state,
        seat_until=who.seat_until,
        in_line=in_line,
        meetings=found,
        current=current,
        hosts=event_front.hosts_of([current.id]).get(current.id, []),
        closing_words=who.closing_words,
        feed_token=personal_links.token_of(personal_links.FEED, registration_id=who.id) if several else None,
    )


def meetings(who: Any, now: datetime) -> list[Meeting]:
    """All dates of the event, in order, with this person's seat in each. One query."""
    rows = db.session.execute(MEETINGS, {"event_id": who.group_event_id, "registration_id": who.id})
    return [
        Meeting(
            id=row.id,
            state=row.state,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            door=door(
                row.state,
                row.starts_at,
                row.ends_at,
                row.ended_for_all_at is not None,
                now,
                stopped=row.stopped_by is not None,
            ),
            stopped_by=row.stopped_by,
            mine=row.seat is not None and row.seat != ParticipationState.WITHDRAWN,
            came=row.seat == ParticipationState.ATTENDED,
        )
        for row in rows
    ]


def current_of(found: Sequence[Meeting]) -> Meeting:
    """The first that is not over and not off, with a seat if there is one; else the last."""
    ahead = [one for one in found if one.door not in (Door.OVER, Door.CLOSED)]
    return next((one for one in ahead if one.mine), ahead[0] if ahead else found[-1])
