"""One's own working hours, days that differ, absences, and the calendar to subscribe to."""

from datetime import datetime, time, timedelta

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock, links
from webapp.access import me, my_centre, saving, staff_may
from webapp.blueprints.specialist import blueprint
from webapp.blueprints.specialist.forms import AbsenceForm, ExceptionForm, WeeklyHoursForm
from webapp.rules.permissions import Permission
from webapp.services.pages import personal_links
from webapp.services.times import hours as hours_service

KINDS = ("weekly", "exception", "absence")


@blueprint.get("/hours")
@staff_may(Permission.KEEP_OWN_HOURS)
def hours() -> str:
    return _page()


@blueprint.post("/hours/weekly")
@staff_may(Permission.KEEP_OWN_HOURS)
def add_hours() -> str | Response:
    form = WeeklyHoursForm()
    if form.validate_on_submit():
        assert form.starts.value is not None and form.ends.value is not None
        with saving(form) as saved:
            hours_service.add_weekly(
                me(),
                int(form.weekday.data),
                form.starts.value,
                form.ends.value,
                form.valid_from.data,
                form.valid_until.data,
                clock.now(),
            )
        if saved:
            return _back(_("The hours are saved. Families can book them now."))
    return _page(weekly_form=form)


@blueprint.post("/hours/exceptions")
@staff_may(Permission.KEEP_OWN_HOURS)
def add_exception() -> str | Response:
    form = ExceptionForm()
    if form.validate_on_submit():
        with saving(form) as saved:
            touched = hours_service.add_exception(
                my_centre(),
                me(),
                form.day.data,
                form.exception_starts.value,
                form.exception_ends.value,
                form.available.data == "yes",
                clock.now(),
            )
        if saved:
            return _back(_told(touched))
    return _page(exception_form=form)


@blueprint.post("/hours/absences")
@staff_may(Permission.KEEP_OWN_HOURS)
def add_absence() -> str | Response:
    form = AbsenceForm()
    if form.validate_on_submit():
        zone = my_centre().zone_info
        first = datetime.combine(form.absent_from.data, time.min, zone)
        last = datetime.combine(form.absent_until.data + timedelta(days=1), time.min, zone)
        with saving(form) as saved:
            hours_service.add_absence(me(), first, last, form.reason.data or "", clock.now(), by=me())
        if saved:
            return _back(_told(hours_service.touched(me(), first, last)))
    return _page(absence_form=form)


@blueprint.post("/hours/<kind>/<int:row_id>/remove")
@staff_may(Permission.KEEP_OWN_HOURS)
def remove_hours(kind: str, row_id: int) -> Response:
    if kind not in KINDS:
        abort(404)
    with saving():
        hours_service.remove(me(), kind, row_id, clock.now())
    return _back(_("Removed."))


@blueprint.post("/hours/calendar")
@staff_may(Permission.KEEP_OWN_HOURS)
def renew_feed() -> Response:
    """A new secret address; the old one is dead at once."""
    with saving():
        personal_links.renew(personal_links.FEED, clock.now(), staff_id=me().id)
    return _back(_("The calendar has a new address. Subscribe again with it."))


def _back(message: str) -> Response:
    flash(message)
    return redirect(url_for("specialist.hours"))


def _told(touched: list[hours_service.Touched]) -> str:
    if not touched:
        return str(_("Saved."))
    count = len(touched)
    return str(_("Saved. Booked sessions that it touches: %(count)s. They stay; see below.", count=count))


def _page(
    weekly_form: WeeklyHoursForm | None = None,
    exception_form: ExceptionForm | None = None,
    absence_form: AbsenceForm | None = None,
) -> str:
    now = clock.now()
    feed_token = personal_links.token_of(personal_links.FEED, staff_id=me().id)
    hours = hours_service.of_specialist(my_centre(), me(), now)
    return render_template(
        "specialist/hours.html",
        hours=hours,
        failed=hours_service.closed_by_failure(me(), hours, now),
        touched=hours_service.touched_by(my_centre(), me(), hours, now),
        feed_address=links.webcal(feed_token) if feed_token else None,
        form=weekly_form or exception_form or absence_form,
        weekly_form=weekly_form or WeeklyHoursForm(formdata=None),
        exception_form=exception_form or ExceptionForm(formdata=None),
        absence_form=absence_form or AbsenceForm(formdata=None),
        resolution=timedelta(seconds=1),
    )
