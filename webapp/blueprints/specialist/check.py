"""The equipment check before a consultation."""

import json
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from video import precheck
from webapp import clock
from webapp.access import me, my_centre, saving, staff_may
from webapp.blueprints.specialist import blueprint
from webapp.blueprints.specialist.forms import CheckForm
from webapp.rules.permissions import Permission
from webapp.security_headers import with_camera
from webapp.services.consultations import agenda
from webapp.services.consultations.agenda import Session
from webapp.services.moves import move_reports
from webapp.services.moves.move_reports import Report
from webapp.services.rooms import checks


@blueprint.route("/consultations/<int:consultation_id>/check", methods=["GET", "POST"])
@staff_may(Permission.HOLD_CONSULTATIONS)
def check(consultation_id: int) -> str | Response:
    consultation = agenda.find(my_centre().id, consultation_id, me().id)
    form = CheckForm()
    if not precheck.ITEMS_BY_MEANS.get(consultation.means_agreed):
        flash(_("This consultation needs no equipment check."))
        return redirect(url_for("specialist.consultation", consultation_id=consultation_id))
    if form.validate_on_submit():
        measured, move_id, fails = _decoded(form.measured.data), None, False
        try:
            with saving(form) as saved:
                if "broken" in request.form:
                    move_id = _report(consultation, measured, form)
                else:
                    row = checks.record(consultation, me(), measured, form.ticked, clock.now())
                    fails = row.verdict == precheck.Mark.FAILS
        except precheck.UnreadableMeasurements:
            form.form_errors.append(_("The measurements could not be read. Load the page again."))
        else:
            if saved and move_id is not None:
                flash(_("Reported. You need not write to the family."))
                return redirect(url_for("moves.one", move_id=move_id))
            if saved and fails:
                flash(
                    _(
                        "Saved: something does not work. Whoever decides on moves is told. Mend it and check again."
                    )
                )
                return redirect(url_for("specialist.consultation", consultation_id=consultation_id))
            if saved:
                flash(_("The check is saved."))
                return redirect(url_for("specialist.day"))
    return _page(form, agenda.session_of(consultation, clock.now()))


def _page(form: CheckForm, session: Session) -> str:
    with_camera()
    return render_template(
        "specialist/check.html",
        form=form,
        session=session,
        items=precheck.ITEMS_BY_MEANS[session.means],
        past=checks.past(me().id),
        norms=precheck,
        video_server=current_app.config["JITSI_URL"],
    )


def _report(consultation: Any, measured: object, form: CheckForm) -> int:
    """What was measured goes with the report, as evidence; the id of its case."""
    words, now = form.words.data or "", clock.now()
    check = checks.record_failure(consultation, me(), measured, form.ticked, words, now)
    said = Report(words=words, failure=form.failure.data, check=check)
    return move_reports.report(my_centre(), consultation, me(), said, now)[0].id


def _decoded(text: str | None) -> object:
    try:
        return json.loads(text or "{}")
    except (ValueError, RecursionError):
        return None
