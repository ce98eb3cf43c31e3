"""What an event hands out: links and small files, to everybody, to those registered, to those who came."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import filetype
import sqlalchemy as sa

from webapp.models import GroupEvent, Material, Participation, db
from webapp.rules.consultations import ParticipationState
from webapp.rules.errors import (
    AddressUnsafe,
    FileMissing,
    FileOfWrongKind,
    FileTooLarge,
    NothingChosen,
    TooManyMaterials,
    WordsMissing,
)
from webapp.rules.groups import WITH_SEAT, ForWhom
from webapp.services.help_requests.lifecycle import record

MOST_MEGABYTES = 10
MOST_MATERIALS = 20
LONGEST_NAME = 100
# By the ending of the name; what the file holds must agree. Nothing that a browser would run.
KINDS = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
SAME_ENDING = {"jpeg": "jpg"}

# Statements made once: making one costs several times what sending it does.
OF_EVENT = (
    sa.select(Material.id, Material.title, Material.for_whom, Material.url, Material.file_name, Material.size)
    .where(
        Material.group_event_id == sa.bindparam("event_id"),
        Material.for_whom.in_(sa.bindparam("for_whom", expanding=True)),
    )
    .order_by(Material.id)
)
CAME = sa.select(
    sa.exists().where(
        Participation.registration_id == sa.bindparam("registration_id"),
        Participation.state == ParticipationState.ATTENDED,
    )
)


@dataclass(frozen=True)
class Given:
    """What a host typed: a title, who may have it, and a link or a file with its name."""

    title: str
    for_whom: str
    url: str = ""
    file_name: str = ""
    content: bytes = b""


@dataclass(frozen=True)
class Handout:
    """One material without its content. ``size``: octets, 0 for a link."""

    id: int
    title: str
    for_whom: str
    url: str
    file_name: str
    size: int


@dataclass(frozen=True)
class Download:
    file_name: str
    media_type: str
    content: bytes


def add(event: GroupEvent, given: Given, now: datetime, *, staff_id: int) -> None:
    """Raises a :class:`DomainError` beside the field it is about."""
    title = given.title.strip()
    if not title:
        raise WordsMissing("title")
    if given.for_whom not in set(ForWhom):
        raise NothingChosen("for_whom")
    if len(of_event(event.id)) >= MOST_MATERIALS:
        raise TooManyMaterials("title", most=MOST_MATERIALS)
    if not given.url and not given.file_name:
        raise FileMissing("file")
    material = Material(
        group_event_id=event.id, title=title, for_whom=given.for_whom, added_at=now, added_by=staff_id
    )
    if given.file_name:
        _put_in(material, given)
    else:
        material.url = _checked_link(given.url)
    db.session.add(material)
    record(event.centre_id, "material.add", now, staff_id=staff_id, group_event_id=event.id)


def remove(event: GroupEvent, material_id: int, now: datetime, *, staff_id: int) -> None:
    """Raises ``NoResultFound`` for a material of another event."""
    material = db.session.scalars(
        sa.select(Material).where(Material.id == material_id, Material.group_event_id == event.id)
    ).one()
    db.session.delete(material)
    record(event.centre_id, "material.remove", now, staff_id=staff_id, group_event_id=event.id)


def of_event(event_id: int, *, for_whom: frozenset[ForWhom] = frozenset(ForWhom)) -> list[Handout]:
    """In the order in which they were added. One query, without the files' content."""
    rows = db.session.execute(OF_EVENT, {"event_id": event_id, "for_whom": list(for_whom)})
    return [Handout(*row) for row in rows]


def open_to(registration_id: int, state: str) -> frozenset[ForWhom]:
    """Which materials somebody with this registration may have; who came may have all. One query at most."""
    came = state in WITH_SEAT and db.session.scalar(CAME, {"registration_id": registration_id})
    return open_to_one(state, came=bool(came))


def open_to_one(state: str, *, came: bool) -> frozenset[ForWhom]:
    """The same where it is known already whether the person ``came`` to a meeting."""
    if state not in WITH_SEAT:
        return frozenset({ForWhom.EVERYBODY})
    return frozenset(ForWhom) if came else frozenset({ForWhom.EVERYBODY, ForWhom.REGISTERED})


def download(event_id: int, material_id: int, for_whom: frozenset[ForWhom] = frozenset(ForWhom)) -> Download:
    """The file. Raises ``NoResultFound`` for one of another event, or that is not for this reader."""
    row = db.session.execute(
        sa.select(Material.file_name, Material.media_type, Material.content).where(
            Material.id == material_id,
            Material.group_event_id == event_id,
            Material.for_whom.in_(for_whom),
            Material.content.is_not(None),
        )
    ).one()
    return Download(row.file_name, row.media_type, row.content or b"")


def _checked_link(typed: str) -> str:
    url = typed.strip()
    if urlsplit(url).scheme != "https" or not urlsplit(url).hostname:
        raise AddressUnsafe("url")
    return url


def _put_in(material: Material, given: Given) -> None:
    if len(given.content) > MOST_MEGABYTES * 1024 * 1024:
        raise FileTooLarge("file", most=MOST_MEGABYTES)
    ending = given.file_name.rsplit(".", 1)[-1].lower()
    ending = SAME_ENDING.get(ending, ending)
    found = filetype.guess(given.content)
    if ending not in KINDS or found is None or found.extension != ending:
        raise FileOfWrongKind("file", kinds=", ".join(KINDS))
    stem = given.file_name.rsplit(".", 1)[0]
    name = "".join(letter for letter in stem if letter.isalnum() or letter in " -_().,№").strip()
    material.file_name = f"{name[:LONGEST_NAME] or 'file'}.{ending}"
    material.media_type = KINDS[ending]
    material.size, material.content = len(given.content), given.content
