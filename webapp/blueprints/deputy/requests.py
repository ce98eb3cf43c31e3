"""Requests: the list by what is due, and one request with everything that can be done about it."""

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock, formatting
from webapp.access import me, my_centre, saving, staff_may
from webapp.blueprints.deputy import blueprint
from webapp.blueprints.deputy.forms import (
    AssignForm,
    ConfirmForm,
    DateForm,
    DeclineForm,
    MeetingForm,
    OfferForm,
    PhoneForm,
)
from webapp.form_fields import options
from webapp.rules import consultations
from webapp.rules.permissions import Permission, may
from webapp.series_form import read_moment
from webapp.services.consultations import confirmation, offers
from webapp.services.consultations.confirmation import Agreed
from webapp.services.consultations.offers import Proposal
from webapp.services.help_requests import answers, case, overview, queue
from webapp.services.mail import calendar_items, correspondence
from webapp.services.moves import move_board
from webapp.services.times import absences, timetable

ANSWER = Permission.ANSWER_REQUESTS


@blueprint.get("/requests")
@staff_may(Permission.SEE_REQUESTS)
def requests() -> str:
    now, centre = clock.now(), my_centre()
    settles = may(me().roles, Permission.CANCEL_CONSULTATIONS)
    return render_template(
        "deputy/requests.html",
        tab="requests",
        absences=absences.unsettled(centre, now) if settles else [],
        cases=move_board.listed(centre, now),
        waiting=queue.waiting(centre, now),
        with_family=queue.with_family(centre, now),
        calendar_items=calendar_items.waiting(centre, now),
        weeks=overview.answers_by_week(centre, now),
        loads=overview.load_of_specialists(centre, now),
    )


@blueprint.get("/requests/<int:request_id>")
@staff_may(Permission.SEE_REQUESTS)
def one(request_id: int) -> str:
    return _page(case.load(my_centre(), request_id, clock.now()), Forms())


class Forms:
    """The forms of the page; the one that came back with errors replaces its empty twin."""

    def __init__(
        self,
        date_form: DateForm | None = None,
        offer_form: OfferForm | None = None,
        decline_form: DeclineForm | None = None,
        assign_form: AssignForm | None = None,
        phone_form: PhoneForm | None = None,
        confirm_form: ConfirmForm | None = None,
    ) -> None:
        self.returned = date_form or offer_form or decline_form or assign_form or phone_form or confirm_form
        self.date = date_form or DateForm(formdata=None)
        self.offer = offer_form or OfferForm(formdata=None)
        self.decline = decline_form or DeclineForm(formdata=None)
        self.assign = assign_form or AssignForm(formdata=None)
        self.phone = phone_form or PhoneForm(formdata=None)


def _page(shown: case.Case, forms: Forms) -> str:
    centre, now = my_centre(), clock.now()
    chosen = _chosen_people(shown)
    for form in (forms.date, forms.offer):
        form.fill(shown.specialists, centre.means, centre.session_minutes, chosen, shown.means_wished)
    forms.assign.specialist.choices = options((person.id, person.name) for person in shown.specialists)
    free = timetable.free_for_all(
        centre,
        chosen,
        now,
        minutes=_minutes_shown(forms),
        notice=False,
        apart_from_request=shown.id,
    )
    days = case.by_day(centre, free, first=_first_day(), most=6)
    return render_template(
        "deputy/request.html",
        tab="requests",
        shown=shown,
        forms=forms,
        form=forms.returned,
        people=shown.specialists,
        chosen=chosen,
        days=days,
        offer_limit=offers.answer_limit(centre, now),
    )


def _chosen_people(shown: case.Case) -> list[int]:
    """Whose free times are shown: asked for by ``?specialists=``, else assigned, else wished, else the first."""
    known = {person.id for person in shown.specialists}
    asked = [
        int(value) for value in request.values.getlist("specialists") if value.isascii() and value.isdigit()
    ]
    asked = [person for person in asked if person in known]
    if asked:
        return asked
    for person in (shown.assigned_id, shown.wished_specialist_id, *shown.able_ids):
        if person in known:
            return [person]
    return [person.id for person in shown.specialists[:1]]


def _minutes_shown(forms: Forms) -> int | None:
    """The typed length where it makes sense, else the centre's usual one."""
    form = forms.returned if isinstance(forms.returned, MeetingForm) else forms.date
    typed = form.minutes
    return None if typed.errors or not typed.data or not 5 <= typed.data <= 240 else typed.data


def _first_day() -> date | None:
    try:
        return formatting.read_day(request.args.get("from", ""))
    except ValueError:
        return None


def _done(message: str) -> Response:
    flash(message)
    return redirect(url_for("deputy.requests"))


def _again(request_id: int, forms: Forms) -> tuple[str, int]:
    return _page(case.load(my_centre(), request_id, clock.now()), forms), 422


@blueprint.post("/requests/<int:request_id>/confirm-held")
@staff_may(ANSWER)
def confirm_held(request_id: int) -> Response | tuple[str, int]:
    """One click: the time that is held for the family. Whoever is late sees how it stands."""
    form = ConfirmForm()
    with saving(form) as saved:
        booked = confirmation.confirm_held(my_centre(), request_id, clock.now(), staff_id=me().id)
        when = formatting.when_without_place(booked.starts_at, my_centre().zone, me().language)
        told = _how_told(by_letter=booked.by_letter)
    if saved:
        return _done(_("Confirmed: %(when)s.", when=when) + " " + told)
    return _page(case.load(my_centre(), request_id, clock.now()), Forms(confirm_form=form)), 409


def _how_told(*, by_letter: bool) -> str:
    if by_letter:
        return str(_("The family gets a letter."))
    return str(_("No letter reaches the family: it stands among the calls."))


@blueprint.post("/requests/<int:request_id>/confirm")
@staff_may(ANSWER)
def confirm(request_id: int) -> Response | tuple[str, int]:
    form = DateForm()
    help_request = case.request_of(my_centre(), request_id)
    form.fill(timetable.specialists_of(my_centre()), my_centre().means, my_centre().session_minutes)
    if "show" in request.form:
        return _page(case.load(my_centre(), request_id, clock.now()), Forms(date_form=form)), 200
    if form.validate_on_submit():
        with saving(form) as saved:
            agreed = Agreed(
                form.specialists.data,
                read_moment(form.at.data or "", "at"),
                form.minutes.data,
                form.means.data,
            )
            consultations.must_fit(agreed.minutes, agreed.means, my_centre().limit_minutes)
            timetable.must_be_free(
                my_centre(),
                agreed.specialist_ids,
                agreed.starts_at,
                clock.now(),
                minutes=agreed.minutes,
                notice=False,
                apart_from_request=request_id,
                field="at",
            )
            confirmation.confirm(my_centre(), help_request, agreed, clock.now(), staff_id=me().id)
            told = _how_told(by_letter=correspondence.gets_letters(help_request))
        if saved:
            return _done(_("The date is set.") + " " + told)
    return _again(request_id, Forms(date_form=form))


@blueprint.post("/requests/<int:request_id>/offer")
@staff_may(ANSWER)
def offer(request_id: int) -> Response | tuple[str, int]:
    form = OfferForm()
    help_request = case.request_of(my_centre(), request_id)
    form.fill(timetable.specialists_of(my_centre()), my_centre().means, my_centre().session_minutes)
    if "show" in request.form:
        return _page(case.load(my_centre(), request_id, clock.now()), Forms(offer_form=form)), 200
    if form.validate_on_submit():
        with saving(form) as saved:
            proposals = [
                Proposal(form.specialists.data, read_moment(moment, "times"), form.minutes.data)
                for moment in form.times.data or []
            ]
            for proposal in proposals:
                consultations.must_fit(proposal.minutes, form.means.data, my_centre().limit_minutes)
                timetable.must_be_free(
                    my_centre(),
                    proposal.specialist_ids,
                    proposal.starts_at,
                    clock.now(),
                    minutes=proposal.minutes,
                    notice=False,
                    apart_from_request=request_id,
                    field="times",
                )
            offers.offer(my_centre(), help_request, proposals, form.means.data, clock.now(), staff_id=me().id)
        if saved:
            return _done(_("The times are offered and held. The family is told."))
    return _again(request_id, Forms(offer_form=form))


@blueprint.post("/requests/<int:request_id>/decline")
@staff_may(ANSWER)
def decline(request_id: int) -> Response | tuple[str, int]:
    form = DeclineForm()
    help_request = case.request_of(my_centre(), request_id)
    if form.validate_on_submit():
        with saving(form) as saved:
            answers.decline(
                help_request, form.reason.data or "", form.advice.data or "", clock.now(), staff_id=me().id
            )
        if saved:
            return _done(_("The request is declined. The family reads your reason."))
    return _again(request_id, Forms(decline_form=form))


@blueprint.post("/requests/<int:request_id>/assign")
@staff_may(Permission.ASSIGN_REQUESTS)
def assign(request_id: int) -> Response | tuple[str, int]:
    form = AssignForm()
    form.specialist.choices = options(
        (person.id, person.name) for person in timetable.specialists_of(my_centre())
    )
    help_request = case.request_of(my_centre(), request_id)
    if form.validate_on_submit():
        with saving(form) as saved:
            answers.assign(my_centre(), help_request, form.specialist.data, clock.now(), staff_id=me().id)
        if saved:
            flash(_("Assigned. Now set a date or offer times."))
            return redirect(url_for("deputy.one", request_id=request_id))
    return _again(request_id, Forms(assign_form=form))


@blueprint.post("/requests/<int:request_id>/answered-by-phone")
@staff_may(ANSWER)
def answered_by_phone(request_id: int) -> Response | tuple[str, int]:
    form = PhoneForm()
    help_request = case.request_of(my_centre(), request_id)
    if form.validate_on_submit():
        with saving(form) as saved:
            answers.answered_by_phone(
                help_request, form.minutes.data, form.outcome.data or "", clock.now(), staff_id=me().id
            )
        if saved:
            return _done(_("Noted. The request is closed as answered by phone."))
    return _again(request_id, Forms(phone_form=form))
