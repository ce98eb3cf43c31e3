"""A thousand people register for a webinar with a hundred seats, all at once, through the server."""

import http.client
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Flask

from bench import browser, server, stage
from bench.browser import Visit
from bench.server import Process
from bench.table import Figure, number
from tests.factories import make_centre, make_event, make_specialist
from webapp.models import GroupEvent, Letter, Participation, Registration, db
from webapp.rules.groups import RegistrationState
from webapp.rules.letters import LetterKind

PEOPLE, SEATS = 1000, 100
CLIENTS = 16  # at the same time
WORKERS, THREADS = 2, 8  # as the README's production section says
MOST_SECONDS = 30

WAITING_LETTER = (
    sa.select(Letter.registration_id, Letter.facts).where(Letter.kind == LetterKind.WAITING_LISTED).subquery()
)


@dataclass(frozen=True)
class Answer:
    """To one person; times of the machine's monotonic clock, seconds."""

    person: int
    sent: float
    received: float
    status: int


@dataclass(frozen=True)
class Outcome:
    """What the database holds afterwards. ``in_order``: who waits where arrival and letter say."""

    seats: int
    in_order: int


def measure() -> Iterator[Figure]:
    for database in stage.databases():
        with stage.installation(database) as (installation, app):
            path = _announce(app)
            environment = installation.environment(trusted_proxies="1")
            log = installation.folder / "log"
            with server.granian(
                "webapp.factory:create_app", environment, log, workers=WORKERS, threads=THREADS
            ) as process:
                trapped = _all_register(process, path, website="https://robots.example")
                answers = _all_register(process, path)
            with app.app_context():
                outcome = _outcome(answers)
        yield from _figures(database, trapped, answers, outcome)


def _announce(app: Flask) -> str:
    with app.app_context():
        now = datetime.now(UTC)
        centre = make_centre(slug="race")
        host = make_specialist(centre)
        event = make_event(
            centre,
            host,
            at=now + timedelta(days=5),
            capacity=SEATS,
            broadcast_url="https://video.example/live",  # with the host one more than the video server carries
            now=now,
        )
        path = f"/c/race/events/{event.id}"
        db.session.commit()
        db.engine.dispose()
    return path


def _figures(
    database: str, trapped: Sequence[Answer], answers: Sequence[Answer], outcome: Outcome
) -> Iterator[Figure]:
    seconds, bare = _seconds(answers), _seconds(trapped)
    yield Figure(
        f"{PEOPLE} register for {SEATS} seats, {database}, {CLIENTS} at once",
        seconds,
        "s",
        f"the same forms, nobody registered: {number(bare)} s",
        seconds / bare,
        target=MOST_SECONDS,
    )
    broken = sum(answer.status >= http.client.INTERNAL_SERVER_ERROR for answer in answers)
    waiting = PEOPLE - SEATS
    yield Figure(
        f"  what is not as it must be, {database}",
        abs(SEATS - outcome.seats) + abs(waiting - outcome.in_order) + broken,
        "",
        f"{SEATS} seats, {waiting} waiting in order, 0 × 5xx",
        target=0,
        shown=f"{outcome.seats} seats, {outcome.in_order} waiting in order, {broken} × 5xx",
    )
    slowest, bare_slowest = _slowest(answers), _slowest(trapped)
    yield Figure(
        f"  longest wait for an answer, {database}",
        slowest,
        "s",
        f"nobody registered: {number(bare_slowest)} s",
        slowest / bare_slowest,
    )


def _seconds(answers: Sequence[Answer]) -> float:
    return max(answer.received for answer in answers) - min(answer.sent for answer in answers)


def _slowest(answers: Sequence[Answer]) -> float:
    return max(answer.received - answer.sent for answer in answers)


# --- Racing -----------------------------------------------------------------------------------------------


def _all_register(process: Process, path: str, **more: str) -> list[Answer]:
    """Everybody sends the form of ``path`` from a network address of their own, as nginx passes it on.

    ``website``: the field that only robots fill in. Such a form is checked and answered like any other, but
    registers nobody.
    """
    visits = [browser.visit(process.port, path) for _ in range(CLIENTS)]
    answers: list[Answer] = []

    def send(client: int) -> None:
        connection = http.client.HTTPConnection(server.HOST, process.port)
        people = range(client, PEOPLE, CLIENTS)
        answers.extend(_register(connection, path, visits[client], person, more) for person in people)
        connection.close()

    browser.at_once(send, range(CLIENTS))
    refused = {answer.status for answer in answers} - {http.client.FOUND}
    if len(answers) != PEOPLE or any(status < http.client.INTERNAL_SERVER_ERROR for status in refused):
        raise RuntimeError(f"{len(answers)} of {PEOPLE} were answered, some with {sorted(refused)}")
    return answers


def _register(
    connection: http.client.HTTPConnection, path: str, visit: Visit, person: int, more: Mapping[str, str]
) -> Answer:
    form = {
        **visit.token,
        "shown_name": f"Мария {person}",
        "contact": _address(person),
        "zone": "Europe/Moscow",
        "consent": "y",
        **more,
    }
    source = f"10.0.{person // 250}.{person % 250 + 1}"
    sent = time.monotonic()
    connection.request("POST", path, urlencode(form), {**visit.headers, "X-Forwarded-For": source})
    answer = connection.getresponse()
    answer.read()
    return Answer(person, sent, time.monotonic(), answer.status)


def _address(person: int) -> str:
    return f"parent{person}@home.example"


# --- What came of it --------------------------------------------------------------------------------------


def _outcome(answers: Sequence[Answer]) -> Outcome:
    people = db.session.execute(
        sa.select(Registration.email, Registration.arrival, Registration.state, WAITING_LETTER.c.facts)
        .join(WAITING_LETTER, WAITING_LETTER.c.registration_id == Registration.id, isouter=True)
        .order_by(Registration.arrival)
    ).all()
    seats = db.session.scalar(sa.select(sa.func.count()).select_from(Participation)) or 0
    event = db.session.scalars(sa.select(GroupEvent)).one()
    if (event.seats_taken, event.arrivals) != (seats, len(people)):
        raise RuntimeError(f"{event.seats_taken} of {event.arrivals} counted, {seats} of {len(people)} there")
    overtaken = _overtaken(answers, {person.email: person.arrival for person in people})
    in_order = [
        person
        for place, person in enumerate(people[SEATS:], start=1)
        if person.state == RegistrationState.WAITING
        and (person.arrival, person.facts["place"]) == (SEATS + place, place)
        and person.email not in overtaken
    ]
    return Outcome(seats, len(in_order))


def _overtaken(answers: Sequence[Answer], arrivals: Mapping[str | None, int]) -> set[str]:
    """Whoever had the answer before somebody else pressed the button, and stands behind them."""
    overtaken, last_sent = set(), 0.0
    registered = [answer for answer in answers if _address(answer.person) in arrivals]
    for answer in sorted(registered, key=lambda answer: arrivals[_address(answer.person)]):
        if answer.received < last_sent:
            overtaken.add(_address(answer.person))
        last_sent = max(last_sent, answer.sent)
    return overtaken
