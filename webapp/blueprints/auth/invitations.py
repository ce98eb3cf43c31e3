"""The link by which a person of the staff sets a password."""

from flask import g, redirect, render_template, url_for
from flask_login import login_user
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import SignedIn, open_to_all, reading, rotate_session, saving
from webapp.blueprints.auth import blueprint
from webapp.blueprints.auth.forms import NewPasswordForm
from webapp.extensions import limiter
from webapp.services.centre import sign_in as sign_ins


@blueprint.route("/invitation/<token>", methods=["GET", "POST"])
@limiter.limit("60/hour", methods=["POST"])
@open_to_all
def invitation(token: str) -> str | Response | tuple[str, int]:
    g.personal = True
    now, form = clock.now(), NewPasswordForm()
    with reading():
        invited = sign_ins.invited_by_link(token, now)
    if invited is None:
        return render_template("auth/dead_invitation.html"), 404
    if form.validate_on_submit():
        with saving(form) as saved:
            password_hash = sign_ins.hash_password(form.password.data or "")
            person, session_token = sign_ins.accept_link(token, password_hash, now)
        if saved:
            rotate_session()
            login_user(SignedIn(person, session_token))
            return redirect(url_for("auth.home"))
    page = render_template("auth/invitation.html", form=form, invited=invited, least=sign_ins.LEAST_PASSWORD)
    return page, 422 if form.errors else 200
