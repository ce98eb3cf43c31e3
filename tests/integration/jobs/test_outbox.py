"""Delivery against a server that answers by a script: who gets what, when, and how often."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from flask import Flask

from tests.factories import (
    NOW,
    THURSDAY_NINE,
    ask,
    make_centre,
    make_consultation,
    make_deputy,
    make_specialist,
)
from tests.integration.jobs.conftest import DROP, Server, Sink
from webapp.jobs import outbox
from webapp.jobs.tasks import deliver_due
from webapp.letters import kept
from webapp.models import CallTask, Centre, HelpRequest, Letter, Pulse, db
from webapp.rules import letters as rules
from webapp.rules.letters import LetterKind, LetterState
from webapp.services.consultations import cancelling
from webapp.services.mail.correspondence import tell_family

pytestmark = pytest.mark.usefixtures("app")

PHONE = "+79161234567"
HOUR = timedelta(hours=1)


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def families(centre: Centre) -> list[HelpRequest]:
    """Three families that asked: a letter waits for each."""
    names = ("anna", "bolat", "clara")
    asked = [ask(centre, email=f"{name}@home.example", phone=PHONE).request for name in names]
    db.session.commit()
    return asked


def letters(kind: LetterKind = LetterKind.RECEIVED) -> list[Letter]:
    db.session.rollback()
    found = db.session.scalars(sa.select(Letter).where(Letter.kind == kind).order_by(Letter.id)).all()
    db.session.rollback()
    return list(found)


def states() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Letter.state).order_by(Letter.id)))


@pytest.mark.usefixtures("families")
def test_letters_are_delivered_over_one_connection_and_marked(sink: Sink) -> None:
    assert deliver_due() is False
    assert sink.recipients() == ["anna@home.example", "bolat@home.example", "clara@home.example"]
    assert sink.connections == 1
    for letter, received in zip(letters(), sink.received, strict=True):
        assert letter.state == LetterState.SENT
        assert letter.message_id == received.message_id
        assert letter.sent_at == NOW
        assert letter.attempts == 1
        assert letter.server_reply == "250 accepted"
        assert "/f/…" in letter.sent_text and letter.sent_subject
        assert letter.lease is None and letter.leased_until is None


@pytest.mark.usefixtures("families")
def test_a_second_round_sends_nothing_again(sink: Sink) -> None:
    deliver_due()
    deliver_due()
    assert len(sink.received) == 3


@pytest.mark.usefixtures("families", "sink")
def test_a_full_batch_says_that_there_may_be_more(sink: Sink) -> None:
    assert deliver_due(limit=2) is True
    assert len(sink.received) == 2
    assert deliver_due(limit=2) is False
    assert len(sink.received) == 3


@pytest.mark.usefixtures("families")
def test_what_is_due_later_waits(sink: Sink, clock: Any) -> None:
    db.session.execute(sa.update(Letter).values(due_at=NOW + timedelta(hours=1)))
    db.session.commit()
    deliver_due()
    assert not sink.received
    clock.move_to(NOW + timedelta(hours=1))
    deliver_due()
    assert len(sink.received) == 3


@pytest.mark.usefixtures("families")
@pytest.mark.parametrize("answer", ["450 mailbox busy", "451 greylisted", "421 too many letters"])
def test_a_temporary_refusal_is_tried_again_later(sink: Sink, clock: Any, answer: str) -> None:
    sink.answers["bolat@home.example"] = [answer] * 2  # 421 is asked again at once on a new connection
    deliver_due()
    assert sink.recipients() == ["anna@home.example", "clara@home.example"]
    waiting = letters()[1]
    assert waiting.state == LetterState.PENDING
    assert waiting.leased_until == NOW + rules.retry_after(1)
    sink.answers.clear()
    deliver_due()
    assert len(sink.received) == 2
    clock.move_to(waiting.leased_until)
    deliver_due()
    assert sink.recipients()[-1] == "bolat@home.example"
    assert sink.received[-1].message_id == waiting.message_id


@pytest.mark.usefixtures("families")
def test_a_connection_that_the_server_has_closed_is_made_anew_at_once(sink: Sink) -> None:
    sink.answers["bolat@home.example"] = ["421 enough for one connection"]
    deliver_due()
    assert states() == ["sent"] * 3
    assert sink.connections == 2
    assert [letter.attempts for letter in letters()] == [1, 1, 1]


@pytest.mark.usefixtures("families")
def test_a_refusal_for_good_ends_the_letter_and_tells_the_office_to_call(sink: Sink) -> None:
    sink.answers["bolat@home.example"] = ["550 bolat@home.example: no such user"]
    deliver_due()
    assert states() == ["sent", "failed", "sent"]
    failed = letters()[1]
    assert failed.server_reply == "550 <the recipient>: no such user"
    (call,) = db.session.scalars(sa.select(CallTask)).all()
    assert call.help_request_id == failed.help_request_id
    assert call.because_mail_failed
    assert call.kind == LetterKind.RECEIVED
    deliver_due()
    assert len(sink.received) == 2


def test_a_refusal_of_the_content_ends_the_letter_too(sink: Sink, families: list[HelpRequest]) -> None:
    sink.after_data[families[0].email or ""] = ["554 looks like spam"]
    deliver_due()
    assert states() == ["failed", "sent", "sent"]


def test_an_answer_that_did_not_arrive_was_no_answer(sink: Sink, centre: Centre) -> None:
    specialist = make_specialist(centre)
    consultation = make_consultation(centre, specialist, email="anna@home.example", phone=PHONE)
    request = db.session.get_one(HelpRequest, consultation.help_request_id)
    assert request.answered_at is not None
    db.session.commit()
    sink.answers["anna@home.example"] = ["250 fine", "550 no such user"]  # received, then confirmed
    deliver_due()
    db.session.rollback()
    assert request.answered_at is None and request.days_late is None
    assert [call.kind for call in db.session.scalars(sa.select(CallTask))] == [LetterKind.CONFIRMED]


def test_an_earlier_answer_still_counts(sink: Sink, centre: Centre, clock: Any) -> None:
    make_deputy(centre)
    request = ask(centre, email="anna@home.example", phone=PHONE).request
    request.answered_at = NOW - timedelta(hours=3)  # times had been offered before
    tell_family(request, LetterKind.DECLINED, {"reason": "Причина", "advice": ""}, NOW, occasion="1")
    request.state = "declined"
    db.session.commit()
    sink.answers["anna@home.example"] = ["550 no such user"]
    deliver_due()
    db.session.rollback()
    assert request.answered_at == NOW - timedelta(hours=3)


@pytest.mark.usefixtures("families")
def test_a_connection_lost_during_data_is_tried_again_with_the_same_id(sink: Sink, clock: Any) -> None:
    sink.after_data["anna@home.example"] = [DROP]
    deliver_due()
    assert sink.recipients() == ["bolat@home.example", "clara@home.example"]
    assert sink.connections == 2
    clock.move_to(NOW + rules.retry_after(1))
    deliver_due()
    assert sink.received[-1].message_id == letters()[0].message_id
    assert states() == ["sent"] * 3


@pytest.mark.usefixtures("families")
def test_while_the_server_is_away_nothing_is_lost(server: Server, clock: Any) -> None:
    server.stop()
    moment = NOW
    for _ in range(20):  # two hours and more
        assert deliver_due() is False
        moment += timedelta(minutes=9)
        clock.move_to(moment)
    assert states() == ["pending"] * 3
    server.start()
    deliver_due()
    assert len(server.sink.received) == 3


def test_after_the_return_nothing_stale_is_told(server: Server, centre: Centre, clock: Any) -> None:
    consultation = make_consultation(centre, make_specialist(centre), email="anna@home.example")
    request = db.session.get_one(HelpRequest, consultation.help_request_id)
    db.session.commit()
    server.stop()
    for minutes in (0, 1, 5):
        clock.move_to(NOW + timedelta(minutes=minutes))
        deliver_due()
    cancelling.cancel_by_family(request, consultation, NOW + timedelta(minutes=6))
    db.session.commit()
    clock.move_to(NOW + timedelta(minutes=20))
    server.start()
    deliver_due()
    assert {
        letter.kind: letter.state for letter in _of("anna@home.example") if letter.due_at < NOW + HOUR
    } == {
        LetterKind.RECEIVED: LetterState.DROPPED,
        LetterKind.CONFIRMED: LetterState.DROPPED,
        LetterKind.CANCELLED_BY_FAMILY: LetterState.SENT,
    }


def test_after_the_return_each_person_reads_in_order(server: Server, centre: Centre, clock: Any) -> None:
    make_consultation(centre, make_specialist(centre), email="anna@home.example")
    db.session.commit()
    server.stop()
    deliver_due()
    clock.move_to(NOW + timedelta(minutes=2))
    tell_family(
        db.session.scalars(sa.select(HelpRequest)).one(),
        LetterKind.NEW_LINK,
        {},
        NOW + timedelta(minutes=2),
        occasion="1",
    )
    db.session.commit()
    server.start()
    deliver_due()
    told = [received.message_id for received in server.sink.received if "anna" in received.recipient]
    kinds = [letter.kind for letter in _of("anna@home.example") if letter.state == LetterState.SENT]
    assert kinds == [LetterKind.RECEIVED, LetterKind.CONFIRMED, LetterKind.NEW_LINK]
    assert told == [letter.message_id for letter in _of("anna@home.example")[:3]]


def _of(recipient: str) -> list[Letter]:
    db.session.rollback()
    return list(
        db.session.scalars(
            sa.select(Letter).where(Letter.recipient == recipient).order_by(Letter.due_at, Letter.id)
        )
    )


def test_nobody_reads_the_later_letter_first(sink: Sink, centre: Centre, clock: Any) -> None:
    make_consultation(centre, make_specialist(centre), email="anna@home.example")
    make_consultation(
        centre,
        make_specialist(centre),
        email="bolat@home.example",
    )
    db.session.commit()
    sink.answers["anna@home.example"] = ["450 busy"]
    deliver_due()
    assert "anna@home.example" not in sink.recipients()
    assert sink.recipients().count("bolat@home.example") == 2
    sink.received.clear()
    deliver_due()
    assert not sink.received
    clock.move_to(NOW + rules.retry_after(1))
    deliver_due()
    assert [letter.message_id for letter in _of("anna@home.example")[:2]] == [
        received.message_id for received in sink.received
    ]


def test_a_reminder_of_what_was_cancelled_is_dropped(sink: Sink, centre: Centre, clock: Any) -> None:
    consultation = make_consultation(centre, make_specialist(centre), email="anna@home.example")
    db.session.commit()
    deliver_due()
    request = db.session.get_one(HelpRequest, consultation.help_request_id)
    cancelling.cancel_by_family(request, consultation, NOW)
    db.session.commit()
    deliver_due()
    sink.received.clear()
    clock.move_to(THURSDAY_NINE - timedelta(days=1))
    deliver_due()
    assert "anna@home.example" not in sink.recipients()
    assert [letter.state for letter in letters(LetterKind.DAY_BEFORE)] == [LetterState.DROPPED]


class Killed(BaseException):
    """The worker's process is gone."""


@pytest.mark.usefixtures("families")
def test_a_crash_repeats_only_what_was_in_flight(
    sink: Sink, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked = outbox._sent

    def die_at_the_second(letter: outbox.Claimed, *rest: Any) -> bool:
        if letter.recipient == "bolat@home.example":
            raise Killed
        return marked(letter, *rest)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(outbox, "_sent", die_at_the_second)
        deliver_due()
    db.session.remove()
    assert states() == ["sent", "sending", "pending"]
    deliver_due()
    assert len(sink.received) == 2  # the lease of the dead worker still holds
    clock.move_to(NOW + outbox.LEASE)
    deliver_due()
    assert sink.recipients() == [f"{name}@home.example" for name in ("anna", "bolat", "bolat", "clara")]
    assert sink.received[1].message_id == sink.received[2].message_id
    assert states() == ["sent"] * 3


@pytest.mark.usefixtures("families")
def test_a_poisonous_letter_delays_nobody_and_ends_within_a_minute(
    sink: Sink, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    composed = outbox.compose

    def explode(letter: Letter, now: Any) -> Any:
        if letter.recipient == "anna@home.example":
            raise RuntimeError("anna@home.example is poison")
        return composed(letter, now)

    monkeypatch.setattr(outbox, "compose", explode)
    with structlog.testing.capture_logs() as logs:
        deliver_due()
        assert sink.recipients() == ["bolat@home.example", "clara@home.example"]
        for seconds in (20, 40, 60):
            clock.move_to(NOW + timedelta(seconds=seconds))
            deliver_due()
    assert states() == ["failed", "sent", "sent"]
    assert letters()[0].server_reply == "RuntimeError while it was written"
    assert "letter.failed" in [entry["event"] for entry in logs]
    assert "anna" not in str(logs)


@pytest.mark.usefixtures("families")
def test_after_hours_of_trying_the_letter_is_given_up(sink: Sink, clock: Any) -> None:
    sink.answers["anna@home.example"] = ["450 busy"] * 100
    moment = NOW
    while states()[0] == "pending":
        deliver_due()
        moment += timedelta(minutes=9)
        clock.move_to(moment)
    assert states()[0] == "failed"
    assert timedelta(hours=4) <= moment - NOW <= timedelta(hours=8)


@pytest.mark.usefixtures("families")
def test_two_workers_never_hold_the_same_letter(sink: Sink) -> None:
    first = outbox.claim(outbox._due, 2, NOW)
    second = outbox.claim(outbox._due, 2, NOW)
    assert [len(first), len(second)] == [2, 1]
    assert not {letter.id for letter in first} & {letter.id for letter in second}
    db.session.execute(sa.update(Letter).where(Letter.id == first[0].id).values(lease="of another"))
    db.session.commit()
    with outbox.transport() as way:
        outbox._deliver(first, way)
    assert sink.recipients() == [first[1].recipient]


@pytest.mark.usefixtures("families")
def test_without_a_mail_server_a_demonstration_keeps_what_it_would_send(
    app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setitem(app.config, "DEMO", True)
    monkeypatch.setitem(app.config, "DATA_DIR", tmp_path)
    deliver_due()
    assert states() == ["sent"] * 3
    shown = kept.kept_letters()
    assert sorted(letter.recipient for letter in shown) == [
        "anna@home.example", "bolat@home.example", "clara@home.example",
    ]  # fmt: skip
    assert "/f/" in shown[0].html and "/f/…" not in shown[0].text
    assert kept.kept_letter(0) is None


@pytest.mark.usefixtures("families")
def test_no_log_line_names_anybody(sink: Sink, server: Server) -> None:
    sink.answers["anna@home.example"] = ["550 anna@home.example unknown"]
    sink.answers["bolat@home.example"] = ["450 bolat@home.example later"]
    with structlog.testing.capture_logs() as logs:
        deliver_due()
        server.stop()
        deliver_due()
    assert logs
    assert "@" not in str(logs)


@pytest.mark.usefixtures("families", "sink")
def test_the_pulse_is_felt() -> None:
    deliver_due()
    assert db.session.get_one(Pulse, "deliver_due").at == NOW


@pytest.mark.parametrize("answer", ["550 5.7.1 we know you not", "530 sign in first"])
def test_a_server_that_refuses_us_is_no_fault_of_the_recipient(
    sink: Sink, families: list[HelpRequest], monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    async def handle_mail(_sink: Sink, *_: Any) -> str:
        return answer

    monkeypatch.setattr(Sink, "handle_MAIL", handle_mail, raising=False)
    deliver_due()
    assert states() == ["pending"] * len(families)
    assert "the sender was refused" in letters()[0].server_reply


def test_a_value_that_the_database_refuses_is_a_fault_of_its_letter(
    families: list[HelpRequest], sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    composed = outbox.compose

    def refused(letter: Letter, now: Any) -> Any:
        if letter.recipient == "anna@home.example":
            raise sa.exc.DataError("SELECT 1", {}, Exception("out of range"))
        return composed(letter, now)

    monkeypatch.setattr(outbox, "compose", refused)
    deliver_due()
    assert states() == ["pending", "sent", "sent"]
    assert letters()[0].server_reply == "DataError while it was written"


def test_a_database_that_is_away_is_not_the_letters_fault(
    families: list[HelpRequest], sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> Any:
        raise sa.exc.OperationalError("SELECT 1", {}, Exception("away"))

    monkeypatch.setattr(outbox, "compose", away)
    with pytest.raises(sa.exc.OperationalError):
        deliver_due()
    db.session.rollback()
    assert [letter.attempts for letter in letters()] == [0] * len(families)
