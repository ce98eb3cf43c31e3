"""What families may ask about, and who answers."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp import clock
from webapp.access import me, my_centre, saving, staff_may
from webapp.blueprints.admin import blueprint
from webapp.blueprints.admin.forms import TopicForm
from webapp.form_fields import options, spread, texts_of
from webapp.rules.permissions import Permission
from webapp.services.centre import topics as topic_service
from webapp.services.centre.topics import DescribedTopic
from webapp.services.times import timetable


@blueprint.get("/topics")
@staff_may(Permission.SET_UP_CENTRE)
def topics() -> str:
    return render_template("admin/topics.html", topics=topic_service.of_centre(my_centre()))


@blueprint.route("/topics/new", methods=["GET", "POST"])
@staff_may(Permission.SET_UP_CENTRE)
def new_topic() -> str | Response | tuple[str, int]:
    form = TopicForm()
    _fill(form)
    if form.validate_on_submit():
        with saving(form) as saved:
            topic_service.add(my_centre(), _described(form), clock.now(), by=me())
        if saved:
            flash(_("The topic is added."))
            return redirect(url_for("admin.topics"))
    return render_template("admin/topic.html", form=form, topic=None), 422 if form.errors else 200


@blueprint.route("/topics/<int:topic_id>", methods=["GET", "POST"])
@staff_may(Permission.SET_UP_CENTRE)
def topic(topic_id: int) -> str | Response | tuple[str, int]:
    found = topic_service.find(my_centre(), topic_id)
    plain = {name: getattr(found, name) for name in ("confirmed_at_once", "active", "position")}
    answering = topic_service.specialists_of_topic(found)
    form = TopicForm(
        data={
            **plain,
            **spread("titles", found.titles),
            **spread("hints", found.hints),
            "specialists": answering,
        }
    )
    _fill(form)
    if form.validate_on_submit():
        with saving(form) as saved:
            topic_service.change(my_centre(), found, _described(form), clock.now(), by=me())
        if saved:
            flash(_("Saved. Families see it at once."))
            return redirect(url_for("admin.topics"))
    return render_template("admin/topic.html", form=form, topic=found), 422 if form.errors else 200


def _fill(form: TopicForm) -> None:
    form.specialists.choices = options(
        (person.id, person.name) for person in timetable.specialists_of(my_centre())
    )


def _described(form: TopicForm) -> DescribedTopic:
    return DescribedTopic(
        titles=texts_of(form, "titles"),
        hints=texts_of(form, "hints"),
        specialist_ids=form.specialists.data or [],
        confirmed_at_once=form.confirmed_at_once.data,
        active=form.active.data,
        position=form.position.data or 0,
    )
