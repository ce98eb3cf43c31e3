"""Signing in and out, invitations, and what everybody of the staff sets about themselves."""

from flask import Blueprint

blueprint = Blueprint("auth", __name__)

from webapp.blueprints.auth import invitations, own, signing_in  # noqa: E402, F401
