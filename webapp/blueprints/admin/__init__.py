"""Pages of the administrator: the centre, its calendar, topics, kinds of group events, consent text, people."""

from flask import Blueprint

blueprint = Blueprint("admin", __name__)

from webapp.blueprints.admin import calendar, centre, consent, event_types, people, topics  # noqa: E402, F401
