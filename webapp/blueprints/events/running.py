"""What hosts and those who approve do about an event that stands: another time, off, another hall."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock, formatting
from webapp.access import event_to_run, me, my_centre, saving, staff_may
from webapp.blueprints.events import blueprint
from webapp.blueprints.events.event_forms import MoveForm
from webapp.blueprints.events.free_times import chosen_time, free_days
from webapp.rules.permissions import Permission
from webapp.services.consultations.moving import Move
from webapp.services.events import courses, event_dates, group_events
from webapp.services.moves import move_outcomes


@blueprint.route("/events/<int:event_id>/meetings/<int:meeting_id>/move", methods=["GET", "POST"])
@staff_may(Permission.PREPARE_EVENTS)
def move(event_id: int, meeting_id: int) -> str | Response | tuple[str, int]:
    event, centre, now, form = event_to_run(event_id), my_centre(), clock.now(), MoveForm()
    meeting = group_events.meeting_of(event, meeting_id)
    host_ids = [host.id for host in group_events.hosts_of(event)]
    if "show" not in request.form and form.validate_on_submit():
        with saving(form) as saved:
            starts_at = chosen_time(form.starts.data)
            event_dates.must_be_free_at(centre, host_ids, starts_at, meeting.minutes, now)
            date = Move(meeting, starts_at)
            move_outcomes.move_event_dates(centre, event, [date], now, staff_id=me().id)
        if saved:
            when = formatting.when_without_place(starts_at, centre.zone, me().language)
            flash(_("The new time: %(when)s. Everybody who registered is told.", when=when))
            return _back(event_id)
    free = free_days(host_ids, now, minutes=meeting.minutes, chosen=form.starts.data, near=meeting.starts_at)
    return render_template("events/move.html", event=event, meeting=meeting, form=form, free=free), (
        422 if form.errors else 200
    )


@blueprint.post("/events/<int:event_id>/meetings/<int:meeting_id>/cancel")
@staff_may(Permission.PREPARE_EVENTS)
def cancel_date(event_id: int, meeting_id: int) -> Response:
    """One date of a course, or with ``following`` it and all after it."""
    event, now = event_to_run(event_id), clock.now()
    with saving():
        meeting, ahead = group_events.meeting_of(event, meeting_id), courses.ahead(event, now)
        all_after = "following" in request.form and meeting in ahead
        dates = courses.following(ahead, meeting_id) if all_after else [meeting]
        move_outcomes.cancel_event_dates(my_centre(), event, dates, now, staff_id=me().id)
    if all_after:
        flash(_("Dates that are off: %(count)s. Everybody with a seat is told.", count=len(dates)))
    else:
        flash(_("This date is off. Everybody with a seat is told."))
    return _back(event_id)


@blueprint.post("/events/<int:event_id>/cancel")
@staff_may(Permission.PREPARE_EVENTS)
def cancel(event_id: int) -> Response:
    event = event_to_run(event_id)
    with saving():
        move_outcomes.cancel_event(my_centre(), event, clock.now(), staff_id=me().id)
    if event.announced_at is None:
        flash(_("The draft is given up, and the time of the hosts is free again."))
        return redirect(url_for("events.index"))
    flash(_("Cancelled. Everybody is told, and the time of the hosts is free again."))
    return _back(event_id)


@blueprint.post("/events/<int:event_id>/enlarge")
@staff_may(Permission.PREPARE_EVENTS)
def enlarge(event_id: int) -> Response:
    """As many seats as are taken: what was made too small is large enough again."""
    event = event_to_run(event_id)
    with saving():
        plan = group_events.plan_of(event, capacity=max(event.capacity, event.seats_taken))
        group_events.describe(my_centre(), event, plan, clock.now(), staff_id=me().id)
    flash(_("The hall has room for everybody with a seat."))
    return _back(event_id)


def _back(event_id: int) -> Response:
    return redirect(url_for("events.event", event_id=event_id))
