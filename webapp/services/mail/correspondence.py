"""Who is told what, and how: a letter into the outbox, or a call task where there is no e-mail.

A row here is committed together with what it tells. Its text is written when it is sent.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite

from calendars.workdays import days_late
from webapp import links
from webapp.models import (
    BlockedAddress,
    CallTask,
    Centre,
    Consultation,
    GroupEvent,
    HelpRequest,
    Letter,
    Staff,
    db,
)
from webapp.models.base import execute, table_of
from webapp.rules.help_requests import Channel
from webapp.rules.letters import ANSWERS, TO_UNCONFIRMED_ADDRESSES, TOLD_BY_PHONE, LetterKind, LetterState
from webapp.services.times.workdays import work_calendar

CALL_WITHIN = timedelta(hours=4)

Addressee = Staff | sa.Row[*tuple[Any, ...]]  # one of the staff, as an object or as a row of these columns

# Statements made once: making one costs several times what sending it does.
POST = {
    "postgresql": postgresql.insert(table_of(Letter)).on_conflict_do_nothing(index_elements=["dedupe_key"]),
    "sqlite": sqlite.insert(table_of(Letter)).on_conflict_do_nothing(index_elements=["dedupe_key"]),
}
BLOCKED = table_of(BlockedAddress)
ADDRESS_IS_BLOCKED = sa.exists().where(
    BLOCKED.c.centre_id == sa.bindparam("blocked_in"), BLOCKED.c.address_hash == sa.bindparam("address_hash")
)
CALLS = table_of(CallTask)
DROP_CALLS = (
    sa.update(CALLS)
    .where(
        CALLS.c.help_request_id == sa.bindparam("request_id"),
        CALLS.c.kind.in_(sa.bindparam("kinds", expanding=True)),
        CALLS.c.done_at.is_(None),
        CALLS.c.moot_at.is_(None),
    )
    .values(moot_at=sa.bindparam("now"))
)


def tell_family(
    request: HelpRequest,
    kind: LetterKind,
    facts: dict[str, Any],
    now: datetime,
    *,
    occasion: str,
    consultation_id: int | None = None,
    due_at: datetime | None = None,
) -> None:
    """Put a letter for the family into the outbox, or a call task, or both (the answer follows the channel).

    ``occasion`` tells one event from the next of its kind: the same occasion is written once.
    An answer that goes out by letter counts as given now; one by phone counts when the call is noted, and so
    does one to an address from which a letter came back.
    What is due later is written in any case: by then the address may be confirmed (``letters.facts``).
    """
    tell_family_all(
        request,
        [(kind, due_at or now)],
        facts,
        now,
        writable=can_be_written_to(request),
        occasion=occasion,
        consultation_id=consultation_id,
    )


def tell_family_all(
    request: HelpRequest,
    letters: Sequence[tuple[LetterKind, datetime]],
    facts: dict[str, Any],
    now: datetime,
    *,
    writable: bool,
    occasion: str,
    consultation_id: int | None = None,
    besides: Sequence[dict[str, Any]] = (),
) -> None:
    """As :func:`tell_family`, several at once about the same facts: each kind with the time it is due.

    ``writable``: what :func:`can_be_written_to` says. ``besides``: letters to others on the same occasion
    (:func:`letter_to_staff`); all go into the outbox in one statement.
    """
    if request.blocked_at is not None:
        post(besides)
        return
    keys = {kind: f"{kind}:request:{request.id}:{occasion}" for kind, _ in letters}
    going_out = [
        (kind, due_at)
        for kind, due_at in letters
        if writable and (due_at > now or request.email_confirmed_at or kind in TO_UNCONFIRMED_ADDRESSES)
    ]
    to_family = [
        {
            "centre_id": request.centre_id,
            "kind": kind,
            "dedupe_key": keys[kind],
            "recipient": request.email,
            "recipient_name": request.parent_name,
            "language": request.language,
            "help_request_id": request.id,
            "group_event_id": None,
            "consultation_id": consultation_id,
            "staff_id": None,
            "facts": facts,
            "created_at": now,
            "due_at": due_at,
        }
        for kind, due_at in going_out
    ]
    post([*besides, *to_family])
    if any(kind in ANSWERS for kind, _ in going_out) and not letters_come_back(request):
        mark_answered(request, now)
    written = {kind for kind, _ in going_out}
    for kind, _ in letters:
        by_phone = kind not in written or is_called_anyway(request)
        if kind in TOLD_BY_PHONE and request.phone and by_phone:
            add_call_task(request, kind, facts, now, dedupe_key=keys[kind], consultation_id=consultation_id)


def tell_staff(
    staff: Staff,
    kind: LetterKind,
    facts: dict[str, Any],
    now: datetime,
    *,
    occasion: str,
    request: HelpRequest | None = None,
    consultation: Consultation | None = None,
    event: GroupEvent | None = None,
    due_at: datetime | None = None,
) -> None:
    """Put a letter for one of the staff into the outbox. The same ``occasion`` is written once."""
    if staff.active:
        letter = letter_to_staff(
            staff,
            kind,
            facts,
            now,
            occasion=occasion,
            help_request_id=request.id if request else None,
            group_event_id=event.id if event else None,
            consultation_id=consultation.id if consultation else None,
            due_at=due_at,
        )
        post([letter])


def letter_to_staff(
    person: Addressee,
    kind: LetterKind,
    facts: dict[str, Any],
    now: datetime,
    *,
    occasion: str,
    help_request_id: int | None = None,
    group_event_id: int | None = None,
    consultation_id: int | None = None,
    due_at: datetime | None = None,
) -> dict[str, Any]:
    """A letter for one of the staff, to be posted with others (:func:`tell_family_all`)."""
    return {
        "centre_id": person.centre_id,
        "kind": kind,
        "dedupe_key": f"{kind}:staff:{person.id}:{occasion}",
        "recipient": person.email,
        "recipient_name": person.name,
        "language": person.language,
        "help_request_id": help_request_id,
        "group_event_id": group_event_id,
        "consultation_id": consultation_id,
        "staff_id": person.id,
        "facts": facts,
        "created_at": now,
        "due_at": due_at or now,
    }


def deciders(centre: Centre, *, apart_from: int | None = None) -> list[Staff]:
    """Who answers for the centre: the supervisor, else the stand-in; nobody decides about themselves."""
    asked = (person for person in (centre.supervisor_id, centre.stand_in_id) if person != apart_from)
    people = [db.session.get(Staff, person) for person in asked if person]
    return [person for person in people if person is not None and person.active][:1]


def can_be_written_to(request: HelpRequest) -> bool:
    """Whether there is an address, and nobody said of it "this wasn't me"."""
    if not request.email:
        return False
    return not address_is_blocked(request.centre_id, request.email)


def address_is_blocked(centre_id: int, email: str) -> bool:
    return bool(db.session.scalar(sa.select(ADDRESS_IS_BLOCKED), address_of(centre_id, email)))


def address_of(centre_id: int, email: str) -> dict[str, Any]:
    """What ``ADDRESS_IS_BLOCKED`` asks about."""
    return {"blocked_in": centre_id, "address_hash": links.address_fingerprint(email)}


def letters_come_back(request: HelpRequest) -> bool:
    """Whether a letter from this address came back, and the family can be called instead."""
    return request.mail_failed_at is not None and bool(request.phone)


def gets_letters(request: HelpRequest) -> bool:
    """Whether a letter tells the family; else a call does."""
    return can_be_written_to(request) and not letters_come_back(request)


def is_called_anyway(request: HelpRequest) -> bool:
    """Whether the family is called also about what a letter tells: it asked by phone, or letters come back."""
    return request.channel == Channel.PHONE or letters_come_back(request)


def let_letters_through(centre_id: int, email: str) -> None:
    """The office spoke with the owner of the address: what was blocked is open again."""
    db.session.execute(
        sa.delete(BlockedAddress).where(
            BlockedAddress.centre_id == centre_id,
            BlockedAddress.address_hash == links.address_fingerprint(email),
        )
    )


def add_call_task(
    request: HelpRequest,
    kind: LetterKind,
    facts: dict[str, Any],
    now: datetime,
    *,
    dedupe_key: str,
    consultation_id: int | None = None,
    because_mail_failed: bool = False,
) -> None:
    known = db.session.scalar(sa.select(CallTask.id).where(CallTask.dedupe_key == dedupe_key))
    if known is not None:
        return
    db.session.add(
        CallTask(
            centre_id=request.centre_id,
            help_request_id=request.id,
            consultation_id=consultation_id,
            kind=kind,
            dedupe_key=dedupe_key,
            facts=facts,
            because_mail_failed=because_mail_failed,
            created_at=now,
            due_at=max(now, min(request.due_at, now + CALL_WITHIN)),
        )
    )


def mark_answered(request: HelpRequest, now: datetime) -> None:
    """The family has its answer: keep when, and how many working days late."""
    for name, value in answer_given(request, now).items():
        setattr(request, name, value)


def answer_given(request: HelpRequest, now: datetime) -> dict[str, Any]:
    """What the first answer changes on the request; later ones change nothing."""
    if request.answered_at is not None:
        return {}
    if now < request.due_at:
        return {"answered_at": now, "days_late": 0}
    centre = db.session.get_one(Centre, request.centre_id)
    late = days_late(request.due_at, now, centre.zone_info, work_calendar(centre))
    return {"answered_at": now, "days_late": late}


def drop_reminders(consultation_id: int) -> None:
    """Reminders of a date that is off: the history must not promise them."""
    db.session.execute(
        sa.update(Letter)
        .where(
            Letter.consultation_id == consultation_id,
            Letter.kind.in_((LetterKind.DAY_BEFORE, LetterKind.HOUR_BEFORE)),
            Letter.state == LetterState.PENDING,
        )
        .values(state=LetterState.DROPPED)
        .execution_options(synchronize_session=False)
    )


def drop_calls(request: HelpRequest, kinds: Sequence[LetterKind], now: datetime) -> None:
    """Open calls that would tell what is not so any more."""
    execute(DROP_CALLS, {"request_id": request.id, "kinds": kinds, "now": now})


def post(letters: Iterable[dict[str, Any]]) -> None:
    """Into the outbox, once per occasion: a key that is known already is passed over. One statement."""
    domain = current_app.config["MAIL_FROM"].rsplit("@", 1)[-1]
    rows = [{**letter, "message_id": f"<{uuid.uuid4()}@{domain}>"} for letter in letters]
    if rows:
        execute(POST[db.engine.dialect.name], rows)
