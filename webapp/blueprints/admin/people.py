"""The staff: invited, given roles, let go."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock, formatting, links
from webapp.access import me, my_centre, saving, staff_may
from webapp.blueprints.admin import blueprint
from webapp.blueprints.admin.forms import PersonForm
from webapp.form_fields import spread, texts_of
from webapp.rules.permissions import Permission
from webapp.services.centre import staffing
from webapp.services.centre.staffing import Described


@blueprint.get("/people")
@staff_may(Permission.MANAGE_STAFF)
def people() -> str:
    return render_template("admin/people.html", people=staffing.people(my_centre(), clock.now()))


@blueprint.route("/people/new", methods=["GET", "POST"])
@staff_may(Permission.MANAGE_STAFF)
def new_person() -> str | Response | tuple[str, int]:
    form = PersonForm(data={"language": my_centre().language})
    if form.validate_on_submit():
        now = clock.now()
        with saving(form) as saved:
            added = staffing.add(my_centre(), _described(form), now, by=me())
            staffing.invite(added, now, by=me())
        if saved:
            return redirect(url_for("admin.person", staff_id=added.id))
    return render_template("admin/person.html", form=form, found=None), 422 if form.errors else 200


@blueprint.route("/people/<int:staff_id>", methods=["GET", "POST"])
@staff_may(Permission.MANAGE_STAFF)
def person(staff_id: int) -> str | Response | tuple[str, int]:
    found = staffing.find(my_centre(), staff_id)
    plain = {name: getattr(found, name) for name in ("name", "email", "profession", "language")}
    plain["phone"] = formatting.phone(found.phone)
    form = PersonForm(data={**plain, "roles": sorted(found.roles), **spread("about", found.about)})
    if form.validate_on_submit():
        with saving(form) as saved:
            staffing.change(my_centre(), found, _described(form), clock.now(), by=me())
        if saved:
            flash(_("Saved."))
            return redirect(url_for("admin.people"))
    page = render_template(
        "admin/person.html",
        form=form,
        found=found,
        planned=staffing.planned_with(found, clock.now()),
        invitation=(link := staffing.open_invitation(found, clock.now())) and links.invitation(link),
    )
    return page, 422 if form.errors else 200


@blueprint.post("/people/<int:staff_id>/invite")
@staff_may(Permission.MANAGE_STAFF)
def invite_person(staff_id: int) -> Response:
    found = staffing.find(my_centre(), staff_id)
    with saving():
        staffing.invite(found, clock.now(), by=me())
    flash(_("The link is on its way by e-mail. You can also copy it here."))
    return redirect(url_for("admin.person", staff_id=staff_id))


@blueprint.post("/people/<int:staff_id>/deactivate")
@staff_may(Permission.MANAGE_STAFF)
def deactivate_person(staff_id: int) -> Response:
    found = staffing.find(my_centre(), staff_id)
    with saving():
        staffing.deactivate(found, clock.now(), by=me())
    flash(_("Signed out everywhere and closed. Everything written stays."))
    return redirect(url_for("admin.person", staff_id=staff_id))


@blueprint.post("/people/<int:staff_id>/activate")
@staff_may(Permission.MANAGE_STAFF)
def activate_person(staff_id: int) -> Response:
    found = staffing.find(my_centre(), staff_id)
    with saving():
        staffing.activate(found, clock.now(), by=me())
    flash(_("Open again."))
    return redirect(url_for("admin.person", staff_id=staff_id))


def _described(form: PersonForm) -> Described:
    return Described(
        name=form.name.data or "",
        email=form.email.data or "",
        roles=form.roles.data or [],
        profession=form.profession.data or "",
        phone=form.phone.data or "",
        language=form.language.data,
        about=texts_of(form, "about"),
    )
