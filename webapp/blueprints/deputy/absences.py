"""A specialist is away: what it touches, and what becomes of each session."""

from datetime import datetime, time, timedelta

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import DateField, StringField
from wtforms.validators import InputRequired, Length

from webapp import clock
from webapp.access import me, my_centre, saving, staff_may
from webapp.blueprints.deputy import blueprint
from webapp.form_fields import SelectField, options
from webapp.rules.moves import Change
from webapp.rules.permissions import Permission, may
from webapp.services.centre import staffing
from webapp.services.consultations import cancelling
from webapp.services.help_requests import case
from webapp.services.moves import move_outcomes
from webapp.services.times import absences as service
from webapp.services.times import hours, timetable
from webapp.services.times.absences import Away

SECOND = timedelta(seconds=1)  # an absence ends with the midnight after its last day
DAY_EXAMPLE = _l("Choose a day.")


class AbsenceForm(FlaskForm):
    specialist = SelectField(_l("Who is away"), coerce=int)
    absent_from = DateField(_l("First day"), [InputRequired(DAY_EXAMPLE)])
    absent_until = DateField(_l("Last day"), [InputRequired(DAY_EXAMPLE)])
    reason = StringField(_l("Reason"), [Length(max=300)])


class HandOverForm(FlaskForm):
    specialist = SelectField(_l("Give to"), coerce=int, validate_choice=False)


@blueprint.route("/absences", methods=["GET", "POST"])
@staff_may(Permission.CANCEL_CONSULTATIONS)
def absences() -> str | Response:
    centre, form = my_centre(), AbsenceForm()
    form.specialist.choices = options((one.id, one.name) for one in timetable.specialists_of(centre))
    if form.validate_on_submit():
        person = staffing.find(centre, form.specialist.data)
        first = datetime.combine(form.absent_from.data, time.min, centre.zone_info)
        last = datetime.combine(form.absent_until.data + timedelta(days=1), time.min, centre.zone_info)
        with saving(form) as saved:
            added = hours.add_absence(person, first, last, form.reason.data or "", clock.now(), by=me())
        if saved:
            return redirect(url_for("deputy.absence", absence_id=added.id))
    return render_template(
        "deputy/absences.html",
        tab="deadlines",
        form=form,
        absences=service.current(centre, clock.now()),
        unsettled={one.absence_id: one for one in service.unsettled(centre, clock.now())},
        second=SECOND,
    )


@blueprint.get("/absences/<int:absence_id>")
@staff_may(Permission.CANCEL_CONSULTATIONS, Permission.KEEP_OWN_HOURS)
def absence(absence_id: int) -> str:
    return _page(_away(absence_id))


@blueprint.post("/absences/<int:absence_id>/sessions/<int:consultation_id>/hand-over")
@staff_may(Permission.CANCEL_CONSULTATIONS)
def hand_over(absence_id: int, consultation_id: int) -> str | Response | tuple[str, int]:
    away, form = _away(absence_id), HandOverForm()
    request, consultation = case.with_request(my_centre(), consultation_id)
    if form.validate_on_submit():
        with saving(form) as saved:
            move_outcomes.hand_over(
                my_centre(),
                request,
                consultation,
                away.specialist.id,
                form.specialist.data,
                clock.now(),
                staff_id=me().id,
            )
        if saved:
            return _back(absence_id, _("Given to a colleague. The family is told."))
        away = _away(absence_id)
    return _page(away, form), 422


@blueprint.post("/absences/<int:absence_id>/sessions/<int:consultation_id>/cancel")
@staff_may(Permission.CANCEL_CONSULTATIONS)
def cancel_session(absence_id: int, consultation_id: int) -> Response:
    _away(absence_id)
    request, consultation = case.with_request(my_centre(), consultation_id)
    with saving():
        move_outcomes.must_be_let(my_centre(), consultation, Change.CANCEL, me().id)
        cancelling.cancel_by_centre(request, consultation, clock.now(), staff_id=me().id)
    return _back(absence_id, _("The consultation is cancelled. The family and the specialist are told."))


def _away(absence_id: int) -> Away:
    """Of anybody for who decides, of oneself for a specialist; else there is none (404)."""
    only_of = None if may(me().roles, Permission.CANCEL_CONSULTATIONS) else me().id
    found = service.find(my_centre(), absence_id, only_of)
    if found is None:
        abort(404)
    return found


def _back(absence_id: int, message: str) -> Response:
    flash(message)
    return redirect(url_for("deputy.absence", absence_id=absence_id))


def _page(away: Away, form: HandOverForm | None = None) -> str:
    decides = may(me().roles, Permission.CANCEL_CONSULTATIONS)
    return render_template(
        "deputy/absence.html",
        tab="deadlines" if decides else "hours",
        away=away,
        touched=service.touched(my_centre(), away.absence, clock.now()),
        decides=decides,
        settles=decides and away.specialist.id != me().id,
        second=SECOND,
        form=form,
    )
