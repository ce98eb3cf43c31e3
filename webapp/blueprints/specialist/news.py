"""Whether the open pages of the day and of one consultation show what is so."""

from flask import Response

from webapp import clock, polling
from webapp.access import me, my_centre, staff_may
from webapp.blueprints.specialist import blueprint
from webapp.rules.permissions import Permission, may
from webapp.services.pages import live


@blueprint.get("/day/version")
@staff_may(Permission.HOLD_CONSULTATIONS)
def day_version() -> Response:
    return polling.answer(live.of_day(my_centre(), me().id, clock.now()).version)


@blueprint.get("/consultations/<int:consultation_id>/version")
@staff_may(Permission.HOLD_CONSULTATIONS, Permission.SEE_REQUESTS)
def consultation_version(consultation_id: int) -> Response:
    only_of = None if may(me().roles, Permission.SEE_REQUESTS) else me().id
    news = live.of_consultation(my_centre().id, consultation_id, only_of)
    return polling.answer(news.version if news else None)
