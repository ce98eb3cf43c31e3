"""What becomes of a case: another time, times to choose from, other means, somebody else, or a cancellation."""

from datetime import date, datetime

from flask import flash, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock, formatting
from webapp.access import me, my_centre, saving, staff_may
from webapp.blueprints.moves import blueprint
from webapp.blueprints.moves.cases import CONCERNED, case_to_see, to_case
from webapp.blueprints.moves.forms import InsteadForm, TimesForm
from webapp.rules.errors import NothingChosen, TooManyTimes
from webapp.rules.help_requests import MOST_OFFERED_TIMES
from webapp.series_form import read_moment
from webapp.services.consultations import changes, offers
from webapp.services.help_requests import case as requests
from webapp.services.moves import move_board, move_offers, move_outcomes, move_reports
from webapp.services.moves.move_cases import MoveCase
from webapp.services.times import timetable

DAYS_SHOWN = 6


@blueprint.route("/moves/<int:move_id>/time", methods=["GET", "POST"])
@staff_may(*CONCERNED)
def new_time(move_id: int) -> str | Response | tuple[str, int]:
    """One free time is set, up to three are offered to the family."""
    case, form = case_to_see(move_id), TimesForm()
    if request.method == "GET" or "from" in request.form or not form.validate():
        return _times_page(case, form)
    with saving(form) as saved:
        starts = [read_moment(moment, "times") for moment in form.times.data or []]
        if "offer" in request.form:
            move_offers.offer_times(my_centre(), case, starts, clock.now(), staff_id=me().id)
        else:
            move_outcomes.set_new_time(my_centre(), case, _only(starts), clock.now(), staff_id=me().id)
    if saved:
        flash(
            _("The times are offered and held.")
            if "offer" in request.form
            else _("Moved. Everybody is told.")
        )
        return to_case(move_id)
    return _times_page(case_to_see(move_id), form), 422


@blueprint.route("/moves/<int:move_id>/instead", methods=["GET", "POST"])
@staff_may(*CONCERNED)
def instead(move_id: int) -> str | Response | tuple[str, int]:
    """Other means, or another specialist: at once for whoever may, else as a proposal."""
    case, form = case_to_see(move_id), InsteadForm()
    people = changes.free_then(my_centre(), case.consultation, clock.now())
    form.fill([means for means in my_centre().means if means != case.consultation.means_agreed], people)
    if form.validate_on_submit():
        with saving(form) as saved:
            _do_instead(case, form)
        if saved:
            flash(_("Done. Whoever it concerns is told."))
            return to_case(move_id)
    shown = move_board.heading(my_centre(), case, me())
    page = render_template("moves/instead.html", form=form, shown=shown)
    return page, 422 if form.errors else 200


@blueprint.post("/moves/<int:move_id>/cancel")
@staff_may(*CONCERNED)
def cancel(move_id: int) -> Response:
    with saving():
        move_outcomes.call_off(my_centre(), case_to_see(move_id), clock.now(), staff_id=me().id)
    flash(_("Cancelled. Everybody is told."))
    return to_case(move_id)


def _do_instead(case: MoveCase, form: InsteadForm) -> None:
    centre, now, means, specialist = my_centre(), clock.now(), form.chosen_means, form.chosen_specialist
    if "propose" in request.form:
        if means is None and specialist is None:
            raise NothingChosen("means")
        move_reports.propose(centre, case, means, specialist, now, staff_id=me().id)
    elif specialist is not None:
        move_outcomes.give_to(centre, case, specialist, now, staff_id=me().id, means=means)
    elif means is not None:
        move_outcomes.use_means(centre, case, means, now, staff_id=me().id)
    else:
        raise NothingChosen("means")


def _only(starts: list[datetime]) -> datetime:
    """The time to set: exactly one."""
    if not starts:
        raise NothingChosen("times")
    if len(starts) > 1:
        raise TooManyTimes("times", most=1)
    return starts[0]


def _times_page(case: MoveCase, form: TimesForm) -> str:
    centre, now, meeting = my_centre(), clock.now(), case.consultation
    people = [person.id for person in case.holders]
    free = timetable.free_for_all(
        centre,
        people,
        now,
        minutes=meeting.minutes,
        notice=False,
        apart_from_request=meeting.help_request_id,  # what is offered can be set, or offered again
    )
    return render_template(
        "moves/time.html",
        form=form,
        shown=move_board.heading(centre, case, me()),
        days=requests.by_day(centre, free, first=_first_day(), most=DAYS_SHOWN),
        offer_limit=offers.answer_limit(centre, now),
        most=MOST_OFFERED_TIMES,
    )


def _first_day() -> date | None:
    try:
        return formatting.read_day(request.values.get("from", ""))
    except ValueError:
        return None
