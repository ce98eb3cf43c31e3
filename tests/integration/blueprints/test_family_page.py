import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import (
    NOW,
    THURSDAY_NINE,
    ask,
    make_centre,
    make_consultation,
    make_deputy,
    make_specialist,
)
from webapp.letters.compose import compose
from webapp.models import BlockedAddress, Centre, HelpRequest, Letter, db
from webapp.rules.letters import LetterKind
from webapp.services.consultations import offers
from webapp.services.consultations.offers import Proposal
from webapp.services.help_requests.intake import Receipt
from webapp.services.pages import personal_links


def letter_token(request: HelpRequest) -> str:
    token = personal_links.token_of(personal_links.LETTER, help_request_id=request.id)
    assert token is not None
    return token


def test_a_confirmed_date_stands_in_both_zones_with_the_offset(client: FlaskClient, app: Flask) -> None:
    centre = make_centre()
    receipt = ask(centre, zone="Europe/Moscow")
    make_consultation(centre, make_specialist(centre), request=receipt.request)
    db.session.commit()
    page = client.get(f"/f/{receipt.page_token}?lang=ru").get_data(as_text=True)
    assert "07:00" in page and "UTC+3" in page
    assert "09:00" in page and "UTC+5" in page


def test_until_the_last_day_the_answer_is_promised(client: FlaskClient, app: Flask) -> None:
    page = client.get(f"/f/{ask(make_centre()).page_token}?lang=en").get_data(as_text=True)
    assert "We answer by:" in page and "sorry" not in page


def test_after_the_last_day_nothing_is_promised_that_was_not_kept(client: FlaskClient, app: Flask) -> None:
    receipt = ask(make_centre(), now=NOW - timedelta(days=7))
    page = client.get(f"/f/{receipt.page_token}?lang=en").get_data(as_text=True)
    assert "We answer by:" not in page
    assert "The answer was due by:" in page and "We are sorry for the delay" in page


def test_after_the_end_nobody_is_asked_to_get_ready(client: FlaskClient, app: Flask) -> None:
    centre = make_centre()
    receipt = ask(centre, now=NOW - timedelta(days=7))
    at, asked_at = NOW - timedelta(hours=3), NOW - timedelta(days=1)
    make_consultation(centre, make_specialist(centre), at=at, now=asked_at, request=receipt.request)
    db.session.commit()
    page = client.get(f"/f/{receipt.page_token}?lang=en").get_data(as_text=True)
    assert "The consultation time is over." in page
    assert "Get ready" not in page and "quiet room" not in page


def test_an_unknown_link_says_how_to_get_a_new_one(client: FlaskClient, app: Flask) -> None:
    response = client.get("/f/" + "x" * 43)
    assert response.status_code == 404
    assert "/new-link" in response.get_data(as_text=True)


def test_one_of_the_offered_times_is_accepted(client: FlaskClient, app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    receipt = ask(centre)
    proposals = [Proposal([specialist.id], THURSDAY_NINE + timedelta(days=day), 40) for day in range(2)]
    row = offers.offer(centre, receipt.request, proposals, "video", NOW, staff_id=None)
    chosen = offers.offered_times(row)[1].id
    db.session.commit()
    client.post(f"/f/{receipt.page_token}/accept", data={"time": chosen})
    assert db.session.get_one(HelpRequest, receipt.request.id).state == "confirmed"


def offer_early_and_late(centre: Centre) -> str:
    """The early time is held to 06:00 at the centre, the late one as long as an offer may be. Returns the page."""
    receipt, specialist = ask(centre), make_specialist(centre)
    proposals = [Proposal([specialist.id], THURSDAY_NINE + timedelta(days=day), 40) for day in (0, 4)]
    offers.offer(centre, receipt.request, proposals, "video", NOW, staff_id=None)
    db.session.commit()
    return f"/f/{receipt.page_token}?lang=en"


def test_a_time_that_is_held_less_long_than_the_others_says_so(client: FlaskClient, app: Flask) -> None:
    page = client.get(offer_early_and_late(make_centre(notice_hours=3))).get_data(as_text=True)
    assert "Held for you until: Thursday 26 November, 16:00" in page
    assert page.count("We hold this time only until: Thursday 26 November, 04:00") == 1


def test_a_time_that_is_not_held_any_more_can_be_chosen_while_it_is_free(
    client: FlaskClient, app: Flask, clock: Any
) -> None:
    address = offer_early_and_late(make_centre(notice_hours=3))
    clock.move_to(THURSDAY_NINE - timedelta(hours=1))
    offers.lapse_due(THURSDAY_NINE - timedelta(hours=1))
    db.session.commit()
    page = client.get(address).get_data(as_text=True)
    assert page.count("We do not hold this time any more.") == 1
    assert page.count("/accept") == 2


def test_accepting_twice_changes_nothing_and_says_how_it_stands(client: FlaskClient, app: Flask) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    receipt = ask(centre)
    row = offers.offer(
        centre, receipt.request, [Proposal([specialist.id], THURSDAY_NINE, 40)], "video", NOW, staff_id=None
    )
    chosen = offers.offered_times(row)[0].id
    db.session.commit()
    client.post(f"/f/{receipt.page_token}/accept", data={"time": chosen})
    assert client.post(f"/f/{receipt.page_token}/accept", data={"time": chosen}).status_code == 409


def test_a_stale_wish_for_another_time_does_not_undo_a_confirmed_date(
    client: FlaskClient, app: Flask
) -> None:
    centre = make_centre()
    receipt = ask(centre)
    make_consultation(centre, make_specialist(centre), request=receipt.request)
    db.session.commit()
    assert client.post(f"/f/{receipt.page_token}/suggest", data={"words": "вечером"}).status_code == 422
    assert db.session.get_one(HelpRequest, receipt.request.id).state == "confirmed"


def test_what_is_over_can_no_longer_be_cancelled(client: FlaskClient, app: Flask, clock: Any) -> None:
    centre = make_centre()
    receipt = ask(centre)
    consultation = make_consultation(centre, make_specialist(centre), request=receipt.request)
    db.session.commit()
    clock.move_to(THURSDAY_NINE + timedelta(minutes=40))
    assert client.post(f"/f/{receipt.page_token}/cancel").status_code == 409
    db.session.refresh(consultation)
    assert consultation.state == "planned"


def test_after_an_offer_ran_out_the_family_writes_what_suits_it(client: FlaskClient, app: Flask) -> None:
    centre = make_centre()
    receipt = ask(centre)
    row = offers.offer(
        centre,
        receipt.request,
        [Proposal([make_specialist(centre).id], THURSDAY_NINE, 40)],
        "video",
        NOW,
        staff_id=None,
    )
    offers.lapse_due(row.until)
    db.session.commit()
    assert "ran out" in client.get(f"/f/{receipt.page_token}?lang=en").get_data(as_text=True)
    client.post(f"/f/{receipt.page_token}/suggest", data={"words": "после 18:00"})
    request = db.session.get_one(HelpRequest, receipt.request.id)
    assert (request.state, request.family_silent) == ("assigned", False)


def test_an_old_link_expires(client: FlaskClient, app: Flask, clock: Any) -> None:
    receipt = ask(make_centre())
    db.session.commit()
    clock.move_to(NOW + timedelta(days=500))
    assert client.get(f"/f/{receipt.page_token}").status_code == 404


def test_cancelling_needs_no_reason(client: FlaskClient, app: Flask) -> None:
    centre = make_centre()
    receipt = ask(centre)
    consultation = make_consultation(centre, make_specialist(centre), request=receipt.request)
    db.session.commit()
    response = client.post(f"/f/{receipt.page_token}/cancel", follow_redirects=True)
    assert response.status_code == 200
    db.session.refresh(consultation)
    assert consultation.state == "cancelled"


def test_acting_through_the_letter_confirms_the_address(client: FlaskClient, app: Flask) -> None:
    receipt = ask(make_centre())
    token = letter_token(receipt.request)
    db.session.commit()
    client.post(f"/f/{token}/confirm-address")
    assert db.session.get_one(HelpRequest, receipt.request.id).email_confirmed_at == NOW


def test_acting_through_the_screen_does_not_confirm_the_address(client: FlaskClient, app: Flask) -> None:
    receipt = ask(make_centre())
    db.session.commit()
    client.post(f"/f/{receipt.page_token}/confirm-address")
    client.post(f"/f/{receipt.page_token}/zone", data={"zone": "Asia/Almaty"})
    request = db.session.get_one(HelpRequest, receipt.request.id)
    assert (request.zone, request.email_confirmed_at) == ("Asia/Almaty", None)


def test_opening_the_letter_changes_nothing(client: FlaskClient, app: Flask) -> None:
    receipt = ask(make_centre())
    token = letter_token(receipt.request)
    db.session.commit()
    client.get(f"/f/{token}")
    client.get(f"/f/{token}/not-me")
    assert db.session.get_one(HelpRequest, receipt.request.id).email_confirmed_at is None


def test_this_was_not_me_removes_and_blocks(client: FlaskClient, app: Flask) -> None:
    receipt = ask(make_centre(), email="stranger@home.example")
    token = letter_token(receipt.request)
    db.session.commit()
    assert client.post(f"/f/{token}/not-me").status_code == 302
    assert db.session.scalar(sa.select(sa.func.count()).select_from(BlockedAddress)) == 1
    assert client.get(f"/f/{receipt.page_token}").status_code == 404


def test_after_withdrawing_consent_the_page_is_closed(client: FlaskClient, app: Flask) -> None:
    receipt = ask(make_centre())
    db.session.commit()
    client.post(f"/f/{receipt.page_token}/consent")
    assert client.get(f"/f/{receipt.page_token}").status_code == 404


def test_a_declined_family_reads_the_reason(client: FlaskClient, app: Flask) -> None:
    from webapp.services.help_requests import answers

    centre = make_centre()
    receipt = ask(centre)
    answers.decline(receipt.request, "Нет нужного специалиста", "", NOW, staff_id=make_deputy(centre).id)
    db.session.commit()
    assert "Нет нужного специалиста" in client.get(f"/f/{receipt.page_token}").get_data(as_text=True)


@pytest.mark.parametrize("state", ["received", "offered", "confirmed", "cancelled"])
@pytest.mark.parametrize("language", ["ru", "kk", "en"])
def test_every_state_has_its_page_in_every_language(
    client: FlaskClient, app: Flask, state: str, language: str
) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    receipt = ask(centre)
    if state == "offered":
        offers.offer(
            centre,
            receipt.request,
            [Proposal([specialist.id], THURSDAY_NINE, 40)],
            "video",
            NOW,
            staff_id=None,
        )
    if state in ("confirmed", "cancelled"):
        make_consultation(centre, specialist, request=receipt.request)
    db.session.commit()
    if state == "cancelled":
        client.post(f"/f/{receipt.page_token}/cancel")
    response = client.get(f"/f/{receipt.page_token}?lang={language}")
    assert response.status_code == 200
    assert "2026-1" in response.get_data(as_text=True)


def test_after_a_meeting_without_recommendations_none_are_promised(client: FlaskClient, app: Flask) -> None:
    centre = make_centre()
    receipt = ask(centre)
    consultation = make_consultation(centre, make_specialist(centre), request=receipt.request)
    consultation.state = "held"
    db.session.commit()
    page = client.get(f"/f/{receipt.page_token}?lang=en").get_data(as_text=True)
    assert "None were written down for this meeting." in page


def test_after_a_meeting_there_is_no_request_to_withdraw_but_a_next_one_to_let_go(
    client: FlaskClient, app: Flask
) -> None:
    centre = make_centre()
    specialist = make_specialist(centre)
    receipt = ask(centre)
    consultation = make_consultation(centre, specialist, request=receipt.request)
    consultation.state, receipt.request.state = "held", "closed"
    consultation.recommendation, consultation.recommended_at = "Читайте вместе", NOW
    proposals = [Proposal([specialist.id], THURSDAY_NINE + timedelta(days=7), 40)]
    offers.offer(centre, receipt.request, proposals, "video", NOW, staff_id=None)
    db.session.commit()
    page = client.get(f"/f/{receipt.page_token}?lang=en").get_data(as_text=True)
    assert "Withdraw the request" not in page and "No further meeting needed" in page
    client.post(f"/f/{receipt.page_token}/no-further-meeting")
    page = client.get(f"/f/{receipt.page_token}?lang=en").get_data(as_text=True)
    assert "Thank you for the talk" in page and "Читайте вместе" in page


@pytest.fixture
def receipt(app: Flask) -> Receipt:
    receipt = ask(make_centre(), email="mother@home.example")
    db.session.commit()
    return receipt


def ask_for_new_link(client: FlaskClient) -> str:
    """The address of the page that the newest letter about a new link names."""
    client.post("/new-link", data={"email": "Mother@home.example"})
    kind = Letter.kind == LetterKind.NEW_LINK
    letter = db.session.scalars(sa.select(Letter).where(kind).order_by(Letter.id.desc())).first()
    assert letter is not None
    message = compose(letter, NOW)
    assert message is not None
    body = message.get_body(("plain",))
    assert body is not None
    found = re.search(r"/f/[\w-]{43}", body.get_content())
    assert found is not None
    return found.group()


def test_a_new_link_that_nobody_uses_ends_no_old_one(client: FlaskClient, receipt: Receipt) -> None:
    new, by_letter = ask_for_new_link(client), letter_token(receipt.request)
    for page in (new, f"/f/{receipt.page_token}", f"/f/{by_letter}"):
        assert client.get(page).status_code == 200


def test_acting_through_a_new_link_ends_the_old_ones(client: FlaskClient, receipt: Receipt) -> None:
    new, by_letter = ask_for_new_link(client), letter_token(receipt.request)
    client.post(f"{new}/new-link")
    assert client.get(new).status_code == 200
    assert client.get(f"/f/{receipt.page_token}").status_code == 404
    assert client.get(f"/f/{by_letter}").status_code == 404
    assert f"/f/{letter_token(receipt.request)}" == new


def test_acting_through_a_new_link_confirms_the_address(client: FlaskClient, receipt: Receipt) -> None:
    client.post(f"{ask_for_new_link(client)}/withdraw")
    assert db.session.get_one(HelpRequest, receipt.request.id).email_confirmed_at == NOW


def test_acting_through_an_old_link_leaves_the_new_one_alone(client: FlaskClient, receipt: Receipt) -> None:
    new = ask_for_new_link(client)
    client.post(f"/f/{receipt.page_token}/withdraw")
    assert client.get(new).status_code == client.get(f"/f/{receipt.page_token}").status_code == 200


def test_a_new_link_asked_for_again_is_the_same(client: FlaskClient, receipt: Receipt, clock: Any) -> None:
    new = ask_for_new_link(client)
    clock.move_to(NOW + timedelta(minutes=11))
    assert ask_for_new_link(client) == new
    assert db.session.scalar(sa.select(sa.func.count()).where(Letter.kind == LetterKind.NEW_LINK)) == 2


def test_the_page_of_a_new_link_says_when_the_old_one_stops(client: FlaskClient, receipt: Receipt) -> None:
    db.session.get_one(HelpRequest, receipt.request.id).email_confirmed_at = NOW
    db.session.commit()
    new = ask_for_new_link(client)
    assert "Stop the old link" in client.get(f"{new}?lang=en").get_data(as_text=True)
    client.post(f"{new}/new-link")
    assert "Stop the old link" not in client.get(f"{new}?lang=en").get_data(as_text=True)


def test_withdrawn_consent_ends_a_new_link_too(client: FlaskClient, receipt: Receipt) -> None:
    new = ask_for_new_link(client)
    client.post(f"/f/{receipt.page_token}/consent")
    assert client.get(new).status_code == 404


def test_asking_for_a_new_link_does_not_tell_who_is_known(client: FlaskClient, app: Flask) -> None:
    ask(make_centre(), email="mother@home.example")
    db.session.commit()
    known = client.post("/new-link", data={"email": "mother@home.example"})
    unknown = client.post("/new-link", data={"email": "nobody@home.example"})
    assert (known.status_code, known.location) == (unknown.status_code, unknown.location)
