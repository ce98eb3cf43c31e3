"""The list of group events, and one of them with everything that stands about it."""

from flask import render_template

from webapp import clock
from webapp.access import me, my_centre, staff_may
from webapp.blueprints.events import blueprint
from webapp.rules.permissions import Permission
from webapp.services import event_desk, group_events


@blueprint.get("/events")
@staff_may(Permission.PREPARE_EVENTS, Permission.REGISTER_FOR_EVENTS)
def index() -> str:
    listed = event_desk.listed(my_centre(), clock.now())
    return render_template("events/index.html", listed=listed)


@blueprint.get("/events/<int:event_id>")
@staff_may(Permission.PREPARE_EVENTS, Permission.REGISTER_FOR_EVENTS)
def event(event_id: int) -> str:
    centre, now = my_centre(), clock.now()
    found = group_events.find(centre, event_id)
    shown = event_desk.load(centre, found, now)
    return render_template(
        "events/event.html", event=found, shown=shown, may_run=event_desk.may_run(shown, me())
    )
