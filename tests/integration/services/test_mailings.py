"""One announcement to all: who gets it, in which batches, how often, and what stays of it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import (
    NOW,
    THURSDAY_NINE,
    make_centre,
    make_event,
    make_specialist,
    make_topic,
    register,
    subscribe,
)
from webapp.models import Centre, GroupEvent, Letter, Mailing, Staff, db
from webapp.rules import mailings as rules
from webapp.rules.errors import AlreadyTold, EventOver, NobodySubscribed, WrongState
from webapp.rules.letters import LetterKind, LetterState
from webapp.services.consultations.moving import Move
from webapp.services.events import event_changes, group_events
from webapp.services.mail import mailing_progress, mailings, subscribing
from webapp.services.seats import registrations

DAY = timedelta(days=1)


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def host(centre: Centre) -> Staff:
    return make_specialist(centre)


@pytest.fixture
def event(centre: Centre, host: Staff) -> GroupEvent:
    return make_event(centre, host)


def begin(event: GroupEvent) -> Mailing:
    return mailings.begin(event, NOW, staff_id=event.created_by)


def told(event: GroupEvent) -> list[str]:
    """Begin, and write everything."""
    mailing = begin(event)
    while mailings.write_batch(mailing.id, NOW):
        _send_all()
    return recipients()


def recipients() -> list[str]:
    written = sa.select(Letter.recipient).where(Letter.kind == LetterKind.MAILING).order_by(Letter.id)
    return list(db.session.scalars(written))


def _send_all() -> None:
    db.session.execute(
        sa.update(Letter)
        .where(Letter.kind == LetterKind.MAILING, Letter.state == "pending")
        .values(state="sent")
    )


def test_it_reaches_those_of_everything_and_of_its_topic(centre: Centre, host: Staff) -> None:
    topic, other = make_topic(centre), make_topic(centre)
    for name, topic_ids in (("all", []), ("topic", [topic.id, other.id]), ("other", [other.id])):
        subscribe(centre, email=f"{name}@home.example", topic_ids=topic_ids)
    event = make_event(centre, host, topic_id=topic.id)
    shown = mailing_progress.load(event, NOW).audience
    assert (shown.of_everything, shown.of_topic, shown.topic) == (1, 1, topic.titles)
    assert told(event) == ["all@home.example", "topic@home.example"]


def test_an_event_without_a_topic_reaches_those_of_everything_only(centre: Centre, event: GroupEvent) -> None:
    subscribe(centre, topic_ids=[make_topic(centre).id])
    subscribe(centre, email="all@home.example")
    assert told(event) == ["all@home.example"]


def test_nobody_gets_it_who_did_not_say_yes_who_left_or_who_is_of_another_centre(
    centre: Centre, event: GroupEvent
) -> None:
    subscribing.ask(centre, subscribing.Wished("pending@home.example", "ru", consent=True), NOW)
    subscribing.leave(subscribe(centre), NOW)
    subscribe(make_centre())
    with pytest.raises(NobodySubscribed):
        begin(event)


def test_who_takes_part_already_is_not_invited_but_who_gave_the_seat_back_is(
    centre: Centre, event: GroupEvent
) -> None:
    for name in ("seated", "gone", "new"):
        subscribe(centre, email=f"{name}@home.example")
    register(event, email="seated@home.example")
    registrations.give_back(register(event, email="gone@home.example"), NOW)
    assert told(event) == ["gone@home.example", "new@home.example"]


def test_letters_are_written_in_batches_and_no_further_ahead_than_one(
    centre: Centre, event: GroupEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "BATCH", 3)
    people = [subscribe(centre) for _ in range(7)]
    mailing = begin(event)
    assert mailings.write_batch(mailing.id, NOW)
    assert (len(recipients()), mailing.last_subscriber_id) == (3, people[2].id)
    assert not mailings.write_batch(mailing.id, NOW)  # nothing of it is sent yet
    shown = mailing_progress.load(event, NOW).progress
    assert shown is not None and (shown.waiting, shown.total) == (7, 7)
    while mailing.state == "sending":
        _send_all()
        mailings.write_batch(mailing.id, NOW)
    assert recipients() == [person.email for person in people]
    assert (mailing.state, mailing.finished_at) == ("done", NOW)


def test_it_is_done_only_when_nothing_waits_any_more(centre: Centre, event: GroupEvent) -> None:
    subscribe(centre)
    mailing = begin(event)
    mailings.write_batch(mailing.id, NOW)
    mailings.write_batch(mailing.id, NOW)
    assert mailing.state == "sending"
    _send_all()
    mailings.write_batch(mailing.id, NOW)
    assert mailing.state == "done"


def test_an_event_is_told_once_and_again_only_with_a_new_date(
    centre: Centre, host: Staff, event: GroupEvent
) -> None:
    subscribe(centre)
    told(event)
    mailings.write_batch(mailings.find(event).id, NOW)
    with pytest.raises(AlreadyTold):
        begin(event)
    meeting, later = group_events.meetings(event)[0], THURSDAY_NINE + DAY
    event_changes.move(centre, event, [Move(meeting, later)], NOW + timedelta(minutes=1), staff_id=host.id)
    again = mailings.begin(event, NOW + timedelta(minutes=2), staff_id=host.id)
    mailings.write_batch(again.id, NOW)
    facts = db.session.scalars(sa.select(Letter.facts).where(Letter.mailing_id == again.id)).all()
    assert facts == [{"is_new_time": True}]


def test_pressed_twice_it_is_begun_once(centre: Centre, event: GroupEvent) -> None:
    subscribe(centre)
    begin(event)
    with pytest.raises(WrongState):
        begin(event)


@pytest.mark.parametrize("what", ["draft", "cancelled", "past"])
def test_what_nobody_can_register_for_is_told_to_nobody(centre: Centre, host: Staff, what: str) -> None:
    subscribe(centre)
    event = make_event(centre, host, announced=what != "draft")
    if what == "cancelled":
        event_changes.cancel(event, NOW, staff_id=host.id)
    with pytest.raises(EventOver):
        mailings.begin(event, THURSDAY_NINE if what == "past" else NOW, staff_id=host.id)


def test_a_paused_mailing_writes_nothing_until_it_goes_on(centre: Centre, event: GroupEvent) -> None:
    subscribe(centre)
    mailing = begin(event)
    mailings.pause(mailing, NOW, staff_id=event.created_by)
    assert not mailings.write_batch(mailing.id, NOW)
    mailings.go_on(mailing, NOW, staff_id=event.created_by)
    assert mailings.write_batch(mailing.id, NOW)


def test_a_stopped_mailing_drops_what_was_not_sent(centre: Centre, event: GroupEvent) -> None:
    subscribe(centre)
    mailing = begin(event)
    mailings.write_batch(mailing.id, NOW)
    mailings.stop(mailing, NOW, staff_id=event.created_by)
    assert db.session.scalars(sa.select(Letter.state).where(Letter.mailing_id == mailing.id)).all() == [
        "dropped"
    ]
    with pytest.raises(WrongState):
        mailings.go_on(mailing, NOW, staff_id=event.created_by)


def test_a_mailing_ends_with_its_event(centre: Centre, event: GroupEvent) -> None:
    subscribe(centre)
    mailing = begin(event)
    mailings.write_batch(mailing.id, NOW)
    event_changes.cancel(event, NOW, staff_id=event.created_by)
    mailings.write_batch(mailing.id, NOW)
    assert mailing.state == "stopped"
    assert db.session.scalars(sa.select(Letter.state).where(Letter.mailing_id == mailing.id)).all() == [
        "dropped"
    ]


@pytest.mark.parametrize(
    ("decide", "state", "letter"),
    [(mailings.send_again, "sending", LetterState.PENDING), (mailings.let_be, "done", LetterState.DROPPED)],
)
def test_a_person_decides_about_letters_in_doubt(
    centre: Centre, event: GroupEvent, decide: object, state: str, letter: LetterState
) -> None:
    subscribe(centre)
    told(event)
    mailing = mailings.find(event)
    mailings.write_batch(mailing.id, NOW)
    in_doubt = sa.update(Letter).where(Letter.mailing_id == mailing.id).values(state=LetterState.UNCERTAIN)
    db.session.execute(in_doubt)
    decide(mailing, NOW, staff_id=event.created_by)  # type: ignore[operator]
    assert mailing.state == state
    assert db.session.scalars(sa.select(Letter.state).where(Letter.mailing_id == mailing.id)).one() == letter


def test_thirty_days_later_the_letters_are_gone_and_their_numbers_stay(
    centre: Centre, event: GroupEvent
) -> None:
    for _ in range(3):
        subscribe(centre)
    told(event)
    mailings.write_batch(mailings.find(event).id, NOW)
    assert mailings.clear_due(NOW + 29 * DAY) == 0
    assert mailings.clear_due(NOW + 30 * DAY) == 1
    assert recipients() == []
    assert mailings.clear_due(NOW + 31 * DAY) == 0
    shown = mailing_progress.load(event, NOW).progress
    assert shown is not None and (shown.state, shown.sent, shown.total) == ("done", 3, 3)
