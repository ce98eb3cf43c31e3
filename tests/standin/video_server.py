"""A stand-in for a Jitsi server, for tests and for trying the pages by hand.

It keeps the parts a scheduler can see: the script for the embedding page, a room page that opens the (fake)
camera, tokens checked as Prosody checks them, the reservation questions, the expiry of rooms and the
attendance events. It carries no media.
By hand: `python -m tests.standin.video_server --port 8443 --secret … --callback-token …`.
"""

import argparse
import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, unquote, urlencode, urlsplit
from uuid import uuid4

import jwt

HERE = Path(__file__).parent
REFUSAL_CACHED_FOR = timedelta(seconds=30)
QUESTION_TRIES = 4
QUESTION_TIMEOUT = 20.0  # seconds, as in mod_reservations
TICK_SECONDS = 60.0
MAIN_DOMAIN = "meet.example.org"


class EntryRefused(Exception):
    """Somebody may not enter: `status` as the server would give it, `message` as the person reads it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass
class Occupant:
    """One device in a room; times are epoch seconds, as in the events."""

    jid: str
    user: Mapping[str, Any]
    joined_at: int
    left_at: int | None = None

    def as_event(self) -> dict[str, Any]:
        """The `occupant` of an event; keys without a value are missing, as Lua leaves them out."""
        known = {
            "id": self.user.get("id"),
            "name": self.user.get("name"),
            "email": self.user.get("email"),
            "occupant_jid": self.jid,
            "joined_at": self.joined_at,
            "left_at": self.left_at,
        }
        return {name: value for name, value in known.items() if value is not None}


@dataclass
class Room:
    """An open room. `conference_id` and `expires_at` come from the reservation; without one they are None."""

    name: str
    created_at: int
    conference_id: str | None = None
    expires_at: datetime | None = None
    max_occupants: int | None = None
    lobby: bool = False
    present: dict[str, Occupant] = field(default_factory=dict)
    everybody: list[Occupant] = field(default_factory=list)

    @property
    def jid(self) -> str:
        """The address of the room in events."""
        return f"{self.name}@muc.{MAIN_DOMAIN}"


@dataclass(frozen=True)
class SentRequest:
    """One request this server sent to the scheduler. `status` is 0 when nothing came back."""

    method: str
    path: str
    sent: Mapping[str, Any]
    status: int
    answer: str


@dataclass(frozen=True)
class Reservation:
    """A granted room."""

    conference_id: str
    expires_at: datetime
    max_occupants: int | None


def _now() -> datetime:
    return datetime.now(UTC)


class StandInVideoServer:
    """Listens on 127.0.0.1 while it is started; use it as a context manager.

    `callback_prefix` is the scheduler's `https://…/jitsi`, no slash at the end; `clock` gives aware times.
    `guarded=False` asks for no reservation. `domain` is what `sub` must be; "" accepts any.
    `cache_refusals=False` forgets a refusal at once, `retry_gap` is the pause in seconds between tries,
    `tick_every` (seconds) runs the minute tick in the background.

    `rooms`: open rooms by name. `requests`: everything sent to the scheduler, in order. `broken`: names of
    rooms on which Prosody would have crashed because of an answer of the wrong type.
    """

    def __init__(
        self,
        app_id: str,
        secret: str,
        callback_prefix: str,
        callback_token: str,
        guarded: bool = True,
        clock: Callable[[], datetime] = _now,
        *,
        domain: str = "",
        cache_refusals: bool = True,
        retry_gap: float = 3.0,
        tick_every: float | None = None,
        port: int = 0,
    ) -> None:
        self.app_id = app_id
        self.secret = secret
        self.callback_prefix = callback_prefix
        self.callback_token = callback_token
        self.guarded = guarded
        self.clock = clock
        self.domain = domain
        self.cache_refusals = cache_refusals
        self.retry_gap = retry_gap
        self.tick_every = tick_every
        self.rooms: dict[str, Room] = {}
        self.requests: list[SentRequest] = []
        self.broken: set[str] = set()
        self._port = port
        self._refusals: dict[str, tuple[datetime, EntryRefused]] = {}
        self._room_locks: dict[str, threading.RLock] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._listener: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """The address, `http://127.0.0.1:<port>`; known once the server is started."""
        if self._listener is None:
            raise RuntimeError("the stand-in is not started")
        return f"http://127.0.0.1:{self._listener.server_address[1]}"

    def start(self) -> Self:
        """Listen and serve in the background."""
        stand_in: StandInVideoServer = self

        class BoundHandler(_Handler):
            server_state = stand_in

        self._stopping.clear()
        self._listener = ThreadingHTTPServer(("127.0.0.1", self._port), BoundHandler)
        self._listener.daemon_threads = True
        # A short poll, so that stop() does not cost every test half a second.
        threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True).start()
        if self.tick_every is not None:
            threading.Thread(target=self._tick_on, args=(self.tick_every,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop listening; rooms and the log stay readable. No room is closed, as if the power failed."""
        self._stopping.set()
        if self._listener is not None:
            self._listener.shutdown()
            self._listener.server_close()
            self._listener = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def enter(self, room_name: str, token: str) -> Occupant:
        """Somebody opens the room with a token. Raises EntryRefused with the words the person would read."""
        name = _node(room_name)
        user = self._check_token(name, token)
        # One creation at a time: whoever comes meanwhile waits for the same answer, as in Prosody's queue.
        with self._lock_of(name):
            room = self.rooms.get(name)
            if room is None:
                room = self._create(name)
            if room.max_occupants is not None and len(room.present) >= room.max_occupants:
                raise EntryRefused(503, "The room is full.")
            occupant = Occupant(f"{uuid4()}@{MAIN_DOMAIN}/{uuid4().hex[:8]}", user, self._epoch())
            room.present[occupant.jid] = occupant
            room.everybody.append(occupant)
            self._tell_of(room, occupant, "joined")
            return occupant

    def leave(self, room_name: str, occupant_jid: str) -> None:
        """One device goes; the room closes with the last one. Going twice does no harm."""
        name = _node(room_name)
        with self._lock_of(name):
            room = self.rooms.get(name)
            if room is None or occupant_jid not in room.present:
                return
            self._let_go(room, occupant_jid)
            if not room.present:
                self._close(room)

    def end(self, room_name: str, occupant_jid: str) -> bool:
        """A moderator ends the session for all; False for anybody else."""
        name = _node(room_name)
        with self._lock_of(name):
            room = self.rooms.get(name)
            if room is None or not self._moderates(room, occupant_jid):
                return False
            self._close(room)
            return True

    def toggle_lobby(self, room_name: str, occupant_jid: str, *, on: bool) -> bool:
        """A moderator switches the lobby, which here only is remembered; False for anybody else."""
        room = self.rooms.get(_node(room_name))
        if room is None or not self._moderates(room, occupant_jid):
            return False
        room.lobby = on
        return True

    def tick(self, now: datetime | None = None) -> list[str]:
        """The minute tick: closes rooms past their time, forgets old refusals. Returns the names closed."""
        moment = now or self.clock()
        for name, (forgotten_at, _) in list(self._refusals.items()):
            if moment > forgotten_at:
                self._refusals.pop(name, None)
        closed = []
        for name in list(self.rooms):
            with self._lock_of(name):
                room = self.rooms.get(name)
                if room is not None and room.expires_at is not None and moment > room.expires_at:
                    self._close(room)
                    closed.append(name)
        return closed

    def _tick_on(self, seconds: float) -> None:
        while not self._stopping.wait(seconds):
            self.tick()

    def _check_token(self, name: str, token: str) -> Mapping[str, Any]:
        """The user of a valid token. PyJWT checks the signature, the clock of this server the times."""
        try:
            if jwt.get_unverified_header(token).get("typ") != "JWT":
                raise EntryRefused(401, "not-allowed: bad token type")
            claims = jwt.decode(
                token,
                self.secret,
                algorithms=["HS256"],
                audience="jitsi",
                issuer=self.app_id,
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
        except jwt.PyJWTError as error:
            raise EntryRefused(401, f"not-allowed: {error}") from error
        now = self.clock().timestamp()
        if not isinstance(claims["aud"], str):
            raise EntryRefused(401, "not-allowed: 'aud' is not a string")
        if "exp" not in claims or now >= claims["exp"]:
            raise EntryRefused(401, "not-allowed: token has expired")
        if now < claims.get("nbf", 0):
            raise EntryRefused(401, "not-allowed: token is not yet valid")
        if not claims.get("room") or not claims.get("sub"):
            raise EntryRefused(401, "not-allowed: 'room' or 'sub' claim is missing")
        if str(claims["room"]).lower() != name:
            raise EntryRefused(403, "not-allowed: room does not match")
        if self.domain and str(claims["sub"]).lower() != self.domain:
            raise EntryRefused(403, "not-allowed: domain does not match")
        user: Mapping[str, Any] = claims.get("context", {}).get("user", {})
        if not all(isinstance(value, str | int | float | bool) for value in user.values()):
            raise EntryRefused(401, "not-allowed: context.user holds more than strings, numbers and booleans")
        return user

    def _create(self, name: str) -> Room:
        room = Room(name, self._epoch())
        if self.guarded:
            reservation = self._reserve(name)
            room.conference_id = reservation.conference_id
            room.expires_at = reservation.expires_at
            room.max_occupants = reservation.max_occupants
        self.rooms[name] = room
        self._tell(room, "room/created", {"event_name": "muc-room-created", "created_at": room.created_at})
        return room

    def _reserve(self, name: str) -> Reservation:
        """Ask the scheduler, remember a refusal. Raises EntryRefused."""
        if name in self.broken:
            raise EntryRefused(500, "The room hangs until the video server is restarted.")
        forgotten_at, refusal = self._refusals.get(name, (self.clock(), None))
        if refusal is not None and self.clock() < forgotten_at:
            raise refusal
        try:
            reservation = self._ask(name)
            if self.clock() > reservation.expires_at:
                raise EntryRefused(419, "Reservation expired")
        except EntryRefused as refused:
            if self.cache_refusals:
                self._refusals[name] = (self.clock() + REFUSAL_CACHED_FOR, refused)
            raise
        return reservation

    def _ask(self, name: str) -> Reservation:
        question = {
            "name": name,
            "start_time": self.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "mail_owner": f"{uuid4()}@{MAIN_DOMAIN}",
        }
        status, answer = self._send("POST", "/conference", form=question)
        if status == 409:
            conflict = _decoded(answer)
            if not isinstance(conflict, dict) or "conflict_id" not in conflict:
                raise EntryRefused(409, "Invalid response from reservation server")
            identifier = quote(str(conflict["conflict_id"]), safe="")
            status, answer = self._send("GET", f"/conference/{identifier}")
        if status in (200, 201):
            return self._read_grant(name, answer)
        if status == 0:
            raise EntryRefused(500, "Could not contact reservation server")
        raise EntryRefused(status, self._read_message(name, answer))

    def _read_grant(self, name: str, answer: str) -> Reservation:
        try:
            body = json.loads(answer)
        except ValueError:
            raise EntryRefused(500, "Invalid response from reservation server") from None
        if not isinstance(body, dict) or not isinstance(body.get("start_time"), str):
            raise self._crash(name)
        if not isinstance(body.get("name"), str) or body["name"].lower() != name:
            raise EntryRefused(500, "Invalid response from reservation server")
        if body.get("id") is None or body.get("mail_owner") is None:
            raise EntryRefused(500, "Invalid response from reservation server")
        try:
            starts_at = datetime.fromisoformat(body["start_time"])
            expires_at = starts_at.replace(microsecond=0) + timedelta(seconds=float(body["duration"]))
            aware = expires_at.astimezone(UTC) if starts_at.tzinfo else None
        except (KeyError, TypeError, ValueError, OverflowError):
            aware = None
        if aware is None:
            raise EntryRefused(500, "Invalid response from reservation server")
        return Reservation(str(body["id"]), aware, body.get("max_occupants"))

    def _read_message(self, name: str, answer: str) -> str:
        try:
            body = json.loads(answer)
        except ValueError:
            return "Rejected by reservation server"
        if not isinstance(body, dict):
            raise self._crash(name)
        message = body.get("message", "Rejected by reservation server")
        if not isinstance(message, str):
            raise self._crash(name)
        return message

    def _crash(self, name: str) -> EntryRefused:
        self.broken.add(name)
        return EntryRefused(500, "The room hangs until the video server is restarted.")

    def _let_go(self, room: Room, occupant_jid: str) -> None:
        occupant = room.present.pop(occupant_jid)
        occupant.left_at = self._epoch()
        self._tell_of(room, occupant, "left")

    def _close(self, room: Room) -> None:
        for occupant_jid in list(room.present):
            self._let_go(room, occupant_jid)
        self.rooms.pop(room.name, None)
        ended = {
            "event_name": "muc-room-destroyed",
            "created_at": room.created_at,
            "destroyed_at": self._epoch(),
            # Lua has one kind of table: an empty list becomes an empty object.
            "all_occupants": [occupant.as_event() for occupant in room.everybody] or {},
        }
        self._tell(room, "room/destroyed", ended)
        if room.conference_id is not None:
            self._send("DELETE", f"/conference/{quote(room.conference_id, safe='')}")

    def _tell_of(self, room: Room, occupant: Occupant, what: str) -> None:
        event = {
            "event_name": f"muc-occupant-{what}",
            "occupant": occupant.as_event(),
            "active_occupants_count": len(room.present),
        }
        self._tell(room, f"occupant/{what}", event)

    def _tell(self, room: Room, path: str, event: dict[str, Any]) -> None:
        about = {"room_name": room.name, "room_jid": room.jid, "is_breakout": False}
        self._send("POST", f"/events/{path}", body={**event, **about})

    def _send(
        self,
        method: str,
        path: str,
        *,
        form: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> tuple[int, str]:
        """Send one request and repeat it on 5xx and dropped connections. Status 0: nothing came back."""
        status, answer = 0, ""
        for attempt in range(QUESTION_TRIES):
            if attempt:
                time.sleep(self.retry_gap)
            try:
                status, answer = self._send_once(method, path, form, body)
            except TimeoutError:
                self.requests.append(SentRequest(method, path, form or body or {}, 0, ""))
                return 0, ""
            except (OSError, HTTPException):
                status, answer = 0, ""
            self.requests.append(SentRequest(method, path, form or body or {}, status, answer))
            if 0 < status < 500:
                break
        return status, answer

    def _send_once(
        self, method: str, path: str, form: Mapping[str, str] | None, body: Mapping[str, Any] | None
    ) -> tuple[int, str]:
        target = urlsplit(self.callback_prefix + path)
        connect = HTTPSConnection if target.scheme == "https" else HTTPConnection
        connection = connect(target.hostname or "", target.port, timeout=QUESTION_TIMEOUT)
        headers = {"Authorization": f"Bearer {self.callback_token}", "User-Agent": "Prosody (stand-in)"}
        content = None
        if form is not None:
            content = urlencode(form).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif body is not None:
            content = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, target.path, content, headers)
            response = connection.getresponse()
            return response.status, response.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def _moderates(self, room: Room, occupant_jid: str) -> bool:
        occupant = room.present.get(occupant_jid)
        return occupant is not None and occupant.user.get("moderator") in (True, "true")

    def _lock_of(self, name: str) -> threading.RLock:
        with self._lock:
            return self._room_locks.setdefault(name, threading.RLock())

    def _epoch(self) -> int:
        return int(self.clock().timestamp())


class _Handler(BaseHTTPRequestHandler):
    """The pages and the few calls of the room page."""

    server_state: StandInVideoServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/external_api.js":
            self._answer(200, "text/javascript", (HERE / "external_api.js").read_bytes())
        elif path == "/config.js":
            self._answer(200, "text/javascript", b"var config = {};")
        elif path == "/state":
            self._answer_state()
        elif path in ("/", "/http-bind"):
            self._answer(200, "text/html", b"<!doctype html><html lang=en><title>Stand-in</title></html>")
        elif path == "/favicon.ico" or path.startswith("/images/"):
            self._answer(200, "image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg"/>')
        else:
            self._answer(200, "text/html", (HERE / "room.html").read_bytes())

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        asked = _decoded(self.rfile.read(length).decode("utf-8", "replace"))
        if not isinstance(asked, dict):
            self._answer_json(400, {"message": "not a JSON object"})
            return
        room, occupant = str(asked.get("room", "")), str(asked.get("occupant", ""))
        match urlsplit(self.path).path:
            case "/enter":
                self._enter(room, str(asked.get("jwt", "")))
            case "/leave":
                self.server_state.leave(room, occupant)
                self._answer_json(200, {})
            case "/end":
                self._answer_json(200 if self.server_state.end(room, occupant) else 403, {})
            case "/lobby":
                allowed = self.server_state.toggle_lobby(room, occupant, on=bool(asked.get("on")))
                self._answer_json(200 if allowed else 403, {})
            case _:
                self._answer_json(404, {"message": "no such call"})

    def _enter(self, room: str, token: str) -> None:
        try:
            occupant = self.server_state.enter(room, token)
        except EntryRefused as refused:
            self._answer_json(403, {"status": refused.status, "message": refused.message})
            return
        self._answer_json(200, {"occupant": occupant.jid, "name": occupant.user.get("name", "")})

    def _answer_state(self) -> None:
        asked = dict(part.split("=", 1) for part in urlsplit(self.path).query.split("&") if "=" in part)
        room = self.server_state.rooms.get(_node(unquote(asked.get("room", ""))))
        present = list(room.present.values()) if room else []
        people = [{"id": someone.jid, "name": someone.user.get("name", "")} for someone in present]
        self._answer_json(200, {"present": people})

    def _answer_json(self, status: int, body: Mapping[str, Any]) -> None:
        self._answer(status, "application/json", json.dumps(body).encode())

    def _answer(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            # A page that is being closed says goodbye and does not wait for the answer.
            with suppress(ConnectionError):
                self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: the paths hold tokens."""


def _node(room_name: str) -> str:
    """The last part of a room's path (a tenant may stand before it), as Jitsi writes it."""
    return unquote(room_name).rstrip("/").rsplit("/", 1)[-1].lower()


def _decoded(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


def main() -> None:
    """Run until interrupted."""
    parser = argparse.ArgumentParser(description="A stand-in for a Jitsi server. Carries no media.")
    parser.add_argument("--port", type=int, default=8443)
    parser.add_argument("--app-id", default="kenes")
    parser.add_argument("--secret", required=True, help="the same as KENES_JITSI_SECRET")
    parser.add_argument("--callback-prefix", default="http://127.0.0.1:8000/jitsi")
    parser.add_argument("--callback-token", required=True, help="the same as KENES_JITSI_CALLBACK_TOKEN")
    parser.add_argument("--domain", default="", help="what the claim `sub` must be; any when left out")
    parser.add_argument("--not-guarded", action="store_true", help="ask for no reservation")
    parser.add_argument(
        "--tick-seconds", type=float, default=TICK_SECONDS, help="how often expiry is checked"
    )
    options = parser.parse_args()
    server = StandInVideoServer(
        options.app_id,
        options.secret,
        options.callback_prefix,
        options.callback_token,
        guarded=not options.not_guarded,
        domain=options.domain,
        tick_every=options.tick_seconds,
        port=options.port,
    )
    with server:
        sys.stdout.write(f"Stand-in video server at {server.url}; Ctrl-C ends it.\n")
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            sys.stdout.write("\n")


if __name__ == "__main__":
    main()
