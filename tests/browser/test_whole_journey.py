"""From the question to the journal: a parent on a phone in Kazakh, the staff at a desk in Russian."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
from playwright.sync_api import Page, expect

from tests.browser.installation import Installation, minutes
from tests.browser.pages import (
    CentrePage,
    Day,
    Door,
    FamilyPage,
    Requests,
    SignIn,
)
from tests.browser.people import DEPUTY, SPECIALIST, open_kindergarten
from tests.factories import THURSDAY_NINE
from webapp import formatting
from webapp.rules.letters import LetterKind

FAMILY = "aigul@home.example"
PARENT = "Айгүл Сейітқазиева-Бекмағамбетова"
LAST_DAY = date(2026, 11, 27)  # asked on Tuesday the 24th
ENDS_AT = THURSDAY_NINE + minutes(40)


def test_a_parent_on_a_phone_gets_from_the_question_to_the_recommendation_in_kazakh(
    kenes: Installation, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    place = open_kindergarten(kenes)
    phone = new_page(360, 740, "kk-KZ", "Asia/Almaty", has_touch=True, is_mobile=True)
    desk = new_page(1280, 800, "ru-KZ", "Asia/Almaty")
    office = new_page(1280, 800, "ru-KZ", "Asia/Almaty")

    # The parent asks.
    ask = CentrePage.visit(phone, kenes.url + place.path).ask()
    assert phone.locator("html").get_attribute("lang") == "kk"
    assert ask.zone == "Asia/Almaty"
    ask.choose("topic", place.topic_id).choose("specialist", place.specialist_id)
    ask.choose_time(THURSDAY_NINE.isoformat())
    ask.write(words="Қызым мектепке барғысы келмейді", parent_name=PARENT, email=FAMILY).tick("consent")
    own = ask.send()
    expect(own.received).to_contain_text("2026-1")
    expect(own.received).to_contain_text(formatting.day(LAST_DAY, "kk"))
    assert own.address.startswith(f"{kenes.url}/f/")
    assert kenes.letter(FAMILY, LetterKind.RECEIVED).page_link.startswith(f"{kenes.url}/f/")

    # The deputy confirms with one click.
    SignIn.visit(desk, kenes.url).sign_in(DEPUTY)
    Requests.visit(desk, kenes.url).open_first().confirm_held()
    confirmed = kenes.letter(FAMILY, LetterKind.CONFIRMED)
    assert confirmed.calendar["METHOD"] == "REQUEST"
    assert confirmed.event["DTSTART"].dt == THURSDAY_NINE
    assert kenes.letter(SPECIALIST, LetterKind.BOOKED).event["DTSTART"].dt == THURSDAY_NINE

    # The link of the letter opens the page; camera and sound can be tested at once.
    own = FamilyPage.visit(phone, confirmed.page_link).confirm_address()
    expect(own.plate).to_contain_text("09:00")
    test = own.test_devices().start()
    for item in ("camera", "microphone", "program"):
        expect(test.verdict(item)).to_have_attribute("data-look", "works")
    test.play().back()

    # Thirty minutes before: the specialist checks the equipment.
    kenes.move_to(THURSDAY_NINE - minutes(30))
    told = kenes.letter(SPECIALIST, LetterKind.CHECK_DUE)
    SignIn.visit(office, kenes.url).sign_in(SPECIALIST)
    office.goto(told.link(r"/staff/\S*"))
    check = Day.visit(office, kenes.url).start_check()
    for item in ("camera", "microphone", "link", "program"):
        expect(check.verdict(item)).to_have_attribute("data-look", "works")
    check.tick("sound").tick("workplace").save()

    # The door is open: both enter, the specialist as moderator.
    kenes.move_to(THURSDAY_NINE - minutes(9))
    room = FamilyPage.visit(phone, confirmed.page_link).join().enter_with_video()
    room.must_be_in().must_use("audio and video")
    chair = Day.visit(office, kenes.url).enter_room().must_be_in().must_see(PARENT)
    (occupants,) = [open_room.present.values() for open_room in kenes.video.rooms.values()]
    assert sorted(bool(someone.user["moderator"]) for someone in occupants) == [False, True]

    # "I can't connect" stands on the specialist's page without reloading it.
    expect(chair.problem).to_have_count(0)
    door = room.cannot_connect()
    expect(chair.problem).to_have_count(1, timeout=20_000)
    door.enter_with_video().must_be_in()

    # The specialist ends for all: our own words, and no way back in.
    kenes.move_to(THURSDAY_NINE + minutes(30))
    writing = chair.end_for_all()
    phone.wait_for_url("**/join")
    door = Door(phone)
    expect(door.countdown).to_have_count(0)
    expect(door.ways_in).to_have_count(0)

    # Written up: the family gets a letter, reads the recommendation, sees the next date.
    writing.write(topic="Мектепке бейімделу", recommendation="Күн сайын он минут бірге оқыңыз.")
    writing.choose_next(1).finish()
    letter = kenes.letter(FAMILY, LetterKind.RECOMMENDATION)
    assert "он минут" not in letter.text
    own = FamilyPage.visit(phone, letter.page_link)
    expect(own.main).to_contain_text("Күн сайын он минут бірге оқыңыз.")
    expect(own.form("/accept")).to_have_count(1)

    # The journal has its line, on the screen and as a file.
    SignIn.visit(desk, kenes.url).sign_in(DEPUTY)  # two days have passed
    journal = Requests.visit(desk, kenes.url).journal()
    expect(journal.lines).to_have_count(1)
    expect(journal.lines).to_contain_text("Мектепке бейімделу")
    sheet = openpyxl.load_workbook(journal.download_xlsx(tmp_path)).active
    assert sheet is not None
    (_head, line) = sheet.iter_rows(values_only=True)
    assert PARENT in line
