"""A group event as search engines read it: schema.org's ``Event``, beside the page and saying the same."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import g

from webapp import announcements, formatting, links
from webapp.access import language
from webapp.services.pages.event_front import Meeting, PublicEvent

SCHEMA = "https://schema.org/"
CURRENCIES = {"RU": "RUB", "KZ": "KZT"}


def summary(event: PublicEvent) -> str:
    """One or two sentences on what it is about, for previews of a link."""
    about = announcements.with_lead(_words(event.announcements))
    return about.lead or " ".join(line for block in about.blocks[:1] for line in block.lines)


def of_event(event: PublicEvent) -> dict[str, Any]:
    """The event with its next date; a course names all that take place as ``subEvent``."""
    data = {"@context": SCHEMA.rstrip("/"), **_one(event, event.current), "offers": _offer(event)}
    data |= {
        "description": summary(event) or _words(event.titles),
        "organizer": {
            "@type": "Organization",
            "name": _words(g.centre.names),
            "url": links.centre_page(g.centre.slug),
        },
        "performer": [{"@type": "Person", "name": host.name} for host in event.hosts],
        "isAccessibleForFree": True,
        "inLanguage": list(event.spoken),
        "maximumAttendeeCapacity": event.capacity,
        "remainingAttendeeCapacity": event.seats_left,
    }
    dates = [meeting for meeting in event.meetings if not meeting.is_off]
    return data if len(dates) < 2 else {**data, "subEvent": [_one(event, meeting) for meeting in dates]}


def _one(event: PublicEvent, meeting: Meeting) -> dict[str, Any]:
    page = links.event_page(g.centre.slug, event.id)
    status = "EventCancelled" if event.is_cancelled or meeting.is_off else "EventScheduled"
    return {
        "@type": "Event",
        "name": _words(event.titles),
        "url": page,
        "startDate": _local(meeting.starts_at),
        "endDate": _local(meeting.ends_at),
        "eventStatus": SCHEMA + status,
        "eventAttendanceMode": SCHEMA + "OnlineEventAttendanceMode",
        "location": {"@type": "VirtualLocation", "url": page},
    }


def _offer(event: PublicEvent) -> dict[str, Any]:
    return {
        "@type": "Offer",
        "url": links.event_page(g.centre.slug, event.id),
        "price": 0,
        "priceCurrency": CURRENCIES[g.centre.country],
        "availability": SCHEMA + ("InStock" if event.seats_left and not event.is_cancelled else "SoldOut"),
        "validFrom": _local(event.announced_at),
    }


def _local(instant: datetime) -> str:
    return instant.astimezone(ZoneInfo(g.centre.zone)).isoformat(timespec="seconds")


def _words(texts: Any) -> str:
    return formatting.in_language(texts, language(), g.centre.language)
