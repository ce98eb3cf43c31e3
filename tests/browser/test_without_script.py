"""Asking works in a browser that runs no script."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.installation import Installation
from tests.browser.pages import CentrePage
from tests.browser.people import open_kindergarten
from tests.factories import THURSDAY_NINE

NewPage = Callable[..., Page]


def test_a_parent_asks_for_a_time_without_script(kenes: Installation, new_page: NewPage) -> None:
    place = open_kindergarten(kenes)
    page = new_page(360, 740, "kk-KZ", java_script_enabled=False)
    ask = CentrePage.visit(page, kenes.url + place.path).ask()
    ask.choose("topic", place.topic_id).choose_time(THURSDAY_NINE.isoformat())
    own = ask.write(email="family@home.example").tick("consent").send()
    expect(own.received).to_contain_text("2026-1")


def test_what_was_typed_stays_when_the_consent_is_missing(kenes: Installation, new_page: NewPage) -> None:
    place = open_kindergarten(kenes)
    page = new_page(360, 740, "kk-KZ", java_script_enabled=False)
    ask = CentrePage.visit(page, kenes.url + place.path).ask()
    ask.choose("topic", place.topic_id).write(email="family@home.example", words="Қызым ұйықтамайды")
    ask = ask.send_in_vain()
    expect(page.locator("[name='words']")).to_have_value("Қызым ұйықтамайды")
    expect(page.locator("[name='email']")).to_have_value("family@home.example")
    expect(page.locator(f"input[name='topic'][value='{place.topic_id}']")).to_be_checked()
    expect(page.locator("#consent-error")).to_be_visible()
