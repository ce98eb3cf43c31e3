"""The mailing: who wants to hear of new events, and what was sent to all of them."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.models.base import Base, WithId


class Subscriber(WithId, Base):
    """An address that asked for the mailing of one centre; it counts once it is confirmed (double opt-in)."""

    __tablename__ = "subscriber"
    __table_args__ = (
        sa.UniqueConstraint("centre_id", "email"),
        sa.Index(None, "centre_id", "state", "id"),
    )

    centre_id: Mapped[int] = mapped_column(sa.ForeignKey("centre.id"))
    email: Mapped[str]  # lower case
    state: Mapped[str]  # pending | active | left
    language: Mapped[str]
    salt: Mapped[str]  # of the links to confirm and to leave, see webapp.links
    token_hash: Mapped[str] = mapped_column(unique=True)
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]


class SubscriberTopic(Base):
    """What the subscriber wants to hear about; without a row, everything."""

    __tablename__ = "subscriber_topic"

    subscriber_id: Mapped[int] = mapped_column(
        sa.ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True
    )
    topic_id: Mapped[int] = mapped_column(
        sa.ForeignKey("topic.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Mailing(WithId, Base):
    """One announcement to all subscribers of its topic. States: ``rules.mailings``.

    Letters are written in batches behind ``last_subscriber_id``, so that a restart goes on where it was.
    """

    __tablename__ = "mailing"
    __table_args__ = (sa.Index(None, "centre_id", "created_at"),)

    centre_id: Mapped[int] = mapped_column(sa.ForeignKey("centre.id"))
    group_event_id: Mapped[int] = mapped_column(sa.ForeignKey("group_event.id"), index=True)
    state: Mapped[str] = mapped_column(index=True)  # sending | paused | done | stopped
    last_subscriber_id: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    created_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    finished_at: Mapped[datetime | None]
