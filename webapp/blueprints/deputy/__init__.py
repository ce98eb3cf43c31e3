"""Pages of those who answer requests: the deputy director, the head, the methodist."""

from flask import Blueprint

blueprint = Blueprint("deputy", __name__)

from webapp.blueprints.deputy import absences, calendar_answers, deadlines, requests, series  # noqa: E402, F401
