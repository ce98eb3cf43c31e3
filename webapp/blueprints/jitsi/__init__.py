"""The video server's questions and events. Every answer is a JSON object: anything else breaks its rooms."""

from flask import Blueprint

from webapp.extensions import csrf

blueprint = Blueprint("jitsi", __name__)
csrf.exempt(blueprint)

from webapp.blueprints.jitsi import routes  # noqa: E402, F401
