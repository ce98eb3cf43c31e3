"""Invitations and cancellations as calendar files: one person, one file, one event (RFC 5545, 5546, 7986)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from icalendar import Alarm, Calendar, Conference, Event
from icalendar.prop import vCalAddress, vDatetime, vDuration, vInt, vText, vUri

from calendars.intervals import interval

PRODUCT = "-//Kenes//Kenes//EN"

ALARM_BEFORE = timedelta(minutes=15)

MOST_OCTETS = 75  # RFC 5545, 3.1

CONFIRMED, CANCELLED = vText("CONFIRMED"), vText("CANCELLED")
PRIVATE, PUBLIC = vText("PRIVATE"), vText("PUBLIC")
OPAQUE = vText("OPAQUE")

# What no calendar can show, and half a surrogate pair, which has no octets at all.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Some parsers end a line at every one of these.
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_NOT_IN_ADDRESS = re.compile("[\\s\x00-\x20\x7f-\x9f\ud800-\udfff]")


class Party(NamedTuple):
    """Somebody with a mailbox: `address` as in the mail's header, `name` as people know them."""

    address: str
    name: str


@dataclass(frozen=True, kw_only=True)
class CalendarEntry:
    """What every entry in a calendar says. `stamp` is the time of writing; all times are aware.

    `page_url` is the page that the reader opens to join or to read on, never the address of the video room.
    """

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    summary: str
    description: str
    page_url: str
    location: str
    stamp: datetime
    private: bool = True


@dataclass(frozen=True, kw_only=True)
class Meeting(CalendarEntry):
    """One consultation as one person's calendar is told of it.

    `location` is the room or the telephone of a meeting that is not on video; on video, the person's page is
    the place, and `conference_label` names the link to it.
    """

    organizer: Party
    attendee: Party
    video: bool
    conference_label: str
    alarm_text: str | None


def request(meeting: Meeting) -> bytes:
    """The file that invites to `meeting` or tells of its change (RFC 5546, 3.2.2), ready to be sent.

    Raises ValueError for times without a zone, an end that is not after the start, and for an address with
    white space or control characters.
    """
    event = _meeting_event(meeting, CONFIRMED)
    if meeting.alarm_text is not None:
        alarm = Alarm()
        alarm["ACTION"] = vText("DISPLAY")
        alarm["DESCRIPTION"] = vText(one_line(meeting.alarm_text))
        alarm["TRIGGER"] = vDuration(-ALARM_BEFORE)
        event.add_component(alarm)
    return _file("REQUEST", event)


def cancel(meeting: Meeting) -> bytes:
    """The file that takes `meeting` out of that person's calendar (RFC 5546, 3.2.5): no alarm any more.

    Its `sequence` must be higher than in the last file. Raises ValueError as `request` does.
    """
    return _file("CANCEL", _meeting_event(meeting, CANCELLED))


def event_of(entry: CalendarEntry, place: str, status: vText) -> Event:
    """The event that says what `entry` says, at `place` (may be empty), without organizer and attendee.

    Raises ValueError as `request` does.
    """
    during = interval(entry.starts_at, entry.ends_at)
    if entry.stamp.tzinfo is None:
        raise ValueError(f"a time without a zone: {entry.stamp}")
    page_url = vUri(checked_address(entry.page_url))
    event = Event()
    event["UID"] = vText(one_line(entry.uid))
    event["SEQUENCE"] = vInt(entry.sequence)
    event["DTSTAMP"] = vDatetime(entry.stamp.astimezone(UTC))
    event["DTSTART"] = vDatetime(during.start)
    event["DTEND"] = vDatetime(during.end)
    event["SUMMARY"] = vText(one_line(entry.summary))
    event["DESCRIPTION"] = vText(_with_link(entry.description, page_url))
    event["URL"] = page_url
    event["STATUS"] = status
    event["CLASS"] = PRIVATE if entry.private else PUBLIC
    event["TRANSP"] = OPAQUE
    if place:
        event["LOCATION"] = vText(one_line(place))
    return event


def mailbox(party: Party, **parameters: str) -> vCalAddress:
    """The calendar address of `party` with its name and further `parameters`.

    Raises ValueError for an address with white space or control characters.
    """
    address = vCalAddress(f"mailto:{checked_address(party.address)}")
    address.params.update(parameters, CN=_parameter(party.name))
    return address


def octets(calendar: Calendar) -> bytes:
    """The file as it is sent: lines of at most 75 octets, each ended by CRLF (RFC 5545, 3.1)."""
    # icalendar folds letter by letter, which took half of the time that a file needs.
    return b"".join(_folded(line.encode()) + b"\r\n" for line in calendar.content_lines() if line)


def checked_address(address: str) -> str:
    """`address` itself. Raises ValueError when it is empty or has white space or control characters."""
    if not address or _NOT_IN_ADDRESS.search(address):
        raise ValueError(f"not an address for a calendar file: {address!r}")
    return address


def one_line(text: str) -> str:
    """`text` with every run of white space as one blank, without control characters."""
    return " ".join(_paragraphs(text).split())


def _paragraphs(text: str) -> str:
    text = _UNPRINTABLE.sub("", _LINE_END.sub("\n", text))
    # icalendar takes a backslash before an N for a line break of its own.
    return text.replace("\\N", "\\n")


def _folded(line: bytes) -> bytes:
    pieces: list[bytes] = []
    start, room = 0, MOST_OCTETS
    while len(line) - start > room:
        end = start + room
        while line[end] & 0b1100_0000 == 0b1000_0000:  # inside a letter of several octets
            end -= 1
        backslashes = end - start - len(line[start:end].rstrip(b"\\"))
        if backslashes % 2:  # the last begins an escape, and some clients read line by line
            end -= 1
        pieces.append(line[start:end])
        start, room = end, MOST_OCTETS - 1
    return b"\r\n ".join([*pieces, line[start:]])


def _parameter(text: str) -> str:
    # The form that RFC 6868 gives a quotation mark, ^', is shown as just that by clients that do not know it.
    return one_line(text).replace('"', "'")


def _with_link(description: str, page_url: str) -> str:
    text = _paragraphs(description)
    return text if page_url in text else f"{text}\n\n{page_url}".lstrip()


def _meeting_event(meeting: Meeting, status: vText) -> Event:
    event = event_of(meeting, meeting.page_url if meeting.video else meeting.location, status)
    event["ORGANIZER"] = mailbox(meeting.organizer)
    event["ATTENDEE"] = mailbox(
        meeting.attendee,
        CUTYPE="INDIVIDUAL",
        ROLE="REQ-PARTICIPANT",
        PARTSTAT="NEEDS-ACTION",
        # Apple shows no buttons without it.
        RSVP="TRUE",
    )
    if meeting.video:
        # FEATURE as one string: icalendar would put a list in quotation marks.
        conference = Conference(meeting.page_url, feature="VIDEO", label=_parameter(meeting.conference_label))
        event["CONFERENCE"] = conference.to_uri()
    return event


def _file(method: str, event: Event) -> bytes:
    # Not Calendar.new(): it gives the file itself a random UID.
    calendar = Calendar()
    calendar["PRODID"] = vText(PRODUCT)
    calendar["VERSION"] = vText("2.0")
    calendar["CALSCALE"] = vText("GREGORIAN")
    calendar["METHOD"] = vText(method)
    calendar.add_component(event)
    return octets(calendar)
