"""What a monitor reads."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from tests.factories import NOW, make_centre, make_request
from webapp.models import Letter, Pulse, db


def tick(seconds_ago: int) -> None:
    db.session.add(Pulse(task="deliver", at=NOW - timedelta(seconds=seconds_ago)))
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


@pytest.mark.parametrize(("seconds", "status"), [(60, 200), (61, 503)])
def test_a_worker_may_be_silent_for_a_minute(
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


@pytest.mark.parametrize("state", ["sent", "failed", "dropped", "uncertain"])
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
