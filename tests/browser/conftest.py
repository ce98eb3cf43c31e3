"""A served Kenes for each test, and the people of one centre in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.installation import Installation, Switch
from tests.factories import NOW
from webapp import migrating
from webapp.config import read_settings
from webapp.factory import create_app
from webapp.models import db

expect.set_options(timeout=15_000)  # milliseconds: only what never comes costs as much


@pytest.fixture(scope="session")
def switch() -> Switch:
    return Switch()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the tables and no row."""
    folder = tmp_path_factory.mktemp("empty")
    app = create_app(read_settings(data_dir=folder))
    with app.app_context():
        migrating.upgrade()
        db.session.remove()
        db.engine.dispose()
    return folder / "kenes.sqlite3"


@pytest.fixture
def kenes(switch: Switch, empty_database: Path, tmp_path: Path) -> Iterator[Installation]:
    """A Kenes at ``NOW``, with an empty database."""
    installation = Installation(switch, tmp_path, empty_database, NOW)
    yield installation
    installation.close()
