"""The list of group events, and one of them with everything that stands about it."""

from flask import render_template

from webapp import clock
from webapp.access import event_to_see, me, my_centre, staff_may
from webapp.blueprints.events import blueprint, desk
from webapp.rules.permissions import Permission
from webapp.services.events import event_overview


@blueprint.get("/events")
@staff_may(Permission.PREPARE_EVENTS, Permission.REGISTER_FOR_EVENTS)
def index() -> str:
    return render_template("events/index.html", listed=event_overview.load(my_centre(), me(), clock.now()))


@blueprint.get("/events/<int:event_id>")
@staff_may(Permission.PREPARE_EVENTS, Permission.REGISTER_FOR_EVENTS)
def event(event_id: int) -> str:
    return desk.page(event_to_see(event_id))
