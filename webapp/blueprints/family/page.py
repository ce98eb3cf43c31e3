"""The personal page: where things stand, and what the family can do about it."""

from datetime import datetime

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock, formatting, links
from webapp.access import family_only, language, saving
from webapp.blueprints.family import blueprint
from webapp.blueprints.family.forms import ChoiceForm, DateForm, WordsForm, ZoneForm
from webapp.form_fields import options
from webapp.rules.help_requests import WAITING_FOR_ANSWER
from webapp.services.consultations import cancelling, offers
from webapp.services.help_requests import answers
from webapp.services.mail import strangers
from webapp.services.pages import family_page, live


@blueprint.get("")
@family_only
def page() -> str:
    return _render(clock.now())


def _render(now: datetime, returned: WordsForm | None = None) -> str:
    news = live.of_request(g.help_request.id)  # first: what happens meanwhile is news
    shown = family_page.load(g.help_request, g.centre, now)
    zone_form = ZoneForm(zone=g.help_request.zone)
    zone_form.zone.choices = options(
        formatting.zone_choices(now, language(), g.help_request.zone, g.centre.zone)
    )
    return render_template(
        "family/page.html",
        centre=g.centre,
        help_request=g.help_request,
        shown=shown,
        news=news,
        token=g.token,
        form=returned,
        words_form=returned or WordsForm(formdata=None),
        zone_form=zone_form,
        is_new="new" in request.args,
        own_address=links.family_page(g.token),
        feed_address=links.webcal(shown.feed_token) if shown.feed_token else None,
        by_new_link=g.by_new_link,
        may_confirm_address=g.by_letter and g.help_request.email and not g.help_request.email_confirmed_at,
    )


def back(message: str) -> Response:
    """To the page, with a word about what was done."""
    flash(message)
    return redirect(url_for("family.page", token=g.token))


def page_again(form: WordsForm) -> tuple[str, int]:
    """The page with what was typed and what is wrong about it."""
    return _render(clock.now(), form), 422


@blueprint.post("/accept")
@family_only
def accept() -> Response:
    form = ChoiceForm()
    if not form.validate_on_submit():
        return back(_("Choose one of the times."))
    with saving():
        offers.accept(g.centre, g.help_request, form.time.data, clock.now())
    return back(_("The time is yours. The confirmation is on its way."))


@blueprint.post("/suggest")
@family_only
def suggest() -> Response | tuple[str, int]:
    """None of the offered times suits, or a cancelled session is to have a new date."""
    form, now = WordsForm(), clock.now()
    if form.validate_on_submit():
        words = (form.words.data or "").strip()
        with saving(form) as saved:
            if g.help_request.state == "offered":
                offers.refuse(g.help_request, now, words=words)
            elif g.help_request.state in WAITING_FOR_ANSWER:
                answers.wish(g.help_request, now, words=words)
            else:
                answers.reopen(g.help_request, now, words=words)
        if saved:
            return back(_("Thank you. We will suggest other times."))
    return page_again(form)


@blueprint.post("/cancel")
@family_only
def cancel() -> Response:
    consultation = cancelling.chosen(g.help_request, DateForm().date.data)
    if consultation is None:
        return back(_("There is nothing to cancel: no consultation is planned."))
    with saving():
        cancelling.cancel_by_family(g.help_request, consultation, clock.now())
    return back(_("The consultation is cancelled. You need not explain anything."))


@blueprint.post("/cancel-following")
@family_only
def cancel_following() -> Response:
    """This date of a series and all that follow it."""
    consultation = cancelling.chosen(g.help_request, DateForm().date.data)
    if consultation is None:
        return back(_("There is nothing to cancel: no consultation is planned."))
    with saving():
        cancelling.cancel_following_by_family(g.help_request, consultation, clock.now())
    return back(_("The dates are cancelled. You need not explain anything."))


@blueprint.post("/withdraw")
@family_only
def withdraw() -> Response:
    with saving():
        cancelling.withdraw_request(g.help_request, clock.now())
    return back(_("Your request is withdrawn."))


@blueprint.post("/no-further-meeting")
@family_only
def no_further_meeting() -> Response:
    with saving():
        answers.no_further_meeting(g.help_request, clock.now())
    return back(_("Thank you. No further meeting is planned."))


@blueprint.post("/consent")
@family_only
def withdraw_consent() -> Response:
    with saving():
        cancelling.withdraw_consent(g.help_request, clock.now())
    return redirect(url_for("public.consent_withdrawn", slug=g.centre.slug))


@blueprint.post("/zone")
@family_only
def zone() -> Response:
    form = ZoneForm()
    if form.validate_on_submit():
        with saving():
            g.help_request.zone = form.zone.data
        return back(_("Times are shown for your place now."))
    return back(_("Choose a time zone of the list."))


@blueprint.post("/confirm-address")
@family_only
def confirm_address() -> Response:
    """Acting through a link that came by letter is what confirms the address (``family_only``)."""
    with saving():
        pass
    if g.help_request.email_confirmed_at:
        return back(_("Thank you. Your address is confirmed."))
    return back(_("Open the link of our letter and confirm there: that shows that the address is yours."))


@blueprint.post("/new-link")
@family_only
def use_new_link() -> Response:
    """Acting through a new link is what ends the old ones (``family_only``)."""
    with saving():
        pass
    return back(_("The old link no longer works."))


@blueprint.route("/not-me", methods=["GET", "POST"])
@family_only
def not_me() -> str | Response:
    """Somebody else gave this address: GET shows, POST removes and blocks."""
    if request.method == "GET":
        return render_template("family/not_me.html", centre=g.centre, token=g.token)
    with saving():
        strangers.forget(g.help_request, clock.now())
    return redirect(url_for("public.address_removed", slug=g.centre.slug))
