"""The centre's own days off and working days."""

from datetime import date

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock, formatting
from webapp.access import me, my_centre, saving, staff_may
from webapp.blueprints.admin import blueprint
from webapp.blueprints.admin.forms import CorrectionForm
from webapp.rules.errors import Unreadable
from webapp.rules.permissions import Permission
from webapp.services.times import days_off, workdays

YEARS_BACK_AND_AHEAD = 2


@blueprint.route("/calendar", methods=["GET", "POST"])
@staff_may(Permission.SET_UP_CENTRE)
def calendar() -> str | Response | tuple[str, int]:
    centre, now, form = my_centre(), clock.now(), CorrectionForm()
    if form.validate_on_submit():
        with saving(form) as saved:
            touched = workdays.correct(
                centre,
                _day(form),
                form.working.data == "on",
                (form.note.data or "").strip(),
                now,
                staff_id=me().id,
            )
            booked = 0 if form.working.data == "on" else len(touched)
        if saved:
            flash(_("Saved. Times to answer are counted anew."))
            if booked:
                flash(_("Booked on this day: %(count)s. They stay as they are; see below.", count=booked))
            return redirect(url_for("admin.calendar"))
    today = now.astimezone(centre.zone_info).date()
    year = _year(today)
    page = render_template(
        "admin/calendar.html",
        form=form,
        corrections=days_off.corrections(centre, today),
        official=days_off.official_days(centre, year),
        year=year,
        today=today,
    )
    return page, 422 if form.errors else 200


@blueprint.post("/calendar/<day>/take-back")
@staff_may(Permission.SET_UP_CENTRE)
def take_back_correction(day: str) -> Response:
    try:
        corrected = formatting.read_day(day)
    except ValueError:
        abort(404)
    with saving():
        workdays.take_back(my_centre(), corrected, clock.now(), staff_id=me().id)
    flash(_("Taken back. The official calendar counts again on this day."))
    return redirect(url_for("admin.calendar"))


def _day(form: CorrectionForm) -> date:
    """Raises :class:`Unreadable` for what is no date, and for one that is out of all reason."""
    now = clock.now().astimezone(my_centre().zone_info)
    try:
        day = formatting.read_day(form.day.data)
    except ValueError:
        raise Unreadable("day", example=now.date().isoformat()) from None
    if abs(day.year - now.year) > YEARS_BACK_AND_AHEAD:
        raise Unreadable("day", example=now.date().isoformat())
    return day


def _year(today: date) -> int:
    """``?year=2027``: which official calendar is shown; anything else counts as this year."""
    asked = request.args.get("year", "")
    if asked.isdecimal() and len(asked) == 4 and abs(int(asked) - today.year) <= YEARS_BACK_AND_AHEAD:
        return int(asked)
    return today.year
