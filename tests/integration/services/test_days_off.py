"""The official calendar as its administrator reads it."""

import re
from datetime import date

import pytest
from flask import Flask
from flask_babel import force_locale

from tests.factories import make_centre
from webapp import wording
from webapp.services.times import days_off

YEARS = range(2024, 2031)
WITHOUT_NAME = {"", "Day off"}
LETTERS = {
    "en": re.compile(r"[A-Za-z' -]+"),
    "ru": re.compile(r"[А-Яа-яё -]+"),
    "kk": re.compile(r"(?=.*[әғқңөұүһі])[А-Яа-яёәғқңөұүһіҚ -]+|Наурыз мейрамы"),
}


@pytest.mark.parametrize("language", LETTERS)
@pytest.mark.parametrize("country", ["RU", "KZ"])
def test_every_holiday_is_named_in_the_language_of_the_page(app: Flask, country: str, language: str) -> None:
    centre = make_centre(country=country)
    official = [day for year in YEARS for day in days_off.official_days(centre, year)]
    with force_locale(language):
        names = {day.holiday: wording.holiday(day.holiday) for day in official}
    wrong = {holiday: name for holiday, name in names.items() if not LETTERS[language].fullmatch(name)}
    assert set(wrong) <= WITHOUT_NAME
    assert len(names) > 7


def test_two_holidays_on_one_day_are_both_named(app: Flask) -> None:
    with force_locale("en"):
        assert wording.holiday("Victory Day; Eid al-Adha") == "Victory Day, Eid al-Adha"


def test_a_transferred_day_off_has_no_name_of_its_own(app: Flask) -> None:
    (moved,) = [day for day in days_off.official_days(make_centre(), 2026) if day.day == date(2026, 1, 9)]
    with force_locale("ru"):
        assert wording.holiday(moved.holiday) == ""
