"""Questions to the hosts, before and during an event: asked, shown by a host, voted for, answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from webapp.models import Centre, GroupEvent, Question, QuestionVote, db
from webapp.models.base import table_of
from webapp.rules import questions as rules
from webapp.rules.errors import WrongState
from webapp.rules.groups import TAKING_PART
from webapp.rules.questions import SEEN_BY_ALL, QuestionAction, QuestionState

QUESTION, VOTE = table_of(Question), table_of(QuestionVote)
INSERT_INTO: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
ADD_VOTE: dict[str, Any] = {
    name: insert(VOTE).on_conflict_do_nothing().returning(VOTE.c.question_id)
    for name, insert in INSERT_INTO.items()
}
MINE = sa.exists().where(
    VOTE.c.question_id == QUESTION.c.id, VOTE.c.registration_id == sa.bindparam("registration_id")
)
SEEN = (
    sa.select(
        QUESTION.c.id,
        QUESTION.c.state,
        QUESTION.c.words,
        QUESTION.c.votes,
        (QUESTION.c.registration_id == sa.bindparam("registration_id")).label("own"),
        MINE.label("voted"),
    )
    .where(
        QUESTION.c.group_event_id == sa.bindparam("event_id"),
        sa.or_(
            QUESTION.c.state.in_(SEEN_BY_ALL),
            sa.and_(
                QUESTION.c.state == QuestionState.ASKED,
                QUESTION.c.registration_id == sa.bindparam("registration_id"),
            ),
        ),
    )
    .order_by(QUESTION.c.state == QuestionState.ANSWERED, QUESTION.c.votes.desc(), QUESTION.c.id)
    .limit(sa.bindparam("most"))
)
MOST_SHOWN = 50
NOBODY = 0  # ids begin at 1


@dataclass(frozen=True)
class Seen:
    """One question as a participant sees it; whose it is, only its author learns."""

    id: int
    state: str
    words: str
    votes: int
    own: bool
    voted: bool


@dataclass(frozen=True)
class Asked:
    """One question as a host sees it: without a name."""

    id: int
    state: str
    words: str
    votes: int
    asked_at: datetime


def seen_by(event_id: int, registration_id: int | None) -> list[Seen]:
    """What the hosts have shown, the most wanted first, answered ones last; and one's own. One query."""
    values = {"event_id": event_id, "registration_id": registration_id or NOBODY, "most": MOST_SHOWN}
    return [Seen(*row) for row in db.session.execute(SEEN, values)]


def of_event(event: GroupEvent) -> Sequence[Asked]:
    """Everything that was asked: new ones first, then by votes. One query."""
    rank: Mapping[str, int] = {
        QuestionState.ASKED: 0,
        QuestionState.SHOWN: 1,
        QuestionState.ANSWERED: 2,
        QuestionState.HIDDEN: 3,
    }
    rows = db.session.execute(
        sa.select(QUESTION.c.id, QUESTION.c.state, QUESTION.c.words, QUESTION.c.votes, QUESTION.c.asked_at)
        .where(QUESTION.c.group_event_id == event.id)
        .order_by(sa.case(rank, value=QUESTION.c.state), QUESTION.c.votes.desc(), QUESTION.c.id)
    )
    return [Asked(*row) for row in rows]


def ask(who: Any, centre: Centre, words: str, ends_at: datetime, now: datetime) -> None:
    """``who``: the row of a participant. The question waits for a host to show it."""
    if who.state not in TAKING_PART:
        raise WrongState(state=who.state)
    open_ones = sa.select(sa.func.count()).where(
        Question.registration_id == who.id, Question.state.in_((QuestionState.ASKED, QuestionState.SHOWN))
    )
    words = words.strip()
    rules.must_be_askable(words, db.session.scalar(open_ones) or 0, ends_at, now, centre.phone)
    db.session.add(
        Question(
            group_event_id=who.group_event_id,
            registration_id=who.id,
            state=QuestionState.ASKED,
            words=words,
            asked_at=now,
        )
    )


def vote(who: Any, question_id: int) -> None:
    """One vote a person and question, however often the button is pressed; nobody votes for their own."""
    question = db.session.execute(
        sa.select(QUESTION.c.id, QUESTION.c.registration_id).where(
            QUESTION.c.id == question_id,
            QUESTION.c.group_event_id == who.group_event_id,
            QUESTION.c.state == QuestionState.SHOWN,
        )
    ).one()
    if who.state not in TAKING_PART or question.registration_id == who.id:
        raise WrongState(state=who.state)
    values = {"question_id": question_id, "registration_id": who.id}
    if db.session.scalar(ADD_VOTE[db.engine.dialect.name], values) is None:
        return
    db.session.execute(
        sa.update(QUESTION).where(QUESTION.c.id == question_id).values(votes=QUESTION.c.votes + 1)
    )


def decide(
    event: GroupEvent, question_id: int, action: QuestionAction, now: datetime, *, staff_id: int
) -> None:
    """A host shows a question, hides it, or says that it is answered. Raises ``NoResultFound``."""
    question = db.session.scalars(
        sa.select(Question).where(Question.id == question_id, Question.group_event_id == event.id)
    ).one()
    question.state = rules.next_state(question.state, action)
    question.decided_at, question.decided_by = now, staff_id
