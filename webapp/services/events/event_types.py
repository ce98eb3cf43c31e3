"""The centre's catalogue of group events: what kinds there are, how large, how long, for whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from webapp.models import Centre, EventType, Staff, db
from webapp.rules import consultations, groups
from webapp.rules.consultations import Means
from webapp.rules.errors import AlreadyExists, NothingChosen, TextMissing
from webapp.rules.groups import Form, OpenTo
from webapp.services.help_requests.lifecycle import record

Texts = Mapping[str, str]


@dataclass(frozen=True)
class DescribedType:
    """An entry of the catalogue as typed or imported."""

    form: str
    titles: Texts
    minimum: int
    maximum: int
    minutes: int
    open_to: str = OpenTo.ANYBODY
    needs_approval: bool = True
    with_children: bool = False
    bring: Texts = field(default_factory=dict)
    position: int = 0
    active: bool = True


def of_centre(centre: Centre) -> Sequence[EventType]:
    """The whole catalogue, what may be chosen first, in its order. One query."""
    return db.session.scalars(
        sa.select(EventType)
        .where(EventType.centre_id == centre.id)
        .order_by(EventType.active.desc(), EventType.position, EventType.id)
    ).all()


def to_choose(centre: Centre) -> Sequence[EventType]:
    """The active entries of the catalogue, in its order."""
    return db.session.scalars(
        sa.select(EventType)
        .where(EventType.centre_id == centre.id, EventType.active.is_(True))
        .order_by(EventType.position, EventType.id)
    ).all()


def find(centre: Centre, event_type_id: int) -> EventType:
    """An entry of this centre. Raises ``NoResultFound`` for any other."""
    return db.session.scalars(
        sa.select(EventType).where(EventType.id == event_type_id, EventType.centre_id == centre.id)
    ).one()


def by_code(centre: Centre, code: str) -> EventType | None:
    return db.session.scalar(
        sa.select(EventType).where(EventType.centre_id == centre.id, EventType.code == code)
    )


def add(
    centre: Centre, described: DescribedType, now: datetime, *, by: Staff | None, code: str = ""
) -> EventType:
    """Raises :class:`AlreadyExists` for a code that is taken, and what :func:`change` raises."""
    known = set(db.session.scalars(sa.select(EventType.code).where(EventType.centre_id == centre.id)))
    code = code or next(f"type-{n}" for n in range(1, len(known) + 2) if f"type-{n}" not in known)
    if code in known:
        raise AlreadyExists("code")
    kind = EventType(centre_id=centre.id, code=code, **_values(centre, described))
    db.session.add(kind)
    db.session.flush()
    record(centre.id, "event_type.add", now, staff_id=by.id if by else None, event_type=kind.id)
    return kind


def change(
    centre: Centre, kind: EventType, described: DescribedType, now: datetime, *, by: Staff | None
) -> bool:
    """Take over what is described; returns whether anything changed. Events made before stay as they are.

    Raises :class:`TextMissing`, :class:`WrongSize`, :class:`TooLong`, :class:`NothingChosen`.
    """
    values = _values(centre, described)
    changed = [name for name, value in values.items() if getattr(kind, name) != value]
    for name in changed:
        setattr(kind, name, values[name])
    if not changed:
        return False
    db.session.flush()
    record(centre.id, "event_type.change", now, staff_id=by.id if by else None, event_type=kind.id)
    return True


def _values(centre: Centre, described: DescribedType) -> dict[str, Any]:
    """The columns of an entry, once it keeps the rules."""
    titles = _filled(described.titles)
    if not titles.get(centre.language):
        raise TextMissing(f"titles_{centre.language}")
    if described.form not in set(Form):
        raise NothingChosen("form")
    if described.open_to not in set(OpenTo):
        raise NothingChosen("open_to")
    groups.must_be_sizes(described.minimum, described.maximum)
    consultations.must_fit(described.minutes, Means.VIDEO, centre.limit_minutes)
    return {
        "form": str(described.form),
        "titles": titles,
        "bring": _filled(described.bring),
        "minimum": described.minimum,
        "maximum": described.maximum,
        "minutes": described.minutes,
        "open_to": str(described.open_to),
        "needs_approval": described.needs_approval,
        "with_children": described.with_children,
        "position": described.position,
        "active": described.active,
    }


def _filled(texts: Texts) -> dict[str, str]:
    return {language: text.strip() for language, text in texts.items() if text.strip()}
