"""Group events: the centre's catalogue, what is announced, who registered, what is asked and handed out."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.models.base import Base, WithId


class EventType(WithId, Base):
    """An entry of the centre's catalogue: what kind of group, how large, how long, for whom."""

    __tablename__ = "event_type"
    __table_args__ = (
        sa.UniqueConstraint("centre_id", "code"),
        sa.CheckConstraint("minimum >= 1 and maximum >= minimum", name="size"),
        sa.CheckConstraint("minutes between 5 and 240", name="minutes"),
    )

    centre_id: Mapped[int] = mapped_column(sa.ForeignKey("centre.id"))
    code: Mapped[str]
    form: Mapped[str]  # a key of rules.groups.Form
    titles: Mapped[dict[str, Any]]
    bring: Mapped[dict[str, Any]] = mapped_column(default=dict)
    minimum: Mapped[int]
    maximum: Mapped[int]
    minutes: Mapped[int]
    open_to: Mapped[str] = mapped_column(default="anybody")  # anybody | office
    needs_approval: Mapped[bool] = mapped_column(default=True)
    with_children: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)


class GroupEvent(WithId, Base):
    """A webinar, a workshop, a course. Its meetings are rows of ``consultation``.

    States: ``rules.groups``. ``seats_taken``, ``waiting_count`` and ``arrivals`` change only together with
    the registration they count, under the lock of this row: they decide who gets a seat and who is next.
    """

    __tablename__ = "group_event"
    __table_args__ = (
        sa.Index(None, "centre_id", "state", "ends_at"),
        sa.CheckConstraint("minimum >= 1 and capacity >= minimum", name="size"),
        sa.CheckConstraint("seats_taken >= 0 and waiting_count >= 0", name="counts"),
    )

    centre_id: Mapped[int] = mapped_column(sa.ForeignKey("centre.id"))
    event_type_id: Mapped[int] = mapped_column(sa.ForeignKey("event_type.id"), index=True)
    topic_id: Mapped[int | None] = mapped_column(sa.ForeignKey("topic.id"))
    state: Mapped[str]
    titles: Mapped[dict[str, Any]]
    announcements: Mapped[dict[str, Any]] = mapped_column(default=dict)
    bring: Mapped[dict[str, Any]] = mapped_column(default=dict)
    spoken: Mapped[list[str]] = mapped_column(default=list)  # languages of the event itself
    minimum: Mapped[int]
    capacity: Mapped[int]
    seats_taken: Mapped[int] = mapped_column(default=0)
    waiting_count: Mapped[int] = mapped_column(default=0)
    arrivals: Mapped[int] = mapped_column(default=0)
    seat_after_confirming: Mapped[bool] = mapped_column(default=False)
    confirm_within_hours: Mapped[int] = mapped_column(default=24)
    broadcast_url: Mapped[str] = mapped_column(default="")  # for those whom the video server cannot carry
    repeats_event_id: Mapped[int | None] = mapped_column(sa.ForeignKey("group_event.id"), index=True)
    starts_at: Mapped[datetime]  # of the first meeting that is not cancelled
    ends_at: Mapped[datetime]  # of the last one
    created_at: Mapped[datetime]
    created_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    decision_note: Mapped[str] = mapped_column(default="")  # stays inside
    announced_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    too_few_told_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closing_words: Mapped[dict[str, Any]] = mapped_column(default=dict)  # to those who came

    @property
    def seats_left(self) -> int:
        return max(0, self.capacity - self.seats_taken)


class Registration(WithId, Base):
    """One contact in one event. States: ``rules.groups``; ``arrival`` is its place in the order of coming.

    Its seat in each meeting is a participation.
    """

    __tablename__ = "registration"
    __table_args__ = (
        sa.UniqueConstraint("group_event_id", "contact_hash"),
        sa.Index(None, "group_event_id", "state", "arrival"),
        sa.Index(None, "state", "seat_until"),
        sa.Index(None, "centre_id", "email"),
        sa.Index(None, "source_hash", "registered_at"),
    )

    centre_id: Mapped[int] = mapped_column(sa.ForeignKey("centre.id"))
    group_event_id: Mapped[int] = mapped_column(sa.ForeignKey("group_event.id"))
    state: Mapped[str]  # held | seated | waiting | withdrawn
    arrival: Mapped[int]
    contact_hash: Mapped[str]
    shown_name: Mapped[str] = mapped_column(default="")  # what the others in the room read
    email: Mapped[str | None]  # lower case
    email_confirmed_at: Mapped[datetime | None]
    phone: Mapped[str | None]  # E.164
    language: Mapped[str]
    zone: Mapped[str]
    parent_present: Mapped[str] = mapped_column(default="")  # where children take part: who of the parents
    consent_text_id: Mapped[int | None] = mapped_column(sa.ForeignKey("consent_text.id"))
    consented_at: Mapped[datetime | None]
    mailing_wished: Mapped[bool] = mapped_column(default=False)
    mail_failed_at: Mapped[datetime | None]  # a letter came back: whoever it is must be called
    registered_at: Mapped[datetime]
    entered_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    seat_until: Mapped[datetime | None]  # held: until when the address must be confirmed
    repeat_offered_until: Mapped[datetime | None]  # a seat of the repeat date is kept for this person
    source_hash: Mapped[str] = mapped_column(default="")
    blocked_at: Mapped[datetime | None]
    destroy_by: Mapped[datetime | None] = mapped_column(index=True)


class Material(WithId, Base):
    """A link or a small file that goes with an event; ``for_whom``: everybody | registered | attended."""

    __tablename__ = "material"
    __table_args__ = (sa.CheckConstraint("(url = '') = (file_name <> '')", name="link_or_file"),)

    group_event_id: Mapped[int] = mapped_column(sa.ForeignKey("group_event.id"), index=True)
    title: Mapped[str]
    for_whom: Mapped[str] = mapped_column(default="registered")
    url: Mapped[str] = mapped_column(default="")
    file_name: Mapped[str] = mapped_column(default="")
    media_type: Mapped[str] = mapped_column(default="")
    size: Mapped[int] = mapped_column(default=0)
    content: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True)
    added_at: Mapped[datetime]
    added_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))


class Question(WithId, Base):
    """Asked before or during the event. States: ``rules.questions``; nobody reads whose it is."""

    __tablename__ = "question"
    __table_args__ = (sa.Index(None, "group_event_id", "state", "votes"),)

    group_event_id: Mapped[int] = mapped_column(sa.ForeignKey("group_event.id"))
    registration_id: Mapped[int] = mapped_column(sa.ForeignKey("registration.id"), index=True)
    state: Mapped[str]  # asked | shown | answered | hidden
    words: Mapped[str]
    votes: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))


class QuestionVote(Base):
    __tablename__ = "question_vote"

    question_id: Mapped[int] = mapped_column(
        sa.ForeignKey("question.id", ondelete="CASCADE"), primary_key=True
    )
    registration_id: Mapped[int] = mapped_column(
        sa.ForeignKey("registration.id"), primary_key=True, index=True
    )


class Presence(WithId, Base):
    """A stay in the room as the join page itself saw it: weaker than what the video server reports."""

    __tablename__ = "presence"

    participation_id: Mapped[int] = mapped_column(sa.ForeignKey("participation.id"), index=True)
    joined_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
