"""What a browser does, as far as the bench needs it: opens pages, keeps the cookie, sends forms, many at once."""

import http.client
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.server import HOST


@dataclass(frozen=True)
class Visit:
    """The cookie of a browser and its token against forged requests."""

    headers: dict[str, str]
    token: dict[str, str]


def get(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection(HOST, port)
    connection.request("GET", path)
    body = connection.getresponse().read()
    connection.close()
    return body


def visit(port: int, path: str) -> Visit:
    """Open a page with a form."""
    connection = http.client.HTTPConnection(HOST, port)
    connection.request("GET", path)
    answer = connection.getresponse()
    token = re.search(rb'name="csrf_token" value="([^"]+)"', answer.read())
    cookie = (answer.getheader("Set-Cookie") or "").split(";")[0]
    connection.close()
    if token is None or not cookie:
        raise RuntimeError(f"no form on {path}")
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    return Visit(headers, {"csrf_token": token.group(1).decode()})


def at_once(work: Callable[[Any], object], shares: Sequence[Any]) -> None:
    """``work`` for each share in a thread of its own, until all are done."""
    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
