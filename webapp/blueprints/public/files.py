"""Group events as files: for calendars, and on paper."""

from collections.abc import Callable

from flask import Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp import clock
from webapp.access import chosen_language, language, open_to_all
from webapp.blueprints.public import blueprint
from webapp.extensions import limiter
from webapp.services.events import poster
from webapp.services.pages import event_front, front, public_calendar
from webapp.services.pages.public_calendar import PublicFeed


@blueprint.get("/c/<slug>/events.ics")
@open_to_all
def events_calendar(slug: str) -> Response:
    """To subscribe to: in the language of the address, else the centre's, since programs have none."""
    centre = g.centre = front.centre_by_slug(slug)
    feed = public_calendar.of_centre(centre, chosen_language() or centre.language, clock.now())
    return _calendar(feed, f"{slug}.ics")


@blueprint.get("/c/<slug>/events/<int:event_id>.ics")
@open_to_all
def event_calendar(slug: str, event_id: int) -> Response:
    centre = g.centre = front.centre_by_slug(slug)
    event = event_front.find(centre, event_id, clock.now())
    feed = public_calendar.of_event(centre, event, language())
    return _calendar(feed, f"{slug}-{event_id}.ics")


@blueprint.get("/c/<slug>/events/<int:event_id>/poster.pdf")
@limiter.limit("60/minute")
@open_to_all
def event_poster(slug: str, event_id: int) -> AnyResponse:
    """One sheet A4; what is over or off needs none, and its page says so."""
    centre = g.centre = front.centre_by_slug(slug)
    now = clock.now()
    event = event_front.find(centre, event_id, now)
    if not event.is_ahead(now):
        return redirect(url_for("public.event", slug=slug, event_id=event_id))
    sheet = poster.describe(centre, event, language(), now)
    return _file(lambda: poster.draw(sheet), poster.etag(sheet), "application/pdf", f"{slug}-{event_id}.pdf")


def _calendar(feed: PublicFeed, name: str) -> Response:
    return _file(lambda: public_calendar.render(feed), feed.etag, "text/calendar; charset=utf-8", name)


def _file(content: Callable[[], bytes], etag: str, content_type: str, name: str) -> Response:
    """Whoever has the newest form gets 304, and nothing is written out."""
    unchanged = request.if_none_match.contains_weak(etag)
    answer = Response(status=304) if unchanged else Response(content(), content_type=content_type)
    answer.set_etag(etag)
    answer.headers["Cache-Control"] = "no-cache"
    if not unchanged:
        answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return answer
