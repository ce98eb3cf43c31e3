"""The worker thread: it works, survives errors and stops."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from flask import Flask

from webapp.jobs import embedded, tasks


def until(reached: Callable[[], bool]) -> None:
    for _ in range(500):
        if reached():
            return
        threading.Event().wait(0.01)
    pytest.fail("it did not happen")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "SECOND", 0.001)
    monkeypatch.setattr(embedded, "LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(tasks, "deliver_due", lambda: False)


@pytest.mark.usefixtures("quick")
def test_it_works_in_the_context_of_the_application_until_it_is_stopped(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(tasks, "EVERY_MINUTE", {"look": lambda now: seen.append(now)})
    stop = threading.Event()
    thread = embedded.start(app, stop)
    until(lambda: bool(seen))
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert len(seen) == 1  # every minute, not every second


@pytest.mark.usefixtures("quick")
def test_an_error_is_logged_by_kind_and_work_goes_on(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[float] = []

    def fail(now: Any) -> None:
        raise RuntimeError("anna@home.example")

    def deliver() -> bool:
        calls.append(time.perf_counter())
        if len(calls) < 3:
            raise OSError("away")
        return len(calls) < 5

    monkeypatch.setattr(tasks, "deliver_due", deliver)
    monkeypatch.setattr(tasks, "EVERY_MINUTE", {"fails": fail})
    stop = threading.Event()
    with structlog.testing.capture_logs() as logs:
        thread = embedded.start(app, stop)
        until(lambda: len(calls) > 5)
        stop.set()
        thread.join(5)
    assert {(entry["task"], entry["error"]) for entry in logs} == {
        ("deliver_due", "OSError"),
        ("fails", "RuntimeError"),
    }
    assert "anna" not in str(logs)


@pytest.mark.parametrize(("failures", "seconds"), [(0, 1), (1, 2), (5, 32), (6, 60), (5000, 60)])
def test_the_pause_grows_to_a_minute_and_no_further(failures: int, seconds: float) -> None:
    assert embedded.pause_after(failures) == seconds
