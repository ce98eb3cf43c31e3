"""When a consultation cannot be held as agreed: who said so and why, who decided what, what became of it."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.models.base import Base, WithId


class Move(WithId, Base):
    """One case of one consultation. States: ``rules.moves``; at most one is open at a time.

    The consultation keeps its row, room and UID. ``words``, ``failure`` and ``decision_note`` stay inside:
    a family is told neutral words.
    """

    __tablename__ = "move"
    __table_args__ = (
        sa.Index(None, "consultation_id", "reported_at"),
        sa.Index(None, "centre_id", "state", "due_at"),
        sa.Index(
            "uq_move_open",
            "consultation_id",
            unique=True,
            sqlite_where=sa.text("state in ('reported', 'allowed')"),
            postgresql_where=sa.text("state in ('reported', 'allowed')"),
        ),
    )

    centre_id: Mapped[int] = mapped_column(sa.ForeignKey("centre.id"))
    consultation_id: Mapped[int] = mapped_column(sa.ForeignKey("consultation.id"))
    state: Mapped[str]  # reported | allowed | refused | taken_back | done
    cause: Mapped[str]  # technical | absence | specialist | family: a key of rules.moves.Cause
    failure: Mapped[str] = mapped_column(default="")  # what failed, a key of rules.moves.Failure
    words: Mapped[str] = mapped_column(default="")
    equipment_check_id: Mapped[int | None] = mapped_column(sa.ForeignKey("equipment_check.id"))  # evidence
    proposed_means: Mapped[str | None]
    proposed_specialist_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    reported_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))  # empty: the family
    reported_at: Mapped[datetime]
    due_at: Mapped[datetime]  # by when it must be decided: the start, or for a wish as for a request
    reminded_at: Mapped[datetime | None]
    passed_up_at: Mapped[datetime | None]  # the next one up was told
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str] = mapped_column(default="")
    old_starts_at: Mapped[datetime]
    new_starts_at: Mapped[datetime | None]
    done_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    done_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]  # the family's letter is in the outbox, or its call is noted


class InboxMail(WithId, Base):
    """A mail that came to the centre's mailbox. What is not understood waits for a person.

    ``kind``: a key of ``rules.inbox.MailKind``. ``fingerprint`` makes the same mail count once.
    """

    __tablename__ = "inbox_mail"
    __table_args__ = (sa.Index(None, "centre_id", "handled_at", "received_at"),)

    centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("centre.id"))  # empty: for the administrator
    fingerprint: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    received_at: Mapped[datetime]
    sender: Mapped[str] = mapped_column(default="")
    subject: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="")  # its beginning
    participation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("participation.id"), index=True)
    proposed_starts_at: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]
    handled_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
