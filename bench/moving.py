"""Moving a webinar with a thousand registered people in one transaction, against the same rows in bare SQL."""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import sqlalchemy as sa

from bench import bare_sql, stage
from bench.bare_sql import Driver
from bench.table import Figure, number
from tests.factories import make_centre, make_deputy, make_event, make_event_type, make_specialist, register
from webapp.models import (
    Centre,
    Consultation,
    GroupEvent,
    Letter,
    Participation,
    PersonalLink,
    Registration,
    Staff,
    db,
)
from webapp.services.consultations.moving import Move
from webapp.services.events import event_changes, group_events

REGISTERED = 1_000
LAPS = 5  # of each kind, in turn
MINUTES = 40
TARGET_SECONDS = 2

DROP_REMINDERS = """
UPDATE letter SET state = 'dropped' WHERE consultation_id = :consultation_id AND state = 'pending'
 AND kind IN ('event_day_before', 'event_hour_before')"""
NEXT_FORM = """
UPDATE participation SET calendar_sequence = calendar_sequence + 1
 WHERE consultation_id = :consultation_id AND state = 'confirmed'"""
FREE_TIME = "DELETE FROM engagement WHERE consultation_id = :consultation_id"
TAKE_TIME = """
INSERT INTO engagement (specialist_id, starts_at, ends_at, consultation_id)
VALUES (:specialist_id, :starts_at, :ends_at, :consultation_id)"""
MEETING = """
UPDATE consultation SET starts_at = :starts_at, ends_at = :ends_at, calendar_sequence = calendar_sequence + 1
 WHERE id = :consultation_id AND state = 'planned'"""
EVENT = "UPDATE group_event SET starts_at = :starts_at, ends_at = :ends_at WHERE id = :event_id"
HISTORY = """
INSERT INTO audit_record (centre_id, at, action, group_event_id, consultation_id, details)
VALUES (:centre_id, :now, 'event.move', :event_id, :consultation_id, :details)"""
LETTER = """
INSERT INTO letter (centre_id, kind, dedupe_key, recipient, recipient_name, language, registration_id,
 group_event_id, consultation_id, staff_id, facts, message_id, created_at, due_at, state, attempts,
 server_reply, sent_subject, sent_text)
VALUES (:centre_id, :kind, :dedupe_key, :recipient, :recipient_name, :language, :registration_id,
 :group_event_id, :consultation_id, :staff_id, :facts, :message_id, :created_at, :due_at, 'pending', 0,
 '', '', '')"""
ONCE = (DROP_REMINDERS, NEXT_FORM, FREE_TIME, TAKE_TIME, MEETING, EVENT, HISTORY)

Values = Mapping[str, Any]


def measure() -> Iterator[Figure]:
    for database in stage.databases():
        yield from _on(database)


def _on(database: str) -> Iterator[Figure]:
    with stage.installation(database) as (_, app), app.app_context():
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        centre, event = _webinar(now)
        meeting = group_events.meetings(event)[0]
        driver = bare_sql.connect(app.config["SETTINGS"].database_url)
        move_bare = _mover(driver)
        service_seconds, bare_seconds, letters = [], [], 0
        for lap in range(LAPS):
            known = _last_letter()
            at = now + timedelta(days=10 + 2 * lap)
            service_seconds.append(_timed(lambda at=at: _move(centre, event, meeting, at, now)))
            written = _letters_after(known)
            letters = len(written)
            at += timedelta(days=1)
            values = _values(centre, event, meeting, at, now)
            rows = [_as_new(row) for row in written]
            db.session.rollback()  # what was read must not hold the writer up
            ready = driver.values(values), [driver.values(row) for row in rows]
            bare_seconds.append(_timed(lambda ready=ready: move_bare(*ready)))
        _must_have_told_everybody(letters)
    middle = median(service_seconds)
    yield Figure(
        f"Moving a webinar, {REGISTERED} registered, {database}",
        middle,
        "s",
        f"bare SQL, {letters} letters: {number(median(bare_seconds))} s",
        median(ours / theirs for ours, theirs in zip(service_seconds, bare_seconds, strict=True)),
        target=TARGET_SECONDS,
    )


def _webinar(now: datetime) -> tuple[Centre, GroupEvent]:
    """A webinar in which everybody has confirmed the address, so that all reminders are written."""
    centre = make_centre()
    make_deputy(centre)
    host = make_specialist(centre)
    kind = make_event_type(centre, maximum=REGISTERED)
    event = make_event(
        centre,
        host,
        at=now + timedelta(days=8),
        kind=kind,
        capacity=REGISTERED,
        broadcast_url="https://video.example/live",  # no room carries as many
        now=now,
    )
    pattern = register(event, now=now)
    pattern.email_confirmed_at = now
    db.session.flush()
    _copy_registration(event, pattern)
    db.session.commit()
    return centre, event


def _copy_registration(event: GroupEvent, pattern: Registration) -> None:
    """Everybody else like ``pattern``, with a seat and a link of their own."""
    meeting = group_events.meetings(event)[0]
    people = [
        {
            **_columns(pattern),
            "arrival": place,
            "contact_hash": uuid.uuid4().hex,
            "email": f"parent.{place}@home.example",
        }
        for place in range(2, REGISTERED + 1)
    ]
    ids = db.session.scalars(
        sa.insert(Registration).returning(Registration.id, sort_by_parameter_order=True), people
    ).all()
    seat = db.session.scalars(sa.select(Participation)).first()
    link = db.session.scalars(
        sa.select(PersonalLink).where(PersonalLink.registration_id == pattern.id)
    ).first()
    assert seat is not None and link is not None
    unique = [uuid.uuid4().hex for _ in ids]
    db.session.execute(
        sa.insert(Participation),
        [
            {
                **_columns(seat),
                "consultation_id": meeting.id,
                "registration_id": id_,
                "uid": one,
                "guest_id": one,
            }
            for id_, one in zip(ids, unique, strict=True)
        ],
    )
    db.session.execute(
        sa.insert(PersonalLink),
        [
            {**_columns(link), "registration_id": id_, "salt": one, "token_hash": one}
            for id_, one in zip(ids, unique, strict=True)
        ],
    )
    event.seats_taken = event.arrivals = REGISTERED


def _columns(row: Any) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in row.__table__.columns if column.name != "id"}


def _move(centre: Centre, event: GroupEvent, meeting: Consultation, at: datetime, now: datetime) -> None:
    staff_id = event.created_by
    event_changes.move(centre, event, [Move(meeting, at)], now, staff_id=staff_id)
    db.session.commit()


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _last_letter() -> int:
    return db.session.scalar(sa.select(sa.func.max(Letter.id))) or 0


def _letters_after(known: int) -> Sequence[Any]:
    """What the service has put into the outbox: bare SQL writes as much."""
    return db.session.execute(sa.select(*Letter.__table__.columns).where(Letter.id > known)).all()


def _as_new(row: Any) -> dict[str, Any]:
    return {
        **row._mapping,
        "facts": json.dumps(row.facts, ensure_ascii=False),
        "dedupe_key": f"bare:{uuid.uuid4()}",
        "message_id": f"<{uuid.uuid4()}@kenes.example>",
    }


def _values(
    centre: Centre, event: GroupEvent, meeting: Consultation, at: datetime, now: datetime
) -> dict[str, Any]:
    host = db.session.scalars(sa.select(Staff.id).where(Staff.id == event.created_by)).one()
    return {
        "centre_id": centre.id,
        "event_id": event.id,
        "consultation_id": meeting.id,
        "specialist_id": host,
        "starts_at": at,
        "ends_at": at + timedelta(minutes=MINUTES),
        "now": now,
        "details": json.dumps({"before": meeting.starts_at.isoformat(), "after": at.isoformat()}),
    }


def _must_have_told_everybody(letters: int) -> None:
    """A letter and two reminders to each, and one to the host."""
    if letters != 3 * REGISTERED + 1:
        raise RuntimeError(f"{letters} letters for {REGISTERED} people")


def _mover(driver: Driver) -> Callable[[Values, Sequence[Values]], None]:
    """A function that writes one move and commits."""
    letter_statement, *others = (driver.form(statement) for statement in (LETTER, *ONCE))

    def move(values: Values, letters: Sequence[Values]) -> None:
        driver.begin()
        for statement in others:
            driver.execute(statement, values)
        driver.execute_many(letter_statement, letters)
        driver.commit()

    return move
