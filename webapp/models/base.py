"""The database object, the naming convention and the column types that every model uses."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
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

JsonObject = dict[str, Any]


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

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


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
    """Give SQLite the durability and locking that the rest of the code counts on; PostgreSQL needs nothing.

    WAL with ``synchronous=FULL``: nothing acknowledged is lost at a power cut. Writers begin ``IMMEDIATE``,
    so that two of them wait for each other instead of failing half way.
    """
    if engine.dialect.name != "sqlite":
        return

    @sa.event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def on_begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _begins_writing.get() else "BEGIN DEFERRED")
