"""The poster of a group event: one sheet A4 with what anybody may read, to print and hang up."""

import hashlib
import json
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask_babel import gettext as _

from webapp import announcements, formatting, links, wording
from webapp.models import Centre
from webapp.services.events import qr_code
from webapp.services.pages.event_front import PublicEvent

FOLDER = Path(__file__).parents[3] / "templates" / "documents"
MOST_POINTS = 6
MOST_DATES = 8
KEPT = 64  # sheets, some 40 KB each: whoever hangs one up looks at it several times


def describe(centre: Centre, event: PublicEvent, language: str, now: datetime) -> str:
    """What stands on the sheet, as JSON: the same words give the same text. Words are the reader's."""

    def words(texts: Any) -> str:
        return formatting.in_language(texts, language, centre.language)

    dates = [meeting for meeting in event.meetings if not meeting.is_off and meeting.ends_at > now]
    first = event.current
    page = links.event_page(centre.slug, event.id)
    place = formatting.place(first.starts_at, centre.zone, language)
    kind = str(wording.EVENT_FORMS[event.form])
    sheet = {
        "language": language,
        "centre": ", ".join(part for part in (words(centre.names), words(centre.places)) if part),
        "house": _("Consultations for parents"),
        "title": words(event.titles),
        "lead": _("%(kind)s online. Free of charge.", kind=kind[:1].upper() + kind[1:]),
        "hour": formatting.hour(first.starts_at, centre.zone),
        "day": formatting.local_day(first.starts_at, centre.zone, language),
        "beside": f"{place} · {_('%(minutes)s minutes', minutes=first.minutes)}",
        "about": _("What it is about"),
        "points": _points(words(event.announcements)),
        "all_dates": _("All dates: %(count)s", count=len(dates)),
        "dates": _dates(centre, [meeting.starts_at for meeting in dates], language),
        "held_by": _("Hosts"),
        "hosts": [f"{host.name}, {wording.profession(host.profession)}" for host in event.hosts],
        "qr": qr_code.draw(page),
        "sign_up": _("Register: point the camera here, or call"),
        "phone": formatting.phone(centre.phone),
        "address": page.split("://", 1)[1],
        "without_camera": _("You can take part without camera and microphone."),
        "emergency": [[entry["number"], words(entry["texts"])] for entry in centre.emergency],
    }
    return json.dumps(sheet, ensure_ascii=False, sort_keys=True)


def etag(sheet: str) -> str:
    return hashlib.sha256(sheet.encode()).hexdigest()[:32]


@lru_cache(maxsize=KEPT)
def draw(sheet: str) -> bytes:
    """The PDF, in about a tenth of a second."""
    import typst  # 80 MB that a process needs only once somebody prints

    drawn: bytes = typst.compile(
        FOLDER / "poster.typ",
        root=FOLDER,
        font_paths=[FOLDER / "fonts"],
        ignore_system_fonts=True,  # the same sheet on every machine
        sys_inputs={"sheet": sheet},
        timestamp=0,
    )
    return drawn


def _points(announcement: str) -> list[str]:
    """The first items of its list; where it has none, its first paragraphs."""
    blocks = announcements.blocks(announcement)
    lists = [block for block in blocks if block.is_list]
    return [line for block in lists or blocks for line in block.lines][:MOST_POINTS]


def _dates(centre: Centre, starts: list[datetime], language: str) -> list[str]:
    if len(starts) < 2:
        return []
    shown = [formatting.when_without_place(moment, centre.zone, language) for moment in starts[:MOST_DATES]]
    return [*shown, "…"] if len(starts) > MOST_DATES else shown
