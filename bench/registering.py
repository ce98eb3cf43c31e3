"""Registering by eight writers at once for the same webinar: the service against the same rows in bare SQL."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Flask

from bench import bare_registering, bare_sql, racing, stage
from bench.bare_registering import Newcomer
from bench.racing import BARE, EACH, LAPS, SERVICE, WRITERS, MakeTasks
from bench.table import Figure
from tests.factories import make_centre, make_event, make_event_type, make_specialist
from webapp import links
from webapp.models import (
    AuditRecord,
    Centre,
    GroupEvent,
    Letter,
    Participation,
    PersonalLink,
    Registration,
    db,
)
from webapp.services.events import group_events
from webapp.services.help_requests import consents
from webapp.services.seats import registrations
from webapp.services.seats.admission import Wanted

SEATS = WRITERS * EACH  # in each lap everybody gets one: it writes more rows than a place in the waiting list
MINUTES = 40


def measure() -> Iterator[Figure]:
    for database in stage.databases():
        with stage.installation(database) as (installation, app):
            now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
            with app.app_context():
                shares = _prepare(now)
                db.engine.dispose()
            laps = racing.race(installation, partial(_writer, now=now), shares)
            with app.app_context():
                _must_have_written_the_same(shares)
        yield from racing.figures(
            "Registering", "a registration", database, laps, bare_registering.COUNT_OF_STATEMENTS
        )


# --- Preparing: a webinar for each lap, for which all writers register ------------------------------------


def _prepare(now: datetime) -> list[list[Newcomer]]:
    centre = make_centre()
    host = make_specialist(centre)
    plan = {
        "kind": make_event_type(centre, maximum=SEATS),
        "capacity": SEATS,
        "minutes": MINUTES,
        "broadcast_url": "https://video.example/live",  # more than the video server carries
    }
    shares: list[list[Newcomer]] = [[] for _ in range(WRITERS)]
    for lap in range(2 * LAPS):
        starts_at = now + timedelta(days=4, hours=lap)
        event = make_event(centre, host, at=starts_at, now=now, **plan)
        for writer, share in enumerate(shares):
            share += [_newcomer(centre, event, f"family{lap}.{writer}.{place}") for place in range(EACH)]
    db.session.commit()
    stage.gather_statistics()
    return shares


def _newcomer(centre: Centre, event: GroupEvent, name: str) -> Newcomer:
    consent = consents.current(centre)
    assert consent is not None
    return Newcomer(
        centre_id=centre.id,
        consent_text_id=consent.id,
        event_id=event.id,
        meeting_id=group_events.meetings(event)[0].id,
        starts_at=event.starts_at,
        minutes=MINUTES,
        zone=centre.zone,
        email=f"{name}@home.example",
        contact_hash=links.address_fingerprint(f"{name}@home.example"),
        source_hash=links.address_fingerprint(name),  # each from a source of its own: no quota is used up
        shown_name=name,
    )


# --- Registering ------------------------------------------------------------------------------------------


def _writer(app: Flask, *, now: datetime) -> MakeTasks:
    driver = bare_sql.connect(app.config["SETTINGS"].database_url)
    register_bare = bare_registering.registrar(driver)

    def make_tasks(kind: str, todo: Sequence[Newcomer]) -> list[Callable[[], object]]:
        if kind == SERVICE:
            return _service_tasks(app, todo, now)
        made = [bare_registering.rows_of(newcomer, now) for newcomer in todo]
        return [
            partial(register_bare, driver.values(values), [driver.values(letter) for letter in letters])
            for values, letters in made
        ]

    return make_tasks


def _service_tasks(app: Flask, todo: Sequence[Newcomer], now: datetime) -> list[Callable[[], object]]:
    with app.app_context():
        centre = db.session.get_one(Centre, todo[0].centre_id)  # the page has it from its address

    def register(event_id: int, wanted: Wanted) -> None:
        with app.app_context():  # a session of its own, as a page has
            registrations.register(centre, event_id, wanted, now)
            db.session.commit()

    return [partial(register, newcomer.event_id, _wanted(newcomer)) for newcomer in todo]


def _wanted(newcomer: Newcomer) -> Wanted:
    return Wanted(
        language="ru",
        zone=newcomer.zone,
        email=newcomer.email,
        shown_name=newcomer.shown_name,
        consent=True,
        source_hash=newcomer.source_hash,
    )


def _must_have_written_the_same(shares: list[list[Newcomer]]) -> None:
    """Both kinds leave the same counters, as many rows of every table, and letters with the same facts."""
    events: dict[str, set[int]] = {SERVICE: set(), BARE: set()}
    for place, newcomer in enumerate(shares[0]):
        events[racing.kind_of(place // EACH)].add(newcomer.event_id)
    ours, bare = (_left_by(chosen) for chosen in events.values())
    if ours != bare:
        raise RuntimeError(f"not the same rows: the service {ours}, bare SQL {bare}")


def _left_by(events: set[int]) -> list[Any]:
    people = sa.select(Registration.id).where(Registration.group_event_id.in_(events))
    counted = [
        sa.select(GroupEvent.arrivals, GroupEvent.seats_taken, GroupEvent.waiting_count)
        .where(GroupEvent.id.in_(events))
        .distinct(),
        sa.select(Registration.state, Registration.consent_text_id, sa.func.sum(Registration.arrival))
        .where(Registration.id.in_(people))
        .group_by(Registration.state, Registration.consent_text_id),
        sa.select(PersonalLink.purpose, sa.func.count())
        .where(PersonalLink.registration_id.in_(people))
        .group_by(PersonalLink.purpose),
        sa.select(Participation.state, sa.func.count())
        .where(Participation.registration_id.in_(people))
        .group_by(Participation.state),
        sa.select(Letter.kind, sa.func.count())
        .where(Letter.registration_id.in_(people))
        .group_by(Letter.kind)
        .order_by(Letter.kind),
        sa.select(AuditRecord.action, sa.func.count())
        .where(AuditRecord.group_event_id.in_(events))
        .group_by(AuditRecord.action)
        .order_by(AuditRecord.action),
    ]
    told = db.session.scalars(
        sa.select(Letter.facts)
        .where(Letter.registration_id.in_(people))
        .order_by(Letter.registration_id, Letter.kind.desc())
    ).first()
    return [*(db.session.execute(rows).all() for rows in counted), sorted(told or {})]
