"""Hearing of other meetings too: the box was ticked at the registration, the yes comes from the letter."""

from flask import flash, g, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import participant_only, saving
from webapp.blueprints.participant import blueprint
from webapp.services.mail import subscribing


@blueprint.post("/mailing")
@participant_only
def subscribe() -> Response:
    with saving():
        subscribing.grant(g.registration, clock.now())
    flash(_("Thank you. We write when there is a new meeting; each letter has a link to leave."))
    return redirect(url_for("participant.page", token=g.token))


@blueprint.post("/no-mailing")
@participant_only
def decline_mailing() -> Response:
    with saving():
        subscribing.decline(g.registration)
    flash(_("All right: you hear from us about this meeting only."))
    return redirect(url_for("participant.page", token=g.token))
