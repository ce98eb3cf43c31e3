"""The journal of consultations, on screen and as files."""

from flask import Blueprint

blueprint = Blueprint("journal", __name__)

from webapp.blueprints.journal import routes  # noqa: E402, F401
