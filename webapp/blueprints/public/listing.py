"""The list of a centre's group events: a page of ours, and a frame on pages of others."""

from itertools import groupby
from operator import attrgetter

from flask import g, render_template, request

from webapp import clock, links
from webapp.access import open_to_all
from webapp.blueprints.public import blueprint
from webapp.blueprints.public.lines import lines
from webapp.security_headers import framed_by
from webapp.services.pages import event_list, front

SHOWN_AT_FIRST = 50
SHOWN_IN_FRAME = 10


@blueprint.get("/c/<slug>/events")
@open_to_all
def events(slug: str) -> str:
    """The soonest fifty, or with ``?all=1`` every one."""
    centre = g.centre = front.centre_by_slug(slug)
    most = event_list.EVERYTHING if "all" in request.args else SHOWN_AT_FIRST
    now = clock.now()
    found = event_list.upcoming(centre, now, most=most + 1)
    shown = lines(found[:most], now)
    return render_template(
        "public/events.html",
        centre=centre,
        months=[(month, list(of_month)) for month, of_month in groupby(shown, key=attrgetter("month"))],
        more=len(found) > most,
        address=links.events_page(slug),
    )


@blueprint.get("/embed/<slug>")
@open_to_all
def embedded(slug: str) -> str:
    centre = g.centre = front.centre_by_slug(slug)
    framed_by(centre.embed_origins)
    now = clock.now()
    found = event_list.upcoming(centre, now, most=SHOWN_IN_FRAME)
    return render_template("public/embedded.html", centre=centre, events=lines(found, now))
