"""How often a page asks the database, with few rows and with many: every address that answers GET."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from bench import people, stage
from bench.people import Busy
from bench.table import Figure
from webapp import links
from webapp.models import (
    Absence,
    Consultation,
    GroupEvent,
    InboxMail,
    JournalEntry,
    Participation,
    Registration,
    Subscriber,
    Topic,
    db,
)
from webapp.rules.inbox import MailKind
from webapp.services.centre import sign_in
from webapp.services.pages import personal_links

FEW, MANY = 8, 60
MOST_QUERIES = 12

# No pages: files, machines' routes, the demonstration.
LEFT_OUT = ("static", "jitsi.", "demo.", "health.")


def measure() -> Iterator[Figure]:
    with stage.installation(stage.SQLITE) as (_, app):
        few, many = count(app, FEW), count(app, MANY)
    asked = {page: count for page, (count, _) in many.items()}
    worst = sorted(asked, key=lambda page: -asked[page])
    growing = [page for page in asked if asked[page] > few[page][0]]
    yield Figure(
        f"Queries of a page at most, {len(asked)} pages",
        asked[worst[0]],
        "queries",
        f"with an eighth of the rows: {max(count for count, _ in few.values())}",
        target=MOST_QUERIES,
        shown=f"{asked[worst[0]]}: {worst[0]}",
    )
    for page in worst[1:4]:
        yield Figure(f"  next: {page}", asked[page], "queries", f"with an eighth of the rows: {few[page][0]}")
    for page in worst:
        if asked[page] > MOST_QUERIES and page not in worst[:4]:
            yield Figure(f"  too many: {page}", asked[page], "queries", target=MOST_QUERIES)
    for page in growing:
        yield Figure(f"  grows with the rows: {page}", asked[page], "queries", f"{few[page][0]}")
    for page, (_, status) in sorted(many.items()):
        if status >= 400:
            yield Figure(f"  not measured, answered {status}: {page}", status, "")


def count(app: Flask, each: int) -> dict[str, tuple[int, int]]:
    """Queries and status of every page, in a centre with ``each`` rows of everything."""
    now = datetime.now(UTC)
    with app.app_context():
        busy = people.busy_centre(now, each=each)
        cookie = people.signed_in(busy.everybody, now)
        pages = dict(_pages(app, busy, now))
        db.session.remove()
    visitor, signed_in = app.test_client(), app.test_client()
    with signed_in.session_transaction(base_url="https://kenes.example") as session:
        session["_user_id"], session["_fresh"] = cookie, True
    counted = {}
    for name, address in pages.items():
        client = signed_in if address.startswith("/staff") else visitor
        _visit(app, client, address)  # what is kept for all requests is kept now
        counted[name] = _visit(app, client, address)
    return counted


def _visit(app: Flask, client: FlaskClient, address: str) -> tuple[int, int]:
    with _statements(app) as statements:
        answer = client.get(address, base_url="https://kenes.example")
        answer.get_data()
    return len(statements), answer.status_code


@contextmanager
def _statements(app: Flask) -> Iterator[list[str]]:
    """The statements that are asked inside, without BEGIN."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            asked.append(statement)

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def _pages(app: Flask, busy: Busy, now: datetime) -> Iterator[tuple[str, str]]:
    """Every GET rule with arguments filled in; those of one consultation or family in each of its states."""
    arguments = _arguments(busy, now)
    with app.test_request_context(base_url="https://kenes.example"):
        adapter = app.create_url_adapter(None) or app.url_map.bind("kenes.example")
        for rule in app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or rule.endpoint.startswith(LEFT_OUT):
                continue
            for words, values in _fillings(rule.endpoint, rule.arguments, arguments, busy):
                name = f"{rule.rule} {words}".strip()
                yield name, adapter.build(rule.endpoint, values, force_external=False)


def _fillings(
    endpoint: str, names: set[str], arguments: dict[str, Any], busy: Busy
) -> Iterator[tuple[str, dict[str, Any]]]:
    if endpoint.startswith("family."):
        for state, token in busy.family.items():
            known = {"token": token, "consultation_id": busy.planned.id}
            yield f"({state})", {name: known[name] for name in names}
    elif endpoint.startswith("participant."):
        for state, token in busy.participant.items():
            yield f"({state})", {**{name: arguments[name] for name in names - {"token"}}, "token": token}
    elif endpoint.startswith("subscriber."):
        yield "", {"token": arguments["subscriber"]}
    elif "event_id" in names and endpoint.startswith("events."):
        for words, event_id in (("", busy.event_id), ("(running)", busy.running_event_id)):
            yield words, {**{name: arguments[name] for name in names}, "event_id": event_id}
    elif "consultation_id" in names:
        states = {"planned": busy.planned, "door open": busy.open_now, "over": busy.over}
        for state, consultation in states.items():
            known = {"consultation_id": consultation.id, "request_id": consultation.help_request_id}
            yield f"({state})", {name: known[name] for name in names}
    else:
        tokens = {"feeds.feed": arguments["feed"], "auth.invitation": arguments["invitation"]}
        known = {**arguments, "token": tokens.get(endpoint)}
        yield "", {name: known[name] for name in names}


def _arguments(busy: Busy, now: datetime) -> dict[str, Any]:
    """What the rules' arguments stand for, by their names."""
    feed = personal_links.renew(personal_links.FEED, now, staff_id=busy.everybody.id)
    invitation = sign_in.invite(busy.everybody, now, invited_by=None)
    centre_id = busy.centre.id
    salt = db.session.scalar(sa.select(Subscriber.salt).where(Subscriber.centre_id == centre_id).limit(1))
    found = {
        "slug": busy.centre.slug,
        "request_id": busy.requests[0].id,
        "staff_id": busy.everybody.id,
        "event_id": busy.event_id,
        "material_id": busy.material_id,
        "event_type_id": db.session.scalar(
            sa.select(GroupEvent.event_type_id).where(GroupEvent.id == busy.event_id)
        ),
        "registration_id": db.session.scalar(
            sa.select(Registration.id).where(Registration.group_event_id == busy.event_id).limit(1)
        ),
        "meeting_id": db.session.scalar(
            sa.select(Consultation.id).where(Consultation.group_event_id == busy.event_id)
        ),
        "consultation_id": db.session.scalar(
            sa.select(Participation.consultation_id)
            .join(Registration, Registration.id == Participation.registration_id)
            .where(Registration.centre_id == centre_id)
            .order_by(Participation.id)
            .limit(1)
        ),
        "absence_id": db.session.scalar(
            sa.select(Absence.id).where(Absence.specialist_id == busy.everybody.id).limit(1)
        ),
        "move_id": busy.move_id,
        "topic_id": db.session.scalar(sa.select(Topic.id).where(Topic.centre_id == centre_id).limit(1)),
        "entry_id": db.session.scalar(
            sa.select(JournalEntry.id).where(JournalEntry.centre_id == centre_id).limit(1)
        ),
        "mail_id": db.session.scalar(
            sa.select(InboxMail.id)
            .where(InboxMail.centre_id == centre_id, InboxMail.kind == MailKind.OTHER)
            .limit(1)
        ),
        "feed": feed,
        "subscriber": links.token(links.SUBSCRIBER, salt or ""),
        "invitation": invitation,
    }
    db.session.commit()
    return found
