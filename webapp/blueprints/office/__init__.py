"""Pages of the registrar: calls to make, requests that came by phone, letter or in person."""

from flask import Blueprint

blueprint = Blueprint("office", __name__)

from webapp.blueprints.office import calls, enter, mail  # noqa: E402, F401
