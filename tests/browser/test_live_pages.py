"""An open page learns of a change by itself, and never throws away what somebody is typing."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.installation import Installation, minutes
from tests.browser.people import open_school
from tests.factories import THURSDAY_NINE, make_consultation
from webapp import links
from webapp.models import Centre, Consultation, HelpRequest, Staff, db
from webapp.services.consultations import cancelling
from webapp.services.pages import personal_links

NewPage = Callable[..., Page]


class Open:
    """A family's page, opened at ``at``; its browser's timers are the test's to move."""

    def __init__(self, kenes: Installation, page: Page, before: int) -> None:
        self.kenes, self.page, self.at = kenes, page, THURSDAY_NINE - minutes(before)
        place = open_school(kenes)
        with kenes.app.app_context():
            specialist = db.session.get_one(Staff, place.specialist_id)
            centre = db.session.get_one(Centre, specialist.centre_id)
            consultation = make_consultation(centre, specialist)
            token = personal_links.token_of(personal_links.PAGE, help_request_id=consultation.help_request_id)
            assert token is not None
            db.session.commit()
            self.consultation_id, self.specialist_id = consultation.id, specialist.id
        kenes.move_to(self.at)
        page.clock.install()
        page.goto(links_page(kenes, token))

    def call_off(self) -> None:
        with self.kenes.app.app_context():
            consultation = db.session.get_one(Consultation, self.consultation_id)
            request = db.session.get_one(HelpRequest, consultation.help_request_id)
            cancelling.cancel_by_centre(request, consultation, self.at, staff_id=self.specialist_id)
            db.session.commit()


def links_page(kenes: Installation, token: str) -> str:
    with kenes.app.app_context():
        return links.family_page(token)


@pytest.mark.parametrize(("before", "seconds"), [(20, 5), (120, 60)])
def test_a_page_shows_a_cancellation_without_a_reload(
    kenes: Installation, new_page: NewPage, before: int, seconds: int
) -> None:
    shown = Open(kenes, new_page(), before)
    shown.call_off()
    shown.page.clock.fast_forward(seconds * 1000)
    expect(shown.page.locator(".plate")).to_have_count(0)
    expect(shown.page.locator("#time form")).to_be_visible()


def test_long_before_the_start_it_asks_once_a_minute(kenes: Installation, new_page: NewPage) -> None:
    page = new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/version" in request.url else None)
    Open(kenes, page, 120)
    with page.expect_response("**/version"):
        page.clock.run_for(5_000)
    page.clock.run_for(50_000)
    assert len(asked) == 1


def test_what_is_unfolded_stays_and_a_note_says_that_there_is_news(
    kenes: Installation, new_page: NewPage
) -> None:
    shown = Open(kenes, new_page(), 20)
    shown.page.locator("#late summary").click()
    shown.call_off()
    shown.page.clock.fast_forward(5_000)
    note = shown.page.locator(".live")
    expect(note).to_be_visible()
    expect(shown.page.locator("#late .choice__body")).to_be_visible()
    note.get_by_role("link").click()
    expect(shown.page.locator(".plate")).to_have_count(0)


def test_a_hidden_tab_asks_nothing(kenes: Installation, new_page: NewPage) -> None:
    page = new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/version" in request.url else None)
    page.add_init_script("Object.defineProperty(document, 'hidden', {get: () => window.isAway ?? false})")
    shown = Open(kenes, page, 20)
    page.evaluate("window.isAway = true")
    page.clock.run_for(30_000)
    assert asked == []
    shown.call_off()
    page.evaluate("window.isAway = false; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".plate")).to_have_count(0)
