"""Group events, for those who prepare, approve, hold and fill them."""

from flask import Blueprint

blueprint = Blueprint("events", __name__)

from webapp.blueprints.events import (  # noqa: E402, F401
    attendance,
    closing,
    dates,
    deciding,
    handing_over,
    mailing,
    materials,
    messages,
    overview,
    preparing,
    questions,
    registering,
    room,
    running,
)
