"""The dates of a course: one is given up or taken again; an offered repeat date is taken or declined."""

from flask import Response as FlaskResponse
from flask import abort, flash, g, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import participant_only, saving
from webapp.blueprints.participant import blueprint
from webapp.services.events import repeats
from webapp.services.pages import feeds
from webapp.services.seats import course_dates, registrations


def _back(message: str) -> Response:
    flash(message)
    return redirect(url_for("participant.page", token=g.token))


@blueprint.post("/dates/<int:consultation_id>/skip")
@participant_only
def skip(consultation_id: int) -> Response:
    with saving():
        registrations.skip(g.registration, consultation_id, clock.now())
    return _back(_("You skip this date. Your seat in the other dates stays."))


@blueprint.post("/dates/<int:consultation_id>/attend")
@participant_only
def attend(consultation_id: int) -> Response:
    with saving():
        course_dates.take_again(g.registration, consultation_id, clock.now())
    return _back(_("You come on this date after all. The invitation is on its way."))


@blueprint.get("/date-<int:consultation_id>.ics")
@participant_only
def calendar_file(consultation_id: int) -> FlaskResponse:
    content = feeds.one_meeting(g.participant.id, consultation_id)
    if content is None:
        abort(404)
    answer = FlaskResponse(content, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="meeting.ics"'
    return answer


@blueprint.post("/take-seat")
@participant_only
def take_seat() -> Response:
    """GET shows the offer, POST takes it: mail scanners open every link."""
    with saving():
        repeats.take(g.registration, clock.now())
    return _back(_("The seat is yours. The confirmation is on its way."))


@blueprint.post("/decline-seat")
@participant_only
def decline_seat() -> Response:
    with saving():
        repeats.decline(g.registration, clock.now())
    return _back(_("Thank you. The seat goes to the next, your place in the waiting list stays."))
