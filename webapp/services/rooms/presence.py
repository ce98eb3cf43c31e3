"""Who was in the room, as the video server's events tell it: a suggestion, on which a person decides."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from video import attendance
from webapp.models import ConsultationSpecialist, Occupancy, db


@dataclass(frozen=True)
class Seen:
    """``anybody``: whether any event came at all; ``family_at``: when the family was first there."""

    anybody: bool
    family_at: datetime | None
    together: attendance.Presence | None  # both sides at once

    @property
    def family_missing(self) -> bool:
        return self.anybody and self.family_at is None


def seen(consultation_id: int, now: datetime) -> Seen:
    """What is known of one consultation with a family up to ``now``. One query."""
    rows = db.session.execute(
        sa.select(
            Occupancy.guest_id,
            Occupancy.occupant_jid,
            Occupancy.joined_at,
            Occupancy.left_at,
            ConsultationSpecialist.specialist_id,
        )
        .outerjoin(
            ConsultationSpecialist,
            sa.and_(
                ConsultationSpecialist.consultation_id == Occupancy.consultation_id,
                ConsultationSpecialist.guest_id == Occupancy.guest_id,
            ),
        )
        .where(Occupancy.consultation_id == consultation_id)
    ).all()
    stays = [attendance.Occupancy(row.guest_id, row.occupant_jid, row.joined_at, row.left_at) for row in rows]
    by_guest = attendance.presence(stays, until=now)
    specialists = {row.guest_id for row in rows if row.specialist_id is not None}
    ours = [there for guest, there in by_guest.items() if guest in specialists]
    theirs = [there for guest, there in by_guest.items() if guest not in specialists]
    return Seen(
        anybody=bool(stays),
        family_at=min((there.first_joined for there in theirs), default=None),
        together=attendance.together(ours, theirs),
    )
