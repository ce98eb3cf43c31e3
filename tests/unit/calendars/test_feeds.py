"""Feeds as octets, read back by two parsers that know nothing of each other."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
import vobject

from calendars.feeds import FeedItem, publish
from calendars.invites import Party

CENTRE = Party("kenes+5@kenes.example", "Школа № 5")

ITEM = FeedItem(
    uid="5d3c1b6e@kenes.example",
    sequence=2,
    starts_at=datetime(2026, 9, 1, 4, tzinfo=UTC),
    ends_at=datetime(2026, 9, 1, 4, 40, tzinfo=UTC),
    summary="Вебинар: ұйқы, тамақ",
    description="Ашық кездесу",
    page_url="https://kenes.example/g/17",
    location="каб. 12",
    cancelled=False,
    private=False,
    stamp=datetime(2026, 8, 20, 6, 30, tzinfo=UTC),
)
LATER = replace(
    ITEM,
    uid="77aa@kenes.example",
    starts_at=ITEM.starts_at + timedelta(days=1),
    ends_at=ITEM.ends_at + timedelta(days=1),
)


def unfolded(octets: bytes) -> list[str]:
    return octets.replace(b"\r\n ", b"").decode().split("\r\n")


def test_a_feed_names_itself_and_asks_to_be_read_every_hour() -> None:
    lines = unfolded(publish("Школа № 5, кесте", [ITEM], CENTRE))
    assert set(lines[: lines.index("BEGIN:VEVENT")]) == {
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Kenes//Kenes//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "NAME:Школа № 5\\, кесте",
        "X-WR-CALNAME:Школа № 5\\, кесте",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    }


def test_a_feed_has_an_organizer_and_never_an_attendee() -> None:
    lines = unfolded(publish("Кесте", [ITEM], CENTRE))
    assert any(line.startswith("ORGANIZER") and line.endswith(CENTRE.address) for line in lines)
    assert not any(line.startswith("ATTENDEE") for line in lines)


def test_both_parsers_read_the_items_in_order_of_time() -> None:
    octets = publish("Кесте", [LATER, ITEM], CENTRE)
    one = icalendar.Calendar.from_ical(octets).events
    other = vobject.readOne(octets.decode()).vevent_list
    assert [event["UID"] for event in one] == [event.uid.value for event in other] == [ITEM.uid, LATER.uid]
    assert [event.start for event in one] == [ITEM.starts_at, LATER.starts_at]
    assert [event.dtstart.value for event in other] == [ITEM.starts_at, LATER.starts_at]
    assert other[0].summary.value == ITEM.summary


def test_the_same_items_in_another_order_are_the_same_octets() -> None:
    assert publish("Кесте", [ITEM, LATER], CENTRE) == publish("Кесте", iter([LATER, ITEM]), CENTRE)


def test_a_changed_item_changes_the_octets() -> None:
    assert publish("Кесте", [ITEM], CENTRE) != publish("Кесте", [replace(ITEM, sequence=3)], CENTRE)


def test_a_cancelled_item_stays_as_cancelled() -> None:
    lines = unfolded(publish("Кесте", [replace(ITEM, cancelled=True)], CENTRE))
    assert "STATUS:CANCELLED" in lines
    assert f"UID:{ITEM.uid}" in lines


@pytest.mark.parametrize(("private", "line"), [(True, "CLASS:PRIVATE"), (False, "CLASS:PUBLIC")])
def test_an_item_says_whether_it_is_private(private: bool, line: str) -> None:
    assert line in unfolded(publish("Кесте", [replace(ITEM, private=private)], CENTRE))


def test_an_item_has_its_place_and_its_page_and_no_alarm() -> None:
    lines = unfolded(publish("Кесте", [ITEM], CENTRE))
    assert {"LOCATION:каб. 12", f"URL:{ITEM.page_url}"} <= set(lines)
    assert "BEGIN:VALARM" not in lines


def test_an_empty_feed_is_still_a_calendar() -> None:
    octets = publish("Кесте", [], CENTRE)
    assert octets.startswith(b"BEGIN:VCALENDAR\r\n")
    assert octets.endswith(b"END:VCALENDAR\r\n")


def test_lines_are_short_and_end_in_crlf() -> None:
    octets = publish("Кесте", [replace(ITEM, description="әғқңөұүһі " * 60)], CENTRE)
    assert octets.count(b"\n") == octets.count(b"\r\n")
    assert all(len(line) <= 75 and line.decode() is not None for line in octets.split(b"\r\n"))
