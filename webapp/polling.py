"""The answer to an open page that asks for news: mostly 304, and never kept by anybody in between."""

from flask import Response, g, make_response, request


def answer(version: str | None) -> Response:
    """``version``: what the page would be drawn with now; ``None`` where it is gone."""
    g.personal = True
    if version is None:
        return Response(status=404)
    if request.if_none_match.contains_weak(version):
        reply = Response(status=304)
    else:
        reply = make_response(version)
        reply.mimetype = "text/plain"
    reply.set_etag(version)
    return reply
