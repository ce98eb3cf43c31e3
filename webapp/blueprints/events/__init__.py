"""Group events, for those who prepare, approve, hold and fill them."""

from flask import Blueprint

blueprint = Blueprint("events", __name__)

from webapp.blueprints.events import materials, messages, overview, questions  # noqa: E402, F401
