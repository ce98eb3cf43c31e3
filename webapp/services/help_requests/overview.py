"""How the centre stands: what waits, which deadlines were met, who has much to do."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from webapp.models import (
    CallTask,
    Centre,
    Consultation,
    ConsultationSpecialist,
    GroupEvent,
    HelpRequest,
    InboxMail,
    JournalEntry,
    Letter,
    Move,
    Staff,
    StaffRole,
    db,
)
from webapp.rules.consultations import ONLINE, ConsultationState
from webapp.rules.groups import EventState
from webapp.rules.help_requests import WAITING_FOR_ANSWER
from webapp.rules.letters import LetterState
from webapp.rules.moves import MoveState
from webapp.rules.permissions import PERMISSIONS, Permission
from webapp.services.consultations import booked
from webapp.services.consultations.booked import Matter
from webapp.services.mail import unread_mail
from webapp.services.moves import open_cases
from webapp.services.rooms import checks

WEEKS_SHOWN = 4
OVERRUNS_SHOWN_FOR = timedelta(days=7)


def waiting(person: Staff, now: datetime) -> dict[str, int]:
    """What waits behind each tab: requests and moves to decide, calls to make, mail to read, consultations to write up,
    events to approve. One query."""
    centre_id, staff_id = person.centre_id, person.id
    requests = (
        sa.select(sa.func.count())
        .where(HelpRequest.centre_id == centre_id, HelpRequest.state.in_(WAITING_FOR_ANSWER))
        .scalar_subquery()
    )
    undecided = (
        sa.select(sa.func.count())
        .where(Move.centre_id == centre_id, Move.state == MoveState.REPORTED)
        .scalar_subquery()
    )
    calls = (
        sa.select(sa.func.count())
        .where(CallTask.centre_id == centre_id, CallTask.done_at.is_(None), CallTask.moot_at.is_(None))
        .scalar_subquery()
    )
    to_write_up = (
        sa.select(sa.func.count())
        .select_from(Consultation)
        .join(ConsultationSpecialist, ConsultationSpecialist.consultation_id == Consultation.id)
        .where(
            ConsultationSpecialist.specialist_id == staff_id,
            Consultation.state == ConsultationState.PLANNED,
            Consultation.ends_at <= now,
            booked.TAKES_PLACE,
            sa.not_(open_cases.IS_STOPPED),
        )
        .scalar_subquery()
    )
    to_settle = (
        sa.select(sa.func.count())
        .select_from(Move)
        .join(ConsultationSpecialist, ConsultationSpecialist.consultation_id == Move.consultation_id)
        .where(ConsultationSpecialist.specialist_id == staff_id, Move.state == MoveState.ALLOWED)
        .scalar_subquery()
    )
    mail = (
        sa.select(sa.func.count())
        .select_from(InboxMail)
        .where(unread_mail.is_read_by(person), InboxMail.handled_at.is_(None))
        .scalar_subquery()
    )
    row = db.session.execute(
        sa.select(
            (requests + undecided).label("requests"),
            calls.label("calls"),
            mail.label("mail"),
            (to_write_up + to_settle).label("day"),
            _events_to_approve(centre_id, staff_id).label("events"),
        )
    ).one()
    return dict(row._mapping)


def _events_to_approve(centre_id: int, staff_id: int) -> sa.ScalarSelect[int]:
    """Proposed events that this person may approve: none of their own."""
    approves = sa.exists().where(
        StaffRole.staff_id == staff_id, StaffRole.role.in_(PERMISSIONS[Permission.APPROVE_EVENTS])
    )
    holds = sa.exists().where(
        Consultation.group_event_id == GroupEvent.id,
        ConsultationSpecialist.consultation_id == Consultation.id,
        ConsultationSpecialist.specialist_id == staff_id,
    )
    return (
        sa.select(sa.func.count())
        .select_from(GroupEvent)
        .where(
            GroupEvent.centre_id == centre_id,
            GroupEvent.state == EventState.PROPOSED,
            GroupEvent.created_by != staff_id,
            approves,
            ~holds,
        )
        .scalar_subquery()
    )


@dataclass(frozen=True)
class Week:
    """Answers given in one week: in time and late."""

    first: date
    last: date
    met: int
    missed: int

    @property
    def total(self) -> int:
        return self.met + self.missed


def answers_by_week(centre: Centre, now: datetime) -> list[Week]:
    """The last four weeks, oldest first, by the day of the answer in the centre's zone."""
    today = now.astimezone(centre.zone_info).date()
    monday = today - timedelta(days=today.weekday())
    first = monday - timedelta(weeks=WEEKS_SHOWN - 1)
    since = datetime.combine(first, datetime.min.time(), centre.zone_info)
    answered = db.session.execute(
        sa.select(HelpRequest.answered_at, HelpRequest.days_late).where(
            HelpRequest.centre_id == centre.id, HelpRequest.answered_at >= since
        )
    ).all()
    weeks = []
    for number in range(WEEKS_SHOWN):
        begins = first + timedelta(weeks=number)
        ends = begins + timedelta(days=6)
        lateness = [
            row.days_late
            for row in answered
            if begins <= row.answered_at.astimezone(centre.zone_info).date() <= ends
        ]
        missed = sum(1 for days in lateness if days)
        weeks.append(Week(begins, ends, len(lateness) - missed, missed))
    return weeks


@dataclass(frozen=True)
class Load:
    """What one specialist has ahead, and still to write up."""

    name: str
    ahead: int
    to_write_up: int


def load_of_specialists(centre: Centre, now: datetime) -> list[Load]:
    """Consultations of the next seven days per specialist, the busiest first."""
    ahead = sa.func.count(Consultation.id).filter(
        Consultation.starts_at.between(now, now + timedelta(days=7))
    )
    behind = sa.func.count(Consultation.id).filter(Consultation.ends_at <= now)
    rows = db.session.execute(
        sa.select(Staff.name, ahead.label("ahead"), behind.label("behind"))
        .join(ConsultationSpecialist, ConsultationSpecialist.specialist_id == Staff.id)
        .join(Consultation, Consultation.id == ConsultationSpecialist.consultation_id)
        .where(
            Staff.centre_id == centre.id,
            Consultation.state == ConsultationState.PLANNED,
            booked.TAKES_PLACE,
        )
        .group_by(Staff.id, Staff.name)
        .order_by(ahead.desc(), Staff.name)
    ).all()
    return [Load(row.name, row.ahead, row.behind) for row in rows]


@dataclass(frozen=True)
class CheckToday:
    """An online consultation of today and its equipment check, once it was made."""

    consultation_id: int
    matter: Matter
    starts_at: datetime
    specialist: str
    phone: str
    check: checks.Done | None
    missing: bool  # its moment has passed


def checks_today(centre: Centre, now: datetime) -> list[CheckToday]:
    """Today's online consultations with their checks, in order. One check covers an unbroken row."""
    today = now.astimezone(centre.zone_info).date()
    sessions = booked.lines(
        centre,
        Consultation.state != ConsultationState.CANCELLED,
        Consultation.means_agreed.in_(ONLINE),
        booked.on(today),
        booked.TAKES_PLACE,
    )
    by_specialist: dict[int, list[tuple[int, datetime, datetime]]] = {}
    for session in sessions:
        by_specialist.setdefault(session.specialist_id, []).append(
            (session.id, session.starts_at, session.ends_at)
        )
    rows = [row for person, own in by_specialist.items() for row in checks.in_rows(person, own)]
    done = checks.done_for(rows)
    row_of = {(row.specialist_id, session_id): row for row in rows for session_id in row.consultation_ids}
    result = []
    for session in sessions:
        row = row_of[session.specialist_id, session.id]
        check = done.get(row)
        result.append(
            CheckToday(
                session.id,
                booked.matter(session),
                session.starts_at,
                session.specialist,
                session.phone,
                check,
                missing=check is None and now >= row.due_at,
            )
        )
    return result


@dataclass(frozen=True)
class NotWrittenUp:
    matter: Matter
    starts_at: datetime
    specialist: str


def to_write_up(centre: Centre, now: datetime) -> list[NotWrittenUp]:
    """Consultations whose time is over and whose result is not noted yet, oldest first."""
    over = booked.lines(
        centre,
        Consultation.state == ConsultationState.PLANNED,
        Consultation.ends_at <= now,
        ConsultationSpecialist.position == 0,
        booked.TAKES_PLACE,
        sa.not_(open_cases.IS_STOPPED),
    )
    return [NotWrittenUp(booked.matter(line), line.starts_at, line.specialist) for line in over]


@dataclass(frozen=True)
class Overrun:
    """A consultation that ended 2 minutes or more after its time, as it was written up."""

    consultation_id: int
    number: str  # of the request: 2026-104
    specialists: str
    ends_at: datetime
    finished_at: datetime

    @property
    def minutes(self) -> int:
        return int((self.finished_at - self.ends_at).total_seconds() // 60)


def overruns(centre: Centre, now: datetime) -> list[Overrun]:
    """Of the last seven days, the latest first. One query."""
    rows = db.session.execute(
        sa.select(
            Consultation.id,
            Consultation.ends_at,
            Consultation.finished_at,
            HelpRequest.year,
            HelpRequest.sequence,
            JournalEntry.specialists,
        )
        .join(JournalEntry, JournalEntry.consultation_id == Consultation.id)
        .join(HelpRequest, HelpRequest.id == Consultation.help_request_id)
        .where(
            Consultation.centre_id == centre.id,
            Consultation.starts_at > now - OVERRUNS_SHOWN_FOR,
            Consultation.finished_at.is_not(None),
            JournalEntry.overrun,
            JournalEntry.struck_at.is_(None),
        )
        .order_by(Consultation.starts_at.desc())
    )
    return [
        Overrun(row.id, f"{row.year}-{row.sequence}", row.specialists, row.ends_at, row.finished_at)
        for row in rows
    ]


def undelivered(centre: Centre) -> int:
    """Letters that no server took."""
    return (
        db.session.scalar(
            sa.select(sa.func.count()).where(
                Letter.centre_id == centre.id, Letter.state == LetterState.FAILED
            )
        )
        or 0
    )
