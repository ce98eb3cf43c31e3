"""Hearing of new meetings: the box was ticked in the request, the yes comes from the letter."""

from flask import abort, flash, g, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import family_only, saving
from webapp.blueprints.family import blueprint
from webapp.services.mail import subscribing


@blueprint.post("/mailing")
@family_only
def subscribe() -> Response:
    """Only through the link of a letter: whoever sees a screen need not own the address."""
    if not g.by_letter:
        abort(404)
    with saving():
        subscribing.grant(g.help_request, clock.now())
    flash(_("Thank you. We write when there is a new meeting; each letter has a link to leave."))
    return redirect(url_for("family.page", token=g.token))


@blueprint.post("/no-mailing")
@family_only
def decline_mailing() -> Response:
    with saving():
        subscribing.decline(g.help_request)
    flash(_("All right: you hear from us about your request only."))
    return redirect(url_for("family.page", token=g.token))
