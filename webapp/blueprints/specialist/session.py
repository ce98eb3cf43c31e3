"""One consultation: its facts and history, its room, its end."""

from flask import jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock, formatting, wording
from webapp.access import me, my_centre, saving, staff_may
from webapp.blueprints.specialist import blueprint
from webapp.rules.permissions import Permission, may
from webapp.security_headers import with_camera
from webapp.services.consultations import agenda
from webapp.services.moves import move_cases
from webapp.services.pages import live
from webapp.services.rooms import conferences, connection_problems, presence


@blueprint.get("/consultations/<int:consultation_id>")
@staff_may(Permission.HOLD_CONSULTATIONS, Permission.SEE_REQUESTS)
def consultation(consultation_id: int) -> str | Response:
    sees_all = may(me().roles, Permission.SEE_REQUESTS)
    now, only_of = clock.now(), None if sees_all else me().id
    event_id = agenda.find(my_centre().id, consultation_id, only_of).group_event_id
    if event_id is not None:
        return redirect(url_for("events.event", event_id=event_id))
    news = live.of_consultation(my_centre().id, consultation_id, only_of)  # first: the rest may be newer
    found = agenda.opened(my_centre().id, consultation_id, only_of, now)
    hosts = agenda.hosts_of(found.consultation)
    is_own = me() in hosts
    return render_template(
        "specialist/consultation.html",
        consultation=found.consultation,
        session=found.session,
        news=news,
        request_row=found.request,
        hosts=hosts,
        seen=presence.seen(found.consultation.id, now),
        history=agenda.history(found.consultation),
        case=move_cases.open_case_of(found.consultation.id),
        may_alone=my_centre().specialists_may,
        is_own=is_own,
        sees_note=is_own or may(me().roles, Permission.ANSWER_REQUESTS),
        may_enter=is_own and found.lets_in,
    )


@blueprint.get("/consultations/<int:consultation_id>/room")
@staff_may(Permission.HOLD_CONSULTATIONS)
def room(consultation_id: int) -> ResponseReturnValue:
    now = clock.now()
    found = agenda.opened(my_centre().id, consultation_id, me().id, now)
    entry = conferences.admit_specialist(my_centre(), found.consultation, me(), now)
    if entry is None:
        return redirect(url_for("specialist.consultation", consultation_id=consultation_id))
    with_camera()
    return render_template(
        "specialist/room.html",
        centre=my_centre(),
        consultation=found.consultation,
        session=found.session,
        entry=entry,
        voice=found.session.means != "video",
        chat=found.session.means == "chat",
        form=None,
    )


@blueprint.get("/consultations/<int:consultation_id>/state")
@staff_may(Permission.HOLD_CONSULTATIONS)
def state(consultation_id: int) -> Response:
    """What the room page asks for every few seconds: what the family said, and whether it is over."""
    found = agenda.find(my_centre().id, consultation_id, me().id)
    problems = connection_problems.of_consultation(found.id)
    return jsonify(
        open=conferences.is_open(found, clock.now()),
        problems=[
            _("%(time)s: %(what)s", time=formatting.hour(problem.reported_at, my_centre().zone), what=words)
            for problem in problems
            for words in [wording.EVENTS[f"connection.{problem.kind}"]]
        ],
    )


@blueprint.post("/consultations/<int:consultation_id>/end")
@staff_may(Permission.HOLD_CONSULTATIONS)
def end(consultation_id: int) -> Response:
    found = agenda.find(my_centre().id, consultation_id, me().id)
    with saving():
        conferences.end_for_all(found, clock.now(), staff_id=me().id)
    return redirect(url_for("specialist.write_up", consultation_id=found.id))
