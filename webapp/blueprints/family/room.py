"""Holding the consultation, from the family's side: the door, the room, trouble, a test beforehand."""

from flask import Response as FlaskResponse
from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import family_only, saving
from webapp.blueprints.family import blueprint
from webapp.security_headers import with_camera
from webapp.services.pages import feeds, live
from webapp.services.rooms import conferences, connection_problems

WAYS_IN = ("video", "voice")


@blueprint.get("/join")
@family_only
def join() -> str:
    """Before the door a countdown, then the choice, then the room; other means say how they go instead."""
    with_camera()
    now, news = clock.now(), live.of_request(g.help_request.id)
    shown_name = g.help_request.parent_name or _("Parent")
    visit = conferences.admit(g.centre, g.help_request, shown_name, now)
    way_in = request.args.get("enter")
    inside = visit is not None and visit.entry is not None and way_in in WAYS_IN
    return render_template(
        "family/room.html" if inside else "family/join.html",
        centre=g.centre,
        help_request=g.help_request,
        token=g.token,
        visit=visit,
        news=news,
        voice=way_in == "voice",
        problems=connection_problems.of_consultation(visit.consultation_id) if visit else [],
        form=None,
    )


@blueprint.post("/join")
@family_only
def enter() -> Response:
    voice_only = bool(request.form.get("voice"))
    with saving():
        conferences.note_entry(g.help_request, clock.now(), voice_only=voice_only)
    return redirect(url_for("family.join", token=g.token, enter="voice" if voice_only else "video"))


@blueprint.post("/problem")
@family_only
def report_problem() -> Response:
    """ "I can't connect": the specialist learns of it at once."""
    with saving():
        connection_problems.report(g.centre, g.help_request, connection_problems.CANNOT_CONNECT, clock.now())
    return redirect(url_for("family.join", token=g.token))


@blueprint.post("/late")
@family_only
def report_late() -> Response:
    with saving():
        connection_problems.report(g.centre, g.help_request, connection_problems.LATE, clock.now())
    flash(_("The specialist knows that you will be late. The end stays the same."))
    return redirect(url_for("family.page", token=g.token))


@blueprint.get("/check")
@family_only
def check() -> str:
    """Camera, microphone and sound, at any time; nothing is stored and nothing leaves the device."""
    with_camera()
    return render_template("family/check.html", centre=g.centre, token=g.token, form=None)


@blueprint.get("/consultation.ics")
@family_only
def calendar_file() -> FlaskResponse:
    visit = conferences.admit(g.centre, g.help_request, "", clock.now())
    return _as_file(feeds.one_date(g.centre, g.help_request, visit.consultation_id) if visit else None)


@blueprint.get("/consultation-<int:consultation_id>.ics")
@family_only
def calendar_file_of(consultation_id: int) -> FlaskResponse:
    """One of several dates."""
    return _as_file(feeds.one_date(g.centre, g.help_request, consultation_id))


def _as_file(content: bytes | None) -> FlaskResponse:
    if content is None:
        abort(404)
    answer = FlaskResponse(content, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="consultation.ics"'
    return answer
