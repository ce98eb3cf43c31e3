"""Requests that concern a specialist before there is a date: assigned to them, or urgent and told to them."""

from datetime import datetime

import sqlalchemy as sa

from webapp.models import Centre, HelpRequest, TopicSpecialist, db
from webapp.rules.help_requests import WAITING_FOR_ANSWER
from webapp.services.help_requests import case, queue
from webapp.services.help_requests.case import Case
from webapp.services.help_requests.queue import Waiting


def waiting(centre: Centre, specialist_id: int, now: datetime) -> list[Waiting]:
    """As the deputy's list, what waits for this specialist only. At most two queries."""
    not_with_another = sa.or_(
        HelpRequest.assigned_specialist_id.is_(None), HelpRequest.assigned_specialist_id == specialist_id
    )
    return queue.waiting(centre, now, _concerns(specialist_id), not_with_another)


def load(centre: Centre, request_id: int, specialist_id: int, now: datetime) -> Case | None:
    """None once it is answered or with another; raises ``NoResultFound`` (404) if it never concerned them."""
    concerns = _concerns(specialist_id)
    db.session.execute(sa.select(HelpRequest.id).where(HelpRequest.id == request_id, concerns)).one()
    found = case.load(centre, request_id, now)
    waits = found.state in WAITING_FOR_ANSWER and found.assigned_id in (None, specialist_id)
    return found if waits else None


def _concerns(specialist_id: int) -> sa.ColumnElement[bool]:
    """Assigned to them, or urgent and either their own or of a topic that they answer for."""
    answers_for_topic = sa.exists().where(
        TopicSpecialist.specialist_id == specialist_id, TopicSpecialist.topic_id == HelpRequest.topic_id
    )
    told_at_once = sa.and_(
        HelpRequest.urgent,
        sa.or_(
            HelpRequest.wished_specialist_id == specialist_id,
            sa.and_(HelpRequest.wished_specialist_id.is_(None), answers_for_topic),
        ),
    )
    return sa.or_(HelpRequest.assigned_specialist_id == specialist_id, told_at_once)
