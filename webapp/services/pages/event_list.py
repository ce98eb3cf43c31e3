"""The group events of a centre in a list that anybody may read: date, title, hosts, seats left."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from webapp.models import Centre, Consultation, ConsultationSpecialist, EventType, GroupEvent, Staff, db
from webapp.models.base import table_of
from webapp.rules.consultations import ConsultationState
from webapp.rules.groups import EventState, OpenTo
from webapp.services.pages.event_front import Host

EVERYTHING = 2**31 - 1

EVENT, KIND, MEETING = table_of(GroupEvent), table_of(EventType), table_of(Consultation)
HOSTING, STAFF = table_of(ConsultationSpecialist), table_of(Staff)

# Statements made once: making one costs several times what sending it does.
NOW = sa.bindparam("now", type_=MEETING.c.ends_at.type)
PUBLIC = sa.and_(
    EVENT.c.centre_id == sa.bindparam("centre"),
    EVENT.c.state == EventState.ANNOUNCED,
    EVENT.c.ends_at > NOW,
)
AHEAD = sa.and_(MEETING.c.state != ConsultationState.CANCELLED, MEETING.c.ends_at > NOW)
DATES = (
    sa.select(
        MEETING.c.group_event_id,
        sa.func.min(MEETING.c.starts_at).label("starts_at"),
        sa.func.count().label("left"),
    )
    .join(EVENT, EVENT.c.id == MEETING.c.group_event_id)
    .where(PUBLIC, AHEAD)
    .group_by(MEETING.c.group_event_id)
    .subquery()
)
UPCOMING = (
    sa.select(
        EVENT.c.id,
        EVENT.c.titles,
        EVENT.c.capacity,
        EVENT.c.seats_taken,
        EVENT.c.waiting_count,
        KIND.c.form,
        MEETING.c.id.label("meeting_id"),
        MEETING.c.starts_at,
        DATES.c.left,
    )
    .join(KIND, KIND.c.id == EVENT.c.event_type_id)
    .join(DATES, DATES.c.group_event_id == EVENT.c.id)
    .join(
        MEETING,
        sa.and_(MEETING.c.group_event_id == EVENT.c.id, MEETING.c.starts_at == DATES.c.starts_at, AHEAD),
    )
    .where(PUBLIC, KIND.c.open_to == OpenTo.ANYBODY)
    .order_by(MEETING.c.starts_at, EVENT.c.id)
    .limit(sa.bindparam("most"))
)
HOSTS = (
    sa.select(HOSTING.c.consultation_id, STAFF.c.id, STAFF.c.name, STAFF.c.profession)
    .join(MEETING, MEETING.c.id == HOSTING.c.consultation_id)
    .join(EVENT, EVENT.c.id == MEETING.c.group_event_id)
    .join(STAFF, STAFF.c.id == HOSTING.c.specialist_id)
    .where(PUBLIC, AHEAD, MEETING.c.starts_at <= sa.bindparam("last", type_=MEETING.c.starts_at.type))
    .order_by(HOSTING.c.consultation_id, HOSTING.c.position)
)


class Listed(NamedTuple):
    """One line. ``starts_at``: of the next meeting; ``dates``: how many lie ahead."""

    id: int
    form: str
    titles: Mapping[str, str]
    starts_at: datetime
    dates: int
    seats_left: int
    hosts: Sequence[Host]


def upcoming(centre: Centre, now: datetime, *, most: int = EVERYTHING) -> list[Listed]:
    """What anybody may register for, the soonest first. Two queries, however many."""
    wanted = {"centre": centre.id, "now": now}
    rows = db.session.execute(UPCOMING, {**wanted, "most": most}).all()
    hosts = _hosts({**wanted, "last": rows[-1].starts_at}) if rows else {}
    return [
        Listed(
            row.id,
            row.form,
            row.titles,
            row.starts_at,
            row.left,
            max(0, row.capacity - row.seats_taken) if row.waiting_count == 0 else 0,
            hosts.get(row.meeting_id, ()),
        )
        for row in rows
    ]


def _hosts(wanted: Mapping[str, Any]) -> dict[int, list[Host]]:
    hosts: dict[int, list[Host]] = {}
    known: dict[int, Host] = {}
    for row in db.session.execute(HOSTS, wanted):
        host = known.get(row.id) or known.setdefault(row.id, Host(row.name, row.profession))
        hosts.setdefault(row.consultation_id, []).append(host)
    return hosts
