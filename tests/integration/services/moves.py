"""The stage of the tests about moves: a centre with everybody who decides, and a consultation on Thursday."""

from datetime import datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from tests.factories import (
    THURSDAY_NINE,
    make_centre,
    make_consultation,
    make_deputy,
    make_specialist,
    make_staff,
    minutes_before,
)
from webapp.models import (
    Centre,
    Consultation,
    Engagement,
    HelpRequest,
    Letter,
    Move,
    Staff,
    StaffRole,
    WeeklyHours,
    db,
)
from webapp.rules.moves import MoveEvent
from webapp.rules.permissions import Role
from webapp.services.moves import move_cases, move_decisions, move_reports
from webapp.services.moves.move_cases import MoveCase
from webapp.services.moves.move_reports import Report

HALF_AN_HOUR_BEFORE = minutes_before(THURSDAY_NINE, 30)
FRIDAY_NINE = THURSDAY_NINE + timedelta(days=1)
BROKEN = Report(words="Камера не включается", failure="camera")


class Stage:
    """``deputy`` is the supervisor, ``stand_in`` and ``head`` come after. The family has confirmed its address."""

    def __init__(self) -> None:
        self.centre: Centre = make_centre()
        self.deputy: Staff = make_deputy(self.centre)
        self.stand_in: Staff = make_staff(self.centre, Role.DEPUTY_DIRECTOR, name="Замещающая")
        self.head: Staff = make_staff(self.centre, Role.HEAD, name="Заведующая")
        self.centre.stand_in_id = self.stand_in.id
        self.specialist: Staff = make_specialist(self.centre)
        self.hold()

    def hold(self, *, at: datetime = THURSDAY_NINE, **asked: Any) -> None:
        """Let it be a consultation of the specialist at that time, of a new family."""
        self.consultation: Consultation = make_consultation(self.centre, self.specialist, at=at, **asked)
        self.request = db.session.get_one(HelpRequest, self.consultation.help_request_id)
        self.request.email_confirmed_at = self.consultation.confirmed_at
        db.session.flush()

    def add_role(self, person: Staff) -> None:
        """Let somebody of the staff hold consultations too."""
        person.role_rows = [*person.role_rows, StaffRole(role=Role.SPECIALIST)]
        for weekday in range(5):
            db.session.add(
                WeeklyHours(specialist_id=person.id, weekday=weekday, starts=time(9), ends=time(18))
            )
        db.session.flush()

    def hold_by(self, person: Staff) -> None:
        """Let it be a consultation of somebody who decides."""
        self.add_role(person)
        self.specialist = person
        self.hold(at=THURSDAY_NINE + timedelta(hours=2))

    def report(self, said: Report = BROKEN, *, now: datetime = HALF_AN_HOUR_BEFORE) -> MoveCase:
        first, *_ = move_reports.report(self.centre, self.consultation, self.specialist, said, now)
        return self.case(first)

    def allowed(self, *, now: datetime = HALF_AN_HOUR_BEFORE) -> MoveCase:
        case = self.report(now=now)
        move_decisions.decide([case], MoveEvent.ALLOW, "", now, staff_id=self.deputy.id)
        return case

    def wish(self, *, now: datetime, words: str = "Лучше вечером") -> MoveCase:
        return self.case(move_reports.wish(self.centre, self.request, self.consultation, words, now))

    def case(self, move: Move) -> MoveCase:
        return move_cases.find(self.centre, move.id)

    def case_again(self) -> MoveCase:
        """The case that is open about the consultation now."""
        case = move_cases.open_case_of(self.consultation.id)
        assert case is not None
        return case

    def told(self, *kinds: str) -> list[tuple[str, int | None]]:
        """Letters of ``kinds`` with the person of the staff (none: the family), in order."""
        db.session.flush()
        rows = db.session.execute(
            sa.select(Letter.kind, Letter.staff_id)
            .where(Letter.kind.in_(kinds), Letter.state != "dropped")
            .order_by(Letter.id)
        )
        return [(row.kind, row.staff_id) for row in rows]

    def taken(self, person: Staff) -> list[datetime]:
        """When the person's time is booked."""
        db.session.flush()
        return list(
            db.session.scalars(
                sa.select(Engagement.starts_at)
                .where(Engagement.specialist_id == person.id)
                .order_by(Engagement.starts_at)
            )
        )
