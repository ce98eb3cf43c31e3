"""A consultation is written up: held or not, how it went, what the family gets, what stays inside."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from calendars.intervals import Interval
from webapp.models import (
    Centre,
    Consultation,
    ConsultationSpecialist,
    HelpRequest,
    Participation,
    db,
)
from webapp.rules import consultations
from webapp.rules.consultations import (
    NO_SHOW,
    ConsultationEvent,
    ConsultationState,
    Means,
    ParticipationState,
)
from webapp.rules.errors import EndBeforeStart, NotYet, WrongState
from webapp.rules.letters import LetterKind
from webapp.rules.moves import must_be_meant
from webapp.services.consultations import cancelling, journal, offers
from webapp.services.consultations.confirmation import meeting_facts
from webapp.services.consultations.offers import Proposal
from webapp.services.help_requests.lifecycle import change_consultation, lock
from webapp.services.mail.correspondence import drop_calls, tell_family
from webapp.services.moves import move_cases
from webapp.services.rooms import presence
from webapp.services.times import timetable

MOST_NEXT_TIMES = 40


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
    early_is_meant: bool = False  # a no-show noted before its time, with open eyes
    next_time: datetime | None = None

    @property
    def nobody_came(self) -> bool:
        return not self.held and self.not_held_reason == NO_SHOW


@dataclass(frozen=True)
class Prefill:
    """What the form begins with. ``together_minutes``, ``family_missing``: as the video server saw it, a
    suggestion."""

    began_at: datetime
    finished_at: datetime
    means: str
    topic: str
    together_minutes: int | None
    family_missing: bool
    held: bool
    not_held_reason: str
    recommendation: str
    inner_note: str


def prefill(consultation: Consultation, request: HelpRequest, topic_words: str, now: datetime) -> Prefill:
    """Times from the video server's events where they came, else the planned ones; what was saved wins.

    Of a family that withdrew its consent no words are given.
    """
    blocked = request.blocked_at is not None
    seen = presence.seen(consultation.id, now)
    met = seen.together
    began_at = met.first_joined if met else consultation.starts_at
    finished_at = met.last_left if met else min(consultation.ends_at, max(now, consultation.starts_at))
    return Prefill(
        began_at=consultation.began_at or began_at,
        finished_at=consultation.finished_at or finished_at,
        means=consultation.means_used or _means_used(consultation, request),
        topic="" if blocked else consultation.journal_topic or topic_words,
        together_minutes=met.minutes if met else None,
        family_missing=seen.family_missing,
        held=_was_held(consultation, nobody_met=seen.anybody and met is None),
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
    :class:`EarlyNoShow`, :class:`WrongState` when somebody was faster."""
    if now < consultation.starts_at and consultation.ended_for_all_at is None:
        raise NotYet()
    if what.held:
        _must_be_possible(what, now)
    if what.nobody_came and not what.early_is_meant:
        must_be_meant(consultation.starts_at, now)
    lock(request)
    event = ConsultationEvent.HOLD if what.held else ConsultationEvent.MISS
    reason = {} if what.held else {"reason": what.not_held_reason}
    change_consultation(consultation, event, now, staff_id=staff_id, **reason)
    move_cases.end_with(consultation, now, staff_id=staff_id)
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
        drop_calls(request, [LetterKind.DID_NOT_COME], now)
        _after_it_was_held(centre, request, consultation, what, now, staff_id)
    else:
        journal.strike(consultation, now)
    if what.nobody_came:
        _tell_that_it_happens(request, consultation, now)


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
        facts = {
            "next_at": next_at.isoformat() if next_at else None,
            "next_is_offered": stands_already is None,
        }
        tell_family(
            request,
            LetterKind.RECOMMENDATION,
            facts,
            now,
            occasion=str(consultation.id),
            consultation_id=consultation.id,
        )


def _tell_that_it_happens(request: HelpRequest, consultation: Consultation, now: datetime) -> None:
    """One kind letter, however often the mark is set and taken back."""
    tell_family(
        request,
        LetterKind.DID_NOT_COME,
        meeting_facts(consultation),
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


def _specialist_ids(consultation: Consultation) -> list[int]:
    return list(
        db.session.scalars(
            sa.select(ConsultationSpecialist.specialist_id)
            .where(ConsultationSpecialist.consultation_id == consultation.id)
            .order_by(ConsultationSpecialist.position)
        )
    )
