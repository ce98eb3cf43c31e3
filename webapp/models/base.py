"""The database object, the naming convention and the column types that every model uses."""

import random
import select
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

LONGEST_WAIT_SECONDS = 30  # of a writer on SQLite for the others
WAITING = f"busy_timeout={LONGEST_WAIT_SECONDS * 1000}"
TRUSTED_FOR_SECONDS = 60  # a connection to PostgreSQL after it was used; longer than this, and it is asked


@lru_cache(maxsize=1024)  # the times of a timetable are the same for many
def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text + "+00:00")


def _in_utc(value: datetime | None) -> datetime | None:
    return value if value is None or value.tzinfo is UTC else value.astimezone(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Refuses naive values, stores and returns aware UTC on both databases."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive time reached the database: {value!r}")
        return value.astimezone(UTC)

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Any:
        # In one step, which is three times as fast: SQLite keeps the text of an instant in UTC, and
        # PostgreSQL is told at the beginning of a connection to answer in UTC.
        return _instant if dialect.name == "sqlite" else _in_utc


Json = sa.JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    registry = registry(
        metadata=sa.MetaData(naming_convention=NAMING),
        type_annotation_map={datetime: UtcDateTime(), dict[str, Any]: Json, list[str]: Json, str: sa.Text()},
    )


db = SQLAlchemy(model_class=Base)


class WithId:
    id: Mapped[int] = mapped_column(primary_key=True)


def table_of(model: type[Base]) -> sa.Table:
    """The table of a model, for rows that nobody needs as objects: they cost several times as much."""
    return cast(sa.Table, model.__table__)


def execute(
    statement: sa.Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
) -> sa.CursorResult[*tuple[Any, ...]]:
    """Send a statement about tables, in the transaction of the session, after what it has to write.

    As ``db.session.execute``, past what that does for objects: a tenth of what an act of many statements takes.
    """
    session = db.session()
    session.flush()
    return session.connection().execute(statement, values)


def parameters(rows: Sequence[dict[str, Any]]) -> dict[str, Any] | Sequence[dict[str, Any]]:
    """``rows`` as a statement takes them: a single one as itself, since a batch of one costs twice as much."""
    return rows[0] if len(rows) == 1 else rows


_begins_writing: ContextVar[bool] = ContextVar("begins_writing", default=True)


@contextmanager
def reading_only() -> Iterator[None]:
    """Transactions begun inside take no write lock on SQLite: pages that only show something."""
    token = _begins_writing.set(False)
    try:
        yield
    finally:
        _begins_writing.reset(token)


def prepare_engine(engine: sa.Engine) -> None:
    """Give the database what the rest of the code counts on.

    PostgreSQL answers in UTC, whatever its own zone. SQLite gets durability and locking: WAL with
    ``synchronous=FULL``, so that nothing acknowledged is lost at a power cut; writers begin ``IMMEDIATE``,
    so that two of them wait for each other instead of failing half way.
    """
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    else:
        _prepare_postgresql(engine)


def _prepare_postgresql(engine: sa.Engine) -> None:
    """Answers in UTC; a connection that has died while nobody used it is replaced, without asking each time
    whether it lives: the question costs as much as one of a page's own.

    It is asked after a rest, and when something waits to be read: the server says farewell.
    """

    @sa.event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        connection.execute("SET TIME ZONE 'UTC'")
        connection.commit()  # or the end of the first transaction takes it back

    @sa.event.listens_for(engine, "checkin")
    def on_checkin(_connection: Any, record: Any) -> None:
        record.info["used_at"] = time.monotonic()

    @sa.event.listens_for(engine, "checkout")
    def on_checkout(connection: Any, record: Any, _proxy: object) -> None:
        used_at = record.info.get("used_at")
        if used_at is None:  # it was opened this moment
            return
        try:
            if time.monotonic() - used_at > TRUSTED_FOR_SECONDS or _has_something_to_read(connection):
                engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise sa.exc.InvalidatePoolError() from error


def _has_something_to_read(connection: Any) -> bool:
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _prepare_sqlite(engine: sa.Engine) -> None:
    @sa.event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        for pragma in (WAITING, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def on_begin(connection: sa.Connection) -> None:
        if _begins_writing.get():
            _begin_writing(connection)
        else:
            connection.exec_driver_sql("BEGIN DEFERRED")


def _begin_writing(connection: sa.Connection) -> None:
    """Begin ``IMMEDIATE`` on SQLite as soon as nobody else writes; ``OperationalError`` after a while.

    SQLite's own waiting looks ever more seldom, at last every 100 ms, so that whoever has waited long is
    overtaken: of eight busy writers one waited over 10 s.
    """
    driver: Any = connection.connection.driver_connection
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < deadline:
            try:
                driver.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise
            time.sleep(random.uniform(0.001, 0.004))  # noqa: S311 - only so that writers don't keep step
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # refused in the form that pages know how to answer
    finally:
        driver.execute(f"PRAGMA {WAITING}")
