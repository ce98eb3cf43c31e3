"""The consent text and its versions."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import me, my_centre, saving, staff_may
from webapp.blueprints.admin import blueprint
from webapp.blueprints.admin.forms import ConsentForm
from webapp.form_fields import spread, texts_of
from webapp.rules.permissions import Permission
from webapp.services.help_requests import consents


@blueprint.route("/consent", methods=["GET", "POST"])
@staff_may(Permission.SET_UP_CENTRE)
def consent() -> str | Response | tuple[str, int]:
    centre = my_centre()
    newest = consents.current(centre)
    begin_with = newest.texts if newest else consents.texts_to_begin_with(centre.names)
    form = ConsentForm(data=spread("text", begin_with))
    if form.validate_on_submit():
        with saving(form) as saved:
            texts = {code: text.replace("\r\n", "\n") for code, text in texts_of(form, "text").items()}
            consents.publish(centre, texts, clock.now(), by=me())
        if saved:
            flash(
                _("The new version is in force. Whoever agreed before agreed to the old one; it stays below.")
            )
            return redirect(url_for("admin.consent"))
    page = render_template("admin/consent.html", form=form, versions=consents.versions(centre))
    return page, 422 if form.errors else 200
