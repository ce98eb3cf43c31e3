"""Who is asking, what they may do, in which language they read; and the one commit of a page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from io import BytesIO
from typing import Any, ParamSpec, TypeVar

from flask import (
    abort,
    current_app,
    g,
    has_request_context,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    session,
    url_for,
)
from flask_login import UserMixin, current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from webapp import clock, links, sent_form, wording
from webapp.extensions import source
from webapp.formatting import LANGUAGES
from webapp.models import Centre, GroupEvent, HelpRequest, Staff, db
from webapp.models.base import reading_only
from webapp.rules.errors import DomainError
from webapp.rules.permissions import Permission, may
from webapp.services.centre import sign_in
from webapp.services.events import event_desk, group_events
from webapp.services.events.materials import Download
from webapp.services.mail import subscribing
from webapp.services.pages import participant_page, personal_links
from webapp.services.seats import registrations

P = ParamSpec("P")
R = TypeVar("R")

LARGEST_UPLOAD = 64 * 1024 * 1024  # beyond what may be kept, so that the page can say so beside the field
LANGUAGE_COOKIE = "kenes_language"


class SignedIn(UserMixin):
    """A person of the staff as Flask-Login sees it; ``get_id`` names the sign-in, not the person."""

    def __init__(self, staff: Staff, session_token: str) -> None:
        self.staff = staff
        self.session_token = session_token

    def get_id(self) -> str:
        return self.session_token


def load_signed_in(session_token: str) -> SignedIn | None:
    staff = sign_in.staff_of_session(session_token, clock.now())
    return SignedIn(staff, session_token) if staff else None


def me() -> Staff:
    """The person of the staff who is asking; only behind a staff guard."""
    staff: Staff = current_user.staff
    return staff


def my_centre() -> Centre:
    """The centre of the person who is asking: every look-up of a staff page stays inside it."""
    if "centre" not in g:
        g.centre = me().centre
    centre: Centre = g.centre
    return centre


def event_to_run(event_id: int) -> GroupEvent:
    """A group event for one of those who run it; for anybody else there is none (404)."""
    event = group_events.find(my_centre(), event_id)
    if not event_desk.is_run_by(event, me()):
        abort(404)
    return event


def event_to_see(event_id: int) -> GroupEvent:
    """A group event for one of those who may see who registered; for anybody else there is none (404)."""
    event = group_events.find(my_centre(), event_id)
    if not event_desk.is_seen_by(event, me()):
        abort(404)
    return event


# --- Guards: one stands above every view; a test lists all endpoints with theirs -------------------------


def open_to_all(view: Callable[P, R]) -> Callable[P, R]:
    view.guard = "all"  # type: ignore[attr-defined]
    return view


def takes_files(view: Callable[P, R]) -> Callable[P, R]:
    """The view takes an upload larger than other pages: it says itself what is too large."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def let_files_in() -> None:
    """Before anything reads the form of a request: a view marked by :func:`takes_files` may read more."""
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "takes_files", False):
        request.max_content_length = LARGEST_UPLOAD


def machine(view: Callable[P, R]) -> Callable[P, R]:
    """The view checks a bearer token by itself."""
    view.guard = "machine"  # type: ignore[attr-defined]
    return view


def staff_only(view: Callable[P, Any]) -> Callable[P, Any]:
    """Anybody of the staff who is signed in."""
    return _staff_guard(view, None)


def staff_may(*permissions: Permission) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Signed in, with at least one of ``permissions``."""
    return lambda view: _staff_guard(view, permissions)


def _staff_guard(view: Callable[P, Any], permissions: tuple[Permission, ...] | None) -> Callable[P, Any]:
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
        g.personal = True
        if not current_user.is_authenticated:
            if sent_form.fields():
                return render_template("errors/signed_out.html", sent=sent_form.fields()), 401
            came_from = request.full_path.rstrip("?") if request.method == "GET" else None
            return redirect(url_for("auth.sign_in", next=came_from))
        if permissions is not None and not any(may(me().roles, permission) for permission in permissions):
            abort(403)
        return view(*args, **kwargs)

    guarded.guard = "staff" if permissions is None else "+".join(permissions)  # type: ignore[attr-defined]
    return guarded


def looks_link_up(audience: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The view looks the personal link up by itself: what is asked every few seconds costs one statement."""

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        view.guard = audience  # type: ignore[attr-defined]
        return view

    return mark


def family_only(view: Callable[..., Any]) -> Callable[..., Any]:
    """A personal link opens the view; the family's request stands in ``g.help_request``.

    Acting (POST) through a link that came by letter confirms the address, and a new link replaces the old.
    """

    @wraps(view)
    def guarded(token: str, *args: Any, **kwargs: Any) -> Any:
        g.personal = True
        now = clock.now()
        link = personal_links.find(token, personal_links.FAMILY, now)
        if link is None or link.help_request_id is None:
            return _dead_link()
        help_request = db.session.get_one(HelpRequest, link.help_request_id)
        if help_request.blocked_at is not None:
            return _dead_link()
        g.help_request = help_request
        g.centre = db.session.get_one(Centre, help_request.centre_id)
        g.by_letter = link.purpose != personal_links.PAGE
        g.by_new_link = link.purpose == personal_links.NEW_LETTER
        g.token = token
        if request.method == "POST":
            personal_links.act_through(link, help_request, now)
        return view(*args, **kwargs)

    guarded.guard = "family"  # type: ignore[attr-defined]
    return guarded


def participant_only(view: Callable[..., Any]) -> Callable[..., Any]:
    """The link of a registration opens the view; its row stands in ``g.participant``.

    Such a link stands in letters only, so acting (POST) through it confirms the address.
    """

    @wraps(view)
    def guarded(token: str, *args: Any, **kwargs: Any) -> Any:
        g.personal = True
        who = participant_page.participant(token, clock.now())
        if who is None:
            return _dead_link()
        g.participant = who
        g.centre = db.session.get_one(Centre, who.centre_id)
        g.token = token
        if request.method == "POST":
            g.registration = registrations.act_through(who.id, clock.now())
        return view(*args, **kwargs)

    guarded.guard = "participant"  # type: ignore[attr-defined]
    return guarded


def subscriber_only(view: Callable[..., Any]) -> Callable[..., Any]:
    """The link of a letter of the mailing opens the view; the subscription stands in ``g.subscriber``."""

    @wraps(view)
    def guarded(token: str, *args: Any, **kwargs: Any) -> Any:
        g.personal = True
        found = subscribing.find(token)
        if found is None:
            return make_response(render_template("subscriber/gone.html"), 404)
        g.subscriber = found
        g.centre = db.session.get_one(Centre, found.centre_id)
        g.token = token
        return view(*args, **kwargs)

    guarded.guard = "subscriber"  # type: ignore[attr-defined]
    return guarded


def _dead_link() -> Response:
    return make_response(render_template("errors/dead_link.html"), 404)


# --- The one commit ---------------------------------------------------------------------------------------


class Saving:
    """Whether what was done inside ``with saving(form)`` is committed."""

    done = False
    error: DomainError | None = None

    def __bool__(self) -> bool:
        return self.done


@contextmanager
def saving(form: FlaskForm | None = None) -> Iterator[Saving]:
    """Commit once at the end; on a refusal roll back and put its sentence beside the form's field.

    >>> with saving(form) as saved:
    ...     receipt = intake.receive(...)
    >>> if saved: return redirect(...)
    """
    outcome = Saving()
    try:
        yield outcome
        db.session.commit()
        outcome.done = True
    except DomainError as error:
        db.session.rollback()
        outcome.error = error
        if form is None:
            raise
        put_beside_field(form, error)


@contextmanager
def reading() -> Iterator[None]:
    """What a POST looks up before it writes: takes no write lock and leaves no transaction behind.

    For what takes its time in between, such as comparing a password.
    """
    db.session.rollback()
    with reading_only():
        try:
            yield
        finally:
            db.session.rollback()


def as_download(file: Download) -> Response:
    """A file to be kept, never to be shown: whatever it holds, nothing of it runs on our pages."""
    return send_file(
        BytesIO(file.content), mimetype=file.media_type, as_attachment=True, download_name=file.file_name
    )


def put_beside_field(form: FlaskForm, error: DomainError) -> None:
    sentence = wording.refusal(error)
    if error.field is not None and error.field in form:
        field = form[error.field]
        field.errors = [*field.errors, sentence]
    else:
        form.form_errors = [*form.form_errors, sentence]


# --- Language and source -----------------------------------------------------------------------------------


def chosen_language() -> str | None:
    """The language that the reader has chosen on a page, if any."""
    chosen = request.args.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    return chosen if chosen in LANGUAGES else None


def language() -> str:
    """The reader's language: chosen, else the person's own, else the browser's, else the centre's."""
    if not has_request_context():
        return LANGUAGES[0]
    if (chosen := chosen_language()) is not None:
        return chosen
    if "help_request" in g:
        return str(g.help_request.language)
    if "participant" in g:
        return str(g.participant.language)
    if "subscriber" in g:
        return str(g.subscriber.language)
    if request.path.startswith("/staff") and "database_away" not in g and current_user.is_authenticated:
        return me().language
    accepted = request.accept_languages.best_match(LANGUAGES)
    if accepted is not None:
        return accepted
    return str(g.centre.language) if "centre" in g else LANGUAGES[0]


def remember_language(response: Response) -> Response:
    """Keep a language chosen by ``?lang=`` for the next pages: not that of a file, nor of a list in a frame."""
    chosen = request.args.get("lang")
    if chosen in LANGUAGES and response.mimetype == "text/html" and "framed_by" not in g:
        response.set_cookie(
            LANGUAGE_COOKIE,
            chosen,
            max_age=31_536_000,
            samesite="Lax",
            httponly=True,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
        )
    return response


def source_hash() -> str:
    """A keyed hash of where the request comes from."""
    return links.address_fingerprint(source())


def rotate_session() -> None:
    """A new session at sign-in: what was fixed before is worth nothing."""
    session.clear()
