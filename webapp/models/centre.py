"""A consultation centre: where it is, how it works, what it allows, what it says."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.models.base import Base, WithId


class Centre(WithId, Base):
    """Texts for people (``intro`` …) are ``{"ru": …, "kk": …, "en": …}``; a missing language falls back."""

    __tablename__ = "centre"
    __table_args__ = (
        sa.CheckConstraint("limit_minutes between 5 and 240", name="limit_minutes"),
        sa.CheckConstraint("session_minutes between 5 and limit_minutes", name="session_minutes"),
        sa.CheckConstraint("break_minutes between 0 and 120", name="break_minutes"),
    )

    slug: Mapped[str] = mapped_column(unique=True)
    names: Mapped[dict[str, Any]]  # short and neutral: it stands in subjects and calendars
    places: Mapped[dict[str, Any]]
    language: Mapped[str] = mapped_column(default="ru")
    country: Mapped[str]  # "RU" | "KZ"
    zone: Mapped[str]  # IANA
    phone: Mapped[str]
    support_phone: Mapped[str] = mapped_column(default="")
    address: Mapped[dict[str, Any]] = mapped_column(default=dict)
    office_hours: Mapped[dict[str, Any]] = mapped_column(default=dict)
    walk_in: Mapped[dict[str, Any]] = mapped_column(default=dict)
    intro: Mapped[dict[str, Any]] = mapped_column(default=dict)
    advice: Mapped[dict[str, Any]] = mapped_column(default=dict)  # where to turn after a refusal
    emergency: Mapped[list[dict[str, Any]]] = mapped_column(
        sa.JSON(), default=list
    )  # [{"number": "112", "texts": {…}}], most urgent first
    means: Mapped[list[str]]  # allowed, in the order in which they are offered
    limit_minutes: Mapped[int] = mapped_column(default=40)  # Remote consulting, 4.3.1
    session_minutes: Mapped[int] = mapped_column(default=40)
    break_minutes: Mapped[int] = mapped_column(default=0)
    notice_hours: Mapped[int] = mapped_column(default=12)
    horizon_days: Mapped[int] = mapped_column(default=30)
    video_by_link_only: Mapped[bool] = mapped_column(default=False)
    specialists_may: Mapped[list[str]] = mapped_column(default=lambda: ["means"])  # alone, rules.moves.Change
    family_move_hours: Mapped[int] = mapped_column(default=12)  # later than this before the start: call
    family_cancel_hours: Mapped[int] = mapped_column(default=0)
    embed_origins: Mapped[list[str]] = mapped_column(default=list)  # sites that may show the list of events
    supervisor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id", use_alter=True), index=True)
    stand_in_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id", use_alter=True), index=True)
    last_number_year: Mapped[int] = mapped_column(default=0)
    last_number: Mapped[int] = mapped_column(default=0)
    last_journal_year: Mapped[int] = mapped_column(default=0)
    last_journal_number: Mapped[int] = mapped_column(default=0)

    topics: Mapped[list["Topic"]] = relationship(order_by="Topic.position, Topic.id")
    corrections: Mapped[list["CalendarCorrection"]] = relationship(viewonly=True)

    @property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


class CalendarCorrection(WithId, Base):
    """The centre's own day off, or its own working day; wins over the country's calendar."""

    __tablename__ = "calendar_correction"
    __table_args__ = (sa.UniqueConstraint("centre_id", "day"),)

    centre_id: Mapped[int] = mapped_column(sa.ForeignKey("centre.id"))
    day: Mapped[date]
    working: Mapped[bool]
    note: Mapped[str] = mapped_column(default="")


class Topic(WithId, Base):
    """What a parent may ask about, as the centre words it."""

    __tablename__ = "topic"
    __table_args__ = (sa.UniqueConstraint("centre_id", "code"),)

    centre_id: Mapped[int] = mapped_column(sa.ForeignKey("centre.id"))
    code: Mapped[str]
    titles: Mapped[dict[str, Any]]
    hints: Mapped[dict[str, Any]] = mapped_column(default=dict)
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    confirmed_at_once: Mapped[bool] = mapped_column(default=False)  # the held time needs no deputy


class TopicSpecialist(Base):
    """Who answers for which topic."""

    __tablename__ = "topic_specialist"

    topic_id: Mapped[int] = mapped_column(sa.ForeignKey("topic.id", ondelete="CASCADE"), primary_key=True)
    specialist_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), primary_key=True, index=True)


class ConsentText(WithId, Base):
    """One version of the consent; a request names the version it agreed to. Rows are never changed."""

    __tablename__ = "consent_text"
    __table_args__ = (sa.UniqueConstraint("centre_id", "version"),)

    centre_id: Mapped[int] = mapped_column(sa.ForeignKey("centre.id"))
    version: Mapped[int]
    since: Mapped[datetime]
    texts: Mapped[dict[str, Any]]
