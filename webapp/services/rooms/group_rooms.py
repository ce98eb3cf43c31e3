"""The room of a group meeting: participants by their seat, hosts as moderators, who is there now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound

from video import rooms, tokens
from webapp.models import (
    Centre,
    Consultation,
    ConsultationSpecialist,
    GroupEvent,
    Occupancy,
    Participation,
    Presence,
    Registration,
    Staff,
    db,
)
from webapp.models.base import table_of
from webapp.rules import attendance, consultations, groups
from webapp.rules.consultations import ConsultationState, Door, ParticipationState
from webapp.rules.group_rooms import Standing, standing
from webapp.rules.groups import EventState, RegistrationState
from webapp.services.events import group_events
from webapp.services.pages.participant_page import ParticipantPage
from webapp.services.rooms import conferences
from webapp.services.rooms.conferences import Entry

WITH_ROOM = (EventState.ANNOUNCED, EventState.CLOSED)

MEETING, SEAT, PERSON = table_of(Consultation), table_of(Participation), table_of(Registration)

# Statements made once: making one costs several times what sending it does.
ROOM = (
    sa.select(MEETING.c.room, MEETING.c.starts_at, MEETING.c.ends_at, SEAT.c.guest_id)
    .join(SEAT, SEAT.c.consultation_id == MEETING.c.id)
    .where(
        MEETING.c.id == sa.bindparam("meeting_id"),
        SEAT.c.registration_id == sa.bindparam("registration_id"),
        SEAT.c.state == ParticipationState.CONFIRMED,
        MEETING.c.room.is_not(None),
    )
)
SEATED_BEFORE = sa.select(sa.func.count()).select_from(
    sa.select(sa.literal(1))
    .where(
        PERSON.c.group_event_id == sa.bindparam("event_id"),
        PERSON.c.state == RegistrationState.SEATED,
        PERSON.c.arrival < sa.bindparam("arrival"),
    )
    .limit(sa.bindparam("most"))
    .subquery()
)


@dataclass(frozen=True)
class HostedMeeting:
    """One meeting as its hosts' page shows it."""

    id: int
    starts_at: datetime
    ends_at: datetime
    door: Door

    @property
    def may_enter(self) -> bool:
        return consultations.may_enter(self.door)

    @property
    def door_opens_at(self) -> datetime:
        return self.starts_at - consultations.DOOR_OPENS_BEFORE


def stands(who: Any, shown: ParticipantPage) -> Standing:
    """How the participant (a row of ``participant_page.participant``) stands before the current door."""
    meeting = shown.current
    return standing(shown.event_state, shown.state, door=meeting.door, has_seat=meeting.mine)


def broadcast_for(who: Any, hosts: int) -> str:
    """The address of the broadcast for somebody whom the video server cannot carry; else empty.

    By arrival among those with a seat. At most one query, which looks at no more people than the server
    carries; none where the event has no broadcast.
    """
    carries = group_events.server_carries()
    if not who.broadcast_url or groups.in_room(who.arrival, hosts, carries):
        return ""
    before = {"event_id": who.group_event_id, "arrival": who.arrival, "most": carries}
    place = db.session.execute(SEATED_BEFORE, before).scalar_one() + 1
    return "" if groups.in_room(place, hosts, carries) else str(who.broadcast_url)


def admit(centre: Centre, who: Any, shown: ParticipantPage, name: str, *, listening: bool) -> Entry | None:
    """How a participant enters, muted and without a picture; None while nobody can. One query.

    ``name``: what the others in the room read; ``listening``: without the picture of the others too.
    """
    if stands(who, shown) is not Standing.OPEN:
        return None
    seat = {"meeting_id": shown.current.id, "registration_id": who.id}
    row = db.session.execute(ROOM, seat).first()
    if row is None:
        return None
    guest = tokens.Guest(id=row.guest_id, name=name, moderator=False)
    entry = conferences.entry_for(centre, row.room, row.starts_at, row.ends_at, guest)
    settings: dict[str, bool | str] = {
        "config.startWithAudioMuted": True,
        "config.startWithVideoMuted": True,
        "config.startAudioOnly": listening,
        "userInfo.displayName": entry.name,
    }
    return replace(entry, link=rooms.with_settings(entry.link, settings))


def meeting_of_host(event: GroupEvent, meeting_id: int | None, host: Staff, now: datetime) -> Consultation:
    """A meeting that ``host`` holds, by default the one to come or running. Raises ``NoResultFound``."""
    query = (
        sa.select(Consultation)
        .join(ConsultationSpecialist, ConsultationSpecialist.consultation_id == Consultation.id)
        .where(Consultation.group_event_id == event.id, ConsultationSpecialist.specialist_id == host.id)
    )
    return _chosen(query, meeting_id, now)


def meeting_of(event: GroupEvent, meeting_id: int | None, now: datetime) -> Consultation:
    """A meeting of the event, by default the one to come or running. Raises ``NoResultFound``."""
    return _chosen(sa.select(Consultation).where(Consultation.group_event_id == event.id), meeting_id, now)


def _chosen(query: sa.Select[Consultation], meeting_id: int | None, now: datetime) -> Consultation:
    if meeting_id is not None:
        return db.session.scalars(query.where(Consultation.id == meeting_id)).one()
    found = db.session.scalars(query.order_by(Consultation.starts_at)).all()
    held = [one for one in found if one.state != ConsultationState.CANCELLED] or found
    ahead = [one for one in held if one.ends_at > now]
    if not held:
        raise NoResultFound
    return ahead[0] if ahead else held[-1]


def admit_host(
    centre: Centre, event: GroupEvent, meeting: Consultation, host: Staff, now: datetime
) -> Entry | None:
    """How a host enters as moderator; None while nobody can, or before the event is announced. One query."""
    if event.state not in WITH_ROOM:
        return None
    return conferences.admit_specialist(centre, meeting, host, now)


def of_hosts(event: GroupEvent, meetings: Sequence[Consultation], now: datetime) -> list[HostedMeeting]:
    """The meetings of an announced event with their doors; of another one none can be entered yet."""
    if event.state not in WITH_ROOM:
        return []
    return [
        HostedMeeting(one.id, one.starts_at, one.ends_at, conferences.door_of(one, now))
        for one in meetings
        if one.state != ConsultationState.CANCELLED
    ]


def connected(meeting: Consultation, now: datetime) -> list[tuple[str, int]]:
    """Who of the participants is in the room now: ``(shown name, arrival)``, in the order of arrival.

    By the video server's events; where it sends none, by what the room page has told lately. One query.
    """
    of_meeting = Occupancy.consultation_id == meeting.id
    on_server = sa.exists().where(
        of_meeting, Occupancy.guest_id == Participation.guest_id, Occupancy.left_at.is_(None)
    )
    on_page = sa.exists().where(
        Presence.participation_id == Participation.id,
        Presence.last_seen_at > now - attendance.STAY_GOES_ON_WITHIN,
    )
    rows = db.session.execute(
        sa.select(Registration.shown_name, Registration.arrival)
        .join(Participation, Participation.registration_id == Registration.id)
        .where(
            Participation.consultation_id == meeting.id,
            sa.case((sa.exists().where(of_meeting), on_server), else_=on_page),
        )
        .order_by(Registration.arrival)
    )
    return [(row.shown_name, row.arrival) for row in rows]
