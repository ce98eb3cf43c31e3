"""Who was in a room and when, as the video server's events tell it."""

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from video import attendance
from webapp.models import Consultation, Occupancy, db


def note_event(payload: object) -> None:
    """Store who came and went. Repeated and unordered events do no harm; unknown rooms are passed over.

    Raises :class:`video.attendance.UnreadableEvent`.
    """
    event = attendance.read_event(payload)
    consultation_id = db.session.scalar(sa.select(Consultation.id).where(Consultation.room == event.room))
    if consultation_id is None:
        return
    if isinstance(event, attendance.OccupantEvent):
        _note_stay(consultation_id, event.room_jid, event.occupancy)
        return
    for stay in event.occupancies:
        _note_stay(consultation_id, event.room_jid, stay)
    if event.destroyed_at is not None:  # whoever is still noted as present went with the room
        db.session.execute(
            sa.update(Occupancy)
            .where(
                Occupancy.room_jid == event.room_jid,
                Occupancy.consultation_id == consultation_id,
                Occupancy.left_at.is_(None),
                Occupancy.joined_at <= event.destroyed_at,
            )
            .values(left_at=event.destroyed_at)
            .execution_options(synchronize_session=False)
        )


def _note_stay(consultation_id: int, room_jid: str, stay: attendance.Occupancy) -> None:
    if _join_known_stay(room_jid, stay):
        return
    try:
        with db.session.begin_nested():
            db.session.execute(
                sa.insert(Occupancy).values(
                    consultation_id=consultation_id,
                    room_jid=room_jid,
                    occupant_jid=stay.occupant_jid,
                    guest_id=stay.guest_id,
                    joined_at=stay.joined_at,
                    left_at=stay.left_at,
                )
            )
    except IntegrityError:  # the same event came twice at once
        _join_known_stay(room_jid, stay)


def _join_known_stay(room_jid: str, stay: attendance.Occupancy) -> bool:
    """``video.attendance.reconciled``, as one statement; false when the stay is not known yet."""
    values: dict[str, object] = {
        "guest_id": sa.case((Occupancy.guest_id == "", stay.guest_id), else_=Occupancy.guest_id)
    }
    if stay.left_at is not None:
        earlier = sa.and_(Occupancy.left_at.is_not(None), Occupancy.left_at <= stay.left_at)
        values["left_at"] = sa.case(
            (earlier, Occupancy.left_at), else_=sa.literal(stay.left_at, Occupancy.left_at.type)
        )
    updated = db.session.execute(
        sa.update(Occupancy)
        .where(
            Occupancy.room_jid == room_jid,
            Occupancy.occupant_jid == stay.occupant_jid,
            Occupancy.joined_at == stay.joined_at,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(updated.rowcount)  # type: ignore[attr-defined]
