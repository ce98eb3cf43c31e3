"""Who is in the room as the room page itself tells it: weaker than the video server's word, and always there."""

from datetime import datetime

import sqlalchemy as sa

from webapp.models import Consultation, Participation, Presence, db
from webapp.models.base import table_of
from webapp.rules.attendance import STAY_GOES_ON_WITHIN
from webapp.rules.consultations import DOOR_OPENS_BEFORE, ConsultationState, ParticipationState

MEETING, SEAT, STAY = table_of(Consultation), table_of(Participation), table_of(Presence)

# Statements made once: making one costs several times what sending it does.
THE_SEAT = (
    sa.select(SEAT.c.id, MEETING.c.state, MEETING.c.starts_at, MEETING.c.ends_at, MEETING.c.ended_for_all_at)
    .join(MEETING, MEETING.c.id == SEAT.c.consultation_id)
    .where(
        SEAT.c.registration_id == sa.bindparam("registration_id"),
        SEAT.c.consultation_id == sa.bindparam("meeting_id"),
        SEAT.c.state == ParticipationState.CONFIRMED,
    )
)
GO_ON = (
    sa.update(STAY)
    .where(
        STAY.c.id
        == sa.select(sa.func.max(STAY.c.id))
        .where(STAY.c.participation_id == sa.bindparam("seat_id"))
        .scalar_subquery(),
        STAY.c.last_seen_at >= sa.bindparam("seen_since", type_=STAY.c.last_seen_at.type),
        STAY.c.last_seen_at <= sa.bindparam("seen_at", type_=STAY.c.last_seen_at.type),
    )
    .values(last_seen_at=sa.bindparam("seen_at", type_=STAY.c.last_seen_at.type))
)
BEGIN = sa.insert(STAY)


def note(registration_id: int, meeting_id: int, now: datetime, *, entering: bool) -> None:
    """The page says that somebody is in the room, ``entering`` when it says so for the first time.

    A stay is one row: whoever is away for some minutes and enters again begins another one; a page that only
    slept, as they do on phones while the room is open elsewhere, goes on with its own.
    """
    seat = db.session.execute(
        THE_SEAT, {"registration_id": registration_id, "meeting_id": meeting_id}
    ).first()
    if seat is None or not _is_open(seat.state, seat.starts_at, seat.ends_at, now):
        return
    closes_at = seat.ended_for_all_at or seat.ends_at
    seen_since = now - STAY_GOES_ON_WITHIN if entering else seat.starts_at - DOOR_OPENS_BEFORE
    stay = {"seat_id": seat.id, "seen_since": seen_since, "seen_at": min(now, closes_at)}
    if db.session.execute(GO_ON, stay).rowcount == 0 and now < closes_at:  # type: ignore[attr-defined]
        db.session.execute(BEGIN, {"participation_id": seat.id, "joined_at": now, "last_seen_at": now})


def _is_open(state: str, starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Whether a word about this meeting can be true; the last one comes when it has just ended."""
    in_time = starts_at - DOOR_OPENS_BEFORE <= now < ends_at + STAY_GOES_ON_WITHIN
    return in_time and state != ConsultationState.CANCELLED
