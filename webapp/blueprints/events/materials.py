"""What an event hands out: links and small files."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock, wording
from webapp.access import as_download, event_to_run, me, saving, staff_may, takes_files
from webapp.blueprints.events import blueprint
from webapp.blueprints.events.forms import MaterialForm
from webapp.form_fields import options
from webapp.rules.permissions import Permission
from webapp.services.events import materials as handouts
from webapp.services.events.materials import Given


@blueprint.route("/events/<int:event_id>/materials", methods=["GET", "POST"])
@takes_files
@staff_may(Permission.PREPARE_EVENTS)
def materials(event_id: int) -> Response | tuple[str, int]:
    event = event_to_run(event_id)
    form = MaterialForm()
    form.for_whom.choices = options(wording.FOR_WHOM.items())
    if form.validate_on_submit():
        with saving(form) as saved:
            handouts.add(event, _given(form), clock.now(), staff_id=me().id)
        if saved:
            flash(_("The material is there."))
            return redirect(url_for("events.materials", event_id=event_id))
    return render_template(
        "events/materials.html",
        event=event,
        form=form,
        materials=handouts.of_event(event.id),
        most_megabytes=handouts.MOST_MEGABYTES,
        kinds=", ".join(handouts.KINDS),
    ), (422 if form.errors else 200)


@blueprint.get("/events/<int:event_id>/materials/<int:material_id>")
@staff_may(Permission.PREPARE_EVENTS)
def material(event_id: int, material_id: int) -> Response:
    event = event_to_run(event_id)
    return as_download(handouts.download(event.id, material_id))


@blueprint.post("/events/<int:event_id>/materials/<int:material_id>/remove")
@staff_may(Permission.PREPARE_EVENTS)
def remove_material(event_id: int, material_id: int) -> Response:
    event = event_to_run(event_id)
    with saving():
        handouts.remove(event, material_id, clock.now(), staff_id=me().id)
    flash(_("The material is removed."))
    return redirect(url_for("events.materials", event_id=event_id))


def _given(form: MaterialForm) -> Given:
    file = form.file.data
    return Given(
        title=form.title.data or "",
        for_whom=form.for_whom.data,
        url=form.url.data or "",
        file_name=file.filename or "" if file else "",
        content=file.read() if file else b"",
    )
