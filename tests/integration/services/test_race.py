"""Many processes want one slot: exactly one gets it, the others are told kindly."""

import multiprocessing
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import NOW, THURSDAY_NINE, make_centre, make_request, make_specialist
from webapp.models import Consultation, Engagement, db

PROCESSES = 6
SLOTS = 6


def contend(
    database_url: str, folder: str, barrier: Barrier, request_ids: list[int], specialist_id: int, answers: Any
) -> None:
    from tests.integration.conftest import settings_for
    from webapp.factory import create_app
    from webapp.models import Centre, HelpRequest
    from webapp.rules.errors import SlotTaken
    from webapp.services.consultations import confirmation
    from webapp.services.consultations.confirmation import Agreed

    app = create_app(settings_for(Path(folder), database_url))
    with app.app_context():
        for number, request_id in enumerate(request_ids):
            barrier.wait(120)
            try:
                request = db.session.get_one(HelpRequest, request_id)
                centre = db.session.get_one(Centre, request.centre_id)
                at = THURSDAY_NINE + timedelta(minutes=40 * number)
                confirmation.confirm(
                    centre, request, Agreed([specialist_id], at, 40, "video"), NOW, staff_id=None
                )
                db.session.commit()
                answers.put((number, "won"))
            except SlotTaken:
                db.session.rollback()
                answers.put((number, "told kindly"))
            except Exception as error:
                db.session.rollback()
                answers.put((number, repr(error)))
        db.engine.dispose()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_one_of_many_wins_a_slot(app: Flask) -> None:
    centre = make_centre()
    specialist_id = make_specialist(centre).id
    requests = [[make_request(centre).id for _ in range(SLOTS)] for _ in range(PROCESSES)]
    db.session.commit()
    settings = app.config["SETTINGS"]
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["webapp.factory", "tests.integration.conftest"])
    barrier, answers = context.Barrier(PROCESSES), context.Queue()
    processes = [
        context.Process(
            target=contend,
            args=(settings.database_url, str(settings.data_dir), barrier, own, specialist_id, answers),
        )
        for own in requests
    ]
    for process in processes:
        process.start()
    outcomes = [answers.get(timeout=180) for _ in range(PROCESSES * SLOTS)]
    for process in processes:
        process.join(30)
    for slot in range(SLOTS):
        got = [outcome for number, outcome in outcomes if number == slot]
        assert sorted(got) == ["told kindly"] * (PROCESSES - 1) + ["won"]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Consultation)) == SLOTS
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Engagement)) == SLOTS
