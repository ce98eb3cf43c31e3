"""Two deputies decide one case at the same moment: one wins, the other is told who."""

import multiprocessing
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import THURSDAY_NINE
from tests.integration.services.moves import HALF_AN_HOUR_BEFORE, Stage
from webapp.models import Letter, Move, db
from webapp.rules.moves import MoveState

CASES = 6


def contend(
    database_url: str,
    folder: str,
    barrier: Barrier,
    case_ids: list[int],
    staff_id: int,
    verdict: str,
    answers: Any,
) -> None:
    from tests.integration.conftest import settings_for
    from webapp.factory import create_app
    from webapp.models import Centre, Staff
    from webapp.rules.errors import AlreadyDecided
    from webapp.rules.moves import MoveEvent
    from webapp.services.moves import move_cases, move_decisions

    app = create_app(settings_for(Path(folder), database_url))
    with app.app_context():
        for case_id in case_ids:
            barrier.wait(120)
            try:
                person = db.session.get_one(Staff, staff_id)
                case = move_cases.find(db.session.get_one(Centre, person.centre_id), case_id)
                move_decisions.decide(
                    [case], MoveEvent(verdict), "Слова", HALF_AN_HOUR_BEFORE, staff_id=staff_id
                )
                db.session.commit()
                answers.put((case_id, "won", staff_id))
            except AlreadyDecided as refusal:
                db.session.rollback()
                answers.put((case_id, "told who", refusal.facts["who"]))
            except Exception as error:
                db.session.rollback()
                answers.put((case_id, repr(error), staff_id))
        db.engine.dispose()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_of_two_decisions_one_wins_and_the_other_is_told_whose(app: Flask) -> None:
    stage = Stage()
    cases = []
    for number in range(CASES):
        stage.hold(at=THURSDAY_NINE.replace(hour=5 + number, minute=20))
        cases.append(stage.report().move.id)
    people = {stage.deputy.id: "allow", stage.head.id: "refuse"}
    names = {stage.deputy.id: stage.deputy.name, stage.head.id: stage.head.name}
    db.session.commit()
    settings = app.config["SETTINGS"]
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["webapp.factory", "tests.integration.conftest"])
    barrier, answers = context.Barrier(len(people)), context.Queue()
    processes = [
        context.Process(
            target=contend,
            args=(settings.database_url, str(settings.data_dir), barrier, cases, person, verdict, answers),
        )
        for person, verdict in people.items()
    ]
    for process in processes:
        process.start()
    outcomes = [answers.get(timeout=180) for _ in range(CASES * len(people))]
    for process in processes:
        process.join(30)
    db.session.rollback()
    for case_id in cases:
        (winner,) = [who for case, what, who in outcomes if case == case_id and what == "won"]
        (told,) = [who for case, what, who in outcomes if case == case_id and what == "told who"]
        row = db.session.get_one(Move, case_id)
        assert told == names[winner]
        assert (row.decided_by, row.state) == (
            winner,
            MoveState.ALLOWED if people[winner] == "allow" else MoveState.REFUSED,
        )
    letters = db.session.scalar(
        sa.select(sa.func.count()).where(Letter.kind.in_(("move_allowed", "move_refused")))
    )
    assert letters == CASES
