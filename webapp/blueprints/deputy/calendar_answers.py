"""Answers that came from calendars: dealt with, or not a question any more."""

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import me, my_centre, saving, staff_may
from webapp.blueprints.deputy import blueprint
from webapp.rules.permissions import Permission
from webapp.services.mail import calendar_items


@blueprint.post("/calendar-answers/<int:mail_id>/settled")
@staff_may(Permission.ANSWER_REQUESTS)
def settle_answer(mail_id: int) -> Response:
    with saving():
        calendar_items.settle(my_centre(), mail_id, clock.now(), staff_id=me().id)
    flash(_("Noted. The answer of the calendar is settled."))
    return redirect(url_for("deputy.requests"))
