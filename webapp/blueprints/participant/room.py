"""The meeting from the participant's side: the door, the room or the broadcast, trouble, a test beforehand."""

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import participant_only, saving
from webapp.blueprints.participant import blueprint
from webapp.form_fields import row_number
from webapp.security_headers import with_camera
from webapp.services.pages import live, participant_page
from webapp.services.rooms import group_problems, group_rooms, presences

WAYS_IN = ("video", "listen")


@blueprint.get("/join")
@participant_only
def join() -> str:
    """Before the door a countdown, then the ways in, then the room; who has no seat reads what to do."""
    now, who = clock.now(), g.participant
    news = live.of_registration(who.id)  # first: what happens meanwhile is news
    shown = participant_page.load(who, now)
    way_in = request.args.get("enter")
    broadcast = group_rooms.broadcast_for(who, len(shown.hosts))
    # A neutral name tells nobody who it is, and the hosts can tell one from another.
    shown_name = who.shown_name or _("Participant %(number)s", number=who.arrival)
    entry = None
    if way_in in WAYS_IN and not broadcast:
        entry = group_rooms.admit(g.centre, who, shown, shown_name, listening=way_in == "listen")
    if entry is not None:
        with_camera()
    return render_template(
        "participant/join.html" if entry is None else "participant/room.html",
        centre=g.centre,
        who=who,
        shown=shown,
        news=news,
        standing=group_rooms.stands(who, shown),
        token=g.token,
        entry=entry,
        shown_name=shown_name,
        listening=way_in == "listen",
        broadcast=broadcast,
        form=None,
    )


@blueprint.post("/join")
@participant_only
def enter() -> Response:
    """Writes nothing by itself: acting through the link confirms the address, the room page tells the rest."""
    with saving():
        way_in = "listen" if request.form.get("listen") else "video"
    return redirect(url_for("participant.join", token=g.token, enter=way_in))


@blueprint.post("/here")
@participant_only
def here() -> tuple[str, int]:
    """The room page says that somebody is in: on entering, every two minutes and on leaving."""
    meeting_id = request.form.get("meeting", type=row_number)
    if meeting_id is not None:
        with saving():
            presences.note(g.participant.id, meeting_id, clock.now(), entering="entering" in request.form)
    return "", 204


@blueprint.post("/problem")
@participant_only
def report_problem() -> Response:
    """ "I can't connect": the hosts see it at once."""
    now = clock.now()
    with saving():
        group_problems.report(g.participant, participant_page.load(g.participant, now), now)
    flash(_("The hosts know that you cannot connect. Try once more, or call us."))
    return redirect(url_for("participant.join", token=g.token))


@blueprint.get("/check")
@participant_only
def check() -> str:
    """Camera, microphone and sound, at any time; nothing is stored and nothing leaves the device."""
    with_camera()
    return render_template("participant/check.html", centre=g.centre, token=g.token, form=None)
