"""Files of the event, for those who may have them."""

from flask import g
from werkzeug.wrappers import Response

from webapp.access import as_download, participant_only
from webapp.blueprints.participant import blueprint
from webapp.services.events import materials


@blueprint.get("/materials/<int:material_id>")
@participant_only
def material(material_id: int) -> Response:
    allowed = materials.open_to(g.participant.id, g.participant.state)
    return as_download(materials.download(g.participant.group_event_id, material_id, allowed))
