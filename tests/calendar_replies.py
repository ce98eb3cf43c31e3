"""Answers as calendar programs write them: the forms of Gmail, Outlook and Apple, filled in for a test."""

from calendars.invites import MOST_OCTETS

GMAIL = """BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:{method}
BEGIN:VEVENT
DTSTART:20261126T040000Z
DTEND:20261126T044000Z
DTSTAMP:{stamp}
ORGANIZER;CN=centre:mailto:centre+school@kenes.example
UID:{uid}
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={partstat};RSVP=TRUE;CN=
 {attendee};X-NUM-GUESTS=0:mailto:{attendee}
CREATED:20261124T060000Z
LAST-MODIFIED:{stamp}
SEQUENCE:{sequence}
STATUS:CONFIRMED
SUMMARY:Консультация: Школа № 12
TRANSP:OPAQUE
END:VEVENT
END:VCALENDAR
"""

# No ORGANIZER, a zone by its Windows name, the address in capitals.
OUTLOOK = """BEGIN:VCALENDAR
METHOD:{method}
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
BEGIN:VTIMEZONE
TZID:Ekaterinburg Standard Time
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0500
TZOFFSETTO:+0500
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
ATTENDEE;PARTSTAT={partstat};CN=Людмила:MAILTO:{attendee}
COMMENT;LANGUAGE=ru-RU:{comment}
UID:{uid}
SUMMARY;LANGUAGE=ru-RU:Accepted: Консультация
DTSTART;TZID=Ekaterinburg Standard Time:{start}
DTEND;TZID=Ekaterinburg Standard Time:{end}
CLASS:PRIVATE
PRIORITY:5
DTSTAMP:{stamp}
TRANSP:OPAQUE
STATUS:CONFIRMED
SEQUENCE:{sequence}
LOCATION;LANGUAGE=ru-RU:
X-MICROSOFT-CDO-APPT-SEQUENCE:{sequence}
BEGIN:VALARM
ACTION:EMAIL
ATTENDEE:mailto:somebody@else.example
TRIGGER;RELATED=START:-PT15M
END:VALARM
END:VEVENT
END:VCALENDAR
"""

APPLE = """BEGIN:VCALENDAR
CALSCALE:GREGORIAN
PRODID:-//Apple Inc.//macOS 15.1//EN
VERSION:2.0
METHOD:{method}
BEGIN:VEVENT
UID:{uid}
ORGANIZER;CN="Школа № 12: центр";EMAIL=centre+school@kenes.example:mailto:c
 entre+school@kenes.example
ATTENDEE;CN="Людмила";CUTYPE=INDIVIDUAL;EMAIL={attendee};PARTSTAT={partstat}:mailto:{attendee}
DTSTART;TZID=Asia/Yekaterinburg:20261126T090000
DTEND;TZID=Asia/Yekaterinburg:20261126T094000
SEQUENCE:{sequence}
DTSTAMP:{stamp}
END:VEVENT
END:VCALENDAR
"""

STYLES = {"gmail": GMAIL, "outlook": OUTLOOK, "apple": APPLE}


def written(style: str = "gmail", **values: str | int) -> bytes:
    """The file of one answer; by default an acceptance of sequence 0."""
    told: dict[str, str | int] = {
        "method": "REPLY",
        "uid": "uid-1@kenes.example",
        "attendee": "family@home.example",
        "partstat": "ACCEPTED",
        "sequence": 0,
        "stamp": "20261124T061500Z",
        "start": "20261126T090000",
        "end": "20261126T094000",
        "comment": "",
        **values,
    }
    lines = STYLES[style].format(**told).splitlines()
    return b"".join(_folded(line.encode()) + b"\r\n" for line in lines)


def _folded(line: bytes) -> bytes:
    """Every 75 octets, through letters where it falls so, as some programs do."""
    return b"\r\n ".join(line[at : at + MOST_OCTETS - 1] for at in range(0, len(line), MOST_OCTETS - 1))
