"""Whatever is recorded about a request or a consultation has words: its history is shown."""

import ast
from collections.abc import Iterator
from pathlib import Path

from calendars.replies import Answer
from webapp.rules.consultations import ConsultationEvent
from webapp.rules.help_requests import RequestEvent
from webapp.rules.moves import MoveEvent, Noted
from webapp.services.rooms.connection_problems import LETTERS
from webapp.wording import EVENTS

WEBAPP = Path(__file__).parents[2] / "webapp"
RECORDING = {"record", "record_history"}
SHOWN_WITH = {"help_request_id", "consultation_id"}
FAMILIES = {
    "request.": list(RequestEvent),
    "consultation.": list(ConsultationEvent),
    "connection.": list(LETTERS),
    "answer.": [*Answer, "proposed"],
    "staff_answer.": [*Answer, "proposed"],
    "move.": [*MoveEvent, *Noted],
}  # what stands behind f"request.{event}"


def recorded() -> Iterator[str]:
    for path in WEBAPP.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or _name(node.func) not in RECORDING:
                continue
            if SHOWN_WITH & {keyword.arg for keyword in node.keywords}:
                yield from _actions(node.args[1])


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _actions(action: ast.expr) -> list[str]:
    if isinstance(action, ast.JoinedStr):
        beginning = ast.literal_eval(action.values[0])
        return [f"{beginning}{event}" for event in FAMILIES[beginning]]
    return [ast.literal_eval(action)]


def test_what_is_recorded_is_found() -> None:
    assert {"request.offer_lapsed", "consultation.hold", "call.try", "check.record", "move.tell_up"} <= set(
        recorded()
    )


def test_every_action_in_a_history_has_words() -> None:
    assert sorted(set(recorded()) - EVENTS.keys()) == []
