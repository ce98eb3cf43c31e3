"""The centre's page, and what stands beside it."""

from datetime import date

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp import clock, formatting
from webapp.access import open_to_all, saving
from webapp.blueprints.public import blueprint
from webapp.blueprints.public.forms import NewLinkForm
from webapp.blueprints.public.lines import lines
from webapp.extensions import limiter
from webapp.services.help_requests import consents
from webapp.services.mail.contacts import read_email
from webapp.services.pages import event_list, front, new_links

DAYS_SHOWN = 4
EVENTS_SHOWN = 3


@blueprint.get("/")
@open_to_all
def index() -> str | Response:
    centres = front.centres()
    if len(centres) == 1:
        return redirect(url_for("public.centre_page", slug=centres[0].slug))
    return render_template("public/index.html", centres=centres)


@blueprint.get("/c/<slug>/")
@open_to_all
def centre_page(slug: str) -> str:
    centre = g.centre = front.centre_by_slug(slug)
    now = clock.now()
    shown = front.at_a_glance(centre, now, first=asked_first_day(), most=DAYS_SHOWN)
    return render_template(
        "public/centre.html",
        centre=centre,
        helpers=shown.helpers,
        topics=front.topics(centre),
        days=shown.days,
        more_from=shown.more_from,
        soonest=front.soonest(shown.helpers),
        events=lines(event_list.upcoming(centre, now, most=EVENTS_SHOWN), now),
    )


def asked_first_day() -> date | None:
    """``from=2026-12-01``: where the free times begin; anything else counts as nothing."""
    try:
        return formatting.read_day(request.form.get("show_from") or request.args.get("from", ""))
    except ValueError:
        return None


@blueprint.get("/c/<slug>/privacy")
@open_to_all
def privacy(slug: str) -> str:
    centre = g.centre = front.centre_by_slug(slug)
    return render_template("public/privacy.html", centre=centre)


@blueprint.get("/c/<slug>/consent")
@open_to_all
def consent(slug: str) -> str:
    centre = g.centre = front.centre_by_slug(slug)
    return render_template("public/consent.html", centre=centre, consent=consents.current(centre))


@blueprint.get("/c/<slug>/accessibility")
@open_to_all
def accessibility(slug: str) -> str:
    centre = g.centre = front.centre_by_slug(slug)
    return render_template("public/accessibility.html", centre=centre)


@blueprint.route("/new-link", methods=["GET", "POST"])
@limiter.limit("20/hour", methods=["POST"])
@open_to_all
def new_link() -> str | Response:
    """Old links die, new ones go to the address that the family gave. The answer never tells who is known."""
    form = NewLinkForm()
    if form.validate_on_submit():
        with saving(form) as saved:
            new_links.send(read_email(form.email.data) or "", clock.now())
        if saved:
            return redirect(url_for("public.new_link_sent"))
    return render_template("public/new_link.html", form=form)


@blueprint.get("/new-link/sent")
@open_to_all
def new_link_sent() -> str:
    return render_template("public/new_link_sent.html")


@blueprint.get("/c/<slug>/consent-withdrawn")
@open_to_all
def consent_withdrawn(slug: str) -> str:
    centre = g.centre = front.centre_by_slug(slug)
    return render_template("public/consent_withdrawn.html", centre=centre)


@blueprint.get("/c/<slug>/address-removed")
@open_to_all
def address_removed(slug: str) -> str:
    centre = g.centre = front.centre_by_slug(slug)
    return render_template("public/address_removed.html", centre=centre)
