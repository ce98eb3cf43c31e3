"""The pages behind a family's personal link."""

from flask import Blueprint

blueprint = Blueprint("family", __name__)

from webapp.blueprints.family import mailing, moves, news, page, room  # noqa: E402, F401
