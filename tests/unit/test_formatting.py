from datetime import UTC, date, datetime

import pytest

from webapp import formatting

AUTUMN = datetime(2026, 9, 14, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "zone", "expected"),
    [
        ("ru", "Europe/Moscow", "понедельник, 14 сентября, 15:00 (Москва, UTC+3)"),
        ("kk", "Asia/Almaty", "14 қыркүйек, дүйсенбі, 17:00 (Алматы, UTC+5)"),
        ("en", "Europe/Moscow", "Monday 14 September, 15:00 (Moscow, UTC+3)"),
    ],
)
def test_a_date_is_said_as_people_say_it(language: str, zone: str, expected: str) -> None:
    assert formatting.when(AUTUMN, zone, language) == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("ru", "пн 14 сентября, 15:00 (UTC+3)"),
        ("kk", "14 қыркүйек, дс, 15:00 (UTC+3)"),
        ("en", "Mon 14 Sept, 15:00 (UTC+3)"),
    ],
)
def test_a_subject_has_a_short_date(language: str, expected: str) -> None:
    assert formatting.when_short(AUTUMN, "Europe/Moscow", language) == expected


def test_the_year_stands_there_only_when_it_is_another_one() -> None:
    assert formatting.day(date(2027, 1, 11), "ru", 2026) == "понедельник, 11 января 2027 года"
    assert formatting.day(date(2026, 11, 26), "ru", 2026) == "четверг, 26 ноября"


def test_the_offset_is_that_of_the_instant() -> None:
    assert formatting.offset(datetime(2024, 2, 29, tzinfo=UTC), "Asia/Almaty") == "UTC+6"
    assert formatting.offset(datetime(2024, 3, 1, tzinfo=UTC), "Asia/Almaty") == "UTC+5"


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("Asia/Kolkata", "UTC+5:30"), ("Europe/London", "UTC+1"), ("America/New_York", "UTC\u22124")],
)
def test_offsets_are_written_out(zone: str, expected: str) -> None:
    assert formatting.offset(AUTUMN, zone) == expected


def test_a_phone_number_does_not_break_at_the_end_of_a_line() -> None:
    assert formatting.phone("+73430001212") == "+7\u00a0343\u00a0000-12-12"


def test_what_is_no_phone_number_comes_back_as_it_is() -> None:
    assert formatting.phone("12") == "12"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [({"ru": "да", "kk": "иә"}, "иә"), ({"ru": "да", "kk": ""}, "да"), ({}, ""), (None, "")],
)
def test_a_missing_language_falls_back(texts: dict[str, str] | None, expected: str) -> None:
    assert formatting.in_language(texts, "kk") == expected


def test_initials_are_of_the_first_and_the_last_word() -> None:
    assert formatting.initials("Ольга Сергеевна Вяземская") == "ОВ"
    assert formatting.initials("") == ""


@pytest.mark.parametrize(
    ("octets", "language", "said"),
    [(12, "en", "1 KB"), (240_000, "ru", "240 КБ"), (1_440_000, "ru", "1,4 МБ"), (2_000_000, "kk", "2 МБ")],
)
def test_the_size_of_a_file_is_said_as_people_say_it(octets: int, language: str, said: str) -> None:
    assert formatting.size(octets, language).replace("\u00a0", " ") == said


def test_a_zone_is_known_or_not() -> None:
    assert formatting.known_zone("Asia/Almaty") == "Asia/Almaty"
    for name in ("", "America", "../Moscow", "/etc/passwd", "Mars/Base", "Asia/Almaty\0"):
        assert formatting.known_zone(name) is None


def test_a_month_stands_in_the_nominative() -> None:
    day = date(2026, 12, 3)
    assert [formatting.month(day, language) for language in formatting.LANGUAGES] == [
        "декабрь 2026",
        "2026 ж. желтоқсан",
        "December 2026",
    ]
