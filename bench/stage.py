"""Where a measurement happens: an installation of its own, set up as in production, gone afterwards."""

import gc
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from tests.postgres import PostgresServer, find_postgres
from webapp import migrating
from webapp.config import read_settings
from webapp.factory import create_app
from webapp.models import db

ROOT = Path(__file__).parent.parent
# Not /tmp, which lies in memory on many machines: there, a durable commit would cost nothing.
DISK = Path("/var/tmp")

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"


@dataclass(frozen=True)
class Installation:
    """One database with its folder. Cheap to send to another process."""

    folder: Path
    database_url: str = ""

    def values(self) -> dict[str, str]:
        """Settings as the README's production section wants them."""
        return {
            "env": "production",
            "data_dir": str(self.folder),
            "database_url": self.database_url,
            "public_url": "https://kenes.example",
            "secret_key": "a-secret-of-the-bench-that-is-long-enough",
            "link_key": "another-secret-of-the-bench-long-enough",
            "smtp_url": "smtp://127.0.0.1:9",  # nobody listens there: the bench sends nothing
            "mail_from": "centre@kenes.example",
        }

    def environment(self, **more: str) -> dict[str, str]:
        """The same for a process of its own; what the caller's shell says about Kenes is left out.

        Python may keep what it compiles: else no start is a warm one, and each takes more memory.
        """
        values = {**self.values(), **more}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("KENES_")}
        inherited.pop("PYTHONDONTWRITEBYTECODE", None)
        return {**inherited, **{f"KENES_{name.upper()}": value for name, value in values.items()}}

    def app(self) -> Flask:
        return create_app(read_settings(**self.values()))


@contextmanager
def new_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kenes-bench-", dir=DISK) as folder:
        yield Path(folder)


@contextmanager
def installation(database: str) -> Iterator[tuple[Installation, Flask]]:
    """An installation with empty tables on ``database``, SQLITE or POSTGRESQL, and its application.

    Both are durable: no commit returns before the disk has it.
    """
    with new_folder() as folder:
        if database == SQLITE:
            yield from _migrated(Installation(folder))
            return
        programs = find_postgres()
        if programs is None:
            raise RuntimeError("PostgreSQL is not installed")
        with PostgresServer(programs, durable=True, parent=DISK) as server:
            yield from _migrated(Installation(folder, server.create_database()))


def _migrated(new: Installation) -> Iterator[tuple[Installation, Flask]]:
    app = new.app()
    with app.app_context():
        migrating.upgrade()
    try:
        yield new, app
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def settle() -> None:
    """What is there by now stays: the collector need not look at it again, as in a process that serves."""
    gc.collect()
    gc.freeze()


def gather_statistics() -> None:
    """What a database knows that has run for a day: it plans by the number of rows that are there."""
    db.session.execute(sa.text("ANALYZE"))
    db.session.commit()


def databases() -> list[str]:
    """Those that this machine has."""
    return [SQLITE, POSTGRESQL] if find_postgres() else [SQLITE]
