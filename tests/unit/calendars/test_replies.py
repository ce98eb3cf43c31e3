from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calendars.replies import LARGEST_OCTETS, Answer, Fault, Method, NotAReply, Reply, read
from tests.calendar_replies import STYLES, written

NINE_IN_YEKATERINBURG = datetime(2026, 11, 27, 4, tzinfo=UTC)


def refused(octets: bytes) -> Fault:
    with pytest.raises(NotAReply) as refusal:
        read(octets)
    return refusal.value.fault


def changed(before: str, after: str, **values: str | int) -> bytes:
    file = written(**values)
    assert before.encode() in file
    return file.replace(before.encode(), after.encode())


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("partstat", ["ACCEPTED", "TENTATIVE", "DECLINED"])
def test_an_answer_is_read_from_the_file_of_every_program(style: str, partstat: str) -> None:
    reply = read(written(style, partstat=partstat, attendee="Family@Home.example", sequence=2))
    assert reply.method is Method.REPLY
    assert reply.uid == "uid-1@kenes.example"
    assert reply.attendee == "family@home.example"
    assert reply.answer is Answer(partstat.lower())
    assert reply.sequence == 2
    assert reply.stamp == datetime(2026, 11, 24, 6, 15, tzinfo=UTC)
    assert reply.starts_at is None


def test_a_proposed_time_is_read_in_the_zone_that_windows_names() -> None:
    file = written("outlook", method="COUNTER", partstat="TENTATIVE", start="20261127T090000")
    reply = read(file)
    assert reply.method is Method.COUNTER
    assert reply.starts_at == NINE_IN_YEKATERINBURG


def test_a_zone_that_the_file_describes_anew_keeps_its_own_meaning() -> None:
    """Whoever writes the file may call any offset by any name."""
    file = written("outlook", method="COUNTER", start="20261127T090000")
    reply = read(file.replace(b"TZOFFSETTO:+0500", b"TZOFFSETTO:-1100"))
    assert reply.starts_at == NINE_IN_YEKATERINBURG


@pytest.mark.parametrize(
    "zone", ["Asia/Yekaterinburg", "/freeassociation.sourceforge.net/Asia/Yekaterinburg"]
)
def test_a_zone_by_its_usual_name_is_understood(zone: str) -> None:
    file = written("outlook", method="COUNTER", start="20261127T090000")
    file = file.replace(b"TZID=Ekaterinburg Standard Time", f"TZID={zone}".encode())
    assert read(file).starts_at == NINE_IN_YEKATERINBURG


@pytest.mark.parametrize("zone", ["Customized Time Zone", "../../etc/passwd", "Asia", ""])
def test_a_zone_that_nobody_knows_is_not_guessed(zone: str) -> None:
    file = written("outlook", method="COUNTER").replace(
        b"TZID=Ekaterinburg Standard Time:2", f"TZID={zone}:2".encode()
    )
    assert refused(file) is Fault.UNREADABLE


@pytest.mark.parametrize("when", ["DTSTART;VALUE=DATE:20261127", "DTSTART:20261127T040000"])
def test_a_day_without_hour_or_a_time_without_zone_is_no_proposal(when: str) -> None:
    file = changed("DTSTART:20261126T040000Z", when, method="COUNTER")
    assert refused(file) is Fault.UNREADABLE


def test_the_length_of_a_proposal_may_be_told_instead_of_its_end() -> None:
    reply = read(changed("DTEND:20261126T044000Z", "DURATION:PT30M", method="COUNTER"))
    assert reply.ends_at == datetime(2026, 11, 26, 4, 30, tzinfo=UTC)


def test_a_proposal_needs_no_answer_beside_it() -> None:
    assert read(written(method="COUNTER", partstat="NEEDS-ACTION")).answer is None


def test_words_beside_an_answer_are_kept_on_one_line() -> None:
    reply = read(written("outlook", partstat="DECLINED", comment=r"Заболели\, не придём.\nПростите"))
    assert reply.comment == "Заболели, не придём. Простите"


def test_a_sequence_that_is_left_out_is_the_first() -> None:
    assert read(changed("SEQUENCE:3\r\n", "", sequence=3)).sequence == 0


def test_who_has_no_address_is_named_by_the_parameter() -> None:
    file = written("apple").replace(b":mailto:family@home.example", b":invalid:nomail")
    assert read(file).attendee == "family@home.example"


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL", "PUBLISH", "REFRESH", ""])
def test_what_comes_from_outside_and_is_no_answer_is_refused(method: str) -> None:
    assert refused(written(method=method)) is Fault.WRONG_METHOD


def test_two_methods_are_none() -> None:
    file = changed("METHOD:REPLY", "METHOD:REPLY\r\nMETHOD:REQUEST")
    assert refused(file) is Fault.WRONG_METHOD


def test_several_events_are_refused() -> None:
    event = written().partition(b"BEGIN:VEVENT")[2].partition(b"END:VCALENDAR")[0]
    file = written().replace(b"END:VCALENDAR", b"BEGIN:VEVENT" + event + b"END:VCALENDAR")
    assert refused(file) is Fault.NOT_ONE_EVENT


def test_a_file_without_event_is_refused() -> None:
    assert refused(b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR\r\n") is Fault.NOT_ONE_EVENT


@pytest.mark.parametrize("count", [0, 2])
def test_only_one_person_may_answer_at_a_time(count: int) -> None:
    attendee = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b.example\r\n"
    lines = written().split(b"ATTENDEE")
    file = lines[0] + attendee.encode() * count + b"CREATED" + lines[1].partition(b"CREATED")[2]
    assert refused(file) is Fault.NOT_ONE_ATTENDEE


@pytest.mark.parametrize("partstat", ["NEEDS-ACTION", "DELEGATED", "X-WHATEVER", ""])
def test_neither_yes_nor_no_is_no_answer(partstat: str) -> None:
    assert refused(written(partstat=partstat)) is Fault.NO_ANSWER


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("UID:uid-1@kenes.example\r\n", ""),
        ("UID:uid-1@kenes.example", "UID:uid\x00-1"),
        ("UID:uid-1@kenes.example", "UID:one\r\nUID:two"),
        ("DTSTAMP:20261124T061500Z\r\n", ""),
        ("DTSTAMP:20261124T061500Z", "DTSTAMP:20261124T061500"),
        ("DTSTAMP:20261124T061500Z", "DTSTAMP:00010101T000000Z"),
        ("DTSTAMP:20261124T061500Z", "DTSTAMP:20269999T061500Z"),
        ("SEQUENCE:0", "SEQUENCE:-1"),
        ("SEQUENCE:0", "SEQUENCE:99999999999999999999"),
        ("SEQUENCE:0", "SEQUENCE:²"),
        ("END:VEVENT", "END:VCALENDAR"),
        ("END:VCALENDAR\r\n", ""),
        (":mailto:family@home.example", ":mailto:"),
        (":mailto:family@home.example", ":https://evil.example"),
    ],
)
def test_what_lacks_or_breaks_a_part_is_unreadable(before: str, after: str) -> None:
    assert refused(changed(before, after)) is Fault.UNREADABLE


def test_a_large_file_is_not_even_looked_at() -> None:
    assert refused(written() + b" " * LARGEST_OCTETS) is Fault.TOO_LARGE


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\xff\xfe\x00\x00",
        b"BEGIN:VEVENT\r\n" * 10_000,
        b"ATTENDEE" + b";X=1" * 60_000 + b":mailto:a@b",
        b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nATTENDEE" + b';"' * 100_000,
        b"\n " * 100_000,
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID" + b"; = " * 60_000 + b":x",
    ],
)
def test_bombs_are_refused(octets: bytes) -> None:
    with pytest.raises(NotAReply):
        read(octets)


LINES = st.lists(
    st.one_of(
        st.sampled_from(written().decode().split("\r\n")),
        st.sampled_from(["BEGIN:VEVENT", "END:VEVENT", "BEGIN:VALARM", "END:VALARM", "METHOD:COUNTER", ""]),
        st.text(max_size=60),
        st.from_regex(r"(DTSTART|DTEND|DTSTAMP|DURATION|ATTENDEE|SEQUENCE)(;[A-Z]+=.{0,8})?:.{0,20}"),
    ),
    max_size=30,
)


@settings(max_examples=300)
@given(LINES)
def test_lines_in_any_order_give_a_reply_or_the_named_error(lines: list[str]) -> None:
    _reads("\r\n".join(lines).encode("utf-8", "surrogatepass"))


@settings(max_examples=300)
@given(st.sampled_from(list(STYLES)), st.integers(0, 1200), st.binary(max_size=12))
def test_a_file_with_any_piece_overwritten_gives_a_reply_or_the_named_error(
    style: str, at: int, piece: bytes
) -> None:
    file = written(style, method="COUNTER")
    _reads(file[:at] + piece + file[at + len(piece) :])


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_any_octets_give_a_reply_or_the_named_error(octets: bytes) -> None:
    _reads(octets)


def _reads(octets: bytes) -> None:
    try:
        reply = read(octets)
    except NotAReply:
        return
    assert isinstance(reply, Reply)
    assert reply.stamp.tzinfo is UTC
    assert (reply.starts_at is not None) == (reply.method is Method.COUNTER)
