"""Calendars to subscribe to: a specialist's, a family's. Neutral for whoever looks over a shoulder."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from calendars import feeds
from calendars.invites import Party
from webapp import formatting, links, wording
from webapp.models import (
    Centre,
    Consultation,
    ConsultationSpecialist,
    EventType,
    GroupEvent,
    HelpRequest,
    Participation,
    Staff,
    db,
)
from webapp.rules import consultations
from webapp.rules.consultations import ConsultationState, Means
from webapp.services import personal_links

CANCELLED_REMAIN_FOR = timedelta(days=30)
PAST_REMAINS_FOR = timedelta(days=365)
FORM = "2"  # a new one makes calendars load their feeds anew


@dataclass(frozen=True)
class Feed:
    """Whose feed it is and what it depends on. ``etag`` changes whenever the file would."""

    centre: Centre
    language: str
    staff_id: int | None
    request: HelpRequest | None
    etag: str


def find(token: str, now: datetime) -> Feed | None:
    """The feed behind a secret address, without its items: enough to answer "not changed"."""
    link = personal_links.find(token, (personal_links.FEED,), now)
    if link is None:
        return None
    if link.staff_id is not None:
        person = db.session.get_one(Staff, link.staff_id)
        if not person.active:
            return None
        return _feed(db.session.get_one(Centre, person.centre_id), person.language, person.id, None, now)
    request = db.session.get_one(HelpRequest, link.help_request_id)
    if request.blocked_at is not None:
        return None
    return _feed(db.session.get_one(Centre, request.centre_id), request.language, None, request, now)


def render(feed: Feed, now: datetime) -> bytes:
    """The calendar file. Two queries, however many dates."""
    rows = db.session.execute(_items(feed, now)).all()
    return _file(feed, rows)


def one_date(centre: Centre, request: HelpRequest, consultation_id: int) -> bytes | None:
    """One consultation of a family as a file to download; ``None`` when it is not theirs."""
    feed = Feed(centre, request.language, None, request, "")
    rows = db.session.execute(_columns(feed).where(Consultation.id == consultation_id)).all()
    return _file(feed, rows) if rows else None


def _feed(
    centre: Centre, language: str, staff_id: int | None, request: HelpRequest | None, now: datetime
) -> Feed:
    feed = Feed(centre, language, staff_id, request, "")
    inside = _items(feed, now).order_by(None).subquery()
    state = db.session.execute(
        sa.select(
            sa.func.count(),
            sa.func.sum(inside.c.id),
            sa.func.max(inside.c.id),
            sa.func.sum(inside.c.calendar_sequence),
            sa.func.max(inside.c.confirmed_at),
            sa.func.max(inside.c.cancelled_at),
            sa.func.min(inside.c.starts_at),
            sa.func.max(inside.c.starts_at),
        )
    ).one()
    # The page's address changes when its link is renewed.
    whose = (staff_id, language, centre.names, centre.address, _family_page(feed))
    facts = (FORM, *whose, current_app.config["PUBLIC_URL"], *state)
    return Feed(centre, language, staff_id, request, hashlib.sha256(repr(facts).encode()).hexdigest()[:32])


def _items(feed: Feed, now: datetime) -> Any:
    still_shown = sa.or_(
        Consultation.state != ConsultationState.CANCELLED,
        Consultation.cancelled_at > now - CANCELLED_REMAIN_FOR,
    )
    return (
        _columns(feed)
        .where(still_shown, Consultation.starts_at > now - PAST_REMAINS_FOR)
        .order_by(Consultation.starts_at)
    )


def _columns(feed: Feed) -> Any:
    shared = (
        Consultation.id,
        Consultation.state,
        Consultation.starts_at,
        Consultation.ends_at,
        Consultation.calendar_sequence,
        Consultation.confirmed_at,
        Consultation.cancelled_at,
        Consultation.means_agreed,
    )
    if feed.request is not None:
        return (
            sa.select(
                *shared, Participation.uid.label("uid"), sa.null().label("event_id"), sa.null().label("form")
            )
            .join(Participation, Participation.consultation_id == Consultation.id)
            .where(Participation.help_request_id == feed.request.id)
        )
    return (
        sa.select(*shared, Consultation.uid.label("uid"), GroupEvent.id.label("event_id"), EventType.form)
        .join(ConsultationSpecialist, ConsultationSpecialist.consultation_id == Consultation.id)
        .outerjoin(GroupEvent, GroupEvent.id == Consultation.group_event_id)
        .outerjoin(EventType, EventType.id == GroupEvent.event_type_id)
        .where(ConsultationSpecialist.specialist_id == feed.staff_id)
    )


def _file(feed: Feed, rows: Sequence[Any]) -> bytes:
    with force_locale(feed.language):
        name = formatting.in_language(feed.centre.names, feed.language, feed.centre.language)
        organizer = Party(current_app.config["MAIL_FROM"], name)
        family_page = _family_page(feed)
        words = {means: _("How: %(means)s", means=wording.means(means)) for means in Means}
        address = formatting.in_language(feed.centre.address, feed.language, feed.centre.language)
        items = [
            feeds.FeedItem(
                uid=row.uid,
                sequence=row.calendar_sequence,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                summary=wording.calendar_summary(row.form, name),
                description=words.get(row.means_agreed, ""),
                page_url=family_page or _staff_page(row),
                location=_place(row.means_agreed, address, family_page or _staff_page(row)),
                stamp=max(row.confirmed_at, row.cancelled_at or row.confirmed_at),
                cancelled=row.state == ConsultationState.CANCELLED,
            )
            for row in rows
        ]
        return feeds.publish(name, items, organizer)


def _family_page(feed: Feed) -> str:
    if feed.request is None:
        return ""
    token = personal_links.token_of(personal_links.PAGE, help_request_id=feed.request.id)
    return links.family_page(token) if token else links.centre_page(feed.centre.slug)


def _staff_page(row: Any) -> str:
    return links.staff_page(f"events/{row.event_id}" if row.event_id else f"consultations/{row.id}")


def _place(means: str, address: str, page: str) -> str:
    if consultations.is_online(means):
        return page
    return address if means == Means.IN_PERSON else ""
