"""A mailing in one worker, from the row to the mail server's yes, beside the same messages over smtplib alone."""

import smtplib
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from statistics import median

import sqlalchemy as sa

from bench import mail_sink, server, stage
from bench.table import Bound, Figure, number
from tests.factories import make_centre, make_event, make_specialist
from webapp import links
from webapp.formatting import LANGUAGES
from webapp.jobs import tasks
from webapp.letters.compose import compose
from webapp.models import Centre, Letter, Subscriber, db
from webapp.models.base import table_of
from webapp.rules.letters import LetterState
from webapp.services.mail import mailings

SUBSCRIBERS = 2000
LAP = 500
LETTERS_A_SECOND = 100


def measure() -> Iterator[Figure]:
    for database in stage.databases():
        with mail_sink.sink() as port, stage.installation(database) as (_, app):
            app.config["SMTP_URL"] = f"smtp://{server.HOST}:{port}"
            with app.app_context():
                laps = list(_laps(port))
        worker, bare = (median(speeds) for speeds in zip(*laps, strict=True))
        yield Figure(
            f"Mailing to {SUBSCRIBERS}, {database}",
            worker,
            "letters/s",
            f"smtplib alone: {number(bare)} letters/s",
            median(speed / beside for speed, beside in laps),
            bound=Bound.AT_LEAST,
            target=LETTERS_A_SECOND,
        )


def _laps(port: int) -> Iterator[tuple[float, float]]:
    """Letters a second of the worker and of smtplib alone, in turn, with the same letters."""
    _begin(datetime.now(UTC))
    with smtplib.SMTP(server.HOST, port) as smtp:
        for sent in range(0, SUBSCRIBERS, LAP):
            began = time.perf_counter()
            while _count_sent() < sent + LAP:
                tasks.deliver_due()
            worker = LAP / (time.perf_counter() - began)
            messages = _messages(sent)
            began = time.perf_counter()
            for message in messages:
                smtp.send_message(message)
            yield worker, len(messages) / (time.perf_counter() - began)


def _begin(now: datetime) -> None:
    centre = make_centre(slug="mailing")
    host = make_specialist(centre)
    event = make_event(centre, host, at=now + timedelta(days=5), now=now)
    db.session.execute(
        sa.insert(table_of(Subscriber)), [_subscriber(centre, n, now) for n in range(SUBSCRIBERS)]
    )
    mailings.begin(event, now, staff_id=host.id)
    db.session.execute(sa.delete(Letter))  # the hosts' invites: only the mailing is measured
    db.session.commit()


def _subscriber(centre: Centre, place: int, now: datetime) -> dict[str, object]:
    salt = links.new_salt()
    return {
        "centre_id": centre.id,
        "email": f"reader{place}@home.example",
        "state": "active",
        "language": LANGUAGES[place % len(LANGUAGES)],
        "salt": salt,
        "token_hash": links.fingerprint(links.token(links.SUBSCRIBER, salt)),
        "asked_at": now,
        "confirmed_at": now,
    }


def _count_sent() -> int:
    count = db.session.scalar(sa.select(sa.func.count()).where(Letter.state == LetterState.SENT))
    db.session.rollback()
    return count or 0


def _messages(offset: int) -> Sequence[EmailMessage]:
    """Those of one lap, made before the clock runs."""
    letters = db.session.scalars(
        sa.select(Letter)
        .where(Letter.state == LetterState.SENT)
        .order_by(Letter.id)
        .offset(offset)
        .limit(LAP)
    )
    messages = [compose(letter, datetime.now(UTC)) for letter in letters]
    db.session.rollback()
    return [message for message in messages if message is not None]
