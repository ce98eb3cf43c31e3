"""Everything that is done beside the pages. Each task commits for itself and may be repeated at any time."""

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from webapp import clock
from webapp.jobs import mailbox, mailing, outbox
from webapp.models import Pulse, db
from webapp.models.base import reading_only
from webapp.services.centre import retention
from webapp.services.consultations import offers
from webapp.services.events import small_groups
from webapp.services.help_requests import deadlines
from webapp.services.mail import mailings, morning, subscribing
from webapp.services.moves import move_alarms
from webapp.services.rooms import checks
from webapp.services.seats import participant_calls, registrations

PULSE_EVERY = timedelta(seconds=10)  # a task that runs every second need not write every second

Task = Callable[[datetime], None]


def deliver_due(limit: int = 100) -> bool:
    """Deliver up to ``limit`` letters that are due, or write the next ones of a mailing.

    Returns whether there is more to do at once.
    """
    more = outbox.deliver_due(limit) or mailing.deliver_due(limit) or mailing.write_ahead(clock.now())
    _beat("deliver_due", clock.now())
    return more


def lapse_holds_and_offers(now: datetime) -> None:
    """What families did not take in time is free again."""
    offers.lapse_due(now)
    _done("lapse_holds_and_offers", now)


def lapse_seats(now: datetime) -> None:
    """Seats held for an address that nobody confirmed go to the next in line; calls that are too late end."""
    registrations.lapse_due(now)
    participant_calls.drop_of_past_events(now)
    _done("lapse_seats", now)


def warn_of_small_groups(now: datetime) -> None:
    """A day before: hosts learn that fewer people registered than the event needs."""
    small_groups.warn(now)
    _done("warn_of_small_groups", now)


def remind_checks(now: datetime) -> None:
    """Equipment checks: the specialist is reminded, then the deputy is told."""
    checks.remind(now)
    _done("remind_checks", now)


def remind_of_moves(now: datetime) -> None:
    """Undecided cases: whoever decides is reminded, the next one up is told; overtaken wishes end."""
    move_alarms.remind(now)
    move_alarms.close_overtaken_wishes(now)
    _done("remind_of_moves", now)


def tell_deadlines(now: datetime) -> None:
    """Answers that are due or overdue, in the morning of a working day."""
    deadlines.tell(now)
    _done("tell_deadlines", now)


def read_mailbox(now: datetime) -> None:
    """What came to the mailbox of the centres."""
    mailbox.read_new()
    _done("read_mailbox", now)


def begin_the_day(now: datetime) -> None:
    """The morning letter of a working day."""
    morning.tell(now)
    _done("begin_the_day", now)


def destroy_withdrawn(now: datetime) -> None:
    """Data of families that withdrew their consent 30 days ago, and addresses of the mailing likewise."""
    retention.destroy_due(now)
    subscribing.delete_due(now)
    mailings.clear_due(now)
    _done("destroy_withdrawn", now)


EVERY_MINUTE: dict[str, Task] = {
    "lapse_holds_and_offers": lapse_holds_and_offers,
    "lapse_seats": lapse_seats,
    "warn_of_small_groups": warn_of_small_groups,
    "remind_checks": remind_checks,
    "remind_of_moves": remind_of_moves,
    "tell_deadlines": tell_deadlines,
    "begin_the_day": begin_the_day,
    "destroy_withdrawn": destroy_withdrawn,
    "read_mailbox": read_mailbox,
}


def _done(task: str, now: datetime) -> None:
    db.session.commit()
    _beat(task, now)


def _beat(task: str, now: datetime) -> None:
    """Note when the task last ran. Two workers may note it at once: either is right."""
    with reading_only():
        last = db.session.scalar(sa.select(Pulse.at).where(Pulse.task == task))
        db.session.rollback()
    if last is not None and now - last < PULSE_EVERY:
        return
    try:
        db.session.merge(Pulse(task=task, at=now))
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
