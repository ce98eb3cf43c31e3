"""What bare SQL runs on: one open connection of the driver, and nothing around it."""

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy.engine import make_url


@dataclass(frozen=True)
class Driver:
    """One connection, as durable as the application's. Statements name their values ``:so``.

    ``form`` and ``values`` bring both into the form that the driver wants, before the clock runs.
    """

    begin: Callable[[], object]
    execute: Callable[[str, Mapping[str, Any]], Any]
    execute_many: Callable[[str, Sequence[Mapping[str, Any]]], object]  # one batch
    commit: Callable[[], object]
    form: Callable[[str], str]
    values: Callable[[Mapping[str, Any]], dict[str, Any]]


def connect(database_url: str) -> Driver:
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return _to_sqlite(url.database or "")
    return _to_postgresql(url.set(drivername="postgresql").render_as_string(hide_password=False))


def _to_sqlite(path: str) -> Driver:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000"):
        connection.execute(f"PRAGMA {pragma}")
    return Driver(
        begin=lambda: connection.execute("BEGIN IMMEDIATE"),
        execute=connection.execute,
        execute_many=connection.executemany,
        commit=lambda: connection.execute("COMMIT"),
        form=str,
        values=_with_times_as_text,
    )


def _to_postgresql(address: str) -> Driver:
    connection = psycopg.connect(address)
    return Driver(
        begin=lambda: None,  # the driver does so by itself
        execute=connection.execute,
        execute_many=connection.cursor().executemany,
        commit=connection.commit,
        form=lambda statement: re.sub(r":(\w+)", r"%(\1)s", statement),
        values=dict,
    )


def _with_times_as_text(values: Mapping[str, Any]) -> dict[str, Any]:
    """SQLite's driver wants times as the text that SQLAlchemy stores."""
    return {
        name: value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value
        for name, value in values.items()
    }
