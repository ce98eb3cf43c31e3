"""One feed a secret address; a calendar that has the newest form already gets 304 without the file."""

from flask import Response, abort, request

from webapp import clock
from webapp.access import open_to_all
from webapp.blueprints.feeds import blueprint
from webapp.services.pages import feeds


@blueprint.get("/<token>.ics")
@open_to_all
def feed(token: str) -> Response:
    now = clock.now()
    found = feeds.find(token, now)
    if found is None:
        abort(404)
    unchanged = request.if_none_match.contains_weak(found.etag)
    answer = Response(status=304) if unchanged else Response(feeds.render(found, now))
    answer.set_etag(found.etag)
    answer.headers["Cache-Control"] = "private, no-cache"
    if not unchanged:
        answer.headers["Content-Type"] = "text/calendar; charset=utf-8"
        answer.headers["Content-Disposition"] = 'inline; filename="calendar.ics"'
    return answer
