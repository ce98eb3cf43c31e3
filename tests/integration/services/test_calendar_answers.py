"""Answers of calendars: each changes an own part, and nothing that a person must decide."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from calendars import replies
from tests.calendar_replies import written
from tests.factories import (
    NOW,
    THURSDAY_NINE,
    make_centre,
    make_consultation,
    make_deputy,
    make_event,
    make_specialist,
    register,
)
from webapp.models import (
    AuditRecord,
    Centre,
    Consultation,
    ConsultationSpecialist,
    HelpRequest,
    Letter,
    Participation,
    Registration,
    Staff,
    db,
)
from webapp.rules.inbox import MailKind
from webapp.rules.letters import LetterKind
from webapp.services.consultations import cancelling
from webapp.services.mail import calendar_answers
from webapp.services.mail.calendar_answers import Taken

pytestmark = pytest.mark.usefixtures("app")

FRIDAY = "20261127T090000"


@pytest.fixture
def centre() -> Centre:
    centre = make_centre()
    make_deputy(centre)
    return centre


@pytest.fixture
def specialist(centre: Centre) -> Staff:
    return make_specialist(centre)


@pytest.fixture
def consultation(centre: Centre, specialist: Staff) -> Consultation:
    consultation = make_consultation(centre, specialist)
    request_of(consultation).email_confirmed_at = NOW
    db.session.commit()
    return consultation


def request_of(consultation: Consultation) -> HelpRequest:
    return db.session.get_one(HelpRequest, consultation.help_request_id)


def part_of(consultation: Consultation) -> Participation:
    db.session.expire_all()
    return db.session.scalars(
        sa.select(Participation).where(Participation.consultation_id == consultation.id)
    ).one()


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%SZ")


def reply(consultation: Consultation, *, now: datetime = NOW, sender: str = "", **values: Any) -> Taken:
    """The family's calendar answers."""
    email = request_of(consultation).email or ""
    told = {"uid": part_of(consultation).uid, "attendee": email, "stamp": stamp(now), **values}
    taken = calendar_answers.take(replies.read(written(**told)), sender or told["attendee"], now)
    db.session.commit()
    return taken


def letters(kind: LetterKind) -> list[Letter]:
    return list(db.session.scalars(sa.select(Letter).where(Letter.kind == kind).order_by(Letter.id)))


def actions(consultation: Consultation) -> list[str]:
    return [
        action
        for action in db.session.scalars(
            sa.select(AuditRecord.action)
            .where(AuditRecord.consultation_id == consultation.id)
            .order_by(AuditRecord.id)
        )
        if "answer" in action
    ]


@pytest.mark.parametrize("partstat", ["ACCEPTED", "TENTATIVE"])
def test_a_yes_is_noted_and_asks_for_nothing(consultation: Consultation, partstat: str) -> None:
    taken = reply(consultation, partstat=partstat)
    assert taken.kind is MailKind.ANSWERED
    assert part_of(consultation).answer == partstat.lower()
    assert actions(consultation) == [f"answer.{partstat.lower()}"]
    assert letters(LetterKind.CALENDAR_ANSWER) == []


def test_a_no_of_a_family_changes_no_date_and_tells_where_to_decide(consultation: Consultation) -> None:
    taken = reply(consultation, partstat="DECLINED")
    assert (taken.kind, taken.participation_id) == (MailKind.DECLINED, part_of(consultation).id)
    assert (consultation.state, consultation.starts_at) == ("planned", THURSDAY_NINE)
    assert part_of(consultation).state == "confirmed"
    (letter,) = letters(LetterKind.CALENDAR_ANSWER)
    assert (letter.recipient, letter.facts["proposed"]) == (request_of(consultation).email, "")


def test_an_unconfirmed_address_gets_no_further_letter(consultation: Consultation) -> None:
    request_of(consultation).email_confirmed_at = None
    db.session.commit()
    assert reply(consultation, partstat="DECLINED").kind is MailKind.DECLINED
    assert letters(LetterKind.CALENDAR_ANSWER) == []


def test_a_proposed_time_moves_nothing(consultation: Consultation) -> None:
    taken = reply(consultation, style="outlook", method="COUNTER", partstat="TENTATIVE", start=FRIDAY)
    friday = THURSDAY_NINE + timedelta(days=1)
    assert (taken.kind, taken.proposed_starts_at) == (MailKind.PROPOSED, friday)
    assert (consultation.starts_at, consultation.calendar_sequence) == (THURSDAY_NINE, 0)
    assert part_of(consultation).answer == "tentative"
    (letter,) = letters(LetterKind.CALENDAR_ANSWER)
    assert letter.facts["proposed"] == friday.isoformat()


def test_the_same_answer_again_is_nothing_new(consultation: Consultation) -> None:
    reply(consultation, partstat="DECLINED")
    again = reply(consultation, partstat="DECLINED", now=NOW + timedelta(minutes=1))
    assert again.kind is MailKind.OUTDATED
    assert len(letters(LetterKind.CALENDAR_ANSWER)) == 1
    assert actions(consultation) == ["answer.declined"]


def test_an_answer_that_was_overtaken_changes_nothing(consultation: Consultation) -> None:
    reply(consultation, partstat="DECLINED", now=NOW + timedelta(minutes=2))
    late = reply(consultation, partstat="ACCEPTED", stamp=stamp(NOW + timedelta(minutes=1)))
    assert late.kind is MailKind.OUTDATED
    assert part_of(consultation).answer == "declined"


def test_a_wrong_clock_does_not_shut_out_what_is_answered_later(consultation: Consultation) -> None:
    reply(consultation, partstat="ACCEPTED", stamp="20991231T000000Z")
    later = reply(consultation, partstat="DECLINED", now=NOW + timedelta(minutes=1))
    assert later.kind is MailKind.DECLINED


def test_an_answer_to_an_earlier_time_says_nothing_of_the_new_one(consultation: Consultation) -> None:
    consultation.calendar_sequence = 1
    db.session.commit()
    assert reply(consultation, partstat="DECLINED", sequence=0).kind is MailKind.OUTDATED
    assert part_of(consultation).answer is None
    assert reply(consultation, partstat="ACCEPTED", sequence=1).kind is MailKind.ANSWERED


def test_a_sequence_that_nobody_gave_shuts_nothing_out(consultation: Consultation) -> None:
    reply(consultation, partstat="ACCEPTED", sequence=2_000_000_000)
    assert part_of(consultation).answer_sequence == 0


@pytest.mark.parametrize("who", ["sender", "attendee"])
def test_nobody_answers_for_another(consultation: Consultation, who: str) -> None:
    taken = reply(consultation, partstat="DECLINED", **{who: "stranger@home.example"})
    assert taken.kind is MailKind.FOREIGN
    assert part_of(consultation).answer is None


def test_a_stranger_with_the_right_uid_changes_nothing(consultation: Consultation) -> None:
    stranger = {"attendee": "stranger@home.example", "sender": "stranger@home.example"}
    assert reply(consultation, partstat="DECLINED", **stranger).kind is MailKind.FOREIGN
    assert part_of(consultation).answer is None


def test_an_unknown_uid_is_foreign(consultation: Consultation) -> None:
    assert reply(consultation, uid="nothing@kenes.example").kind is MailKind.FOREIGN


def test_the_letters_of_an_address_count_compared_without_case(consultation: Consultation) -> None:
    email = (request_of(consultation).email or "").upper()
    assert reply(consultation, attendee=email, sender=email.lower()).kind is MailKind.ANSWERED


def test_what_is_cancelled_or_over_takes_no_answer(consultation: Consultation) -> None:
    assert reply(consultation, now=consultation.ends_at).kind is MailKind.OUTDATED
    cancelling.cancel_by_family(request_of(consultation), consultation, NOW)
    assert reply(consultation, sequence=5).kind is MailKind.OUTDATED


def test_data_that_are_blocked_take_no_answer(consultation: Consultation) -> None:
    request_of(consultation).blocked_at = NOW
    db.session.commit()
    assert reply(consultation, partstat="DECLINED").kind is MailKind.OUTDATED
    assert part_of(consultation).answer is None


# --- Specialists ------------------------------------------------------------------------------------------


def staff_reply(consultation: Consultation, person: Staff, *, now: datetime = NOW, **values: Any) -> Taken:
    told = {"uid": consultation.uid, "attendee": person.email, "stamp": stamp(now), **values}
    taken = calendar_answers.take(replies.read(written(**told)), person.email, now)
    db.session.commit()
    return taken


def answer_of(consultation: Consultation, person: Staff) -> str | None:
    db.session.expire_all()
    return db.session.get_one(ConsultationSpecialist, (consultation.id, person.id)).answer


def test_a_specialist_answers_for_the_own_part(consultation: Consultation, specialist: Staff) -> None:
    assert staff_reply(consultation, specialist, partstat="DECLINED").kind is MailKind.ANSWERED
    assert answer_of(consultation, specialist) == "declined"
    assert part_of(consultation).answer is None
    assert actions(consultation) == ["staff_answer.declined"]


def test_of_two_answers_of_a_specialist_the_later_counts(
    consultation: Consultation, specialist: Staff
) -> None:
    staff_reply(consultation, specialist, partstat="ACCEPTED", now=NOW + timedelta(minutes=2))
    late = staff_reply(consultation, specialist, partstat="DECLINED", stamp=stamp(NOW))
    assert late.kind is MailKind.OUTDATED
    assert answer_of(consultation, specialist) == "accepted"


def test_a_colleague_who_does_not_hold_it_answers_nothing(centre: Centre, consultation: Consultation) -> None:
    assert staff_reply(consultation, make_deputy(centre)).kind is MailKind.FOREIGN


# --- Groups -----------------------------------------------------------------------------------------------


def seat_of(registration: Registration) -> Participation:
    db.session.expire_all()
    return db.session.scalars(
        sa.select(Participation)
        .where(Participation.registration_id == registration.id)
        .order_by(Participation.id)
        .limit(1)
    ).one()


def group_reply(registration: Registration, **values: Any) -> Taken:
    seat = seat_of(registration)
    told = {"uid": seat.uid, "attendee": registration.email, "sequence": seat.calendar_sequence, **values}
    taken = calendar_answers.take(replies.read(written(**told)), registration.email or "", NOW)
    db.session.commit()
    return taken


def test_a_no_gives_the_seat_in_a_group_to_the_next(centre: Centre, specialist: Staff) -> None:
    event = make_event(centre, specialist, capacity=1)
    first, second = register(event), register(event)
    assert group_reply(first, partstat="DECLINED").kind is MailKind.ANSWERED
    db.session.expire_all()
    assert (first.state, second.state) == ("withdrawn", "seated")
    assert [letter.registration_id for letter in letters(LetterKind.SEAT_GIVEN_BACK)] == [first.id]
    assert [letter.registration_id for letter in letters(LetterKind.SEAT_FREED)] == [second.id]


def test_the_same_no_again_takes_no_second_seat(centre: Centre, specialist: Staff) -> None:
    event = make_event(centre, specialist, capacity=1)
    first, second = register(event), register(event)
    group_reply(first, partstat="DECLINED")
    again = group_reply(first, partstat="DECLINED", stamp="20261124T070000Z")
    assert again.kind is MailKind.OUTDATED
    db.session.expire_all()
    assert second.state == "seated"
    assert len(letters(LetterKind.SEAT_GIVEN_BACK)) == 1


def test_a_no_to_one_date_of_a_course_keeps_the_others(centre: Centre, specialist: Staff) -> None:
    event = make_event(centre, specialist, starts=[THURSDAY_NINE, THURSDAY_NINE + timedelta(days=7)])
    person = register(event)
    group_reply(person, partstat="DECLINED")
    db.session.expire_all()
    states = db.session.scalars(sa.select(Participation.state).order_by(Participation.id)).all()
    assert (person.state, states) == ("seated", ["withdrawn", "confirmed"])


def test_a_yes_of_a_participant_is_noted(centre: Centre, specialist: Staff) -> None:
    person = register(make_event(centre, specialist))
    assert group_reply(person, partstat="ACCEPTED").kind is MailKind.ANSWERED
    assert seat_of(person).answer == "accepted"
