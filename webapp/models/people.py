"""Staff of a centre: who they are, what they may do, when they work, how they sign in."""

from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.models.base import Base, WithId
from webapp.models.centre import Centre


class Staff(WithId, Base):
    """A person of one centre. ``password_hash`` is empty until the invitation is accepted."""

    __tablename__ = "staff"

    centre_id: Mapped[int] = mapped_column(sa.ForeignKey("centre.id"), index=True)
    email: Mapped[str] = mapped_column(unique=True)  # lower case
    name: Mapped[str]
    profession: Mapped[str] = mapped_column(default="")  # a key of rules.professions, empty: no specialist
    about: Mapped[dict[str, Any]] = mapped_column(default=dict)
    phone: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="ru")
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    morning_letter: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str] = mapped_column(default="")

    role_rows: Mapped[list["StaffRole"]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    centre: Mapped[Centre] = relationship(foreign_keys=centre_id, viewonly=True)

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(row.role for row in self.role_rows)


class StaffRole(Base):
    __tablename__ = "staff_role"

    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)


class StaffSession(WithId, Base):
    """A sign-in; ending it here signs the browser out wherever its cookie is."""

    __tablename__ = "staff_session"

    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    began_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Invitation(WithId, Base):
    """A link by which a person of the staff sets the first password, or a new one."""

    __tablename__ = "invitation"

    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    invited_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    salt: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]


class SignInAttempt(WithId, Base):
    """A failed sign-in, by account and by source; names neither in the clear."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (sa.Index(None, "account_hash", "at"), sa.Index(None, "source_hash", "at"))

    account_hash: Mapped[str]
    source_hash: Mapped[str]
    at: Mapped[datetime]


class WeeklyHours(WithId, Base):
    """Hours that repeat every week, in the wall time of the centre."""

    __tablename__ = "weekly_hours"
    __table_args__ = (
        sa.CheckConstraint("weekday between 0 and 6", name="weekday"),
        sa.CheckConstraint("ends > starts", name="order"),
    )

    specialist_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    weekday: Mapped[int]  # Monday is 0
    starts: Mapped[time]
    ends: Mapped[time]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]  # the last day on which they hold


class HoursException(WithId, Base):
    """One day that differs: closed, partly closed, or open besides the weekly hours."""

    __tablename__ = "hours_exception"
    __table_args__ = (sa.Index(None, "specialist_id", "day"),)

    specialist_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    day: Mapped[date]
    starts: Mapped[time | None]  # both empty: the whole day
    ends: Mapped[time | None]
    available: Mapped[bool]


class Absence(WithId, Base):
    """A specialist is away. The reason stays inside."""

    __tablename__ = "absence"
    __table_args__ = (
        sa.Index(None, "specialist_id", "ends_at"),
        sa.CheckConstraint("ends_at > starts_at", name="order"),
    )

    specialist_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    added_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))  # empty: by the person itself
    reason: Mapped[str] = mapped_column(default="")
