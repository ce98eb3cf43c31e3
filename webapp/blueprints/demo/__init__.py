"""Pages of a demonstration: sign in as anybody, read the letters. Only where KENES_DEMO is set."""

from flask import Blueprint

blueprint = Blueprint("demo", __name__)

from webapp.blueprints.demo import mail, people  # noqa: E402, F401
