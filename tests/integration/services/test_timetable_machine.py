"""Whatever is held, booked, cancelled and lapsed in whatever order: nobody is in two places."""

from datetime import datetime, timedelta
from itertools import pairwise

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

from tests.factories import NOW, THURSDAY_NINE, make_centre, make_request, make_specialist
from webapp.models import Consultation, Engagement, HelpRequest, db
from webapp.rules.errors import SlotTaken, WrongState
from webapp.services.consultations import cancelling, confirmation, offers
from webapp.services.consultations.confirmation import Agreed
from webapp.services.consultations.offers import Proposal
from webapp.services.times import timetable

HALF_HOUR = timedelta(minutes=30)
starts = st.integers(min_value=0, max_value=7).map(lambda number: THURSDAY_NINE + number * HALF_HOUR)
lengths = st.sampled_from([30, 40])


class Timetable(RuleBasedStateMachine):
    """The model: a plain list of (specialist, start, end, hold until), checked against the database."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.taken: dict[int, list[tuple[int, datetime, datetime, datetime | None]]] = {}

    @initialize()
    def centre_with_two_specialists(self) -> None:
        db.session.rollback()
        self.centre = make_centre()
        self.people = [make_specialist(self.centre).id for _ in range(2)]
        self.requests: list[HelpRequest] = []
        self.booked: dict[int, Consultation] = {}

    def free(self, person: int, start: datetime, end: datetime, apart_from: int) -> bool:
        return not any(
            one == person and begins < end and start < ends and (until is None or until > self.now)
            for request_id, rows in self.taken.items()
            for one, begins, ends, until in rows
            if request_id != apart_from or until is None
        )

    @rule(start=starts, minutes=lengths, both=st.booleans(), which=st.integers(0, 1))
    def book(self, start: datetime, minutes: int, both: bool, which: int) -> None:
        request = make_request(self.centre, now=self.now)
        people = self.people if both else [self.people[which]]
        end = start + timedelta(minutes=minutes)
        expected = all(self.free(person, start, end, request.id) for person in people)
        savepoint = db.session.begin_nested()
        try:
            booked = confirmation.confirm(
                self.centre, request, Agreed(people, start, minutes, "video"), self.now, staff_id=None
            )
        except SlotTaken:
            savepoint.rollback()
            assert not expected
            return
        savepoint.commit()
        assert expected
        self.taken[request.id] = [(person, start, end, None) for person in people]
        self.booked[request.id] = db.session.get_one(Consultation, booked.id)

    @rule(chosen=st.lists(starts, min_size=1, max_size=3, unique=True), which=st.integers(0, 1))
    def offer(self, chosen: list[datetime], which: int) -> None:
        request = make_request(self.centre, now=self.now)
        person = self.people[which]
        spans = [(start, start + HALF_HOUR) for start in sorted(chosen)]
        expected = all(self.free(person, start, end, request.id) for start, end in spans)
        savepoint = db.session.begin_nested()
        try:
            proposals = [Proposal([person], start, 30) for start, _end in spans]
            row = offers.offer(self.centre, request, proposals, "video", self.now, staff_id=None)
        except SlotTaken:
            savepoint.rollback()
            assert not expected
            return
        savepoint.commit()
        assert expected
        held = db.session.execute(
            sa.select(Engagement.starts_at, Engagement.hold_until).where(Engagement.offer_id == row.id)
        ).all()
        until = {one.starts_at: one.hold_until for one in held}
        self.taken[request.id] = [(person, start, end, until[start]) for start, end in spans]
        self.requests.append(request)

    @precondition(lambda self: self.requests)
    @rule(data=st.data())
    def accept(self, data: st.DataObject) -> None:
        request = data.draw(st.sampled_from(self.requests))
        self.requests.remove(request)
        row = offers.open_offer(request)
        if row is None:
            return
        time = data.draw(st.sampled_from(offers.offered_times(row)))
        savepoint = db.session.begin_nested()
        try:
            booked = offers.accept(self.centre, request, time.id, self.now)
        except (WrongState, SlotTaken):
            savepoint.rollback()
            return
        savepoint.commit()
        end = time.starts_at + timedelta(minutes=time.minutes)
        self.taken[request.id] = [(person, time.starts_at, end, None) for person in time.specialist_ids]
        self.booked[request.id] = db.session.get_one(Consultation, booked.id)

    @precondition(lambda self: self.booked)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        request_id = data.draw(st.sampled_from(sorted(self.booked)))
        consultation = self.booked.pop(request_id)
        request = db.session.get_one(HelpRequest, request_id)
        cancelling.cancel_by_family(request, consultation, self.now)
        del self.taken[request_id]

    @rule(hours=st.integers(1, 20))
    def let_time_pass(self, hours: int) -> None:
        if self.now + timedelta(hours=hours) < THURSDAY_NINE:
            self.now += timedelta(hours=hours)

    @rule()
    def lapse(self) -> None:
        offers.lapse_due(self.now)

    @invariant()
    def nobody_is_in_two_places(self) -> None:
        if not hasattr(self, "centre"):
            return
        rows = db.session.execute(
            sa.select(Engagement.specialist_id, Engagement.starts_at, Engagement.ends_at).order_by(
                Engagement.specialist_id, Engagement.starts_at
            )
        ).all()
        for before, after in pairwise(rows):
            assert before.specialist_id != after.specialist_id or before.ends_at <= after.starts_at

    @invariant()
    def what_is_shown_as_free_is_free(self) -> None:
        if not hasattr(self, "centre"):
            return
        for person in self.people:
            for slot in timetable.free_for_all(self.centre, [person], self.now, minutes=30):
                assert self.free(person, slot.start, slot.end, apart_from=0)

    def teardown(self) -> None:
        db.session.rollback()


def test_the_timetable_agrees_with_its_model(app: Flask) -> None:
    run_state_machine_as_test(
        Timetable,
        settings=settings(
            max_examples=20,
            stateful_step_count=15,
            suppress_health_check=list(HealthCheck),
        ),
    )
