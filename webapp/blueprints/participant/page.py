"""The personal page of a registration: the seat, the place in the list, giving it back."""

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock, links
from webapp.access import participant_only, saving
from webapp.blueprints.participant import blueprint
from webapp.blueprints.participant.forms import QuestionForm
from webapp.services.events import materials, questions
from webapp.services.mail import strangers
from webapp.services.pages import live, participant_page
from webapp.services.rooms import group_rooms
from webapp.services.seats import registrations


@blueprint.get("")
@participant_only
def page() -> str:
    return shown_page(QuestionForm())


def shown_page(form: QuestionForm) -> str:
    """The whole page; ``form`` holds a question that could not be taken, with what is wrong with it."""
    who, now = g.participant, clock.now()
    news = live.of_registration(who.id)  # first: what happens meanwhile is news
    shown = participant_page.load(who, now)
    return render_template(
        "participant/page.html",
        centre=g.centre,
        who=who,
        shown=shown,
        broadcast=group_rooms.broadcast_for(who, len(shown.hosts)),
        news=news,
        token=g.token,
        form=form,
        questions=questions.seen_by(who.group_event_id, who.id),
        materials=materials.of_event(
            who.group_event_id, for_whom=materials.open_to_one(who.state, came=shown.came)
        ),
        feed_address=links.webcal(shown.feed_token) if shown.feed_token else None,
    )


def _back(message: str) -> Response:
    flash(message)
    return redirect(url_for("participant.page", token=g.token))


@blueprint.post("/confirm")
@participant_only
def confirm() -> Response:
    """Acting through the link confirms the address (``participant_only``); a held seat is taken with it."""
    with saving():
        registrations.confirm(g.registration, clock.now())
    return _back(_("Thank you. Your address is confirmed."))


@blueprint.post("/give-back")
@participant_only
def give_back() -> Response:
    with saving():
        registrations.give_back(g.registration, clock.now())
    return _back(_("You gave the seat back. You need not explain anything."))


@blueprint.post("/consent")
@participant_only
def withdraw_consent() -> Response:
    with saving():
        registrations.withdraw_consent(g.registration, clock.now())
    return redirect(url_for("public.consent_withdrawn", slug=g.centre.slug))


@blueprint.route("/not-me", methods=["GET", "POST"])
@participant_only
def not_me() -> str | Response:
    """Somebody else gave this address: GET shows, POST removes and blocks."""
    if request.method == "GET":
        return render_template("participant/not_me.html", centre=g.centre, token=g.token, form=None)
    with saving():
        strangers.forget_registration(g.registration, clock.now())
    return redirect(url_for("public.address_removed", slug=g.centre.slug))
