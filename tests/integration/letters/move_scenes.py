"""How letters about moves come about: a failure half an hour before, and a family that wishes another time."""

from collections.abc import Callable
from datetime import timedelta

from tests.factories import NOW, THURSDAY_NINE, make_event, make_specialist, make_staff, minutes_before
from tests.integration.letters.scene import Scene
from webapp.models import Consultation, HelpRequest, Move, db
from webapp.rules.letters import LetterKind
from webapp.rules.moves import MoveEvent
from webapp.rules.permissions import Role
from webapp.services.consultations import changes
from webapp.services.events import group_events
from webapp.services.moves import move_alarms, move_cases, move_decisions, move_outcomes, move_reports
from webapp.services.moves.move_cases import MoveCase
from webapp.services.moves.move_reports import Report

BROKEN = Report(words="Камера не включается", failure="camera")
NEXT_DAY = THURSDAY_NINE + timedelta(days=1)


def case_of(scene: Scene, move: Move) -> MoveCase:
    return move_cases.find(scene.centre, move.id)


def report(scene: Scene, minutes: int = 25) -> MoveCase:
    consultation = scene.meet()
    scene.now = minutes_before(THURSDAY_NINE, minutes)
    scene.deputy.phone = "+79160000001"
    (move,) = move_reports.report(scene.centre, consultation, scene.specialist, BROKEN, scene.now)
    return case_of(scene, move)


def of_a_group(scene: Scene) -> MoveCase:
    """A host reports half an hour before that a meeting cannot be held."""
    meeting = group_events.meetings(make_event(scene.centre, scene.specialist))[0]
    scene.now = minutes_before(THURSDAY_NINE, 25)
    (move,) = move_reports.report(scene.centre, meeting, scene.specialist, BROKEN, scene.now)
    return case_of(scene, move)


def wish(scene: Scene) -> MoveCase:
    consultation = scene.meet()
    request = db.session.get_one(HelpRequest, consultation.help_request_id)
    return case_of(scene, move_reports.wish(scene.centre, request, consultation, "Лучше вечером", NOW))


def reported(scene: Scene) -> None:
    report(scene)


def wished(scene: Scene) -> None:
    wish(scene)


def undecided(scene: Scene) -> None:
    report(scene)
    make_staff(scene.centre, Role.HEAD, language=scene.language)
    scene.now = minutes_before(THURSDAY_NINE, 10)
    move_alarms.remind(scene.now)


def allowed(scene: Scene) -> None:
    decide(scene, report(scene), MoveEvent.ALLOW)


def refused(scene: Scene) -> None:
    decide(scene, report(scene), MoveEvent.REFUSE)


def wish_refused(scene: Scene) -> None:
    decide(scene, wish(scene), MoveEvent.REFUSE)


def decide(scene: Scene, case: MoveCase, verdict: MoveEvent) -> None:
    move_decisions.decide([case], verdict, "Голосом получится", scene.now, staff_id=scene.deputy.id)


def moved(scene: Scene) -> None:
    move_outcomes.set_new_time(scene.centre, report(scene), NEXT_DAY, scene.now, staff_id=scene.deputy.id)


def changed(scene: Scene) -> None:
    consultation: Consultation = scene.meet()
    other = make_specialist(scene.centre, name="Айгерим Болатовна Сейітова")
    request = db.session.get_one(HelpRequest, consultation.help_request_id)
    changes.give_to(
        scene.centre,
        request,
        consultation,
        scene.specialist.id,
        other.id,
        NOW,
        staff_id=scene.deputy.id,
    )


def goes_on(scene: Scene) -> None:
    case = report(scene, minutes=5)
    scene.now = minutes_before(THURSDAY_NINE, -4)
    move_decisions.take_back(case, scene.now, staff_id=scene.specialist.id)


MOVE_SCENES: dict[LetterKind, Callable[[Scene], None]] = {
    LetterKind.MOVE_REPORTED: reported,
    LetterKind.MOVE_WISHED: wished,
    LetterKind.MOVE_UNDECIDED: undecided,
    LetterKind.MOVE_PASSED_UP: undecided,
    LetterKind.MOVE_ALLOWED: allowed,
    LetterKind.MOVE_REFUSED: refused,
    LetterKind.MOVE_WISH_REFUSED: wish_refused,
    LetterKind.CONSULTATION_CHANGED: changed,
    LetterKind.CONSULTATION_GOES_ON: goes_on,
}
