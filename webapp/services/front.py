"""What the public pages of a centre show: who helps, with what, and when there is time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from calendars.intervals import Interval
from calendars.workdays import answer_due, last_day
from webapp.models import Centre, Staff, StaffRole, Topic, TopicSpecialist, db
from webapp.rules.permissions import Role
from webapp.services import timetable
from webapp.services.workdays import work_calendar


@dataclass(frozen=True)
class Helper:
    """A specialist as families see one. ``free``: bookable times, soonest first."""

    id: int
    name: str
    profession: str
    about: dict[str, str]
    free: Sequence[Interval]


@dataclass(frozen=True)
class FreeHour:
    """One time of a day and the specialists who are free then."""

    starts_at: datetime
    specialist_ids: tuple[int, ...]


@dataclass(frozen=True)
class FreeDay:
    day: date
    hours: tuple[FreeHour, ...]


@dataclass(frozen=True)
class OfferedTopic:
    id: int
    titles: dict[str, str]
    hints: dict[str, str]
    specialist_ids: tuple[int, ...]


def centre_by_slug(slug: str) -> Centre:
    """Raises ``NoResultFound`` (404)."""
    return db.session.execute(sa.select(Centre).where(Centre.slug == slug)).scalar_one()


def centres() -> Sequence[sa.Row[tuple[str, dict[str, str], dict[str, str]]]]:
    """Slug, names and places of every centre, by name."""
    return db.session.execute(sa.select(Centre.slug, Centre.names, Centre.places).order_by(Centre.slug)).all()


def helpers(centre: Centre, now: datetime) -> list[Helper]:
    """The specialists of the centre with their free times. Six queries, however many there are."""
    people = db.session.execute(
        sa.select(Staff.id, Staff.name, Staff.profession, Staff.about)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .where(Staff.centre_id == centre.id, Staff.active.is_(True), StaffRole.role == Role.SPECIALIST)
        .order_by(Staff.position, Staff.name)
    ).all()
    loaded = timetable.timetables(centre, [person.id for person in people], now)
    return [
        Helper(
            person.id,
            person.name,
            person.profession,
            person.about,
            timetable.free_times(centre, loaded[person.id], now),
        )
        for person in people
    ]


def topics(centre: Centre) -> list[OfferedTopic]:
    """What the centre helps with, in its order. Two queries."""
    answering: dict[int, list[int]] = {}
    for topic_id, specialist_id in db.session.execute(
        sa.select(TopicSpecialist.topic_id, TopicSpecialist.specialist_id)
        .join(Topic, Topic.id == TopicSpecialist.topic_id)
        .where(Topic.centre_id == centre.id)
    ):
        answering.setdefault(topic_id, []).append(specialist_id)
    rows = db.session.execute(
        sa.select(Topic.id, Topic.titles, Topic.hints)
        .where(Topic.centre_id == centre.id, Topic.active.is_(True))
        .order_by(Topic.position, Topic.id)
    )
    return [OfferedTopic(row.id, row.titles, row.hints, tuple(answering.get(row.id, ()))) for row in rows]


def free_days(
    centre: Centre, people: Sequence[Helper], *, first: date | None = None, most: int
) -> tuple[list[FreeDay], date | None]:
    """Up to ``most`` days with free times from ``first`` on, and the next day with more, if any."""
    by_start: dict[datetime, list[int]] = {}
    for person in people:
        for slot in person.free:
            by_start.setdefault(slot.start, []).append(person.id)
    by_day: dict[date, list[FreeHour]] = {}
    for starts_at in sorted(by_start):
        day = starts_at.astimezone(centre.zone_info).date()
        if first is None or day >= first:
            by_day.setdefault(day, []).append(FreeHour(starts_at, tuple(by_start[starts_at])))
    days = [FreeDay(day, tuple(hours)) for day, hours in by_day.items()]
    return days[:most], days[most].day if len(days) > most else None


def soonest(people: Sequence[Helper]) -> tuple[Helper, Interval] | None:
    """The next free time of all, and whose it is."""
    with_time = [(person.free[0], person) for person in people if person.free]
    if not with_time:
        return None
    slot, person = min(with_time, key=lambda pair: pair[0])
    return person, slot


def last_day_if_asked_now(centre: Centre, now: datetime) -> date:
    """By when the centre answers a request that it gets now."""
    return last_day(answer_due(now, centre.zone_info, work_calendar(centre)), centre.zone_info)


def pick_specialist(
    people: Sequence[Helper], starts_at: datetime, *, wanted: int | None, able: Sequence[int]
) -> int | None:
    """Who is free then: the wanted one, else the first who answers for the topic, else anybody."""
    free = [person.id for person in people if any(slot.start == starts_at for slot in person.free)]
    if wanted is not None:
        return wanted if wanted in free else None
    return next((person for person in free if person in able), None if able else next(iter(free), None))


def free_on_day(centre: Centre, people: Sequence[Helper], day_of: datetime) -> list[datetime]:
    """When somebody of ``people`` is free on that day."""
    slots = sorted({slot for person in people for slot in person.free})
    return timetable.free_on_day(centre, slots, day_of)
