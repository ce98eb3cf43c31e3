"""The application on SQLite and on PostgreSQL; every test begins with empty tables, at ``NOW``."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask, g, has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories import NOW
from webapp import migrating
from webapp.config import Settings, read_settings
from webapp.factory import create_app
from webapp.models import Base, Staff, db
from webapp.services.centre import sign_in as sign_in_service

JITSI = {
    "jitsi_mode": "guarded",
    "jitsi_url": "https://meet.school.example",
    "jitsi_app_id": "kenes",
    "jitsi_secret": "a-secret-of-the-video-server-for-tests",
    "jitsi_callback_token": "a-callback-token-for-tests",
}
JUDGED_TYPES = {"date", "email", "number", "time", "url"}


class StrictClient(FlaskClient):
    """Refuses malformed HTML, headers that no server can send, and a form that a browser would judge before we do."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        # Requests of a test share its application context: nobody may be taken for whoever asked before.
        for name in list(g) if has_app_context() else ():
            g.pop(name)
        response = super().open(*args, **kwargs)
        for name, value in response.headers:
            assert value.isascii(), f"{name}: {value} is text that no header may hold"
        if response.mimetype == "text/html" and response.data:
            page = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(
                response.get_data(as_text=True)
            )
            for form in page.iter("form"):
                assert "novalidate" in form.attrib or not any(map(is_judged_by_browsers, form.iter())), (
                    "this form lacks novalidate: the browser would refuse in its own words and language"
                )
        return response


def is_judged_by_browsers(control: Element) -> bool:
    return "required" in control.attrib or control.get("type") in JUDGED_TYPES


def settings_for(folder: Path, database_url: str = "", **values: Any) -> Settings:
    return read_settings(
        data_dir=folder,
        database_url=database_url,
        public_url="http://kenes.example",
        mail_from="centre@kenes.example",
        **{**JITSI, **values},
    )


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def session_app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("data")
    url = ""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_server").create_database()
    app = create_app(settings_for(folder, url))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
    app.test_client_class = StrictClient
    with app.app_context():
        migrating.upgrade()
    yield app
    with app.app_context():
        db.engine.dispose()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def clock() -> Iterator[Any]:
    """The time stands at ``NOW``; ``clock.move_to(…)`` moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def app(session_app: Flask, clock: Any) -> Iterator[Flask]:
    """The application inside its context, with empty tables."""
    with session_app.app_context():
        yield session_app
        db.session.remove()
        _empty_tables()


def _empty_tables() -> None:
    tables = [table.name for table in reversed(Base.metadata.sorted_tables)]
    with db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE"))
            return
        connection.execute(sa.text("UPDATE centre SET supervisor_id = NULL, stand_in_id = NULL"))
        for table in tables:
            connection.execute(sa.text(f"DELETE FROM {table}"))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Somebody who is not signed in."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> Callable[[Staff], FlaskClient]:
    """A client of a person of the staff who is signed in. Commits what the test has prepared."""

    def signed_in(staff: Staff) -> FlaskClient:
        token = sign_in_service.begin_session(staff, NOW)
        db.session.commit()
        client = app.test_client()
        with client.session_transaction() as session:
            session["_user_id"] = token
            session["_fresh"] = True
        return client

    return signed_in
