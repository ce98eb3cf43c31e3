"""What everybody of the staff sets about themselves."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import login_user
from werkzeug.wrappers import Response

from webapp import clock, formatting
from webapp.access import (
    LANGUAGE_COOKIE,
    SignedIn,
    me,
    my_centre,
    reading,
    rotate_session,
    saving,
    source_hash,
    staff_only,
)
from webapp.blueprints.auth import blueprint
from webapp.blueprints.auth.forms import ChangePasswordForm, OwnForm
from webapp.extensions import limiter
from webapp.rules.errors import SignInRefused
from webapp.services.centre import sign_in as sign_ins
from webapp.services.centre import staffing


@blueprint.route("/me", methods=["GET", "POST"])
@staff_only
def own() -> str | Response | tuple[str, int]:
    form = OwnForm(data=_own_values())
    if form.validate_on_submit():
        with saving(form) as saved:
            staffing.set_own(
                my_centre(),
                me(),
                language=form.language.data,
                phone=form.phone.data or "",
                morning_letter=form.morning_letter.data,
            )
        if saved:
            flash(_("Saved."))
            answer = redirect(url_for("auth.own"))
            answer.delete_cookie(LANGUAGE_COOKIE)  # what was chosen on some page gives way to this
            return answer
    page = render_template("auth/own.html", form=form, own=form, passwords=ChangePasswordForm(formdata=None))
    return page, 422 if form.errors else 200


def _own_values() -> dict[str, Any]:
    person = me()
    return {
        "language": person.language,
        "phone": formatting.phone(person.phone),
        "morning_letter": person.morning_letter,
    }


@blueprint.post("/me/password")
@limiter.limit("30/hour")
@staff_only
def change_password() -> str | Response | tuple[str, int]:
    form, now, email = ChangePasswordForm(), clock.now(), me().email
    if form.validate_on_submit():
        try:
            with reading():
                sign_ins.must_not_be_locked(email, source_hash(), now)
                sign_ins.check_password(email, form.old.data or "")
        except SignInRefused:
            with saving():
                sign_ins.note_failure(email, source_hash(), now)
            form.old.errors = [_("That is not your present password.")]
        else:
            with saving(form) as saved:
                password_hash = sign_ins.hash_password(form.password.data or "")
                token = staffing.set_password(me(), password_hash, now)
            if saved:
                return _signed_in_again(token)
    own_form = OwnForm(formdata=None, data=_own_values())
    return render_template("auth/own.html", form=form, own=own_form, passwords=form), 422


def _signed_in_again(token: str) -> Response:
    person = me()
    rotate_session()
    login_user(SignedIn(person, token))
    flash(_("The new password is set. Everywhere else you are signed out."))
    return redirect(url_for("auth.own"))


@blueprint.post("/me/sign-out-everywhere")
@staff_only
def sign_out_everywhere() -> Response:
    with saving():
        sign_ins.end_all_sessions(me().id, clock.now())
    rotate_session()
    return redirect(url_for("auth.sign_in"))
