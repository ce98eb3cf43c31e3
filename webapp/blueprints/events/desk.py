"""The page of one group event, for every view that shows it."""

from typing import Any

from flask import render_template, url_for

from webapp import clock, links
from webapp.access import me, my_centre
from webapp.blueprints.events.event_forms import SendBackForm
from webapp.services.events import event_desk, group_events
from webapp.services.mail import calendar_items
from webapp.services.moves import move_board
from webapp.services.rooms import group_rooms


def page(event: Any, *, note_form: SendBackForm | None = None) -> str:
    """``note_form``: the one that came back with an error."""
    centre, now = my_centre(), clock.now()
    shown = event_desk.load(centre, event, now)
    return render_template(
        "events/event.html",
        event=event,
        shown=shown,
        ahead=shown.ahead(now),
        beyond=shown.beyond(event.capacity),
        may_run=event_desk.may_run(shown, me()),
        may_approve=event_desk.may_approve(event, shown, me()),
        asked=event_desk.asked_to_approve(centre, event, shown),
        cases=move_board.of_event(centre, event.id, now),
        rooms=group_rooms.of_hosts(event, shown.meetings, now),
        history=event_desk.history(event),
        answers=calendar_items.answers_of_event(event.id, now),
        address=links.event_page(centre.slug, event.id),
        embedded=links.embedded_list(centre.slug, centre.language),
        listener=links.public_url(url_for("static", filename="embedding.js")),
        carries=group_events.server_carries(),
        form=note_form,
        note_form=note_form or SendBackForm(formdata=None),
    )
