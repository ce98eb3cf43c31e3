"""Who approves a group event: never those who made it or hold it."""

from collections.abc import Collection

import sqlalchemy as sa

from webapp.models import Centre, Staff, StaffRole, db
from webapp.rules.permissions import PERMISSIONS, Permission


def asked_about(centre: Centre, concerned: Collection[int]) -> list[Staff]:
    """Who is asked: the one who decides for the centre, else the stand-in, else everybody else who may.

    None of those ``concerned``. One query.
    """
    able = db.session.scalars(
        sa.select(Staff)
        .where(
            Staff.centre_id == centre.id,
            Staff.active.is_(True),
            Staff.id.not_in(concerned),
            Staff.id.in_(
                sa.select(StaffRole.staff_id).where(
                    StaffRole.role.in_(PERMISSIONS[Permission.APPROVE_EVENTS])
                )
            ),
        )
        .order_by(Staff.id)
    ).all()
    for chosen in (centre.supervisor_id, centre.stand_in_id):
        if answering := [person for person in able if person.id == chosen]:
            return answering
    return list(able)
