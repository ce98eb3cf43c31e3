"""The outbox and what stands beside it: call tasks and the worker's pulse."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.models.base import Base, WithId


class Letter(WithId, Base):
    """The truth about what must be sent: kind, recipient, references and the facts it tells.

    The text is rendered when it is sent. ``dedupe_key`` makes an event write its letter once.
    """

    __tablename__ = "letter"
    __table_args__ = (
        sa.Index("ix_letter_outbox", "state", "due_at"),
        sa.Index(None, "help_request_id", "due_at"),
        sa.Index(None, "mailing_id", "state"),
    )

    centre_id: Mapped[int] = mapped_column(sa.ForeignKey("centre.id"))
    kind: Mapped[str]
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    recipient: Mapped[str]
    recipient_name: Mapped[str] = mapped_column(default="")
    language: Mapped[str]
    help_request_id: Mapped[int | None] = mapped_column(sa.ForeignKey("help_request.id"))
    registration_id: Mapped[int | None] = mapped_column(sa.ForeignKey("registration.id"), index=True)
    group_event_id: Mapped[int | None] = mapped_column(sa.ForeignKey("group_event.id"), index=True)
    mailing_id: Mapped[int | None] = mapped_column(sa.ForeignKey("mailing.id"))
    subscriber_id: Mapped[int | None] = mapped_column(sa.ForeignKey("subscriber.id"), index=True)
    consultation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("consultation.id"), index=True)
    staff_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    message_id: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None]
    lease: Mapped[str | None] = mapped_column(index=True)
    sent_at: Mapped[datetime | None]
    server_reply: Mapped[str] = mapped_column(default="")
    sent_subject: Mapped[str] = mapped_column(default="")
    sent_text: Mapped[str] = mapped_column(default="")  # with the personal link blanked


class CallTask(WithId, Base):
    """Somebody must be told by phone: open until who, when and with what result is noted."""

    __tablename__ = "call_task"
    __table_args__ = (
        sa.Index(None, "centre_id", "done_at", "due_at"),
        sa.CheckConstraint("(help_request_id is null) <> (registration_id is null)", name="whom"),
    )

    centre_id: Mapped[int] = mapped_column(sa.ForeignKey("centre.id"))
    help_request_id: Mapped[int | None] = mapped_column(sa.ForeignKey("help_request.id"), index=True)
    registration_id: Mapped[int | None] = mapped_column(sa.ForeignKey("registration.id"), index=True)
    consultation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("consultation.id"))
    kind: Mapped[str]  # the letter that it stands for
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    because_mail_failed: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    spoke_with: Mapped[str] = mapped_column(default="")
    outcome: Mapped[str] = mapped_column(default="")  # reached | other, once done
    result: Mapped[str] = mapped_column(default="")
    moot_at: Mapped[datetime | None]  # no longer needed: the call would tell what is not so any more


class Pulse(Base):
    """When a periodic task last ran."""

    __tablename__ = "pulse"

    task: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
