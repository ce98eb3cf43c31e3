"""Group events of the demonstration: announced, full, too empty, waiting for approval, a draft.

And parents who asked to hear of new ones.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict

from webapp.models import Centre, GroupEvent, Registration, Staff, db
from webapp.rules.errors import DomainError
from webapp.rules.groups import EventState, OpenTo
from webapp.rules.permissions import Role
from webapp.services.demo.demonstration_times import free_days
from webapp.services.events import event_types, group_events
from webapp.services.events.group_events import Plan
from webapp.services.mail import subscribing
from webapp.services.mail.subscribing import Wished
from webapp.services.seats import registrations
from webapp.services.seats.admission import Wanted

MADE_BEFORE = timedelta(days=6)
APPROVED_AFTER = timedelta(hours=3)
ONE_IN_CALLED = 5
ONE_IN_UNCONFIRMED = 4
SUBSCRIBERS = 24
ONE_IN_OF_TOPIC = 3
PRESENT = {"ru": "мама", "kk": "анасы"}
REGION = {"RU": "+7916", "KZ": "+7701"}


class GroupStory(BaseModel):
    """One group event as ``groups.yaml`` tells it."""

    model_config = ConfigDict(extra="forbid")

    kind: str
    hosts: list[str]
    days: int
    then: Literal["draft", "propose", "announce"]
    topic: str
    minimum: int
    capacity: int
    titles: dict[str, str]
    announcements: dict[str, str]
    bring: dict[str, str] = {}
    people: list[str] = []


def tell(centre: Centre, stories: Sequence[GroupStory], now: datetime) -> None:
    """Make them in order; one whose hosts have no common time at some odd hour is left out."""
    teller = _Teller(centre, now)
    teller.subscribe()
    for story in stories:
        try:
            with db.session.begin_nested():
                teller.tell(story)
        except DomainError:
            continue


class _Teller:
    """One centre being filled."""

    def __init__(self, centre: Centre, now: datetime) -> None:
        self.centre, self.now = centre, now
        people = db.session.scalars(sa.select(Staff).where(Staff.centre_id == centre.id)).all()
        self.people = {person.email.split("@", 1)[0]: person for person in people}
        self.registrar = next(person for person in people if Role.REGISTRAR in person.roles)
        self.topics = {topic.code: topic for topic in centre.topics}
        self.numbers = count(1)

    def tell(self, story: GroupStory) -> None:
        made_at = self.now - MADE_BEFORE
        hosts = [self.people[name].id for name in story.hosts]
        event = group_events.make(self.centre, self.plan(story, hosts), made_at, staff_id=hosts[0])
        if story.then == "draft":
            return
        group_events.submit(self.centre, event, made_at, staff_id=hosts[0])
        by = self.centre.supervisor_id
        if story.then == "announce" and event.state == EventState.PROPOSED and by is not None:
            group_events.approve(event, made_at + APPROVED_AFTER, staff_id=by)
        for place, name in enumerate(story.people):
            self.register(event, name, made_at + timedelta(hours=9 * (place + 1)))

    def subscribe(self) -> None:
        """Most want to hear of everything, some of one topic."""
        topics = list(self.topics.values())
        for number in range(SUBSCRIBERS):
            chosen = [topics[number % len(topics)].id] if number % ONE_IN_OF_TOPIC == 0 else []
            address = f"reader{number}@{self.centre.slug}.example.org"
            wished = Wished(address, self.centre.language, consent=True, topic_ids=chosen)
            asked_at = self.now - MADE_BEFORE
            subscribing.ask(self.centre, wished, asked_at)
            subscribing.confirm(subscribing.find_by_address(self.centre.id, address), chosen, asked_at)

    def plan(self, story: GroupStory, hosts: Sequence[int]) -> Plan:
        kind = event_types.by_code(self.centre, story.kind)
        assert kind is not None, story.kind
        return Plan(
            event_type_id=kind.id,
            host_ids=hosts,
            starts=[free_days(self.centre, hosts, self.now, story.days)[0][-1]],
            minutes=kind.minutes,
            capacity=story.capacity,
            minimum=story.minimum,
            titles=story.titles,
            announcements=story.announcements,
            bring=story.bring or kind.bring,
            spoken=[self.centre.language],
            topic_id=self.topics[story.topic].id,
        )

    def register(self, event: GroupEvent, name: str, at: datetime) -> None:
        number = next(self.numbers)
        kind = event_types.find(self.centre, event.event_type_id)
        called = kind.open_to == OpenTo.OFFICE or number % ONE_IN_CALLED == 0
        wanted = Wanted(
            language=self.centre.language,
            zone=self.centre.zone,
            email=None if called else f"parent{number}@{self.centre.slug}.example.org",
            phone=f"{REGION[self.centre.country]}{number:07d}" if called else None,
            shown_name=name,
            parent_present=PRESENT[self.centre.language] if kind.with_children else "",
            consent=True,
            entered_by=self.registrar.id if called else None,
        )
        registrations.register(self.centre, event.id, wanted, min(at, self.now))
        if number % ONE_IN_UNCONFIRMED:
            db.session.execute(
                sa.update(Registration)
                .where(Registration.group_event_id == event.id, Registration.email == wanted.email)
                .values(email_confirmed_at=at)
            )
