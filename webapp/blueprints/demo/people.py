"""The first page of a demonstration: sign in as anybody, look in on any family."""

from flask import redirect, render_template, url_for
from flask_login import login_user
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import SignedIn, open_to_all, rotate_session, saving
from webapp.blueprints.demo import blueprint
from webapp.services.centre import sign_in
from webapp.services.demo import demonstration_stage


@blueprint.get("/")
@open_to_all
def stage() -> str:
    return render_template("demo/stage.html", stages=demonstration_stage.stages())


@blueprint.post("/enter/<int:staff_id>")
@open_to_all
def enter_as(staff_id: int) -> Response:
    with saving():
        person, token = sign_in.begin(staff_id, clock.now())
    rotate_session()
    login_user(SignedIn(person, token))
    return redirect(url_for("auth.home"))
