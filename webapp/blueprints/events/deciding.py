"""Announcing a group event, or proposing it to those who decide; they approve it or send it back."""

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import event_to_run, me, my_centre, saving, staff_may
from webapp.blueprints.events import blueprint, desk
from webapp.blueprints.events.event_forms import SendBackForm
from webapp.rules.permissions import Permission
from webapp.services.events import group_events


@blueprint.post("/events/<int:event_id>/announce")
@staff_may(Permission.PREPARE_EVENTS)
def announce(event_id: int) -> Response:
    """By its type: announced at once, or proposed to whoever approves."""
    event = event_to_run(event_id)
    with saving():
        group_events.submit(my_centre(), event, clock.now(), staff_id=me().id)
    if event.state == "announced":
        flash(_("Announced. Families can register now."))
    else:
        flash(_("Proposed. Whoever approves it has got a letter."))
    return _back(event_id)


@blueprint.post("/events/<int:event_id>/approve")
@staff_may(Permission.APPROVE_EVENTS)
def approve(event_id: int) -> Response:
    event = event_to_run(event_id)
    with saving():
        group_events.approve(event, clock.now(), staff_id=me().id)
    flash(_("Approved and announced. Families can register now."))
    return _back(event_id)


@blueprint.post("/events/<int:event_id>/send-back")
@staff_may(Permission.APPROVE_EVENTS)
def send_back(event_id: int) -> Response | tuple[str, int]:
    event, form = event_to_run(event_id), SendBackForm()
    if form.validate_on_submit():
        with saving(form) as saved:
            group_events.send_back(event, form.note.data or "", clock.now(), staff_id=me().id)
        if saved:
            flash(_("Sent back with your note."))
            return _back(event_id)
    return desk.page(event, note_form=form), 422


def _back(event_id: int) -> Response:
    return redirect(url_for("events.event", event_id=event_id))
