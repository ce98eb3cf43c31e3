"""Entering what came by phone, letter, in person or through a colleague."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from webapp import clock, formatting, links, wording
from webapp.access import language, me, my_centre, saving, staff_may
from webapp.blueprints.office import blueprint
from webapp.blueprints.office.forms import ANY, HELP_CHOOSE, EnterForm
from webapp.form_fields import options
from webapp.rules.errors import Unreadable
from webapp.rules.permissions import Permission
from webapp.services.help_requests import consents, entering
from webapp.services.help_requests.entering import HelpedAtOnce
from webapp.services.help_requests.intake import Asked, Wish
from webapp.services.mail.contacts import EXAMPLES, read_email, read_phone
from webapp.services.times import timetable

WEEKS_OFFERED = timedelta(days=14)


@blueprint.route("/enter", methods=["GET", "POST"])
@staff_may(Permission.ENTER_REQUESTS)
def enter() -> str | Response | tuple[str, int]:
    centre, now, form = my_centre(), clock.now(), EnterForm()
    _fill(form, now)
    if form.validate_on_submit():
        with saving(form) as saved:
            helped = HelpedAtOnce(form.minutes.data, form.outcome.data or "") if form.helped.data else None
            receipt = entering.enter(
                centre, _asked(form), form.consent.data or "", helped, now, staff_id=me().id
            )
        if saved:
            return redirect(url_for("office.slip", request_id=receipt.request.id))
    page = render_template(
        "office/enter.html", form=form, consent=consents.current(centre), example=EXAMPLES[centre.country]
    )
    return page, 422 if form.errors else 200


@blueprint.get("/enter/<int:request_id>/slip")
@staff_may(Permission.ENTER_REQUESTS)
def slip(request_id: int) -> str:
    found = entering.slip(my_centre(), request_id, clock.now())
    return render_template("office/slip.html", slip=found, address=links.family_page(found.page_token))


def _fill(form: EnterForm, now: datetime) -> None:
    """The centre's choices, and on a fresh page what is most likely."""
    centre, spoken = my_centre(), language()
    people = timetable.specialists_of(centre)
    form.topic.choices = options(
        [
            *(
                (str(topic.id), formatting.in_language(topic.titles, spoken, centre.language))
                for topic in centre.topics
                if topic.active
            ),
            (HELP_CHOOSE, _("The family does not know whom to ask")),
        ]
    )
    form.specialist.choices = options(
        [
            (ANY, _("It does not matter")),
            *(
                (str(person.id), f"{person.name}, {wording.profession(person.profession)}")
                for person in people
            ),
        ]
    )
    form.means.choices = options((means, wording.means(means)) for means in centre.means)
    form.zone.choices = options(formatting.zone_choices(now, spoken, centre.zone))
    free = _free_times(people, now, spoken)
    for wish in (form.first, form.second, form.third):
        wish.choices = [SelectChoice(ANY, _("any time"), optgroup=_("No wish")), *free]
    if request.method == "GET":
        local = now.astimezone(centre.zone_info)
        form.received_day.data, form.received_hour.data = local.date().isoformat(), local.strftime("%H:%M")
        form.language.data, form.zone.data = centre.language, centre.zone


def _free_times(people: Any, now: datetime, spoken: str) -> list[SelectChoice]:
    """Free times of the next two weeks, grouped by specialist: ``7|2026-11-26T11:00+00:00`` for number 7."""
    centre = my_centre()
    tables = timetable.timetables(centre, [person.id for person in people], now, days=WEEKS_OFFERED.days)
    return [
        SelectChoice(
            f"{person.id}|{slot.start.isoformat()}",
            formatting.when_without_place(slot.start, centre.zone, spoken, now.year),
            optgroup=person.name,
        )
        for person in people
        for slot in timetable.free_times(centre, tables[person.id], now, notice=False)
        if slot.start < now + WEEKS_OFFERED
    ]


def _asked(form: EnterForm) -> Asked:
    """The form as plain values. Raises a domain error beside the field it is about."""
    centre = my_centre()
    wishes = [
        _wish(form, name) for name in ("first", "second", "third") if form[name].data not in ("", ANY, None)
    ]
    return Asked(
        language=form.language.data,
        zone=form.zone.data,
        means=form.means.data,
        channel=form.channel.data,
        topic_id=int(form.topic.data) if (form.topic.data or "").isdecimal() else None,
        help_choose=form.topic.data == HELP_CHOOSE,
        words=(form.words.data or "").strip(),
        specialist_id=int(form.specialist.data) if (form.specialist.data or "").isdecimal() else None,
        wishes=list(dict.fromkeys(wishes)),
        urgent=form.urgent.data,
        kind=form.kind.data,
        parent_name=" ".join((form.parent_name.data or "").split()),
        child=(form.child.data or "").strip(),
        child_age=form.child_age.data,
        email=read_email(form.email.data or ""),
        phone=read_phone(form.phone.data or "", centre.country),
        consent=bool(form.consent.data),
        mailing=form.mailing.data,
        received_at=_received_at(form),
        entered_by=me().id,
    )


def _wish(form: EnterForm, name: str) -> Wish:
    specialist_id, _bar, moment = (form[name].data or "").partition("|")
    try:
        return Wish(int(specialist_id), formatting.read_moment(moment))
    except ValueError:
        raise Unreadable(name, example=_("a time of the list")) from None


def _received_at(form: EnterForm) -> datetime:
    """Day and hour in the centre's zone. Raises :class:`Unreadable` beside the part that means nothing."""
    try:
        day = formatting.read_day(form.received_day.data)
    except ValueError:
        raise Unreadable("received_day", example=clock.now().date().isoformat()) from None
    try:
        hour, _colon, minute = (form.received_hour.data or "").strip().replace(".", ":").partition(":")
        wall = time(int(hour), int(minute or 0))
    except ValueError:
        raise Unreadable("received_hour", example="09:30") from None
    return datetime.combine(day, wall, my_centre().zone_info).astimezone(UTC)
