"""Calendars to subscribe to: a specialist's, a family's, a participant's of a course.

Neutral for whoever looks over a shoulder.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from calendars import feeds
from calendars.invites import Party
from webapp import formatting, links, wording
from webapp.letters.invitation import centre_address
from webapp.models import (
    Centre,
    Consultation,
    ConsultationSpecialist,
    EventType,
    GroupEvent,
    HelpRequest,
    Participation,
    Registration,
    Staff,
    db,
)
from webapp.rules import consultations
from webapp.rules.consultations import ConsultationState, Means, ParticipationState
from webapp.services.pages import personal_links

CANCELLED_REMAIN_FOR = timedelta(days=30)
PAST_REMAINS_FOR = timedelta(days=365)
FORM = "3"  # a new one makes calendars load their feeds anew


@dataclass(frozen=True)
class Feed:
    """Whose feed it is and what it depends on. ``etag`` changes whenever the file would."""

    centre: Centre
    language: str
    staff_id: int | None = None
    request: HelpRequest | None = None
    registration: Registration | None = None
    etag: str = ""


def find(token: str, now: datetime) -> Feed | None:
    """The feed behind a secret address, without its items: enough to answer "not changed"."""
    link = personal_links.find(token, (personal_links.FEED,), now)
    if link is None:
        return None
    if link.staff_id is not None:
        person = db.session.get_one(Staff, link.staff_id)
        if not person.active:
            return None
        centre = db.session.get_one(Centre, person.centre_id)
        return _with_etag(Feed(centre, person.language, staff_id=person.id), now)
    if link.registration_id is not None:
        registration = db.session.get_one(Registration, link.registration_id)
        if registration.blocked_at is not None:
            return None
        centre = db.session.get_one(Centre, registration.centre_id)
        return _with_etag(Feed(centre, registration.language, registration=registration), now)
    request = db.session.get_one(HelpRequest, link.help_request_id)
    if request.blocked_at is not None:
        return None
    centre = db.session.get_one(Centre, request.centre_id)
    return _with_etag(Feed(centre, request.language, request=request), now)


def render(feed: Feed, now: datetime) -> bytes:
    """The calendar file. Two queries, however many dates."""
    rows = db.session.execute(_items(feed, now)).all()
    return _file(feed, rows)


def one_date(centre: Centre, request: HelpRequest, consultation_id: int) -> bytes | None:
    """One consultation of a family as a file to download; ``None`` when it is not theirs."""
    return _one_of(Feed(centre, request.language, request=request), consultation_id)


def one_meeting(registration_id: int, consultation_id: int) -> bytes | None:
    """One meeting of a group event as a file to download; ``None`` without a seat in it."""
    registration = db.session.get_one(Registration, registration_id)
    centre = db.session.get_one(Centre, registration.centre_id)
    return _one_of(Feed(centre, registration.language, registration=registration), consultation_id)


def _one_of(feed: Feed, consultation_id: int) -> bytes | None:
    rows = db.session.execute(_columns(feed).where(Consultation.id == consultation_id)).all()
    return _file(feed, rows) if rows else None


def _with_etag(feed: Feed, now: datetime) -> Feed:
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
    centre = feed.centre
    whose = (feed.staff_id, feed.language, centre.names, centre.address, _own_page(feed))
    facts = (FORM, *whose, current_app.config["PUBLIC_URL"], *state)
    return replace(feed, etag=hashlib.sha256(repr(facts).encode()).hexdigest()[:32])


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
        Consultation.starts_at,
        Consultation.ends_at,
        Consultation.confirmed_at,
        Consultation.cancelled_at,
        Consultation.means_agreed,
    )
    if feed.registration is not None:
        missed = Participation.state == ParticipationState.WITHDRAWN
        return (
            sa.select(
                *shared,
                sa.case((missed, ConsultationState.CANCELLED), else_=Consultation.state).label("state"),
                Participation.calendar_sequence,
                Participation.uid,
                sa.null().label("event_id"),
                EventType.form,
            )
            .join(Participation, Participation.consultation_id == Consultation.id)
            .join(GroupEvent, GroupEvent.id == Consultation.group_event_id)
            .join(EventType, EventType.id == GroupEvent.event_type_id)
            .where(Participation.registration_id == feed.registration.id)
        )
    changing = Consultation.state, Consultation.calendar_sequence
    if feed.request is not None:
        return (
            sa.select(
                *shared,
                *changing,
                Participation.uid.label("uid"),
                sa.null().label("event_id"),
                sa.null().label("form"),
            )
            .join(Participation, Participation.consultation_id == Consultation.id)
            .where(Participation.help_request_id == feed.request.id)
        )
    return (
        sa.select(
            *shared,
            *changing,
            Consultation.uid.label("uid"),
            GroupEvent.id.label("event_id"),
            EventType.form,
        )
        .join(ConsultationSpecialist, ConsultationSpecialist.consultation_id == Consultation.id)
        .outerjoin(GroupEvent, GroupEvent.id == Consultation.group_event_id)
        .outerjoin(EventType, EventType.id == GroupEvent.event_type_id)
        .where(ConsultationSpecialist.specialist_id == feed.staff_id)
    )


def _file(feed: Feed, rows: Sequence[Any]) -> bytes:
    with force_locale(feed.language):
        name = formatting.in_language(feed.centre.names, feed.language, feed.centre.language)
        organizer = Party(centre_address(feed.centre.slug), name)
        own_page = _own_page(feed)
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
                page_url=own_page or _staff_page(row),
                location=_place(row.means_agreed, address, own_page or _staff_page(row)),
                stamp=max(row.confirmed_at, row.cancelled_at or row.confirmed_at),
                cancelled=row.state == ConsultationState.CANCELLED,
            )
            for row in rows
        ]
        return feeds.publish(name, items, organizer)


def _own_page(feed: Feed) -> str:
    """The page behind the person's link; empty for the staff, whose entries lead to their own pages."""
    if feed.request is not None:
        token = personal_links.token_of(personal_links.PAGE, help_request_id=feed.request.id)
    elif feed.registration is not None:
        token = personal_links.token_of(personal_links.SEAT, registration_id=feed.registration.id)
    else:
        return ""
    return links.family_page(token) if token else links.centre_page(feed.centre.slug)


def _staff_page(row: Any) -> str:
    return links.staff_page(f"events/{row.event_id}" if row.event_id else f"consultations/{row.id}")


def _place(means: str, address: str, page: str) -> str:
    if consultations.is_online(means):
        return page
    return address if means == Means.IN_PERSON else ""
