"""The letters that a demonstration would have sent, as their readers would see them."""

from flask import Response, abort, render_template

from webapp.access import open_to_all
from webapp.blueprints.demo import blueprint
from webapp.letters import kept
from webapp.letters.kept import KeptLetter

# The letter's own <style> and nothing else; its links leave the frame.
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none';"
    " sandbox allow-top-navigation-by-user-activation"
)


@blueprint.get("/mail")
@open_to_all
def letters() -> str:
    return render_template("demo/mail.html", letters=kept.kept_letters())


@blueprint.get("/mail/<int:letter_id>")
@open_to_all
def letter(letter_id: int) -> Response:
    page = Response(render_template("demo/letter.html", letter=_kept(letter_id)), mimetype="text/html")
    page.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; frame-src 'self';"
        " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    return page


@blueprint.get("/mail/<int:letter_id>/html")
@open_to_all
def letter_html(letter_id: int) -> Response:
    html = _kept(letter_id).html.replace("<head>", '<head><base target="_top">', 1)
    body = Response(html, mimetype="text/html")
    body.headers["Content-Security-Policy"] = LETTER_POLICY
    body.headers["X-Frame-Options"] = "SAMEORIGIN"
    return body


@blueprint.get("/mail/<int:letter_id>/invite.ics")
@open_to_all
def letter_invite(letter_id: int) -> Response:
    invite = _kept(letter_id).invite
    if invite is None:
        abort(404)
    file = Response(invite, content_type="text/calendar; charset=utf-8")
    file.headers["Content-Disposition"] = 'attachment; filename="invite.ics"'
    return file


def _kept(letter_id: int) -> KeptLetter:
    letter = kept.kept_letter(letter_id)
    if letter is None:
        abort(404)
    return letter
