"""Dates, phones and durations as people read them. Every function takes the locale; nothing reads the clock.

Patterns, by language: ``четверг, 26 ноября, 16:00 (Екатеринбург, UTC+5)`` ·
``26 қараша, бейсенбі, 16:00 (Алматы, UTC+5)`` · ``Thursday 26 November, 16:00 (Moscow, UTC+3)``.
The year stands there only when it is not the year of the reader.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from babel import Locale
from babel.dates import format_date, get_timezone_location
from babel.numbers import format_decimal

LANGUAGES = ("ru", "kk", "en")
NO_BREAK_SPACE = "\u00a0"
MINUS = "\u2212"

_LONG_DAY = {"ru": "EEEE, d MMMM", "kk": "d MMMM, EEEE", "en": "EEEE d MMMM"}
_LONG_DAY_YEAR = {"ru": "EEEE, d MMMM y 'года'", "kk": "y 'ж'. d MMMM, EEEE", "en": "EEEE d MMMM y"}
_SHORT_DAY = {"ru": "EEEEEE d MMMM", "kk": "d MMMM, EEEEEE", "en": "EEE d MMM"}
_FILE_SIZES = {"ru": ("КБ", "МБ"), "kk": ("КБ", "МБ"), "en": ("KB", "MB")}
_MONTH = {"ru": "LLLL y", "kk": "y 'ж'. MMMM", "en": "LLLL y"}
_DAY_MONTH = {"ru": "d MMMM", "kk": "d MMMM", "en": "d MMMM"}


@lru_cache(maxsize=4096)
def day(value: date, language: str, this_year: int | None = None) -> str:
    """``четверг, 26 ноября``; with the year when ``this_year`` is given and differs."""
    other_year = this_year is not None and value.year != this_year
    patterns = _LONG_DAY_YEAR if other_year else _LONG_DAY
    return format_date(value, patterns[language], language)


def local_day(instant: datetime, zone: str, language: str, this_year: int | None = None) -> str:
    """``четверг, 26 ноября``: the day that it is then in ``zone``."""
    return day(instant.astimezone(ZoneInfo(zone)).date(), language, this_year)


@lru_cache(maxsize=4096)
def short_day(value: date, language: str) -> str:
    """``чт 26 ноября`` · ``26 қараша, бс`` · ``Thu 26 Nov``: for subjects."""
    if language == "en":
        text = format_date(value, _SHORT_DAY["en"], "en")
        return text.replace(" Sep", " Sept")
    return format_date(value, _SHORT_DAY[language], language)


@lru_cache(maxsize=4096)
def day_month(value: date, language: str) -> str:
    """``26 ноября``"""
    return format_date(value, _DAY_MONTH[language], language)


@lru_cache(maxsize=4096)
def month(value: date, language: str) -> str:
    """``ноябрь 2026``"""
    return format_date(value, _MONTH[language], language)


def read_day(text: str | None) -> date:
    """``2026-11-26``. Raises ``ValueError`` for anything else, a day outside this century included."""
    value = date.fromisoformat((text or "").strip())
    if not 2000 <= value.year < 2100:
        raise ValueError(text)
    return value


def read_moment(text: str) -> datetime:
    """An instant with its offset, ``2026-11-26T09:00+05:00``, in UTC.

    Raises ``ValueError`` for anything else, a time without offset or outside this century included.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or not 2000 <= moment.year < 2100:
        raise ValueError(text)
    return moment.astimezone(UTC)


def hour(instant: datetime, zone: str) -> str:
    """``09:20``: a 24-hour clock."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def offset(instant: datetime, zone: str) -> str:
    """``UTC+5``, ``UTC+5:30``, ``UTC`` — at that instant, since zones change."""
    minutes = int((instant.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()).total_seconds() // 60)
    if minutes == 0:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes > 0 else MINUS
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


@lru_cache(maxsize=1024)
def city(zone: str, language: str) -> str:
    """``Екатеринбург``: the city of an IANA zone; its last part where the language has no name for it."""
    return get_timezone_location(zone, Locale.parse(language), return_city=True) or zone.rsplit("/", 1)[-1]


def place(instant: datetime, zone: str, language: str) -> str:
    """``Екатеринбург, UTC+5``"""
    return f"{city(zone, language)}, {offset(instant, zone)}"


def when(instant: datetime, zone: str, language: str, this_year: int | None = None) -> str:
    """``четверг, 26 ноября, 16:00 (Екатеринбург, UTC+5)``"""
    return f"{when_without_place(instant, zone, language, this_year)} ({place(instant, zone, language)})"


def when_without_place(instant: datetime, zone: str, language: str, this_year: int | None = None) -> str:
    """``четверг, 26 ноября, 16:00``"""
    return f"{local_day(instant, zone, language, this_year)}, {hour(instant, zone)}"


def when_short(instant: datetime, zone: str, language: str) -> str:
    """``чт 26 ноября, 16:00 (UTC+5)``: for subjects."""
    local_day = instant.astimezone(ZoneInfo(zone)).date()
    return f"{short_day(local_day, language)}, {hour(instant, zone)} ({offset(instant, zone)})"


def phone(number: str) -> str:
    """``+7 343 000-12-12``; what is no phone number comes back as it is."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return unbroken(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def unbroken(number: str) -> str:
    """A number that no line end cuts: ``8 800 2000-122`` with no-break spaces."""
    return number.replace(" ", NO_BREAK_SPACE)


def in_language(texts: Mapping[str, str] | None, language: str, fallback: str = "ru") -> str:
    """One text of ``{"ru": …, "kk": …, "en": …}``: the reader's language, else the centre's, else any."""
    if not texts:
        return ""
    return texts.get(language) or texts.get(fallback) or next((text for text in texts.values() if text), "")


def size(octets: int, language: str) -> str:
    """``240 KB``, ``1,4 МБ``: of a file."""
    kilo, mega = _FILE_SIZES[language]
    if octets < 1_000_000:
        return f"{max(1, round(octets / 1000))}{NO_BREAK_SPACE}{kilo}"
    return f"{format_decimal(octets / 1_000_000, '0.#', language)}{NO_BREAK_SPACE}{mega}"


def initials(name: str) -> str:
    """``ОВ`` of "Ольга Сергеевна Вяземская": first letters of the first and the last word."""
    words = name.split()
    if not words:
        return ""
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def known_zone(name: str) -> str | None:
    """The name itself when it is a zone of the IANA data."""
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, ZoneInfoNotFoundError):  # no such file; a folder of them
        return None


FAMILIAR_ZONES = (
    "Europe/Kaliningrad",
    "Europe/Moscow",
    "Europe/Samara",
    "Asia/Yekaterinburg",
    "Asia/Omsk",
    "Asia/Novosibirsk",
    "Asia/Krasnoyarsk",
    "Asia/Irkutsk",
    "Asia/Yakutsk",
    "Asia/Vladivostok",
    "Asia/Magadan",
    "Asia/Kamchatka",
    "Asia/Almaty",
    "Asia/Qyzylorda",
    "Asia/Aqtobe",
    "Asia/Aqtau",
    "Asia/Oral",
    "Europe/Berlin",
    "Europe/Istanbul",
    "Asia/Bishkek",
    "Asia/Tashkent",
    "Asia/Dubai",
    "Asia/Seoul",
)


def zone_choices(instant: datetime, language: str, *also: str) -> list[tuple[str, str]]:
    """Zones for a list: ``[("Asia/Almaty", "Алматы, UTC+5"), …]``, ``also`` first, the rest by offset."""
    rest = [zone for zone in FAMILIAR_ZONES if zone not in also]
    rest.sort(key=lambda zone: (instant.astimezone(ZoneInfo(zone)).utcoffset(), zone))
    return [(zone, place(instant, zone, language)) for zone in dict.fromkeys([*also, *rest])]
