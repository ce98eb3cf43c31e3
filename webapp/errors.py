"""Errors as pages or JSON: a clear sentence, nothing lost, never a stack trace."""

import structlog
from flask import Flask, g, jsonify, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, IntegrityError, NoResultFound, OperationalError, TimeoutError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from webapp import links, sent_form, wording
from webapp.models import db
from webapp.rules.errors import DomainError, WrongState

log = structlog.get_logger()
PAGES = {400, 403, 404, 405, 413, 429}
MAY_BE_SENT_AGAIN = {"errors/expired.html", "errors/429.html", "errors/500.html", "errors/503.html"}


def register(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(NoResultFound, _missing)
    app.register_error_handler(DomainError, _refused)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(TimeoutError, _database_away)
    app.register_error_handler(IntegrityError, _somebody_was_faster)
    app.register_error_handler(DataError, _not_storable)
    app.register_error_handler(Exception, _our_fault)


def _answer(template: str, status: int, **facts: object) -> tuple[str, int] | Response:
    if request.path.startswith("/jitsi/"):  # anything but an object with a string crashes the video server
        answer = jsonify(message=str(facts.get("sentence") or status))
        answer.status_code = status
        return answer
    sent = sent_form.fields() if template in MAY_BE_SENT_AGAIN else None
    return render_template(template, sent=sent, **facts), status


def _http_error(error: HTTPException) -> tuple[str, int] | Response:
    if error.code is None or error.code < 400 or error.response is not None:
        return error.get_response()
    known = error.code if error.code in PAGES else 400 if error.code < 500 else 500
    return _answer(f"errors/{known}.html", error.code)


def _form_expired(_error: CSRFError) -> tuple[str, int] | Response:
    """The token does not fit any more: the same form comes back with a fresh one."""
    return _answer("errors/expired.html", 400)


def _missing(_error: NoResultFound) -> tuple[str, int] | Response:
    return _answer("errors/404.html", 404, written=sent_form.words())


def _refused(error: DomainError) -> tuple[str, int] | Response:
    db.session.rollback()
    own_page = links.family_page(g.token) if "token" in g else None
    facts = {"sentence": wording.refusal(error), "written": sent_form.words(), "own_page": own_page}
    return _answer("errors/refused.html", 409, for_staff=request.path.startswith("/staff/"), **facts)


def _somebody_was_faster(_error: IntegrityError) -> tuple[str, int] | Response:
    """Two people wrote the same at once; the page shows how it stands."""
    return _refused(WrongState())


def _not_storable(error: DataError) -> tuple[str, int] | Response:
    """A value that no column can hold, say a NUL byte."""
    db.session.rollback()
    log.warning("value.not_storable", kind=type(error.orig).__name__)
    return _answer("errors/400.html", 400)


def _database_away(error: OperationalError | TimeoutError) -> tuple[str, int] | Response:
    db.session.rollback()
    g.database_away = True  # whose language it is cannot be looked up now
    log.error("database.away", kind=type(error).__name__)
    return _answer("errors/503.html", 503)


def _our_fault(error: Exception) -> tuple[str, int] | Response:
    db.session.rollback()
    log.exception("unexpected", endpoint=request.endpoint, kind=type(error).__name__)
    return _answer("errors/500.html", 500)
