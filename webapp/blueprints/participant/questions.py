"""Questions to the hosts, before and during the event."""

from flask import flash, g, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import participant_only, saving
from webapp.blueprints.participant import blueprint
from webapp.blueprints.participant.forms import QuestionForm
from webapp.blueprints.participant.page import shown_page
from webapp.services.events import questions
from webapp.services.pages import participant_page


@blueprint.post("/questions")
@participant_only
def ask() -> Response | tuple[str, int]:
    form, now = QuestionForm(), clock.now()
    ends_at = participant_page.meetings(g.participant, now)[-1].ends_at
    if form.validate_on_submit():
        with saving(form) as saved:
            questions.ask(g.participant, g.centre, form.words.data or "", ends_at, now)
        if saved:
            flash(_("Thank you. A host reads the question and shows it to all."))
            return redirect(url_for("participant.page", token=g.token, _anchor="questions"))
    return shown_page(form), 422


@blueprint.post("/questions/<int:question_id>/vote")
@participant_only
def vote(question_id: int) -> Response:
    with saving():
        questions.vote(g.participant, question_id)
    return redirect(url_for("participant.page", token=g.token, _anchor="questions"))
