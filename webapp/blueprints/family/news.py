"""Whether the open page shows what is so."""

from flask import Response

from webapp import clock, polling
from webapp.access import looks_link_up
from webapp.blueprints.family import blueprint
from webapp.services.pages import live


@blueprint.get("/version")
@looks_link_up("family")
def version(token: str) -> Response:
    return polling.answer(live.of_link(token, clock.now()))
