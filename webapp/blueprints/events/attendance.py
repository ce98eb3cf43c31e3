"""Who came to a meeting, for how long and by whose word; the host corrects it."""

from contextlib import suppress

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import event_to_run, event_to_see, me, my_centre, saving, staff_may
from webapp.blueprints.events import blueprint
from webapp.form_fields import row_number
from webapp.rules.permissions import Permission
from webapp.services.events import event_desk, group_attendance
from webapp.services.rooms import group_rooms

CHOICES = {"": None, "came": True, "not": False}  # as it was seen, or as the host knows


@blueprint.get("/events/<int:event_id>/attendance")
@staff_may(Permission.PREPARE_EVENTS)
def attendance(event_id: int) -> str:
    centre, event, now = my_centre(), event_to_see(event_id), clock.now()
    meeting = group_rooms.meeting_of(event, request.args.get("meeting", type=row_number), now)
    shown = event_desk.load(centre, event, now)
    return render_template(
        "events/attendance.html",
        event=event,
        meeting=meeting,
        meetings=shown.meetings,
        attendance=group_attendance.of_meeting(meeting, now),
        began=group_attendance.may_be_corrected(meeting, now),
        may_run=event_desk.may_run(shown, me()),
        form=None,
    )


@blueprint.post("/events/<int:event_id>/attendance")
@staff_may(Permission.PREPARE_EVENTS)
def correct_attendance(event_id: int) -> Response:
    event, now = event_to_run(event_id), clock.now()
    meeting = group_rooms.meeting_of(event, request.form.get("meeting", type=row_number), now)
    with saving():
        changed = group_attendance.correct(meeting, _changed(), now, staff_id=me().id)
    if changed:
        flash(_("Saved. What was seen stays beside it."))
    return redirect(url_for("events.attendance", event_id=event_id, meeting=meeting.id))


def _changed() -> dict[int, bool | None]:
    """Participations whose answer differs from the one that the page showed: a colleague's stay as they are."""
    told = {}
    for name, answer in request.form.items():
        kind, _dash, number = name.partition("-")
        if kind != "came" or answer not in CHOICES or answer == request.form.get(f"was-{number}", answer):
            continue
        with suppress(ValueError):  # what is no number is nobody of the list
            told[row_number(number)] = CHOICES[answer]
    return told
