"""On which sites a centre's list of events may stand: origins, as browsers compare them."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from webapp.rules.errors import Unreadable

EXAMPLE = "https://school.example"
HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")


def read_origins(addresses: Iterable[str]) -> list[str]:
    """Addresses of sites as origins in ASCII: of the address of a page counts what stands before its path.

    Raises :class:`Unreadable` for anything that is not an https address.

    >>> read_origins(["https://школа.рф/news/"])
    ['https://xn--80atdl2c.xn--p1ai']
    """
    return list(dict.fromkeys(_origin(address.strip()) for address in addresses if address.strip()))


def readable(origin: str) -> str:
    """The origin with the letters in which people know it."""
    scheme, host = origin.split("//")
    return f"{scheme}//{host.encode().decode('idna')}"


def _origin(address: str) -> str:
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna").decode()
        port = f":{parts.port}" if parts.port not in (None, 443) else ""
    except ValueError:  # a port or a name that no address can have; UnicodeError is one
        raise Unreadable("embed_origins", example=EXAMPLE) from None
    if parts.scheme != "https" or parts.username or not HOST.fullmatch(host):
        raise Unreadable("embed_origins", example=EXAMPLE)
    return f"https://{host}{port}"
