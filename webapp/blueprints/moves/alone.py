"""What a specialist does without asking, as far as the centre lets specialists."""

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import me, my_centre, saving, staff_may
from webapp.blueprints.moves import blueprint
from webapp.rules.permissions import Permission
from webapp.services.consultations import agenda
from webapp.services.moves import move_outcomes


@blueprint.post("/consultations/<int:consultation_id>/means")
@staff_may(Permission.HOLD_CONSULTATIONS)
def change_means(consultation_id: int) -> Response:
    consultation = agenda.find(my_centre().id, consultation_id, me().id)
    means = request.form.get("means", "")
    with saving():
        move_outcomes.change_means_alone(my_centre(), consultation, means, clock.now(), staff_id=me().id)
    flash(_("The means are changed. The family is told."))
    return redirect(url_for("specialist.consultation", consultation_id=consultation_id))


@blueprint.post("/consultations/<int:consultation_id>/cancel")
@staff_may(Permission.HOLD_CONSULTATIONS)
def cancel_own(consultation_id: int) -> Response:
    consultation = agenda.find(my_centre().id, consultation_id, me().id)
    with saving():
        move_outcomes.cancel_alone(my_centre(), consultation, clock.now(), staff_id=me().id)
    flash(_("The consultation is cancelled. The family is told."))
    return redirect(url_for("specialist.consultation", consultation_id=consultation_id))
