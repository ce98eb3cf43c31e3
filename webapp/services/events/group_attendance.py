"""Who came to a meeting of a group and for how long: what was seen, what the host corrected, what counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from video import attendance as video_attendance
from webapp.models import Consultation, Occupancy, Participation, Presence, Registration, Staff, db
from webapp.rules import attendance
from webapp.rules.attendance import Source, Verdict
from webapp.rules.consultations import DOOR_OPENS_BEFORE, ParticipationState
from webapp.rules.errors import NotYet
from webapp.services.help_requests.lifecycle import record

EXPECTED = (ParticipationState.CONFIRMED, ParticipationState.ATTENDED, ParticipationState.ABSENT)


@dataclass(frozen=True)
class Attended:
    """One participant. ``seen`` is what was measured, by ``seen_by``; ``by_host`` is the correction beside it.

    ``name``: as the others read it, else the contact; empty where the consent was withdrawn.
    """

    participation_id: int
    arrival: int
    name: str
    seen: video_attendance.Presence | None
    seen_by: Source
    by_host: bool | None
    corrected_at: datetime | None
    corrected_by: str
    verdict: Verdict

    @property
    def came(self) -> bool:
        return self.verdict.came


@dataclass(frozen=True)
class Attendance:
    """One meeting with everybody who had a seat, in the order of arrival."""

    people: Sequence[Attended]

    @property
    def present(self) -> int:
        return sum(person.came for person in self.people)

    @property
    def weak(self) -> bool:
        """Whether somebody counts as there only by the word of the room page."""
        return any(person.came and person.verdict.by is Source.PAGE for person in self.people)


def of_meeting(meeting: Consultation, now: datetime) -> Attendance:
    """Everybody with a seat in the meeting and what is known of them. Three queries, however many."""
    until = attendance.counted_until(meeting.ends_at, meeting.ended_for_all_at, now)
    on_server, on_page = _on_server(meeting, until), _on_page(meeting, until)
    people = [
        _attended(row, on_server.get(row.guest_id), on_page.get(str(row.id))) for row in _expected(meeting)
    ]
    return Attendance(people)


def may_be_corrected(meeting: Consultation, now: datetime) -> bool:
    """From the moment the door opens: before, nobody can know who comes."""
    return now >= meeting.starts_at - DOOR_OPENS_BEFORE


def correct(meeting: Consultation, told: Mapping[int, bool | None], now: datetime, *, staff_id: int) -> int:
    """The host knows better of some participations: came, did not come, or (None) as it was seen.

    What was seen stays beside it. Returns how many were changed. Raises :class:`NotYet` before the door opens.
    """
    if not may_be_corrected(meeting, now):
        raise NotYet()
    changed = [
        participation
        for participation in db.session.scalars(
            sa.select(Participation).where(
                Participation.consultation_id == meeting.id,
                Participation.id.in_(told),
                Participation.state.in_(EXPECTED),
            )
        )
        if participation.attended_by_host != told[participation.id]
    ]
    for participation in changed:
        participation.attended_by_host = told[participation.id]
        participation.corrected_at, participation.corrected_by = now, staff_id
    if not changed:
        return 0
    db.session.flush()
    record(
        meeting.centre_id,
        "attendance.correct",
        now,
        staff_id=staff_id,
        group_event_id=meeting.group_event_id,
        consultation_id=meeting.id,
        participations={str(participation.id): participation.attended_by_host for participation in changed},
    )
    if any(participation.state != ParticipationState.CONFIRMED for participation in changed):
        settle(meeting, now)  # it was closed already
    return len(changed)


def settle(meeting: Consultation, now: datetime) -> int:
    """Every seat of a meeting that is over becomes attended or absent. Returns how many came.

    To be done when the meeting is closed, and again after a correction.
    """
    people = of_meeting(meeting, now).people
    for state, came in ((ParticipationState.ATTENDED, True), (ParticipationState.ABSENT, False)):
        ids = [person.participation_id for person in people if person.came is came]
        db.session.execute(
            sa.update(Participation)
            .where(Participation.id.in_(ids), Participation.state.in_(EXPECTED))
            .values(state=state)
        )
    return sum(person.came for person in people)


def _expected(meeting: Consultation) -> Sequence[Any]:
    return db.session.execute(
        sa.select(
            Participation.id,
            Participation.guest_id,
            Participation.attended_by_host,
            Participation.corrected_at,
            Registration.arrival,
            Registration.shown_name,
            Registration.email,
            Registration.phone,
            Registration.blocked_at,
            Staff.name.label("corrected_by"),
        )
        .join(Registration, Registration.id == Participation.registration_id)
        .outerjoin(Staff, Staff.id == Participation.corrected_by)
        .where(Participation.consultation_id == meeting.id, Participation.state.in_(EXPECTED))
        .order_by(Registration.arrival)
    ).all()


def _on_server(meeting: Consultation, until: datetime) -> dict[str, video_attendance.Presence]:
    """By guest id; several devices of one person are one person."""
    rows = db.session.execute(
        sa.select(Occupancy.guest_id, Occupancy.occupant_jid, Occupancy.joined_at, Occupancy.left_at).where(
            Occupancy.consultation_id == meeting.id
        )
    )
    return video_attendance.presence((video_attendance.Occupancy(*row) for row in rows), until=until)


def _on_page(meeting: Consultation, until: datetime) -> dict[str, video_attendance.Presence]:
    """The same as the room page told it, by the participation."""
    rows = db.session.execute(
        sa.select(Presence.id, Presence.participation_id, Presence.joined_at, Presence.last_seen_at)
        .join(Participation, Participation.id == Presence.participation_id)
        .where(Participation.consultation_id == meeting.id)
    )
    stays = (
        video_attendance.Occupancy(str(row.participation_id), str(row.id), row.joined_at, row.last_seen_at)
        for row in rows
    )
    return video_attendance.presence(stays, until=until)


def _attended(
    row: Any, on_server: video_attendance.Presence | None, on_page: video_attendance.Presence | None
) -> Attended:
    seen_by = Source.VIDEO_SERVER if on_server else Source.PAGE if on_page else Source.NOBODY
    return Attended(
        participation_id=row.id,
        arrival=row.arrival,
        name="" if row.blocked_at is not None else row.shown_name or row.email or row.phone or "",
        seen=on_server or on_page,
        seen_by=seen_by,
        by_host=row.attended_by_host,
        corrected_at=row.corrected_at,
        corrected_by=row.corrected_by or "",
        verdict=attendance.verdict(
            row.attended_by_host,
            on_server.inside if on_server else None,
            on_page.inside if on_page else None,
        ),
    )
