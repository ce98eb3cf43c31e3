"""Every mail finds its place: an answer, a letter that came back, or the office's unread mail."""

from email.message import EmailMessage

import pytest
import sqlalchemy as sa
from flask import Flask

from tests import mail
from tests.factories import (
    NOW,
    ask,
    make_centre,
    make_consultation,
    make_event,
    make_specialist,
    register,
    subscribe,
)
from webapp.letters import received
from webapp.models import (
    CallTask,
    Centre,
    HelpRequest,
    InboxMail,
    Letter,
    Participation,
    Registration,
    db,
)
from webapp.rules.inbox import MailKind
from webapp.rules.letters import LetterKind
from webapp.services.mail import mailings, received_mail
from webapp.services.mail.correspondence import tell_family
from webapp.services.mail.received_mail import NotYet
from webapp.services.seats import registrations

PHONE = "+79161234567"


@pytest.fixture
def centre(app: Flask) -> Centre:
    make_centre()
    return make_centre()


def take(message: EmailMessage | bytes, *, whole: bool = True) -> MailKind:
    octets = message if isinstance(message, bytes) else message.as_bytes()
    octets = octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    kind = received_mail.take(received.read(octets, NOW, server=mail.SERVER, whole=whole), NOW)
    db.session.commit()
    return kind


def rows() -> list[InboxMail]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(InboxMail).order_by(InboxMail.id)))


def only() -> InboxMail:
    (row,) = rows()
    return row


def family(centre: Centre) -> tuple[HelpRequest, Participation]:
    consultation = make_consultation(centre, make_specialist(centre), phone=PHONE)
    db.session.commit()
    part = db.session.scalars(
        sa.select(Participation).where(Participation.consultation_id == consultation.id)
    ).one()
    return db.session.get_one(HelpRequest, consultation.help_request_id), part


def test_what_a_person_wrote_waits_for_the_office_of_its_centre(centre: Centre) -> None:
    take(mail.letter("Когда приём?", To=f"centre+{centre.slug}@kenes.example"))
    row = only()
    assert (row.kind, row.centre_id, row.handled_at) == (MailKind.OTHER, centre.id, None)
    assert (row.sender, row.subject, row.text) == ("family@home.example", "Вопрос", "Когда приём?")


@pytest.mark.parametrize(
    "to", ["centre@kenes.example", "centre+nobody@kenes.example", "centre+{}@evil.example"]
)
def test_mail_to_no_centre_is_for_the_administrator(centre: Centre, to: str) -> None:
    take(mail.letter(To=to.format(centre.slug)))
    assert only().centre_id is None


def test_where_there_is_one_centre_every_mail_is_its_own(app: Flask) -> None:
    centre = make_centre()
    take(mail.letter(To="centre@kenes.example"))
    assert only().centre_id == centre.id


def test_the_same_mail_counts_once(centre: Centre) -> None:
    message = mail.letter(Message_ID="<1@home.example>")
    take(message)
    take(b"Received: by another way\n" + message.as_bytes())
    assert len(rows()) == 1


def test_what_no_person_wrote_is_passed_over_without_a_word(centre: Centre) -> None:
    take(mail.letter("Я в отпуске", Auto_Submitted="auto-replied"))
    row = only()
    assert (row.kind, row.handled_at) == (MailKind.AUTOMATIC, NOW)
    assert row.sender == row.subject == row.text == ""


def test_an_answer_counts_also_when_a_program_sent_it_by_itself(centre: Centre) -> None:
    request, part = family(centre)
    message = mail.answer(attendee=request.email or "", uid=part.uid)
    message["Auto-Submitted"] = "auto-generated"
    assert take(message) is MailKind.ANSWERED
    assert only().centre_id == centre.id


def test_an_answer_whose_sender_nobody_vouches_for_changes_nothing(centre: Centre) -> None:
    request, part = family(centre)
    forged = mail.answer(attendee=request.email or "", uid=part.uid, partstat="DECLINED", verified=False)
    assert take(forged) is MailKind.UNVERIFIED
    db.session.refresh(part)
    assert part.answer is None
    assert only().handled_at is None


def test_a_field_that_the_sender_wrote_vouches_for_nothing(centre: Centre) -> None:
    request, part = family(centre)
    forged = mail.answer(attendee=request.email or "", uid=part.uid, partstat="DECLINED")
    ours = f"Authentication-Results: {mail.SERVER}; dkim=none; spf=fail smtp.mailfrom=evil.example\n"
    assert take(ours.encode() + forged.as_bytes()) is MailKind.UNVERIFIED


def test_an_invitation_from_outside_is_a_letter_like_others(centre: Centre) -> None:
    assert take(mail.answer(method="REQUEST")) is MailKind.OTHER


def test_what_a_no_says_waits_for_the_deputy_until_a_yes_takes_its_place(centre: Centre) -> None:
    request, part = family(centre)
    told = {"attendee": request.email or "", "uid": part.uid}
    take(mail.answer("outlook", **told, partstat="DECLINED", comment="Заболели"))
    row = only()
    assert (row.kind, row.participation_id, row.text) == (MailKind.DECLINED, part.id, "Заболели")
    assert row.handled_at is None
    take(mail.answer("outlook", **told, partstat="DECLINED", comment="Заболели", stamp="20261124T060001Z"))
    assert rows()[0].handled_at is None
    take(mail.answer(**told, partstat="ACCEPTED"))
    assert [row.handled_at for row in rows()] == [NOW, NOW, NOW]


def test_a_large_mail_shows_its_beginning_and_no_answer_is_read_from_it(centre: Centre) -> None:
    request, part = family(centre)
    take(mail.answer(attendee=request.email or "", uid=part.uid, partstat="DECLINED"), whole=False)
    assert (only().kind, only().text) == (MailKind.OTHER, "Accepted")


def test_a_mail_that_cannot_be_read_is_laid_before_a_person(centre: Centre) -> None:
    assert take(mail.nested(3_000)) is MailKind.UNREADABLE
    assert (only().subject, only().handled_at) == ("deep", None)


# --- Letters that come back -------------------------------------------------------------------------------


def sent(kind: LetterKind, **values: object) -> Letter:
    letter = db.session.scalars(
        sa.select(Letter).where(Letter.kind == kind).order_by(Letter.id.desc()).limit(1)
    ).one()
    letter.state = "sent"
    db.session.commit()
    return letter


def test_an_answer_that_came_back_was_no_answer(centre: Centre) -> None:
    request, _ = family(centre)
    letter = sent(LetterKind.CONFIRMED)
    assert request.answered_at == NOW
    assert take(mail.report(letter.message_id, letter.recipient)) is MailKind.RETURNED
    db.session.expire_all()
    assert (letter.state, letter.server_reply.partition(" ")[0]) == ("failed", "5.1.1")
    assert letter.recipient not in letter.server_reply
    assert (request.answered_at, request.mail_failed_at) == (None, NOW)
    call = db.session.scalars(sa.select(CallTask)).one()
    assert (call.kind, call.because_mail_failed) == (LetterKind.CONFIRMED, True)
    assert only().handled_at == NOW


def test_a_letter_that_comes_back_twice_is_called_about_once(centre: Centre) -> None:
    family(centre)
    letter = sent(LetterKind.CONFIRMED)
    take(mail.report(letter.message_id, letter.recipient))
    take(mail.report(letter.message_id, letter.recipient) + b"again")
    assert db.session.scalar(sa.select(sa.func.count(CallTask.id))) == 1


def test_after_a_letter_came_back_changes_are_told_by_phone_too(centre: Centre) -> None:
    request = ask(centre, phone=PHONE).request
    request.mail_failed_at = NOW
    tell_family(request, LetterKind.DECLINED, {"reason": "x"}, NOW, occasion="1")
    db.session.commit()
    assert db.session.scalars(sa.select(CallTask.kind)).all() == [LetterKind.DECLINED]
    assert request.answered_at is None  # only the call is the answer


def test_a_delay_is_no_failure(centre: Centre) -> None:
    family(centre)
    letter = sent(LetterKind.CONFIRMED)
    kind = take(mail.report(letter.message_id, letter.recipient, action="delayed"))
    assert (kind, letter.state) == (MailKind.AUTOMATIC, "sent")


def test_a_report_about_nothing_of_ours_waits_for_a_person(centre: Centre) -> None:
    assert take(mail.report("<nothing@kenes.example>", "a@b.example")) is MailKind.RETURNED
    assert only().handled_at is None


def test_a_report_that_is_faster_than_our_own_mark_is_read_later(centre: Centre) -> None:
    family(centre)
    letter = sent(LetterKind.CONFIRMED)
    letter.state = "sending"
    db.session.commit()
    with pytest.raises(NotYet):
        take(mail.report(letter.message_id, letter.recipient))
    db.session.rollback()
    assert rows() == []


def test_a_participant_whose_letter_came_back_is_called(centre: Centre) -> None:
    event = make_event(centre, make_specialist(centre))
    person = register(event, email="group@home.example")
    person.phone = PHONE
    letter = sent(LetterKind.SEAT_CONFIRMED)
    take(mail.report(letter.message_id, letter.recipient))
    db.session.expire_all()
    assert person.mail_failed_at == NOW
    call = db.session.scalars(sa.select(CallTask)).one()
    assert (call.registration_id, call.because_mail_failed) == (person.id, True)


def test_a_participant_is_not_called_about_what_is_not_so_any_more(centre: Centre) -> None:
    person = register(make_event(centre, make_specialist(centre)), email="group@home.example")
    person.phone = PHONE
    letter = sent(LetterKind.SEAT_CONFIRMED)
    registrations.give_back(person, NOW)
    take(mail.report(letter.message_id, letter.recipient))
    assert db.session.scalars(sa.select(CallTask)).all() == []


def test_a_mailing_that_came_back_ends_the_subscription_and_nothing_else(centre: Centre) -> None:
    event = make_event(centre, make_specialist(centre))
    seat = register(event, email="gone@home.example")
    reader = subscribe(centre, email="reader@home.example")
    gone = subscribe(centre, email="gone@home.example")
    seat.state, event.seats_taken = "withdrawn", 0  # who takes part is told of it by no mailing
    begun = mailings.begin(event, NOW, staff_id=event.created_by)
    mailings.write_batch(begun.id, NOW)
    letter = sent(LetterKind.MAILING)
    assert letter.recipient == gone.email
    assert take(mail.report(letter.message_id, letter.recipient)) is MailKind.RETURNED
    db.session.expire_all()
    assert (gone.state, gone.left_at, reader.state) == ("left", NOW, "active")
    assert only().handled_at == NOW
    assert seat.mail_failed_at is None
    assert db.session.scalars(sa.select(CallTask)).all() == []


def test_who_acts_from_a_letter_is_reached_by_letters_again(centre: Centre) -> None:
    person = register(make_event(centre, make_specialist(centre)))
    person.mail_failed_at = NOW
    assert registrations.act_through(person.id, NOW).mail_failed_at is None
    assert db.session.get_one(Registration, person.id).mail_failed_at is None
