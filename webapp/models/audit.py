"""Who did what to which record; append-only."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.models.base import Base, WithId


class AuditRecord(WithId, Base):
    __tablename__ = "audit_record"
    __table_args__ = (
        sa.Index(None, "centre_id", "at"),
        sa.Index(None, "help_request_id", "at"),
        sa.Index(None, "group_event_id", "at"),
    )

    centre_id: Mapped[int] = mapped_column(sa.ForeignKey("centre.id"))
    at: Mapped[datetime]
    staff_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))  # empty: the family, or Kenes
    action: Mapped[str]
    help_request_id: Mapped[int | None] = mapped_column(sa.ForeignKey("help_request.id"))
    group_event_id: Mapped[int | None] = mapped_column(sa.ForeignKey("group_event.id"))
    consultation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("consultation.id"))
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
