"""A demonstration: two centres with everything that can happen, around the present moment.

Requests and consultations come about through the same services as real ones, each with the ``now`` of its
own moment. Nobody has a password: ``/demo/`` signs in by one click.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
import yaml
from pydantic import BaseModel, ConfigDict

from calendars.workdays import answer_due, last_day
from webapp.models import Centre, Consultation, HelpRequest, Staff, db
from webapp.rules.errors import DomainError
from webapp.rules.permissions import Role
from webapp.services.centre import centres_file, importing
from webapp.services.consultations import cancelling, confirmation, offers, write_up
from webapp.services.consultations.confirmation import Agreed
from webapp.services.consultations.offers import Proposal
from webapp.services.demo import demonstration_changes, demonstration_groups
from webapp.services.demo.demonstration_changes import Changes
from webapp.services.demo.demonstration_groups import GroupStory
from webapp.services.demo.demonstration_times import free_days
from webapp.services.help_requests import answers, intake
from webapp.services.help_requests.intake import Asked, Wish
from webapp.services.times import timetable
from webapp.services.times.workdays import work_calendar

FOLDER = Path(__file__).parents[2] / "demonstration"
ANSWER_TAKES = timedelta(hours=20)
ROUNDED_TO = timedelta(minutes=5)
WALL_TIME = re.compile(r"([+-]\d+) (\d\d):(\d\d)")
MINUTES_AHEAD = re.compile(r"\+(\d+)m")


class Story(BaseModel):
    """One family as ``families.yaml`` tells it."""

    model_config = ConfigDict(extra="forbid")

    received: str
    then: Literal["wait", "assign", "offer", "confirm", "hold", "miss", "cancel", "decline", "withdraw"]
    at: str = ""
    wish: int = 0
    name: str = ""
    email: str | None = None
    phone: str | None = None
    channel: str = "site"
    language: str = ""
    zone: str = ""
    child: str = ""
    child_age: int | None = None
    topic: str = ""
    help_choose: bool = False
    who: str = ""
    means: str = "video"
    used: str = ""
    urgent: bool = False
    words: str = ""
    journal_topic: str = ""
    recommendation: str = ""
    inner_note: str = ""
    next: bool = False
    reason: str = ""
    advice: str = ""


def fill_once(now: datetime) -> bool:
    """Fill an empty installation; returns whether it was empty. Flushes, never commits."""
    if db.session.scalar(sa.select(sa.exists().where(Centre.id.is_not(None)))):
        return False
    text = (FOLDER / "centres.yaml").read_text(encoding="utf-8")
    importing.import_file(centres_file.read(text), now - timedelta(days=120))
    for centre, families in _told("families.yaml"):
        _Demonstration(centre, now).tell([Story.model_validate(family) for family in families])
    for centre, groups in _told("groups.yaml"):
        demonstration_groups.tell(centre, [GroupStory.model_validate(group) for group in groups], now)
    for centre, changes in _told("changes.yaml"):
        demonstration_changes.tell(centre, Changes.model_validate(changes), now)
    return True


def _told(file_name: str) -> Iterator[tuple[Centre, Any]]:
    """What one of the files tells, centre by centre."""
    told = yaml.safe_load((FOLDER / file_name).read_text(encoding="utf-8"))
    for slug, of_centre in told.items():
        yield db.session.scalars(sa.select(Centre).where(Centre.slug == slug)).one(), of_centre


class _Demonstration:
    """One centre being filled."""

    def __init__(self, centre: Centre, now: datetime) -> None:
        self.centre, self.now = centre, now
        self.calendar = work_calendar(centre)
        self.today = now.astimezone(centre.zone_info).date()
        people = db.session.scalars(sa.select(Staff).where(Staff.centre_id == centre.id)).all()
        self.people = {person.email.split("@", 1)[0]: person for person in people}
        self.registrar = next(person for person in people if Role.REGISTRAR in person.roles)
        self.topics = {topic.code: topic for topic in centre.topics}

    def tell(self, stories: list[Story]) -> None:
        """In the order of their receipt, so that the numbers of the requests run with time."""
        timed = [(self.received_at(story, place), story) for place, story in enumerate(stories)]
        for received_at, story in sorted(timed, key=lambda one: one[0]):
            try:
                with db.session.begin_nested():
                    self.tell_one(story, received_at)
            except DomainError:  # at some odd hour a time may be taken: the others are told all the same
                continue

    def tell_one(self, story: Story, received_at: datetime) -> None:
        request = intake.receive(self.centre, self.asked(story, received_at), received_at).request
        if story.email:
            request.email_confirmed_at = received_at  # opened the letter
        by = self.centre.supervisor_id
        assert by is not None
        answered_at = min(received_at + ANSWER_TAKES, self.now - timedelta(minutes=10))
        match story.then:
            case "wait":
                pass
            case "assign":
                answers.assign(self.centre, request, self.people[story.who].id, answered_at, staff_id=by)
            case "decline":
                answers.decline(request, story.reason, story.advice, answered_at, staff_id=by)
            case "withdraw":
                cancelling.withdraw_request(request, answered_at)
            case "offer":
                self.offer(story, request, max(answered_at, self.now - timedelta(hours=3)), by)
            case _:
                self.meet(story, request, answered_at, by)

    def asked(self, story: Story, received_at: datetime) -> Asked:
        by_office = story.channel != "site"
        return Asked(
            language=story.language or self.centre.language,
            zone=story.zone or self.centre.zone,
            means=story.means,
            channel=story.channel,
            topic_id=self.topics[story.topic].id if story.topic else None,
            help_choose=story.help_choose,
            words=story.words,
            specialist_id=self.people[story.who].id if story.who and story.then != "assign" else None,
            wishes=self.wishes(story),
            urgent=story.urgent,
            parent_name=story.name,
            child=story.child,
            child_age=story.child_age,
            email=story.email,
            phone=story.phone.replace(" ", "").replace("-", "") if story.phone else None,
            consent=True,
            received_at=received_at,
            entered_by=self.registrar.id if by_office else None,
        )

    def wishes(self, story: Story) -> list[Wish]:
        if not story.wish:
            return []
        anybody = timetable.specialists_of(self.centre)[-1].id
        specialist_id = self.people[story.who].id if story.who else anybody
        return [Wish(specialist_id, starts_at) for starts_at in self.free(specialist_id, story.wish)[:2]]

    def free(self, specialist_id: int, working_days_ahead: int) -> list[datetime]:
        """Really free times, one a day."""
        return [day[0] for day in free_days(self.centre, [specialist_id], self.now, working_days_ahead)]

    def offer(self, story: Story, request: HelpRequest, at: datetime, by: int) -> None:
        who = self.people[story.who].id
        minutes = self.centre.session_minutes
        proposals = [Proposal([who], starts_at, minutes) for starts_at in self.free(who, 3)[:3]]
        offers.offer(self.centre, request, proposals, story.means, at, staff_id=by)

    def meet(self, story: Story, request: HelpRequest, answered_at: datetime, by: int) -> None:
        starts_at = self.moment(story.at)
        confirmed_at = min(answered_at, starts_at - timedelta(hours=2))
        if starts_at > self.now:
            confirmed_at = answered_at
        agreed = Agreed([self.people[story.who].id], starts_at, self.centre.session_minutes, story.means)
        booked = confirmation.confirm(self.centre, request, agreed, confirmed_at, staff_id=by)
        consultation = db.session.get_one(Consultation, booked.id)
        if story.then == "cancel":
            cancelling.cancel_by_family(request, consultation, self.now - timedelta(minutes=5))
        elif story.then in {"hold", "miss"}:
            self.write_up(story, request, consultation)

    def write_up(self, story: Story, request: HelpRequest, consultation: Consultation) -> None:
        who = self.people[story.who].id
        what = write_up.WriteUp(
            held=story.then == "hold",
            began_at=consultation.starts_at + timedelta(minutes=1),
            finished_at=consultation.ends_at - timedelta(minutes=2),
            means=story.used or story.means,
            topic=story.journal_topic,
            recommendation=story.recommendation,
            inner_note=story.inner_note,
            not_held_reason="no_show" if story.then == "miss" else "",
            next_time=self.free(who, 5)[0] if story.next else None,
        )
        at = consultation.ends_at + timedelta(minutes=10)
        if story.next:  # what is offered with it still stands
            at = max(at, self.now - timedelta(hours=4))
        write_up.write_up(self.centre, request, consultation, what, at, staff_id=who)

    def received_at(self, story: Story, place: int) -> datetime:
        """``place`` keeps two receipts of one day apart."""
        if WALL_TIME.fullmatch(story.received):
            return self.moment(story.received)
        if story.received == "lately":
            return self.now - timedelta(minutes=170 - 7 * place)
        days = [self.today - timedelta(days=back) for back in range(1, 40)]
        morning = [datetime.combine(day, time(9, 7 + 2 * place), self.centre.zone_info) for day in days]
        last_days = [(self.last_day(moment), moment) for moment in morning]
        match story.received:
            case "overdue":
                found = max(moment for last, moment in last_days if last < self.today)
            case "due_today":
                found = min(moment for last, moment in last_days if last >= self.today)
            case _:
                found = min((m for last, m in last_days if last > self.today), default=morning[0])
        return found.astimezone(UTC)

    def last_day(self, received_at: datetime) -> date:
        zone = self.centre.zone_info
        return last_day(answer_due(received_at, zone, self.calendar), zone)

    def moment(self, said: str) -> datetime:
        """``+12m`` from now, or ``-3 16:00``: wall time on a working day before or after today."""
        if ahead := MINUTES_AHEAD.fullmatch(said):
            wanted = self.now + timedelta(minutes=int(ahead[1]))
            over = (wanted - datetime.min.replace(tzinfo=UTC)) % ROUNDED_TO
            return wanted + (ROUNDED_TO - over if over else timedelta(0))
        parts = WALL_TIME.fullmatch(said)
        assert parts is not None, said
        wall = time(int(parts[2]), int(parts[3]))
        return datetime.combine(self.day(int(parts[1])), wall, self.centre.zone_info).astimezone(UTC)

    def day(self, working_days: int) -> date:
        if working_days > 0:
            return self.calendar.next_working_days(self.today, working_days)[-1]
        day = self.today
        for _number in range(-working_days):
            day -= timedelta(days=1)
            while not self.calendar.is_working(day):
                day -= timedelta(days=1)
        return day
