"""Today and the week."""

from datetime import date, timedelta

from flask import render_template, request

from webapp import clock, formatting
from webapp.access import me, my_centre, staff_may
from webapp.blueprints.specialist import blueprint
from webapp.rules.permissions import Permission
from webapp.services.consultations import agenda
from webapp.services.help_requests import entrusted
from webapp.services.moves import move_board
from webapp.services.pages import live
from webapp.services.rooms import checks

FURTHEST_WEEKS = 520


@blueprint.get("/day")
@staff_may(Permission.HOLD_CONSULTATIONS)
def day() -> str:
    now, centre = clock.now(), my_centre()
    news = live.of_day(centre, me().id, now)  # first: the rest may be newer
    today = now.astimezone(centre.zone_info).date()
    monday, this_monday = _monday(request.args.get("week"), today), today - timedelta(days=today.weekday())
    weeks = agenda.weeks(centre, me().id, {this_monday, monday}, now)
    return render_template(
        "specialist/day.html",
        news=news,
        today=today,
        sessions=[session for one in weeks[this_monday] if one.day == today for session in one.sessions],
        cases=move_board.of_specialist(centre, me().id, now),
        asked=entrusted.waiting(centre, me().id, now),
        behind=agenda.to_write_up(centre, me().id, now),
        due=checks.due(me().id, now),
        week=weeks[monday],
        monday=monday,
        one_week=timedelta(days=7),
    )


def _monday(chosen: str | None, today: date) -> date:
    """The first day of the chosen week; of this week for anything else."""
    try:
        day = formatting.read_day(chosen or "")
    except ValueError:
        day = today
    if abs((day - today).days) > FURTHEST_WEEKS * 7:
        day = today
    return day - timedelta(days=day.weekday())
