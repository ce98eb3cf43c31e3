"""Making a group event, changing what is announced, and looking at it before anybody else does."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock, formatting
from webapp.access import event_to_run, language, me, my_centre, saving, staff_may
from webapp.blueprints.events import blueprint
from webapp.blueprints.events.event_forms import AnnouncementForm, EventForm
from webapp.blueprints.events.free_times import chosen_time, free_days
from webapp.form_fields import options, spread, texts_of
from webapp.formatting import LANGUAGES
from webapp.rules import groups
from webapp.rules.permissions import Permission
from webapp.services.events import event_dates, event_desk, event_types, group_events
from webapp.services.events.group_events import Plan
from webapp.services.pages import event_front
from webapp.services.times import timetable
from webapp.services.times.timetable import Specialist

TEXTS = ("titles", "announcements", "bring")
NUMBERS = ("capacity", "minimum", "confirm_within_hours")


@blueprint.get("/events/new")
@staff_may(Permission.PREPARE_EVENTS)
def choose_type() -> str:
    return render_template("events/choose_type.html", kinds=event_types.to_choose(my_centre()))


@blueprint.route("/events/new/<int:event_type_id>", methods=["GET", "POST"])
@staff_may(Permission.PREPARE_EVENTS)
def new_event(event_type_id: int) -> str | Response | tuple[str, int]:
    centre, now = my_centre(), clock.now()
    kind = event_types.find(centre, event_type_id)
    people = timetable.specialists_of(centre)
    form = EventForm(data=_to_begin_with(kind, people))
    form.hosts.choices = options((person.id, person.name) for person in people)
    form.limit_minutes = centre.limit_minutes
    _fill(form, most_seats=kind.maximum)
    if "show" not in request.form and form.validate_on_submit():
        with saving(form) as saved:
            plan = _plan(form, kind)
            event_dates.must_be_free(centre, plan, now)
            made = group_events.make(centre, plan, now, staff_id=me().id)
        if saved:
            flash(_("The draft is saved, and the time of the hosts is taken."))
            return redirect(url_for("events.preview", event_id=made.id))
    page = render_template(
        "events/new.html",
        form=form,
        kind=kind,
        people=people,
        free=free_days(form.hosts.data or [], now, minutes=form.minutes.data, chosen=form.starts.data),
    )
    return page, 422 if form.errors else 200


@blueprint.route("/events/<int:event_id>/change", methods=["GET", "POST"])
@staff_may(Permission.PREPARE_EVENTS)
def change(event_id: int) -> str | Response | tuple[str, int]:
    event, centre, now = event_to_run(event_id), my_centre(), clock.now()
    form = AnnouncementForm(data=_as_it_stands(event))
    shown = event_desk.load(centre, event, now)
    _fill(form, most_seats=max(shown.maximum, event.capacity))
    if form.validate_on_submit():
        with saving(form) as saved:
            plan = replace(group_events.plan_of(event), **_announced(form))
            group_events.describe(centre, event, plan, now, staff_id=me().id)
        if saved:
            flash(_("Saved."))
            return redirect(url_for("events.event", event_id=event_id))
    return render_template("events/change.html", form=form, event=event, shown=shown), (
        422 if form.errors else 200
    )


@blueprint.get("/events/<int:event_id>/preview")
@staff_may(Permission.PREPARE_EVENTS)
def preview(event_id: int) -> str:
    """The public page as it will be, in any of the languages (``?in=kk``), announced to nobody."""
    event, centre, now = event_to_run(event_id), my_centre(), clock.now()
    wanted = request.args.get("in", language())
    shown_in = wanted if wanted in LANGUAGES else centre.language
    asks_first = event_desk.kind_of(event).needs_approval
    strip = render_template("events/_preview_strip.html", draft=event, asks_first=asks_first)
    with force_locale(shown_in):
        return render_template(
            "events/preview.html",
            centre=centre,
            event=event_front.as_announced(event, now),
            draft=event,
            zone=centre.zone,
            shown_in=shown_in,
            strip=strip,
        )


def _to_begin_with(kind: Any, people: Sequence[Specialist]) -> dict[str, Any]:
    """A new event as its type usually is; whoever makes it holds it, if they hold any."""
    centre = my_centre()
    return {
        "hosts": [person.id for person in people if person.id == me().id],
        "minutes": min(kind.minutes, centre.limit_minutes),
        "capacity": groups.seats_to_begin_with(kind.minimum, kind.maximum, group_events.server_carries()),
        "minimum": kind.minimum,
        "confirm_within_hours": group_events.CONFIRM_WITHIN_HOURS,
        "spoken": [centre.language],
        **spread("bring", kind.bring),
    }


def _as_it_stands(event: Any) -> dict[str, Any]:
    texts: dict[str, Any] = {}
    for name in TEXTS:
        texts |= spread(name, getattr(event, name))
    return {
        **texts,
        **{
            name: getattr(event, name)
            for name in (*NUMBERS, "spoken", "seat_after_confirming", "broadcast_url")
        },
        "topic": str(event.topic_id or ""),
    }


def _fill(form: AnnouncementForm, *, most_seats: int) -> None:
    centre = my_centre()
    topics = [
        (str(topic.id), formatting.in_language(topic.titles, language(), centre.language))
        for topic in centre.topics
        if topic.active or str(topic.id) == form.topic.data
    ]
    form.fill(topics, centre.language, most_seats, group_events.server_carries())


def _announced(form: AnnouncementForm) -> dict[str, Any]:
    """What may be changed later, too, as parts of a plan."""
    return {
        **{name: texts_of(form, name) for name in TEXTS},
        **{name: form[name].data for name in NUMBERS},
        "spoken": form.spoken.data or [],
        "topic_id": int(form.topic.data) if form.topic.data else None,
        "seat_after_confirming": form.seat_after_confirming.data,
        "broadcast_url": (form.broadcast_url.data or "").strip(),
    }


def _plan(form: EventForm, kind: Any) -> Plan:
    """The form as a plan with one date. Raises :class:`Unreadable` for a time that is none."""
    return Plan(
        event_type_id=kind.id,
        host_ids=form.hosts.data or [],
        starts=[chosen_time(form.starts.data)],
        minutes=form.minutes.data,
        **_announced(form),
    )
