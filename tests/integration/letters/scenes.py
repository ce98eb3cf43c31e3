"""How each kind of letter comes about: by the services that write it, with the facts that they give it."""

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa

from calendars import replies
from tests.calendar_replies import written
from tests.factories import NOW, THURSDAY_NINE, make_series, minutes_before
from tests.integration.letters.group_scenes import GROUP_SCENES
from tests.integration.letters.move_scenes import MOVE_SCENES
from tests.integration.letters.scene import Scene
from webapp.models import Consultation, HelpRequest, Letter, Participation, db
from webapp.rules.consultations import NO_SHOW, ConsultationState
from webapp.rules.letters import LetterKind
from webapp.services.centre import staffing
from webapp.services.consultations import cancelling, moving, offers, write_up
from webapp.services.consultations.moving import Move
from webapp.services.consultations.offers import Proposal
from webapp.services.consultations.write_up import WriteUp
from webapp.services.help_requests import answers, deadlines
from webapp.services.mail import calendar_answers, morning
from webapp.services.mail.correspondence import tell_family
from webapp.services.pages import new_links
from webapp.services.rooms import checks, connection_problems


def received(scene: Scene) -> None:
    scene.ask(at=THURSDAY_NINE, specialist=scene.specialist)


def declined_by_calendar(scene: Scene) -> None:
    _answer_by_calendar(scene, partstat="DECLINED")


def _answer_by_calendar(scene: Scene, **values: str) -> None:
    consultation = scene.meet()
    request = _request_of(consultation)
    uid = db.session.scalar(
        sa.select(Participation.uid).where(Participation.consultation_id == consultation.id)
    )
    file = written(uid=uid or "", attendee=request.email or "", **values)
    calendar_answers.take(replies.read(file), request.email or "", NOW)


def urgent(scene: Scene) -> None:
    scene.ask(urgent=True)


def meeting(scene: Scene) -> None:
    scene.meet()


def several_meetings(scene: Scene) -> None:
    starts = [THURSDAY_NINE, THURSDAY_NINE + timedelta(days=7)]
    make_series(scene.centre, scene.specialist, starts, request=scene.ask(), means=scene.means)


def moved(scene: Scene) -> None:
    consultation = scene.meet()
    move = Move(consultation, THURSDAY_NINE + timedelta(days=1))
    moving.move(scene.centre, _request_of(consultation), [move], NOW, staff_id=scene.deputy.id)


def an_hour_before(scene: Scene) -> None:
    scene.meet()
    scene.now = minutes_before(THURSDAY_NINE, 60)


def offered(scene: Scene) -> None:
    times = [THURSDAY_NINE, THURSDAY_NINE + timedelta(hours=2)]
    proposals = [Proposal([scene.specialist.id], at, 40) for at in times]
    offers.offer(scene.centre, scene.ask(), proposals, scene.means, NOW, staff_id=scene.deputy.id)


def no_time_suits(scene: Scene) -> None:
    offered(scene)
    offers.refuse(db.session.scalars(sa.select(HelpRequest)).one(), NOW, words="Лучше вечером")


def declined(scene: Scene) -> None:
    reason = "Это решает управление образования."
    answers.decline(scene.ask(), reason, "Справочная", NOW, staff_id=scene.deputy.id)


def cancelled_by_family(scene: Scene) -> None:
    consultation = scene.meet()
    cancelling.cancel_by_family(_request_of(consultation), consultation, NOW)


def cancelled_by_centre(scene: Scene) -> None:
    consultation = scene.meet()
    cancelling.cancel_by_centre(_request_of(consultation), consultation, NOW, staff_id=scene.deputy.id)


def recommended(scene: Scene) -> None:
    consultation = scene.meet()
    consultation.state = ConsultationState.HELD
    facts = {"next_at": (THURSDAY_NINE + timedelta(days=7)).isoformat(), "next_is_offered": False}
    tell_family(
        _request_of(consultation),
        LetterKind.RECOMMENDATION,
        facts,
        NOW,
        occasion="1",
        consultation_id=consultation.id,
    )


def did_not_come(scene: Scene) -> None:
    consultation = scene.meet()
    scene.now = THURSDAY_NINE + timedelta(minutes=15)
    nobody_came = WriteUp(False, None, None, scene.means, "", "", "", not_held_reason=NO_SHOW)
    write_up.write_up(
        scene.centre,
        _request_of(consultation),
        consultation,
        nobody_came,
        scene.now,
        staff_id=scene.specialist.id,
    )


def consent_withdrawn(scene: Scene) -> None:
    cancelling.withdraw_consent(_request_of(scene.meet()), NOW)


def link_asked_for(scene: Scene) -> None:
    request = scene.ask()
    db.session.flush()
    new_links.send(request.email or "", NOW)


def check_due(scene: Scene) -> None:
    scene.meet()
    scene.now = minutes_before(THURSDAY_NINE, 30)
    checks.remind(scene.now)


def check_missing(scene: Scene) -> None:
    scene.meet()
    scene.now = minutes_before(THURSDAY_NINE, 5)
    checks.remind(scene.now)


def check_failed(scene: Scene) -> None:
    consultation = scene.meet()
    scene.now = minutes_before(THURSDAY_NINE, 20)
    measured = {"camera": {"error": "NotFoundError"}}
    ticked = ["microphone", "link", "program", "sound", "workplace"]
    checks.record(consultation, scene.specialist, measured, ticked, scene.now)


def answers_are_due(scene: Scene) -> None:
    scene.ask()
    scene.now = NOW + timedelta(days=2)
    deadlines.tell(scene.now)


def answers_are_overdue(scene: Scene) -> None:
    scene.ask()
    scene.now = NOW + timedelta(days=6)
    deadlines.tell(scene.now)


def day_begins(scene: Scene) -> None:
    scene.meet()
    scene.now = minutes_before(THURSDAY_NINE, 90)
    morning.tell(scene.now)


def cannot_connect(scene: Scene) -> None:
    _report(scene, "cannot_connect")


def late(scene: Scene) -> None:
    _report(scene, "late")


def staff_invited(scene: Scene) -> None:
    staffing.invite(scene.specialist, NOW, by=scene.deputy)


def _report(scene: Scene, kind: str) -> None:
    consultation = scene.meet()
    scene.now = minutes_before(THURSDAY_NINE, 5)
    connection_problems.report(scene.centre, _request_of(consultation), kind, scene.now)


def _request_of(consultation: Consultation) -> HelpRequest:
    return db.session.get_one(HelpRequest, consultation.help_request_id)


SCENES: dict[LetterKind, Callable[[Scene], None]] = {
    LetterKind.RECEIVED: received,
    LetterKind.CONFIRMED: meeting,
    LetterKind.SERIES_CONFIRMED: several_meetings,
    LetterKind.CONSULTATION_MOVED: moved,
    LetterKind.TIMES_OFFERED: offered,
    LetterKind.DECLINED: declined,
    LetterKind.CANCELLED_BY_CENTRE: cancelled_by_centre,
    LetterKind.CANCELLED_BY_FAMILY: cancelled_by_family,
    LetterKind.DAY_BEFORE: meeting,
    LetterKind.HOUR_BEFORE: an_hour_before,
    LetterKind.RECOMMENDATION: recommended,
    LetterKind.DID_NOT_COME: did_not_come,
    LetterKind.CONSENT_WITHDRAWN: consent_withdrawn,
    LetterKind.NEW_LINK: link_asked_for,
    LetterKind.CALENDAR_ANSWER: declined_by_calendar,
    LetterKind.URGENT_REQUEST: urgent,
    LetterKind.BOOKED: meeting,
    LetterKind.BOOKING_CANCELLED: cancelled_by_family,
    LetterKind.CHECK_DUE: check_due,
    LetterKind.CHECK_DUE_AGAIN: check_missing,
    LetterKind.CHECK_MISSING: check_missing,
    LetterKind.CHECK_FAILED: check_failed,
    LetterKind.TIMES_REFUSED: no_time_suits,
    LetterKind.ANSWERS_DUE: answers_are_due,
    LetterKind.ANSWERS_OVERDUE: answers_are_overdue,
    LetterKind.MORNING: day_begins,
    LetterKind.CANNOT_CONNECT: cannot_connect,
    LetterKind.LATE: late,
    LetterKind.STAFF_INVITATION: staff_invited,
    **GROUP_SCENES,
    **MOVE_SCENES,
}


def play(
    kind: LetterKind, language: str = "ru", *, confirmed: bool = True, means: str = "video"
) -> tuple[Scene, Letter]:
    """Let it happen. Answers the scene, whose ``now`` is the moment of sending, and the letter."""
    scene = Scene(language, confirmed=confirmed, means=means)
    SCENES[kind](scene)
    return scene, scene.letter(kind)
