"""Connections to PostgreSQL that die while nobody uses them."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from tests.postgres import PostgresServer
from webapp.models import base

PID = sa.text("SELECT pg_backend_pid()")
END = sa.text("SELECT pg_terminate_backend(:pid, 5000)")  # waits until it is gone


@pytest.fixture
def engine(postgres_server: PostgresServer) -> Iterator[sa.Engine]:
    engine = sa.create_engine(postgres_server.create_database(), pool_size=2)
    base.prepare_engine(engine)
    yield engine
    engine.dispose()


def pid_of(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(PID).scalar_one())


def end(engine: sa.Engine, pid: int) -> None:
    """As a restart of the server does it, seen from another connection."""
    other = sa.create_engine(engine.url, poolclass=sa.NullPool)
    with other.connect() as connection:
        assert connection.execute(END, {"pid": pid}).scalar_one()


def test_a_connection_serves_again(engine: sa.Engine) -> None:
    assert pid_of(engine) == pid_of(engine)


def test_a_connection_that_the_server_has_closed_is_replaced(engine: sa.Engine) -> None:
    before = pid_of(engine)
    end(engine, before)
    assert pid_of(engine) != before


def test_all_connections_are_replaced_when_one_was_closed(engine: sa.Engine) -> None:
    with engine.connect() as one, engine.connect() as two:
        pids = {one.execute(PID).scalar_one(), two.execute(PID).scalar_one()}
    for pid in pids:
        end(engine, pid)
    with engine.connect() as one, engine.connect() as two:
        assert not pids & {one.execute(PID).scalar_one(), two.execute(PID).scalar_one()}


def test_a_connection_is_asked_after_a_rest(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = noting_pings(engine, monkeypatch)
    pid_of(engine)
    pid_of(engine)
    assert asked == []
    monkeypatch.setattr(base, "TRUSTED_FOR_SECONDS", -1)
    pid_of(engine)
    assert len(asked) == 1


def noting_pings(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    asked: list[object] = []
    ping: Callable[[object], bool] = engine.dialect.do_ping

    def noted(connection: object) -> bool:
        asked.append(connection)
        return ping(connection)

    monkeypatch.setattr(engine.dialect, "do_ping", noted)
    return asked
