"""Participants of a group cannot connect: their hosts see it at once, and are written to now and then."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from webapp.models import AuditRecord, ConnectionProblem, Consultation, GroupEvent, db
from webapp.rules.errors import NotOpen
from webapp.rules.group_rooms import Standing, problems_told_at
from webapp.rules.letters import LetterKind
from webapp.services.consultations.confirmation import meeting_facts, specialists_of
from webapp.services.help_requests.lifecycle import record
from webapp.services.mail.correspondence import tell_staff
from webapp.services.pages.participant_page import ParticipantPage
from webapp.services.rooms import group_rooms
from webapp.services.rooms.connection_problems import CANNOT_CONNECT, SAID_ALREADY


@dataclass(frozen=True)
class Told:
    """How often participants of one meeting said that they cannot connect, and when last."""

    count: int
    last_at: datetime | None
    first_at: datetime | None


def report(who: Any, shown: ParticipantPage, now: datetime) -> None:
    """One more cannot connect. Hosts get a letter for the first, then at most one every five minutes.

    Raises :class:`NotOpen` for somebody who could not enter in any case.
    """
    if group_rooms.stands(who, shown) is not Standing.OPEN:
        raise NotOpen()
    if _has_said_so(who, now):
        return
    meeting_id = shown.current.id
    first_at = of_meeting(meeting_id).first_at or now
    db.session.add(ConnectionProblem(consultation_id=meeting_id, kind=CANNOT_CONNECT, reported_at=now))
    record(
        who.centre_id,
        "connection.participant",
        now,
        group_event_id=who.group_event_id,
        consultation_id=meeting_id,
        registration_id=who.id,
    )
    _tell_hosts(meeting_id, problems_told_at(first_at, now), now)


def _has_said_so(who: Any, now: datetime) -> bool:
    """Whether it was this person a moment ago: a button pressed again and again counts once."""
    said = sa.exists().where(
        AuditRecord.group_event_id == who.group_event_id,
        AuditRecord.at > now - SAID_ALREADY,
        AuditRecord.action == "connection.participant",
        AuditRecord.details["registration_id"].as_integer() == who.id,
    )
    return bool(db.session.scalar(sa.select(said)))


def _tell_hosts(meeting_id: int, told_at: datetime, now: datetime) -> None:
    meeting = db.session.get_one(Consultation, meeting_id)
    event = db.session.get_one(GroupEvent, meeting.group_event_id)
    hosts = specialists_of(meeting)
    for host in hosts:
        tell_staff(
            host,
            LetterKind.PARTICIPANTS_CANNOT_CONNECT,
            meeting_facts(meeting, hosts),
            now,
            occasion=f"{meeting.id}:{told_at.isoformat()}",
            consultation=meeting,
            event=event,
            due_at=told_at,
        )


def of_meeting(meeting_id: int) -> Told:
    """What participants have said of this meeting. One query."""
    row = db.session.execute(
        sa.select(
            sa.func.count(),
            sa.func.max(ConnectionProblem.reported_at),
            sa.func.min(ConnectionProblem.reported_at),
        ).where(ConnectionProblem.consultation_id == meeting_id)
    ).one()
    return Told(*row)
