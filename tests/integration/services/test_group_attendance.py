"""Who came to a meeting of a group: events, the page's own word, the host's correction, what remains."""

from datetime import datetime, timedelta
from itertools import count

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import NOW, THURSDAY_NINE, make_centre, make_event, make_specialist, register
from webapp.models import (
    AuditRecord,
    Consultation,
    ConsultationSpecialist,
    GroupEvent,
    Occupancy,
    Participation,
    Presence,
    Registration,
    Staff,
    db,
)
from webapp.rules.attendance import Source
from webapp.rules.errors import NotYet
from webapp.services.events import group_attendance, group_events
from webapp.services.events.group_attendance import Attended
from webapp.services.mail import strangers
from webapp.services.rooms import occupancy
from webapp.services.seats import registrations

ENDS = THURSDAY_NINE + timedelta(minutes=40)
AFTER = ENDS + timedelta(minutes=5)
ROOM_JID = "room@muc.meet.school.example"

_devices = count(1)


def at(minute: float) -> datetime:
    return THURSDAY_NINE + timedelta(minutes=minute)


@pytest.fixture
def host(app: Flask) -> Staff:
    return make_specialist(make_centre())


@pytest.fixture
def event(host: Staff) -> GroupEvent:
    return make_event(host.centre, host)


@pytest.fixture
def meeting(event: GroupEvent) -> Consultation:
    return group_events.meetings(event)[0]


@pytest.fixture
def anna(event: GroupEvent) -> Registration:
    return register(event, shown_name="Анна", email="anna@home.example")


def seat(registration: Registration) -> Participation:
    return db.session.scalars(
        sa.select(Participation).where(Participation.registration_id == registration.id)
    ).one()


def stay(meeting: Consultation, guest_id: str, joined: float, left: float | None, device: str = "") -> None:
    db.session.add(
        Occupancy(
            consultation_id=meeting.id,
            room_jid=ROOM_JID,
            occupant_jid=device or f"device-{next(_devices)}",
            guest_id=guest_id,
            joined_at=at(joined),
            left_at=None if left is None else at(left),
        )
    )
    db.session.flush()


def seen_by_page(registration: Registration, joined: float, last: float) -> None:
    db.session.add(
        Presence(participation_id=seat(registration).id, joined_at=at(joined), last_seen_at=at(last))
    )
    db.session.flush()


def only(meeting: Consultation, now: datetime = AFTER) -> Attended:
    (person,) = group_attendance.of_meeting(meeting, now).people
    return person


def test_several_devices_of_one_person_are_one_person(meeting: Consultation, anna: Registration) -> None:
    stay(meeting, seat(anna).guest_id, 0, 20)
    stay(meeting, seat(anna).guest_id, 10, 30)
    person = only(meeting)
    assert person.seen is not None
    assert (person.seen.first_joined, person.seen.last_left, person.seen.minutes) == (at(0), at(30), 30)
    assert (person.came, person.seen_by) == (True, Source.VIDEO_SERVER)


def test_events_that_come_twice_and_in_the_wrong_order_do_no_harm(
    meeting: Consultation, anna: Registration
) -> None:
    def occupant(left: float | None) -> dict[str, object]:
        told = {"id": seat(anna).guest_id, "occupant_jid": "a@x/1", "joined_at": at(2).timestamp()}
        return told if left is None else {**told, "left_at": at(left).timestamp()}

    def tell(name: str, left: float | None) -> None:
        room = {"room_name": meeting.room, "room_jid": ROOM_JID, "is_breakout": False}
        occupancy.note_event({"event_name": name, **room, "occupant": occupant(left)})

    for name, left in (
        ("muc-occupant-left", 12),
        ("muc-occupant-joined", None),
        ("muc-occupant-left", 12),
        ("muc-occupant-joined", None),
    ):
        tell(name, left)
    person = only(meeting)
    assert person.seen is not None and person.seen.minutes == 10


def test_a_stay_without_an_end_counts_to_the_end_of_the_meeting(
    meeting: Consultation, anna: Registration
) -> None:
    stay(meeting, seat(anna).guest_id, 30, None)
    person = only(meeting, ENDS + timedelta(days=2))
    assert person.seen is not None and person.seen.minutes == 11  # the room closes within a minute


def test_under_a_minute_is_no_attendance(meeting: Consultation, anna: Registration) -> None:
    stay(meeting, seat(anna).guest_id, 0, 0.9)
    assert not only(meeting).came


def test_hosts_and_strangers_are_no_participants(
    meeting: Consultation, anna: Registration, host: Staff
) -> None:
    guest_id = db.session.scalars(sa.select(ConsultationSpecialist.guest_id)).one()
    stay(meeting, guest_id, 0, 40)
    stay(meeting, "", 0, 40)
    assert (only(meeting).came, only(meeting).seen) == (False, None)


def test_where_the_server_tells_nothing_the_page_serves_and_is_marked_as_weaker(
    meeting: Consultation, anna: Registration
) -> None:
    seen_by_page(anna, 1, 30)
    person = only(meeting)
    assert (person.came, person.seen_by) == (True, Source.PAGE)
    assert group_attendance.of_meeting(meeting, AFTER).weak


def test_the_word_of_the_video_server_is_the_stronger_one(meeting: Consultation, anna: Registration) -> None:
    seen_by_page(anna, 0, 40)
    stay(meeting, seat(anna).guest_id, 5, 10)
    person = only(meeting)
    assert person.seen is not None and person.seen.minutes == 5
    assert not group_attendance.of_meeting(meeting, AFTER).weak


def test_whoever_gave_the_seat_back_is_not_expected(meeting: Consultation, anna: Registration) -> None:
    registrations.give_back(anna, NOW)
    assert group_attendance.of_meeting(meeting, AFTER).people == []


def test_of_somebody_who_withdrew_the_consent_no_name_is_shown(
    meeting: Consultation, anna: Registration
) -> None:
    stay(meeting, seat(anna).guest_id, 0, 40)
    group_attendance.settle(meeting, AFTER)
    strangers.forget_registration(anna, AFTER)
    assert (only(meeting).name, only(meeting).came) == ("", True)


def test_the_host_corrects_and_both_facts_stay(
    meeting: Consultation, anna: Registration, host: Staff
) -> None:
    stay(meeting, seat(anna).guest_id, 0, 40)
    assert group_attendance.correct(meeting, {seat(anna).id: False}, AFTER, staff_id=host.id) == 1
    person = only(meeting)
    assert (person.came, person.verdict.by, person.seen_by) == (False, Source.HOST, Source.VIDEO_SERVER)
    assert (person.corrected_by, person.corrected_at) == (host.name, AFTER)
    assert person.seen is not None and person.seen.minutes == 40
    record = db.session.scalars(
        sa.select(AuditRecord).where(AuditRecord.action == "attendance.correct")
    ).one()
    assert record.details == {"participations": {str(seat(anna).id): False}}


def test_a_correction_can_be_taken_back(meeting: Consultation, anna: Registration, host: Staff) -> None:
    stay(meeting, seat(anna).guest_id, 0, 40)
    for told in (False, None):
        group_attendance.correct(meeting, {seat(anna).id: told}, AFTER, staff_id=host.id)
    assert (only(meeting).came, only(meeting).by_host) == (True, None)


def test_what_says_the_same_corrects_nothing(meeting: Consultation, anna: Registration, host: Staff) -> None:
    assert group_attendance.correct(meeting, {seat(anna).id: None}, AFTER, staff_id=host.id) == 0
    assert seat(anna).corrected_at is None


def test_before_the_door_nobody_can_have_come(meeting: Consultation, anna: Registration, host: Staff) -> None:
    with pytest.raises(NotYet):
        group_attendance.correct(meeting, {seat(anna).id: True}, NOW, staff_id=host.id)


def test_a_participation_of_another_meeting_is_not_touched(
    meeting: Consultation, anna: Registration, host: Staff
) -> None:
    other = register(make_event(host.centre, host, at=THURSDAY_NINE + timedelta(hours=2)))
    assert group_attendance.correct(meeting, {seat(other).id: True}, AFTER, staff_id=host.id) == 0
    assert seat(other).attended_by_host is None


def test_closing_settles_each_seat_from_the_host_the_server_or_the_page(
    event: GroupEvent, meeting: Consultation, host: Staff
) -> None:
    people = {
        name: register(event, email=f"{name}@home.example")
        for name in ("by-server", "by-page", "by-host", "not-seen", "sent-away", "given-back")
    }
    stay(meeting, seat(people["by-server"]).guest_id, 0, 40)
    stay(meeting, seat(people["sent-away"]).guest_id, 0, 40)
    seen_by_page(people["by-page"], 0, 40)
    told = {seat(people["by-host"]).id: True, seat(people["sent-away"]).id: False}
    group_attendance.correct(meeting, told, AFTER, staff_id=host.id)
    registrations.give_back(people["given-back"], NOW)
    assert group_attendance.settle(meeting, AFTER) == 3
    db.session.commit()
    assert {name: seat(person).state for name, person in people.items()} == {
        "by-server": "attended",
        "by-page": "attended",
        "by-host": "attended",
        "not-seen": "absent",
        "sent-away": "absent",
        "given-back": "withdrawn",
    }


def test_a_correction_after_closing_changes_what_was_settled(
    meeting: Consultation, anna: Registration, host: Staff
) -> None:
    assert group_attendance.settle(meeting, AFTER) == 0
    group_attendance.correct(meeting, {seat(anna).id: True}, AFTER, staff_id=host.id)
    db.session.expire_all()
    assert seat(anna).state == "attended"


def test_the_list_costs_three_queries_however_many_come(event: GroupEvent, meeting: Consultation) -> None:
    for _number in range(30):
        registration = register(event)
        stay(meeting, seat(registration).guest_id, 0, 40)
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert group_attendance.of_meeting(meeting, AFTER).present == 30
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    assert len(asked) == 3
