"""A centre's public events as calendar files: what anybody may read, the page address, nobody's name but hosts'."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from calendars import feeds
from calendars.invites import Party
from webapp import formatting, links, wording
from webapp.letters.invitation import centre_address
from webapp.models import Centre, Consultation, EventType, GroupEvent, db
from webapp.models.base import table_of
from webapp.rules.consultations import ConsultationState
from webapp.rules.groups import OpenTo
from webapp.services.pages.event_front import SHOWN, Host, PublicEvent, hosts_of
from webapp.services.pages.feeds import CANCELLED_REMAIN_FOR, PAST_REMAINS_FOR

FORM = "2"  # a new one makes calendars load their feeds anew

EVENT, KIND, MEETING = table_of(GroupEvent), table_of(EventType), table_of(Consultation)
DATES = (
    sa.select(
        MEETING.c.id,
        MEETING.c.group_event_id,
        MEETING.c.uid,
        MEETING.c.state,
        MEETING.c.starts_at,
        MEETING.c.ends_at,
        MEETING.c.calendar_sequence,
        MEETING.c.confirmed_at,
        MEETING.c.cancelled_at,
        EVENT.c.announced_at,
        EVENT.c.titles,
        EVENT.c.announcements,
    )
    .join(EVENT, EVENT.c.id == MEETING.c.group_event_id)
    .where(
        EVENT.c.centre_id == sa.bindparam("centre"),
        EVENT.c.announced_at.is_not(None),
        EVENT.c.state.in_(SHOWN),
    )
    .order_by(MEETING.c.starts_at, MEETING.c.id)
)
ALL_DATES = DATES.join(KIND, KIND.c.id == EVENT.c.event_type_id).where(
    KIND.c.open_to == OpenTo.ANYBODY,
    MEETING.c.starts_at > sa.bindparam("past_from", type_=MEETING.c.starts_at.type),
    sa.or_(
        MEETING.c.state != ConsultationState.CANCELLED,
        MEETING.c.cancelled_at > sa.bindparam("cancelled_from", type_=MEETING.c.cancelled_at.type),
    ),
)
OF_EVENT = DATES.where(EVENT.c.id == sa.bindparam("event"))


@dataclass(frozen=True)
class PublicFeed:
    """The dates of a centre before they are written out. ``etag`` changes whenever the file would."""

    centre: Centre
    language: str
    dates: Sequence[Any]
    hosts: dict[int, list[Host]]
    etag: str


def of_centre(centre: Centre, language: str, now: datetime) -> PublicFeed:
    """Every public date; what was called off stays for thirty days. Two queries."""
    since = {"past_from": now - PAST_REMAINS_FOR, "cancelled_from": now - CANCELLED_REMAIN_FOR}
    return _feed(centre, language, db.session.execute(ALL_DATES, {"centre": centre.id, **since}).all())


def of_event(centre: Centre, event: PublicEvent, language: str) -> PublicFeed:
    """All dates of one event. Two queries."""
    wanted = {"centre": centre.id, "event": event.id}
    return _feed(centre, language, db.session.execute(OF_EVENT, wanted).all())


def render(feed: PublicFeed) -> bytes:
    with force_locale(feed.language):
        name = _in_language(feed, feed.centre.names)
        items = [_item(feed, row) for row in feed.dates]
        return feeds.publish(name, items, Party(centre_address(feed.centre.slug), name))


def _feed(centre: Centre, language: str, dates: Sequence[Any]) -> PublicFeed:
    hosts = hosts_of([row.id for row in dates]) if dates else {}
    settings = (current_app.config["PUBLIC_URL"], current_app.config["MAIL_FROM"])
    facts = (FORM, *settings, centre.slug, centre.names, centre.language, language, hosts, *map(tuple, dates))
    return PublicFeed(centre, language, dates, hosts, hashlib.sha256(repr(facts).encode()).hexdigest()[:32])


def _item(feed: PublicFeed, row: Any) -> feeds.FeedItem:
    page = links.event_page(feed.centre.slug, row.group_event_id)
    changed = (row.confirmed_at, row.announced_at, row.cancelled_at)
    return feeds.FeedItem(
        uid=row.uid,
        sequence=row.calendar_sequence,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        summary=_in_language(feed, row.titles),
        description=_description(feed, row),
        page_url=page,
        location=page,
        stamp=max(moment for moment in changed if moment is not None),
        cancelled=row.state == ConsultationState.CANCELLED,
        private=False,
    )


def _description(feed: PublicFeed, row: Any) -> str:
    hosts = feed.hosts.get(row.id, [])
    named = "; ".join(f"{host.name}, {wording.profession(host.profession)}" for host in hosts)
    parts = (
        _in_language(feed, row.announcements),
        _("Hosts: %(hosts)s", hosts=named) if named else "",
        _("Free of charge. Register on the page of the meeting, the link comes by letter."),
    )
    return "\n\n".join(part for part in parts if part)


def _in_language(feed: PublicFeed, texts: dict[str, str]) -> str:
    return formatting.in_language(texts, feed.language, feed.centre.language)
