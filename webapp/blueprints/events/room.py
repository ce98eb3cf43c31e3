"""The room of a group meeting, for its hosts."""

from flask import jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock, formatting
from webapp.access import me, my_centre, saving, staff_may
from webapp.blueprints.events import blueprint
from webapp.form_fields import row_number
from webapp.rules.permissions import Permission
from webapp.security_headers import with_camera
from webapp.services.events import group_events
from webapp.services.rooms import conferences, group_problems, group_rooms
from webapp.services.rooms.group_problems import Told


@blueprint.get("/events/<int:event_id>/room")
@staff_may(Permission.PREPARE_EVENTS)
def room(event_id: int) -> ResponseReturnValue:
    centre, now = my_centre(), clock.now()
    event = group_events.find(centre, event_id)
    meeting = group_rooms.meeting_of_host(event, request.args.get("meeting", type=row_number), me(), now)
    entry = group_rooms.admit_host(centre, event, meeting, me(), now)
    if entry is None:
        return redirect(url_for("events.event", event_id=event_id))
    with_camera()
    return render_template(
        "events/room.html",
        centre=centre,
        event=event,
        meeting=meeting,
        entry=entry,
        problems=_told(group_problems.of_meeting(meeting.id)),
        connected=_names(group_rooms.connected(meeting, now)),
        form=None,
    )


@blueprint.get("/events/<int:event_id>/room/state")
@staff_may(Permission.PREPARE_EVENTS)
def room_state(event_id: int) -> Response:
    """What the room page asks for every few seconds: who cannot connect, who is there, whether it is over."""
    now = clock.now()
    event = group_events.find(my_centre(), event_id)
    meeting = group_rooms.meeting_of_host(event, request.args.get("meeting", type=row_number), me(), now)
    return jsonify(
        open=conferences.is_open(meeting, now),
        problems=_told(group_problems.of_meeting(meeting.id)),
        connected=_names(group_rooms.connected(meeting, now)),
    )


@blueprint.post("/events/<int:event_id>/room/end")
@staff_may(Permission.PREPARE_EVENTS)
def end_room(event_id: int) -> Response:
    now = clock.now()
    event = group_events.find(my_centre(), event_id)
    meeting = group_rooms.meeting_of_host(event, request.form.get("meeting", type=row_number), me(), now)
    with saving():
        conferences.end_for_all(meeting, now, staff_id=me().id)
    return redirect(url_for("events.attendance", event_id=event_id, meeting=meeting.id))


def _told(told: Told) -> list[str]:
    """One line, however many: it changes while the page stands open."""
    if told.last_at is None:
        return []
    time = formatting.hour(told.last_at, my_centre().zone)
    return [_("%(time)s: cannot connect, so far: %(count)s", time=time, count=told.count)]


def _names(people: list[tuple[str, int]]) -> list[str]:
    return [name or _("Participant %(number)s", number=arrival) for name, arrival in people]
