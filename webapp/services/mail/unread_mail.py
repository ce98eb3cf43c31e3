"""Mail that only a person can understand: of a centre for its office, of none for the administrators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from webapp.models import InboxMail, Staff, db
from webapp.rules.inbox import FOR_OFFICE
from webapp.rules.permissions import Permission, may

MOST_SHOWN = 200
MOST_HANDLED_SHOWN = 20


@dataclass(frozen=True)
class Listed:
    id: int
    kind: str
    received_at: datetime
    sender: str
    subject: str
    handled_at: datetime | None
    handled_by: str


def is_read_by(person: Staff) -> sa.ColumnElement[bool]:
    """Which mail is this person's to read."""
    whose = []
    if may(person.roles, Permission.READ_MAIL):
        whose.append(InboxMail.centre_id == person.centre_id)
    if may(person.roles, Permission.READ_STRAY_MAIL):
        whose.append(InboxMail.centre_id.is_(None))
    return sa.and_(InboxMail.kind.in_(FOR_OFFICE), sa.or_(sa.false(), *whose))


def waiting(person: Staff) -> list[Listed]:
    """What nobody has handled, the oldest first. One query."""
    return _listed(person, InboxMail.handled_at.is_(None), InboxMail.received_at, MOST_SHOWN)


def handled_lately(person: Staff) -> list[Listed]:
    """What was handled by people, the latest first. One query."""
    return _listed(person, InboxMail.handled_by.is_not(None), InboxMail.handled_at.desc(), MOST_HANDLED_SHOWN)


def find(person: Staff, mail_id: int) -> InboxMail:
    """A mail that is this person's to read. Raises ``NoResultFound``."""
    return db.session.scalars(
        sa.select(InboxMail).where(
            InboxMail.id == mail_id,
            is_read_by(person),
            sa.or_(InboxMail.handled_at.is_(None), InboxMail.handled_by.is_not(None)),
        )
    ).one()


def handle(person: Staff, mail_id: int, now: datetime) -> bool:
    """Note that ``person`` has dealt with it. Returns whether nobody else had."""
    handled = db.session.execute(
        sa.update(InboxMail)
        .where(InboxMail.id == find(person, mail_id).id, InboxMail.handled_at.is_(None))
        .values(handled_at=now, handled_by=person.id)
        .execution_options(synchronize_session=False)
    )
    return bool(handled.rowcount == 1)  # type: ignore[attr-defined]


def _listed(
    person: Staff,
    condition: sa.ColumnElement[bool],
    order: sa.ColumnExpressionArgument[datetime | None],
    most: int,
) -> list[Listed]:
    rows: Sequence[sa.Row[*tuple[object, ...]]] = db.session.execute(
        sa.select(
            InboxMail.id,
            InboxMail.kind,
            InboxMail.received_at,
            InboxMail.sender,
            InboxMail.subject,
            InboxMail.handled_at,
            sa.func.coalesce(Staff.name, ""),
        )
        .outerjoin(Staff, Staff.id == InboxMail.handled_by)
        .where(is_read_by(person), condition)
        .order_by(order, InboxMail.id)
        .limit(most)
    ).all()
    return [Listed(*row) for row in rows]  # type: ignore[arg-type]
