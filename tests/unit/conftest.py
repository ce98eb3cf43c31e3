"""Unit tests meet no network and no database; `tests/unit/video` may talk to a server on this machine."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

MAY_USE_LOOPBACK = Path(__file__).parent / "video"
LOOPBACK = {"127.0.0.1", "::1", "localhost", None}
DATABASE = {"sqlite3.connect"}
# Where Python's audit events hold the address; a name to look up, or (host, port).
NETWORK = {
    "socket.connect": 1,
    "socket.bind": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
}


class Watch:
    """Listens to every audit event of this process; the hook cannot be removed, so it is switched off."""

    on = False
    loopback = False

    def __call__(self, name: str, arguments: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if name in DATABASE:
            refuse(f"{name} {arguments[0]!r}")
        elif name in NETWORK:
            address = arguments[NETWORK[name]]
            host = address[0] if isinstance(address, tuple) else address
            if not (self.loopback and host in LOOPBACK):
                refuse(f"{name} {address!r}")


def refuse(what: str) -> None:
    # Not an Exception: no `except Exception` of the code under test may swallow it.
    pytest.fail(f"a unit test reached out: {what}", pytrace=True)


def refuse_connection(*_: Any) -> None:
    refuse("a database connection")


watch = Watch()
sys.addaudithook(watch)


@pytest.fixture(autouse=True)
def _alone(request: pytest.FixtureRequest) -> Iterator[None]:
    for name in ("do_connect", "engine_connect"):  # a new connection, and one from a pool
        event.listen(Engine, name, refuse_connection)
    watch.loopback = request.path.is_relative_to(MAY_USE_LOOPBACK)
    watch.on = True
    yield
    watch.on = False
    for name in ("do_connect", "engine_connect"):
        event.remove(Engine, name, refuse_connection)
