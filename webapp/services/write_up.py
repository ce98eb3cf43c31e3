"""A consultation is written up: held or not, how it went, what the family gets, what stays inside."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from calendars.intervals import Interval
from video import attendance
from webapp.models import (
    Centre,
    Consultation,
    ConsultationSpecialist,
    HelpRequest,
    Occupancy,
    Participation,
    db,
)
from webapp.rules import consultations
from webapp.rules.consultations import ConsultationEvent, ConsultationState, Means, ParticipationState
from webapp.rules.errors import EndBeforeStart, NotYet, WrongState
from webapp.rules.letters import LetterKind
from webapp.services import cancelling, journal, offers, timetable
from webapp.services.correspondence import tell_family
from webapp.services.lifecycle import change_consultation, lock
from webapp.services.offers import Proposal

MOST_NEXT_TIMES = 40
NO_SHOW = "no_show"


@dataclass(frozen=True)
class WriteUp:
    """What the specialist says about the session. Times are aware; ``next_time`` is offered, not booked."""

    held: bool
    began_at: datetime | None
    finished_at: datetime | None
    means: str
    topic: str
    recommendation: str
    inner_note: str
    not_held_reason: str = ""
    next_time: datetime | None = None


@dataclass(frozen=True)
class Prefill:
    """What the form begins with. ``together_minutes``: as the video server saw it, else ``None``."""

    began_at: datetime
    finished_at: datetime
    means: str
    topic: str
    together_minutes: int | None
    held: bool
    not_held_reason: str
    recommendation: str
    inner_note: str


def prefill(consultation: Consultation, request: HelpRequest, topic_words: str, now: datetime) -> Prefill:
    """Times from the video server's events where they came, else the planned ones; what was saved wins.

    Of a family that withdrew its consent no words are given.
    """
    blocked = request.blocked_at is not None
    met, seen = _together(consultation, now)
    began_at = met.first_joined if met else consultation.starts_at
    finished_at = met.last_left if met else min(consultation.ends_at, max(now, consultation.starts_at))
    return Prefill(
        began_at=consultation.began_at or began_at,
        finished_at=consultation.finished_at or finished_at,
        means=consultation.means_used or _means_used(consultation, request),
        topic="" if blocked else consultation.journal_topic or topic_words,
        together_minutes=met.minutes if met else None,
        held=_was_held(consultation, nobody_met=seen and met is None),
        not_held_reason=consultation.not_held_reason or NO_SHOW,
        recommendation="" if blocked else consultation.recommendation,
        inner_note="" if blocked else consultation.inner_note,
    )


def next_times(centre: Centre, consultation: Consultation, now: datetime) -> list[Interval]:
    """Really free times for the next date, with the same specialists and length."""
    people = _specialist_ids(consultation)
    minutes = min(consultation.minutes, centre.limit_minutes)
    return timetable.free_for_all(centre, people, now, minutes=minutes)[:MOST_NEXT_TIMES]


def next_planned(request: HelpRequest, consultation: Consultation) -> datetime | None:
    """The next date that stands already, in a series: then none is offered."""
    later = (one.starts_at for one in cancelling.planned(request) if one.starts_at > consultation.starts_at)
    return next(later, None)


def means_to_choose(centre: Centre, consultation: Consultation) -> list[str]:
    """What may have been used: what was agreed first, then what the centre allows, the phone in any case."""
    return list(dict.fromkeys([consultation.means_agreed, *centre.means, Means.VOICE, Means.PHONE]))


def save_draft(consultation: Consultation, what: WriteUp) -> None:
    """Keep what was typed but the next time, which nothing holds: it is chosen when the session is closed.

    Nobody is told, and the consultation stays to be written up.
    """
    if consultation.state != ConsultationState.PLANNED:
        raise WrongState(state=consultation.state)
    _keep(consultation, what)


def write_up(
    centre: Centre,
    request: HelpRequest,
    consultation: Consultation,
    what: WriteUp,
    now: datetime,
    *,
    staff_id: int,
) -> None:
    """Close the session in one go. Raises :class:`EndBeforeStart`, :class:`NotYet`, :class:`SlotTaken`,
    :class:`WrongState` when somebody was faster."""
    if now < consultation.starts_at and consultation.ended_for_all_at is None:
        raise NotYet()
    if what.held:
        _must_be_possible(what, now)
    lock(request)
    event = ConsultationEvent.HOLD if what.held else ConsultationEvent.MISS
    reason = {} if what.held else {"reason": what.not_held_reason}
    change_consultation(consultation, event, now, staff_id=staff_id, **reason)
    _keep(consultation, what)
    consultation.written_up_at, consultation.written_up_by = now, staff_id
    attended = ParticipationState.ATTENDED if what.held else ParticipationState.ABSENT
    db.session.execute(
        sa.update(Participation)
        .where(Participation.consultation_id == consultation.id)
        .values(state=attended)
    )
    cancelling.close_if_done(request, consultation, now, staff_id=staff_id)
    if what.held:
        _after_it_was_held(centre, request, consultation, what, now, staff_id)
    else:
        journal.strike(consultation, now)


def _after_it_was_held(
    centre: Centre,
    request: HelpRequest,
    consultation: Consultation,
    what: WriteUp,
    now: datetime,
    staff_id: int,
) -> None:
    stands_already = next_planned(request, consultation)
    if what.next_time is not None:
        if stands_already is not None:
            raise WrongState(state=request.state)
        people, minutes = _specialist_ids(consultation), min(consultation.minutes, centre.limit_minutes)
        timetable.must_be_free(
            centre, people, what.next_time, now, minutes=minutes, notice=True, field="next_time"
        )
        proposal = Proposal(people, what.next_time, minutes)
        offers.offer(centre, request, [proposal], consultation.means_agreed, now, staff_id=staff_id)
    next_at = stands_already or what.next_time
    if consultations.is_online(consultation.means_agreed) or consultations.is_online(what.means):
        journal.write(centre, request, consultation, next_at, now)
    if consultation.recommendation:
        consultation.recommended_at = now
        facts = {"next_at": next_at.isoformat() if next_at else None}
        tell_family(
            request,
            LetterKind.RECOMMENDATION,
            facts,
            now,
            occasion=str(consultation.id),
            consultation_id=consultation.id,
        )


def _must_be_possible(what: WriteUp, now: datetime) -> None:
    if what.began_at is None or what.finished_at is None or what.finished_at <= what.began_at:
        raise EndBeforeStart("finished")
    if what.began_at > now:
        raise NotYet("began")
    if what.finished_at > now:
        raise NotYet("finished")


def _keep(consultation: Consultation, what: WriteUp) -> None:
    consultation.began_at = what.began_at if what.held else None
    consultation.finished_at = what.finished_at if what.held else None
    consultation.means_used = what.means if what.held else None
    consultation.not_held_reason = "" if what.held else what.not_held_reason
    consultation.journal_topic = what.topic.strip()
    consultation.recommendation = what.recommendation.strip()
    consultation.inner_note = what.inner_note.strip()


def _was_held(consultation: Consultation, *, nobody_met: bool) -> bool:
    """As it was saved; before that, as the video server saw it."""
    if consultation.state == ConsultationState.NOT_HELD or consultation.not_held_reason:
        return False
    return consultation.means_used is not None or not nobody_met


def _means_used(consultation: Consultation, request: HelpRequest) -> str:
    if consultation.means_agreed != Means.VIDEO:
        return consultation.means_agreed
    voice_only_at = db.session.scalar(
        sa.select(Participation.voice_only_at).where(
            Participation.consultation_id == consultation.id,
            Participation.help_request_id == request.id,
        )
    )
    return Means.VOICE if voice_only_at else Means.VIDEO


def _together(consultation: Consultation, now: datetime) -> tuple[attendance.Presence | None, bool]:
    """When both sides were in the room at once, and whether the video server reported anybody at all."""
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
        .where(Occupancy.consultation_id == consultation.id)
    ).all()
    stays = [attendance.Occupancy(row.guest_id, row.occupant_jid, row.joined_at, row.left_at) for row in rows]
    by_guest = attendance.presence(stays, until=now)
    specialists = {row.guest_id for row in rows if row.specialist_id is not None}
    ours = [there for guest, there in by_guest.items() if guest in specialists]
    theirs = [there for guest, there in by_guest.items() if guest not in specialists]
    return attendance.together(ours, theirs), bool(stays)


def _specialist_ids(consultation: Consultation) -> list[int]:
    return list(
        db.session.scalars(
            sa.select(ConsultationSpecialist.specialist_id)
            .where(ConsultationSpecialist.consultation_id == consultation.id)
            .order_by(ConsultationSpecialist.position)
        )
    )
