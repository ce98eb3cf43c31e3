"""The worker of an installation on one machine: a thread beside the pages."""

import threading
import time
from collections.abc import Callable

import structlog
from flask import Flask

from webapp import clock
from webapp.jobs import tasks

SECOND = 1.0
MINUTE = 60.0
LONGEST_PAUSE = 60.0  # after failures: 2, 4, 8 … seconds
MOST_DOUBLINGS = 6  # more is longer than that anyway, and in the end more than a float holds

log = structlog.get_logger()


def start(app: Flask, stop: threading.Event) -> threading.Thread:
    """Begin to work in a thread of its own, until ``stop`` is set."""
    thread = threading.Thread(target=work, args=(app, stop), name="kenes-worker", daemon=True)
    thread.start()
    return thread


def work(app: Flask, stop: threading.Event) -> None:
    """Deliver letters every second, run the other tasks every minute. Survives every error."""
    failures = 0
    next_minute = time.monotonic()
    while not stop.wait(pause_after(failures)):
        done = _in_context(app, _deliver_all_due(stop), "deliver_due")
        if time.monotonic() >= next_minute:
            next_minute = time.monotonic() + MINUTE
            for name, task in tasks.EVERY_MINUTE.items():
                done &= _in_context(app, lambda task=task: task(clock.now()), name)  # type: ignore[misc]
        failures = 0 if done else failures + 1


def pause_after(failures: int) -> float:
    """Seconds until the next round, after so many failed ones on end."""
    return min(SECOND * 2.0 ** min(failures, MOST_DOUBLINGS), LONGEST_PAUSE)


def _deliver_all_due(stop: threading.Event) -> Callable[[], None]:
    def deliver() -> None:
        while tasks.deliver_due() and not stop.is_set():
            pass

    return deliver


def _in_context(app: Flask, task: Callable[[], None], name: str) -> bool:
    """Returns whether it went well; an error is logged, and the next round tries again."""
    try:
        with app.app_context():
            task()
    except Exception as error:
        # The words of a database error may quote a row: only its kind is logged.
        log.error("task.failed", task=name, error=type(error).__name__)
        return False
    return True
