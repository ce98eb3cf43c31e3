"""Calendars that people subscribe to: a specialist's dates, a centre's public webinars (RFC 5545, 7986)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from icalendar import Calendar
from icalendar.prop import vDuration, vText

from calendars.invites import (
    CANCELLED,
    CONFIRMED,
    PRODUCT,
    CalendarEntry,
    Party,
    event_of,
    mailbox,
    octets,
    one_line,
)

REFRESH_EVERY = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class FeedItem(CalendarEntry):
    """One consultation in a feed; a cancelled one stays in it for a while, so that calendars learn of it.

    `stamp` is when the item last changed, not when the feed is written: the same items give the same file.
    """

    cancelled: bool


def publish(name: str, items: Iterable[FeedItem], organizer: Party) -> bytes:
    """The feed called `name` with `items`, in whatever order they come, for `organizer`, the centre.

    The same items give the same octets, so that a hash of them serves as ETag.
    Raises ValueError for an item with times without a zone, with an end that is not after its start or with
    an address that has white space or control characters.
    """
    feed = Calendar()
    feed["PRODID"] = vText(PRODUCT)
    feed["VERSION"] = vText("2.0")
    feed["CALSCALE"] = vText("GREGORIAN")
    feed["METHOD"] = vText("PUBLISH")
    feed["NAME"] = feed["X-WR-CALNAME"] = vText(one_line(name))
    feed["REFRESH-INTERVAL"] = vDuration(REFRESH_EVERY, params={"VALUE": "DURATION"})
    feed["X-PUBLISHED-TTL"] = vDuration(REFRESH_EVERY)
    centre = mailbox(organizer)
    for item in sorted(items, key=lambda item: (item.starts_at, item.uid)):
        event = event_of(item, item.location, CANCELLED if item.cancelled else CONFIRMED)
        event["ORGANIZER"] = centre
        feed.add_component(event)
    return octets(feed)
