"""Several dates of one family: planning a series, moving one date or all that follow, calling them off.

Those who answer requests, and the specialist for families they have dates with (Remote consulting, 3.3).
"""

from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock, formatting
from webapp.access import me, my_centre, saving, staff_may
from webapp.blueprints.deputy import blueprint
from webapp.blueprints.deputy.forms import SeriesForm
from webapp.rules.moves import Change
from webapp.rules.permissions import Permission, may
from webapp.series_form import Line, MoveForm, carried, chosen_moves, lines, starts
from webapp.services.consultations import cancelling, confirmation, moving, recurring
from webapp.services.consultations import series as service
from webapp.services.help_requests import case
from webapp.services.moves import move_outcomes
from webapp.services.times import timetable

PLAN = (Permission.ANSWER_REQUESTS, Permission.HOLD_CONSULTATIONS)
DAYS_SHOWN = 6


@blueprint.route("/requests/<int:request_id>/series", methods=["GET", "POST"])
@staff_may(*PLAN)
def series(request_id: int) -> str | Response | tuple[str, int]:
    """First the rhythm, then every date of it before anything is saved, then all or none."""
    help_request = service.request_for(my_centre(), request_id, me())
    form = SeriesForm()
    _fill(form, help_request)
    if request.method == "GET" or {"free", "from"} & request.form.keys():
        return _rhythm_page(form, help_request)
    shown: list[Line] = []
    if form.validate():
        with saving(form):
            found = service.candidates(my_centre(), help_request, form.plan, clock.now())
            shown = lines(found, request.form)
    if form.errors:
        return _rhythm_page(form, help_request), 422
    if "save" in request.form and not any(line.missing for line in shown):
        with saving(form) as saved:
            service.book(my_centre(), help_request, form.plan, starts(shown), clock.now(), staff_id=me().id)
        if saved:
            flash(_("The dates are set. The family gets one letter with all of them."))
            return _back(request_id)
    return _dates_page("deputy/series_dates.html", form, help_request, shown)


@blueprint.route(
    "/requests/<int:request_id>/consultations/<int:consultation_id>/move", methods=["GET", "POST"]
)
@staff_may(Permission.ANSWER_REQUESTS)
def move(request_id: int, consultation_id: int) -> str | Response | tuple[str, int]:
    """Another time for one date, or for all that follow: every new date is shown before it is saved."""
    help_request = case.request_of(my_centre(), request_id)
    consultation = case.consultation_of(help_request, consultation_id)
    following = moving.following(help_request, consultation)
    form = MoveForm()
    if request.method == "GET" or "from" in request.form or not form.validate():
        return _move_page(form, help_request, following), (422 if form.errors else 200)
    only_this = form.shift.data == "one"  # the free time was seen already
    meetings, shown = following[:1] if only_this else following, list[Line]()
    with saving(form):
        found = recurring.moved(my_centre(), meetings, form.new_first, form.shift.data, clock.now())
        shown = lines(found, request.form)
    if form.errors:
        return _move_page(form, help_request, following), 422
    if ("save" in request.form or only_this) and not any(line.missing for line in shown):
        moves = chosen_moves(meetings, shown)
        with saving(form) as saved:
            move_outcomes.move_dates(my_centre(), help_request, moves, clock.now(), staff_id=me().id)
        if saved:
            flash(_("Moved. The family and the specialist are told."))
            return _back(request_id)
    return _dates_page("deputy/move_dates.html", form, help_request, shown, meetings=meetings)


@blueprint.post("/requests/<int:request_id>/consultations/<int:consultation_id>/cancel-following")
@staff_may(Permission.CANCEL_CONSULTATIONS)
def cancel_following(request_id: int, consultation_id: int) -> Response:
    help_request = case.request_of(my_centre(), request_id)
    consultation = case.consultation_of(help_request, consultation_id)
    with saving():
        move_outcomes.must_be_let(my_centre(), consultation, Change.CANCEL, me().id)
        cancelling.cancel_following_by_centre(help_request, consultation, clock.now(), staff_id=me().id)
    flash(_("The dates are cancelled. The family and the specialist are told."))
    return redirect(url_for("deputy.one", request_id=request_id))


def _fill(form: SeriesForm, help_request: Any) -> None:
    """What can be chosen; a page that is opened begins with the specialist of the request."""
    people, centre = _people(), my_centre()
    known = [person.id for person in people]
    assigned = help_request.assigned_specialist_id
    usual = [assigned] if assigned in known else known[:1]
    chosen = usual if request.method == "GET" else []
    form.fill(people, centre.means, centre.session_minutes, chosen, help_request.means_wished)


def _people() -> list[timetable.Specialist]:
    """Who can be planned: everybody, or for a specialist only themselves."""
    people = timetable.specialists_of(my_centre())
    if may(me().roles, Permission.ANSWER_REQUESTS):
        return people
    return [person for person in people if person.id == me().id]


def _rhythm_page(form: SeriesForm, help_request: Any) -> str:
    minutes = form.minutes.data if form.minutes.data and 5 <= form.minutes.data <= 240 else None
    people = _people()
    chosen = set(form.specialists.data or [])
    free = timetable.free_for_all(
        my_centre(),
        [person.id for person in people if person.id in chosen],
        clock.now(),
        minutes=minutes,
        notice=False,
        apart_from_request=help_request.id,
    )
    return render_template(
        "deputy/series.html",
        form=form,
        help_request=help_request,
        people=people,
        days=case.by_day(my_centre(), free, first=_first_day(), most=DAYS_SHOWN),
    )


def _dates_page(
    template: str, form: SeriesForm | MoveForm, help_request: Any, shown: list[Line], **more: Any
) -> tuple[str, int]:
    """Every date before it is saved; sent too early, the page says what is still to be chosen."""
    to_choose = "save" in request.form
    page = render_template(
        template,
        form=form,
        help_request=help_request,
        shown=shown,
        carried=carried(form),
        to_choose=to_choose,
        **more,
    )
    return page, 422 if to_choose else 200


def _move_page(form: MoveForm, help_request: Any, following: list[Any]) -> str:
    people = [person.id for person in confirmation.specialists_of(following[0])]
    free = timetable.free_for_all(
        my_centre(),
        people,
        clock.now(),
        minutes=following[0].minutes,
        notice=False,
        days=timetable.SCHOOL_YEAR,
    )
    return render_template(
        "deputy/move.html",
        form=form,
        help_request=help_request,
        meeting=following[0],
        following=following[1:],
        days=case.by_day(my_centre(), free, first=_first_day(), most=DAYS_SHOWN),
    )


def _first_day() -> date | None:
    try:
        return formatting.read_day(request.values.get("from", ""))
    except ValueError:
        return None


def _back(request_id: int) -> Response:
    """To the request for those who answer requests, to the day for a specialist."""
    if may(me().roles, Permission.SEE_REQUESTS):
        return redirect(url_for("deputy.one", request_id=request_id))
    return redirect(url_for("specialist.day"))
