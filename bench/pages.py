"""The centre page with free times: what a request costs, against the same page rendered from constants."""

import http.client
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median, quantiles

from bench import browser, people, server, stage
from bench.server import Process
from bench.table import Figure, number

ROUNDS = 7
EACH = 200  # requests of a round, over one connection
PATH = "/c/bench/"

MOST_TIMES_CONSTANTS = 2.5
MOST_TIMES_MEDIAN = 4


@dataclass(frozen=True)
class Round:
    """Seconds. ``spread``: the 99th percentile of the round's latencies by their median."""

    cpu: float
    latency: float
    spread: float


def measure() -> Iterator[Figure]:
    for database in stage.databases():
        with stage.installation(database) as (installation, app):
            with app.app_context():
                people.open_centre(datetime.now(UTC), "bench")
            environment = installation.environment()
            log = installation.folder / "log"
            with (
                server.granian("webapp.factory:create_app", environment, log) as real,
                server.granian("bench.constant_page:create_app", environment, log) as constant,
            ):
                yield from _compare(database, real, constant)


def in_turn(real: Process, constant: Process, path: str, each: int) -> list[tuple[Round, Round]]:
    """Rounds of ``each`` requests of both, in turn, so that whatever else the machine does falls on both."""
    must_answer_the_same(real, constant, path)
    for process in (real, constant):
        _round(process, path, max(each // 4, 1))
    return [(_round(real, path, each), _round(constant, path, each)) for _ in range(ROUNDS)]


def must_answer_the_same(real: Process, constant: Process, path: str) -> None:
    """As many octets of both, or they are not the same page. Asked twice, the constant one has seen it."""
    sizes = [len(browser.get(process.port, path)) for process in (real, constant, constant)]
    if len(set(sizes)) > 1:
        raise RuntimeError(f"the pages differ: {sizes} octets")


def _compare(database: str, real: Process, constant: Process) -> Iterator[Figure]:
    rounds = in_turn(real, constant, PATH, EACH)
    cost = 1000 * median(ours.cpu for ours, _ in rounds)
    bare = 1000 * median(theirs.cpu for _, theirs in rounds)
    ratio = median(ours.cpu / theirs.cpu for ours, theirs in rounds)
    yield Figure(
        f"Centre page, {database}: CPU of a request",
        ratio,
        "×",
        f"from constants: {number(bare)} ms",
        ratio,
        target=MOST_TIMES_CONSTANTS,
        shown=f"{number(cost)} ms",
    )
    spread = median(ours.spread for ours, _ in rounds)
    bare_spread = median(theirs.spread for _, theirs in rounds)
    latency = 1000 * median(ours.latency for ours, _ in rounds)
    yield Figure(
        f"Centre page, {database}: p99 by p50, one connection",
        spread,
        "×",
        f"from constants: {number(bare_spread)} ×",
        spread / bare_spread,
        target=MOST_TIMES_MEDIAN,
        shown=f"{number(latency)} ms, p99 {number(spread)} ×",
    )


def _round(process: Process, path: str, count: int) -> Round:
    connection = http.client.HTTPConnection(server.HOST, process.port)
    latencies = []
    cpu_before = process.cpu_seconds()
    for _ in range(count):
        began = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        latencies.append(time.perf_counter() - began)
        if answer.status != http.client.OK:
            raise RuntimeError(f"{path} answered {answer.status}")
    cpu = process.cpu_seconds() - cpu_before
    connection.close()
    p50 = median(latencies)
    return Round(cpu / count, p50, quantiles(latencies, n=100)[98] / p50)
