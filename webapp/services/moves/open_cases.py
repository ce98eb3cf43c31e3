"""Whether an open case stops a consultation: while nobody knows if it is held, nobody is let into an empty room."""

import sqlalchemy as sa

from webapp.models import Consultation, Move, db
from webapp.models.base import table_of
from webapp.rules.moves import OPEN, Cause

CASE, MEETING = table_of(Move), table_of(Consultation)
STOPS = sa.and_(
    CASE.c.state.in_([str(state) for state in OPEN]), CASE.c.cause != Cause.FAMILY
)  # a wish stops nothing

# Of a consultation in another statement: whether it is stopped, and the cause, empty where it is not.
IS_STOPPED = sa.exists().where(CASE.c.consultation_id == MEETING.c.id, STOPS)
STOPPED_BY = sa.select(CASE.c.cause).where(CASE.c.consultation_id == MEETING.c.id, STOPS).scalar_subquery()

OF_ONE = sa.select(CASE.c.id).where(CASE.c.consultation_id == sa.bindparam("consultation"), STOPS)


def is_stopped(consultation_id: int) -> bool:
    """One query."""
    return db.session.execute(OF_ONE, {"consultation": consultation_id}).first() is not None
