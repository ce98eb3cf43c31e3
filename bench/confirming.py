"""Confirming a held time by eight writers at once: the service against the same rows in bare SQL."""

import multiprocessing
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from statistics import median
from threading import BrokenBarrierError
from typing import Any

import sqlalchemy as sa

from bench import bare_sql, stage
from bench.bare_sql import Held
from bench.stage import Installation
from bench.table import Bound, Figure, number
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
from webapp.services import case, confirmation

WRITERS = 8
LAPS = 5  # of each kind, in turn
EACH = 25  # confirmations of one writer in one lap
MINUTES = 40

SERVICE, BARE = "service", "bare SQL"
TARGETS = {stage.POSTGRESQL: 40, stage.SQLITE: 20}  # per cent
LONGEST_WAIT_SECONDS = 2


@dataclass(frozen=True)
class Lap:
    """What one writer did in one lap; times of the machine's monotonic clock, seconds."""

    number: int
    kind: str
    began: float
    ended: float
    longest: float
    cpu: float


def measure() -> Iterator[Figure]:
    for database in stage.databases():
        yield from _on(database)


def _on(database: str) -> Iterator[Figure]:
    with stage.installation(database) as (installation, app):
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        with app.app_context():
            shares = _prepare(now)
            db.engine.dispose()
        laps = _race(installation, shares, now)
        with app.app_context():
            _must_have_written_the_same(shares)
    rates = {kind: _rates(laps, kind) for kind in (SERVICE, BARE)}
    share = median(100 * ours / bare for ours, bare in zip(rates[SERVICE], rates[BARE], strict=True))
    cpu = {kind: 1000 * median(lap.cpu / EACH for lap in laps if lap.kind == kind) for kind in rates}
    yield Figure(
        f"Confirming, {database}, {WRITERS} writers",
        share,
        "%",
        f"bare SQL, {len(bare_sql.STATEMENTS) + 3} statements: {number(median(rates[BARE]))}/s",
        share / 100,
        Bound.AT_LEAST,
        TARGETS[database],
        shown=f"{number(median(rates[SERVICE]))}/s, {share:.0f} %",
    )
    yield Figure(
        f"  CPU of a confirmation, {database}",
        cpu[SERVICE],
        "ms",
        f"bare SQL: {number(cpu[BARE])} ms",
        cpu[SERVICE] / cpu[BARE],
    )
    longest = {kind: max(lap.longest for lap in laps if lap.kind == kind) for kind in rates}
    yield Figure(
        f"  longest wait of a writer, {database}",
        longest[SERVICE],
        "s",
        f"bare SQL: {number(longest[BARE])} s",
        longest[SERVICE] / longest[BARE],
        target=LONGEST_WAIT_SECONDS if database == stage.SQLITE else None,
    )


def _rates(laps: list[Lap], kind: str) -> list[float]:
    """Transactions per second of all writers together, lap by lap."""
    rates = []
    for turn in sorted({lap.number for lap in laps if lap.kind == kind}):
        of_turn = [lap for lap in laps if lap.number == turn]
        seconds = max(lap.ended for lap in of_turn) - min(lap.began for lap in of_turn)
        rates.append(WRITERS * EACH / seconds)
    return rates


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
    db.session.execute(sa.text("ANALYZE"))  # statistics, as a database has them that has run for a day
    db.session.commit()
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


# --- Racing ----------------------------------------------------------------------------------------------


def _race(installation: Installation, shares: list[list[Held]], now: datetime) -> list[Lap]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["bench.confirming"])
    barrier, answers = context.Barrier(WRITERS), context.Queue()
    writers = [
        context.Process(target=_write, args=(installation, share, now, barrier, answers), daemon=True)
        for share in shares
    ]
    for writer in writers:
        writer.start()
    laps = []
    for _ in range(WRITERS * 2 * LAPS):
        answer = answers.get(timeout=300)
        if isinstance(answer, str):
            raise RuntimeError(f"a writer failed: {answer}")
        laps.append(answer)
    for process in writers:
        process.join(30)
    return laps


def _write(
    installation: Installation, share: list[Held], now: datetime, barrier: Barrier, answers: Any
) -> None:
    """One writer: a lap of the service, a lap of bare SQL, and so on, each begun together with the others."""
    try:
        app = installation.app()
        bare = bare_sql.confirmer(app.config["SETTINGS"].database_url)
        stage.settle()
        for number_of_lap in range(2 * LAPS):
            kind = BARE if number_of_lap % 2 else SERVICE
            todo = share[number_of_lap * EACH : (number_of_lap + 1) * EACH]
            tasks = _bare_tasks(bare, todo, now, app) if kind == BARE else _service_tasks(todo, now, app)
            barrier.wait(120)
            began, cpu_began, longest = time.monotonic(), time.process_time(), 0.0
            for task in tasks:
                task_began = time.monotonic()
                task()
                longest = max(longest, time.monotonic() - task_began)
            cpu = time.process_time() - cpu_began
            answers.put(Lap(number_of_lap, kind, began, time.monotonic(), longest, cpu))
    except BrokenBarrierError:
        pass  # another writer failed, and has said so
    except Exception as error:
        barrier.abort()
        answers.put("".join(traceback.format_exception(error)))


def _service_tasks(todo: list[Held], now: datetime, app: Any) -> list[Any]:
    with app.app_context():
        centre = db.session.get_one(Centre, todo[0].centre_id)  # a page has it from signing in

    def confirm(held: Held) -> None:
        with app.app_context():  # a session of its own, as a page has
            request = case.request_of(centre, held.help_request_id)
            confirmation.confirm_held(centre, request, now, staff_id=held.deputy_id)
            db.session.commit()

    return [lambda held=held: confirm(held) for held in todo]


def _bare_tasks(bare: Any, todo: list[Held], now: datetime, app: Any) -> list[Any]:
    url = app.config["SETTINGS"].database_url
    made = [bare_sql.rows_of(held, now) for held in todo]
    ready = [
        (bare_sql.for_driver(values, url), [bare_sql.for_driver(letter, url) for letter in letters])
        for values, letters in made
    ]
    return [lambda values=values, letters=letters: bare(values, letters) for values, letters in ready]


def _must_have_written_the_same(shares: list[list[Held]]) -> None:
    """Both kinds leave as many rows of every table, and letters of the same kinds with the same facts."""
    ids: dict[str, list[int]] = {SERVICE: [], BARE: []}
    for share in shares:
        for position, held in enumerate(share):
            ids[BARE if (position // EACH) % 2 else SERVICE].append(held.help_request_id)
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
