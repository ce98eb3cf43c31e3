"""Deadlines met and missed, checks not done, who is overloaded; and calling a consultation off."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import me, my_centre, saving, staff_may
from webapp.blueprints.deputy import blueprint
from webapp.rules.moves import Change
from webapp.rules.permissions import Permission
from webapp.services.consultations import cancelling
from webapp.services.help_requests import case, overview, queue
from webapp.services.moves import move_outcomes


@blueprint.get("/deadlines")
@staff_may(Permission.WATCH_DEADLINES)
def deadlines() -> str:
    now, centre = clock.now(), my_centre()
    return render_template(
        "deputy/deadlines.html",
        tab="deadlines",
        answered=queue.recently_answered(centre, now),
        weeks=overview.answers_by_week(centre, now),
        loads=overview.load_of_specialists(centre, now),
        checks=overview.checks_today(centre, now),
        to_write_up=overview.to_write_up(centre, now),
        overruns=overview.overruns(centre, now),
        undelivered=overview.undelivered(centre),
    )


@blueprint.post("/requests/<int:request_id>/consultations/<int:consultation_id>/cancel")
@staff_may(Permission.CANCEL_CONSULTATIONS)
def cancel(request_id: int, consultation_id: int) -> Response:
    help_request = case.request_of(my_centre(), request_id)
    consultation = case.consultation_of(help_request, consultation_id)
    with saving():
        move_outcomes.must_be_let(my_centre(), consultation, Change.CANCEL, me().id)
        cancelling.cancel_by_centre(help_request, consultation, clock.now(), staff_id=me().id)
    flash(_("The consultation is cancelled. The family and the specialist are told."))
    return redirect(url_for("deputy.one", request_id=request_id))
