"""The working day begins: one letter to each who has something to do today, and to nobody else."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa

from calendars.workdays import last_day
from webapp.models import Centre, Consultation, ConsultationSpecialist, HelpRequest, Move, Staff, db
from webapp.rules import moves
from webapp.rules.consultations import ONLINE, ConsultationState
from webapp.rules.help_requests import WAITING_FOR_ANSWER, RequestState
from webapp.rules.letters import LetterKind
from webapp.services.consultations import booked
from webapp.services.mail.correspondence import deciders, tell_staff
from webapp.services.rooms import checks
from webapp.services.times import absences
from webapp.services.times.workdays import work_calendar

TOLD_FROM, TOLD_UNTIL = time(7, 30), time(8, 0)  # by the centre's clock: later it is no morning letter

Facts = dict[str, Any]
Line = sa.Row[*tuple[Any, ...]]


def tell(now: datetime) -> None:
    """Write this morning's letters of every centre: one a day and person, however often it is called."""
    for centre in db.session.scalars(sa.select(Centre).order_by(Centre.id)):
        local = now.astimezone(centre.zone_info)
        in_the_morning = TOLD_FROM <= local.time() < TOLD_UNTIL
        if in_the_morning and work_calendar(centre).is_working(local.date()):
            _tell_centre(centre, local.date(), now)


def _tell_centre(centre: Centre, today: date, now: datetime) -> None:
    sessions = booked.lines(
        centre, Consultation.state == ConsultationState.PLANNED, booked.on(today), booked.TAKES_PLACE
    )
    to_do = _of_specialists(centre, sessions, now)
    for decider in deciders(centre):
        to_do[decider.id] = {**to_do.get(decider.id, {}), **_of_decider(centre, sessions, today, now)}
    people = db.session.scalars(
        sa.select(Staff).where(Staff.id.in_(to_do), Staff.morning_letter.is_(True)).order_by(Staff.id)
    )
    for person in people:
        if facts := to_do[person.id]:
            page = "requests" if "decides" in facts else "day"
            told = {"day": today.isoformat(), "page": page, **facts}
            tell_staff(person, LetterKind.MORNING, told, now, occasion=f"{today}")


def _of_specialists(centre: Centre, sessions: Sequence[Line], now: datetime) -> dict[int, Facts]:
    """Their sessions and checks of today, what is to be written up, their open cases."""
    own: dict[int, list[Line]] = defaultdict(list)
    for line in sessions:
        own[line.specialist_id].append(line)
    to_do: dict[int, Facts] = defaultdict(dict)
    for person, lines in own.items():
        to_do[person]["sessions"] = [_said(line) for line in lines]
        online = [(line.id, line.starts_at, line.ends_at) for line in lines if line.means_agreed in ONLINE]
        if online:
            to_do[person]["checks"] = [row.due_at.isoformat() for row in checks.in_rows(person, online)]
    for person, count in _to_write_up(centre, now).items():
        to_do[person]["to_write_up"] = count
    for person, count in _open_cases(centre).items():
        to_do[person]["open_moves"] = count
    return to_do


def _of_decider(centre: Centre, sessions: Sequence[Line], today: date, now: datetime) -> Facts:
    """Answers that are due, cases to decide, what absences touch, group meetings; empty where there is nothing."""
    unanswered = db.session.scalars(
        sa.select(HelpRequest).where(
            HelpRequest.centre_id == centre.id,
            HelpRequest.state.in_((*WAITING_FOR_ANSWER, RequestState.OFFERED)),
            HelpRequest.answered_at.is_(None),
            HelpRequest.blocked_at.is_(None),
        )
    )
    days = [last_day(request.due_at, centre.zone_info) for request in unanswered]
    cases = db.session.scalar(
        sa.select(sa.func.count()).where(Move.centre_id == centre.id, Move.state.in_(moves.OPEN))
    )
    unsettled = absences.unsettled(centre, now)
    counts = {
        "due_today": days.count(today),
        "overdue": sum(day < today for day in days),
        "cases": cases,
        "absences": len({one for away in unsettled for one in away.consultation_ids}),
        "group_meetings": len({line.id for line in sessions if line.event_id is not None}),
    }
    found = {what: count for what, count in counts.items() if count}
    return {**found, "decides": True} if found else {}


def _said(line: Line) -> Mapping[str, str]:
    """What a letter may say of a session: its time, and its number where it is of a family."""
    return {"starts_at": line.starts_at.isoformat(), "number": booked.matter(line).number}


def _to_write_up(centre: Centre, now: datetime) -> dict[int, int]:
    over = Consultation.state == ConsultationState.PLANNED, Consultation.ends_at <= now, booked.TAKES_PLACE
    return _counted(centre, *over)


def _open_cases(centre: Centre) -> dict[int, int]:
    is_open = sa.exists().where(Move.consultation_id == Consultation.id, Move.state.in_(moves.OPEN))
    return _counted(centre, is_open)


def _counted(centre: Centre, *conditions: sa.ColumnElement[bool]) -> dict[int, int]:
    """Consultations that fit, by specialist."""
    rows = db.session.execute(
        sa.select(ConsultationSpecialist.specialist_id, sa.func.count())
        .select_from(Consultation)
        .join(ConsultationSpecialist, ConsultationSpecialist.consultation_id == Consultation.id)
        .where(Consultation.centre_id == centre.id, *conditions)
        .group_by(ConsultationSpecialist.specialist_id)
    )
    return dict(rows.all())
