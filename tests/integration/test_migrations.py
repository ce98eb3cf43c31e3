from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade

from webapp import migrating
from webapp.models import Base, db


def differences() -> list[Any]:
    """Between the database and the models; the tables of the job engine are its own."""
    own = {"compare_type": False, "include_name": lambda name, *_: not str(name).startswith("procrastinate")}
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=own)
        return list(compare_metadata(context, Base.metadata))


def test_migrations_lead_to_the_models(app: Flask) -> None:
    assert differences() == []


def test_migrations_lead_back_and_forth_again(app: Flask) -> None:
    db.session.remove()
    downgrade(revision="base")
    assert migrating.form() is None
    migrating.upgrade()
    assert differences() == []


def test_the_newest_form_is_known_without_alembic(app: Flask) -> None:
    scripts = ScriptDirectory(migrating.FOLDER)
    assert migrating.newest_form() == migrating.form() == scripts.get_current_head()
