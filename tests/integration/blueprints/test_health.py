"""What a monitor reads."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from tests.factories import NOW, make_centre, make_request
from webapp.jobs import tasks
from webapp.models import Letter, Pulse, db
from webapp.services.centre import readiness


def tick(seconds_ago: int, *, task: str | None = None) -> None:
    """All tasks ran just now, and ``task`` (by default all of them) that long ago."""
    for name in readiness.PERIODIC_TASKS:
        ago = seconds_ago if task in (None, name) else 0
        db.session.add(Pulse(task=name, at=NOW - timedelta(seconds=ago)))
    db.session.commit()


def letter_due(minutes_ago: int, **values: object) -> None:
    make_request(make_centre())
    letter = db.session.query(Letter).one()
    letter.due_at = NOW - timedelta(minutes=minutes_ago)
    for name, value in values.items():
        setattr(letter, name, value)
    db.session.commit()


def test_the_process_answers_without_a_database(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: object, **_more: object) -> None:
        raise OperationalError("select", {}, Exception("away"))

    monkeypatch.setattr(db.session, "execute", away)
    assert client.get("/healthz").status_code == 200


def test_ready_with_a_ticking_worker_and_no_late_letter(client: FlaskClient, app: Flask) -> None:
    tick(seconds_ago=5)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {
        "status": "ok",
        "database": True,
        "outbox_age_seconds": 0,
        "last_tick": "2026-11-24T05:59:55+00:00",
        "seconds_since_tick": 5,
    }


def test_not_ready_without_a_worker(client: FlaskClient, app: Flask) -> None:
    assert client.get("/readyz").status_code == 503


def test_the_tasks_looked_for_are_those_that_run() -> None:
    assert set(readiness.PERIODIC_TASKS) == {"deliver_due", *tasks.EVERY_MINUTE}


@pytest.mark.parametrize("task", readiness.PERIODIC_TASKS)
def test_one_task_that_fails_while_the_others_run_is_told(client: FlaskClient, app: Flask, task: str) -> None:
    tick(600, task=task)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["seconds_since_tick"]) == (503, 600)


def test_one_task_that_never_ran_is_told(client: FlaskClient, app: Flask) -> None:
    tick(5)
    db.session.delete(db.session.get_one(Pulse, "remind_checks"))
    db.session.commit()
    assert client.get("/readyz").status_code == 503


@pytest.mark.parametrize(("seconds", "status"), [(180, 200), (181, 503)])
def test_a_worker_may_be_silent_for_three_minutes(
    client: FlaskClient, app: Flask, seconds: int, status: int
) -> None:
    tick(seconds)
    assert client.get("/readyz").status_code == status


@pytest.mark.parametrize(("minutes", "status"), [(10, 200), (11, 503)])
def test_a_letter_may_be_ten_minutes_late(client: FlaskClient, app: Flask, minutes: int, status: int) -> None:
    tick(1)
    letter_due(minutes)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["outbox_age_seconds"]) == (status, minutes * 60)


@pytest.mark.parametrize("state", ["sent", "failed", "dropped"])
def test_letters_that_are_done_do_not_count(client: FlaskClient, app: Flask, state: str) -> None:
    tick(1)
    letter_due(60, state=state)
    assert client.get("/readyz").status_code == 200


def test_a_database_that_is_away_is_an_answer(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: object, **_more: object) -> None:
        raise OperationalError("select", {}, Exception("away"))

    monkeypatch.setattr(db.session, "execute", away)
    answer = client.get("/readyz")
    assert answer.status_code == 503 and answer.json["database"] is False
