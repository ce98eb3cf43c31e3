"""The mailing from the first page to the last: asked for, confirmed, sent, watched, left."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.installation import Installation
from tests.browser.people import SPECIALIST, open_school
from tests.factories import make_event
from webapp.models import Centre, GroupEvent, Staff, db
from webapp.rules.letters import LetterKind

READER = "reader@home.example"
NewPage = Callable[..., Page]


def announce(kenes: Installation) -> int:
    """A webinar of the centre's specialist; its id."""
    with kenes.app.app_context():
        centre = db.session.query(Centre).one()
        host = db.session.query(Staff).filter_by(email=SPECIALIST).one()
        event: GroupEvent = make_event(centre, host)
        event_id = event.id
        db.session.commit()
    return event_id


def test_a_parent_subscribes_on_a_phone_reads_of_a_webinar_and_leaves(
    kenes: Installation, new_page: NewPage
) -> None:
    place = open_school(kenes)
    event_id = announce(kenes)
    phone = new_page(360, 740, "kk-KZ", "Asia/Almaty")
    phone.goto(f"{kenes.url}{place.path}")
    phone.get_by_role("link", name="Жаңа кездесулер туралы поштаға хабарлама алу").click()
    phone.get_by_label("Электрондық пошта").fill(READER)
    phone.get_by_label("Иә, келісемін").check()
    phone.get_by_role("button", name="Хабарлама алу").click()
    asked = kenes.letter(READER, LetterKind.MAILING_CONFIRM)
    phone.goto(asked.link(r"/m/[A-Za-z0-9_-]{43}(?=\s)"))
    phone.get_by_role("button", name="Иә, маған жазыңыз").click()
    expect(phone.get_by_role("status")).to_contain_text("Сақталды")

    desk = new_page(1280, 800, "ru-RU", "Asia/Yekaterinburg")
    kenes.sign_in(desk, SPECIALIST)
    desk.goto(f"{kenes.url}/staff/events/{event_id}/mailing")
    desk.get_by_role("button", name="Отправить письма").click()
    expect(desk.get_by_text("отправлена всем")).to_be_visible()  # by itself: nobody reloads

    told = kenes.letter(READER, LetterKind.MAILING)
    assert told.subject.startswith("Жаңа кездесу")
    phone.goto(told.link(rf"{place.path}events/{event_id}"))
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Үш жасар бала сөйлейді")
    phone.goto(told.link(r"/m/[A-Za-z0-9_-]{43}/leave"))
    phone.get_by_role("button", name="Хабарламадан бас тарту").click()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Енді хат келмейді")
