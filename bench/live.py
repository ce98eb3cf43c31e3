"""A thousand open personal pages asking for news: what a poll costs, and what all of them together.

A tenth of them is near its start and asks every five seconds, the others once a minute. Against ``/healthz``,
the least request there is, over the same connection in turn.
"""

import http.client
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median

from bench import server, stage
from bench.server import Process
from bench.table import Figure, number
from tests.factories import make_centre, make_consultation, make_specialist
from webapp.models import db
from webapp.services.pages import live, personal_links

PAGES = 1000
POLLS_PER_SECOND = PAGES * (0.1 / 5 + 0.9 / 60)
MOST_OF_A_CORE = 15  # per cent
REQUESTS = 25  # families, each with a consultation and a history
ROUNDS, EACH = 7, 400

Poll = tuple[str, Mapping[str, str]]


def measure() -> Iterator[Figure]:
    for database in stage.databases():
        with stage.installation(database) as (installation, app):
            with app.app_context():
                polls = _open_pages(datetime.now(UTC))
            with server.granian(
                "webapp.factory:create_app", installation.environment(), installation.folder / "log"
            ) as process:
                _round(process, polls, http.client.NOT_MODIFIED)
                rounds = [
                    (
                        _round(process, polls, http.client.NOT_MODIFIED),
                        _round(process, [("/healthz", {})], http.client.OK),
                    )
                    for _ in range(ROUNDS)
                ]
        yield _figure(database, rounds)


def _figure(database: str, rounds: Sequence[tuple[float, float]]) -> Figure:
    ours, least = (median(costs) for costs in zip(*rounds, strict=True))
    share = 100 * ours * POLLS_PER_SECOND
    return Figure(
        f"{PAGES} open pages, {database}: CPU of one core",
        share,
        "%",
        f"/healthz: {number(1000 * least)} ms",
        median(poll / health for poll, health in rounds),
        target=MOST_OF_A_CORE,
        shown=f"{number(share)} % ({number(1000 * ours)} ms a poll)",
    )


def _open_pages(now: datetime) -> list[Poll]:
    """What the open pages of families ask, up to date."""
    centre = make_centre()
    polls: list[Poll] = []
    for number_of_family in range(REQUESTS):
        person = make_specialist(centre)
        at = (now + timedelta(days=1 + number_of_family)).replace(minute=0, second=0, microsecond=0)
        consultation = make_consultation(centre, person, at=at, now=now)
        request_id = consultation.help_request_id
        assert request_id is not None
        token = personal_links.token_of(personal_links.PAGE, help_request_id=request_id)
        version = live.of_request(request_id).version
        polls.append((f"/f/{token}/version", {"If-None-Match": f'"{version}"'}))
    db.session.commit()
    return polls


def _round(process: Process, polls: Sequence[Poll], expected: int) -> float:
    """Seconds of CPU that one of ``polls`` takes."""
    connection = http.client.HTTPConnection(server.HOST, process.port)
    before = process.cpu_seconds()
    for place in range(EACH):
        path, headers = polls[place % len(polls)]
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != expected:
            raise RuntimeError(f"{path} answered {answer.status}")
    cost = process.cpu_seconds() - before
    connection.close()
    return cost / EACH
