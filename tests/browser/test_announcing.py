"""Announcing a webinar: on a phone with script, at a desk without."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.installation import Installation
from tests.browser.pages import EventForm
from tests.browser.people import SPECIALIST, open_school
from tests.factories import THURSDAY_NINE, make_consultation, make_event_type, make_specialist
from webapp.models import Centre, db

NewPage = Callable[..., Page]
FREE = (THURSDAY_NINE + timedelta(minutes=40)).isoformat()


def prepared(kenes: Installation) -> tuple[int, int]:
    """(kind of event, a colleague who is taken at nine on Thursday)"""
    open_school(kenes)
    with kenes.app.app_context():
        centre = db.session.query(Centre).one()
        colleague = make_specialist(centre, name="Пётр Ильич Дёмин")
        make_consultation(centre, colleague)
        kind = make_event_type(centre)
        numbers = kind.id, colleague.id
        db.session.commit()
    return numbers


@pytest.mark.parametrize(("width", "script"), [(360, True), (1280, False)])
def test_a_specialist_announces_a_webinar_with_a_colleague(
    kenes: Installation, new_page: NewPage, width: int, script: bool
) -> None:
    kind_id, colleague_id = prepared(kenes)
    page = new_page(width, 800, "ru-RU", java_script_enabled=script)
    kenes.sign_in(page, SPECIALIST)
    form = EventForm.visit(page, kenes.url, kind_id)
    expect(form.slot(THURSDAY_NINE.isoformat())).to_be_visible()
    form.write(titles_ru="Экзамены без паники", capacity="30").tick_host(colleague_id)
    if not script:
        form = form.show_times()
    expect(form.slot(THURSDAY_NINE.isoformat())).to_have_count(0)
    expect(page.locator("[name='titles_ru']")).to_have_value("Экзамены без паники")
    form.slot(FREE).click()
    preview = form.save()
    expect(preview.heading).to_have_text("Экзамены без паники")
    page.goto(preview.announce().public_address)
    expect(page.locator("h1")).to_have_text("Экзамены без паники")
    expect(page.locator("form[action='#register']")).to_be_visible()
