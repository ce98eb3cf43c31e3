"""The minute before a webinar: five hundred people open their page, the page of the door, and go in."""

import http.client
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles
from urllib.parse import urlencode

from flask import Flask

from bench import browser, pages, server, stage
from bench.browser import Visit
from bench.server import Process
from bench.table import Figure, number
from tests.factories import make_centre, make_event, make_event_type, make_specialist, register
from webapp.models import Registration, db
from webapp.services.events import group_events
from webapp.services.pages import personal_links

PEOPLE = 500
ROUNDS = 3
WRITERS = 8  # who press a button at the same time
MINUTES_TO_THE_START = 8  # the door is open, and stays so for the whole measurement
SERVER_CARRIES = 1000

MOST_TIMES_CONSTANTS = 2.5
PAGES = {"personal page": "", "page of the door": "/join"}


@dataclass(frozen=True)
class Crowd:
    """Addresses of the personal pages, and the meeting that all of them wait for."""

    paths: Sequence[str]
    meeting_id: int


def measure() -> Iterator[Figure]:
    for database in stage.databases():
        with stage.installation(database) as (installation, app):
            crowd = _crowd(app)
            environment = installation.environment(jitsi_max_participants=str(SERVER_CARRIES))
            log = installation.folder / "log"
            with (
                server.granian("webapp.factory:create_app", environment, log) as real,
                server.granian("bench.constant_page:create_app", environment, log) as constant,
            ):
                for name, part in PAGES.items():
                    yield _compare(database, name, [path + part for path in crowd.paths], real, constant)
            with server.granian("webapp.factory:create_app", environment, log) as real:
                yield from _press(database, real, crowd)


def _crowd(app: Flask) -> Crowd:
    """A webinar that is about to begin, every seat taken."""
    with app.app_context():
        app.config["SETTINGS"].jitsi_max_participants = SERVER_CARRIES
        now = datetime.now(UTC)
        centre = make_centre(slug="rush")
        kind = make_event_type(centre, maximum=PEOPLE)
        starts_at = now + timedelta(minutes=MINUTES_TO_THE_START)
        event = make_event(centre, make_specialist(centre), at=starts_at, kind=kind, capacity=PEOPLE, now=now)
        people = [register(event, now=now) for _ in range(PEOPLE)]
        crowd = Crowd([_path(person) for person in people], group_events.meetings(event)[0].id)
        db.session.commit()
    return crowd


def _path(registration: Registration) -> str:
    token = personal_links.token_of(personal_links.SEAT, registration_id=registration.id)
    return f"/f/{token}"


# --- Opening ----------------------------------------------------------------------------------------------


def _compare(database: str, name: str, paths: Sequence[str], real: Process, constant: Process) -> Figure:
    pages.must_answer_the_same(real, constant, paths[0])
    for process in (real, constant):
        _round(process, paths)  # the real one is warm, the constant one has seen every page
    # In turn, so that whatever else the machine does falls on both.
    rounds = [(_round(real, paths), _round(constant, paths)) for _ in range(ROUNDS)]
    cost = 1000 * median(ours for ours, _ in rounds)
    bare = 1000 * median(theirs for _, theirs in rounds)
    ratio = median(ours / theirs for ours, theirs in rounds)
    return Figure(
        f"{PEOPLE} × {name}, {database}: CPU of a request",
        ratio,
        "×",
        f"from constants: {number(bare)} ms",
        ratio,
        target=MOST_TIMES_CONSTANTS,
        shown=f"{number(cost)} ms",
    )


def _round(process: Process, paths: Sequence[str]) -> float:
    """Seconds of CPU of a request, when everybody opens their own page once."""
    connection = http.client.HTTPConnection(server.HOST, process.port)
    before = process.cpu_seconds()
    for path in paths:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{path} answered {answer.status}")
    cpu = process.cpu_seconds() - before
    connection.close()
    return cpu / len(paths)


# --- Going in ---------------------------------------------------------------------------------------------


def _press(database: str, process: Process, crowd: Crowd) -> Iterator[Figure]:
    """Everybody goes in, once with an address that is still to be confirmed and once as usual, and is noted."""
    visit = browser.visit(process.port, f"{crowd.paths[0]}/join")
    here = {"meeting": str(crowd.meeting_id), "entering": "1"}
    for name, part, data, status in (
        ("go in, address confirmed by it", "/join", {}, http.client.FOUND),
        ("go in", "/join", {}, http.client.FOUND),
        ("the room page notes them", "/here", here, http.client.NO_CONTENT),
        ("the room page goes on", "/here", here, http.client.NO_CONTENT),
    ):
        seconds, cpu, slowest = _all_at_once(
            process, crowd.paths, part, {**visit.token, **data}, visit, status
        )
        yield Figure(
            f"{PEOPLE} × {name}, {database}, {WRITERS} at once",
            seconds,
            "s",
            f"CPU of one: {number(1000 * cpu)} ms; p99: {number(1000 * slowest)} ms",
        )


def _all_at_once(
    process: Process, paths: Sequence[str], part: str, data: dict[str, str], visit: Visit, status: int
) -> tuple[float, float, float]:
    """Seconds until everybody had an answer, seconds of CPU of one, the 99th percentile of the waiting."""
    latencies: list[float] = []
    wrong: list[int] = []

    def press(own: Sequence[str]) -> None:
        connection = http.client.HTTPConnection(server.HOST, process.port)
        for path in own:
            began = time.perf_counter()
            connection.request("POST", path + part, urlencode(data), visit.headers)
            answer = connection.getresponse()
            answer.read()
            latencies.append(time.perf_counter() - began)
            if answer.status != status:
                wrong.append(answer.status)
        connection.close()

    before, began = process.cpu_seconds(), time.perf_counter()
    browser.at_once(press, [paths[number::WRITERS] for number in range(WRITERS)])
    seconds = time.perf_counter() - began
    if wrong:
        raise RuntimeError(f"POST {part} answered {sorted(set(wrong))}")
    cpu = (process.cpu_seconds() - before) / len(paths)
    return seconds, cpu, quantiles(latencies, n=100)[98]
