"""Whoever comes, leaves, comes back, confirms or lets a seat lapse: the list stays honest."""

from datetime import datetime, timedelta

import hypothesis.strategies as st
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.factories import NOW, make_centre, make_event, make_specialist
from webapp.models import GroupEvent, Participation, Registration, db
from webapp.rules.consultations import ParticipationState
from webapp.rules.groups import TAKING_PART, WITH_SEAT, RegistrationState
from webapp.services.events import group_events
from webapp.services.seats import registrations
from webapp.services.seats.admission import Wanted

PEOPLE = [f"{name}@home.example" for name in ("anna", "berik", "clara", "dina", "emil", "fatima")]
people = st.sampled_from(PEOPLE)


class Hall(RuleBasedStateMachine):
    """The model: seats and the line as two plain lists, checked against the database."""

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOW
        self.seated: list[str] = []
        self.line: list[str] = []

    @initialize(capacity=st.integers(1, 3), confirm_first=st.booleans())
    def hall(self, capacity: int, confirm_first: bool) -> None:
        db.session.rollback()
        self.centre = make_centre()
        self.event: GroupEvent = make_event(
            self.centre,
            make_specialist(self.centre),
            capacity=capacity,
            seat_after_confirming=confirm_first,
        )
        self.capacity = capacity

    def row(self, email: str) -> Registration:
        return db.session.scalars(
            sa.select(Registration)
            .where(Registration.group_event_id == self.event.id, Registration.email == email)
            .execution_options(populate_existing=True)
        ).one()

    def pass_on(self) -> None:
        while self.line and len(self.seated) < self.capacity:
            self.seated.append(self.line.pop(0))

    @rule(email=people)
    def come(self, email: str) -> None:
        wanted = Wanted(language="ru", zone="Europe/Moscow", email=email, consent=True)
        db.session.refresh(self.event)
        registrations.register(self.centre, self.event.id, wanted, self.now)
        if email not in self.seated and email not in self.line:
            (self.line if self.line or len(self.seated) >= self.capacity else self.seated).append(email)

    @precondition(lambda self: self.seated or self.line)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        email = data.draw(st.sampled_from(self.seated + self.line))
        registrations.give_back(self.row(email), self.now)
        (self.seated if email in self.seated else self.line).remove(email)
        self.pass_on()

    @precondition(lambda self: self.seated)
    @rule(data=st.data())
    def confirm(self, data: st.DataObject) -> None:
        registration = self.row(data.draw(st.sampled_from(self.seated)))
        registrations.act_through(registration.id, self.now)
        registrations.confirm(registration, self.now)

    @rule(hours=st.integers(1, 13))
    def time_passes(self, hours: int) -> None:
        if self.now + timedelta(hours=hours) >= self.event.starts_at - timedelta(hours=1):
            return
        self.now += timedelta(hours=hours)
        while due := [email for email in self.seated if self.lapsed(email)]:
            registrations.lapse_due(self.now)
            for email in due:
                self.seated.remove(email)
            self.pass_on()

    def lapsed(self, email: str) -> bool:
        row = self.row(email)
        return (
            row.state == RegistrationState.HELD and row.seat_until is not None and row.seat_until <= self.now
        )

    @rule(capacity=st.integers(1, 4))
    def another_hall(self, capacity: int) -> None:
        db.session.refresh(self.event)
        plan = group_events.plan_of(self.event, capacity=capacity)
        group_events.describe(self.centre, self.event, plan, self.now, staff_id=self.event.created_by)
        self.capacity = capacity
        self.pass_on()

    @invariant()
    def seats_and_line_are_those_of_the_model(self) -> None:
        found = db.session.execute(
            sa.select(Registration.email, Registration.state)
            .where(Registration.group_event_id == self.event.id, Registration.state.in_(TAKING_PART))
            .order_by(Registration.arrival)
        ).all()
        assert sorted(row.email for row in found if row.state in WITH_SEAT) == sorted(self.seated)
        assert [row.email for row in found if row.state == RegistrationState.WAITING] == self.line
        db.session.refresh(self.event)
        assert (self.event.seats_taken, self.event.waiting_count) == (len(self.seated), len(self.line))

    @invariant()
    def exactly_those_with_a_seat_are_expected(self) -> None:
        expected = db.session.scalars(
            sa.select(Registration.email)
            .join(Participation, Participation.registration_id == Registration.id)
            .where(
                Registration.group_event_id == self.event.id,
                Participation.state == ParticipationState.CONFIRMED,
            )
        ).all()
        confirmed = [email for email in self.seated if self.row(email).state == RegistrationState.SEATED]
        assert sorted(email or "" for email in expected) == sorted(confirmed)


def test_nobody_jumps_the_queue(app: Flask) -> None:
    run_state_machine_as_test(
        Hall,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            suppress_health_check=list(HealthCheck),
        ),
    )
