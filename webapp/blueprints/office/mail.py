"""Unread mail: what came to the mailbox and only a person can understand."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import me, saving, staff_may
from webapp.blueprints.office import blueprint
from webapp.rules.permissions import Permission
from webapp.services.mail import unread_mail

READERS = (Permission.READ_MAIL, Permission.READ_STRAY_MAIL)


@blueprint.get("/mail")
@staff_may(*READERS)
def mail() -> str:
    return render_template(
        "office/mail.html", waiting=unread_mail.waiting(me()), handled=unread_mail.handled_lately(me())
    )


@blueprint.get("/mail/<int:mail_id>")
@staff_may(*READERS)
def one_mail(mail_id: int) -> str:
    return render_template("office/one_mail.html", mail=unread_mail.find(me(), mail_id))


@blueprint.post("/mail/<int:mail_id>/handled")
@staff_may(*READERS)
def handle_mail(mail_id: int) -> Response:
    with saving():
        news = unread_mail.handle(me(), mail_id, clock.now())
    flash(_("The mail is handled.") if news else _("A colleague has handled this mail already."))
    return redirect(url_for("office.mail"))
