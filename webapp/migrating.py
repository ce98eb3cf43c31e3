"""Brings the database to the newest form.

Alembic is loaded only where there is something to do: most starts find the newest form already, and it would
stay in the memory of the server.
"""

from pathlib import Path

import sqlalchemy as sa
from flask import current_app

from webapp.models import db

FOLDER = Path(__file__).parent / "migrations"
VERSION = sa.table("alembic_version", sa.column("version_num"))


def upgrade() -> None:
    if form() == newest_form():
        return
    import flask_migrate

    flask_migrate.Migrate(current_app, db, directory=str(FOLDER))
    flask_migrate.upgrade()


def form() -> str | None:
    """The number of the migration that the database has reached; None where there are no tables yet."""
    with db.engine.connect() as connection:
        if not sa.inspect(connection).has_table(VERSION.name):
            return None
        number: str | None = connection.scalar(sa.select(VERSION.c.version_num))
        return number


def newest_form() -> str:
    """The number of the last migration, with which its file begins."""
    return max(path.name.partition("_")[0] for path in FOLDER.glob("versions/[0-9]*.py"))
