"""Whether this installation is fit for work: its database, its outbox, its worker."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from webapp.models import Letter, Pulse, db
from webapp.rules.letters import LetterState

LETTERS_LATE_AFTER = timedelta(minutes=10)
WORKER_SILENT_AFTER = timedelta(minutes=3)  # most tasks run every minute: two rounds may fail
PERIODIC_TASKS = (
    "deliver_due",
    "lapse_holds_and_offers",
    "lapse_seats",
    "warn_of_small_groups",
    "remind_checks",
    "remind_of_moves",
    "tell_deadlines",
    "begin_the_day",
    "read_mailbox",
    "destroy_withdrawn",
)  # as webapp.jobs.tasks names them


@dataclass(frozen=True)
class Readiness:
    """``outbox_age_seconds``: how long the oldest due letter has been waiting; 0 when none waits.

    ``last_tick``: when the task that has been silent longest last ran; ``None`` while one never ran.
    """

    database: bool
    outbox_age_seconds: int | None
    last_tick: datetime | None
    seconds_since_tick: int | None

    @property
    def fit(self) -> bool:
        if not self.database or self.outbox_age_seconds is None or self.seconds_since_tick is None:
            return False
        letters_are_late = self.outbox_age_seconds > LETTERS_LATE_AFTER.total_seconds()
        worker_is_silent = self.seconds_since_tick > WORKER_SILENT_AFTER.total_seconds()
        return not letters_are_late and not worker_is_silent


def read(now: datetime) -> Readiness:
    """One look; a database that is away is an answer, not an error."""
    oldest = (
        sa.select(sa.func.min(Letter.due_at))
        .where(Letter.state.in_([LetterState.PENDING, LetterState.SENDING]), Letter.due_at <= now)
        .scalar_subquery()
    )
    pulses = sa.select(sa.func.min(Pulse.at).label("last"), sa.func.count().label("ticking")).where(
        Pulse.task.in_(PERIODIC_TASKS)
    )
    try:
        row = db.session.execute(sa.select(oldest.label("oldest"), pulses.subquery())).one()
    except SQLAlchemyError:
        db.session.rollback()
        return Readiness(database=False, outbox_age_seconds=None, last_tick=None, seconds_since_tick=None)
    last = row.last if row.ticking == len(PERIODIC_TASKS) else None
    return Readiness(
        database=True,
        outbox_age_seconds=int((now - row.oldest).total_seconds()) if row.oldest else 0,
        last_tick=last,
        seconds_since_tick=int((now - last).total_seconds()) if last else None,
    )
