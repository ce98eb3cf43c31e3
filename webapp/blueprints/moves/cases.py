"""One case: its evidence, its decision, its history."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import me, my_centre, saving, staff_may
from webapp.blueprints.moves import blueprint
from webapp.blueprints.moves.forms import DecisionForm
from webapp.rules.moves import MoveEvent
from webapp.rules.permissions import Permission, may
from webapp.services.moves import move_board, move_cases, move_decisions
from webapp.services.moves.move_cases import MoveCase

CONCERNED = (Permission.DECIDE_MOVES, Permission.HOLD_CONSULTATIONS)


def case_to_see(move_id: int) -> MoveCase:
    """Any of the centre for those who decide, else one's own. Raises ``NoResultFound`` (404)."""
    sees_all = may(me().roles, Permission.DECIDE_MOVES)
    return move_cases.find(my_centre(), move_id, holder_id=None if sees_all else me().id)


@blueprint.get("/moves/<int:move_id>")
@staff_may(*CONCERNED)
def one(move_id: int) -> str:
    return page(case_to_see(move_id), DecisionForm(formdata=None))


def page(case: MoveCase, form: DecisionForm) -> str:
    return render_template(
        "moves/case.html",
        shown=move_board.load(my_centre(), case, me(), clock.now()),
        form=form,
    )


@blueprint.post("/moves/<int:move_id>/decide")
@staff_may(Permission.DECIDE_MOVES)
def decide(move_id: int) -> Response | tuple[str, int]:
    """One click. Whoever is late is told who decided, and sees it below."""
    form, case = DecisionForm(), move_cases.find(my_centre(), move_id)
    if form.validate_on_submit():
        cases = move_cases.same_report(case) if form.all_of_row.data else []
        with saving(form) as saved:
            move_decisions.decide(
                cases or [case],
                MoveEvent(form.verdict.data),
                form.note.data or "",
                clock.now(),
                staff_id=me().id,
            )
        if saved:
            flash(_("Decided. Whoever reported it is told."))
            return to_case(move_id)
    return page(case_to_see(move_id), form), 422


@blueprint.post("/moves/<int:move_id>/take-back")
@staff_may(Permission.HOLD_CONSULTATIONS)
def take_back(move_id: int) -> Response:
    """It works again: only those who hold the consultation, or reported it, know that."""
    case = move_cases.find(my_centre(), move_id, holder_id=me().id)
    with saving():
        move_decisions.take_back(case, clock.now(), staff_id=me().id)
    flash(_("Good. It is held as planned."))
    return to_case(move_id)


def to_case(move_id: int) -> Response:
    return redirect(url_for("moves.one", move_id=move_id))
