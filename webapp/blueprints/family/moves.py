"""Another time for a consultation that is set: the family's wish, and the times that we offer instead."""

from flask import g, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import family_only, saving
from webapp.blueprints.family import blueprint
from webapp.blueprints.family.forms import ChoiceForm, DateForm, WordsForm
from webapp.blueprints.family.page import back, page_again
from webapp.services.consultations import cancelling
from webapp.services.moves import move_decisions, move_offers, move_reports


@blueprint.post("/wish-time")
@family_only
def wish_time() -> Response | tuple[str, int]:
    """The old time stays until we have answered."""
    form, consultation = WordsForm(), cancelling.chosen(g.help_request, DateForm().date.data)
    if consultation is None:
        return back(_("There is nothing to move: no consultation is planned."))
    if form.validate_on_submit():
        with saving(form) as saved:
            move_reports.wish(g.centre, g.help_request, consultation, form.words.data or "", clock.now())
        if saved:
            return back(_("Thank you. Until we answer, your time stays."))
    return page_again(form)


@blueprint.post("/keep-time")
@family_only
def keep_time() -> Response:
    """The family takes its wish back."""
    consultation = cancelling.chosen(g.help_request, DateForm().date.data)
    if consultation is None:
        return back(_("There is nothing to move: no consultation is planned."))
    with saving():
        case = move_offers.case_of(g.help_request, consultation.id)
        move_decisions.keep_time(case, clock.now())
    return back(_("Good. Your time stays."))


@blueprint.post("/accept-move")
@family_only
def accept_move() -> Response:
    form = ChoiceForm()
    if not form.validate_on_submit():
        return back(_("Choose one of the times."))
    with saving():
        move_offers.accept(g.centre, g.help_request, form.time.data, clock.now())
    return back(_("The time is yours. The new invitation is on its way."))


@blueprint.post("/other-times")
@family_only
def other_times() -> Response | tuple[str, int]:
    """None of the times that we offer for a move suits."""
    form, consultation = WordsForm(), cancelling.chosen(g.help_request, DateForm().date.data)
    if consultation is None:
        return redirect(url_for("family.page", token=g.token))
    if form.validate_on_submit():
        with saving(form) as saved:
            case = move_offers.case_of(g.help_request, consultation.id)
            move_offers.refuse(case, form.words.data or "", clock.now())
        if saved:
            return back(_("Thank you. We will suggest other times."))
    return page_again(form)
