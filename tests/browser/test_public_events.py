"""Group events before anybody: the reader's own hour, registering without script, the frame on another site."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from tests.browser.installation import Installation
from tests.factories import make_centre, make_event, make_specialist, texts
from webapp.models import Centre, db

NewPage = Callable[..., Page]


@dataclass(frozen=True)
class Webinar:
    path: str
    list_path: str


@pytest.fixture
def webinar(kenes: Installation) -> Webinar:
    with kenes.app.app_context():
        centre = make_centre(slug="school")
        host = make_specialist(centre)
        event = make_event(centre, host, titles=texts("Сон"), announcements=texts("Как уснуть.\n- Ритуал"))
        db.session.commit()
        return Webinar(f"/c/school/events/{event.id}", f"/embed/{centre.slug}")


def test_the_hour_where_the_reader_is_stands_beside_that_of_the_centre(
    kenes: Installation, new_page: NewPage, webinar: Webinar
) -> None:
    page = new_page(360, 740, "ru-RU", "Europe/Moscow")
    page.goto(kenes.url + webinar.path)
    hours = page.locator(".plate__time")
    expect(hours.nth(0)).to_have_text("07:00 у Вас (Москва, UTC+3)", use_inner_text=True)
    expect(hours.nth(1)).to_contain_text("09:00")
    expect(page.locator("select#zone")).to_have_value("Europe/Moscow")


def test_whoever_lives_by_the_clock_of_the_centre_sees_one_hour(
    kenes: Installation, new_page: NewPage, webinar: Webinar
) -> None:
    page = new_page(360, 740, "ru-RU", "Asia/Yekaterinburg")
    page.goto(kenes.url + webinar.path, wait_until="networkidle")
    expect(page.locator(".plate__time")).to_have_count(1)


def test_without_script_one_asks_for_the_hour_by_hand_and_registers(
    kenes: Installation, new_page: NewPage, webinar: Webinar
) -> None:
    page = new_page(360, 740, "ru-RU", "Europe/Moscow", java_script_enabled=False)
    page.goto(kenes.url + webinar.path)
    page.locator("details summary").click()
    page.locator("select#place").select_option("Europe/Moscow")
    page.get_by_role("button", name="Показать").click()
    expect(page.locator(".plate__time").nth(0)).to_contain_text("07:00")
    page.locator("#contact").fill("maria@home.example")
    page.get_by_role("button", name="Занять место").click()
    expect(page.locator("#consent-error")).to_be_visible()
    expect(page.locator("#contact")).to_have_value("maria@home.example")
    page.locator("#consent").check()
    page.get_by_role("button", name="Занять место").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Спасибо. Сейчас напишем Вам.")


def test_search_engines_find_data_that_no_browser_runs(
    kenes: Installation, new_page: NewPage, webinar: Webinar
) -> None:
    page = new_page()  # the fixture fails on whatever the content security policy stops
    page.goto(kenes.url + webinar.path)
    data = page.locator('script[type="application/ld+json"]').evaluate("one => JSON.parse(one.textContent)")
    assert data["startDate"] == "2026-11-26T09:00:00+05:00"


class Site(ThreadingHTTPServer):
    """A school's own site: one page, whatever is asked for. Another origin, since its host is "localhost"."""

    page = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.origin = f"http://localhost:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.server.page.encode())

    def log_message(self, *_: object) -> None:
        """Nothing: a test says what went wrong."""


@pytest.fixture
def site(kenes: Installation, webinar: Webinar) -> Iterator[Site]:
    """With the snippet in its page, and named by the centre."""
    site = Site()
    with kenes.app.app_context():
        db.session.execute(sa.update(Centre).values(embed_origins=[site.origin]))
        db.session.commit()
    frame = f'<iframe src="{kenes.url}{webinar.list_path}" width="100%" height="480"></iframe>'
    site.page = f'<!doctype html>{frame}<script src="{kenes.url}/static/embedding.js" async></script>'
    serving = threading.Thread(target=site.serve_forever, daemon=True)
    serving.start()
    yield site
    site.shutdown()
    site.server_close()


def test_the_list_in_a_frame_has_the_height_of_what_it_holds(new_page: NewPage, site: Site) -> None:
    page = new_page(360, 740, "ru-RU")
    page.goto(site.origin)
    inside = page.frame_locator("iframe").locator("main")
    expect(inside).to_contain_text("Сон")
    expect(page.locator("iframe")).not_to_have_attribute("height", "480")
    high = inside.evaluate("main => Math.ceil(main.getBoundingClientRect().height)")
    assert page.locator("iframe").get_attribute("height") == str(high)


def test_a_link_in_the_frame_opens_the_page_in_its_place(
    kenes: Installation, new_page: NewPage, webinar: Webinar, site: Site
) -> None:
    page = new_page(360, 740, "ru-RU")
    page.goto(site.origin)
    page.frame_locator("iframe").get_by_role("link", name="Сон").click()
    expect(page).to_have_url(kenes.url + webinar.path)
