"""A webinar from the announcement to the attendance: a parent on a phone, the host at a desk."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.installation import Installation, minutes
from tests.browser.pages import EventDesk, EventForm, PublicEventPage, SeatDoor, SeatPage
from tests.browser.people import SPECIALIST, open_kindergarten
from tests.factories import THURSDAY_NINE, make_event, make_event_type, register
from webapp import links
from webapp.models import Centre, GroupEvent, Staff, db
from webapp.rules.letters import LetterKind
from webapp.services.pages import personal_links

NewPage = Callable[..., Page]
PARENT, EARLIER_PARENT = "aigul@home.example", "dana@home.example"
SEAT_LINK = r"/f/s-[A-Za-z0-9_-]{43}"
DOOR_OPENS_AT = THURSDAY_NINE - minutes(10)
BROADCAST = "https://video.example/live/17"


class Webinar:
    """Announced for Thursday at nine, with a host who is the psychologist of the kindergarten."""

    def __init__(self, kenes: Installation, **plan: object) -> None:
        self.kenes = kenes
        place = open_kindergarten(kenes)
        with kenes.app.app_context():
            host = db.session.get_one(Staff, place.specialist_id)
            centre = db.session.get_one(Centre, host.centre_id)
            event = make_event(centre, host, **plan)  # type: ignore[arg-type]
            db.session.commit()
            self.event_id = event.id
            self.page = f"{kenes.url}{place.path}events/{event.id}"
            self.desk = f"{kenes.url}/staff/events/{event.id}"

    def seat(self, **values: object) -> str:
        """The personal link of somebody who registered."""
        with self.kenes.app.app_context():
            registration = register(db.session.get_one(GroupEvent, self.event_id), **values)  # type: ignore[arg-type]
            token = personal_links.token_of(personal_links.SEAT, registration_id=registration.id)
            assert token is not None
            link = links.family_page(token)
            db.session.commit()
        return link


@pytest.fixture
def webinar(kenes: Installation) -> Webinar:
    return Webinar(kenes)


def host_at_desk(new_page: NewPage, kenes: Installation) -> Page:
    desk = new_page(1280, 800, "ru-KZ", "Asia/Almaty")
    kenes.sign_in(desk, SPECIALIST)
    return desk


def announce(kenes: Installation, desk: Page, *, capacity: int) -> str:
    """The public address of a webinar that the psychologist of the kindergarten announces for Thursday at nine."""
    place = open_kindergarten(kenes)
    with kenes.app.app_context():
        host = db.session.get_one(Staff, place.specialist_id)
        kind_id = make_event_type(db.session.get_one(Centre, host.centre_id)).id
        db.session.commit()
    kenes.sign_in(desk, SPECIALIST)
    form = EventForm.visit(desk, kenes.url, kind_id)
    form.write(titles_kk="Қорқынышсыз емтихан", capacity=str(capacity))
    form.slot(THURSDAY_NINE.isoformat()).click()
    return form.save().announce().public_address


def test_from_the_announcement_to_the_attendance_on_a_phone(kenes: Installation, new_page: NewPage) -> None:
    announcing = new_page(1280, 800, "ru-KZ", "Asia/Almaty")
    public_address = announce(kenes, announcing, capacity=1)
    phone = new_page(360, 740, "kk-KZ", "Asia/Almaty", has_touch=True, is_mobile=True)

    # Somebody else was faster: the phone's letter brings the number in the list.
    other = new_page(360, 740, "kk-KZ", "Asia/Almaty")
    PublicEventPage.visit(other, public_address).register(contact=EARLIER_PARENT)
    earlier = kenes.letter(EARLIER_PARENT, LetterKind.SEAT_CONFIRMED)
    PublicEventPage.visit(phone, public_address).register(contact=PARENT, shown_name="Айгүл")
    letter = kenes.letter(PARENT, LetterKind.WAITING_LISTED)
    own = SeatPage.visit(phone, letter.link(SEAT_LINK)).confirm_address()
    expect(own.plate).to_contain_text("Күту тізімі, нөміріңіз: 1")

    # The other seat is given back: the next letter brings it, and the page shows it.
    SeatPage.visit(other, earlier.link(SEAT_LINK)).give_back()
    freed = kenes.letter(PARENT, LetterKind.SEAT_FREED)
    assert freed.event["DTSTART"].dt == THURSDAY_NINE
    own = SeatPage.visit(phone, freed.link(SEAT_LINK))
    expect(own.plate).to_contain_text("09:00")
    expect(own.way_in).to_be_hidden()

    # The door opens, the host is there first.
    kenes.move_to(DOOR_OPENS_AT)
    desk = host_at_desk(new_page, kenes)
    chair = EventDesk.visit(desk, announcing.url).enter_room().must_be_in()
    room = own.reload().join().enter().must_be_in()

    # Muted, without a picture, by the chosen name, no moderator.
    asked = room.asked_of_jitsi()
    assert (asked["startWithAudioMuted"], asked["startWithVideoMuted"]) == (True, True)
    assert (asked["startAudioOnly"], asked["notifyOnConferenceDestruction"]) == (False, False)
    room.must_use("none")
    chair.must_see("Айгүл")
    expect(chair.connected).to_have_text(["Айгүл"], timeout=20_000)
    (occupants,) = [open_room.present.values() for open_room in kenes.video.rooms.values()]
    assert sorted(bool(someone.user["moderator"]) for someone in occupants) == [False, True]
    (reservation,) = [call for call in kenes.video.requests if call.path == "/conference"]
    assert '"max_occupants":2' in reservation.answer.replace(" ", "")

    # Only listening: the pictures stay away too.
    room.form("/join").get_by_role("button").click()
    room = type(room)(phone).must_be_in()
    assert room.asked_of_jitsi()["startAudioOnly"] is True

    # "I can't connect" stands on the host's page; the way in is still open.
    door = room.cannot_connect()
    expect(chair.problem).to_have_count(1, timeout=20_000)
    room = door.enter().must_be_in()

    # Left on the phone, ended for all at the desk: who came and for how long.
    kenes.move_to(THURSDAY_NINE + minutes(30))
    own = room.leave()
    expect(own.way_in).to_be_visible()
    came = chair.end_for_all()
    expect(came.lines).to_have_count(1)
    expect(came.lines.first).to_contain_text("Айгүл")
    expect(came.lines.first).to_contain_text("видел видеосервер")
    expect(own.reload().way_in).to_have_count(0)
    expect(SeatDoor.visit(phone, phone.url).ways_in).to_have_count(0)


def test_the_door_opens_on_an_open_page_without_asking_the_server(
    kenes: Installation, webinar: Webinar, new_page: NewPage
) -> None:
    link = webinar.seat()
    kenes.move_to(DOOR_OPENS_AT - minutes(2))
    personal, door = new_page(), new_page()
    for page in (personal, door):
        page.clock.install()
    own, waiting = SeatPage.visit(personal, link), SeatDoor.visit(door, link)
    asked: list[str] = []
    for page in (personal, door):
        page.on("request", lambda request: asked.append(request.url))
    expect(own.way_in).to_be_hidden()
    expect(waiting.ways_in.first).to_be_hidden()
    kenes.move_to(DOOR_OPENS_AT)
    for page in (personal, door):
        page.clock.fast_forward("02:05")
    expect(own.way_in).to_be_visible()
    expect(waiting.ways_in).to_have_count(2)
    assert [address for address in asked if not address.endswith("/version")] == []  # the light poll
    waiting.enter().must_be_in()


def test_our_own_words_stand_at_the_end(kenes: Installation, webinar: Webinar, new_page: NewPage) -> None:
    kenes.move_to(THURSDAY_NINE + minutes(34))
    page = new_page()
    page.clock.install()
    room = SeatDoor.visit(page, webinar.seat()).enter().must_be_in()
    page.clock.fast_forward("02:00")
    expect(page.locator("#announcer")).not_to_be_empty()
    expect(room.ended).to_be_hidden()
    page.clock.fast_forward("04:05")
    expect(room.ended).to_be_visible()


def test_whom_the_server_cannot_carry_watches_the_broadcast(
    kenes: Installation, new_page: NewPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kenes.app.config["SETTINGS"], "jitsi_max_participants", 2)
    webinar = Webinar(kenes, broadcast_url=BROADCAST, capacity=5)
    inside, outside = webinar.seat(), webinar.seat()
    kenes.move_to(THURSDAY_NINE)
    page = new_page()
    SeatDoor.visit(page, inside).enter().must_be_in()
    page.context.route("https://video.example/**", lambda route: route.fulfill(body="On air."))
    door = SeatDoor.visit(page, outside)
    expect(door.ways_in).to_have_count(0)
    expect(door.broadcast).to_have_attribute("href", BROADCAST)
    with page.expect_popup() as opened:
        door.broadcast.click()
    opened.value.wait_for_load_state()
    assert opened.value.url == BROADCAST
    page.goto("about:blank")

    kenes.move_to(THURSDAY_NINE + minutes(41))
    came = EventDesk.visit(host_at_desk(new_page, kenes), webinar.desk).who_came()
    expect(came.lines).to_have_count(2)
    expect(came.lines.nth(0)).to_contain_text("видел видеосервер")
    expect(came.lines.nth(1)).to_contain_text("только по странице комнаты")


def test_where_the_server_tells_nothing_the_page_does_and_the_host_corrects(
    kenes: Installation, webinar: Webinar, new_page: NewPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kenes.video, "_tell", lambda *_: None)
    link = webinar.seat(shown_name="Мария")
    webinar.seat(shown_name="Анна")
    kenes.move_to(THURSDAY_NINE)
    page = new_page()
    room = SeatDoor.visit(page, link).enter().must_be_in()
    kenes.must_have_heard_of_stay(THURSDAY_NINE)
    kenes.move_to(THURSDAY_NINE + minutes(30))
    room.leave()
    kenes.must_have_heard_of_stay(THURSDAY_NINE + minutes(30))
    came = EventDesk.visit(host_at_desk(new_page, kenes), webinar.desk).who_came()
    expect(came.lines.nth(0)).to_contain_text("только по странице комнаты")
    expect(came.heading.locator("xpath=following::h2[1]")).to_contain_text("1 из 2")
    came = came.say(1, "came")
    expect(came.page.locator("#list")).to_contain_text("2 из 2")
    expect(came.lines.nth(1)).to_contain_text("не видели")
