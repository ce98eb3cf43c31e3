"""Writing to everybody who registered: one letter each."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import event_to_run, me, saving, staff_may
from webapp.blueprints.events import blueprint
from webapp.blueprints.events.forms import MessageForm
from webapp.rules.permissions import Permission
from webapp.services.events import event_messages


@blueprint.route("/events/<int:event_id>/message", methods=["GET", "POST"])
@staff_may(Permission.PREPARE_EVENTS)
def message(event_id: int) -> Response | tuple[str, int]:
    event = event_to_run(event_id)
    form = MessageForm()
    if form.validate_on_submit():
        with saving(form) as saved:
            written = event_messages.write(event, form.words.data or "", clock.now(), staff_id=me().id)
        if saved:
            flash(_("Letters on their way: %(count)s", count=written))
            return redirect(url_for("events.event", event_id=event_id))
    readers = event_messages.readers(event)
    return render_template("events/message.html", event=event, form=form, readers=readers), (
        422 if form.errors else 200
    )
