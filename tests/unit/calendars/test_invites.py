"""Invitations and cancellations as octets, read back by two parsers that know nothing of each other."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from calendars.invites import Meeting, Party, cancel, request

PAGE = "https://kenes.example/p/4mX9c0v3bT1yQe7Zs5uKpA8wLr2nHd6g"

MEETING = Meeting(
    uid="5d3c1b6e-0d8e-4a3f-9a55-1b8d6e0f7c11@kenes.example",
    sequence=3,
    starts_at=datetime(2026, 9, 1, 9, tzinfo=ZoneInfo("Asia/Almaty")),
    ends_at=datetime(2026, 9, 1, 9, 40, tzinfo=ZoneInfo("Asia/Almaty")),
    summary="Консультация: Школа № 5, Алматы; орталық",
    description="Сіздің консультацияңыз 1 қыркүйекте басталады.\nКіру үшін жеке бетіңізді ашыңыз, өтінеміз.",
    page_url=PAGE,
    location="каб. 12",
    stamp=datetime(2026, 8, 20, 6, 30, tzinfo=UTC),
    organizer=Party("kenes+5@kenes.example", 'КГУ "Школа № 5", Алматы'),
    attendee=Party("aigul@example.kz", "Айгүл Қасымова"),
    video=True,
    conference_label="Бейнекездесу: кіру",
    alarm_text="Консультация 15 минуттан кейін",
)

AT_THE_OFFICE = replace(MEETING, video=False)


def unfolded(octets: bytes) -> list[str]:
    return octets.replace(b"\r\n ", b"").decode().split("\r\n")


def by_icalendar(octets: bytes) -> icalendar.Event:
    return icalendar.Calendar.from_ical(octets).events[0]


def by_vobject(octets: bytes) -> Any:
    return vobject.readOne(octets.decode()).vevent


# The octets


@pytest.mark.parametrize("octets", [request(MEETING), cancel(MEETING)])
def test_every_line_ends_in_crlf_and_nowhere_else(octets: bytes) -> None:
    assert octets.endswith(b"END:VCALENDAR\r\n")
    assert octets.count(b"\r\n") == octets.count(b"\n") == octets.count(b"\r")


def test_kazakh_letters_are_never_cut_and_lines_never_too_long() -> None:
    lines = request(replace(MEETING, description="әғқңөұүһі " * 60)).split(b"\r\n")
    assert max(map(len, lines)) in (74, 75)
    assert all(line.decode() is not None for line in lines)


def test_a_line_of_just_75_octets_is_not_folded() -> None:
    octets = request(replace(MEETING, summary="s" * (75 - len("SUMMARY:"))))
    assert b"\r\nSUMMARY:" + b"s" * 67 + b"\r\n" in octets


@given(st.text(st.sampled_from("әқ,;\\nN x😀\n"), max_size=300))
def test_any_text_survives_folding_and_escaping(text: str) -> None:
    octets = request(replace(MEETING, description=f"{PAGE}!{text}!"))
    assert all(len(line) <= 75 and line.decode() is not None for line in octets.split(b"\r\n"))
    # icalendar cannot write a backslash before a capital N: it comes out before a small one.
    assert str(by_icalendar(octets)["DESCRIPTION"]) == f"{PAGE}!{text}!".replace("\\N", "\\n")


@given(st.text(st.sampled_from("ab\\,"), min_size=100, max_size=200))
def test_an_escape_is_never_cut_in_two(text: str) -> None:
    octets = request(replace(MEETING, summary=text))
    for line in octets.split(b"\r\n"):
        assert (len(line) - len(line.rstrip(b"\\"))) % 2 == 0


def test_the_same_meeting_is_the_same_file() -> None:
    assert request(MEETING) == request(replace(MEETING))


# The file and its event


def test_the_file_says_method_product_and_version_and_has_no_uid_of_its_own() -> None:
    lines = unfolded(request(MEETING))
    head = lines[: lines.index("BEGIN:VEVENT")]
    assert head == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Kenes//Kenes//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:REQUEST",
    ]


def test_there_is_one_event_and_no_zone() -> None:
    octets = request(MEETING)
    assert octets.count(b"BEGIN:VEVENT") == 1
    assert b"VTIMEZONE" not in octets
    assert b"TZID" not in octets


def test_times_are_in_utc() -> None:
    lines = unfolded(request(MEETING))
    assert {"DTSTART:20260901T040000Z", "DTEND:20260901T044000Z", "DTSTAMP:20260820T063000Z"} <= set(lines)


def test_uid_and_sequence_are_those_of_the_row() -> None:
    assert {f"UID:{MEETING.uid}", "SEQUENCE:3"} <= set(unfolded(request(MEETING)))


def test_an_invitation_is_confirmed_private_and_blocks_the_time() -> None:
    assert {"STATUS:CONFIRMED", "CLASS:PRIVATE", "TRANSP:OPAQUE"} <= set(unfolded(request(MEETING)))


def test_a_public_webinar_is_public() -> None:
    assert "CLASS:PUBLIC" in unfolded(request(replace(MEETING, private=False)))


def test_commas_semicolons_and_line_ends_are_escaped() -> None:
    lines = unfolded(request(MEETING))
    assert "SUMMARY:Консультация: Школа № 5\\, Алматы\\; орталық" in lines
    assert any("басталады.\\nКіру" in line for line in lines)


def test_both_parsers_read_the_same_event() -> None:
    octets = request(MEETING)
    one, other = by_icalendar(octets), by_vobject(octets)
    assert one["SUMMARY"] == other.summary.value == MEETING.summary
    assert one["DESCRIPTION"] == other.description.value == f"{MEETING.description}\n\n{PAGE}"
    assert one.start == other.dtstart.value == MEETING.starts_at
    assert one.end == other.dtend.value == MEETING.ends_at
    assert one["UID"] == other.uid.value == MEETING.uid


# Who


def test_the_only_attendee_is_the_person_invited() -> None:
    attendees = [line for line in unfolded(request(MEETING)) if line.startswith("ATTENDEE")]
    assert attendees == [
        'ATTENDEE;CN="Айгүл Қасымова";CUTYPE=INDIVIDUAL;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=TRUE'
        ":mailto:aigul@example.kz"
    ]


def test_both_parsers_find_the_same_attendee() -> None:
    octets = request(MEETING)
    other = by_vobject(octets).contents["attendee"]
    assert by_icalendar(octets)["ATTENDEE"].params["CN"] == "Айгүл Қасымова"
    assert [attendee.params["CN"] for attendee in other] == [["Айгүл Қасымова"]]
    assert [attendee.value for attendee in other] == ["mailto:aigul@example.kz"]


def test_a_quotation_mark_in_a_name_is_softened_and_a_comma_kept() -> None:
    octets = request(MEETING)
    assert by_icalendar(octets)["ORGANIZER"].params["CN"] == "КГУ 'Школа № 5', Алматы"
    assert by_vobject(octets).organizer.params["CN"] == ["КГУ 'Школа № 5', Алматы"]


@pytest.mark.parametrize("address", ["", "a b@example.kz", "a@example.kz\r\nATTENDEE:mailto:b@example.kz"])
def test_an_address_that_would_break_the_line_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        request(replace(MEETING, attendee=Party(address, "Айгүл")))


# Where


def test_a_video_meeting_leads_to_the_page_of_the_person_from_everywhere() -> None:
    event = by_icalendar(request(MEETING))
    assert str(event["DESCRIPTION"]).endswith(PAGE)
    assert event["LOCATION"] == event["URL"] == event["CONFERENCE"] == PAGE


def test_the_conference_says_video_without_quotation_marks() -> None:
    line = f'CONFERENCE;FEATURE=VIDEO;LABEL="Бейнекездесу: кіру";VALUE=URI:{PAGE}'
    assert line in unfolded(request(MEETING))


def test_a_link_that_the_description_names_already_is_not_repeated() -> None:
    octets = request(replace(MEETING, description=f"Кіру: {PAGE} (тек сізге)"))
    assert str(by_icalendar(octets)["DESCRIPTION"]) == f"Кіру: {PAGE} (тек сізге)"


def test_a_meeting_at_the_office_has_its_room_and_no_conference() -> None:
    event = by_icalendar(request(AT_THE_OFFICE))
    assert event["LOCATION"] == "каб. 12"
    assert "CONFERENCE" not in event
    assert event["URL"] == PAGE


def test_a_meeting_without_a_place_names_none() -> None:
    assert "LOCATION" not in by_icalendar(request(replace(AT_THE_OFFICE, location="")))


@pytest.mark.parametrize("page_url", ["", "https://kenes.example/p/a\r\nX-EVIL:1"])
def test_a_page_address_that_would_break_the_line_is_refused(page_url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        request(replace(MEETING, page_url=page_url))


# Text from outside


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n", "\x0b", "\x85", "\u2028"])
def test_no_line_end_in_a_text_makes_a_property(line_end: str) -> None:
    evil = f"Школа{line_end}ATTENDEE:mailto:evil@example.com"
    octets = request(
        replace(
            MEETING,
            summary=evil,
            description=evil,
            conference_label=evil,
            alarm_text=evil,
            organizer=Party("kenes@kenes.example", evil),
            attendee=Party("aigul@example.kz", evil),
        )
    )
    assert sum(line.startswith("ATTENDEE") for line in unfolded(octets)) == 1
    assert len(octets.decode().splitlines()) == octets.count(b"\r\n")
    assert str(by_icalendar(octets)["SUMMARY"]) == "Школа ATTENDEE:mailto:evil@example.com"
    assert [each.value for each in by_vobject(octets).contents["attendee"]] == ["mailto:aigul@example.kz"]


def test_control_characters_and_half_letters_fall_out() -> None:
    octets = request(replace(MEETING, summary="Шко\x00ла\x1b № \ud83d5"))
    assert str(by_icalendar(octets)["SUMMARY"]) == "Школа № 5"


# The alarm


def test_an_invitation_has_one_displayed_alarm() -> None:
    alarms = by_icalendar(request(MEETING)).walk("VALARM")
    assert [(alarm["ACTION"], alarm["DESCRIPTION"]) for alarm in alarms] == [
        ("DISPLAY", "Консультация 15 минуттан кейін")
    ]
    assert "TRIGGER:-PT15M" in unfolded(request(MEETING))


def test_an_invitation_without_alarm_text_has_no_alarm() -> None:
    assert b"VALARM" not in request(replace(MEETING, alarm_text=None))


# Cancellation


def test_a_cancellation_says_so_twice() -> None:
    assert {"METHOD:CANCEL", "STATUS:CANCELLED"} <= set(unfolded(cancel(MEETING)))


def test_a_cancellation_has_no_alarm() -> None:
    assert b"VALARM" not in cancel(MEETING)


def test_a_cancellation_keeps_event_times_and_attendee() -> None:
    invited, cancelled = by_vobject(request(MEETING)), by_vobject(cancel(replace(MEETING, sequence=4)))
    assert cancelled.uid.value == invited.uid.value
    assert cancelled.dtstart.value == invited.dtstart.value
    assert cancelled.dtend.value == invited.dtend.value
    assert [each.value for each in cancelled.contents["attendee"]] == ["mailto:aigul@example.kz"]
    assert cancelled.sequence.value == "4"


# Times


def test_a_stamp_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        request(replace(MEETING, stamp=datetime(2026, 8, 20)))  # noqa: DTZ001


def test_an_end_that_is_not_after_the_start_is_refused() -> None:
    with pytest.raises(ValueError, match="not after"):
        request(replace(MEETING, ends_at=MEETING.starts_at))
