"""Names of video rooms and the links to them."""

import json
import secrets
import unicodedata
from base64 import b32encode
from collections.abc import Mapping
from urllib.parse import quote, unquote

ROOM_NAME_BYTES = 20  # 160 bits: 32 letters and digits without padding
GROUP_LENGTH = 8

# What JavaScript's encodeURIComponent leaves alone beside letters and digits.
UNENCODED = "-_.!~*'()"


def new_name() -> str:
    """A room name nobody can guess: 160 random bits as `k3v7q2ab-…`, ASCII `[a-z0-9-]`, 35 characters.

    It says nothing about the session, because it stands in browser histories and in the logs of the video
    server.
    """
    letters = b32encode(secrets.token_bytes(ROOM_NAME_BYTES)).decode("ascii").lower()
    groups = [letters[start : start + GROUP_LENGTH] for start in range(0, len(letters), GROUP_LENGTH)]
    return "-".join(groups)


def link(base_url: str, room: str, *, tenant: str = "") -> str:
    """The address of a room: `https://meet.example.org/k3v7q2ab-…`, or `https://8x8.vc/<tenant>/…`."""
    parts = [base_url.rstrip("/"), *(quote(part, safe="") for part in (tenant, room) if part)]
    return "/".join(parts)


def with_settings(address: str, settings: Mapping[str, bool | str]) -> str:
    """The address of a room with settings of Jitsi's client, ``{"config.startWithAudioMuted": True}``.

    They stand behind the ``#``, each as JSON; a server takes only those that it allows to be overwritten.
    """
    parts = (
        f"{name}={quote(json.dumps(value, ensure_ascii=False), safe='')}" for name, value in settings.items()
    )
    return f"{address}#{'&'.join(parts)}"


def normalised(name: str) -> str:
    """The form in which Jitsi's client hands a room name to its server: NFKC, lower case, percent-encoded.

    Accepts any text, encoded or not; the server echoes this form in its questions and events.
    Source: `getBackendSafeRoomName` in jitsi-meet.
    """
    try:
        decoded = unquote(name, errors="strict")
    except UnicodeDecodeError:
        decoded = name
    lowered = unicodedata.normalize("NFKC", decoded).lower()
    return quote(lowered, safe=UNENCODED, errors="surrogatepass").lower()


def same_room(one: str, other: str) -> bool:
    """Whether two spellings name the same room on a Jitsi server."""
    return normalised(one) == normalised(other)
