"""Asking for help."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock, formatting, wording
from webapp.access import language, open_to_all, saving, source_hash
from webapp.blueprints.public import blueprint
from webapp.blueprints.public.centre import asked_first_day
from webapp.blueprints.public.forms import ANY, HELP_CHOOSE, AskForm
from webapp.extensions import limiter
from webapp.form_fields import options
from webapp.rules.errors import InThePast, NotFree, Unreadable
from webapp.services.consultations import confirmation
from webapp.services.help_requests import asked_again, consents, intake
from webapp.services.help_requests.intake import Asked, Wish
from webapp.services.mail.contacts import read_email, read_phone
from webapp.services.pages import front
from webapp.services.pages.front import Helper, OfferedTopic

DAYS_SHOWN = 5


@blueprint.route("/c/<slug>/ask", methods=["GET", "POST"])
@limiter.limit("60/hour", methods=["POST"])
@open_to_all
def ask(slug: str) -> Response | tuple[str, int]:
    centre = g.centre = front.centre_by_slug(slug)
    now = clock.now()
    people, topics = front.helpers(centre, now), front.topics_to_choose(centre)
    form = AskForm()
    _fill_choices(form, people, topics, now)
    wants_other_days = "show_from" in request.form
    if not wants_other_days and form.validate_on_submit():
        with saving(form) as saved:
            receipt = intake.receive(centre, _asked(form, people, topics), now)
            if intake.may_confirm_at_once(receipt.request, receipt.held):
                confirmation.confirm_held(centre, receipt.request.id, now, staff_id=None)
        if saved:
            return redirect(url_for("family.page", token=receipt.page_token, new=1))
    days, more_from = front.free_days(
        centre, people, first=_first_day_shown(form, centre.zone), most=DAYS_SHOWN
    )
    return render_template(
        "public/ask.html",
        centre=centre,
        form=form,
        helpers=people,
        topics=topics,
        days=days,
        more_from=more_from,
        days_from=asked_first_day(),
        last_day=front.last_day_if_asked_now(centre, now),
        consent=consents.current(centre),
        means_hints=wording.MEANS_HINTS,
    ), (422 if form.errors else 200)


def _fill_choices(
    form: AskForm, people: Sequence[Helper], topics: Sequence[OfferedTopic], now: datetime
) -> None:
    spoken = language()
    form.topic.choices = options(
        [
            *(
                (str(topic.id), formatting.in_language(topic.titles, spoken, g.centre.language))
                for topic in topics
            ),
            (HELP_CHOOSE, _("Help me choose")),
        ]
    )
    form.specialist.choices = options(
        [
            (ANY, _("It does not matter, suggest somebody")),
            *((str(person.id), person.name) for person in people),
        ]
    )
    form.means.choices = options((code, wording.means(code)) for code in g.centre.means)
    form.zone.choices = options(formatting.zone_choices(now, spoken, g.centre.zone))
    if request.method == "GET":
        form.specialist.data = request.args.get("specialist", ANY)
        form.topic.data = request.args.get("topic")
        form.first.data = request.args.get("at", ANY)
        form.means.data = g.centre.means[0] if g.centre.means else None
        form.zone.data = g.centre.zone


def _first_day_shown(form: AskForm, zone: str) -> date | None:
    """The days asked for by a button; else a time chosen on the centre's page stays in view."""
    if (asked := asked_first_day()) is not None:
        return asked
    try:
        chosen = formatting.read_moment(form.first.data or "")
    except ValueError:
        return None
    return chosen.astimezone(ZoneInfo(zone)).date()


def _asked(form: AskForm, people: Sequence[Helper], topics: Sequence[OfferedTopic]) -> Asked:
    """The form as plain values. Raises a domain error beside the field it is about."""
    topic_id = int(form.topic.data) if form.topic.data not in (None, "", HELP_CHOOSE) else None
    wanted = int(form.specialist.data) if form.specialist.data not in (None, "", ANY) else None
    able = next((topic.specialist_ids for topic in topics if topic.id == topic_id), ())
    chosen = [("first", form.first.data)] if form.first.data not in (None, "", ANY) else []
    chosen += [("more", moment) for moment in form.more.data or [] if moment != form.first.data]
    moments = [(field, _moment(written, field)) for field, written in chosen]
    asked = Asked(
        language=language(),
        zone=form.zone.data,
        means=form.means.data,
        topic_id=topic_id,
        help_choose=form.topic.data == HELP_CHOOSE,
        words=(form.words.data or "").strip(),
        specialist_id=wanted,
        urgent=form.urgent.data,
        parent_name=(form.parent_name.data or "").strip(),
        child=(form.child.data or "").strip(),
        child_age=form.child_age.data,
        email=read_email(form.email.data or ""),
        phone=read_phone(form.phone.data or "", g.centre.country),
        consent=form.consent.data,
        mailing=form.mailing.data,
        source_hash=source_hash(),
    )
    # Before the times are judged: the first is held by what was sent already.
    asked_again.must_be_new(
        g.centre, asked, next((moment for field, moment in moments if field == "first"), None)
    )
    helpers = front.who_can_help(people, wanted=wanted, able=able)
    return replace(asked, wishes=[_wish(moment, field, helpers) for field, moment in moments])


def _moment(written: str, field: str) -> datetime:
    try:
        starts_at = formatting.read_moment(written)
    except ValueError:
        raise Unreadable(field, example=_("a time of the list")) from None
    if starts_at <= clock.now():
        raise InThePast(field)
    return starts_at


def _wish(starts_at: datetime, field: str, people: Sequence[Helper]) -> Wish:
    specialist_id = front.first_free(people, starts_at)
    if specialist_id is None:
        free = front.free_on_day(g.centre, people, starts_at)
        raise NotFree(field, free=free, zone=g.centre.zone)
    return Wish(specialist_id, starts_at)
