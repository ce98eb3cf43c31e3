"""The stand-in video server asks, believes and forgets as Prosody does. It listens on 127.0.0.1 only."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.standin.video_server import EntryRefused, StandInVideoServer
from video.attendance import OccupantEvent, RoomEvent, presence, read_event
from video.reservations import Booking, Messages, decide
from video.tokens import Guest, Pass, own_server_token

SECRET = "a secret of the video server, 32 bytes and more"
BEARER = "callback-token"
ROOM = "k3v7-q2ab"
STARTS_AT = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
ENDS_AT = STARTS_AT + timedelta(minutes=40)
BOOKING = Booking("5", ROOM, STARTS_AT, ENDS_AT, cancelled=False, ended=False)
MESSAGES = Messages("Комната закрыта.", "Не прочитано.", "Нет доступа.", "Позже.")
Answer = tuple[int, object]


class Clock:
    def __init__(self) -> None:
        self.now = STARTS_AT

    def __call__(self) -> datetime:
        return self.now


class Scheduler:
    """The other side: answers questions by `answer`, keeps the events."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.events: list[Any] = []
        self.bearers: set[str | None] = set()
        self.deleted: list[str] = []
        self.answer: Callable[[str, dict[str, str]], Answer] = self.decide

    def decide(self, method: str, form: dict[str, str]) -> Answer:
        name = form.get("name", ROOM)
        booking = BOOKING if name == ROOM else None
        decision = decide(name, form.get("mail_owner", ""), booking, self.clock(), MESSAGES)
        return decision.status, decision.body

    def answer_request(self, method: str, path: str, content: str, bearer: str | None) -> Answer:
        self.bearers.add(bearer)
        if path.startswith("/jitsi/events/"):
            self.events.append(json.loads(content))
            return 200, {}
        if method == "DELETE":
            self.deleted.append(path)
            return 200, {}
        return self.answer(method, dict(parse_qsl(content)))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def scheduler(clock: Clock) -> Scheduler:
    return Scheduler(clock)


@pytest.fixture
def server(scheduler: Scheduler, clock: Clock) -> Iterator[StandInVideoServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            bearer = self.headers.get("Authorization")
            status, body = scheduler.answer_request(self.command, self.path, content, bearer)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

        do_GET = do_POST  # noqa: N815
        do_DELETE = do_POST  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    callbacks = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=callbacks.serve_forever, args=(0.02,), daemon=True).start()
    prefix = f"http://127.0.0.1:{callbacks.server_address[1]}/jitsi"
    with StandInVideoServer("kenes", SECRET, prefix, BEARER, clock=clock, retry_gap=0) as stand_in:
        yield stand_in
    callbacks.shutdown()
    callbacks.server_close()


def token(guest_id: str = "parent", moderator: bool = False, room: str = ROOM, secret: str = SECRET) -> str:
    entry = Pass(room, STARTS_AT - timedelta(minutes=10), ENDS_AT)
    guest = Guest(guest_id, "Анна", moderator)
    return own_server_token(guest, entry, app_id="kenes", secret=secret, domain="meet.example.org")


def refusal_of(server: StandInVideoServer, room: str = ROOM, with_token: str | None = None) -> EntryRefused:
    with pytest.raises(EntryRefused) as refused:
        server.enter(room, with_token or token(room=room))
    return refused.value


def questions(server: StandInVideoServer) -> list[str]:
    return [sent.method for sent in server.requests if sent.path.startswith("/conference")]


def get(server: StandInVideoServer, path: str, method: str = "GET") -> tuple[int, dict[str, str], str]:
    connection = HTTPConnection("127.0.0.1", int(server.url.rsplit(":", 1)[1]), timeout=5)
    connection.request(method, path)
    response = connection.getresponse()
    content = response.read().decode()
    connection.close()
    return response.status, dict(response.getheaders()), content


def test_our_own_token_and_grant_open_the_room(server: StandInVideoServer) -> None:
    server.enter(ROOM, token())
    assert server.rooms[ROOM].expires_at == ENDS_AT


def test_every_request_carries_the_bearer_token(server: StandInVideoServer, scheduler: Scheduler) -> None:
    server.enter(ROOM, token())
    assert scheduler.bearers == {f"Bearer {BEARER}"}


def test_the_second_person_causes_no_second_question(server: StandInVideoServer) -> None:
    server.enter(ROOM, token())
    server.enter(ROOM, token("specialist", moderator=True))
    assert questions(server) == ["POST"]


def test_people_who_come_at_once_cause_one_question(server: StandInVideoServer) -> None:
    people = [threading.Thread(target=server.enter, args=(ROOM, token(str(number)))) for number in range(8)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert questions(server) == ["POST"]
    assert len(server.rooms[ROOM].present) == 8


@pytest.mark.parametrize(
    "bad_token",
    ["", "rubbish", token(secret="another secret of 32 bytes and more…"), token(room="other")],
)
def test_a_wrong_token_does_not_even_cause_a_question(server: StandInVideoServer, bad_token: str) -> None:
    assert refusal_of(server, with_token=bad_token or "x").status in (401, 403)
    assert questions(server) == []


@pytest.mark.parametrize("minutes", [-12, 42])
def test_a_token_is_worth_nothing_outside_its_time(
    server: StandInVideoServer, clock: Clock, minutes: int
) -> None:
    clock.now = STARTS_AT + timedelta(minutes=minutes)
    assert refusal_of(server).status == 401


def test_a_refusal_is_shown_in_our_words(server: StandInVideoServer) -> None:
    refused = refusal_of(server, "unknown")
    assert (refused.status, refused.message) == (403, "Комната закрыта.")


def test_a_refusal_is_remembered_for_half_a_minute(server: StandInVideoServer, clock: Clock) -> None:
    refusal_of(server, "unknown")
    clock.now += timedelta(seconds=29)
    refusal_of(server, "unknown")
    assert questions(server) == ["POST"]
    clock.now += timedelta(seconds=2)
    refusal_of(server, "unknown")
    assert questions(server) == ["POST", "POST"]


def test_a_server_error_is_tried_four_times(server: StandInVideoServer, scheduler: Scheduler) -> None:
    scheduler.answer = lambda method, form: (503, {"message": "Позже."})
    assert refusal_of(server).message == "Позже."
    assert questions(server) == ["POST"] * 4


def test_a_conflict_is_looked_up_by_id(server: StandInVideoServer, scheduler: Scheduler) -> None:
    def answer(method: str, form: dict[str, str]) -> Answer:
        return (409, {"conflict_id": "5"}) if method == "POST" else scheduler.decide(method, form)

    scheduler.answer = answer
    server.enter(ROOM, token())
    assert questions(server) == ["POST", "GET"]


@pytest.mark.parametrize(
    "answer",
    [
        (200, None),
        (200, 5),
        (200, {"id": "5", "name": ROOM, "mail_owner": "", "start_time": None, "duration": 60}),
        (200, {"id": "5", "name": ROOM, "mail_owner": "", "start_time": 1788253200, "duration": 60}),
        (403, None),
        (403, {"message": 5}),
    ],
)
def test_an_answer_of_the_wrong_type_breaks_the_room(
    server: StandInVideoServer, scheduler: Scheduler, answer: Answer
) -> None:
    scheduler.answer = lambda method, form: answer
    refusal_of(server)
    assert server.broken == {ROOM}


def test_an_answer_without_a_length_is_refused(server: StandInVideoServer, scheduler: Scheduler) -> None:
    incomplete = {"id": "5", "name": ROOM, "mail_owner": "", "start_time": "2026-09-01T09:00:00Z"}
    scheduler.answer = lambda method, form: (200, incomplete)
    assert refusal_of(server).status == 500
    assert server.broken == set()


def test_the_tick_closes_a_room_after_its_end_and_a_new_try_is_refused(
    server: StandInVideoServer, clock: Clock
) -> None:
    server.enter(ROOM, token())
    assert server.tick(ENDS_AT) == []
    clock.now = ENDS_AT + timedelta(seconds=30)
    assert server.tick() == [ROOM]
    assert refusal_of(server).message == "Комната закрыта."


def test_the_last_to_leave_closes_the_room(server: StandInVideoServer, scheduler: Scheduler) -> None:
    someone = server.enter(ROOM, token())
    server.leave(ROOM, someone.jid)
    assert ROOM not in server.rooms
    assert scheduler.deleted == ["/jitsi/conference/5"]


def test_only_a_moderator_ends_the_session_for_all(server: StandInVideoServer) -> None:
    parent = server.enter(ROOM, token())
    specialist = server.enter(ROOM, token("specialist", moderator=True))
    assert not server.end(ROOM, parent.jid)
    assert server.end(ROOM, specialist.jid)
    assert server.rooms == {}


def test_the_events_tell_who_was_there(
    server: StandInVideoServer, scheduler: Scheduler, clock: Clock
) -> None:
    someone = server.enter(ROOM, token())
    clock.now += timedelta(minutes=25)
    server.leave(ROOM, someone.jid)
    read = [read_event(event) for event in scheduler.events]
    stays = [event.occupancy for event in read if isinstance(event, OccupantEvent)]
    assert [type(event) for event in read] == [RoomEvent, OccupantEvent, OccupantEvent, RoomEvent]
    assert presence(stays, until=clock.now)["parent"].minutes == 25


def test_the_end_of_a_room_lists_all_who_had_been_in_it(
    server: StandInVideoServer, scheduler: Scheduler, clock: Clock
) -> None:
    for guest in ("parent", "specialist"):
        server.enter(ROOM, token(guest))
    server.tick(ENDS_AT + timedelta(minutes=1))
    ended = read_event(scheduler.events[-1])
    assert isinstance(ended, RoomEvent)
    assert {stay.guest_id for stay in ended.occupancies} == {"parent", "specialist"}


def test_an_unguarded_server_asks_nothing(server: StandInVideoServer) -> None:
    server.guarded = False
    server.enter(ROOM, token())
    assert questions(server) == []


@pytest.mark.parametrize("path", ["/", "/config.js", "/http-bind", "/external_api.js", "/images/a.svg"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_pages_that_the_check_measures_answer_any_origin(
    server: StandInVideoServer, path: str, method: str
) -> None:
    status, headers, _ = get(server, path, method)
    assert status == 200
    assert headers["Access-Control-Allow-Origin"] == "*"


def test_the_script_offers_the_class_that_the_page_embeds(server: StandInVideoServer) -> None:
    assert "JitsiMeetExternalAPI" in get(server, "/external_api.js")[2]


def test_a_room_has_a_page(server: StandInVideoServer) -> None:
    assert "/enter" in get(server, f"/{ROOM}?jwt=x")[2]
