"""Pages of the administrator: the centre, its calendar, topics, consent text and people."""

from flask import Blueprint

blueprint = Blueprint("admin", __name__)

from webapp.blueprints.admin import calendar, centre, consent, people, topics  # noqa: E402, F401
