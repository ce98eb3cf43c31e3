"""Who gets in, and when: nobody early, no stranger, nobody after the end."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.installation import Installation, minutes
from tests.browser.pages import Day, Door
from tests.browser.people import SPECIALIST, open_school
from tests.factories import THURSDAY_NINE, make_consultation
from webapp import links
from webapp.models import Centre, Staff, db
from webapp.services.pages import personal_links

NewPage = Callable[..., Page]
DOOR_OPENS_AT = THURSDAY_NINE - minutes(10)
ENDS_AT = THURSDAY_NINE + minutes(40)


class Booked:
    """A confirmed video consultation: the family's link and the room's name."""

    def __init__(self, kenes: Installation) -> None:
        place = open_school(kenes)
        with kenes.app.app_context():
            specialist = db.session.get_one(Staff, place.specialist_id)
            centre = db.session.get_one(Centre, specialist.centre_id)
            consultation = make_consultation(centre, specialist)
            token = personal_links.token_of(personal_links.PAGE, help_request_id=consultation.help_request_id)
            assert token is not None and consultation.room is not None
            self.link, self.room = links.family_page(token), consultation.room
            db.session.commit()


@pytest.fixture
def booked(kenes: Installation) -> Booked:
    return Booked(kenes)


def test_the_door_opens_by_itself_ten_minutes_before(
    kenes: Installation, booked: Booked, new_page: NewPage
) -> None:
    kenes.move_to(DOOR_OPENS_AT - minutes(2))
    page = new_page()
    page.clock.install()
    door = Door.visit(page, booked.link)
    expect(door.ways_in).to_have_count(0)
    expect(door.countdown).to_be_visible()
    kenes.move_to(DOOR_OPENS_AT)
    page.clock.fast_forward("02:00")
    expect(door.ways_in).to_have_count(2)


def test_nobody_is_in_the_room_before_the_door_opens(
    kenes: Installation, booked: Booked, new_page: NewPage
) -> None:
    kenes.move_to(DOOR_OPENS_AT - minutes(1))
    page = new_page()
    page.goto(f"{booked.link}/join?enter=video")
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("#video")).to_have_count(0)


def test_a_stranger_without_a_token_stays_outside(
    kenes: Installation, booked: Booked, new_page: NewPage
) -> None:
    kenes.move_to(THURSDAY_NINE)
    page = new_page()
    page.goto(f"{kenes.video.url}/{booked.room}")
    expect(page.locator("#status")).to_contain_text("not-allowed")
    assert kenes.video.rooms == {}


def test_whoever_is_thrown_out_at_the_end_cannot_come_back(
    kenes: Installation, booked: Booked, new_page: NewPage
) -> None:
    kenes.move_to(ENDS_AT - minutes(2))
    page, other_tab = new_page(), new_page()
    room = Door.visit(page, booked.link).enter_with_video().must_be_in()
    address = room.inside.locator("body").evaluate("() => location.href")

    kenes.move_to(ENDS_AT + minutes(1) / 2)  # the token still lives: it is the reservation that refuses
    assert kenes.video.tick() == [booked.room]
    page.wait_for_url("**/join")
    expect(Door(page).ways_in).to_have_count(0)
    other_tab.goto(address)
    expect(other_tab.locator("#status")).not_to_have_text("Connecting…")
    expect(other_tab.locator("#hangup")).to_be_disabled()
    refused = kenes.video.requests[-1]
    assert (refused.method, refused.path, refused.status) == ("POST", "/conference", 403)
    expect(other_tab.locator("#status")).to_have_text(json.loads(refused.answer)["message"])


def test_after_the_specialist_ended_for_all_nobody_comes_back(
    kenes: Installation, booked: Booked, new_page: NewPage
) -> None:
    kenes.move_to(THURSDAY_NINE)
    page, office = new_page(), new_page()
    kenes.sign_in(office, SPECIALIST)
    Door.visit(page, booked.link).enter_with_video().must_be_in()
    Day.visit(office, kenes.url).enter_room().must_be_in().end_for_all()
    page.wait_for_url("**/join")
    page.goto(f"{booked.link}/join?enter=video")
    expect(Door(page).ways_in).to_have_count(0)
    expect(page.locator("#video")).to_have_count(0)


def test_a_video_server_that_is_away_is_said_with_the_phone_number(
    kenes: Installation, booked: Booked, new_page: NewPage
) -> None:
    kenes.move_to(THURSDAY_NINE)
    page = new_page()
    page.route("**/external_api.js", lambda route: route.abort())
    Door.visit(page, booked.link).enter_with_video()
    away = page.locator("#unreachable")
    expect(away).to_be_visible()
    expect(away.locator("a[href^='tel:']")).to_be_visible()
