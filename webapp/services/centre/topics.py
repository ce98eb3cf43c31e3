"""What a parent may ask about, as the centre words it, and who answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from webapp.models import Centre, Staff, Topic, TopicSpecialist, db
from webapp.rules.errors import AlreadyExists, NothingChosen, TextMissing
from webapp.services.help_requests.lifecycle import record
from webapp.services.times.timetable import specialists_of

Texts = Mapping[str, str]


@dataclass(frozen=True)
class DescribedTopic:
    """A topic as typed or imported; ``specialist_ids``: who answers."""

    titles: Texts
    hints: Texts
    specialist_ids: Sequence[int]
    confirmed_at_once: bool = False
    active: bool = True
    position: int = 0


@dataclass(frozen=True)
class TopicLine:
    id: int
    titles: Texts
    hints: Texts
    active: bool
    confirmed_at_once: bool
    specialists: Sequence[str]


def of_centre(centre: Centre) -> list[TopicLine]:
    """All topics in their order, the active first. Two queries."""
    answering: dict[int, list[str]] = {}
    for topic_id, name in db.session.execute(
        sa.select(TopicSpecialist.topic_id, Staff.name)
        .join(Staff, Staff.id == TopicSpecialist.specialist_id)
        .where(Staff.centre_id == centre.id, Staff.active.is_(True))
        .order_by(Staff.position, Staff.name)
    ):
        answering.setdefault(topic_id, []).append(name)
    rows = db.session.execute(
        sa.select(Topic.id, Topic.titles, Topic.hints, Topic.active, Topic.confirmed_at_once)
        .where(Topic.centre_id == centre.id)
        .order_by(Topic.active.desc(), Topic.position, Topic.id)
    )
    return [TopicLine(**row._mapping, specialists=answering.get(row.id, [])) for row in rows]


def find(centre: Centre, topic_id: int) -> Topic:
    """A topic of this centre. Raises ``NoResultFound`` for any other."""
    return db.session.scalars(
        sa.select(Topic).where(Topic.id == topic_id, Topic.centre_id == centre.id)
    ).one()


def specialists_of_topic(topic: Topic) -> list[int]:
    return list(
        db.session.scalars(
            sa.select(TopicSpecialist.specialist_id)
            .where(TopicSpecialist.topic_id == topic.id)
            .order_by(TopicSpecialist.specialist_id)
        )
    )


def add(
    centre: Centre, described: DescribedTopic, now: datetime, *, by: Staff | None, code: str = ""
) -> Topic:
    """Raises :class:`AlreadyExists` for a code that is taken."""
    known = set(db.session.scalars(sa.select(Topic.code).where(Topic.centre_id == centre.id)))
    code = code or next(f"topic-{n}" for n in range(1, len(known) + 2) if f"topic-{n}" not in known)
    if code in known:
        raise AlreadyExists("code")
    topic = Topic(centre_id=centre.id, code=code, titles={})
    db.session.add(topic)
    change(centre, topic, described, now, by=by)
    return topic


def change(
    centre: Centre, topic: Topic, described: DescribedTopic, now: datetime, *, by: Staff | None
) -> bool:
    """Take over what is described; returns whether anything changed. Raises :class:`TextMissing`."""
    titles = {language: text.strip() for language, text in described.titles.items() if text.strip()}
    if not titles.get(centre.language):
        raise TextMissing(f"titles_{centre.language}")
    wanted = set(described.specialist_ids)
    known = {person.id for person in specialists_of(centre)}
    topic_is_new = topic.id is None
    before = set() if topic_is_new else set(specialists_of_topic(topic))
    if not wanted <= known | before:
        raise NothingChosen("specialists")
    values = {
        "titles": titles,
        "hints": {language: text.strip() for language, text in described.hints.items() if text.strip()},
        "position": described.position,
        "active": described.active,
        "confirmed_at_once": described.confirmed_at_once,
    }
    changed = [name for name, value in values.items() if getattr(topic, name) != value]
    for name in changed:
        setattr(topic, name, values[name])
    db.session.flush()
    if before - wanted:
        db.session.execute(
            sa.delete(TopicSpecialist).where(
                TopicSpecialist.topic_id == topic.id, TopicSpecialist.specialist_id.in_(before - wanted)
            )
        )
    db.session.add_all(
        TopicSpecialist(topic_id=topic.id, specialist_id=person) for person in sorted(wanted - before)
    )
    db.session.flush()
    if not changed and wanted == before:
        return False
    record(centre.id, "topic.change", now, staff_id=by.id if by else None, topic=topic.id)
    return True
