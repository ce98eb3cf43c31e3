"""Group meetings of the town: one with an open door and more people than seats, one later, one over."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from tests.browser.town import LONG_NAME, LONG_WORDS, Town
from tests.factories import NOW, make_event, make_specialist, minutes_before, register, texts
from webapp.models import (
    Centre,
    ConnectionProblem,
    GroupEvent,
    Occupancy,
    Participation,
    Presence,
    Registration,
    Staff,
    db,
)
from webapp.services.events import group_attendance, group_events
from webapp.services.pages import personal_links

HOST = "host@centre.example"
BEFORE = NOW - timedelta(days=1)


def open_groups(town: Town) -> None:
    """Adds paths to ``town.families`` ("seat …") and ids to ``town.numbers`` ("event …", "meeting …")."""
    with town.kenes.app.app_context():
        centre = db.session.scalars(sa.select(Centre).where(Centre.slug == "town")).one()
        host = make_specialist(centre, email=HOST, name=LONG_NAME)
        events = {
            "door open": _event(
                centre, host, NOW + timedelta(minutes=8), broadcast_url="https://video.example/1"
            ),
            "later": _event(centre, host, NOW + timedelta(days=2)),
            "over": _event(centre, host, minutes_before(NOW, 90)),
        }
        for name, event in events.items():
            town.numbers[f"event {name}"] = event.id
            town.numbers[f"meeting {name}"] = group_events.meetings(event)[0].id
            for number in range(4):
                seat = register(event, now=BEFORE, language="kk", shown_name=LONG_NAME if number % 2 else "")
                _keep(town, f"seat {number} {name}", seat)
        _keep(town, "seat waiting door open", register(events["door open"], now=BEFORE, language="kk"))
        town.kenes.app.config["SETTINGS"].jitsi_max_participants = 3
        _come(events["door open"], NOW, host.id)
        _come(events["over"], minutes_before(NOW, 88), host.id)
        db.session.commit()


def _event(centre: Centre, host: Staff, at: datetime, **plan: str) -> GroupEvent:
    return make_event(centre, host, at=at, now=BEFORE, capacity=4, titles=texts(LONG_WORDS), **plan)


def _keep(town: Town, name: str, registration: Registration) -> None:
    token = personal_links.token_of(personal_links.SEAT, registration_id=registration.id)
    town.families[name] = f"/f/{token}"


def _come(event: GroupEvent, at: datetime, host_id: int) -> None:
    """The first is seen by the server, the second by the page, the third by the host; two are in trouble."""
    meeting = group_events.meetings(event)[0]
    seats = db.session.scalars(
        sa.select(Participation).where(Participation.consultation_id == meeting.id).order_by(Participation.id)
    ).all()
    db.session.add_all(
        [
            Occupancy(
                consultation_id=meeting.id,
                room_jid="room",
                occupant_jid="device",
                guest_id=seats[0].guest_id,
                joined_at=at,
            ),
            Presence(participation_id=seats[1].id, joined_at=at, last_seen_at=at + timedelta(minutes=20)),
            *(
                ConnectionProblem(consultation_id=meeting.id, kind="cannot_connect", reported_at=at)
                for _number in range(2)
            ),
        ]
    )
    db.session.flush()
    group_attendance.correct(meeting, {seats[2].id: True}, NOW, staff_id=host_id)
