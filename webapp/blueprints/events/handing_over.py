"""The link of somebody who registered by phone alone: to print, or to send where the person says."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock, links
from webapp.access import event_to_see, me, my_centre, saving, staff_may
from webapp.blueprints.events import blueprint
from webapp.blueprints.events.event_forms import AddressForm
from webapp.rules.permissions import Permission
from webapp.services.events import event_desk, qr_code
from webapp.services.mail.contacts import read_email
from webapp.services.seats import handing_over


@blueprint.route("/events/<int:event_id>/registrations/<int:registration_id>/link", methods=["GET", "POST"])
@staff_may(Permission.PREPARE_EVENTS, Permission.REGISTER_FOR_EVENTS)
def hand_over_link(event_id: int, registration_id: int) -> str | Response | tuple[str, int]:
    event, centre, now, form = event_to_see(event_id), my_centre(), clock.now(), AddressForm()
    who = event_desk.participant(event, registration_id)
    if who.email:
        return render_template("events/link.html", event=event, who=who, form=form, address="")
    address = links.family_page(handing_over.link_of(event, registration_id))
    if form.validate_on_submit():
        with saving(form) as saved:
            email = read_email(form.email.data or "")
            handing_over.send_to(centre, event, registration_id, email, now, staff_id=me().id)
        if saved:
            flash(_("Sent to %(address)s. Reminders go there too.", address=email))
            return redirect(url_for("events.event", event_id=event_id, _anchor="people"))
    page = render_template(
        "events/link.html", event=event, who=who, form=form, address=address, qr=qr_code.draw(address)
    )
    return page, 422 if form.errors else 200
