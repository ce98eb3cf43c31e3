"""A consultation, who takes part, whose time it takes, what was measured and who was there."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.models.base import Base, WithId


class Consultation(WithId, Base):
    """A meeting: with the family of one request, or one of a group event. States: ``rules.consultations``.

    "Door open", "running", "to be written up" are read off the clock. ``wall_time`` and ``zone`` keep what
    was agreed: where new zone data disagree, a person decides.
    """

    __tablename__ = "consultation"
    __table_args__ = (
        sa.Index(None, "centre_id", "starts_at"),
        sa.Index(None, "state", "starts_at"),
        sa.Index(None, "group_event_id", "starts_at"),
        sa.CheckConstraint("ends_at > starts_at", name="order"),
        sa.CheckConstraint("(help_request_id is null) <> (group_event_id is null)", name="family_or_group"),
    )

    centre_id: Mapped[int] = mapped_column(sa.ForeignKey("centre.id"))
    help_request_id: Mapped[int | None] = mapped_column(sa.ForeignKey("help_request.id"), index=True)
    group_event_id: Mapped[int | None] = mapped_column(sa.ForeignKey("group_event.id"))
    state: Mapped[str] = mapped_column(default="planned")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    wall_time: Mapped[str]  # "2026-11-26T16:00"
    zone: Mapped[str]
    means_agreed: Mapped[str]
    means_used: Mapped[str | None]
    room: Mapped[str | None] = mapped_column(unique=True)
    uid: Mapped[str] = mapped_column(unique=True)  # staff calendars and feeds; the family has its own
    calendar_sequence: Mapped[int] = mapped_column(default=0)
    confirmed_at: Mapped[datetime]
    confirmed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    cancelled_at: Mapped[datetime | None]
    cancelled_by_family: Mapped[bool] = mapped_column(default=False)
    ended_for_all_at: Mapped[datetime | None]
    began_at: Mapped[datetime | None]  # actual, as written up
    finished_at: Mapped[datetime | None]
    not_held_reason: Mapped[str] = mapped_column(default="")
    number_present: Mapped[int | None]  # of a group, as the host closed it
    journal_topic: Mapped[str] = mapped_column(default="")
    recommendation: Mapped[str] = mapped_column(default="")  # goes to the family
    recommended_at: Mapped[datetime | None]
    inner_note: Mapped[str] = mapped_column(default="")  # stays inside
    written_up_at: Mapped[datetime | None]
    written_up_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds() // 60)

    @property
    def minutes_held(self) -> int:
        """How long it really took, once that is written up; until then as planned."""
        if self.began_at is None or self.finished_at is None:
            return self.minutes
        return round((self.finished_at - self.began_at).total_seconds() / 60)


class ConsultationSpecialist(Base):
    __tablename__ = "consultation_specialist"

    consultation_id: Mapped[int] = mapped_column(sa.ForeignKey("consultation.id"), primary_key=True)
    specialist_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)
    guest_id: Mapped[str] = mapped_column(unique=True)  # what the video server calls this person
    answer: Mapped[str | None]  # from this person's calendar program, as of a participation


class Participation(WithId, Base):
    """One family, or one registration of a group, in one consultation. States: ``rules.consultations``."""

    __tablename__ = "participation"
    __table_args__ = (
        sa.UniqueConstraint("consultation_id", "help_request_id"),
        sa.UniqueConstraint("consultation_id", "registration_id"),
        sa.CheckConstraint("(help_request_id is null) <> (registration_id is null)", name="whose"),
    )

    consultation_id: Mapped[int] = mapped_column(sa.ForeignKey("consultation.id"))
    help_request_id: Mapped[int | None] = mapped_column(sa.ForeignKey("help_request.id"), index=True)
    registration_id: Mapped[int | None] = mapped_column(sa.ForeignKey("registration.id"), index=True)
    state: Mapped[str] = mapped_column(default="confirmed")
    uid: Mapped[str] = mapped_column(unique=True)
    guest_id: Mapped[str] = mapped_column(unique=True)
    calendar_sequence: Mapped[int] = mapped_column(default=0)  # of a registration; a family's: consultation
    voice_only_at: Mapped[datetime | None]  # entered by voice only: noted as used
    answer: Mapped[str | None]  # of the person's calendar program: accepted | declined | tentative
    answer_sequence: Mapped[int | None]  # to which form of the invite it answers
    answered_stamp: Mapped[datetime | None]  # DTSTAMP of the answer: an older one changes nothing
    attended_by_host: Mapped[bool | None]  # what the host corrected by hand; the events stay as they are
    corrected_at: Mapped[datetime | None]
    corrected_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))


class Engagement(WithId, Base):
    """A stretch of a specialist's time that is taken. The database refuses two that overlap:
    an exclusion constraint on PostgreSQL, a trigger on SQLite (migration 0001)."""

    __tablename__ = "engagement"
    __table_args__ = (
        sa.Index(None, "specialist_id", "ends_at"),
        sa.CheckConstraint("ends_at > starts_at", name="order"),
        sa.CheckConstraint("(hold_until is null) = (consultation_id is not null)", name="held_or_booked"),
        sa.CheckConstraint("help_request_id is not null or consultation_id is not null", name="whose"),
    )

    specialist_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    help_request_id: Mapped[int | None] = mapped_column(sa.ForeignKey("help_request.id"), index=True)
    consultation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("consultation.id"), index=True)
    offer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("offer.id"), index=True)
    hold_until: Mapped[datetime | None] = mapped_column(index=True)  # set: a hold, which lapses


class EquipmentCheck(WithId, Base):
    """What was measured and ticked before a consultation, with the time (Remote consulting, 4.2)."""

    __tablename__ = "equipment_check"
    __table_args__ = (sa.Index(None, "specialist_id", "done_at"),)

    specialist_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    consultation_id: Mapped[int] = mapped_column(sa.ForeignKey("consultation.id"), index=True)
    done_at: Mapped[datetime]
    verdict: Mapped[str]  # works | weak | fails
    measured: Mapped[dict[str, Any]]
    verdicts: Mapped[dict[str, Any]]
    words: Mapped[str] = mapped_column(default="")


class Occupancy(WithId, Base):
    """One stay of one device in a room, as the video server reported it."""

    __tablename__ = "occupancy"
    __table_args__ = (sa.UniqueConstraint("room_jid", "occupant_jid", "joined_at"),)

    consultation_id: Mapped[int] = mapped_column(sa.ForeignKey("consultation.id"), index=True)
    room_jid: Mapped[str]
    occupant_jid: Mapped[str]
    guest_id: Mapped[str]
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
