"""A request that concerns the specialist and has no date yet: to be read, and the family to be called."""

from flask import render_template

from webapp import clock
from webapp.access import me, my_centre, staff_may
from webapp.blueprints.specialist import blueprint
from webapp.rules.permissions import Permission
from webapp.services.help_requests import entrusted
from webapp.services.mail import correspondence


@blueprint.get("/asked/<int:request_id>")
@staff_may(Permission.HOLD_CONSULTATIONS)
def asked(request_id: int) -> str:
    return render_template(
        "specialist/asked.html",
        shown=entrusted.load(my_centre(), request_id, me().id, clock.now()),
        deciders=correspondence.deciders(my_centre(), apart_from=me().id),
    )
