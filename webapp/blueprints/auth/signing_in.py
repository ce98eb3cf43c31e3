"""Signing in and out."""

from urllib.parse import urlsplit

from flask import redirect, render_template, request, url_for
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import (
    SignedIn,
    me,
    open_to_all,
    put_beside_field,
    reading,
    rotate_session,
    saving,
    source_hash,
    staff_only,
)
from webapp.blueprints.auth import blueprint
from webapp.blueprints.auth.forms import SignInForm
from webapp.extensions import limiter
from webapp.rules.errors import SignInRefused
from webapp.rules.permissions import Role
from webapp.services.centre import sign_in as sign_ins

FIRST_SECTIONS = (
    (Role.DEPUTY_DIRECTOR, "deputy.requests"),
    (Role.HEAD, "deputy.requests"),
    (Role.METHODIST, "deputy.requests"),
    (Role.SPECIALIST, "specialist.day"),
    (Role.REGISTRAR, "office.calls"),
    (Role.ADMINISTRATOR, "admin.centre"),
)


@blueprint.route("/sign-in", methods=["GET", "POST"])
@limiter.limit("120/hour", methods=["POST"])
@open_to_all
def sign_in() -> str | Response | tuple[str, int]:
    if request.method == "GET" and current_user.is_authenticated:
        return redirect(url_for("auth.home"))
    form = SignInForm()
    if form.validate_on_submit():
        now, email = clock.now(), form.email.data or ""
        try:
            with reading():
                sign_ins.must_not_be_locked(email, source_hash(), now)
                person_id = sign_ins.check_password(email, form.password.data or "").id
        except SignInRefused as refused:
            with saving():
                sign_ins.note_failure(email, source_hash(), now)
            put_beside_field(form, refused)
        else:
            with saving():
                person, token = sign_ins.begin(person_id, now)
            rotate_session()
            login_user(SignedIn(person, token))
            return redirect(safe_next(request.args.get("next", "")) or url_for("auth.home"))
    return render_template("auth/sign_in.html", form=form), 422 if form.errors else 200


@blueprint.post("/sign-out")
@staff_only
def sign_out() -> Response:
    with saving():
        sign_ins.end_session(current_user.session_token, clock.now())
    logout_user()
    rotate_session()
    return redirect(url_for("auth.sign_in"))


@blueprint.get("/")
@staff_only
def home() -> Response:
    """The first section of what the person does."""
    section = next((endpoint for role, endpoint in FIRST_SECTIONS if role in me().roles), "auth.own")
    return redirect(url_for(section))


def safe_next(address: str) -> str | None:
    """``address`` if it is a page of the staff on this very site, else nothing.

    Browsers read ``//host`` and ``/\\host`` as another site, and drop tabs and line ends before they look.
    """
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not parts.path.startswith("/staff/"):
        return None
    if any(sign in address for sign in "\\\t\r\n") or ".." in parts.path.split("/"):
        return None
    return address
