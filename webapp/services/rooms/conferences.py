"""Holding a consultation: who may enter which room and when, and what the video server is told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import sqlalchemy as sa
from flask import current_app

from video import reservations, rooms, tokens
from webapp.config import JitsiMode, Settings
from webapp.models import (
    Centre,
    Consultation,
    ConsultationSpecialist,
    GroupEvent,
    HelpRequest,
    Participation,
    Staff,
    db,
)
from webapp.models.base import reading_only
from webapp.rules import consultations, group_rooms
from webapp.rules.consultations import ConsultationState, Door
from webapp.rules.errors import NotOpen
from webapp.services.help_requests.lifecycle import record
from webapp.services.moves import open_cases

VIDEO_SCRIPT = "external_api.js"
LONGEST_ID = 18  # digits; a longer number is no row of ours on either database


@dataclass(frozen=True)
class Entry:
    """What the page needs to let a person in: a room to embed, or only a ``link`` to it.

    ``room`` and ``token`` are as the video server's script wants them; empty where nothing is embedded.
    """

    embedded: bool
    link: str
    script: str
    server: str
    room: str
    token: str
    name: str
    moderator: bool


@dataclass(frozen=True)
class Host:
    """A specialist as the family sees one."""

    name: str
    profession: str


@dataclass(frozen=True)
class Visit:
    """One consultation as the join page shows it. ``entry`` is empty while nobody can enter."""

    consultation_id: int
    means: str
    online: bool
    state: str
    door: Door
    opens_at: datetime
    starts_at: datetime
    ends_at: datetime
    hosts: tuple[Host, ...]
    voice_only: bool
    recommended: bool
    stopped_by: str | None  # a key of rules.moves.Cause, when the door is delayed
    entry: Entry | None


def admit(centre: Centre, request: HelpRequest, shown_name: str, now: datetime) -> Visit | None:
    """How a family gets into its consultation at ``now``; ``None`` when it has none. Two queries.

    ``shown_name`` is what the others in the room read.
    """
    row = _visit_of_family(request.id, now)
    if row is None:
        return None
    door = _door_of_family(row, now)
    entry = None
    if row.room is not None and consultations.may_enter(door):
        guest = tokens.Guest(id=row.guest_id, name=shown_name, moderator=False)
        entry = entry_for(centre, row.room, row.starts_at, row.ends_at, guest)
    return Visit(
        consultation_id=row.id,
        means=row.means_agreed,
        online=row.room is not None,
        state=row.state,
        door=door,
        opens_at=row.starts_at - consultations.DOOR_OPENS_BEFORE,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        hosts=_hosts(row.id),
        voice_only=row.voice_only_at is not None or row.means_agreed == consultations.Means.VOICE,
        recommended=row.recommended_at is not None,
        stopped_by=row.stopped_by,
        entry=entry,
    )


def admit_specialist(
    centre: Centre, consultation: Consultation, person: Staff, now: datetime
) -> Entry | None:
    """How a specialist enters as moderator; ``None`` while nobody can. One query."""
    door = door_of(consultation, now)
    if consultation.room is None or not consultations.may_enter(door):
        return None
    guest_id = db.session.scalar(
        sa.select(ConsultationSpecialist.guest_id).where(
            ConsultationSpecialist.consultation_id == consultation.id,
            ConsultationSpecialist.specialist_id == person.id,
        )
    )
    if guest_id is None:
        return None
    guest = tokens.Guest(id=guest_id, name=person.name, moderator=True)
    return entry_for(centre, consultation.room, consultation.starts_at, consultation.ends_at, guest)


def door_of(consultation: Consultation, now: datetime) -> Door:
    """How the door of a consultation stands. One query."""
    return consultations.door(
        consultation.state,
        consultation.starts_at,
        consultation.ends_at,
        consultation.ended_for_all_at is not None,
        now,
        stopped=open_cases.is_stopped(consultation.id),
    )


def is_open(consultation: Consultation, now: datetime) -> bool:
    """Whether people may be in the room."""
    return consultations.may_enter(door_of(consultation, now))


def note_entry(request: HelpRequest, now: datetime, *, voice_only: bool) -> None:
    """The family goes in, with or without its camera: noted as used (Remote consulting, 3.6)."""
    row = _visit_of_family(request.id, now)
    if row is None:
        raise NotOpen()
    if not consultations.may_enter(_door_of_family(row, now)):
        raise NotOpen()
    db.session.execute(
        sa.update(Participation)
        .where(Participation.consultation_id == row.id, Participation.help_request_id == request.id)
        .values(voice_only_at=now if voice_only else None)
    )
    record(
        request.centre_id,
        "conference.enter",
        now,
        help_request_id=request.id,
        consultation_id=row.id,
        voice_only=voice_only,
    )


def end_for_all(consultation: Consultation, now: datetime, *, staff_id: int) -> None:
    """The specialist ends the session before its time: nobody can come back in. Raises :class:`NotOpen`."""
    if not consultations.may_enter(door_of(consultation, now)):
        raise NotOpen()
    consultation.ended_for_all_at = now
    record(
        consultation.centre_id,
        "conference.end_for_all",
        now,
        staff_id=staff_id,
        help_request_id=consultation.help_request_id,
        consultation_id=consultation.id,
    )


# --- What the video server asks ----------------------------------------------------------------------------


def may_open(
    name: str, mail_owner: str, now: datetime, messages: reservations.Messages
) -> reservations.Grant | reservations.Refusal:
    """Jitsi's question before a room opens. Changes nothing, however often it is asked."""
    with reading_only():
        booking = _booking(Consultation.room == rooms.normalised(name)) if name else None
    return reservations.decide(name, mail_owner, booking, now, messages)


def may_open_by_id(
    identifier: str, now: datetime, messages: reservations.Messages
) -> reservations.Grant | reservations.Refusal:
    """The same question by the id of an earlier answer; an unknown id reads like a closed room."""
    booking = None
    if identifier.isascii() and identifier.isdigit() and len(identifier) <= LONGEST_ID:
        booking = _booking(Consultation.id == int(identifier))
    return reservations.decide(booking.room if booking else identifier, "", booking, now, messages)


def _booking(condition: sa.ColumnElement[bool]) -> reservations.Booking | None:
    hosts = (
        sa.select(sa.func.count())
        .where(ConsultationSpecialist.consultation_id == Consultation.id)
        .scalar_subquery()
    )
    row = db.session.execute(
        sa.select(
            Consultation.id,
            Consultation.room,
            Consultation.starts_at,
            Consultation.ends_at,
            Consultation.state,
            Consultation.ended_for_all_at,
            GroupEvent.capacity,
            GroupEvent.seats_taken,
            hosts.label("hosts"),
            open_cases.IS_STOPPED.label("stopped"),
        )
        .outerjoin(GroupEvent, GroupEvent.id == Consultation.group_event_id)
        .where(condition, Consultation.room.is_not(None))
    ).first()
    if row is None or row.room is None:
        return None
    return reservations.Booking(
        id=str(row.id),
        room=row.room,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        cancelled=row.state == ConsultationState.CANCELLED,
        ended=row.ended_for_all_at is not None,
        stopped=row.stopped,
        max_occupants=_most_occupants(row),
    )


def _most_occupants(row: Any) -> int | None:
    """A group has its seats and its hosts; to a family the server's own limit is enough."""
    if row.capacity is None:
        return None
    settings: Settings = current_app.config["SETTINGS"]
    return group_rooms.most_occupants(
        row.capacity, row.seats_taken, row.hosts, settings.jitsi_max_participants
    )


# --- Inside -----------------------------------------------------------------------------------------------


def _visit_of_family(request_id: int, now: datetime) -> Any:
    """The consultation that concerns the family now: the next one ahead, else the last one."""
    found = db.session.execute(
        sa.select(
            Consultation.id,
            Consultation.state,
            Consultation.starts_at,
            Consultation.ends_at,
            Consultation.ended_for_all_at,
            Consultation.room,
            open_cases.STOPPED_BY.label("stopped_by"),
            Consultation.means_agreed,
            Consultation.recommended_at,
            Participation.guest_id,
            Participation.voice_only_at,
        )
        .join(Participation, Participation.consultation_id == Consultation.id)
        .where(Participation.help_request_id == request_id)
        .order_by(Consultation.starts_at)
    ).all()
    planned = [row for row in found if row.state == ConsultationState.PLANNED]
    ahead = [row for row in planned if row.ends_at > now or row.stopped_by]
    if ahead:
        return ahead[0]
    held = [row for row in found if row.state != ConsultationState.CANCELLED]
    last = held or found
    return last[-1] if last else None


def _door_of_family(row: Any, now: datetime) -> Door:
    ended = row.ended_for_all_at is not None
    stopped = row.stopped_by is not None
    return consultations.door(row.state, row.starts_at, row.ends_at, ended, now, stopped=stopped)


def _hosts(consultation_id: int) -> tuple[Host, ...]:
    rows = db.session.execute(
        sa.select(Staff.name, Staff.profession)
        .join(ConsultationSpecialist, ConsultationSpecialist.specialist_id == Staff.id)
        .where(ConsultationSpecialist.consultation_id == consultation_id)
        .order_by(ConsultationSpecialist.position)
    )
    return tuple(Host(row.name, row.profession) for row in rows)


def entry_for(
    centre: Centre, room: str, starts_at: datetime, ends_at: datetime, guest: tokens.Guest
) -> Entry:
    """The way into a room for one person, as the mode of the video server and the centre want it."""
    settings: Settings = current_app.config["SETTINGS"]
    server = settings.jitsi_url
    tenant = settings.jitsi_app_id if settings.uses_jaas else ""
    token = ""
    if settings.jitsi_mode is not JitsiMode.LINK:
        entry = tokens.Pass(room, starts_at - consultations.DOOR_OPENS_BEFORE, ends_at)
        token = mint(settings, guest, entry)
    link = rooms.link(server, room, tenant=tenant)
    if token:
        link += "?" + urlencode({"jwt": token})
    # A public server ends what is embedded after five minutes, so there it is a link in any case.
    embedded = settings.jitsi_mode is not JitsiMode.LINK and not centre.video_by_link_only
    return Entry(
        embedded=embedded,
        link=link,
        script=rooms.link(server, VIDEO_SCRIPT, tenant=tenant),
        server=urlsplit(server).netloc,
        room=f"{quote(tenant, safe='')}/{room}" if tenant else room,
        token=token,
        name=tokens.shown_name(guest.name),
        moderator=guest.moderator,
    )


def mint(settings: Settings, guest: tokens.Guest, entry: tokens.Pass) -> str:
    """A token for one person and one room, in the form that the configured video server wants."""
    if settings.uses_jaas:
        assert settings.jitsi_private_key_file is not None
        return tokens.jaas_token(
            guest,
            entry,
            app_id=settings.jitsi_app_id,
            key_id=settings.jitsi_key_id,
            private_key=settings.jitsi_private_key_file.read_text(encoding="utf-8"),
        )
    return tokens.own_server_token(
        guest,
        entry,
        app_id=settings.jitsi_app_id,
        secret=settings.jitsi_secret.get_secret_value(),
        domain=urlsplit(settings.jitsi_url).hostname or "",
    )
