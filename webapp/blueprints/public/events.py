"""Group events: what is announced, and registering for it."""

from flask import g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from webapp import clock, formatting, links
from webapp.access import as_download, language, open_to_all, saving, source_hash
from webapp.blueprints.public import blueprint, structured_data
from webapp.blueprints.public.forms import RegisterForm
from webapp.extensions import limiter
from webapp.form_fields import options
from webapp.rules.groups import ForWhom
from webapp.services.events import materials, questions
from webapp.services.mail.contacts import read_contact
from webapp.services.pages import event_front, front
from webapp.services.seats import registrations
from webapp.services.seats.admission import Wanted

WRITTEN_TO = "registered_contact"
FOR_EVERYBODY = frozenset({ForWhom.EVERYBODY})


@blueprint.route("/c/<slug>/events/<int:event_id>", methods=["GET", "POST"])
@limiter.limit("120/hour", methods=["POST"])
@open_to_all
def event(slug: str, event_id: int) -> Response | tuple[str, int]:
    """With ``?zone=…`` the hour there stands beside that of the centre: asked for by a script, or by hand."""
    centre = g.centre = front.centre_by_slug(slug)
    now = clock.now()
    shown = event_front.find(centre, event_id, now)
    form = RegisterForm()
    zone = formatting.known_zone(request.form.get("zone") or request.args.get("zone", "")) or centre.zone
    form.zone.choices = options(
        formatting.zone_choices(shown.current.starts_at, language(), centre.zone, zone)
    )
    if request.method == "GET":
        form.zone.data = zone
    form.with_children = shown.with_children
    if form.validate_on_submit():
        if form.website.data:
            return _registered(slug, event_id)
        with saving(form) as saved:
            registrations.register(centre, event_id, _wanted(form), now)
        if saved:
            return _registered(slug, event_id, form.contact.data or "")
    return render_template(
        "public/event.html",
        centre=centre,
        event=shown,
        form=form,
        questions=questions.seen_by(event_id, None),
        materials=materials.of_event(event_id, for_whom=FOR_EVERYBODY),
        zone=zone,
        address=links.event_page(slug, event_id),
        summary=structured_data.summary(shown),
        data=structured_data.of_event(shown),
    ), (422 if form.errors else 200)


@blueprint.get("/c/<slug>/events/<int:event_id>/materials/<int:material_id>")
@open_to_all
def event_material(slug: str, event_id: int, material_id: int) -> Response:
    centre = g.centre = front.centre_by_slug(slug)
    event_front.find(centre, event_id, clock.now())
    return as_download(materials.download(event_id, material_id, FOR_EVERYBODY))


@blueprint.get("/c/<slug>/events/<int:event_id>/registered")
@open_to_all
def registered(slug: str, event_id: int) -> str:
    """The same words for everybody: whether the address was known already is nobody's business."""
    centre = g.centre = front.centre_by_slug(slug)
    shown = event_front.find(centre, event_id, clock.now())
    contact = session.get(WRITTEN_TO, "")
    return render_template("public/registered.html", centre=centre, event=shown, contact=contact)


def _registered(slug: str, event_id: int, contact: str = "") -> Response:
    session[WRITTEN_TO] = contact.strip()
    return redirect(url_for("public.registered", slug=slug, event_id=event_id))


def _wanted(form: RegisterForm) -> Wanted:
    """The form as plain values. Raises a domain error beside the field it is about."""
    email, phone = read_contact(form.contact.data or "", g.centre.country)
    return Wanted(
        language=language(),
        zone=form.zone.data,
        email=email,
        phone=phone,
        shown_name=(form.shown_name.data or "").strip(),
        parent_present=(form.parent_present.data or "").strip(),
        consent=form.consent.data,
        mailing=form.mailing.data,
        source_hash=source_hash(),
    )
