"""The public list of a thousand group events: what it costs, against the same page rendered from constants."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from statistics import median

import sqlalchemy as sa

from bench import pages, server, stage
from bench.pages import Round
from bench.table import Figure, number
from tests.factories import make_centre, make_event_type, make_specialist, texts
from webapp.models import Centre, Consultation, ConsultationSpecialist, GroupEvent, Staff, db
from webapp.rules.groups import EventState

EVENTS, HOSTS = 1000, 12
EACH = 12  # requests of a round
PATH = "/c/bench/events?all=1"
MOST_MS = 50


def measure() -> Iterator[Figure]:
    for database in stage.databases():
        with stage.installation(database) as (installation, app):
            with app.app_context():
                _centre_with_events(datetime.now(UTC))
            environment = installation.environment()
            log = installation.folder / "log"
            with (
                server.granian("webapp.factory:create_app", environment, log) as real,
                server.granian("bench.constant_page:create_app", environment, log) as constant,
            ):
                rounds = pages.in_turn(real, constant, PATH, EACH)
        yield _figure(database, rounds)


def _figure(database: str, rounds: list[tuple[Round, Round]]) -> Figure:
    # PostgreSQL works in processes of its own, so there the clock counts.
    bound = attrgetter("cpu" if database == stage.SQLITE else "latency")
    ours, bare = (1000 * median(map(bound, one)) for one in zip(*rounds, strict=True))
    return Figure(
        f"Public list of {EVENTS} events, {database}",
        ours,
        "ms",
        f"from constants: {number(bare)} ms",
        median(real.cpu / constant.cpu for real, constant in rounds),
        target=MOST_MS,
    )


def _centre_with_events(now: datetime) -> None:
    """Announced webinars, two a day, each with two of the hosts; some have a waiting list."""
    centre = make_centre(slug="bench")
    hosts = [make_specialist(centre) for _ in range(HOSTS)]
    kind = make_event_type(centre)
    starts = [now + timedelta(days=1, hours=12 * place) for place in range(EVENTS)]
    rows = [_event(centre, kind.id, hosts[0], place, at, now) for place, at in enumerate(starts)]
    events = db.session.scalars(
        sa.insert(GroupEvent).returning(GroupEvent.id, sort_by_parameter_order=True), rows
    ).all()
    meetings = db.session.scalars(
        sa.insert(Consultation).returning(Consultation.id, sort_by_parameter_order=True),
        [_meeting(centre, event, at, now) for event, at in zip(events, starts, strict=True)],
    ).all()
    db.session.execute(
        sa.insert(ConsultationSpecialist),
        [
            {
                "consultation_id": meeting,
                "specialist_id": hosts[(place + position) % HOSTS].id,
                "position": position,
                "guest_id": uuid.uuid4().hex,
            }
            for place, meeting in enumerate(meetings)
            for position in range(2)
        ],
    )
    db.session.commit()


def _event(
    centre: Centre, kind_id: int, maker: Staff, place: int, at: datetime, now: datetime
) -> dict[str, object]:
    return {
        "centre_id": centre.id,
        "event_type_id": kind_id,
        "state": EventState.ANNOUNCED,
        "titles": texts(f"Помогаем трёхлетке заговорить, встреча {place}", f"Үш жасар бала сөйлейді {place}"),
        "announcements": texts("О чём говорим.\n" + "- Сколько слов ждать в три года?\n" * 8),
        "minimum": 1,
        "capacity": 100,
        "seats_taken": 100 if place % 5 == 0 else place % 100,
        "waiting_count": 3 if place % 5 == 0 else 0,
        "starts_at": at,
        "ends_at": at + timedelta(minutes=40),
        "created_at": now,
        "created_by": maker.id,
        "announced_at": now,
    }


def _meeting(centre: Centre, event_id: int, at: datetime, now: datetime) -> dict[str, object]:
    return {
        "centre_id": centre.id,
        "group_event_id": event_id,
        "starts_at": at,
        "ends_at": at + timedelta(minutes=40),
        "wall_time": at.astimezone(centre.zone_info).strftime("%Y-%m-%dT%H:%M"),
        "zone": centre.zone,
        "means_agreed": "video",
        "uid": f"{uuid.uuid4()}@kenes",
        "confirmed_at": now,
    }
