"""The one process of a small installation, worker inside: how soon it is ready, how much memory it keeps."""

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import median

from bench import people, server, stage
from bench.stage import ROOT, Installation
from bench.table import Figure, number

STARTS = 3
PATH = "/c/bench/"
IDLE_SECONDS = 15  # in which the worker has done each of its tasks
MOST_MEGABYTES, MOST_SECONDS = 120, 3
MEGABYTE = 1_000_000

# The libraries that every such process loads, without Kenes.
LIBRARIES = (
    "import argon2, babel, flask, flask_babel, flask_sqlalchemy, flask_wtf, holidays, icalendar, waitress"
)
BARE = f"{LIBRARIES}; print(open('/proc/self/statm').read().split()[1])"


def measure() -> Iterator[Figure]:
    with stage.installation(stage.SQLITE) as (installation, app):
        with app.app_context():
            people.open_centre(datetime.now(UTC), "bench")
        _start(installation)  # a first time: Python's compiled files are written
        starts, resident = [], []
        for _ in range(STARTS):
            seconds, octets = _start(installation, idle=IDLE_SECONDS)
            starts.append(seconds)
            resident.append(octets / MEGABYTE)
        bare_seconds, bare_megabytes = _libraries_alone(installation)
    yield Figure(
        "One process with worker, idle: memory",
        median(resident),
        "MB",
        f"its libraries alone: {number(bare_megabytes)} MB",
        median(resident) / bare_megabytes,
        target=MOST_MEGABYTES,
    )
    yield Figure(
        "  ready after a warm start",
        median(starts),
        "s",
        f"its libraries alone: {number(bare_seconds)} s",
        median(starts) / bare_seconds,
        target=MOST_SECONDS,
    )


def _start(installation: Installation, *, idle: float = 0) -> tuple[float, int]:
    """Seconds from ``manage.py run`` to the first page, and resident octets after ``idle`` seconds.

    ``manage.py run`` replaces itself by the server: the process that is started is the one that is measured.
    """
    port = server.free_port()
    environment = installation.environment(port=str(port))
    command = [getattr(sys, "_base_executable", sys.executable), str(ROOT / "manage.py"), "run"]
    began = time.monotonic()
    with server.started(command, port, environment, installation.folder / "log") as process:
        process.wait_for(PATH)
        seconds = time.monotonic() - began
        time.sleep(idle)
        if idle:
            process.wait_for("/readyz")
        return seconds, process.resident_bytes()


def _libraries_alone(installation: Installation) -> tuple[float, float]:
    """Seconds to load the libraries of the process, and its resident megabytes."""
    times, pages = [], []
    for _ in range(STARTS):
        began = time.monotonic()
        command, environment = [sys.executable, "-c", BARE], installation.environment()
        answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        times.append(time.monotonic() - began)
        pages.append(int(answer.stdout))
    return median(times), median(pages) * server.PAGE_OCTETS / MEGABYTE
