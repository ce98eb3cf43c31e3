"""What is destroyed, and what must still be told before."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.factories import NOW, make_mail
from tests.integration.letters.scenes import play
from webapp.letters.compose import compose
from webapp.models import Centre, HelpRequest, Letter, Move, Participation, db
from webapp.rules.letters import LetterKind
from webapp.services.centre import retention
from webapp.services.consultations import cancelling
from webapp.services.mail import strangers

pytestmark = pytest.mark.usefixtures("app")


def forgotten() -> dict[str, Letter]:
    """A booked family that presses "this wasn't me", and the letters after its data are destroyed."""
    _, letter = play(LetterKind.CONFIRMED)
    strangers.forget(db.session.get_one(HelpRequest, letter.help_request_id), NOW)
    db.session.execute(sa.update(Letter).where(Letter.kind == LetterKind.BOOKED).values(state="sent"))
    assert retention.destroy_due(NOW) == 1
    db.session.expire_all()
    return {row.kind: row for row in db.session.scalars(sa.select(Letter))}


def test_the_specialist_still_learns_that_the_time_is_free() -> None:
    waiting = forgotten()[LetterKind.BOOKING_CANCELLED]
    message = compose(waiting, NOW)
    assert message is not None
    assert "Остроградская" not in message.as_string()


def test_what_was_said_about_a_move_is_blanked() -> None:
    _, letter = play(LetterKind.MOVE_WISH_REFUSED)
    strangers.forget(db.session.get_one(HelpRequest, letter.help_request_id), NOW)
    retention.destroy_due(NOW)
    db.session.expire_all()
    move = db.session.scalars(sa.select(Move)).one()
    assert (move.words, move.decision_note) == ("", "")


@pytest.mark.parametrize("kind", [LetterKind.CONFIRMED, LetterKind.RECEIVED, LetterKind.BOOKED])
def test_letters_to_the_family_and_what_was_sent_are_blanked(kind: LetterKind) -> None:
    letter = forgotten()[kind]
    assert (letter.recipient, letter.recipient_name, letter.facts) == ("", "", {})


def test_what_a_family_wrote_to_the_mailbox_is_blanked() -> None:
    _, letter = play(LetterKind.CALENDAR_ANSWER)
    request = db.session.get_one(HelpRequest, letter.help_request_id)
    centre = db.session.get_one(Centre, letter.centre_id)
    written = make_mail(centre, sender=request.email)
    part_id = db.session.scalars(
        sa.select(Participation.id).where(Participation.help_request_id == request.id)
    ).one()
    answered = make_mail(centre, kind="declined", participation_id=part_id, sender="", text="Заболели")
    of_others = make_mail(centre)
    cancelling.withdraw_consent(request, NOW)
    assert retention.destroy_due(NOW + timedelta(days=30)) == 1
    db.session.expire_all()
    assert (written.sender, written.subject, written.text) == ("", "", "")
    assert answered.text == ""
    assert of_others.text != ""
