"""Saying that a consultation cannot be held as agreed, apart from the check."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import me, my_centre, saving, staff_may
from webapp.blueprints.moves import blueprint
from webapp.blueprints.moves.forms import NOT_TECHNICAL, ReportForm
from webapp.rules.moves import Cause
from webapp.rules.permissions import Permission
from webapp.services.consultations import agenda
from webapp.services.moves import move_reports
from webapp.services.moves.move_reports import Report
from webapp.services.times import timetable


@blueprint.route("/consultations/<int:consultation_id>/report", methods=["GET", "POST"])
@staff_may(Permission.HOLD_CONSULTATIONS)
def report(consultation_id: int) -> str | Response | tuple[str, int]:
    consultation = agenda.find(my_centre().id, consultation_id, me().id)
    form = ReportForm()
    others = [person for person in timetable.specialists_of(my_centre()) if person.id != me().id]
    other_means = [means for means in my_centre().means if means != consultation.means_agreed]
    form.fill(other_means, others)
    if form.validate_on_submit():
        with saving(form) as saved:
            cases = move_reports.report(my_centre(), consultation, me(), _said(form), clock.now())
            move_id = cases[0].id
        if saved:
            flash(_("Reported. You need not write to anybody else."))
            return redirect(url_for("moves.one", move_id=move_id))
    page = render_template("moves/report.html", form=form, consultation=consultation)
    return page, 422 if form.errors else 200


def _said(form: ReportForm) -> Report:
    is_technical = form.failure.data != NOT_TECHNICAL
    return Report(
        words=form.words.data or "",
        failure=form.failure.data if is_technical else "",
        cause=Cause.TECHNICAL if is_technical else Cause.SPECIALIST,
        proposed_means=form.chosen_means,
        proposed_specialist_id=form.chosen_specialist,
    )
