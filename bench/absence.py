"""An absence that touches 200 sessions: their page with who could take each over, against a bare SELECT of them."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median

import sqlalchemy as sa
from flask import Flask

from bench import people, stage
from bench.table import Figure, number
from tests.factories import make_centre, make_consultation, make_specialist
from webapp.models import Absence, Centre, Consultation, db
from webapp.services.times import absences

SESSIONS, COLLEAGUES = 200, 20
SESSIONS_OF_A_DAY = 10
ROUNDS = 7
MOST_MS = 500


def measure() -> Iterator[Figure]:
    for database in stage.databases():
        with stage.installation(database) as (_installation, app):
            with app.app_context():
                now = datetime.now(UTC)
                centre_id, absence_id = _ill(now)
            rounds = [_round(app, centre_id, absence_id, now) for _ in range(ROUNDS)]
        ours, bare = (1000 * median(times) for times in zip(*rounds, strict=True))
        yield Figure(
            f"{SESSIONS} sessions of an absence, {database}",
            ours,
            "ms",
            f"their rows alone: {number(bare)} ms",
            median(one / other for one, other in rounds),
            target=MOST_MS,
        )


def _ill(now: datetime) -> tuple[int, int]:
    centre = make_centre(horizon_days=60)
    away, *_others = [make_specialist(centre, hours=people.WORKING_WEEK) for _ in range(COLLEAGUES + 1)]
    monday = (now + timedelta(days=7 - now.weekday())).replace(hour=4, minute=0, second=0, microsecond=0)
    for place in range(SESSIONS):
        day, slot = divmod(place, SESSIONS_OF_A_DAY)
        make_consultation(
            centre, away, at=monday + timedelta(days=day, minutes=people.MINUTES * slot), now=now
        )
    absence = Absence(specialist_id=away.id, starts_at=now, ends_at=now + timedelta(days=60))
    db.session.add(absence)
    db.session.commit()
    return centre.id, absence.id


def _round(app: Flask, centre_id: int, absence_id: int, now: datetime) -> tuple[float, float]:
    """Seconds of the list and of the bare rows, each in a session of its own."""
    with app.app_context():
        centre, absence = db.session.get_one(Centre, centre_id), db.session.get_one(Absence, absence_id)
        began = time.perf_counter()
        found = absences.touched(centre, absence, now)
        ours = time.perf_counter() - began
        if len(found) != SESSIONS or not any(one.colleagues for one in found):
            raise RuntimeError(f"{len(found)} sessions are listed")
    with app.app_context():
        began = time.perf_counter()
        db.session.execute(sa.select(Consultation.id, Consultation.starts_at, Consultation.ends_at)).all()
        return ours, time.perf_counter() - began
