"""Who hears of new meetings: one letter to the address, then the owner's yes; leaving is forgotten in time."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import (
    NOW,
    ask,
    make_centre,
    make_event,
    make_specialist,
    make_topic,
    register,
    subscribe,
)
from webapp import links
from webapp.models import (
    AuditRecord,
    BlockedAddress,
    Centre,
    HelpRequest,
    Letter,
    Registration,
    Subscriber,
    db,
)
from webapp.rules.errors import ConsentMissing
from webapp.rules.letters import LetterKind, LetterState
from webapp.services.consultations import cancelling
from webapp.services.mail import strangers, subscribing
from webapp.services.mail.subscribing import Wished
from webapp.services.seats import registrations

ADDRESS = "reader@home.example"
DAY = timedelta(days=1)


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


def wish(centre: Centre, *, now: Any = NOW, **values: Any) -> None:
    subscribing.ask(centre, Wished(**{"email": ADDRESS, "language": "ru", "consent": True, **values}), now)


def the_one() -> Subscriber:
    return db.session.execute(sa.select(Subscriber).execution_options(populate_existing=True)).scalar_one()


def letters() -> list[Letter]:
    statement = sa.select(Letter).where(Letter.kind == LetterKind.MAILING_CONFIRM).order_by(Letter.id)
    return list(db.session.scalars(statement.execution_options(populate_existing=True)))


def actions() -> list[str]:
    kept = sa.select(AuditRecord.action).where(AuditRecord.action.startswith("subscriber."))
    return list(db.session.scalars(kept.order_by(AuditRecord.id)))


def test_asking_writes_one_letter_and_nothing_more(centre: Centre) -> None:
    wish(centre)
    assert the_one().state == "pending"
    (letter,) = letters()
    assert (letter.recipient, letter.recipient_name) == (ADDRESS, "")


def test_only_the_owners_yes_begins_it_and_version_and_time_are_kept(centre: Centre) -> None:
    wish(centre)
    subscribing.confirm(the_one(), (), NOW + DAY)
    assert (the_one().state, the_one().confirmed_at) == ("active", NOW + DAY)
    proof = db.session.scalars(sa.select(AuditRecord).where(AuditRecord.action == "subscriber.confirm")).one()
    assert proof.at == NOW + DAY
    assert proof.details == {"subscriber_id": the_one().id, "consent_version": 1}


def test_no_consent_no_letter(centre: Centre) -> None:
    with pytest.raises(ConsentMissing):
        wish(centre, consent=False)
    assert not letters()


@pytest.mark.parametrize("state", ["pending", "active"])
def test_asking_again_writes_nothing_more(centre: Centre, state: str) -> None:
    wish(centre)
    if state == "active":
        subscribing.confirm(the_one(), (), NOW)
    for hours in (1, 30):
        wish(centre, now=NOW + timedelta(hours=hours), language="kk")
    assert len(letters()) == 1
    assert (the_one().state, the_one().language) == (state, "ru")


def test_a_blocked_address_gets_nothing(centre: Centre) -> None:
    db.session.add(
        BlockedAddress(centre_id=centre.id, address_hash=links.address_fingerprint(ADDRESS), at=NOW)
    )
    wish(centre)
    assert not letters()
    assert db.session.scalar(sa.select(sa.func.count(Subscriber.id))) == 0


def test_who_left_is_asked_again_a_day_later_at_the_soonest(centre: Centre) -> None:
    wish(centre)
    subscribing.leave(the_one(), NOW + timedelta(hours=1))
    wish(centre, now=NOW + timedelta(hours=2))
    assert (the_one().state, len(letters())) == ("left", 1)
    wish(centre, now=NOW + DAY)
    assert (the_one().state, len(letters())) == ("pending", 2)


def test_the_link_of_an_old_letter_leads_out_after_a_new_asking(centre: Centre) -> None:
    token = links.token(links.SUBSCRIBER, subscribe(centre, email=ADDRESS).salt)
    subscribing.leave(the_one(), NOW)
    wish(centre, now=NOW + DAY)
    assert subscribing.find(token) is the_one()


def test_a_letter_already_written_is_dropped_when_its_reader_leaves(centre: Centre) -> None:
    wish(centre)
    subscribing.leave(the_one(), NOW)
    assert [letter.state for letter in letters()] == [LetterState.DROPPED]


def test_topics_of_another_centre_are_nobodys_choice(centre: Centre) -> None:
    own, foreign = make_topic(centre), make_topic(make_centre())
    wish(centre, topic_ids=[own.id, foreign.id, 999])
    assert subscribing.topics_of(the_one()) == [own.id]


def test_not_me_blocks_the_address_and_removes_everything(centre: Centre) -> None:
    wish(centre)
    strangers.forget_subscriber(the_one(), NOW)
    db.session.flush()
    assert db.session.scalar(sa.select(sa.func.count(Subscriber.id))) == 0
    assert BlockedAddress.is_known(centre.id, ADDRESS)
    assert [(letter.recipient, letter.state) for letter in letters()] == [("", LetterState.DROPPED)]
    assert actions()[-1] == "subscriber.delete"


def test_an_address_that_nobody_confirmed_is_deleted_after_a_week(centre: Centre) -> None:
    wish(centre)
    assert subscribing.delete_due(NOW + 7 * DAY - timedelta(minutes=1)) == 0
    assert subscribing.delete_due(NOW + 7 * DAY) == 1
    assert [letter.recipient for letter in letters()] == [""]
    assert actions() == ["subscriber.ask", "subscriber.delete"]


def test_who_left_is_deleted_after_thirty_days_and_who_stayed_is_not(centre: Centre) -> None:
    subscribing.leave(subscribe(centre), NOW)
    staying = subscribe(centre)
    assert subscribing.delete_due(NOW + 29 * DAY) == 0
    assert subscribing.delete_due(NOW + 30 * DAY) == 1
    assert the_one() is staying


def test_not_me_about_a_request_or_a_registration_ends_the_mailing_too(centre: Centre) -> None:
    event = make_event(centre, make_specialist(centre))
    subscribe(centre, email="one@home.example")
    subscribe(centre, email="two@home.example")
    strangers.forget(ask(centre, email="one@home.example").request, NOW)
    strangers.forget_registration(register(event, email="two@home.example"), NOW)
    assert db.session.scalar(sa.select(sa.func.count(Subscriber.id))) == 0


@pytest.mark.parametrize(("confirmed", "left"), [(True, 0), (False, 1)])
def test_withdrawing_consent_ends_the_mailing_of_a_confirmed_address(
    centre: Centre, confirmed: bool, left: int
) -> None:
    subscribe(centre, email=ADDRESS)
    request = ask(centre, email=ADDRESS).request
    request.email_confirmed_at = NOW if confirmed else None
    cancelling.withdraw_consent(request, NOW)
    assert db.session.scalar(sa.select(sa.func.count(Subscriber.id))) == left


def wisher(centre: Centre, kind: str) -> HelpRequest | Registration:
    if kind == "request":
        return ask(centre, email=ADDRESS, mailing=True).request
    return register(make_event(centre, make_specialist(centre)), email=ADDRESS, mailing=True)


@pytest.mark.parametrize("kind", ["request", "registration"])
def test_a_ticked_box_alone_subscribes_nobody_and_writes_no_letter(centre: Centre, kind: str) -> None:
    wisher(centre, kind)
    assert not letters()
    assert db.session.scalar(sa.select(sa.func.count(Subscriber.id))) == 0


def test_confirming_the_address_alone_subscribes_nobody(centre: Centre) -> None:
    registration = wisher(centre, "registration")
    registrations.act_through(registration.id, NOW)
    assert db.session.scalar(sa.select(sa.func.count(Subscriber.id))) == 0


@pytest.mark.parametrize("kind", ["request", "registration"])
def test_the_yes_to_the_ticked_box_subscribes_to_everything_without_another_letter(
    centre: Centre, kind: str
) -> None:
    asked = wisher(centre, kind)
    subscribing.grant(asked, NOW)
    assert (the_one().email, the_one().state, the_one().confirmed_at) == (ADDRESS, "active", NOW)
    assert subscribing.topics_of(the_one()) == []
    assert not asked.mailing_wished
    assert not letters()


def test_that_yes_takes_away_nothing_from_a_subscription_that_is_there(centre: Centre) -> None:
    topic = make_topic(centre)
    subscribe(centre, email=ADDRESS, topic_ids=[topic.id])
    subscribing.grant(wisher(centre, "request"), NOW + DAY)
    assert (the_one().confirmed_at, subscribing.topics_of(the_one())) == (NOW, [topic.id])


def test_two_centres_know_nothing_of_each_others_subscribers(centre: Centre) -> None:
    subscribe(centre, email=ADDRESS)
    wish(make_centre())
    assert len(letters()) == 2
