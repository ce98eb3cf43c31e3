"""What confirming a held time writes, as bare SQL: the same rows, one statement a row, one transaction."""

import json
import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bench.bare_sql import Driver

# In this order. `:consultation_id` is what the first INSERT returns.
CONSULTATION = """
INSERT INTO consultation (centre_id, help_request_id, state, starts_at, ends_at, wall_time, zone,
 means_agreed, room, uid, calendar_sequence, confirmed_at, confirmed_by, cancelled_by_family,
 not_held_reason, journal_topic, recommendation, inner_note)
VALUES (:centre_id, :help_request_id, 'planned', :starts_at, :ends_at, :wall_time, :zone,
 'video', :room, :uid, 0, :now, :deputy_id, :no, '', '', '', '') RETURNING id"""
SPECIALIST = """
INSERT INTO consultation_specialist (consultation_id, specialist_id, position, guest_id)
VALUES (:consultation_id, :specialist_id, 0, :specialist_guest)"""
PARTICIPATION = """
INSERT INTO participation (consultation_id, help_request_id, state, uid, guest_id)
VALUES (:consultation_id, :help_request_id, 'confirmed', :family_uid, :family_guest)"""
AUDIT = """
INSERT INTO audit_record (centre_id, at, staff_id, action, help_request_id, consultation_id, details)
VALUES (:centre_id, :now, :deputy_id, 'request.confirm', :help_request_id, :consultation_id, :details)"""
ENGAGEMENT = """
UPDATE engagement SET consultation_id = :consultation_id, hold_until = NULL
 WHERE help_request_id = :help_request_id AND hold_until > :now"""
REQUEST = """
UPDATE help_request SET state = 'confirmed', assigned_specialist_id = :specialist_id, family_silent = :no,
 answered_at = :now, days_late = 0 WHERE id = :help_request_id AND state = 'received'"""
LETTER = """
INSERT INTO letter (centre_id, kind, dedupe_key, recipient, recipient_name, language, help_request_id,
 consultation_id, staff_id, facts, message_id, created_at, due_at, state, attempts, server_reply,
 sent_subject, sent_text)
VALUES (:centre_id, :kind, :dedupe_key, :recipient, :recipient_name, :language, :help_request_id,
 :consultation_id, :letter_staff_id, :facts, :message_id, :now, :due_at, 'pending', 0, '', '', '')"""

STATEMENTS = {
    "the consultation": CONSULTATION,
    "its specialist": SPECIALIST,
    "its family": PARTICIPATION,
    "the history": AUDIT,
    "the hold, a booking now": ENGAGEMENT,
    "the request": REQUEST,
    "each of four letters": LETTER,
}
COUNT_OF_STATEMENTS = len(STATEMENTS) + 3  # four letters
WITHOUT_LETTERS = (SPECIALIST, PARTICIPATION, AUDIT, ENGAGEMENT, REQUEST)


@dataclass(frozen=True)
class Held:
    """What the rows of one confirmation are made of. Sent to the writers."""

    help_request_id: int
    centre_id: int
    zone: str
    deputy_id: int
    specialist_id: int
    specialist_name: str
    specialist_email: str
    family_name: str
    family_email: str
    starts_at: datetime
    minutes: int


def rows_of(held: Held, now: datetime) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The values of one confirmation and of its letters, made before the clock runs."""
    ends_at = held.starts_at + timedelta(minutes=held.minutes)
    values = {
        "help_request_id": held.help_request_id,
        "centre_id": held.centre_id,
        "deputy_id": held.deputy_id,
        "specialist_id": held.specialist_id,
        "starts_at": held.starts_at,
        "ends_at": ends_at,
        "wall_time": held.starts_at.astimezone(ZoneInfo(held.zone)).strftime("%Y-%m-%dT%H:%M"),
        "zone": held.zone,
        "room": secrets.token_hex(16),
        "uid": f"{uuid.uuid4()}@kenes",
        "family_uid": f"{uuid.uuid4()}@kenes",
        "specialist_guest": uuid.uuid4().hex,
        "family_guest": uuid.uuid4().hex,
        "now": now,
        "no": False,
        "details": json.dumps({"starts_at": held.starts_at.isoformat()}),
    }
    facts = json.dumps(
        {
            "starts_at": held.starts_at.isoformat(),
            "minutes": held.minutes,
            "means": "video",
            "specialists": [held.specialist_name],
            "sequence": 0,
        }
    )
    to_family = {"recipient": held.family_email, "recipient_name": held.family_name, "letter_staff_id": None}
    to_specialist = {
        "recipient": held.specialist_email,
        "recipient_name": held.specialist_name,
        "letter_staff_id": held.specialist_id,
    }
    plan: list[tuple[str, dict[str, Any], datetime]] = [
        ("confirmed", to_family, now),
        ("booked", to_specialist, now),
        ("day_before", to_family, held.starts_at - timedelta(days=1)),
        ("hour_before", to_family, held.starts_at - timedelta(hours=1)),
    ]
    letters = [
        {
            **values,
            **recipient,
            "kind": kind,
            "dedupe_key": f"{kind}:bare:{held.help_request_id}:0",
            "language": "ru",
            "facts": facts,
            "message_id": f"<{uuid.uuid4()}@kenes.example>",
            "due_at": due_at,
        }
        for kind, recipient, due_at in plan
    ]
    return values, letters


def confirmer(driver: Driver) -> Callable[[dict[str, Any], Sequence[dict[str, Any]]], None]:
    """A function that writes one confirmation and commits."""
    consultation, letter_statement, *others = (
        driver.form(statement) for statement in (CONSULTATION, LETTER, *WITHOUT_LETTERS)
    )

    def confirm(values: dict[str, Any], letters: Sequence[dict[str, Any]]) -> None:
        driver.begin()
        (consultation_id,) = driver.execute(consultation, values).fetchone()
        values["consultation_id"] = consultation_id
        for statement in others:
            driver.execute(statement, values)
        for letter in letters:
            letter["consultation_id"] = consultation_id
            driver.execute(letter_statement, letter)
        driver.commit()

    return confirm
