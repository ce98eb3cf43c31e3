"""A failure half an hour before, in three windows: the specialist reports, the deputy allows, the parent reads."""

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page, expect

from tests.browser.installation import Installation, minutes
from tests.browser.pages import Day, Door, FamilyPage, MoveCase, Requests
from tests.browser.people import DEPUTY, SPECIALIST, Place, open_school
from tests.factories import THURSDAY_NINE, make_consultation
from webapp.models import Centre, HelpRequest, Staff, db
from webapp.rules.letters import LetterKind

FAMILY = "family@home.example"
FRIDAY_NINE = THURSDAY_NINE + timedelta(days=1)
NewPage = Callable[..., Page]


def agreed_for_thursday(kenes: Installation, place: Place) -> str:
    """The link of a family whose consultation is set and whose address is confirmed."""
    with kenes.app.app_context():
        specialist = db.session.get_one(Staff, place.specialist_id)
        centre = db.session.get_one(Centre, specialist.centre_id)
        consultation = make_consultation(centre, specialist, email=FAMILY)
        request = db.session.get_one(HelpRequest, consultation.help_request_id)
        request.email_confirmed_at = consultation.confirmed_at
        db.session.commit()
    return kenes.letter(FAMILY, LetterKind.CONFIRMED).page_link


def test_a_failure_at_the_check_is_allowed_and_the_parent_learns_the_new_time(
    kenes: Installation, new_page: NewPage
) -> None:
    link = agreed_for_thursday(kenes, open_school(kenes))
    parent = new_page(360, 740, "ru-RU", "Europe/Moscow", has_touch=True, is_mobile=True)
    office = new_page(1280, 800, "ru-RU", "Asia/Yekaterinburg")
    desk = new_page(1280, 800, "ru-RU", "Asia/Yekaterinburg")

    # Half an hour before, the camera fails at the check. Whoever decides has a letter at once.
    kenes.move_to(THURSDAY_NINE - minutes(30))
    kenes.sign_in(office, SPECIALIST)
    Day.visit(office, kenes.url).start_check().does_not_work("camera", "Камера не включается")
    told = kenes.letter(DEPUTY, LetterKind.MOVE_REPORTED)
    assert "Камера не включается" in told.text

    # The deputy sees the evidence behind the letter's link, and the case on top of the list.
    kenes.sign_in(desk, DEPUTY)
    desk.goto(told.link(r"/staff/moves/\d+"))
    case = Requests.visit(desk, kenes.url).open_first_move()
    expect(case.evidence).to_contain_text("Chrom")

    # Nobody has decided when the start comes: the parent is told, and finds no empty room.
    kenes.move_to(THURSDAY_NINE + minutes(1))
    assert kenes.letter(DEPUTY, LetterKind.MOVE_UNDECIDED).subject
    expect(FamilyPage.visit(parent, link).plate).to_contain_text("задерживается по техническим причинам")
    expect(Door.visit(parent, link).ways_in).to_have_count(0)

    # One click allows it; the specialist sets a new date.
    case.reload().allow()
    allowed = kenes.letter(SPECIALIST, LetterKind.MOVE_ALLOWED)
    office.goto(allowed.link(r"/staff/moves/\d+"))
    MoveCase(office).set_new_time(FRIDAY_NINE.isoformat())

    # The parent's letter and the old link say so.
    moved = kenes.letter(FAMILY, LetterKind.CONSULTATION_MOVED)
    assert "по техническим причинам с нашей стороны" in " ".join(moved.text.split())
    assert "Камера" not in moved.text
    assert (moved.event["DTSTART"].dt, int(moved.event["SEQUENCE"])) == (FRIDAY_NINE, 1)
    assert moved.page_link == link
    expect(FamilyPage.visit(parent, link).plate.locator("time")).to_have_attribute(
        "datetime", FRIDAY_NINE.isoformat()
    )


def test_it_works_again_and_the_family_that_was_told_not_to_wait_is_let_in(
    kenes: Installation, new_page: NewPage
) -> None:
    link = agreed_for_thursday(kenes, open_school(kenes))
    parent = new_page(360, 740, "ru-RU", "Europe/Moscow")
    office = new_page(1280, 800, "ru-RU", "Asia/Yekaterinburg")
    kenes.move_to(THURSDAY_NINE - minutes(10))
    kenes.sign_in(office, SPECIALIST)
    case = Day.visit(office, kenes.url).start_check().does_not_work("link", "Нет связи")
    kenes.move_to(THURSDAY_NINE + minutes(2))
    expect(Door.visit(parent, link).ways_in).to_have_count(0)
    case.reload().press("/take-back")
    letter = kenes.letter(FAMILY, LetterKind.CONSULTATION_GOES_ON)
    Door.visit(parent, letter.page_link).enter_with_video().must_be_in()
