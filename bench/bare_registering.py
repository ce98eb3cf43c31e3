"""What registering for a group event writes, as bare SQL: the same rows, one statement a row, one transaction."""

import json
import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bench.bare_sql import Driver

# In this order. `:registration_id` is what the first INSERT returns.
TAKE_PLACE = """
UPDATE group_event SET arrivals = arrivals + 1,
 seats_taken = seats_taken + CASE WHEN waiting_count = 0 AND seats_taken < capacity THEN 1 ELSE 0 END,
 waiting_count = waiting_count + CASE WHEN waiting_count = 0 AND seats_taken < capacity THEN 0 ELSE 1 END
 WHERE id = :event_id AND state = 'announced' RETURNING arrivals"""
REGISTRATION = """
INSERT INTO registration (centre_id, group_event_id, state, arrival, contact_hash, shown_name, email,
 language, zone, parent_present, consent_text_id, consented_at, mailing_wished, registered_at, source_hash)
VALUES (:centre_id, :event_id, 'seated', :arrival, :contact_hash, :shown_name, :email,
 'ru', :zone, '', :consent_text_id, :now, :no, :now, :source_hash) RETURNING id"""
LINK = """
INSERT INTO personal_link (purpose, registration_id, salt, version, token_hash, expires_at)
VALUES ('seat', :registration_id, :salt, 1, :token_hash, :expires_at)"""
SEAT = """
INSERT INTO participation (consultation_id, registration_id, state, uid, guest_id, calendar_sequence)
VALUES (:meeting_id, :registration_id, 'confirmed', :uid, :guest_id, 0)"""
LETTER = """
INSERT INTO letter (centre_id, kind, dedupe_key, recipient, recipient_name, language, registration_id,
 group_event_id, consultation_id, facts, message_id, created_at, due_at, state, attempts, server_reply,
 sent_subject, sent_text)
VALUES (:centre_id, :kind, :dedupe_key, :email, :shown_name, 'ru', :registration_id,
 :event_id, :meeting_id, :facts, :message_id, :now, :due_at, 'pending', 0, '', '', '')"""
AUDIT = """
INSERT INTO audit_record (centre_id, at, action, group_event_id, details)
VALUES (:centre_id, :now, 'registration.add', :event_id, :details)"""

STATEMENTS = {
    "the place in the event": TAKE_PLACE,
    "the registration": REGISTRATION,
    "its link": LINK,
    "its seat": SEAT,
    "each of three letters": LETTER,
    "the history": AUDIT,
}
COUNT_OF_STATEMENTS = len(STATEMENTS) + 2  # three letters


@dataclass(frozen=True)
class Newcomer:
    """What the rows of one registration are made of. Sent to the writers."""

    centre_id: int
    consent_text_id: int
    event_id: int
    meeting_id: int
    starts_at: datetime
    minutes: int
    zone: str
    email: str
    contact_hash: str
    source_hash: str
    shown_name: str


def rows_of(newcomer: Newcomer, now: datetime) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The values of one registration and of its letters, made before the clock runs."""
    values = {
        "centre_id": newcomer.centre_id,
        "consent_text_id": newcomer.consent_text_id,
        "event_id": newcomer.event_id,
        "meeting_id": newcomer.meeting_id,
        "zone": newcomer.zone,
        "email": newcomer.email,
        "contact_hash": newcomer.contact_hash,
        "source_hash": newcomer.source_hash,
        "shown_name": newcomer.shown_name,
        "now": now,
        "no": False,
        "salt": secrets.token_urlsafe(16),
        "token_hash": secrets.token_hex(32),
        "expires_at": now + timedelta(days=400),
        "uid": f"{uuid.uuid4()}@kenes",
        "guest_id": uuid.uuid4().hex,
    }
    facts = {
        "starts_at": newcomer.starts_at.isoformat(),
        "minutes": newcomer.minutes,
        "means": "video",
        "sequence": 0,
    }
    plan: list[tuple[str, dict[str, Any], datetime]] = [
        ("seat_confirmed", {**facts, "dates": [newcomer.starts_at.isoformat()]}, now),
        ("event_day_before", facts, newcomer.starts_at - timedelta(days=1)),
        ("event_hour_before", facts, newcomer.starts_at - timedelta(hours=1)),
    ]
    letters = [
        {
            **values,
            "kind": kind,
            "dedupe_key": f"{kind}:bare:{newcomer.contact_hash}",
            "facts": json.dumps(told),
            "message_id": f"<{uuid.uuid4()}@kenes.example>",
            "due_at": due_at,
        }
        for kind, told, due_at in plan
    ]
    return values, letters


def registrar(driver: Driver) -> Callable[[dict[str, Any], Sequence[dict[str, Any]]], None]:
    """A function that writes one registration and commits."""
    take_place, registration, letter_statement, link, seat, audit = (
        driver.form(statement) for statement in (TAKE_PLACE, REGISTRATION, LETTER, LINK, SEAT, AUDIT)
    )

    def register(values: dict[str, Any], letters: Sequence[dict[str, Any]]) -> None:
        driver.begin()
        (values["arrival"],) = driver.execute(take_place, values).fetchone()
        (registration_id,) = driver.execute(registration, values).fetchone()
        values["registration_id"] = registration_id
        driver.execute(link, values)
        driver.execute(seat, values)
        for letter in letters:
            letter["registration_id"] = registration_id
            driver.execute(letter_statement, letter)
        values["details"] = json.dumps({"registration_id": registration_id})
        driver.execute(audit, values)
        driver.commit()

    return register
