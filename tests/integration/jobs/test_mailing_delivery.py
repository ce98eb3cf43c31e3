"""Mailings on their way to the server: after everybody else, each letter once, a crash leaves doubt to a person."""

import multiprocessing
import os
import signal
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import NOW, ask, make_centre, make_event, make_specialist, subscribe
from tests.integration.jobs.conftest import DROP, Server, Sink
from webapp import links
from webapp.jobs import mailing as delivery
from webapp.jobs import outbox, tasks
from webapp.models import Centre, GroupEvent, Letter, Mailing, Subscriber, db
from webapp.models.base import table_of
from webapp.rules import letters as rules
from webapp.rules import mailings as mailing_rules
from webapp.rules.letters import LetterState
from webapp.services.mail import mailings, subscribing

pytestmark = pytest.mark.usefixtures("app")

NAMES = ("anna", "bolat", "clara")
MANY = 1000
KILLS = (120, 430, 700)  # letters that have arrived when the worker is killed


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def event(centre: Centre) -> GroupEvent:
    """An event whose own letters are out of the way."""
    event = make_event(centre, make_specialist(centre))
    db.session.execute(sa.delete(Letter))
    return event


@pytest.fixture
def mailing(centre: Centre, event: GroupEvent) -> Mailing:
    """A mailing to three subscribers, begun a moment ago."""
    for name in NAMES:
        subscribe(centre, email=f"{name}@home.example")
    db.session.execute(sa.delete(Letter))
    begun = mailings.begin(event, NOW, staff_id=event.created_by)
    db.session.commit()
    return begun


def deliver_all() -> None:
    while tasks.deliver_due():
        pass


def states() -> list[str]:
    db.session.rollback()
    return list(
        db.session.scalars(sa.select(Letter.state).where(Letter.kind == "mailing").order_by(Letter.id))
    )


def state_of(mailing_id: int) -> str:
    db.session.rollback()
    return db.session.execute(sa.select(Mailing.state).where(Mailing.id == mailing_id)).scalar_one()


def test_everybody_gets_one_letter_over_one_connection(mailing: Mailing, sink: Sink) -> None:
    deliver_all()
    assert sink.recipients() == [f"{name}@home.example" for name in NAMES]
    assert sink.connections == 1
    assert state_of(mailing.id) == "done"
    letters = db.session.scalars(sa.select(Letter).order_by(Letter.id)).all()
    for letter, received in zip(letters, sink.received, strict=True):
        assert (letter.state, letter.message_id) == (LetterState.SENT, received.message_id)
        assert (letter.sent_at, letter.attempts, letter.server_reply) == (NOW, 1, "250 accepted")
        assert letter.lease is None and letter.leased_until is None
        assert letter.sent_subject and "/m/…" in letter.sent_text


def test_an_address_that_is_refused_for_good_gets_no_further_letters(mailing: Mailing, sink: Sink) -> None:
    sink.answers["bolat@home.example"] = ["550 no such user"]
    sink.answers["clara@home.example"] = ["452 mailbox full"]
    deliver_all()
    subscribed = {row.email.split("@")[0]: row.state for row in db.session.scalars(sa.select(Subscriber))}
    assert subscribed == {"anna": "active", "bolat": "left", "clara": "active"}


def test_other_letters_go_first(mailing: Mailing, centre: Centre, sink: Sink) -> None:
    mailings.write_batch(mailing.id, NOW)
    db.session.commit()
    ask(centre, email="family@home.example", now=NOW)
    db.session.commit()
    deliver_all()
    assert sink.recipients()[0] == "family@home.example"
    assert len(sink.received) == 4


def test_a_mailing_gives_way_after_a_few_seconds(
    mailing: Mailing, centre: Centre, sink: Sink, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = sink.handle_DATA

    async def take_long(*arguments: Any) -> str:
        clock.move_to(NOW + delivery.TURN + timedelta(seconds=1))
        return await slow(*arguments)

    mailings.write_batch(mailing.id, NOW)
    db.session.commit()
    monkeypatch.setattr(sink, "handle_DATA", take_long)
    assert delivery.deliver_due() is True
    assert len(sink.received) == 1
    ask(centre, email="family@home.example", now=NOW)
    db.session.commit()
    deliver_all()
    assert [name.split("@")[0] for name in sink.recipients()] == ["anna", "family", "bolat", "clara"]


def test_a_paused_mailing_sends_nothing_more_and_goes_on_where_it_was(mailing: Mailing, sink: Sink) -> None:
    mailings.write_batch(mailing.id, NOW)
    db.session.commit()
    assert delivery.deliver_due(limit=1)
    mailings.pause(mailing, NOW, staff_id=mailing.created_by)
    db.session.commit()
    deliver_all()
    assert len(sink.received) == 1
    mailings.go_on(mailing, NOW, staff_id=mailing.created_by)
    db.session.commit()
    deliver_all()
    assert sink.recipients() == [f"{name}@home.example" for name in NAMES]


@pytest.mark.parametrize("action", [mailings.pause, mailings.stop])
def test_a_pause_or_a_stop_counts_for_the_letters_that_a_worker_holds_already(
    mailing: Mailing, sink: Sink, clock: Any, action: Any
) -> None:
    mailings.write_batch(mailing.id, NOW)
    db.session.commit()
    claimed = outbox.claim(delivery._due, 100, NOW)
    action(db.session.get_one(Mailing, mailing.id), NOW, staff_id=mailing.created_by)
    db.session.commit()
    with delivery.transport() as way:
        delivery._deliver(claimed, way)
    assert not sink.received
    assert len(claimed) == 3


def test_who_leaves_while_it_goes_out_gets_nothing_more(mailing: Mailing, sink: Sink) -> None:
    mailings.write_batch(mailing.id, NOW)
    subscribing.leave(
        db.session.scalars(sa.select(Subscriber).where(Subscriber.email == "bolat@home.example")).one(), NOW
    )
    db.session.commit()
    deliver_all()
    assert sink.recipients() == ["anna@home.example", "clara@home.example"]


def test_a_letter_cut_off_during_data_is_left_in_doubt(mailing: Mailing, sink: Sink, clock: Any) -> None:
    sink.after_data["bolat@home.example"] = [DROP]
    deliver_all()
    clock.move_to(NOW + timedelta(hours=1))
    deliver_all()
    assert sink.recipients() == ["anna@home.example", "clara@home.example"]
    assert states() == ["sent", "uncertain", "sent"]
    assert state_of(mailing.id) == "done"


def test_a_person_may_send_it_again(mailing: Mailing, sink: Sink) -> None:
    sink.after_data["bolat@home.example"] = [DROP]
    deliver_all()
    mailings.send_again(db.session.get_one(Mailing, mailing.id), NOW, staff_id=mailing.created_by)
    db.session.commit()
    deliver_all()
    assert sink.recipients()[-1] == "bolat@home.example"
    assert states() == ["sent"] * 3
    assert state_of(mailing.id) == "done"


def test_a_refused_address_fails_alone_and_a_busy_one_is_tried_again(
    mailing: Mailing, sink: Sink, clock: Any
) -> None:
    sink.answers["anna@home.example"] = ["550 no such user"]
    sink.answers["bolat@home.example"] = ["450 busy"]
    deliver_all()
    assert states() == ["failed", "pending", "sent"]
    assert state_of(mailing.id) == "sending"
    clock.move_to(NOW + rules.retry_after(1))
    deliver_all()
    assert states() == ["failed", "sent", "sent"]
    assert state_of(mailing.id) == "done"


def test_while_the_server_is_away_a_mailing_waits_and_writes_no_further(
    mailing: Mailing, centre: Centre, server: Server, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing_rules, "BATCH", 2)
    server.stop()
    for minutes in range(0, 60, 3):
        clock.move_to(NOW + timedelta(minutes=minutes))
        deliver_all()
    assert states() == ["pending"] * 2
    server.start()
    clock.move_to(NOW + timedelta(minutes=70))
    deliver_all()
    assert server.sink.recipients() == [f"{name}@home.example" for name in NAMES]


def test_a_letter_that_cannot_be_written_holds_nobody_up(
    mailing: Mailing, sink: Sink, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    composed = delivery.Stencils.compose

    def explode(stencils: Any, letter: Letter, now: Any) -> Any:
        if letter.recipient == "anna@home.example":
            raise RuntimeError("poison")
        return composed(stencils, letter, now)

    monkeypatch.setattr(delivery.Stencils, "compose", explode)
    for seconds in (0, 20, 40, 60):
        clock.move_to(NOW + timedelta(seconds=seconds))
        deliver_all()
    assert states() == ["failed", "sent", "sent"]


# --- Killed in the middle ------------------------------------------------------------------------------------


def work(database_url: str, folder: str, smtp_url: str, clock_file: str) -> None:
    """A worker of its own, until it is killed."""
    from tests.integration.conftest import settings_for
    from webapp.factory import create_app

    settings = settings_for(Path(folder), database_url, smtp_url=smtp_url, clock_file=Path(clock_file))
    app = create_app(settings)
    with app.app_context():
        while True:
            tasks.deliver_due()


def subscribe_many(centre: Centre, count: int) -> None:
    salts = [links.new_salt() for _ in range(count)]
    rows = [
        {
            "centre_id": centre.id,
            "email": f"reader{number}@home.example",
            "state": "active",
            "language": ("ru", "kk", "en")[number % 3],
            "salt": salt,
            "token_hash": links.fingerprint(links.token(links.SUBSCRIBER, salt)),
            "asked_at": NOW,
        }
        for number, salt in enumerate(salts)
    ]
    db.session.execute(sa.insert(table_of(Subscriber)), rows)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_killed_and_started_again_it_reaches_everybody_once_but_those_in_doubt(
    app: Flask, centre: Centre, event: GroupEvent, server: Server, clock: Any, tmp_path: Path
) -> None:
    subscribe_many(centre, MANY)
    mailing_id = mailings.begin(event, NOW, staff_id=event.created_by).id
    db.session.commit()
    settings = app.config["SETTINGS"]
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["webapp.factory", "tests.integration.conftest"])
    for place, arrived in enumerate(KILLS):
        # The lease of what the last worker held has run out by then.
        moment = NOW + 2 * place * outbox.LEASE
        clock_file = tmp_path / f"clock-{place}"
        clock_file.write_text(moment.isoformat())
        arguments = (settings.database_url, str(settings.data_dir), app.config["SMTP_URL"], str(clock_file))
        worker = context.Process(target=work, args=arguments, daemon=True)
        worker.start()
        while len(server.sink.received) < arrived:
            assert worker.is_alive()
            time.sleep(0.002)
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
    clock.move_to(NOW + 2 * len(KILLS) * outbox.LEASE)
    deliver_all()
    assert state_of(mailing_id) == "done"
    found = db.session.execute(
        sa.select(Letter.recipient, Letter.state).where(Letter.mailing_id == mailing_id)
    )
    by_state: dict[str, set[str]] = {state: set() for state in LetterState}
    for recipient, state in found:
        by_state[state].add(recipient)
    received = Counter(server.sink.recipients())
    assert set(received.values()) == {1}
    assert by_state[LetterState.SENT] <= received.keys()
    assert received.keys() - by_state[LetterState.SENT] <= by_state[LetterState.UNCERTAIN]
    assert len(by_state[LetterState.UNCERTAIN]) <= len(KILLS)
    assert len(by_state[LetterState.SENT]) + len(by_state[LetterState.UNCERTAIN]) == MANY
