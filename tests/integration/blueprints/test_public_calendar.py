"""Public events as calendar files, read back by two parsers that know nothing of each other."""

from datetime import timedelta
from typing import Any

import icalendar
import pytest
import vobject
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories import (
    NOW,
    THURSDAY_NINE,
    make_centre,
    make_event,
    make_event_type,
    make_specialist,
    register,
    texts,
)
from webapp.models import Centre, GroupEvent, Staff, db
from webapp.services.consultations.moving import Move
from webapp.services.events import event_changes, group_events

DAY = timedelta(days=1)
FEED = "/c/school/events.ics"
KAZAKH = "Үш жасар баланың сөйлеуіне көмектесеміз: әғқңөұүһі, әңгіме; ойын"


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre(slug="school")


@pytest.fixture
def host(centre: Centre) -> Staff:
    return make_specialist(centre)


def get(client: FlaskClient, path: str, **headers: str) -> TestResponse:
    db.session.commit()
    return client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def file_of(event: GroupEvent) -> str:
    return f"/c/school/events/{event.id}.ics"


def read(content: bytes) -> tuple[list[Any], list[Any]]:
    """The events as icalendar and as vobject see them."""
    return (
        icalendar.Calendar.from_ical(content).events,
        vobject.readOne(content.decode()).contents.get("vevent", []),
    )


def test_both_parsers_read_title_time_and_page(client: FlaskClient, centre: Centre, host: Staff) -> None:
    event = make_event(centre, host, titles=texts("Сон", KAZAKH))
    uid = group_events.meetings(event)[0].uid
    one, other = read(get(client, f"{file_of(event)}?lang=kk").data)
    page = f"http://kenes.example/c/school/events/{event.id}"
    assert (one[0]["SUMMARY"], other[0].summary.value) == (KAZAKH, KAZAKH)
    assert (one[0]["UID"], other[0].uid.value) == (uid, uid)
    assert (one[0].start, other[0].dtstart.value) == (THURSDAY_NINE, THURSDAY_NINE)
    assert (one[0]["URL"], other[0].location.value) == (page, page)
    assert host.name in other[0].description.value


def test_the_file_publishes_for_the_centre_and_invites_nobody(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host)
    register(event, shown_name="Мария", email="maria@home.example")
    answer = get(client, file_of(event))
    calendar = icalendar.Calendar.from_ical(answer.data)
    (entry,) = calendar.events
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert calendar["METHOD"] == "PUBLISH"
    assert entry["ORGANIZER"] == f"mailto:centre+{centre.slug}@kenes.example"
    assert entry["ORGANIZER"].params["CN"] == centre.names["ru"]
    assert entry["CLASS"] == "PUBLIC"
    assert "ATTENDEE" not in entry and not entry.alarms.times
    assert "maria" not in answer.text and "Мария" not in answer.text


@pytest.mark.parametrize("language", ["ru", "kk", "en"])
def test_lines_end_in_crlf_are_short_and_cut_no_letter(
    client: FlaskClient, centre: Centre, host: Staff, language: str
) -> None:
    event = make_event(centre, host, titles=texts(KAZAKH), announcements=texts("- әғқңөұүһі\n" * 40))
    content = get(client, f"{file_of(event)}?lang={language}").data
    assert content.count(b"\n") == content.count(b"\r\n")
    assert all(len(line) <= 75 and line.decode() is not None for line in content.split(b"\r\n"))


def test_a_course_has_an_entry_for_each_date(client: FlaskClient, centre: Centre, host: Staff) -> None:
    course = make_event(centre, host, starts=[THURSDAY_NINE + number * 7 * DAY for number in range(3)])
    meetings = group_events.meetings(course)
    event_changes.call_off(meetings[1], NOW, staff_id=host.id)
    one, other = read(get(client, file_of(course)).data)
    assert [entry["UID"] for entry in one] == [meeting.uid for meeting in meetings]
    assert [entry["STATUS"] for entry in one] == ["CONFIRMED", "CANCELLED", "CONFIRMED"]
    assert [entry.status.value for entry in other] == ["CONFIRMED", "CANCELLED", "CONFIRMED"]
    assert [entry["SEQUENCE"] for entry in one] == [0, 1, 0]


def test_a_moved_event_keeps_its_uid_with_a_higher_sequence(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    event = make_event(centre, host)
    before, _ = read(get(client, FEED).data)
    date = Move(group_events.meetings(event)[0], THURSDAY_NINE + DAY)
    event_changes.move(centre, event, [date], NOW, staff_id=host.id)
    after, _ = read(get(client, FEED).data)
    assert after[0]["UID"] == before[0]["UID"]
    assert after[0]["SEQUENCE"] > before[0]["SEQUENCE"]
    assert after[0].start == THURSDAY_NINE + DAY


# --- The centre's feed ---


def test_the_feed_is_named_after_the_centre_and_read_every_hour(client: FlaskClient, centre: Centre) -> None:
    calendar = icalendar.Calendar.from_ical(get(client, FEED).data)
    assert calendar["NAME"] == calendar["X-WR-CALNAME"] == centre.names["ru"]
    assert calendar["REFRESH-INTERVAL"].params["VALUE"] == "DURATION"
    assert calendar["REFRESH-INTERVAL"].dt == timedelta(hours=1)
    assert calendar["METHOD"] == "PUBLISH"


def test_the_feed_speaks_the_language_of_its_address_else_the_centres(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    make_event(centre, host, titles=texts("Сон", "Ұйқы", "Sleep"))
    assert "SUMMARY:Ұйқы" in get(client, f"{FEED}?lang=kk").text
    assert "SUMMARY:Сон" in get(client, FEED, Accept_Language="en").text


def test_whoever_has_the_newest_feed_gets_no_file(client: FlaskClient, centre: Centre, host: Staff) -> None:
    make_event(centre, host)
    etag = get(client, FEED).headers["ETag"]
    answer = get(client, FEED, If_None_Match=etag)
    assert (answer.status_code, answer.data) == (304, b"")


def test_a_registration_leaves_the_feed_as_it_is(client: FlaskClient, centre: Centre, host: Staff) -> None:
    event = make_event(centre, host)
    etag = get(client, FEED).headers["ETag"]
    register(event)
    assert get(client, FEED).headers["ETag"] == etag


def move(centre: Centre, event: GroupEvent, host: Staff) -> None:
    meeting = group_events.meetings(event)[0]
    event_changes.move(centre, event, [Move(meeting, THURSDAY_NINE + DAY)], NOW, staff_id=host.id)


def cancel(centre: Centre, event: GroupEvent, host: Staff) -> None:
    event_changes.cancel(event, NOW, staff_id=host.id)


def rename(centre: Centre, event: GroupEvent, host: Staff) -> None:
    event.titles = texts("Другое")


def rename_the_host(centre: Centre, event: GroupEvent, host: Staff) -> None:
    host.name = "Анна Ильина"


def add_another(centre: Centre, event: GroupEvent, host: Staff) -> None:
    make_event(centre, host, at=THURSDAY_NINE + DAY)


@pytest.mark.parametrize("change", [move, cancel, rename, rename_the_host, add_another])
def test_a_change_makes_a_new_feed(client: FlaskClient, centre: Centre, host: Staff, change: Any) -> None:
    event = make_event(centre, host)
    etag = get(client, FEED).headers["ETag"]
    change(centre, event, host)
    assert get(client, FEED, If_None_Match=etag).status_code == 200


def test_what_is_off_stays_for_thirty_days(
    client: FlaskClient, centre: Centre, host: Staff, clock: Any
) -> None:
    event = make_event(centre, host, at=THURSDAY_NINE + 60 * DAY)
    event_changes.cancel(event, NOW, staff_id=host.id)
    assert [entry["STATUS"] for entry in read(get(client, FEED).data)[0]] == ["CANCELLED"]
    clock.move_to(NOW + 29 * DAY)
    assert len(read(get(client, FEED).data)[0]) == 1
    clock.move_to(NOW + 31 * DAY)
    assert read(get(client, FEED).data)[0] == []


def test_the_feed_holds_what_anybody_may_come_to_and_nothing_else(
    client: FlaskClient, centre: Centre, host: Staff
) -> None:
    make_event(centre, host, titles=texts("Сон"))
    make_event(centre, host, at=THURSDAY_NINE + DAY, announced=False)
    draft = make_event(centre, host, at=THURSDAY_NINE + 2 * DAY, announced=False)
    event_changes.cancel(draft, NOW, staff_id=host.id)
    make_event(centre, host, at=THURSDAY_NINE + 3 * DAY, kind=make_event_type(centre, open_to="office"))
    other = make_centre()
    make_event(other, make_specialist(other))
    assert [entry["SUMMARY"] for entry in read(get(client, FEED).data)[0]] == ["Сон"]


def test_an_empty_feed_is_still_a_calendar(client: FlaskClient, centre: Centre) -> None:
    content = get(client, FEED).data
    assert content.startswith(b"BEGIN:VCALENDAR\r\n") and content.endswith(b"END:VCALENDAR\r\n")
    assert read(content) == ([], [])
