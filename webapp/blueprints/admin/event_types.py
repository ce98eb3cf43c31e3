"""The centre's catalogue of group events."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import me, my_centre, saving, staff_may
from webapp.blueprints.admin import blueprint
from webapp.blueprints.admin.forms import EventTypeForm
from webapp.form_fields import spread, texts_of
from webapp.rules.permissions import Permission
from webapp.services.events import event_types as catalogue
from webapp.services.events.event_types import DescribedType

PLAIN = (
    "form",
    "minimum",
    "maximum",
    "minutes",
    "open_to",
    "needs_approval",
    "with_children",
    "active",
    "position",
)


@blueprint.get("/event-types")
@staff_may(Permission.SET_UP_CENTRE)
def event_types() -> str:
    return render_template("admin/event_types.html", kinds=catalogue.of_centre(my_centre()))


@blueprint.route("/event-types/new", methods=["GET", "POST"])
@staff_may(Permission.SET_UP_CENTRE)
def new_event_type() -> str | Response | tuple[str, int]:
    form = EventTypeForm()
    if form.validate_on_submit():
        with saving(form) as saved:
            catalogue.add(my_centre(), _described(form), clock.now(), by=me())
        if saved:
            flash(_("Added. It can be chosen for new events."))
            return redirect(url_for("admin.event_types"))
    return render_template("admin/event_type.html", form=form, kind=None), 422 if form.errors else 200


@blueprint.route("/event-types/<int:event_type_id>", methods=["GET", "POST"])
@staff_may(Permission.SET_UP_CENTRE)
def event_type(event_type_id: int) -> str | Response | tuple[str, int]:
    found = catalogue.find(my_centre(), event_type_id)
    plain = {name: getattr(found, name) for name in PLAIN}
    form = EventTypeForm(data={**plain, **spread("titles", found.titles), **spread("bring", found.bring)})
    if form.validate_on_submit():
        with saving(form) as saved:
            catalogue.change(my_centre(), found, _described(form), clock.now(), by=me())
        if saved:
            flash(_("Saved. Events made before stay as they are."))
            return redirect(url_for("admin.event_types"))
    return render_template("admin/event_type.html", form=form, kind=found), 422 if form.errors else 200


def _described(form: EventTypeForm) -> DescribedType:
    values = {name: form[name].data for name in PLAIN if name != "position"}
    return DescribedType(
        **values,
        titles=texts_of(form, "titles"),
        bring=texts_of(form, "bring"),
        position=form.position.data or 0,
    )
