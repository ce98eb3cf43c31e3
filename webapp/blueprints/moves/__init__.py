"""Cases of consultations that cannot be held as agreed: for those who report them and those who decide."""

from flask import Blueprint

blueprint = Blueprint("moves", __name__)

from webapp.blueprints.moves import alone, cases, reporting, settling  # noqa: E402, F401
