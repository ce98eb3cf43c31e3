"""Reservations and attendance, as Prosody's ``mod_reservations`` and ``event_sync`` ask for them."""

import hmac
from functools import cache, wraps
from typing import Any

from flask import current_app, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, force_locale
from flask_babel import lazy_gettext as _

from video import attendance, reservations
from webapp import access, clock
from webapp.access import machine
from webapp.blueprints.jitsi import blueprint
from webapp.formatting import LANGUAGES
from webapp.services.rooms import conferences, occupancy

NOTED = {"message": "noted"}


def bearer_only(view: Any) -> Any:
    """Only the holder of ``KENES_JITSI_CALLBACK_TOKEN``; where none is set, nobody."""

    @wraps(view)
    def guarded(**arguments: Any) -> ResponseReturnValue:
        expected = current_app.config["SETTINGS"].jitsi_callback_token.get_secret_value()
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogatepass")
        if not expected or not hmac.compare_digest(given, f"Bearer {expected}".encode()):
            return _answer(reservations.unauthorised(_messages()))
        answer: ResponseReturnValue = view(**arguments)
        return answer

    return guarded


@blueprint.post("/conference", provide_automatic_options=False)
@machine
@bearer_only
def may_room_open() -> ResponseReturnValue:
    name, mail_owner = request.form.get("name", ""), request.form.get("mail_owner", "")
    return _answer(conferences.may_open(name, mail_owner, clock.now(), _messages()))


@blueprint.get("/conference/<conference_id>", provide_automatic_options=False)
@machine
@bearer_only
def may_room_open_by_id(conference_id: str) -> ResponseReturnValue:
    return _answer(conferences.may_open_by_id(conference_id, clock.now(), _messages()))


@blueprint.delete("/conference/<conference_id>", provide_automatic_options=False)
@machine
@bearer_only
def room_closed(conference_id: str) -> ResponseReturnValue:
    """The room closed: everybody left, or its time is over. The session is not cancelled by it."""
    return jsonify(NOTED)


@blueprint.post("/events/room/created", provide_automatic_options=False)
@blueprint.post("/events/room/destroyed", provide_automatic_options=False)
@blueprint.post("/events/occupant/joined", provide_automatic_options=False)
@blueprint.post("/events/occupant/left", provide_automatic_options=False)
@machine
@bearer_only
def event() -> ResponseReturnValue:
    try:
        payload = request.get_json(force=True, silent=True)
        with access.saving():
            occupancy.note_event(payload)
    except (attendance.UnreadableEvent, RecursionError):
        return _answer(reservations.malformed(_messages()))
    return jsonify(NOTED)


def _answer(decision: reservations.Grant | reservations.Refusal) -> ResponseReturnValue:
    return jsonify(decision.body), decision.status


@cache
def _messages() -> reservations.Messages:
    """In all languages at once: the question does not say who will read the answer."""
    return reservations.Messages(
        closed=_in_all_languages(_("This room is not open now. Open it from your own page.")),
        malformed=_in_all_languages(_("This request could not be read.")),
        unauthorised=_in_all_languages(_("The video server has to show its token.")),
        unavailable=_in_all_languages(_("We cannot answer now. Try again in a minute.")),
    )


def _in_all_languages(sentence: LazyString) -> str:
    sentences = []
    for language in LANGUAGES:
        with force_locale(language):
            sentences.append(str(sentence))
    return " · ".join(dict.fromkeys(sentences))
