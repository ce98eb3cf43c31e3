"""What changed in the demonstration: failures, one to decide and one settled, a wish, an absence, mail that came."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from flask import current_app
from pydantic import BaseModel, ConfigDict, Field

from webapp.letters.received import Received
from webapp.models import Centre, Consultation, HelpRequest, Participation, Staff, db
from webapp.rules.consultations import ConsultationState
from webapp.rules.errors import DomainError
from webapp.rules.moves import Cause, MoveEvent
from webapp.services.consultations.confirmation import specialists_of
from webapp.services.demo.demonstration_times import free_days
from webapp.services.mail import received_mail
from webapp.services.moves import move_cases, move_decisions, move_offers, move_outcomes, move_reports
from webapp.services.moves.move_cases import MoveCase
from webapp.services.moves.move_reports import Report
from webapp.services.rooms import checks
from webapp.services.times import hours
from webapp.services.times.workdays import work_calendar

REPORTED_BEFORE = timedelta(minutes=4)  # now
WISHED_BEFORE = timedelta(minutes=50)  # now
MAILED_BEFORE = timedelta(minutes=95)  # now
ASKED_BEFORE = timedelta(hours=2)  # now, of a case in which times were offered
FAILED_BEFORE = timedelta(minutes=25)  # the old time of a case that is settled
DECIDED_AFTER = timedelta(minutes=6)
SETTLED_AFTER = timedelta(minutes=9)
MOST_OFFERED = 3

ALL_WELL: Mapping[str, Any] = {
    "camera": {"width": 1280, "height": 720, "frames_per_second": 30, "error": ""},
    "microphone": {"level": -19, "error": ""},
    "round_trip": 46,
    "failed_share": 0,
    "program": {"name": "Chromium 140", "supports_webrtc": True},
}
WITHOUT_CAMERA = {"camera": {"width": 0, "height": 0, "frames_per_second": None, "error": "NotReadableError"}}
MEASURED: Mapping[str, Mapping[str, Any]] = {"camera": {**ALL_WELL, **WITHOUT_CAMERA}, "power": {}}
TICKED = ("sound", "workplace")

CALENDAR_SAYS_NO = """BEGIN:VCALENDAR
VERSION:2.0
METHOD:REPLY
BEGIN:VEVENT
UID:{uid}
SEQUENCE:{sequence}
DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}
ATTENDEE;PARTSTAT=DECLINED:mailto:{address}
COMMENT:{words}
END:VEVENT
END:VCALENDAR
"""


class CaseStory(BaseModel):
    """What happened to the planned consultation of one family, as ``changes.yaml`` tells it."""

    model_config = ConfigDict(extra="forbid")

    family: str
    then: Literal["report", "move", "offer", "wish", "decline"]
    words: str
    failure: str = ""
    means: str | None = None
    note: str = ""
    to: int = 0


class AbsenceStory(BaseModel):
    """Who is away, from one working day ahead until another."""

    model_config = ConfigDict(extra="forbid")

    who: str
    first: int = Field(alias="from")
    last: int = Field(alias="until")
    reason: str


class MailStory(BaseModel):
    """What somebody wrote to the centre's mailbox."""

    model_config = ConfigDict(extra="forbid")

    sender: str
    subject: str
    text: str


class Changes(BaseModel):
    """What changed in one centre."""

    model_config = ConfigDict(extra="forbid")

    cases: list[CaseStory] = []
    absences: list[AbsenceStory] = []
    mails: list[MailStory] = []


def tell(centre: Centre, changes: Changes, now: datetime) -> None:
    """Make them in order; a case that does not fit at some odd hour is left out."""
    teller = _Teller(centre, now)
    for case in changes.cases:
        try:
            with db.session.begin_nested():
                teller.tell(case)
        except DomainError:
            continue
    for absence in changes.absences:
        teller.mark_absent(absence)
    for mail in changes.mails:
        teller.receive(mail.sender, mail.subject, mail.text, now - MAILED_BEFORE)


class _Teller:
    """One centre being filled."""

    def __init__(self, centre: Centre, now: datetime) -> None:
        self.centre, self.now = centre, now
        people = db.session.scalars(sa.select(Staff).where(Staff.centre_id == centre.id)).all()
        self.people = {person.email.split("@", 1)[0]: person for person in people}
        self.supervisor = next(person for person in people if person.id == centre.supervisor_id)

    def tell(self, story: CaseStory) -> None:
        agreed = self.agreed(story.family)
        if agreed is None:  # its time was taken at some odd hour
            return
        request, consultation = agreed
        match story.then:
            case "report":
                self.report(story, consultation, self.now - REPORTED_BEFORE)
            case "move":
                self.move(story, consultation)
            case "offer":
                self.offer(story, consultation)
            case "wish":
                wished_at = self.now - WISHED_BEFORE
                move_reports.wish(self.centre, request, consultation, story.words, wished_at)
            case "decline":
                self.decline(story, request, consultation)

    def agreed(self, family: str) -> tuple[HelpRequest, Consultation] | None:
        row = db.session.execute(
            sa.select(HelpRequest, Consultation)
            .join(Consultation, Consultation.help_request_id == HelpRequest.id)
            .where(
                HelpRequest.centre_id == self.centre.id,
                HelpRequest.email.startswith(f"{family}@"),
                Consultation.state == ConsultationState.PLANNED,
            )
        ).first()
        return (row[0], row[1]) if row else None

    def report(self, story: CaseStory, consultation: Consultation, at: datetime) -> MoveCase:
        said = Report(story.words, cause=Cause.SPECIALIST, proposed_means=story.means)
        reporter = specialists_of(consultation)[0]
        if story.failure:
            measured = MEASURED[story.failure]
            ticked = TICKED if measured else ()
            check = checks.record_failure(consultation, reporter, measured, ticked, story.words, at)
            said = replace(said, failure=story.failure, cause=Cause.TECHNICAL, check=check)
        moves = move_reports.report(self.centre, consultation, reporter, said, at)
        return move_cases.find(self.centre, moves[0].id)

    def allow(self, story: CaseStory, consultation: Consultation, at: datetime) -> MoveCase:
        case = self.report(story, consultation, at)
        by = self.supervisor.id
        move_decisions.decide([case], MoveEvent.ALLOW, story.note, at + DECIDED_AFTER, staff_id=by)
        return case

    def move(self, story: CaseStory, consultation: Consultation) -> None:
        at = consultation.starts_at - FAILED_BEFORE
        case = self.allow(story, consultation, at)
        reporter, (starts_at, *_later) = self.free(story, consultation)
        move_outcomes.set_new_time(self.centre, case, starts_at, at + SETTLED_AFTER, staff_id=reporter)

    def offer(self, story: CaseStory, consultation: Consultation) -> None:
        at = self.now - ASKED_BEFORE
        case = self.allow(story, consultation, at)
        reporter, times = self.free(story, consultation)
        move_offers.offer_times(
            self.centre, case, times[:MOST_OFFERED], at + SETTLED_AFTER, staff_id=reporter
        )

    def free(self, story: CaseStory, consultation: Consultation) -> tuple[int, list[datetime]]:
        """Who holds the consultation, and when that person is free, one time a day."""
        reporter = specialists_of(consultation)[0].id
        return reporter, [day[0] for day in free_days(self.centre, [reporter], self.now, story.to)]

    def decline(self, story: CaseStory, request: HelpRequest, consultation: Consultation) -> None:
        """As a mail from the program that keeps the family's calendar."""
        uid = db.session.scalars(
            sa.select(Participation.uid).where(Participation.consultation_id == consultation.id)
        ).one()
        at = self.now - WISHED_BEFORE
        answer = CALENDAR_SAYS_NO.format(
            uid=uid,
            sequence=consultation.calendar_sequence,
            stamp=at,
            address=request.email,
            words=story.words,
        )
        self.receive(request.email or "", "", "", at, answer.replace("\n", "\r\n").encode())

    def receive(
        self, sender: str, subject: str, text: str, at: datetime, calendar: bytes | None = None
    ) -> None:
        local, _, domain = current_app.config["MAIL_FROM"].rpartition("@")
        mail = Received(
            fingerprint=f"demonstration {self.centre.slug} {sender}",
            arrived_at=at,
            sender=sender,
            verified=True,
            recipients=(f"{local}+{self.centre.slug}@{domain}",),
            subject=subject,
            text=text,
            readable=True,
            automatic=False,
            calendar=calendar,
            returned=None,
        )
        received_mail.take(mail, at)

    def mark_absent(self, story: AbsenceStory) -> None:
        hours.add_absence(
            self.people[story.who],
            self.midnight(self.day(story.first)),
            self.midnight(self.day(story.last) + timedelta(days=1)),
            story.reason,
            self.now - WISHED_BEFORE,
            by=self.supervisor,
        )

    def day(self, working_days_ahead: int) -> date:
        today = self.now.astimezone(self.centre.zone_info).date()
        return work_calendar(self.centre).next_working_days(today, working_days_ahead)[-1]

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self.centre.zone_info)
