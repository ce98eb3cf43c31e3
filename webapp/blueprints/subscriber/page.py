"""A subscription: confirmed, changed and ended by the owner of the address, without signing in."""

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock, formatting
from webapp.access import language, saving, subscriber_only
from webapp.blueprints.subscriber import blueprint
from webapp.blueprints.subscriber.forms import TopicsForm
from webapp.extensions import csrf
from webapp.form_fields import options
from webapp.services.mail import strangers, subscribing
from webapp.services.pages import front


@blueprint.get("")
@subscriber_only
def page() -> str:
    form = TopicsForm(topics=subscribing.topics_of(g.subscriber))
    form.topics.choices = options(
        (topic.id, formatting.in_language(topic.titles, language(), g.centre.language))
        for topic in front.topics(g.centre)
    )
    return render_template(
        "subscriber/page.html", centre=g.centre, subscriber=g.subscriber, token=g.token, form=form
    )


@blueprint.post("/confirm")
@subscriber_only
def confirm() -> Response:
    """The second yes of the double opt-in; later the same form changes the topics."""
    form = TopicsForm()
    with saving():
        subscribing.confirm(g.subscriber, form.topics.data or (), clock.now())
    flash(_("Saved. We write when there is a new meeting."))
    return redirect(url_for("subscriber.page", token=g.token))


@blueprint.route("/leave", methods=["GET", "POST"])
@csrf.exempt
@subscriber_only
def leave() -> str:
    """The address of ``List-Unsubscribe``: mail programs post to it without cookie, and follow no redirect.

    The token is what nobody else can know; there is no session that a forged form could use (RFC 8058).
    """
    if request.method == "POST":
        with saving():
            subscribing.leave(g.subscriber, clock.now())
    return render_template(
        "subscriber/leave.html", centre=g.centre, subscriber=g.subscriber, token=g.token, form=None
    )


@blueprint.route("/not-me", methods=["GET", "POST"])
@subscriber_only
def not_me() -> str | Response:
    """Somebody else gave this address: GET shows, POST removes and blocks."""
    if request.method == "GET":
        return render_template("subscriber/not_me.html", centre=g.centre, token=g.token, form=None)
    with saving():
        strangers.forget_subscriber(g.subscriber, clock.now())
    return redirect(url_for("public.address_removed", slug=g.centre.slug))
