"""One more look before sending: what is not so any more is not told."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.factories import NOW, THURSDAY_NINE, make_specialist, minutes_before
from tests.integration.letters.scene import Scene
from tests.integration.letters.scenes import play
from webapp import links
from webapp.letters.compose import compose
from webapp.models import (
    BlockedAddress,
    Consultation,
    ConsultationSpecialist,
    EquipmentCheck,
    HelpRequest,
    Invitation,
    Letter,
    Offer,
    db,
)
from webapp.rules.consultations import ConsultationState
from webapp.rules.help_requests import RequestState
from webapp.rules.letters import LetterKind
from webapp.services.consultations import cancelling
from webapp.services.help_requests import answers

pytestmark = pytest.mark.usefixtures("app")

ABOUT_A_MEETING_AHEAD = [
    LetterKind.CONFIRMED,
    LetterKind.CONSULTATION_CHANGED,
    LetterKind.BOOKED,
    LetterKind.DAY_BEFORE,
    LetterKind.HOUR_BEFORE,
    LetterKind.CHECK_DUE,
    LetterKind.CHECK_DUE_AGAIN,
]
ABOUT_A_MEETING_NOT_OVER = [
    LetterKind.CHECK_MISSING,
    LetterKind.CHECK_FAILED,
    LetterKind.CANNOT_CONNECT,
    LetterKind.LATE,
]


def consultation_of(letter: Letter) -> Consultation:
    assert letter.consultation_id is not None
    return db.session.get_one(Consultation, letter.consultation_id)


def request_of(letter: Letter) -> HelpRequest:
    assert letter.help_request_id is not None
    return db.session.get_one(HelpRequest, letter.help_request_id)


@pytest.mark.parametrize("kind", [*ABOUT_A_MEETING_AHEAD, *ABOUT_A_MEETING_NOT_OVER])
def test_after_a_cancellation_nothing_is_told_of_the_meeting(kind: LetterKind) -> None:
    scene, letter = play(kind)
    cancelling.cancel_by_family(request_of(letter), consultation_of(letter), scene.now)
    assert compose(letter, scene.now) is None


@pytest.mark.parametrize("kind", [*ABOUT_A_MEETING_AHEAD, *ABOUT_A_MEETING_NOT_OVER])
def test_after_a_move_the_old_time_is_not_told(kind: LetterKind) -> None:
    scene, letter = play(kind)
    consultation = consultation_of(letter)
    consultation.starts_at += timedelta(days=1)
    consultation.ends_at += timedelta(days=1)
    assert compose(letter, scene.now) is None


@pytest.mark.parametrize("kind", ABOUT_A_MEETING_AHEAD)
def test_what_has_begun_is_not_announced(kind: LetterKind) -> None:
    _, letter = play(kind)
    assert compose(letter, minutes_before(THURSDAY_NINE, 1)) is not None
    assert compose(letter, THURSDAY_NINE) is None


@pytest.mark.parametrize("kind", ABOUT_A_MEETING_NOT_OVER)
def test_trouble_is_told_until_the_meeting_is_over(kind: LetterKind) -> None:
    _, letter = play(kind)
    assert compose(letter, minutes_before(THURSDAY_NINE, -39)) is not None
    assert compose(letter, minutes_before(THURSDAY_NINE, -40)) is None


@pytest.mark.parametrize("kind", [LetterKind.CHECK_DUE, LetterKind.CHECK_DUE_AGAIN, LetterKind.CHECK_MISSING])
def test_a_check_that_was_done_is_not_asked_for(kind: LetterKind) -> None:
    scene, letter = play(kind)
    db.session.add(
        EquipmentCheck(
            specialist_id=scene.specialist.id,
            consultation_id=letter.consultation_id,
            done_at=scene.now,
            verdict="works",
            measured={},
            verdicts={},
        )
    )
    assert compose(letter, scene.now) is None


def test_a_namesakes_check_is_not_the_one_that_is_missing() -> None:
    scene, letter = play(LetterKind.CHECK_MISSING)
    namesake = make_specialist(scene.centre, name=scene.specialist.name)
    db.session.add(
        ConsultationSpecialist(
            consultation_id=letter.consultation_id, specialist_id=namesake.id, position=1, guest_id="namesake"
        )
    )
    db.session.add(
        EquipmentCheck(
            specialist_id=namesake.id,
            consultation_id=letter.consultation_id,
            done_at=scene.now,
            verdict="works",
            measured={},
            verdicts={},
        )
    )
    assert compose(letter, scene.now) is not None


def test_a_check_of_long_before_is_still_asked_for() -> None:
    scene, letter = play(LetterKind.CHECK_MISSING)
    db.session.add(
        EquipmentCheck(
            specialist_id=scene.specialist.id,
            consultation_id=letter.consultation_id,
            done_at=minutes_before(THURSDAY_NINE, 61),
            verdict="works",
            measured={},
            verdicts={},
        )
    )
    assert compose(letter, scene.now) is not None


@pytest.mark.parametrize("state", ["accepted", "refused", "lapsed"])
def test_times_are_offered_while_the_offer_is_open(state: str) -> None:
    scene, letter = play(LetterKind.TIMES_OFFERED)
    offer = db.session.get_one(Offer, letter.facts["offer_id"])
    assert compose(letter, scene.now) is not None
    assert compose(letter, offer.until) is None
    offer.state = state
    assert compose(letter, scene.now) is None


@pytest.mark.parametrize("kind", [LetterKind.RECEIVED, LetterKind.TIMES_OFFERED, LetterKind.CONFIRMED])
def test_blocked_data_are_in_no_letter(kind: LetterKind) -> None:
    scene, letter = play(kind)
    request_of(letter).blocked_at = NOW
    assert compose(letter, scene.now) is None


def test_a_family_that_withdrew_is_told_so_and_its_specialist_that_the_time_is_free() -> None:
    scene, confirmed = play(LetterKind.CONFIRMED)
    cancelling.withdraw_consent(request_of(confirmed), NOW)
    assert compose(confirmed, NOW) is None
    assert compose(scene.letter(LetterKind.CONSENT_WITHDRAWN), NOW) is not None
    assert compose(scene.letter(LetterKind.BOOKING_CANCELLED), NOW) is not None


def test_nobody_is_written_to_who_said_that_it_was_not_them() -> None:
    scene, letter = play(LetterKind.RECEIVED, confirmed=False)
    hashed = links.address_fingerprint(letter.recipient)
    db.session.add(BlockedAddress(centre_id=scene.centre.id, address_hash=hashed, at=NOW))
    assert compose(letter, scene.now) is None


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (LetterKind.RECEIVED, RequestState.WITHDRAWN),
        (LetterKind.DECLINED, RequestState.WITHDRAWN),
        (LetterKind.URGENT_REQUEST, RequestState.CONFIRMED),
    ],
)
def test_an_answer_makes_the_question_moot(kind: LetterKind, state: RequestState) -> None:
    scene, letter = play(kind)
    request_of(letter).state = state
    assert compose(letter, scene.now) is None


def _answer_all(scene: Scene) -> None:
    for request in db.session.scalars(sa.select(HelpRequest)):
        answers.decline(request, "Причина", "", scene.now, staff_id=scene.deputy.id)


def _leave_the_deputy(scene: Scene) -> None:
    scene.deputy.active = False


@pytest.mark.parametrize("happens", [_answer_all, _leave_the_deputy])
@pytest.mark.parametrize("kind", [LetterKind.ANSWERS_DUE, LetterKind.ANSWERS_OVERDUE])
def test_deadlines_are_told_while_somebody_has_to_answer(
    kind: LetterKind, happens: Callable[[Scene], None]
) -> None:
    scene, letter = play(kind)
    happens(scene)
    assert compose(letter, scene.now) is None


def test_only_what_is_still_unanswered_is_listed() -> None:
    scene = Scene("en")
    first, second = scene.ask(), scene.ask()
    from webapp.services.help_requests import deadlines

    scene.now = NOW + timedelta(days=2)
    deadlines.tell(scene.now)
    letter = scene.letter(LetterKind.ANSWERS_DUE)
    answers.decline(first, "Reason", "", scene.now, staff_id=scene.deputy.id)
    message = compose(letter, scene.now)
    assert message is not None
    assert str(message["Subject"]).endswith("Requests: 1")
    body = message.get_body(("plain",))
    assert body is not None
    assert f"Waiting: {second.number}." in body.get_content()


def test_a_family_that_came_after_all_is_not_told_that_it_did_not() -> None:
    scene, letter = play(LetterKind.DID_NOT_COME)
    assert compose(letter, scene.now) is not None
    consultation_of(letter).not_held_reason = ""
    assert compose(letter, scene.now) is None


def test_a_morning_letter_is_of_its_day() -> None:
    scene, letter = play(LetterKind.MORNING)
    assert compose(letter, scene.now) is not None
    assert compose(letter, scene.now + timedelta(days=1)) is None


def test_an_invitation_is_sent_while_it_works() -> None:
    scene, letter = play(LetterKind.STAFF_INVITATION)
    invitation = db.session.get_one(Invitation, letter.facts["invitation_id"])
    assert compose(letter, invitation.expires_at) is None
    invitation.accepted_at = NOW
    assert compose(letter, scene.now) is None


def test_recommendations_follow_a_meeting_that_was_held() -> None:
    scene, letter = play(LetterKind.RECOMMENDATION)
    consultation_of(letter).state = ConsultationState.NOT_HELD
    assert compose(letter, scene.now) is None
