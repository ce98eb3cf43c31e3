"""Closing a session in one form."""

from datetime import datetime, time

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock, formatting, wording
from webapp.access import language, me, my_centre, saving, staff_may
from webapp.blueprints.specialist import blueprint
from webapp.blueprints.specialist.forms import WriteUpForm
from webapp.form_fields import options
from webapp.rules import moves
from webapp.rules.permissions import Permission
from webapp.services.consultations import agenda
from webapp.services.consultations import write_up as service
from webapp.services.consultations.agenda import Session
from webapp.services.consultations.write_up import Prefill, WriteUp


@blueprint.route("/consultations/<int:consultation_id>/write-up", methods=["GET", "POST"])
@staff_may(Permission.HOLD_CONSULTATIONS)
def write_up(consultation_id: int) -> str | Response:
    centre, now = my_centre(), clock.now()
    opened = agenda.opened(centre.id, consultation_id, me().id, now)
    found, family, session = opened.consultation, opened.request, opened.session
    if now < found.starts_at and found.ended_for_all_at is None:
        flash(_("It can be written up once it has begun."))
        return redirect(url_for("specialist.consultation", consultation_id=found.id))
    topic = formatting.in_language(session.topic, language(), centre.language)
    prefill = service.prefill(found, family, topic, now)
    form = _form(prefill)
    form.means.choices = options(
        (code, wording.means(code)) for code in service.means_to_choose(centre, found)
    )
    free = service.next_times(centre, found, now)
    form.next_time.choices = options(_next_choices([slot.start for slot in free], now.year))
    if form.is_submitted() and form.validate():
        draft = form.draft.data
        with saving(form) as saved:
            if draft:
                service.save_draft(found, _typed(form, session))
            else:
                service.write_up(centre, family, found, _typed(form, session), now, staff_id=me().id)
        if saved:
            flash(
                _("The draft is saved. Nobody has been told.")
                if draft
                else _("The consultation is written up.")
            )
            back = "specialist.consultation" if draft else "specialist.day"
            return redirect(url_for(back, consultation_id=found.id if draft else None))
    return render_template(
        "specialist/write_up.html",
        form=form,
        session=session,
        prefill=prefill,
        consultation=found,
        next_planned=opened.next_planned,
        is_early=moves.is_early_for_no_show(found.starts_at, now),
    )


def _form(prefill: Prefill) -> WriteUpForm:
    zone = my_centre().zone
    return WriteUpForm(
        held="yes" if prefill.held and "nobody-came" not in request.args else "no",
        not_held_reason=prefill.not_held_reason,
        began=formatting.hour(prefill.began_at, zone),
        finished=formatting.hour(prefill.finished_at, zone),
        means=prefill.means,
        topic=prefill.topic,
        recommendation=prefill.recommendation,
        inner_note=prefill.inner_note,
    )


def _typed(form: WriteUpForm, session: Session) -> WriteUp:
    return WriteUp(
        held=form.held.data == "yes",
        began_at=_moment(form.began.value, session),
        finished_at=_moment(form.finished.value, session),
        means=form.means.data,
        topic=form.topic.data or "",
        recommendation=form.recommendation.data or "",
        inner_note=form.inner_note.data or "",
        not_held_reason=form.not_held_reason.data,
        early_is_meant=form.early.data,
        next_time=form.chosen_time,
    )


def _moment(hour: time | None, session: Session) -> datetime | None:
    """The typed hour on the day of the session, by the centre's clock."""
    if hour is None:
        return None
    zone = my_centre().zone_info
    return datetime.combine(session.starts_at.astimezone(zone).date(), hour, zone)


def _next_choices(times: list[datetime], this_year: int) -> list[tuple[str, str]]:
    zone = my_centre().zone
    offered = [
        (moment.isoformat(), formatting.when_without_place(moment, zone, language(), this_year))
        for moment in times
    ]
    return [("", _("not needed")), *offered]
