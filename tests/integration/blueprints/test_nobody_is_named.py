"""What anybody may open holds nobody who takes part: no name, address or token, in words, files or headers."""

import json
import re
import zlib
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import (
    NOW,
    THURSDAY_NINE,
    make_centre,
    make_event,
    make_event_type,
    make_specialist,
    register,
)
from webapp.formatting import LANGUAGES
from webapp.models import GroupEvent, Participation, PersonalLink, Registration, db
from webapp.services.events import event_changes
from webapp.services.pages import personal_links
from webapp.services.seats import registrations

DAY = timedelta(days=1)
NAMES = ("Евдокия", "Ғабиден", "Wilhelmina")


@pytest.fixture
def events(app: Flask) -> list[GroupEvent]:
    """A webinar with seats, held seats and a waiting list, a course, and what is off or over."""
    centre = make_centre(slug="school", embed_origins=["https://school.kz"])
    host = make_specialist(centre)
    full = make_event(centre, host, capacity=2, seat_after_confirming=True)
    course = make_event(centre, host, starts=[THURSDAY_NINE + number * DAY for number in (1, 2, 3)])
    play = make_event_type(centre, with_children=True)
    off = make_event(centre, host, kind=play, at=THURSDAY_NINE + 4 * DAY)
    over = make_event(centre, host, at=NOW + timedelta(hours=1))
    for event in (full, course, off, over):
        for number, name in enumerate(NAMES):
            at = {"phone": f"+7916555{event.id}{number}77"} if number == 1 else {}
            register(event, shown_name=name, parent_present="Бабушка Пелагея", source_hash="source", **at)
    registrations.give_back(register(course, shown_name="Феофания"), NOW)
    event_changes.cancel(off, NOW, staff_id=host.id)
    db.session.commit()
    return [full, course, off, over]


def secrets() -> Iterator[str]:
    """Everything that tells who takes part, or opens their pages."""
    yield from (*NAMES, "Феофания", "Пелагея")
    for row in db.session.scalars(sa.select(Registration)):
        yield from (value for value in (row.email, row.phone, row.contact_hash) if value)
        yield personal_links.token_of(personal_links.SEAT, registration_id=row.id) or "-"
    for row in db.session.scalars(sa.select(Participation)):
        yield from (row.uid, row.guest_id)
    for row in db.session.scalars(sa.select(PersonalLink)):
        yield from (row.salt, row.token_hash)


def forms_of(secret: str) -> tuple[str, ...]:
    """As words, inside an address and inside JSON."""
    return secret, quote(secret), json.dumps(secret)[1:-1]


def addresses(events: list[GroupEvent]) -> Iterator[str]:
    for language in LANGUAGES:
        for path in ("/c/school/", "/c/school/events", "/c/school/events.ics", "/embed/school"):
            yield f"{path}?lang={language}"
        for event in events:
            for part in ("", ".ics", "/poster.pdf", "/registered"):
                yield f"/c/school/events/{event.id}{part}?lang={language}"
    yield "/c/school/events?all=1"
    yield f"/c/school/events/{events[0].id}?zone=Europe/Berlin"


def everything_in(client: FlaskClient, address: str) -> str:
    """Headers and content, packed streams unpacked."""
    answer = client.get(address)
    assert answer.status_code in (200, 302), address
    content = answer.data
    if answer.mimetype == "application/pdf":
        for stream in re.findall(rb"stream\r?\n(.*?)endstream", answer.data, re.DOTALL):
            try:
                content += zlib.decompress(stream)
            except zlib.error:
                continue
    if answer.mimetype == "text/calendar":
        content = content.replace(b"\r\n ", b"")
    return str(answer.headers) + content.decode(errors="replace")


@pytest.mark.parametrize("moment", [NOW, NOW + 2 * DAY + timedelta(hours=4)], ids=["before", "in between"])
def test_no_public_answer_names_anybody(
    app: Flask, client: FlaskClient, events: list[GroupEvent], clock: object, moment: object
) -> None:
    clock.move_to(moment)  # type: ignore[attr-defined]
    kept = sorted(set(secrets()))
    assert len(kept) > 40
    for address in addresses(events):
        text = everything_in(client, address)
        found = [secret for secret in kept if any(form in text for form in forms_of(secret))]
        assert found == [], address


def test_the_feed_of_a_centre_says_nothing_of_how_many_come(
    app: Flask, client: FlaskClient, events: list[GroupEvent]
) -> None:
    before = client.get("/c/school/events.ics").data
    register(events[1], shown_name="Ещё одна")
    db.session.commit()
    assert client.get("/c/school/events.ics").data == before


def test_the_page_after_registering_names_only_what_this_browser_sent(
    app: Flask, client: FlaskClient, events: list[GroupEvent]
) -> None:
    known = db.session.scalars(sa.select(Registration.email).where(Registration.email.is_not(None))).first()
    form = {"contact": known, "zone": "Europe/Moscow", "consent": "y"}
    address = f"/c/school/events/{events[0].id}"
    fresh = client.post(address, data={**form, "contact": "new@home.example"}, follow_redirects=True)
    again = client.post(address, data=form, follow_redirects=True)
    assert known in again.text
    assert again.text.replace(known, "new@home.example") == fresh.text
    assert known not in app.test_client().get(f"{address}/registered").text
