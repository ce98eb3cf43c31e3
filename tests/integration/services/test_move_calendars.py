"""What the calendar of a family holds after everything that was sent, replayed as a calendar program does it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import icalendar
import sqlalchemy as sa
from flask import Flask

from tests.factories import THURSDAY_NINE, make_event, make_specialist, register
from tests.integration.services.moves import FRIDAY_NINE, HALF_AN_HOUR_BEFORE, Stage
from webapp.letters.compose import compose
from webapp.models import Letter, db
from webapp.rules.moves import MoveEvent
from webapp.services.consultations import cancelling
from webapp.services.events import group_events
from webapp.services.moves import move_cases, move_decisions, move_outcomes, move_reports
from webapp.services.moves.move_reports import Report

MONDAY_NINE = THURSDAY_NINE + timedelta(days=4)
AGAIN = Report(words="Опять", failure="link")


@dataclass
class CalendarProgram:
    """Takes invitations by UID: what is not newer than what it has (SEQUENCE, then DTSTAMP) changes nothing."""

    entries: dict[str, Any] = field(default_factory=dict)

    def take(self, file: icalendar.Calendar) -> None:
        (event,) = file.walk("VEVENT")
        known = self.entries.get(str(event["UID"]))
        if known is not None and self._age(event) < self._age(known):
            return
        self.entries[str(event["UID"])] = event

    @staticmethod
    def _age(event: Any) -> tuple[int, datetime]:
        return int(event["SEQUENCE"]), event["DTSTAMP"].dt

    @property
    def shown(self) -> list[datetime]:
        return [one["DTSTART"].dt for one in self.entries.values() if one["STATUS"] != "CANCELLED"]


def files(*conditions: Any) -> list[icalendar.Calendar]:
    """The calendar files of all letters, each composed when it was written."""
    db.session.commit()
    found = []
    for letter in db.session.scalars(sa.select(Letter).where(*conditions).order_by(Letter.id)):
        message = compose(letter, letter.created_at)
        found += [
            icalendar.Calendar.from_ical(part.get_payload(decode=True))
            for part in (message.walk() if message else ())
            if part.get_content_type() == "text/calendar"
        ]
    return found


def replayed(seen: list[icalendar.Calendar]) -> CalendarProgram:
    program = CalendarProgram()
    for file in seen:
        program.take(file)
    return program


def test_two_moves_and_a_cancellation_leave_nothing_and_one_entry_before(app: Flask) -> None:
    stage = Stage()
    seen = files(Letter.kind == "confirmed")
    move_outcomes.set_new_time(
        stage.centre, stage.report(), FRIDAY_NINE, HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id
    )
    seen += files(Letter.kind == "consultation_moved")
    second = stage.report(AGAIN, now=HALF_AN_HOUR_BEFORE + timedelta(hours=2))
    move_outcomes.set_new_time(
        stage.centre,
        second,
        MONDAY_NINE,
        HALF_AN_HOUR_BEFORE + timedelta(hours=2),
        staff_id=stage.deputy.id,
    )
    seen += files(Letter.kind == "consultation_moved")
    assert len({str(file.walk("VEVENT")[0]["UID"]) for file in seen}) == 1
    assert [int(file.walk("VEVENT")[0]["SEQUENCE"]) for file in seen] == [0, 1, 2]
    for order in (seen, seen[::-1], [*seen, *seen]):
        assert replayed(order).shown == [MONDAY_NINE]
    cancelling.cancel_by_family(stage.request, stage.consultation, FRIDAY_NINE)
    seen += files(Letter.kind == "cancelled_by_family")
    for order in (seen, seen[::-1]):
        assert replayed(order).shown == []


def test_other_means_put_the_same_entry_right(app: Flask) -> None:
    stage = Stage()
    seen = files(Letter.kind == "confirmed")
    move_outcomes.use_means(
        stage.centre, stage.report(), "voice", HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id
    )
    seen += files(Letter.kind == "consultation_changed")
    program = replayed(seen)
    assert program.shown == [THURSDAY_NINE]
    (entry,) = program.entries.values()
    assert "голос" in str(entry["DESCRIPTION"])


def test_who_gave_a_consultation_away_has_it_no_more_in_the_calendar(app: Flask) -> None:
    stage = Stage()
    other = make_specialist(stage.centre)
    seen = files(Letter.staff_id == stage.specialist.id, Letter.kind == "booked")
    move_outcomes.give_to(
        stage.centre, stage.report(), other.id, HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id
    )
    seen += files(Letter.staff_id == stage.specialist.id, Letter.kind == "booking_cancelled")
    assert replayed(seen).shown == []
    assert replayed(files(Letter.staff_id == other.id, Letter.kind == "booked")).shown == [THURSDAY_NINE]


def test_a_moved_group_leaves_one_entry_in_the_calendar_of_each(app: Flask) -> None:
    stage = Stage()
    event = make_event(stage.centre, stage.specialist, at=THURSDAY_NINE + timedelta(hours=2))
    person = register(event)
    person.email_confirmed_at = stage.consultation.confirmed_at
    seen = files(Letter.registration_id == person.id, Letter.kind == "seat_confirmed")
    meeting = group_events.meetings(event)[0]
    (move,) = move_reports.report(stage.centre, meeting, stage.specialist, AGAIN, HALF_AN_HOUR_BEFORE)
    case = move_cases.find(stage.centre, move.id)
    move_decisions.decide([case], MoveEvent.ALLOW, "", HALF_AN_HOUR_BEFORE, staff_id=stage.deputy.id)
    move_outcomes.set_new_time(
        stage.centre, case, FRIDAY_NINE, HALF_AN_HOUR_BEFORE, staff_id=stage.specialist.id
    )
    seen += files(Letter.registration_id == person.id, Letter.kind == "event_moved")
    assert len(seen) == 2
    assert replayed(seen).shown == replayed(seen[::-1]).shown == [FRIDAY_NINE]
