"""Asking to hear of new meetings."""

from flask import g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from webapp import clock, formatting
from webapp.access import language, open_to_all, saving
from webapp.blueprints.public import blueprint
from webapp.blueprints.public.forms import SubscribeForm
from webapp.extensions import limiter
from webapp.form_fields import options
from webapp.services.mail import subscribing
from webapp.services.mail.contacts import read_email
from webapp.services.mail.subscribing import Wished
from webapp.services.pages import front


@blueprint.route("/c/<slug>/mailing", methods=["GET", "POST"])
@limiter.limit("60/hour", methods=["POST"])
@open_to_all
def mailing(slug: str) -> Response | tuple[str, int]:
    centre = g.centre = front.centre_by_slug(slug)
    form = SubscribeForm()
    form.topics.choices = options(
        (topic.id, formatting.in_language(topic.titles, language(), centre.language))
        for topic in front.topics(centre)
    )
    if form.validate_on_submit():
        with saving(form) as saved:
            if not form.website.data:
                subscribing.ask(centre, _wished(form), clock.now())
        if saved:
            return redirect(url_for("public.mailing_asked", slug=slug))
    return render_template("public/mailing.html", centre=centre, form=form), (422 if form.errors else 200)


@blueprint.get("/c/<slug>/mailing/asked")
@open_to_all
def mailing_asked(slug: str) -> str:
    """The same words for everybody: whether the address was known already is nobody's business."""
    centre = g.centre = front.centre_by_slug(slug)
    return render_template("public/mailing_asked.html", centre=centre)


def _wished(form: SubscribeForm) -> Wished:
    """The form as plain values. Raises a domain error beside the field it is about."""
    return Wished(
        email=read_email(form.email.data or "") or "",
        language=language(),
        consent=form.consent.data,
        topic_ids=form.topics.data or (),
    )
