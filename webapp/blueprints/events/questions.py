"""Questions of the participants: a host shows, hides and answers them."""

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import event_to_run, me, saving, staff_may
from webapp.blueprints.events import blueprint
from webapp.rules.permissions import Permission
from webapp.rules.questions import QuestionAction
from webapp.services.events import questions as asked

SAID = {
    QuestionAction.SHOW: _("Everybody who registered sees the question now."),
    QuestionAction.HIDE: _("The question is hidden."),
    QuestionAction.ANSWER: _("The question is marked as answered."),
}


@blueprint.get("/events/<int:event_id>/questions")
@staff_may(Permission.PREPARE_EVENTS)
def questions(event_id: int) -> str:
    event = event_to_run(event_id)
    return render_template("events/questions.html", event=event, questions=asked.of_event(event))


@blueprint.post("/events/<int:event_id>/questions/<int:question_id>/<action>")
@staff_may(Permission.PREPARE_EVENTS)
def decide_question(event_id: int, question_id: int, action: str) -> Response:
    event = event_to_run(event_id)
    if action not in SAID:
        abort(404)
    with saving():
        asked.decide(event, question_id, QuestionAction(action), clock.now(), staff_id=me().id)
    flash(str(SAID[QuestionAction(action)]))
    return redirect(url_for("events.questions", event_id=event_id))
