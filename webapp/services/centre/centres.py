"""How a centre is set up: its settings and the rules that they must keep."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from zoneinfo import available_timezones

import sqlalchemy as sa

from calendars.workdays import COUNTRIES
from webapp.models import Centre, Staff, db
from webapp.rules.consultations import REFUSED_IN, Means
from webapp.rules.embedding import read_origins
from webapp.rules.errors import (
    MessengerNotAllowed,
    NothingChosen,
    SamePerson,
    TextMissing,
    TooLong,
    Unreadable,
)
from webapp.rules.moves import Change
from webapp.services.centre.staffing import deciders_to_choose
from webapp.services.help_requests.lifecycle import record
from webapp.services.mail.contacts import EXAMPLES, read_phone
from webapp.services.times.workdays import recompute_deadlines

# Made once: making a statement costs several times what sending it does.
BY_SLUG = sa.select(Centre).where(Centre.slug == sa.bindparam("slug"))

Texts = Mapping[str, str]
TEXTS = ("names", "places", "address", "office_hours", "walk_in", "intro", "advice")
NUMBERS = {
    "limit_minutes": (5, 240),
    "session_minutes": (5, 240),
    "break_minutes": (0, 120),
    "notice_hours": (0, 240),
    "family_move_hours": (0, 240),
    "family_cancel_hours": (0, 240),
    "horizon_days": (1, 180),
}  # smallest and largest, both allowed; the database refuses the first three otherwise


@dataclass(frozen=True)
class Settings:
    """Everything about a centre that its administrator decides. Texts are ``{"ru": …, "kk": …, "en": …}``."""

    names: Texts
    places: Texts
    language: str
    country: str
    zone: str
    phone: str
    support_phone: str
    address: Texts
    office_hours: Texts
    walk_in: Texts
    intro: Texts
    advice: Texts
    emergency: Sequence[Mapping[str, object]]  # [{"number": "112", "texts": {…}}], most urgent first
    means: Sequence[str]
    limit_minutes: int
    session_minutes: int
    break_minutes: int
    notice_hours: int
    family_move_hours: int
    family_cancel_hours: int
    specialists_may: Sequence[str]
    horizon_days: int
    video_by_link_only: bool
    embed_origins: Sequence[str]  # addresses of sites that may show the list of events
    supervisor_id: int | None
    stand_in_id: int | None


def by_slug(slug: str) -> Centre | None:
    return db.session.scalar(BY_SLUG, {"slug": slug})


def change(centre: Centre, settings: Settings, now: datetime, *, by: Staff | None) -> list[str]:
    """Take over ``settings``; returns the names of those that changed.

    Open deadlines are counted anew where country or zone changed. Raises a :class:`DomainError` beside its
    field.
    """
    must_fit_together(settings)
    _must_be_deciders(centre, settings)
    values = {field.name: getattr(settings, field.name) for field in fields(settings)}
    values["phone"] = read_phone(settings.phone, settings.country, "phone")
    values["support_phone"] = read_phone(settings.support_phone, settings.country, "support_phone") or ""
    for name in TEXTS:
        values[name] = {language: text for language, text in values[name].items() if text}
    values["embed_origins"] = read_origins(settings.embed_origins)
    for name in ("emergency", "means", "specialists_may"):
        values[name] = list(values[name])
    changed = [name for name, value in values.items() if getattr(centre, name) != value]
    for name in changed:
        setattr(centre, name, values[name])
    db.session.flush()
    if {"country", "zone"} & set(changed):
        recompute_deadlines(centre)
    if changed:
        record(centre.id, "centre.change", now, staff_id=by.id if by else None, fields=changed)
    return changed


def must_fit_together(settings: Settings) -> None:
    """The rules that need no database."""
    if settings.country not in COUNTRIES:
        raise NothingChosen("country")
    if settings.zone not in available_timezones():
        raise NothingChosen("zone")
    if not settings.names.get(settings.language):
        raise TextMissing(f"names_{settings.language}")
    if not settings.phone.strip():
        raise Unreadable("phone", example=EXAMPLES[settings.country])
    if not settings.means or not set(settings.means) <= set(Means):
        raise NothingChosen("means")
    if not set(settings.specialists_may) <= set(Change):
        raise NothingChosen("specialists_may")
    if set(settings.means) & REFUSED_IN.get(settings.country, frozenset()):
        raise MessengerNotAllowed("means")
    for name, (least, most) in NUMBERS.items():
        if not least <= getattr(settings, name) <= most:
            raise Unreadable(name, example=str(least if getattr(settings, name) < least else most))
    if settings.session_minutes > settings.limit_minutes:
        raise TooLong("session_minutes", limit=settings.limit_minutes)
    if settings.stand_in_id is not None and settings.stand_in_id == settings.supervisor_id:
        raise SamePerson("stand_in_id")


def _must_be_deciders(centre: Centre, settings: Settings) -> None:
    allowed = {person_id for person_id, _name in deciders_to_choose(centre)} | {None}
    for name in ("supervisor_id", "stand_in_id"):
        # Whoever holds the office already stays, even when signed off: the page must stay saveable.
        if getattr(settings, name) not in allowed | {getattr(centre, name)}:
            raise NothingChosen(name)
