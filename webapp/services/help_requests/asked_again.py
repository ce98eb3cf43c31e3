"""Going back and sending the form once more makes no second request."""

from datetime import datetime

import sqlalchemy as sa

from webapp.models import Centre, HelpRequest, WishedTime, db
from webapp.rules.errors import AskedAlready
from webapp.rules.help_requests import OPEN, WAITING_FOR_ANSWER
from webapp.services.help_requests.intake import Asked


def must_be_new(centre: Centre, asked: Asked, first: datetime | None) -> None:
    """Refuse what this family has just sent: the same first time, or without one the same words.

    Only from where it was sent before: nobody else learns here that an address has asked. Raises
    :class:`AskedAlready`.
    """
    same = _wishes_first(first) if first is not None else _says_the_same(asked)
    from_here = [HelpRequest.centre_id == centre.id, HelpRequest.source_hash == asked.source_hash]
    if db.session.scalar(sa.select(sa.exists().where(*from_here, _is_of_contact(asked), same))):
        raise AskedAlready(phone=centre.phone)


def _is_of_contact(asked: Asked) -> sa.ColumnElement[bool]:
    return sa.or_(
        HelpRequest.email == asked.email if asked.email else sa.false(),
        HelpRequest.phone == asked.phone if asked.phone else sa.false(),
    )


def _wishes_first(starts_at: datetime) -> sa.ColumnElement[bool]:
    first_wish = sa.exists().where(
        WishedTime.help_request_id == HelpRequest.id,
        WishedTime.position == 1,
        WishedTime.starts_at == starts_at,
    )
    return sa.and_(HelpRequest.state.in_(OPEN), first_wish)


def _says_the_same(asked: Asked) -> sa.ColumnElement[bool]:
    return sa.and_(
        HelpRequest.state.in_(WAITING_FOR_ANSWER),
        HelpRequest.any_time,
        HelpRequest.topic_id.is_not_distinct_from(asked.topic_id),
        HelpRequest.words == asked.words,
    )
