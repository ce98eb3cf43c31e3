"""A specialist's pages: the day, the hours, the check, the room, the write-up."""

from flask import Blueprint

blueprint = Blueprint("specialist", __name__)

from webapp.blueprints.specialist import asked, check, day, hours, news, session, write_up  # noqa: E402, F401
