"""Other ways through: by voice, three times to choose from, a refusal, a call, a cancellation."""

from collections.abc import Callable
from datetime import datetime

from playwright.sync_api import Page, expect

from tests.browser.installation import Installation, minutes
from tests.browser.pages import Calls, CentrePage, Day, EnterRequest, FamilyPage, Requests
from tests.browser.people import DEPUTY, REGISTRAR, SPECIALIST, Place, open_kindergarten, open_school
from tests.factories import THURSDAY_NINE
from webapp.rules.letters import LetterKind

FAMILY = "family@home.example"
ENDS_AT = THURSDAY_NINE + minutes(40)
NewPage = Callable[..., Page]


def ask_for(page: Page, kenes: Installation, place: Place, starts_at: datetime | None = None) -> FamilyPage:
    """The parent asks by e-mail, with a wished time or without one."""
    ask = CentrePage.visit(page, kenes.url + place.path).ask()
    ask.choose("topic", place.topic_id)
    if starts_at is not None:
        ask.choose_time(starts_at.isoformat())
    return ask.write(email=FAMILY, parent_name="Jane Smith").tick("consent").send()


def at_desk(new_page: NewPage, kenes: Installation, who: str) -> Page:
    page = new_page(1280, 800, "ru-RU", "Asia/Yekaterinburg")
    kenes.sign_in(page, who)
    return page


def test_a_family_at_a_desktop_talks_by_voice_until_the_time_runs_out(
    kenes: Installation, new_page: NewPage
) -> None:
    place = open_school(kenes)
    home = new_page(1280, 800, "ru-RU", "Europe/Moscow")
    ask = CentrePage.visit(home, kenes.url + place.path).ask()
    ask.choose("topic", place.topic_id).choose("means", "voice").choose_time(THURSDAY_NINE.isoformat())
    ask.write(email=FAMILY, parent_name="Людмила Остроградская").tick("consent").send()
    assert home.locator("html").get_attribute("lang") == "ru"
    Requests.visit(at_desk(new_page, kenes, DEPUTY), kenes.url).open_first().confirm_held()
    link = kenes.letter(FAMILY, LetterKind.CONFIRMED).page_link
    expect(FamilyPage.visit(home, link).plate).to_contain_text("07:00")  # in Moscow

    kenes.move_to(THURSDAY_NINE - minutes(5))
    door = FamilyPage.visit(home, link).join()
    expect(door.ways_in).to_have_count(1)
    door.enter_by_voice().must_be_in().must_use("audio")
    office = at_desk(new_page, kenes, SPECIALIST)
    Day.visit(office, kenes.url).enter_room().must_be_in().must_see("Людмила Остроградская")

    kenes.move_to(ENDS_AT - minutes(12))
    home.clock.install()
    room = FamilyPage.visit(home, link).join().enter_by_voice().must_be_in()
    expect(home.locator("#announcer")).to_be_empty()
    home.clock.fast_forward("08:00")
    expect(home.locator("#announcer")).not_to_be_empty()
    expect(room.ended).to_be_hidden()
    home.clock.fast_forward("04:00")
    expect(room.ended).to_be_visible()
    expect(home.locator("#video")).to_be_hidden()

    kenes.move_to(ENDS_AT + minutes(2))
    writing = Day.visit(office, kenes.url).write_up()
    day = writing.write(topic="Страхи", recommendation="Читать вместе").finish()
    line = day.journal().lines
    expect(line).to_contain_text("Читать вместе")
    expect(line).to_contain_text("голос")


def test_a_family_abroad_chooses_one_of_three_offered_times(kenes: Installation, new_page: NewPage) -> None:
    place = open_school(kenes)
    home = new_page(1280, 800, "en-GB", "Europe/Berlin")
    ask_for(home, kenes, place)
    assert home.locator("html").get_attribute("lang") == "en"
    request = Requests.visit(at_desk(new_page, kenes, DEPUTY), kenes.url).open_first()
    times = request.free_times()[3:6]
    request.offer(times)

    own = FamilyPage.visit(home, kenes.letter(FAMILY, LetterKind.TIMES_OFFERED).page_link)
    expect(own.form("/accept")).to_have_count(3)
    expect(own.plate.first).to_contain_text("Berlin")
    own = own.choose_offered(1)
    expect(own.form("/accept")).to_have_count(0)
    expect(own.plate.locator("time")).to_have_attribute("datetime", times[1])
    event = kenes.letter(FAMILY, LetterKind.CONFIRMED).event
    assert event["DTSTART"].dt == datetime.fromisoformat(times[1])


def test_a_family_reads_the_reason_of_a_refusal(kenes: Installation, new_page: NewPage) -> None:
    place = open_school(kenes)
    home = new_page(1280, 800, "en-GB", "Europe/Berlin")
    ask_for(home, kenes, place)
    request = Requests.visit(at_desk(new_page, kenes, DEPUTY), kenes.url).open_first()
    waiting = request.decline("We have no speech therapist this year.")
    expect(waiting.lines).to_have_count(0)

    own = FamilyPage.visit(home, kenes.letter(FAMILY, LetterKind.DECLINED).page_link)
    expect(own.main).to_contain_text("We have no speech therapist this year.")


def test_a_family_that_phoned_is_called_back(kenes: Installation, new_page: NewPage) -> None:
    open_school(kenes)
    front = at_desk(new_page, kenes, REGISTRAR)
    entering = EnterRequest.visit(front, kenes.url)
    entering.choose("topic", "help").select("first", place=1)
    entering.write(parent_name="Галина Петровна", phone="+7 916 123-45-67").choose("consent", "spoken")
    slip = entering.send()
    assert slip.address.startswith(f"{kenes.url}/f/")
    expect(Calls.visit(front, kenes.url).tasks).to_have_count(0)

    Requests.visit(at_desk(new_page, kenes, DEPUTY), kenes.url).open_first().confirm_held()
    calls = Calls.visit(front, kenes.url)
    expect(calls.tasks).to_have_count(1)
    expect(calls.tasks.locator("a[href='tel:+79161234567']")).to_be_visible()
    calls = calls.note_reached("мама")
    expect(calls.tasks).to_have_count(0)
    expect(calls.done).to_contain_text("мама")


def test_a_family_cancels_without_a_reason_and_the_time_is_free_again(
    kenes: Installation, new_page: NewPage
) -> None:
    place = open_kindergarten(kenes)
    phone = new_page(360, 740, "kk-KZ", "Asia/Almaty", has_touch=True, is_mobile=True)
    ask_for(phone, kenes, place, THURSDAY_NINE)
    Requests.visit(at_desk(new_page, kenes, DEPUTY), kenes.url).open_first().confirm_held()
    link = kenes.letter(FAMILY, LetterKind.CONFIRMED).page_link
    FamilyPage.visit(phone, link).cancel()
    assert kenes.letter(FAMILY, LetterKind.CANCELLED_BY_FAMILY).calendar["METHOD"] == "CANCEL"
    assert kenes.letter(SPECIALIST, LetterKind.BOOKING_CANCELLED).calendar["METHOD"] == "CANCEL"

    ask = CentrePage.visit(new_page(), kenes.url + place.path).ask()
    ask.choose_time(THURSDAY_NINE.isoformat())
