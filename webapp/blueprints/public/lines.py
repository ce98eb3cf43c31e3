"""Lines of a list of group events, worded before the template writes them: a list may hold a thousand."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from flask import g

from webapp import formatting, wording
from webapp.access import language
from webapp.services.pages.event_list import Listed


class Line(NamedTuple):
    """One event in the reader's language and by the clock of the centre. ``dates``: how many lie ahead."""

    id: int
    moment: str
    month: str
    day: str
    hour: str
    place: str
    title: str
    about: str
    dates: int
    seats_left: int


def lines(events: Iterable[Listed], now: datetime) -> list[Line]:
    spoken, zone, own = language(), g.centre.zone_info, g.centre.language
    forms = {code: _capital(str(words)) for code, words in wording.EVENT_FORMS.items()}
    professions = {code: str(words) for code, words in wording.PROFESSIONS.items()}
    places: dict[timedelta | None, str] = {}
    found = []
    for event in events:
        local = event.starts_at.astimezone(zone)
        if (offset := local.utcoffset()) not in places:
            places[offset] = formatting.place(event.starts_at, g.centre.zone, spoken)
        hosts = (f"{host.name}, {professions.get(host.profession, '')}" for host in event.hosts)
        found.append(
            Line(
                id=event.id,
                moment=event.starts_at.isoformat(),
                month=formatting.month(local.date(), spoken),
                day=formatting.day(local.date(), spoken, now.year),
                hour=f"{local:%H:%M}",
                place=places[offset],
                title=formatting.in_language(event.titles, spoken, own),
                about=f"{forms[event.form]} · {'; '.join(hosts)}",
                dates=event.dates,
                seats_left=event.seats_left,
            )
        )
    return found


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
