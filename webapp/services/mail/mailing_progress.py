"""A mailing as its senders see it: whom it will reach, then how far it is. Numbers, never an address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from webapp.models import AuditRecord, GroupEvent, Mailing, Staff, Subscriber, SubscriberTopic, Topic, db
from webapp.rules.errors import DomainError
from webapp.rules.letters import LetterState
from webapp.rules.mailings import UNDER_WAY
from webapp.services.mail import mailings


@dataclass(frozen=True)
class Audience:
    """How many are told: who wants to hear of everything, and who chose the event's topic."""

    of_everything: int
    of_topic: int
    topic: Mapping[str, str]  # its titles; empty where the event has none

    @property
    def total(self) -> int:
        return self.of_everything + self.of_topic


@dataclass(frozen=True)
class Progress:
    """``waiting`` counts letters that are still to be written too."""

    state: str
    begun_at: datetime
    begun_by: str
    finished_at: datetime | None
    sent: int
    waiting: int
    failed: int
    uncertain: int
    not_needed: int

    @property
    def total(self) -> int:
        return self.sent + self.waiting + self.failed + self.uncertain + self.not_needed

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY


@dataclass(frozen=True)
class MailingPage:
    """``refused``: why no mailing can be begun now, or None."""

    progress: Progress | None
    audience: Audience
    refused: DomainError | None


def load(event: GroupEvent, now: datetime) -> MailingPage:
    """Seven queries at most, however many subscribers."""
    refused = None
    try:
        mailings.must_be_possible(event, now)
    except DomainError as error:
        refused = error
    latest = mailings.latest_of(event)
    return MailingPage(_progress_of(event, latest) if latest else None, _audience(event), refused)


def _progress_of(event: GroupEvent, mailing: Mailing) -> Progress:
    counts = mailings.counts_of(mailing) or _counts_kept(mailing)
    on_the_way = sum(counts.get(state, 0) for state in mailings.ON_THE_WAY)
    return Progress(
        state=mailing.state,
        begun_at=mailing.created_at,
        begun_by=db.session.get_one(Staff, mailing.created_by).name,
        finished_at=mailing.finished_at,
        sent=counts.get(LetterState.SENT, 0),
        waiting=on_the_way + (_still_unwritten(mailing, event) if mailing.state in UNDER_WAY else 0),
        failed=counts.get(LetterState.FAILED, 0),
        uncertain=counts.get(LetterState.UNCERTAIN, 0),
        not_needed=counts.get(LetterState.DROPPED, 0),
    )


def _audience(event: GroupEvent) -> Audience:
    chose = sa.exists().where(SubscriberTopic.subscriber_id == Subscriber.id)
    counts = db.session.execute(
        sa.select(sa.func.count(sa.case((~chose, 1))), sa.func.count(sa.case((chose, 1))))
        .select_from(Subscriber)
        .where(mailings.audience(event))
    ).one()
    titles = db.session.scalar(sa.select(Topic.titles).where(Topic.id == event.topic_id))
    return Audience(counts[0], counts[1], titles or {})


def _still_unwritten(mailing: Mailing, event: GroupEvent) -> int:
    behind = sa.select(sa.func.count(Subscriber.id)).where(
        mailings.audience(event), Subscriber.id > mailing.last_subscriber_id
    )
    return db.session.execute(behind).scalar_one()


def _counts_kept(mailing: Mailing) -> dict[str, int]:
    """The numbers of a mailing whose letters are gone (:func:`mailings.clear_due`)."""
    records = db.session.scalars(
        sa.select(AuditRecord).where(
            AuditRecord.group_event_id == mailing.group_event_id,
            AuditRecord.action == f"mailing.{mailings.CLEARED}",
        )
    )
    kept = (row.details["counts"] for row in records if row.details["mailing_id"] == mailing.id)
    return next(kept, {})
