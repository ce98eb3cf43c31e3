"""Closing a meeting: how many came, a note that stays inside, a word for those who came."""

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock, formatting
from webapp.access import event_to_run, me, saving, staff_may
from webapp.blueprints.events import blueprint
from webapp.blueprints.events.forms import ClosingForm
from webapp.rules.permissions import Permission
from webapp.services.events import event_closing, group_attendance, materials
from webapp.services.events.event_closing import Closing


@blueprint.route("/events/<int:event_id>/close", methods=["GET", "POST"])
@staff_may(Permission.PREPARE_EVENTS)
def close(event_id: int) -> Response | tuple[str, int]:
    event, now = event_to_run(event_id), clock.now()
    meeting = event_closing.to_close(event, now)
    if meeting is None:
        abort(404)
    seen = group_attendance.of_meeting(meeting, now)
    form = ClosingForm(number_present=seen.present)
    if form.validate_on_submit():
        with saving(form) as saved:
            written = event_closing.close(event, meeting, _closing(form), now, staff_id=me().id)
        if saved:
            flash(_("The meeting is closed. Letters on their way: %(count)s", count=written))
            return redirect(url_for("events.event", event_id=event_id))
    return render_template(
        "events/close.html",
        event=event,
        meeting=meeting,
        seen=seen,
        form=form,
        materials=materials.of_event(event.id),
    ), (422 if form.errors else 200)


def _closing(form: ClosingForm) -> Closing:
    words = {language: form[f"words_{language}"].data or "" for language in formatting.LANGUAGES}
    return Closing(form.number_present.data, form.note.data or "", words)
