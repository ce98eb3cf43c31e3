"""Confirming a held time by eight writers at once: the service against the same rows in bare SQL."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import sqlalchemy as sa
from flask import Flask

from bench import bare_confirming, bare_sql, racing, stage
from bench.bare_confirming import Held
from bench.racing import BARE, EACH, LAPS, SERVICE, WRITERS, MakeTasks
from bench.table import Figure
from tests.factories import make_centre, make_deputy, make_request, make_specialist
from webapp.models import (
    AuditRecord,
    Centre,
    Consultation,
    Engagement,
    HelpRequest,
    Letter,
    Participation,
    Staff,
    db,
)
from webapp.services.consultations import confirmation

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
            "Confirming", "a confirmation", database, laps, bare_confirming.COUNT_OF_STATEMENTS
        )


# --- Preparing: each writer has a specialist of its own and a held time for each confirmation ------------


def _prepare(now: datetime) -> list[list[Held]]:
    centre = make_centre()
    deputy = make_deputy(centre)
    pattern = make_request(centre, now=now)
    pattern.email_confirmed_at = now  # so that the reminder an hour before is written as well
    db.session.flush()
    shares = []
    for writer in range(WRITERS):
        specialist = make_specialist(centre)
        shares.append(_held_by(centre, deputy, specialist, pattern, writer, now))
    db.session.commit()
    stage.gather_statistics()
    return shares


def _held_by(
    centre: Centre, deputy: Staff, specialist: Staff, pattern: HelpRequest, writer: int, now: datetime
) -> list[Held]:
    """Requests like ``pattern``, each with its hold, one after the other from the fourth day on."""
    columns = [column.name for column in HelpRequest.__table__.columns if column.name != "id"]
    shared = {name: getattr(pattern, name) for name in columns}
    count = 2 * LAPS * EACH
    requests = [
        {
            **shared,
            "sequence": 1_000_000 * (writer + 1) + number,
            "email": f"family{writer}.{number}@home.example",
        }
        for number in range(count)
    ]
    ids = db.session.scalars(
        sa.insert(HelpRequest).returning(HelpRequest.id, sort_by_parameter_order=True), requests
    ).all()
    starts = [now + timedelta(days=4, minutes=MINUTES * number) for number in range(count)]
    db.session.execute(
        sa.insert(Engagement),
        [
            {
                "specialist_id": specialist.id,
                "starts_at": starts_at,
                "ends_at": starts_at + timedelta(minutes=MINUTES),
                "help_request_id": request_id,
                "hold_until": now + timedelta(days=3),
            }
            for request_id, starts_at in zip(ids, starts, strict=True)
        ],
    )
    return [
        Held(
            request_id, centre.id, centre.zone, deputy.id, specialist.id, specialist.name, specialist.email,
            pattern.parent_name, request["email"], starts_at, MINUTES,
        )
        for request_id, request, starts_at in zip(ids, requests, starts, strict=True)
    ]  # fmt: skip


# --- Confirming ------------------------------------------------------------------------------------------


def _writer(app: Flask, *, now: datetime) -> MakeTasks:
    driver = bare_sql.connect(app.config["SETTINGS"].database_url)
    confirm_bare = bare_confirming.confirmer(driver)

    def make_tasks(kind: str, todo: Sequence[Held]) -> list[Callable[[], object]]:
        if kind == SERVICE:
            return _service_tasks(app, todo, now)
        made = [bare_confirming.rows_of(held, now) for held in todo]
        return [
            partial(confirm_bare, driver.values(values), [driver.values(letter) for letter in letters])
            for values, letters in made
        ]

    return make_tasks


def _service_tasks(app: Flask, todo: Sequence[Held], now: datetime) -> list[Callable[[], object]]:
    with app.app_context():
        centre = db.session.get_one(Centre, todo[0].centre_id)  # a page has it from signing in

    def confirm(held: Held) -> None:
        with app.app_context():  # a session of its own, as a page has
            confirmation.confirm_held(centre, held.help_request_id, now, staff_id=held.deputy_id)
            db.session.commit()

    return [partial(confirm, held) for held in todo]


def _must_have_written_the_same(shares: list[list[Held]]) -> None:
    """Both kinds leave as many rows of every table, and letters of the same kinds with the same facts."""
    ids: dict[str, list[int]] = {SERVICE: [], BARE: []}
    for share in shares:
        for position, held in enumerate(share):
            ids[racing.kind_of(position // EACH)].append(held.help_request_id)
    counted = []
    for chosen in ids.values():
        tables = [
            db.session.scalar(sa.select(sa.func.count()).where(model.help_request_id.in_(chosen)))
            for model in (Consultation, Participation, Engagement, AuditRecord, Letter)
        ]
        kinds = db.session.execute(
            sa.select(Letter.kind, sa.func.count())
            .where(Letter.help_request_id.in_(chosen))
            .group_by(Letter.kind)
            .order_by(Letter.kind)
        ).all()
        state = db.session.execute(
            sa.select(
                HelpRequest.state, HelpRequest.days_late, HelpRequest.assigned_specialist_id.is_not(None)
            )
            .where(HelpRequest.id.in_(chosen))
            .distinct()
        ).all()
        facts = sorted(
            db.session.scalar(sa.select(Letter.facts).where(Letter.help_request_id == chosen[0]).limit(1))
            or {}
        )
        counted.append((tables, kinds, state, facts))
    if counted[0] != counted[1]:
        raise RuntimeError(f"not the same rows: the service {counted[0]}, bare SQL {counted[1]}")
