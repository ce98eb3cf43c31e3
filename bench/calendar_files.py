"""Calendar files: a thousand invites, a feed of two thousand sessions, and the answer "not changed"."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from bench import stage
from bench.stopwatch import median_ms
from bench.table import Figure, number
from calendars import invites
from calendars.invites import Meeting, Party
from tests.factories import make_centre, make_request, make_specialist
from webapp.models import Consultation, ConsultationSpecialist, db
from webapp.services.pages import personal_links

INVITES, SESSIONS = 1000, 2000
MOST_MS_INVITES, MOST_MS_FEED, MOST_MS_UNCHANGED = 600, 500, 10
REPEATS = 5
REPEATS_SMALL = 100


def measure() -> Iterator[Figure]:
    yield _invites(datetime.now(UTC).replace(microsecond=0))
    with stage.installation(stage.SQLITE) as (_, app):
        with app.app_context():
            token = _specialist_with_sessions(datetime.now(UTC))
        stage.settle()
        yield from _feed(app.test_client(), f"/feeds/{token}.ics")


def _invites(now: datetime) -> Figure:
    meetings = [_meeting(now, number) for number in range(INVITES)]

    def write() -> list[bytes]:
        return [invites.request(meeting) for meeting in meetings]

    # The least work that gives the same octets: their lines put together.
    lines = [file.decode().split("\r\n") for file in write()]
    joined = median_ms(lambda: ["\r\n".join(of_file).encode() for of_file in lines], repeats=REPEATS)
    took = median_ms(write, repeats=REPEATS)
    return Figure(
        f"{INVITES} invites written",
        took,
        "ms",
        f"joining their lines: {number(joined)} ms",
        took / joined,
        target=MOST_MS_INVITES,
    )


def _meeting(now: datetime, number: int) -> Meeting:
    begins = now + timedelta(days=3, minutes=40 * number)
    return Meeting(
        uid=f"{uuid.uuid4()}@kenes",
        sequence=0,
        starts_at=begins,
        ends_at=begins + timedelta(minutes=40),
        summary="Кеңес: №12 мектептің консультациялық орталығы",
        description="Видеобайланыс арқылы кездесу. Камера мен дыбысты алдын ала тексеріңіз.\n\nКүтеміз!",
        page_url=f"https://kenes.example/f/{uuid.uuid4().hex}",
        location="",
        stamp=now,
        organizer=Party("centre@kenes.example", "№12 мектептің консультациялық орталығы"),
        attendee=Party(f"family{number}@home.example", "Айгүл Серікқызы Құрманғалиева"),
        video=True,
        conference_label="Кіру",
        alarm_text="15 минуттан кейін кездесу басталады",
    )


def _feed(client: FlaskClient, address: str) -> Iterator[Figure]:
    got = client.get(address)
    content = got.get_data()
    if content.count(b"BEGIN:VEVENT") != SESSIONS:
        raise RuntimeError(f"the feed answered {got.status_code}, not with {SESSIONS} sessions")
    etag = {"If-None-Match": got.headers["ETag"]}
    if client.get(address, headers=etag).status_code != 304:
        raise RuntimeError("the unchanged feed was sent again")
    least = median_ms(lambda: client.get("/healthz").get_data(), repeats=REPEATS_SMALL)
    lines = content.decode().split("\r\n")
    joined = median_ms(lambda: "\r\n".join(lines).encode(), repeats=REPEATS_SMALL)
    whole = median_ms(lambda: client.get(address).get_data(), repeats=REPEATS)
    yield Figure(
        f"Feed of {SESSIONS} sessions",
        whole,
        "ms",
        f"joining its lines: {number(joined)} ms",
        whole / joined,
        target=MOST_MS_FEED,
    )
    unchanged = median_ms(lambda: client.get(address, headers=etag).get_data(), repeats=REPEATS_SMALL)
    yield Figure(
        "  the same, not changed (304)",
        unchanged,
        "ms",
        f"/healthz: {number(least)} ms",
        unchanged / least,
        target=MOST_MS_UNCHANGED,
    )


def _specialist_with_sessions(now: datetime) -> str:
    """Two thousand sessions of one specialist, half of them over. Returns the token of the feed."""
    centre = make_centre()
    specialist = make_specialist(centre)
    request = make_request(centre, now=now)
    rows: list[dict[str, Any]] = []
    for number_of_session in range(SESSIONS):
        begins = now + timedelta(hours=2 * (number_of_session - SESSIONS // 2))
        rows.append(
            {
                "centre_id": centre.id,
                "help_request_id": request.id,
                "starts_at": begins,
                "ends_at": begins + timedelta(minutes=40),
                "wall_time": begins.astimezone(centre.zone_info).strftime("%Y-%m-%dT%H:%M"),
                "zone": centre.zone,
                "means_agreed": "video",
                "uid": f"{uuid.uuid4()}@kenes",
                "confirmed_at": now,
            }
        )
    ids = db.session.scalars(sa.insert(Consultation).returning(Consultation.id), rows).all()
    db.session.execute(
        sa.insert(ConsultationSpecialist),
        [
            {"consultation_id": session, "specialist_id": specialist.id, "guest_id": uuid.uuid4().hex}
            for session in ids
        ],
    )
    token = personal_links.renew(personal_links.FEED, now, staff_id=specialist.id)
    db.session.commit()
    return token
