"""What the configured video server offers, and what is missing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlsplit

import jwt
import requests

from video import rooms, tokens
from webapp import clock
from webapp.config import JitsiMode, Settings
from webapp.services.rooms import conferences

TIMEOUT = 8  # seconds for each question
LEAST_SECRET = 32  # characters; shorter is too short for HS256


class Mark(StrEnum):
    OK = "ok"
    MISSING = "missing"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True)
class Finding:
    mark: Mark
    what: str


def findings(settings: Settings) -> Iterator[Finding]:
    """Everything that can be found out from here, one after the other."""
    yield _encrypted(settings)
    reached = _get(settings.jitsi_url + "/")
    if isinstance(reached, str):
        yield Finding(Mark.MISSING, f"the server: {reached}")
        return
    yield Finding(Mark.OK, f"the server answers ({reached.status_code})")
    yield from _parts(settings)
    if settings.jitsi_mode is not JitsiMode.LINK:
        yield from _token(settings)
    if settings.jitsi_mode is JitsiMode.GUARDED:
        yield from _guard(settings)


def _encrypted(settings: Settings) -> Finding:
    if settings.jitsi_url.startswith("https://"):
        return Finding(Mark.OK, "the address begins with https://")
    return Finding(Mark.MISSING, "https://: browsers open camera and microphone only there")


def _parts(settings: Settings) -> Iterator[Finding]:
    tenant = f"/{settings.jitsi_app_id}" if settings.uses_jaas else ""
    for path, purpose in (
        (f"{tenant}/{conferences.VIDEO_SCRIPT}", "the script that embeds the room"),
        ("/config.js", "the client's settings"),
    ):
        answer = _get(settings.jitsi_url + path)
        found = not isinstance(answer, str) and answer.status_code == requests.codes.ok
        script = found and "html" not in answer.headers.get("Content-Type", "")  # type: ignore[union-attr]
        yield Finding(Mark.OK if script else Mark.MISSING, f"{path}, {purpose}{_said(answer)}")
    signalling = [_get(settings.jitsi_url + path) for path in ("/http-bind", "/xmpp-websocket")]
    # Each wants its own kind of request: anything but "not there" shows that it is served.
    served = [not isinstance(one, str) and one.status_code not in {404, 502, 503} for one in signalling]
    if any(served):
        yield Finding(Mark.OK, "signalling: BOSH or WebSocket is served")
    else:
        yield Finding(Mark.UNKNOWN, "signalling: neither /http-bind nor /xmpp-websocket answers from here")


def _token(settings: Settings) -> Iterator[Finding]:
    secret = settings.jitsi_secret.get_secret_value()
    if not settings.uses_jaas and len(secret) < LEAST_SECRET:
        yield Finding(Mark.MISSING, f"KENES_JITSI_SECRET is shorter than {LEAST_SECRET} characters")
    now = clock.now()
    entry = tokens.Pass(rooms.new_name(), now, now + timedelta(minutes=5))
    try:
        token = conferences.mint(settings, tokens.Guest("check", "Kenes", moderator=False), entry)
        claims = jwt.decode(token, options={"verify_signature": False})
    except (OSError, ValueError, jwt.PyJWTError) as error:
        yield Finding(Mark.MISSING, f"a token: {type(error).__name__}: {error}")
        return
    header = jwt.get_unverified_header(token)
    right = header.get("typ") == "JWT" and claims["aud"] == "jitsi" and claims["room"] == entry.room
    yield Finding(
        Mark.OK if right else Mark.MISSING,
        f"a token ({header['alg']}): iss={claims['iss']} aud={claims['aud']} sub={claims['sub']}",
    )
    yield Finding(
        Mark.UNKNOWN, "whether the server takes it: `sub` must be its XMPP domain, the secret the same"
    )
    yield Finding(
        Mark.UNKNOWN, "whether only specialists moderate: JICOFO_ENABLE_AUTH=0 and ENABLE_AUTO_OWNER=0"
    )


def _guard(settings: Settings) -> Iterator[Finding]:
    yield Finding(Mark.OK, "KENES_JITSI_CALLBACK_TOKEN is set")
    host = urlsplit(settings.public_url).hostname or ""
    local = host in {"localhost", "127.0.0.1", "::1"}
    if local or not settings.public_url.startswith("https://"):
        yield Finding(
            Mark.MISSING,
            f"KENES_PUBLIC_URL={settings.public_url}: the video server must reach it over https://",
        )
    else:
        yield Finding(Mark.OK, f"PROSODY_RESERVATION_REST_BASE_URL={settings.public_url}/jitsi")
    yield Finding(
        Mark.UNKNOWN, "whether the video server asks us: PROSODY_RESERVATION_ENABLED=1, see its log"
    )
    door = _post(settings.jitsi_url + "/conference-request/v1")
    if isinstance(door, str):
        yield Finding(Mark.UNKNOWN, f"whether POST /conference-request/v1 is closed: {door}")
    elif door.status_code in {401, 403, 404, 405}:
        yield Finding(Mark.OK, f"POST /conference-request/v1 is closed ({door.status_code})")
    else:
        yield Finding(
            Mark.MISSING,
            f"POST /conference-request/v1 answers {door.status_code}: it must be closed",
        )


def _said(answer: requests.Response | str) -> str:
    return f": {answer}" if isinstance(answer, str) else f" ({answer.status_code})"


def _get(address: str) -> requests.Response | str:
    """The answer, or in words why there is none."""
    try:
        return requests.get(address, timeout=TIMEOUT, allow_redirects=True)
    except requests.exceptions.SSLError:
        return "its certificate is not one that browsers accept"
    except requests.RequestException as error:
        return _why(error)


def _post(address: str) -> requests.Response | str:
    try:
        return requests.post(address, json={}, timeout=TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:
        return _why(error)


def _why(error: requests.RequestException) -> str:
    match error:
        case requests.Timeout():
            return f"no answer in {TIMEOUT} s"
        case requests.ConnectionError():
            return "nothing answers there; is KENES_JITSI_URL right, and the server running?"
        case _:
            return type(error).__name__
