"""Consultations as lists of the staff tell them: a line for each specialist, with the number of the request."""

from datetime import date
from typing import Any

import sqlalchemy as sa

from webapp.models import Centre, Consultation, ConsultationSpecialist, HelpRequest, Staff, db

LOCAL_DAY = sa.func.substr(Consultation.wall_time, 1, 10)  # 2026-11-26, by the centre's clock

LINES = (
    sa.select(
        Consultation.id,
        Consultation.starts_at,
        Consultation.ends_at,
        LOCAL_DAY.label("day"),
        HelpRequest.id.label("request_id"),
        HelpRequest.year,
        HelpRequest.sequence,
        Staff.id.label("specialist_id"),
        Staff.name.label("specialist"),
        Staff.phone,
    )
    .join(HelpRequest, HelpRequest.id == Consultation.help_request_id)
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


def number(line: sa.Row[*tuple[Any, ...]]) -> str:
    """``2026-104``"""
    return f"{line.year}-{line.sequence}"
