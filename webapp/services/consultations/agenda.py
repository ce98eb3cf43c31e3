"""A specialist's day and week, and one consultation with its history."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from webapp.models import (
    AuditRecord,
    Centre,
    Consultation,
    ConsultationSpecialist,
    GroupEvent,
    HelpRequest,
    Letter,
    Staff,
    Topic,
    db,
)
from webapp.rules import consultations
from webapp.rules.consultations import ConsultationState, Door
from webapp.services.consultations import booked
from webapp.services.consultations.confirmation import specialists_of
from webapp.services.consultations.journal import child_in_journal
from webapp.services.moves import open_cases
from webapp.services.rooms import checks, connection_problems
from webapp.services.rooms.connection_problems import Problem


@dataclass(frozen=True)
class Group:
    """The group event whose meeting a session is. ``announced``: families know of it."""

    event_id: int
    titles: dict[str, str]
    announced: bool


@dataclass(frozen=True)
class Session:
    """One consultation in the agenda. Names are empty where the family withdrew its consent, and of a group."""

    id: int
    group: Group | None
    starts_at: datetime
    ends_at: datetime
    state: str
    door: Door
    means: str
    number: str
    parent: str
    child: str
    topic: dict[str, str] | None
    words: str
    urgent: bool
    held_minutes: int | None
    problems: tuple[Problem, ...]

    @property
    def opens_at(self) -> datetime:
        return self.starts_at - consultations.DOOR_OPENS_BEFORE

    @property
    def to_write_up(self) -> bool:
        known = self.group is None or self.group.announced
        return known and self.state == ConsultationState.PLANNED and self.door == Door.OVER


@dataclass(frozen=True)
class Opened:
    """One consultation with the request of its family, and as the agenda shows it.

    ``next_planned``: when the next date of a series begins that stands already.
    """

    consultation: Consultation
    request: HelpRequest
    session: Session
    next_planned: datetime | None

    @property
    def lets_in(self) -> bool:
        """Whether its specialists may enter the room now."""
        return self.consultation.room is not None and consultations.may_enter(self.session.door)


@dataclass(frozen=True)
class Day:
    day: date
    sessions: tuple[Session, ...]


@dataclass(frozen=True)
class Step:
    """One line of a consultation's history. ``what``: letter | check | event; ``code`` says which."""

    at: datetime
    what: str
    code: str
    state: str
    by: str
    check: checks.Done | None = None


def weeks(
    centre: Centre, specialist_id: int, mondays: Collection[date], now: datetime
) -> dict[date, list[Day]]:
    """Seven days from each Monday, without what was cancelled; an empty weekend is left out. Two queries."""

    def midnight(day: date) -> datetime:
        return datetime.combine(day, datetime.min.time(), centre.zone_info)

    in_one_of_them = [
        sa.and_(
            Consultation.starts_at >= midnight(monday),
            Consultation.starts_at < midnight(monday + timedelta(days=7)),
        )
        for monday in mondays
    ]
    found = _sessions(
        now,
        _held_by(specialist_id),
        Consultation.state != ConsultationState.CANCELLED,
        sa.or_(*in_one_of_them),
    )
    by_day: dict[date, list[Session]] = {}
    for session in found:
        by_day.setdefault(session.starts_at.astimezone(centre.zone_info).date(), []).append(session)
    return {monday: _days(monday, by_day) for monday in mondays}


def _days(monday: date, by_day: Mapping[date, Sequence[Session]]) -> list[Day]:
    days = [monday + timedelta(days=number) for number in range(7)]
    return [Day(day, tuple(by_day.get(day, ()))) for day in days if day in by_day or day.weekday() < 5]


def to_write_up(centre: Centre, specialist_id: int, now: datetime) -> list[Session]:
    """What is over and not written up, the oldest first; today's stand in the agenda and are left out. One query.

    Without what families said: it is too late to help with that.
    """
    midnight = datetime.combine(
        now.astimezone(centre.zone_info).date(), datetime.min.time(), centre.zone_info
    )
    rows = db.session.execute(
        _lines().where(
            _held_by(specialist_id),
            Consultation.state == ConsultationState.PLANNED,
            Consultation.ends_at <= now,
            Consultation.starts_at < midnight,
            booked.TAKES_PLACE,
            sa.not_(open_cases.IS_STOPPED),
        )
    )
    return [_session(row, (), now) for row in rows]


def find(centre_id: int, consultation_id: int, specialist_id: int | None) -> Consultation:
    """A consultation of this centre; with ``specialist_id`` only one of theirs. Raises NoResultFound."""
    query = sa.select(Consultation).where(*_is_the_one(centre_id, consultation_id, specialist_id))
    return db.session.scalars(query).one()


def opened(centre_id: int, consultation_id: int, specialist_id: int | None, now: datetime) -> Opened:
    """As :func:`find`, with all that its pages show of it; a group's has pages of its own. Two queries."""
    later = aliased(Consultation)
    next_planned = (
        sa.select(sa.func.min(later.starts_at))
        .where(
            later.help_request_id == Consultation.help_request_id,
            later.state == ConsultationState.PLANNED,
            later.starts_at > Consultation.starts_at,
        )
        .scalar_subquery()
    )
    query = (
        _lines()
        .add_columns(Consultation, HelpRequest, next_planned.label("next_planned"))
        .where(Consultation.group_event_id.is_(None))
    )
    row = db.session.execute(query.where(*_is_the_one(centre_id, consultation_id, specialist_id))).one()
    problems = connection_problems.of_consultation(consultation_id)
    return Opened(row.Consultation, row.HelpRequest, _session(row, problems, now), row.next_planned)


def session_of(consultation: Consultation, now: datetime) -> Session:
    """A consultation of a family or a meeting of a group as the agenda shows it. Two queries."""
    row = db.session.execute(_lines().where(Consultation.id == consultation.id)).one()
    return _session(row, connection_problems.of_consultation(consultation.id), now)


def hosts_of(consultation: Consultation) -> list[Staff]:
    """Its specialists, in the order in which they were chosen."""
    return specialists_of(consultation)


def history(consultation: Consultation) -> list[Step]:
    """Letters, checks and what people did, in order. Three queries."""
    letters = db.session.execute(
        sa.select(Letter.kind, Letter.state, Letter.sent_at, Letter.due_at, Letter.recipient_name)
        .where(Letter.consultation_id == consultation.id)
        .order_by(Letter.id)
    )
    steps = [
        Step(row.sent_at or row.due_at, "letter", row.kind, row.state, row.recipient_name) for row in letters
    ]
    made = checks.of_consultation(consultation.id)
    steps += [Step(one.done_at, "check", one.verdict, "", one.specialist, one) for one in made]
    events = db.session.execute(
        sa.select(AuditRecord.at, AuditRecord.action, Staff.name)
        .outerjoin(Staff, Staff.id == AuditRecord.staff_id)
        .where(AuditRecord.consultation_id == consultation.id, AuditRecord.action != "check.record")
    )
    steps += [Step(row.at, "event", row.action, "", row.name or "") for row in events]
    return sorted(steps, key=lambda step: step.at)


def _is_the_one(
    centre_id: int, consultation_id: int, specialist_id: int | None
) -> list[sa.ColumnElement[bool]]:
    conditions = [Consultation.id == consultation_id, Consultation.centre_id == centre_id]
    return conditions if specialist_id is None else [*conditions, _held_by(specialist_id)]


def _held_by(specialist_id: int) -> sa.ColumnElement[bool]:
    return Consultation.id.in_(
        sa.select(ConsultationSpecialist.consultation_id).where(
            ConsultationSpecialist.specialist_id == specialist_id
        )
    )


def _sessions(now: datetime, *conditions: sa.ColumnElement[bool]) -> list[Session]:
    rows = db.session.execute(_lines().where(*conditions)).all()
    problems = connection_problems.of_consultations([row.id for row in rows])
    return [_session(row, problems.get(row.id, []), now) for row in rows]


def _lines() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Consultation.id,
            Consultation.starts_at,
            Consultation.ends_at,
            Consultation.state,
            Consultation.ended_for_all_at,
            open_cases.IS_STOPPED.label("stopped"),
            Consultation.means_agreed,
            Consultation.began_at,
            Consultation.finished_at,
            HelpRequest.year,
            HelpRequest.sequence,
            HelpRequest.parent_name,
            HelpRequest.child,
            HelpRequest.child_age,
            HelpRequest.words,
            HelpRequest.urgent,
            HelpRequest.blocked_at,
            Topic.titles,
            GroupEvent.id.label("event_id"),
            GroupEvent.titles.label("event_titles"),
            GroupEvent.announced_at,
        )
        .outerjoin(HelpRequest, HelpRequest.id == Consultation.help_request_id)
        .outerjoin(GroupEvent, GroupEvent.id == Consultation.group_event_id)
        .outerjoin(Topic, Topic.id == HelpRequest.topic_id)
        .order_by(Consultation.starts_at, Consultation.id)
    )


def _session(row: Any, problems: Sequence[Problem], now: datetime) -> Session:
    of_group = row.event_id is not None
    nameless = of_group or row.blocked_at is not None
    held_minutes = None
    if row.state == ConsultationState.HELD and row.began_at and row.finished_at:
        held_minutes = int((row.finished_at - row.began_at).total_seconds() // 60)
    return Session(
        id=row.id,
        group=Group(row.event_id, row.event_titles, row.announced_at is not None) if of_group else None,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        state=row.state,
        door=consultations.door(
            row.state,
            row.starts_at,
            row.ends_at,
            row.ended_for_all_at is not None,
            now,
            stopped=row.stopped,
        ),
        means=row.means_agreed,
        number="" if of_group else f"{row.year}-{row.sequence}",
        parent="" if nameless else row.parent_name,
        child="" if nameless else child_in_journal(row.child, row.child_age),
        topic=None if nameless else row.titles,
        words="" if nameless else row.words,
        urgent=bool(row.urgent),
        held_minutes=held_minutes,
        problems=tuple(problems),
    )
