"""Calendars to subscribe to, behind secret addresses."""

from flask import Blueprint

blueprint = Blueprint("feeds", __name__)

from webapp.blueprints.feeds import routes  # noqa: E402, F401
