"""The pages behind the link of somebody who registered for a group event."""

from flask import Blueprint

blueprint = Blueprint("participant", __name__)

from webapp.blueprints.participant import (  # noqa: E402, F401
    dates,
    mailing,
    materials,
    news,
    page,
    questions,
    room,
)
