"""What the page of a demonstration shows: everybody to sign in as, every family to look in on."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from webapp import links
from webapp.models import Centre, Consultation, HelpRequest, PersonalLink, Staff, StaffRole, db
from webapp.rules.permissions import Role
from webapp.services.pages import personal_links


@dataclass(frozen=True)
class Player:
    """Somebody to sign in as."""

    id: int
    name: str
    profession: str
    roles: list[str]


@dataclass(frozen=True)
class Family:
    """A family whose page one may open. ``starts_at``: of its newest consultation."""

    number: str
    name: str
    state: str
    urgent: bool
    starts_at: datetime | None
    consultation_state: str | None
    page_token: str


@dataclass(frozen=True)
class Stage:
    """One centre of the demonstration."""

    centre: Centre
    players: list[Player]
    families: list[Family]


def stages() -> list[Stage]:
    """Everything on the demonstration's page. Four queries, however many centres."""
    centres = db.session.scalars(sa.select(Centre).order_by(Centre.id)).all()
    players: dict[int, list[Player]] = {}
    roles: dict[int, list[str]] = {}
    for staff_id, role in db.session.execute(sa.select(StaffRole.staff_id, StaffRole.role)):
        roles.setdefault(staff_id, []).append(role)
    people = sa.select(Staff.id, Staff.centre_id, Staff.name, Staff.profession).where(Staff.active.is_(True))
    for row in db.session.execute(people.order_by(Staff.position, Staff.id)):
        player = Player(
            row.id, row.name, row.profession, [role for role in Role if role in roles.get(row.id, [])]
        )
        players.setdefault(row.centre_id, []).append(player)
    families = _families()
    return [Stage(one, players.get(one.id, []), families.get(one.id, [])) for one in centres]


def _families() -> dict[int, list[Family]]:
    rows = db.session.execute(
        sa.select(
            HelpRequest.centre_id,
            HelpRequest.year,
            HelpRequest.sequence,
            HelpRequest.parent_name,
            HelpRequest.state,
            HelpRequest.urgent,
            Consultation.starts_at,
            Consultation.state.label("consultation_state"),
            PersonalLink.salt,
            PersonalLink.version,
        )
        .join(PersonalLink, PersonalLink.help_request_id == HelpRequest.id)
        .outerjoin(Consultation, Consultation.help_request_id == HelpRequest.id)
        .where(
            PersonalLink.purpose == personal_links.PAGE,
            PersonalLink.revoked_at.is_(None),
            HelpRequest.blocked_at.is_(None),
        )
        .order_by(HelpRequest.id.desc(), Consultation.id)
    )
    families: dict[int, dict[str, Family]] = {}
    for row in rows:
        number = f"{row.year}-{row.sequence}"
        families.setdefault(row.centre_id, {})[number] = Family(
            number=number,
            name=row.parent_name,
            state=row.state,
            urgent=row.urgent,
            starts_at=row.starts_at,
            consultation_state=row.consultation_state,
            page_token=links.token(personal_links.PAGE, row.salt, row.version),
        )
    return {centre_id: list(by_number.values()) for centre_id, by_number in families.items()}
