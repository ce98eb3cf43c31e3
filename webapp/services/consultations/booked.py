"""Consultations as lists of the staff tell them: a line for each specialist.

With the number of its request, or with the group event whose meeting it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from webapp.models import Centre, Consultation, ConsultationSpecialist, GroupEvent, HelpRequest, Staff, db


@dataclass(frozen=True)
class Matter:
    """What a consultation is about: the request of a family, by its number, or a group event, by its title."""

    request_id: int | None
    number: str  # 2026-104
    event_id: int | None
    titles: Mapping[str, str]


LOCAL_DAY = sa.func.substr(Consultation.wall_time, 1, 10)  # 2026-11-26, by the centre's clock

# Of a draft nobody knows yet: it takes its hosts' time, and nothing is to be done for it.
KNOWN_EVENT = aliased(GroupEvent)
TAKES_PLACE = sa.or_(
    Consultation.group_event_id.is_(None),
    sa.exists().where(KNOWN_EVENT.id == Consultation.group_event_id, KNOWN_EVENT.announced_at.is_not(None)),
)

LINES = (
    sa.select(
        Consultation.id,
        Consultation.starts_at,
        Consultation.ends_at,
        Consultation.means_agreed,
        LOCAL_DAY.label("day"),
        HelpRequest.id.label("request_id"),
        HelpRequest.year,
        HelpRequest.sequence,
        GroupEvent.id.label("event_id"),
        GroupEvent.titles,
        Staff.id.label("specialist_id"),
        Staff.name.label("specialist"),
        Staff.phone,
    )
    .outerjoin(HelpRequest, HelpRequest.id == Consultation.help_request_id)
    .outerjoin(GroupEvent, GroupEvent.id == Consultation.group_event_id)
    .join(ConsultationSpecialist, ConsultationSpecialist.consultation_id == Consultation.id)
    .join(Staff, Staff.id == ConsultationSpecialist.specialist_id)
    .order_by(Consultation.starts_at, Consultation.id, ConsultationSpecialist.position)
)


def on(*days: date) -> sa.ColumnElement[bool]:
    """Of one of ``days`` by the centre's clock, as it was agreed."""
    return LOCAL_DAY.in_([day.isoformat() for day in days])


def lines(centre: Centre, *conditions: sa.ColumnElement[bool]) -> list[sa.Row[*tuple[Any, ...]]]:
    """The columns of ``LINES`` for what of ``centre`` fits ``conditions``, by time. One query."""
    return list(db.session.execute(LINES.where(Consultation.centre_id == centre.id, *conditions)))


def matter(line: sa.Row[*tuple[Any, ...]]) -> Matter:
    if line.request_id is None:
        return Matter(None, "", line.event_id, line.titles)
    return Matter(line.request_id, f"{line.year}-{line.sequence}", None, {})
