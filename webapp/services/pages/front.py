"""What the public pages of a centre show: who helps, with what, and when there is time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, islice

import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound

from calendars.intervals import Interval
from calendars.workdays import answer_due, last_day
from webapp.models import Centre, Topic, TopicSpecialist, db
from webapp.models.base import table_of
from webapp.services.centre.centres import by_slug
from webapp.services.times import timetable
from webapp.services.times.timetable import Specialist
from webapp.services.times.workdays import work_calendar

# How far a centre's page looks at first: four days with free times and the next lie in it on most days.
DAYS_AHEAD = 10

TOPIC = table_of(Topic)
ANSWERS = table_of(TopicSpecialist)
OF_CENTRE = TOPIC.c.centre_id == sa.bindparam("centre")
TOPICS = (
    sa.select(TOPIC.c.id, TOPIC.c.titles, TOPIC.c.hints)
    .where(OF_CENTRE, TOPIC.c.active.is_(True))
    .order_by(TOPIC.c.position, TOPIC.c.id)
)
ANSWERING = (
    sa.select(ANSWERS.c.topic_id, ANSWERS.c.specialist_id)
    .join(TOPIC, TOPIC.c.id == ANSWERS.c.topic_id)
    .where(OF_CENTRE)
)


@dataclass(frozen=True)
class Helper(Specialist):
    """A specialist as families see one. ``free``: bookable times, soonest first, as far as was looked."""

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
class Glance:
    """What a centre's page shows of its free times. ``more_from``: the next day that has some."""

    helpers: list[Helper]
    days: list[FreeDay]
    more_from: date | None


@dataclass(frozen=True)
class OfferedTopic:
    id: int
    titles: dict[str, str]
    hints: dict[str, str]
    specialist_ids: tuple[int, ...]


def centre_by_slug(slug: str) -> Centre:
    """Raises ``NoResultFound`` (404)."""
    centre = by_slug(slug)
    if centre is None:
        raise NoResultFound
    return centre


def centres() -> Sequence[sa.Row[tuple[str, dict[str, str], dict[str, str]]]]:
    """Slug, names and places of every centre, by name."""
    return db.session.execute(sa.select(Centre.slug, Centre.names, Centre.places).order_by(Centre.slug)).all()


def helpers(centre: Centre, now: datetime) -> list[Helper]:
    """The specialists of the centre with all their free times. Six queries, however many there are."""
    return _with_times(centre, timetable.specialists_of(centre), now, days=centre.horizon_days)


def at_a_glance(centre: Centre, now: datetime, *, first: date | None = None, most: int) -> Glance:
    """Who helps, when each has time next, and up to ``most`` days with free times from ``first`` on.

    Looks a few days ahead, and through the whole horizon only for what those do not show: six queries, or
    ten.
    """
    today = now.astimezone(centre.zone_info).date()
    soon = min((max(first or today, today) - today).days + DAYS_AHEAD, centre.horizon_days)
    people = _with_times(centre, timetable.specialists_of(centre), now, days=soon)
    days, more_from = free_days(centre, people, first=first, most=most)
    unseen = [person for person in people if more_from is None or not person.free]
    if unseen and soon < centre.horizon_days:
        found = {person.id: person for person in _with_times(centre, unseen, now, days=centre.horizon_days)}
        people = [found.get(person.id, person) for person in people]
        days, more_from = free_days(centre, people, first=first, most=most)
    return Glance(people, days, more_from)


def _with_times(centre: Centre, people: Sequence[Specialist], now: datetime, *, days: int) -> list[Helper]:
    loaded = timetable.timetables(centre, [person.id for person in people], now, days=days)
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


def topics(centre: Centre) -> Sequence[sa.Row[int, dict[str, str], dict[str, str]]]:
    """What the centre helps with, in its order: id, titles and hints."""
    return db.session.execute(TOPICS, {"centre": centre.id}).all()


def topics_to_choose(centre: Centre) -> list[OfferedTopic]:
    """The same with those who answer for each. Two queries."""
    answering: dict[int, list[int]] = {}
    for topic_id, specialist_id in db.session.execute(ANSWERING, {"centre": centre.id}).all():
        answering.setdefault(topic_id, []).append(specialist_id)
    return [
        OfferedTopic(row.id, row.titles, row.hints, tuple(answering.get(row.id, ())))
        for row in topics(centre)
    ]


def free_days(
    centre: Centre, people: Sequence[Helper], *, first: date | None = None, most: int
) -> tuple[list[FreeDay], date | None]:
    """Up to ``most`` days with free times from ``first`` on, and the next day with more, if any."""
    by_start: dict[datetime, list[int]] = {}
    for person in people:
        for slot in person.free:
            by_start.setdefault(slot.start, []).append(person.id)
    zone = centre.zone_info
    by_day = groupby(sorted(by_start), key=lambda starts_at: starts_at.astimezone(zone).date())
    wanted = ((day, starts) for day, starts in by_day if first is None or day >= first)
    days = [
        FreeDay(day, tuple(FreeHour(starts_at, tuple(by_start[starts_at])) for starts_at in starts))
        for day, starts in islice(wanted, most + 1)
    ]
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


def who_can_help(people: Sequence[Helper], *, wanted: int | None, able: Sequence[int]) -> list[Helper]:
    """The wanted one, else those who answer for the topic, else everybody."""
    if wanted is not None:
        return [person for person in people if person.id == wanted]
    return [person for person in people if not able or person.id in able]


def first_free(people: Sequence[Helper], starts_at: datetime) -> int | None:
    """Who of ``people`` has a free time that begins then."""
    free = (person.id for person in people if any(slot.start == starts_at for slot in person.free))
    return next(free, None)


def free_on_day(centre: Centre, people: Sequence[Helper], day_of: datetime) -> list[datetime]:
    """When somebody of ``people`` is free on that day."""
    slots = sorted({slot for person in people for slot in person.free})
    return timetable.free_on_day(centre, slots, day_of)
