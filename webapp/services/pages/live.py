"""What tells an open page that there is news. Asked every few seconds, so each answer is one indexed statement.

A version changes whenever the page would; it says nothing else. Pages are drawn with it, and ask for it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from webapp import links
from webapp.models import (
    AuditRecord,
    Centre,
    Consultation,
    ConsultationSpecialist,
    GroupEvent,
    HelpRequest,
    Move,
    Occupancy,
    PersonalLink,
    Registration,
    db,
)
from webapp.models.base import table_of
from webapp.rules import moves
from webapp.services.pages import personal_links

LINK, REQUEST, RECORD, CASE = (table_of(model) for model in (PersonalLink, HelpRequest, AuditRecord, Move))
PERSON, EVENT, MEETING = (table_of(model) for model in (Registration, GroupEvent, Consultation))
HOST, STAY = table_of(ConsultationSpecialist), table_of(Occupancy)

# Records that change nothing on the family's page.
NO_NEWS_FOR_FAMILY = (
    "call.done",
    "call.try",
    "check.record",
    "conference.enter",
    "connection.cannot_connect",
    "connection.late",
    "letter.fail",
    "move.propose",
    "move.remind",
    "move.tell_up",
    "request.assign",
)


def _newest(*conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[Any]:
    return sa.select(sa.func.coalesce(sa.func.max(RECORD.c.id), 0)).where(*conditions).scalar_subquery()


# Statements made once: making one costs several times what sending it does.
FAMILY_NEWS = _newest(
    RECORD.c.help_request_id == REQUEST.c.id, RECORD.c.action.not_in(NO_NEWS_FOR_FAMILY)
).label("newest")
OF_LINK = (
    sa.select(FAMILY_NEWS)
    .select_from(LINK)
    .join(REQUEST, REQUEST.c.id == LINK.c.help_request_id)
    .where(
        LINK.c.token_hash == sa.bindparam("token_hash"),
        LINK.c.purpose.in_(personal_links.FAMILY),
        LINK.c.revoked_at.is_(None),
        LINK.c.expires_at > sa.bindparam("now", type_=LINK.c.expires_at.type),
        REQUEST.c.blocked_at.is_(None),
    )
)
OPEN_CASE = sa.exists().where(
    CASE.c.consultation_id == MEETING.c.id,
    CASE.c.state.in_(moves.OPEN),
    MEETING.c.help_request_id == REQUEST.c.id,
)
OF_REQUEST = sa.select(FAMILY_NEWS, OPEN_CASE.label("case_open")).where(
    REQUEST.c.id == sa.bindparam("request_id")
)
# An event's history names every registration: what concerns this person is read off the rows themselves.
CHANGES_OF_EVENT = (
    sa.select(sa.func.coalesce(sa.func.sum(MEETING.c.calendar_sequence), 0))
    .where(MEETING.c.group_event_id == EVENT.c.id)
    .scalar_subquery()
)
PARTICIPANT = sa.select(
    PERSON.c.state, EVENT.c.state, EVENT.c.starts_at, EVENT.c.ends_at, CHANGES_OF_EVENT
).join(EVENT, EVENT.c.id == PERSON.c.group_event_id)
OF_SEAT = PARTICIPANT.join(LINK, LINK.c.registration_id == PERSON.c.id).where(
    LINK.c.token_hash == sa.bindparam("token_hash"),
    LINK.c.purpose == personal_links.SEAT,
    LINK.c.revoked_at.is_(None),
    LINK.c.expires_at > sa.bindparam("now", type_=LINK.c.expires_at.type),
    PERSON.c.blocked_at.is_(None),
)
OF_REGISTRATION = PARTICIPANT.where(PERSON.c.id == sa.bindparam("registration_id"))
OF_CONSULTATION = sa.select(
    _newest(RECORD.c.help_request_id == MEETING.c.help_request_id),
    sa.select(sa.func.coalesce(sa.func.max(STAY.c.id), 0))
    .where(STAY.c.consultation_id == MEETING.c.id)
    .scalar_subquery(),
    sa.exists()
    .where(CASE.c.consultation_id == MEETING.c.id, CASE.c.state.in_(moves.OPEN))
    .label("case_open"),
).where(MEETING.c.id == sa.bindparam("consultation_id"), MEETING.c.centre_id == sa.bindparam("centre_id"))
OF_OWN_CONSULTATION = OF_CONSULTATION.where(
    sa.exists().where(
        HOST.c.consultation_id == MEETING.c.id, HOST.c.specialist_id == sa.bindparam("specialist_id")
    )
)
OF_DAY = (
    sa.select(
        sa.func.count(),
        sa.func.coalesce(sa.func.sum(MEETING.c.calendar_sequence), 0),
        sa.func.coalesce(sa.func.max(_newest(RECORD.c.help_request_id == MEETING.c.help_request_id)), 0),
    )
    .select_from(MEETING)
    .join(HOST, HOST.c.consultation_id == MEETING.c.id)
    .where(
        HOST.c.specialist_id == sa.bindparam("specialist_id"),
        MEETING.c.centre_id == sa.bindparam("centre_id"),
        MEETING.c.starts_at >= sa.bindparam("begins", type_=MEETING.c.starts_at.type),
        MEETING.c.starts_at < sa.bindparam("ends", type_=MEETING.c.starts_at.type),
    )
)


@dataclass(frozen=True)
class News:
    """``case_open``: something is being decided, so the page asks often."""

    version: str
    case_open: bool = False


def of_link(token: str, now: datetime) -> str | None:
    """The version of a family's page by its link; ``None`` once the link is dead."""
    newest = db.session.scalar(OF_LINK, {"token_hash": links.fingerprint(token), "now": now})
    return None if newest is None else str(newest)


def of_request(request_id: int) -> News:
    """As :func:`of_link`, for drawing the page."""
    row = db.session.execute(OF_REQUEST, {"request_id": request_id}).one()
    return News(str(row.newest), bool(row.case_open))


def of_seat(token: str, now: datetime) -> str | None:
    """The version of a participant's page by its link; ``None`` once the link is dead."""
    row = db.session.execute(OF_SEAT, {"token_hash": links.fingerprint(token), "now": now}).first()
    return None if row is None else _joined(row)


def of_registration(registration_id: int) -> News:
    """As :func:`of_seat`, for drawing the page."""
    return News(_joined(db.session.execute(OF_REGISTRATION, {"registration_id": registration_id}).one()))


def of_consultation(centre_id: int, consultation_id: int, specialist_id: int | None) -> News | None:
    """One consultation of this centre with a family; with ``specialist_id`` only one of theirs, else ``None``."""
    statement = OF_CONSULTATION if specialist_id is None else OF_OWN_CONSULTATION
    which = {"consultation_id": consultation_id, "centre_id": centre_id, "specialist_id": specialist_id}
    row = db.session.execute(statement, which).first()
    return None if row is None else News(_joined(row), bool(row.case_open))


def of_day(centre: Centre, specialist_id: int, now: datetime) -> News:
    """Today's consultations of a specialist."""
    local = now.astimezone(centre.zone_info)
    begins = local.replace(hour=0, minute=0, second=0, microsecond=0)
    which = {"specialist_id": specialist_id, "centre_id": centre.id}
    day = {"begins": begins, "ends": begins + timedelta(days=1)}
    return News(_joined(db.session.execute(OF_DAY, {**which, **day}).one()))


def _joined(row: Any) -> str:
    """``seated.announced.1764129600.1764132000.0``"""
    return ".".join(str(int(one.timestamp())) if isinstance(one, datetime) else str(one) for one in row)
