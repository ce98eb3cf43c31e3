"""The settings of the centre."""

from typing import Any

from flask import current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock, formatting, links
from webapp.access import language, me, my_centre, saving, staff_may
from webapp.blueprints.admin import blueprint
from webapp.blueprints.admin.forms import MOST_EMERGENCY_NUMBERS, CentreForm
from webapp.form_fields import options, spread, texts_of
from webapp.rules import embedding
from webapp.rules.permissions import Permission
from webapp.services.centre import centres, staffing
from webapp.services.centre.centres import NUMBERS, TEXTS, Settings

PLAIN = (
    "language",
    "country",
    "zone",
    "phone",
    "support_phone",
    "means",
    "specialists_may",
    "video_by_link_only",
    *NUMBERS,
)


@blueprint.route("/centre", methods=["GET", "POST"])
@staff_may(Permission.SET_UP_CENTRE)
def centre() -> str | Response | tuple[str, int]:
    form = CentreForm(data=_as_it_is())
    _fill(form)
    if form.validate_on_submit():
        with saving(form) as saved:
            centres.change(my_centre(), _settings(form), clock.now(), by=me())
        if saved:
            flash(_("Saved. Families see it at once."))
            return redirect(url_for("admin.centre"))
    page = render_template(
        "admin/centre.html",
        form=form,
        places=range(MOST_EMERGENCY_NUMBERS),
        texts=TEXTS,
        video_mode=current_app.config["SETTINGS"].jitsi_mode,
        video_server=current_app.config["JITSI_URL"],
        embedded_list=links.embedded_list(my_centre().slug, my_centre().language),
        listener=links.public_url(url_for("static", filename="embedding.js")),
    )
    return page, 422 if form.errors else 200


def _as_it_is() -> dict[str, Any]:
    """What the form begins with."""
    centre = my_centre()
    data: dict[str, Any] = {name: getattr(centre, name) for name in PLAIN}
    for name in TEXTS:
        data |= spread(name, getattr(centre, name))
    for place, entry in enumerate(centre.emergency[:MOST_EMERGENCY_NUMBERS]):
        data[f"emergency_{place}_number"] = entry["number"]
        data |= spread(f"emergency_{place}", entry["texts"])
    data["embed_origins"] = "\n".join(map(embedding.readable, centre.embed_origins))
    for name in ("phone", "support_phone"):
        data[name] = formatting.phone(data[name])
    for name in ("supervisor_id", "stand_in_id"):
        data[name] = str(getattr(centre, name) or "")
    return data


def _fill(form: Any) -> None:
    centre = my_centre()
    form.zone.choices = options(formatting.zone_choices(clock.now(), language(), centre.zone))
    deciders = {str(person_id): name for person_id, name in staffing.deciders_to_choose(centre)}
    for field, person_id in (
        (form.supervisor_id, centre.supervisor_id),
        (form.stand_in_id, centre.stand_in_id),
    ):
        choices = {"": _("nobody yet"), **deciders}
        if person_id is not None and str(person_id) not in choices:
            choices[str(person_id)] = staffing.find(centre, person_id).name
        field.choices = options(choices.items())


def _settings(form: Any) -> Settings:
    emergency = []
    for place in range(MOST_EMERGENCY_NUMBERS):
        number = (form[f"emergency_{place}_number"].data or "").strip()
        if number:
            texts = {code: text for code, text in texts_of(form, f"emergency_{place}").items() if text}
            emergency.append({"number": number, "texts": texts})
    values: dict[str, Any] = {name: form[name].data for name in PLAIN}
    values |= {name: texts_of(form, name) for name in TEXTS}
    return Settings(
        **values,
        embed_origins=(form.embed_origins.data or "").splitlines(),
        emergency=emergency,
        supervisor_id=int(form.supervisor_id.data) if form.supervisor_id.data else None,
        stand_in_id=int(form.stand_in_id.data) if form.stand_in_id.data else None,
    )
