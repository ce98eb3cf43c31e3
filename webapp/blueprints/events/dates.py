"""Dates of an event beyond its first: it becomes a course, what follows moves, a repeat goes to who waits."""

from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock, formatting
from webapp.access import event_to_run, language, me, my_centre, saving, staff_may
from webapp.blueprints.events import blueprint
from webapp.blueprints.events.date_forms import MoveFollowingForm, RepeatForm
from webapp.form_fields import options
from webapp.rules.permissions import Permission
from webapp.series_form import RhythmForm, carried, chosen_moves, lines, read_moment, starts
from webapp.services.consultations import moving, recurring
from webapp.services.events import courses, group_events, repeats
from webapp.services.help_requests import case
from webapp.services.moves import move_outcomes
from webapp.services.times import timetable

PREPARE = Permission.PREPARE_EVENTS
DAYS_SHOWN = 6


@blueprint.route("/events/<int:event_id>/dates", methods=["GET", "POST"])
@staff_may(PREPARE)
def course(event_id: int) -> str | Response | tuple[str, int]:
    """A draft becomes a course: the rhythm, then every date before it is saved, then all or none."""
    event, form = event_to_run(event_id), RhythmForm()
    if request.method == "GET" or "change" in request.form or not form.validate():
        return _course_page(event, form), (422 if form.errors else 200)
    shown = lines(courses.candidates(my_centre(), event, form.rhythm, clock.now()), request.form)
    if "save" in request.form and not any(line.missing for line in shown):
        with saving(form) as saved:
            courses.add_dates(my_centre(), event, starts(shown), clock.now(), staff_id=me().id)
        if saved:
            flash(_("The dates are added. Who registers has a seat in every one."))
            return _back(event_id)
    return _dates_page("events/course_dates.html", event, form, shown)


@blueprint.route("/events/<int:event_id>/move-following", methods=["GET", "POST"])
@staff_may(PREPARE)
def move_following(event_id: int) -> str | Response | tuple[str, int]:
    """One date of a course and all that follow: every new date is shown before it is saved."""
    event, form = event_to_run(event_id), MoveFollowingForm()
    meetings = courses.ahead(event, clock.now())
    form.since.choices = options((one.id, _said(one.starts_at)) for one in meetings)
    if request.method == "GET" or {"from", "change"} & request.form.keys() or not form.validate():
        return _move_page(event, form), (422 if form.errors else 200)
    chosen = [one for one in meetings if one.id == form.since.data]
    following = chosen if form.shift.data == "one" else courses.following(meetings, form.since.data)
    with saving(form) as found:
        candidates = recurring.moved(my_centre(), following, form.new_first, form.shift.data, clock.now())
    if not found:
        return _move_page(event, form), 422
    shown = lines(candidates, request.form)
    if "save" in request.form and not any(line.missing for line in shown):
        moves = chosen_moves(following, shown)
        with saving(form) as saved:
            moving.must_be_free(my_centre(), moves, clock.now())
            move_outcomes.move_event_dates(my_centre(), event, moves, clock.now(), staff_id=me().id)
        if saved:
            flash(_("Moved. Everybody who registered is told."))
            return _back(event_id)
    return _dates_page("events/move_dates.html", event, form, shown, meetings=following)


@blueprint.route("/events/<int:event_id>/repeat", methods=["GET", "POST"])
@staff_may(PREPARE)
def repeat(event_id: int) -> str | Response | tuple[str, int]:
    """The same once more, offered first to those who wait."""
    event, form = event_to_run(event_id), RepeatForm()
    if request.method == "GET":
        form.capacity.data = event.capacity
    elif "from" not in request.form and form.validate():
        with saving(form) as saved:
            at = read_moment(form.at.data or "", "at")
            made = repeats.make(my_centre(), event, at, form.capacity.data, clock.now(), staff_id=me().id)
        if saved:
            flash(_("The repeat date stands. Those who wait are offered a seat once it is announced."))
            return _back(made.id)
    return render_template(
        "events/repeat.html", event=event, form=form, days=_free_days(event, group_events.meetings(event)[0])
    ), (422 if form.errors else 200)


@blueprint.post("/events/<int:event_id>/offers/<int:registration_id>/<answer>")
@staff_may(PREPARE, Permission.REGISTER_FOR_EVENTS)
def answer_offer(event_id: int, registration_id: int, answer: str) -> Response:
    """After a call: the person takes the offered seat, or does not."""
    event = group_events.find(my_centre(), event_id)
    with saving():
        repeats.answer(event, registration_id, answer, clock.now(), staff_id=me().id)
    flash(_("The seat is taken.") if answer == repeats.TAKES else _("The seat goes to the next."))
    return _back(event_id)


def _course_page(event: Any, form: RhythmForm) -> str:
    return render_template("events/course.html", event=event, form=form, planned=courses.planned(event))


def _move_page(event: Any, form: MoveFollowingForm) -> str:
    first, *following = group_events.meetings(event)
    return render_template(
        "events/move_following.html",
        event=event,
        form=form,
        following=following,
        days=_free_days(event, first),
    )


def _dates_page(template: str, event: Any, form: Any, shown: list[Any], **more: Any) -> tuple[str, int]:
    to_choose = "save" in request.form
    page = render_template(
        template, event=event, form=form, shown=shown, carried=carried(form), to_choose=to_choose, **more
    )
    return page, 422 if to_choose else 200


def _free_days(event: Any, meeting: Any) -> Any:
    hosts = [host.id for host in group_events.hosts_of(event)]
    free = timetable.free_for_all(
        my_centre(),
        hosts,
        clock.now(),
        minutes=meeting.minutes,
        notice=False,
        days=timetable.SCHOOL_YEAR,
    )
    return case.by_day(my_centre(), free, first=_first_day(), most=DAYS_SHOWN)


def _first_day() -> date | None:
    try:
        return formatting.read_day(request.form.get("from", ""))
    except ValueError:
        return None


def _said(starts_at: Any) -> str:
    return formatting.when_without_place(starts_at, my_centre().zone, language(), clock.now().year)


def _back(event_id: int) -> Response:
    return redirect(url_for("events.event", event_id=event_id))
