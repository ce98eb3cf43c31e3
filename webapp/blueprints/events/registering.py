"""Seats by hand: the office registers somebody who called, and gives a seat back on somebody's behalf."""

from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock, formatting
from webapp.access import event_to_see, language, me, my_centre, saving, staff_may
from webapp.blueprints.events import blueprint
from webapp.blueprints.events.event_forms import OfficeRegistrationForm
from webapp.form_fields import options
from webapp.rules.permissions import Permission
from webapp.services.events import event_desk
from webapp.services.help_requests import consents
from webapp.services.mail.contacts import EXAMPLES, read_email, read_phone
from webapp.services.seats import registering
from webapp.services.seats.admission import Wanted


@blueprint.route("/events/<int:event_id>/register", methods=["GET", "POST"])
@staff_may(Permission.PREPARE_EVENTS, Permission.REGISTER_FOR_EVENTS)
def register(event_id: int) -> str | Response | tuple[str, int]:
    event, centre, now, form = event_to_see(event_id), my_centre(), clock.now(), OfficeRegistrationForm()
    _fill(form, now)
    form.with_children = event_desk.kind_of(event).with_children
    if form.validate_on_submit():
        with saving(form) as saved:
            place = registering.by_office(
                centre, event, _wanted(form), form.consent.data or "", now, staff_id=me().id
            )
        if saved:
            flash(_said(place))
            return redirect(url_for("events.event", event_id=event_id))
    page = render_template(
        "events/register.html",
        event=event,
        form=form,
        with_children=form.with_children,
        consent=consents.current(centre),
        example=EXAMPLES[centre.country],
    )
    return page, 422 if form.errors else 200


@blueprint.get("/events/<int:event_id>/registrations/<int:registration_id>")
@staff_may(Permission.PREPARE_EVENTS, Permission.REGISTER_FOR_EVENTS)
def registration(event_id: int, registration_id: int) -> str:
    event = event_to_see(event_id)
    who = event_desk.participant(event, registration_id)
    return render_template("events/registration.html", event=event, who=who)


@blueprint.post("/events/<int:event_id>/registrations/<int:registration_id>/give-back")
@staff_may(Permission.PREPARE_EVENTS, Permission.REGISTER_FOR_EVENTS)
def give_back(event_id: int, registration_id: int) -> Response:
    event = event_to_see(event_id)
    with saving():
        registering.give_back(event, registration_id, clock.now(), staff_id=me().id)
    flash(_("The seat is given back, and the next in the list is told."))
    return redirect(url_for("events.event", event_id=event_id) + "#people")


def _fill(form: OfficeRegistrationForm, now: datetime) -> None:
    form.zone.choices = options(formatting.zone_choices(now, language(), my_centre().zone))
    if request.method == "GET":
        form.language.data, form.zone.data = my_centre().language, my_centre().zone


def _wanted(form: OfficeRegistrationForm) -> Wanted:
    """The form as plain values. Raises a domain error beside the field it is about."""
    return Wanted(
        language=form.language.data,
        zone=form.zone.data,
        email=read_email(form.contact.data or "", "contact"),
        phone=read_phone(form.phone.data or "", my_centre().country),
        shown_name=(form.shown_name.data or "").strip(),
        parent_present=(form.parent_present.data or "").strip(),
        consent=bool(form.consent.data),
        mailing=form.mailing.data,
        entered_by=me().id,
    )


def _said(place: registering.Registered) -> str:
    if place.known_before:
        return str(_("This contact is registered already. Nothing was changed."))
    if place.in_line:
        return str(_("In the waiting list. The number: %(place)s", place=place.in_line))
    return str(_("Registered. The seat is confirmed by the office."))
