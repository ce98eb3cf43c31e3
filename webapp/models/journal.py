"""The journal of consultations (Remote consulting, 4.4): one line per individual consultation held."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.models.base import Base, WithId


class JournalEntry(WithId, Base):
    """A line as it was written. It is never erased: what was corrected stands in its corrections."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        sa.UniqueConstraint("centre_id", "year", "number"),
        sa.Index(None, "centre_id", "began_at"),
    )

    centre_id: Mapped[int] = mapped_column(sa.ForeignKey("centre.id"))
    consultation_id: Mapped[int] = mapped_column(sa.ForeignKey("consultation.id"), unique=True)
    year: Mapped[int]
    number: Mapped[int]
    began_at: Mapped[datetime]
    minutes: Mapped[int]
    means: Mapped[str]
    parent: Mapped[str]
    child: Mapped[str]  # initials and age
    topic: Mapped[str]
    recommendation: Mapped[str]
    next_at: Mapped[datetime | None]
    specialists: Mapped[str]
    overrun: Mapped[bool] = mapped_column(default=False)
    struck_at: Mapped[datetime | None]  # the consultation turned out not to have been held


class JournalCorrection(WithId, Base):
    __tablename__ = "journal_correction"

    journal_entry_id: Mapped[int] = mapped_column(sa.ForeignKey("journal_entry.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    before: Mapped[dict[str, Any]]  # the fields that changed, as they were
