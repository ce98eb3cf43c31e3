"""Who decides in a centre, one after the other: never about themselves."""

from collections.abc import Collection

import sqlalchemy as sa

from webapp.models import Centre, Staff, StaffRole, db
from webapp.rules.permissions import PERMISSIONS, Permission, Role


def chain(centre: Centre, own: Collection[int] = ()) -> list[Staff]:
    """The supervisor, the stand-in, then the head: who of them is there and is not one of ``own``.

    The first is asked; the next one up is told when nothing happens. One query.
    """
    may_decide = PERMISSIONS[Permission.DECIDE_MOVES]
    named = [person for person in (centre.supervisor_id, centre.stand_in_id) if person is not None]
    heads = sa.select(StaffRole.staff_id).where(StaffRole.role == Role.HEAD)
    people = db.session.scalars(
        sa.select(Staff)
        .where(
            Staff.centre_id == centre.id,
            Staff.active.is_(True),
            sa.or_(Staff.id.in_(named), Staff.id.in_(heads)),
        )
        .order_by(Staff.position, Staff.id)
    )
    able = [person for person in people if person.id not in own and not may_decide.isdisjoint(person.roles)]
    return sorted(able, key=lambda one: named.index(one.id) if one.id in named else len(named))
