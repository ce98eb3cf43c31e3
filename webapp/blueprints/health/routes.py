"""``/healthz`` and ``/readyz``."""

from flask import Response, jsonify

from webapp import clock
from webapp.access import open_to_all
from webapp.blueprints.health import blueprint
from webapp.services.centre.readiness import read


@blueprint.get("/healthz")
@open_to_all
def process() -> Response:
    """The process answers; nothing else is looked at."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@open_to_all
def ready() -> tuple[Response, int]:
    """Database, age of the outbox, last tick of the worker; 503 when one is not as it should be."""
    found = read(clock.now())
    answer = jsonify(
        status="ok" if found.fit else "not ready",
        database=found.database,
        outbox_age_seconds=found.outbox_age_seconds,
        last_tick=found.last_tick.isoformat() if found.last_tick else None,
        seconds_since_tick=found.seconds_since_tick,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer, 200 if found.fit else 503
