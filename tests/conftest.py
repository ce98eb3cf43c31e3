"""What every kind of test may ask for. Outside programs start once a test process, when first used."""

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NoReturn

import pytest
from hypothesis import settings

from tests.dovecot import DovecotServer, find_dovecot
from tests.postgres import PostgresServer, find_postgres

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDERS_IN_ORDER = ("unit", "integration", "browser")

# No test is judged by the clock: a busy machine is slow, and not wrong.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Quick tests first; browser tests last, since Playwright leaves a running event loop in its thread."""

    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(config.rootpath / "tests").parts[0]
        return FOLDERS_IN_ORDER.index(folder) if folder in FOLDERS_IN_ORDER else 0

    items.sort(key=place)
    for item in items:
        if place(item) == FOLDERS_IN_ORDER.index("browser"):
            item.add_marker("browser")


def without(program: str) -> NoReturn:
    """Skip what needs a program that this machine lacks; with CI=true nothing may be skipped."""
    reason = f"{program} IS NOT INSTALLED: `python3 manage.py test` says how to get it"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A running server of this test process; see `create_database`."""
    programs = find_postgres()
    if programs is None:
        without("PostgreSQL")
    with PostgresServer(programs) as server:
        yield server


@pytest.fixture(scope="session")
def dovecot_server() -> Iterator[DovecotServer]:
    """A running mail server of this test process; see `create_mailbox`."""
    program = find_dovecot()
    if program is None:
        without("Dovecot 2.3")
    with DovecotServer(program) as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    from tests.chromium import find_chromium, started_chromium

    path = find_chromium()
    if path is None:
        without("Chromium")
    with started_chromium(path) as browser:
        yield browser


@pytest.fixture
def new_page(browser: "Browser") -> Iterator[Callable[..., "Page"]]:
    """`new_page(width, height, locale, timezone, color_scheme)`: a page before another person.

    The test fails when a script of any page failed or met the content security policy.
    """
    from tests.chromium import People

    people = People(browser)
    yield people.new_page
    people.leave()
    if people.faults:
        pytest.fail("\n".join(people.faults), pytrace=False)
