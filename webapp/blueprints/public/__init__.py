"""Pages that anybody may open: the centre, asking for help, how data are kept."""

from flask import Blueprint

blueprint = Blueprint("public", __name__)

from webapp.blueprints.public import asking, centre, events, files, listing, mailing  # noqa: E402, F401
