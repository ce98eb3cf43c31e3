"""What a monitor asks: is the process there, is it fit for work."""

from flask import Blueprint

blueprint = Blueprint("health", __name__)

from webapp.blueprints.health import routes  # noqa: E402, F401
