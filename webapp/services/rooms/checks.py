"""The equipment check before a session (Remote consulting, 4.2): stored, reminded of, told upwards."""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

import sqlalchemy as sa

from video.precheck import (
    FROM_BEST_TO_WORST,
    ITEMS_BY_MEANS,
    Mark,
    Measurements,
    Verdict,
    judge,
    read_measurements,
)
from webapp.models import (
    Centre,
    Consultation,
    ConsultationSpecialist,
    EquipmentCheck,
    GroupEvent,
    HelpRequest,
    Staff,
    db,
)
from webapp.rules import consultations
from webapp.rules.consultations import ConsultationState
from webapp.rules.errors import CheckUnfinished, WordsMissing
from webapp.rules.groups import EventState
from webapp.rules.letters import LetterKind
from webapp.services.consultations.confirmation import meeting_facts
from webapp.services.help_requests.lifecycle import record as record_history
from webapp.services.mail.correspondence import deciders, tell_staff
from webapp.services.moves import open_cases

ROW_LOOKS_BACK = timedelta(hours=12)  # no unbroken row is longer

CHECKS = sa.select(
    EquipmentCheck.specialist_id,
    EquipmentCheck.done_at,
    EquipmentCheck.verdict,
    EquipmentCheck.measured,
    EquipmentCheck.verdicts,
    EquipmentCheck.words,
    Staff.name,
).join(Staff, Staff.id == EquipmentCheck.specialist_id)


@dataclass(frozen=True)
class Row:
    """Online sessions of one specialist with gaps under 30 minutes: one check is enough for all."""

    specialist_id: int
    consultation_ids: tuple[int, ...]
    starts: tuple[datetime, ...]
    ends_at: datetime

    @property
    def starts_at(self) -> datetime:
        return self.starts[0]

    @property
    def due_at(self) -> datetime:
        return self.starts_at - consultations.CHECK_BEFORE

    def still_ahead(self, now: datetime) -> Self:
        """Without what has begun, as long as something follows."""
        first = min(bisect_right(self.starts, now), len(self.starts) - 1)
        return replace(self, consultation_ids=self.consultation_ids[first:], starts=self.starts[first:])


@dataclass(frozen=True)
class Point:
    """One thing that was checked. ``mark`` is a verdict; ``by_hand``: ticked, where nothing could measure it."""

    item: str
    mark: str
    by_hand: bool


@dataclass(frozen=True)
class Done:
    """A check that was made: its points in the order of the form, and what the browser measured."""

    done_at: datetime
    verdict: str
    words: str
    specialist: str
    points: Sequence[Point]
    found: Measurements


def record(
    consultation: Consultation,
    specialist: Staff,
    measured: object,
    ticked: Collection[str],
    now: datetime,
) -> EquipmentCheck:
    """Store what was measured and ticked. A check that fails is told to whoever decides, at once.

    ``measured``: the page's JSON (``video.precheck.read_measurements``); ``ticked``: items that the person
    vouches for because the browser cannot measure them. Raises :class:`CheckUnfinished` while something is
    open, :class:`video.precheck.UnreadableMeasurements` for any other shape.
    """
    verdict = judged(measured, ticked, consultation.means_agreed)
    if verdict.overall is Mark.UNKNOWN:
        raise CheckUnfinished("measured")
    row = _store(consultation, specialist, measured, ticked, verdict, verdict.overall, "", now)
    if verdict.overall is Mark.FAILS:
        _tell_of_failure(consultation, specialist, row, verdict, now)
    return row


def record_failure(
    consultation: Consultation,
    specialist: Staff,
    measured: object,
    ticked: Collection[str],
    words: str,
    now: datetime,
) -> EquipmentCheck:
    """The specialist presses "Does not work" and says what: evidence for the report that follows.

    Raises :class:`WordsMissing`.
    """
    if not words.strip():
        raise WordsMissing("words")
    verdict = judged(measured, ticked, consultation.means_agreed)
    return _store(consultation, specialist, measured, ticked, verdict, Mark.FAILS, words.strip(), now)


def judged(measured: object, ticked: Collection[str], means: str) -> Verdict:
    """The marks by ``video.precheck``; what could not be measured counts as working when it is ticked."""
    verdict = judge(read_measurements(measured), means)
    items = {
        item: Mark.WORKS if mark is Mark.UNKNOWN and item in ticked else mark
        for item, mark in verdict.items.items()
    }
    return Verdict(items, max(items.values(), key=FROM_BEST_TO_WORST.index))


def done_for(rows: Sequence[Row]) -> dict[Row, Done]:
    """The newest check that counts for each row; a row without one is left out. One query."""
    if not rows:
        return {}
    checks = db.session.execute(
        CHECKS.where(
            EquipmentCheck.specialist_id.in_({row.specialist_id for row in rows}),
            EquipmentCheck.done_at >= min(row.starts_at for row in rows) - consultations.CHECK_COUNTS_FROM,
        ).order_by(EquipmentCheck.done_at, EquipmentCheck.id)
    ).all()
    return {
        row: _done(check)
        for row in rows
        for check in checks
        if check.specialist_id == row.specialist_id
        and consultations.check_counts(check.done_at, row.starts_at, row.ends_at)
    }


def in_rows(specialist_id: int, sessions: Sequence[tuple[int, datetime, datetime]]) -> list[Row]:
    """Sessions (id, start, end) of one specialist, in order, as unbroken rows."""
    starts = consultations.row_starts([(starts_at, ends_at) for _, starts_at, ends_at in sessions])
    rows = []
    for first in dict.fromkeys(starts):
        members = [session for session, start in zip(sessions, starts, strict=True) if start == first]
        rows.append(
            Row(
                specialist_id,
                tuple(member[0] for member in members),
                tuple(member[1] for member in members),
                max(member[2] for member in members),
            )
        )
    return rows


def rest_of_row(consultation: Consultation, specialist_id: int, now: datetime) -> list[int]:
    """The consultation and what follows it in its unbroken row, as ids. One query."""
    row = next((row for row in _rows(now, specialist_id) if consultation.id in row.consultation_ids), None)
    if row is None:
        return [consultation.id]
    return list(row.consultation_ids[row.consultation_ids.index(consultation.id) :])


def past(specialist_id: int, *, most: int = 5) -> list[Done]:
    """The last checks of a specialist, the newest first."""
    newest_first = EquipmentCheck.done_at.desc(), EquipmentCheck.id.desc()
    mine = CHECKS.where(EquipmentCheck.specialist_id == specialist_id)
    return [_done(row) for row in db.session.execute(mine.order_by(*newest_first).limit(most))]


def by_id(check_id: int) -> Done | None:
    """One check; ``None`` for an id that is none's."""
    row = db.session.execute(CHECKS.where(EquipmentCheck.id == check_id)).first()
    return _done(row) if row else None


def of_consultation(consultation_id: int) -> list[Done]:
    """The checks that were made for this very consultation, in order."""
    its_own = CHECKS.where(EquipmentCheck.consultation_id == consultation_id)
    return [_done(row) for row in db.session.execute(its_own.order_by(EquipmentCheck.done_at))]


def _done(row: sa.Row[*tuple[Any, ...]]) -> Done:
    ticked = row.measured.get("ticked", ())
    found = read_measurements(row.measured)
    unmeasured = judge(found, "video").items
    points = [
        Point(item, row.verdicts[item], by_hand=item in ticked and unmeasured[item] is Mark.UNKNOWN)
        for item in ITEMS_BY_MEANS["video"]  # the longest list
        if item in row.verdicts
    ]
    return Done(row.done_at, row.verdict, row.words, row.name, points, found)


def due(specialist_id: int, now: datetime) -> Row | None:
    """The row whose check this specialist should do now, if any: what of it is still ahead. Two queries."""
    ahead = [row for row in _rows(now, specialist_id) if row.due_at <= now < row.ends_at]
    unchecked = _without_check(ahead)
    return unchecked[0].still_ahead(now) if unchecked else None


def remind(now: datetime) -> int:
    """Remind specialists at T-30 and T-15, tell the deciders at T-5. Returns how many rows lack a check.

    Idempotent: one letter per row and stage. A booking that comes late gets the stage that it is in.
    """
    soon = [row for row in _rows(now) if row.due_at <= now < row.starts_at]
    # What was reported already needs no reminder that it is not checked.
    unchecked = [row for row in _without_check(soon) if not open_cases.is_stopped(row.consultation_ids[0])]
    for row in unchecked:
        consultation = db.session.get_one(Consultation, row.consultation_ids[0])
        specialist = db.session.get_one(Staff, row.specialist_id)
        _remind_of(row, consultation, specialist, now)
    return len(unchecked)


def _remind_of(row: Row, consultation: Consultation, specialist: Staff, now: datetime) -> None:
    left = row.starts_at - now
    again = left <= consultations.CHECK_AGAIN_BEFORE
    kind = LetterKind.CHECK_DUE_AGAIN if again else LetterKind.CHECK_DUE
    _tell([specialist], kind, consultation, specialist, now)
    if left <= consultations.CHECK_DEPUTY_BEFORE:
        centre = db.session.get_one(Centre, consultation.centre_id)
        _tell(
            deciders(centre, apart_from=specialist.id),
            LetterKind.CHECK_MISSING,
            consultation,
            specialist,
            now,
        )


def _store(
    consultation: Consultation,
    specialist: Staff,
    measured: object,
    ticked: Collection[str],
    verdict: Verdict,
    overall: Mark,
    words: str,
    now: datetime,
) -> EquipmentCheck:
    assert isinstance(measured, Mapping)
    row = EquipmentCheck(
        specialist_id=specialist.id,
        consultation_id=consultation.id,
        done_at=now,
        verdict=overall,
        measured={**measured, "ticked": sorted(ticked)},
        verdicts={item: str(mark) for item, mark in verdict.items.items()},
        words=words,
    )
    db.session.add(row)
    db.session.flush()
    record_history(
        consultation.centre_id,
        "check.record",
        now,
        staff_id=specialist.id,
        help_request_id=consultation.help_request_id,
        consultation_id=consultation.id,
        verdict=str(overall),
    )
    return row


def _tell_of_failure(
    consultation: Consultation, specialist: Staff, row: EquipmentCheck, verdict: Verdict, now: datetime
) -> None:
    centre = db.session.get_one(Centre, consultation.centre_id)
    _tell(
        deciders(centre, apart_from=specialist.id),
        LetterKind.CHECK_FAILED,
        consultation,
        specialist,
        now,
        occasion=f"check:{row.id}",
        words=row.words,
        failed=[item for item, mark in verdict.items.items() if mark is Mark.FAILS],
    )


def _tell(
    people: Sequence[Staff],
    kind: LetterKind,
    consultation: Consultation,
    specialist: Staff,
    now: datetime,
    *,
    occasion: str = "",
    **more: Any,
) -> None:
    request_id, event_id = consultation.help_request_id, consultation.group_event_id
    request = db.session.get_one(HelpRequest, request_id) if request_id is not None else None
    event = db.session.get_one(GroupEvent, event_id) if event_id is not None else None
    centre = db.session.get_one(Centre, consultation.centre_id)
    facts = {
        **meeting_facts(consultation),
        "number": request.number if request else "",
        "specialist": specialist.name,
        "specialist_id": specialist.id,
        "staff_phone": specialist.phone,
        "supervisor": next((person.name for person in deciders(centre, apart_from=specialist.id)), ""),
        **more,
    }
    for person in people:
        tell_staff(
            person,
            kind,
            facts,
            now,
            occasion=occasion or f"{consultation.id}:{specialist.id}:{consultation.starts_at.isoformat()}",
            request=request,
            consultation=consultation,
            event=event,
        )


def _rows(now: datetime, specialist_id: int | None = None) -> list[Row]:
    """Every unbroken row of online sessions from half a day ago until the next due check, in order.

    Without those in which nothing is left to hold.
    """
    query = (
        sa.select(
            ConsultationSpecialist.specialist_id,
            Consultation.id,
            Consultation.starts_at,
            Consultation.ends_at,
            Consultation.state,
        )
        .join(ConsultationSpecialist, ConsultationSpecialist.consultation_id == Consultation.id)
        .outerjoin(GroupEvent, GroupEvent.id == Consultation.group_event_id)
        .where(
            # Nobody comes to what is not announced.
            sa.or_(Consultation.group_event_id.is_(None), GroupEvent.state == EventState.ANNOUNCED),
            Consultation.state != ConsultationState.CANCELLED,
            Consultation.means_agreed.in_([str(means) for means in consultations.ONLINE]),
            Consultation.starts_at > now - ROW_LOOKS_BACK,
            Consultation.starts_at <= now + ROW_LOOKS_BACK,
        )
        .order_by(ConsultationSpecialist.specialist_id, Consultation.starts_at)
    )
    if specialist_id is not None:
        query = query.where(ConsultationSpecialist.specialist_id == specialist_id)
    by_specialist: dict[int, list[tuple[int, datetime, datetime]]] = {}
    planned = set()
    for row in db.session.execute(query):
        by_specialist.setdefault(row.specialist_id, []).append((row.id, row.starts_at, row.ends_at))
        if row.state == ConsultationState.PLANNED:
            planned.add(row.id)
    rows = [row for person, sessions in by_specialist.items() for row in in_rows(person, sessions)]
    return [row for row in rows if not planned.isdisjoint(row.consultation_ids)]


def _without_check(rows: Sequence[Row]) -> list[Row]:
    done = done_for(rows)
    return [row for row in rows if row not in done]
