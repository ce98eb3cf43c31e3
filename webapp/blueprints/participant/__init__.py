"""The pages behind the link of somebody who registered for a group event."""

from flask import Blueprint

blueprint = Blueprint("participant", __name__)

from webapp.blueprints.participant import dates, mailing, materials, page, questions, room  # noqa: E402, F401
