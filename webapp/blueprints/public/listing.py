"""The list of a centre's group events: a page of ours, and a frame on pages of others."""

from collections.abc import Sequence
from itertools import groupby

from flask import g, render_template, request

from webapp import clock, formatting, links
from webapp.access import language, open_to_all
from webapp.blueprints.public import blueprint
from webapp.security_headers import framed_by
from webapp.services import event_list, front
from webapp.services.event_list import Listed

SHOWN_AT_FIRST = 50
SHOWN_IN_FRAME = 10


@blueprint.get("/c/<slug>/events")
@open_to_all
def events(slug: str) -> str:
    """The soonest fifty, or with ``?all=1`` every one."""
    centre = g.centre = front.centre_by_slug(slug)
    most = event_list.EVERYTHING if "all" in request.args else SHOWN_AT_FIRST
    found = event_list.upcoming(centre, clock.now(), most=most + 1)
    return render_template(
        "public/events.html",
        centre=centre,
        months=_by_month(found[:most]),
        more=len(found) > most,
        address=links.events_page(slug),
    )


def _by_month(events: Sequence[Listed]) -> list[tuple[str, list[Listed]]]:
    def month_of(event: Listed) -> str:
        return formatting.month(event.starts_at, g.centre.zone, language())

    return [(month, list(of_month)) for month, of_month in groupby(events, key=month_of)]


@blueprint.get("/embed/<slug>")
@open_to_all
def embedded(slug: str) -> str:
    centre = g.centre = front.centre_by_slug(slug)
    framed_by(centre.embed_origins)
    found = event_list.upcoming(centre, clock.now(), most=SHOWN_IN_FRAME)
    return render_template("public/embedded.html", centre=centre, events=found)
