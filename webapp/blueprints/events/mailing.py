"""Telling the subscribers of an event, and watching how far the letters are."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import event_to_run, me, saving, staff_may
from webapp.blueprints.events import blueprint
from webapp.blueprints.events.forms import MailingForm
from webapp.rules.permissions import Permission
from webapp.services.mail import mailing_progress, mailings


@blueprint.route("/events/<int:event_id>/mailing", methods=["GET", "POST"])
@staff_may(Permission.PREPARE_EVENTS)
def mailing(event_id: int) -> Response | tuple[str, int]:
    event = event_to_run(event_id)
    form, now = MailingForm(), clock.now()
    if form.validate_on_submit():
        with saving(form) as saved:
            mailings.begin(event, now, staff_id=me().id)
        if saved:
            return redirect(url_for("events.mailing", event_id=event_id))
    shown = mailing_progress.load(event, now)
    return render_template("events/mailing.html", event=event, form=form, shown=shown), (
        422 if form.errors else 200
    )


@blueprint.post("/events/<int:event_id>/mailing/pause")
@staff_may(Permission.PREPARE_EVENTS)
def pause_mailing(event_id: int) -> Response:
    found = mailings.find(event_to_run(event_id))
    with saving():
        mailings.pause(found, clock.now(), staff_id=me().id)
    return _back(event_id, _("Paused. No more letters go out until you go on."))


@blueprint.post("/events/<int:event_id>/mailing/go-on")
@staff_may(Permission.PREPARE_EVENTS)
def go_on_mailing(event_id: int) -> Response:
    found = mailings.find(event_to_run(event_id))
    with saving():
        mailings.go_on(found, clock.now(), staff_id=me().id)
    return _back(event_id, _("The letters go out again."))


@blueprint.post("/events/<int:event_id>/mailing/stop")
@staff_may(Permission.PREPARE_EVENTS)
def stop_mailing(event_id: int) -> Response:
    found = mailings.find(event_to_run(event_id))
    with saving():
        mailings.stop(found, clock.now(), staff_id=me().id)
    return _back(event_id, _("Stopped. What was not sent is not sent any more."))


@blueprint.post("/events/<int:event_id>/mailing/send-again")
@staff_may(Permission.PREPARE_EVENTS)
def send_mailing_again(event_id: int) -> Response:
    found = mailings.find(event_to_run(event_id))
    with saving():
        mailings.send_again(found, clock.now(), staff_id=me().id)
    return _back(event_id, _("They go out once more."))


@blueprint.post("/events/<int:event_id>/mailing/let-be")
@staff_may(Permission.PREPARE_EVENTS)
def let_mailing_be(event_id: int) -> Response:
    found = mailings.find(event_to_run(event_id))
    with saving():
        mailings.let_be(found, clock.now(), staff_id=me().id)
    return _back(event_id, _("Left as they are."))


def _back(event_id: int, message: str) -> Response:
    flash(message)
    return redirect(url_for("events.mailing", event_id=event_id))
