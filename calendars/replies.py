"""Answers of calendar programs to our invitations: the octets of a file become a Reply (RFC 5546, 3.2.3, 3.2.7).

Whoever sends such a file is a stranger: it is read line by line, nothing of it is kept between two files, and
there are two outcomes only, a :class:`Reply` or a :class:`NotAReply`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from icalendar.parser import Contentline, Contentlines, Parameters
from icalendar.prop import vDuration
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

LARGEST_OCTETS = 256 * 1024
LONGEST_COMMENT = 500
LARGEST_SEQUENCE = 2**31 - 1

_PROPERTIES = frozenset(
    {"METHOD", "UID", "ATTENDEE", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "DURATION", "COMMENT"}
)
_NAME = re.compile(r"[A-Za-z0-9-]+")
_MOMENT = re.compile(r"\d{8}T\d{6}Z?")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Method(StrEnum):
    REPLY = "REPLY"
    COUNTER = "COUNTER"


class Answer(StrEnum):
    """What a participant answers; every other PARTSTAT is none."""

    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


class Fault(StrEnum):
    """Why a file is no answer."""

    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    WRONG_METHOD = "wrong_method"  # an invitation or a cancellation from outside
    NOT_ONE_EVENT = "not_one_event"
    NOT_ONE_ATTENDEE = "not_one_attendee"
    NO_ANSWER = "no_answer"  # neither yes, perhaps nor no


class NotAReply(ValueError):
    """The file is no answer to an invitation that could be taken; ``fault`` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One person's answer to one event.

    `attendee` is an address in lower case; `sequence` names the form of the invitation that is answered and
    `stamp` when the answer was given. `answer` is None only where another time is proposed without one;
    `starts_at` and `ends_at` are the proposed time: of a COUNTER only, aware, in UTC, the end may be missing.
    """

    method: Method
    uid: str
    attendee: str
    answer: Answer | None
    sequence: int
    stamp: datetime
    starts_at: datetime | None
    ends_at: datetime | None
    comment: str


def read(octets: bytes) -> Reply:
    """The answer that the file holds. Raises :class:`NotAReply` for every other content."""
    if len(octets) > LARGEST_OCTETS:
        raise NotAReply(Fault.TOO_LARGE)
    try:
        return _reply(_file(octets))
    except NotAReply:
        raise
    except Exception as error:  # a stranger's octets may break a parser in any way
        raise NotAReply(Fault.UNREADABLE) from error


class _Property(NamedTuple):
    parameters: Parameters
    value: str


@dataclass
class _File:
    """The properties of the calendar and of its events, by name."""

    methods: list[str] = field(default_factory=list)
    events: list[dict[str, list[_Property]]] = field(default_factory=list)


def _file(octets: bytes) -> _File:
    found, inside = _File(), list[str]()
    for line in Contentlines.from_ical(octets.decode("utf-8-sig", "replace")):  # type: ignore[no-untyped-call]
        name = _name_of(line)
        if name == "BEGIN":
            inside.append(_component(line))
            if inside[-1] == "VEVENT":
                found.events.append({})
        elif name == "END":
            if not inside or inside.pop() != _component(line):
                raise NotAReply(Fault.UNREADABLE)
        elif name == "METHOD" and inside == ["VCALENDAR"]:
            found.methods.append(line.parts()[2].strip().upper())
        elif name in _PROPERTIES and inside == ["VCALENDAR", "VEVENT"]:
            _, parameters, value = line.parts()
            found.events[-1].setdefault(name, []).append(_Property(parameters, value))
    if inside:
        raise NotAReply(Fault.UNREADABLE)
    return found


def _name_of(line: Contentline) -> str:
    name = _NAME.match(line)
    return name.group().upper() if name else ""


def _component(line: Contentline) -> str:
    return line.partition(":")[2].strip().upper()


def _reply(found: _File) -> Reply:
    if found.methods not in ([Method.REPLY], [Method.COUNTER]):
        raise NotAReply(Fault.WRONG_METHOD)
    if len(found.events) != 1:
        raise NotAReply(Fault.NOT_ONE_EVENT)
    (event,) = found.events
    if len(event.get("ATTENDEE", [])) != 1:
        raise NotAReply(Fault.NOT_ONE_ATTENDEE)
    method, attendee = Method(found.methods[0]), event["ATTENDEE"][0]
    proposes = method is Method.COUNTER
    return Reply(
        method=method,
        uid=_uid(event),
        attendee=_address(attendee),
        answer=_answer(attendee, needed=not proposes),
        sequence=_sequence(event),
        stamp=_moment(_one(event, "DTSTAMP")),
        starts_at=_moment(_one(event, "DTSTART")) if proposes else None,
        ends_at=_end(event) if proposes else None,
        comment=_comment(event),
    )


def _one(event: dict[str, list[_Property]], name: str) -> _Property:
    """The only property of that name."""
    (only,) = event.get(name, [])
    return only


def _uid(event: dict[str, list[_Property]]) -> str:
    uid = _one(event, "UID").value.strip()
    if not uid or _CONTROL.search(uid):
        raise NotAReply(Fault.UNREADABLE)
    return uid


def _address(attendee: _Property) -> str:
    scheme, _, address = attendee.value.strip().partition(":")
    if scheme.lower() != "mailto":  # Exchange names some people by other things than their address
        address = str(attendee.parameters.get("EMAIL", ""))
    address = unquote(address).strip().lower()
    if "@" not in address or _CONTROL.search(address):
        raise NotAReply(Fault.UNREADABLE)
    return address


def _answer(attendee: _Property, *, needed: bool) -> Answer | None:
    stated = str(attendee.parameters.get("PARTSTAT", "")).lower()
    if stated in set(Answer):
        return Answer(stated)
    if needed:
        raise NotAReply(Fault.NO_ANSWER)
    return None


def _sequence(event: dict[str, list[_Property]]) -> int:
    """Some programs leave it out where it is 0 (RFC 5546, 3.2.3)."""
    if "SEQUENCE" not in event:
        return 0
    value = _one(event, "SEQUENCE").value.strip()
    if not (value.isascii() and value.isdecimal() and len(value) <= 10 and int(value) <= LARGEST_SEQUENCE):
        raise NotAReply(Fault.UNREADABLE)
    return int(value)


def _end(event: dict[str, list[_Property]]) -> datetime | None:
    if "DTEND" in event:
        return _moment(_one(event, "DTEND"))
    if "DURATION" not in event:
        return None
    length: timedelta = vDuration.from_ical(_one(event, "DURATION").value)  # type: ignore[no-untyped-call]
    return _moment(_one(event, "DTSTART")) + length


def _comment(event: dict[str, list[_Property]]) -> str:
    words = " ".join(one.value for one in event.get("COMMENT", []))
    return " ".join(_CONTROL.sub(" ", words).split())[:LONGEST_COMMENT]


def _moment(stated: _Property) -> datetime:
    """An instant of this century. A day without an hour and a time without a zone are none."""
    value = stated.value.strip()
    if not _MOMENT.fullmatch(value):
        raise NotAReply(Fault.UNREADABLE)
    local = datetime.strptime(value[:15], "%Y%m%dT%H%M%S")  # noqa: DTZ007 - the zone follows
    moment = local.replace(tzinfo=UTC if value.endswith("Z") else _zone(stated)).astimezone(UTC)
    if not 2000 <= moment.year < 2100:
        raise NotAReply(Fault.UNREADABLE)
    return moment


def _zone(stated: _Property) -> ZoneInfo:
    """The zone by its name: IANA's, that of Windows, or IANA's behind the name of a maker.

    What the file itself says of a zone counts nothing: it may call anything by any name.
    """
    for name in _zone_names(str(stated.parameters.get("TZID", ""))):
        try:
            return ZoneInfo(WINDOWS_TO_OLSON.get(name, name))
        except (KeyError, ValueError, OSError):
            continue
    raise NotAReply(Fault.UNREADABLE)


def _zone_names(stated: str) -> Iterator[str]:
    yield stated
    parts = stated.strip("/").split("/")
    if stated.startswith("/"):  # RFC 5545, 3.2.19: /citadel.org/20261001_1/Europe/Moscow
        yield "/".join(parts[-2:])
