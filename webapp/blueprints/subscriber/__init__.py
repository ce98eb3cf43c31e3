"""The pages behind the link of a letter of the mailing."""

from flask import Blueprint

blueprint = Blueprint("subscriber", __name__)

from webapp.blueprints.subscriber import page  # noqa: E402, F401
