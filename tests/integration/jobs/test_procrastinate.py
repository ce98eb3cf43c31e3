"""The worker of many machines, on PostgreSQL."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from webapp.jobs import procrastinate, tasks
from webapp.models import db

on_sqlite = pytest.mark.parametrize("session_app", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("session_app", ["postgresql"], indirect=True)


@on_sqlite
def test_sqlite_is_told_to_use_the_worker_inside(app: Flask) -> None:
    with pytest.raises(ValueError, match="PostgreSQL"):
        procrastinate.run(app)


@on_postgresql
@pytest.mark.usefixtures("app")
def test_its_tables_are_made_once() -> None:
    procrastinate.prepare()
    procrastinate.prepare()
    assert db.session.scalar(sa.select(sa.func.to_regclass("procrastinate_jobs"))) is not None


@on_postgresql
def test_every_task_has_its_rhythm(app: Flask) -> None:
    registered = procrastinate.engine(app).periodic_registry.periodic_tasks
    assert {task.task.name: task.cron for task in registered.values()} == {
        "deliver_due": procrastinate.EVERY_SECOND,
        "sweep_stalled": procrastinate.EVERY_MINUTE,
        **dict.fromkeys(tasks.EVERY_MINUTE, procrastinate.EVERY_MINUTE),
    }


@on_postgresql
def test_a_worker_delivers_and_runs_the_rest(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    more = [True, True, False]

    def deliver() -> bool:
        done.append("deliver_due")
        return more.pop(0) if more else False

    monkeypatch.setattr(tasks, "deliver_due", deliver)
    for name in tasks.EVERY_MINUTE:
        monkeypatch.setitem(tasks.EVERY_MINUTE, name, _noting(done, name))
    procrastinate.prepare()
    engine = procrastinate.engine(app)

    async def work_through() -> None:
        async with engine.open_async():
            for name in ("deliver_due", "sweep_stalled", *tasks.EVERY_MINUTE):
                await engine.configure_task(name, queueing_lock=name).defer_async(timestamp=0)
            # The periodic deferrer would add the jobs of this second: only these few are wanted here.
            engine.periodic_registry.periodic_tasks.clear()
            await engine.run_worker_async(
                wait=False, install_signal_handlers=False, listen_notify=False, delete_jobs="always"
            )

    # In a thread of its own: Playwright leaves a running loop in the thread of the tests before.
    thread = threading.Thread(target=lambda: asyncio.run(work_through()))
    thread.start()
    thread.join()
    assert done.count("deliver_due") == 3
    assert set(done) == {"deliver_due", *tasks.EVERY_MINUTE}
    assert db.session.scalar(sa.text("SELECT count(*) FROM procrastinate_jobs")) == 0


def _noting(done: list[str], name: str) -> Callable[[Any], None]:
    return lambda _now: done.append(name)
