"""Two series overlap in one date and are booked at once: one wins wholly, of the other nothing stays."""

import multiprocessing
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from calendars.recurrence import Rhythm
from tests.factories import NOW, THURSDAY_NINE, make_centre, make_request, make_specialist
from webapp.models import Consultation, Engagement, HelpRequest, Letter, db

PROCESSES = 4
DATES = 5
WEEK = timedelta(weeks=1)


def contend(
    database_url: str,
    folder: str,
    barrier: Barrier,
    number: int,
    request_id: int,
    specialist_id: int,
    answers: Any,
) -> None:
    """Each wants five Thursdays that begin with another hour and all meet in the last one."""
    from tests.integration.conftest import settings_for
    from webapp.factory import create_app
    from webapp.models import Centre
    from webapp.rules.errors import NotFree, SlotTaken
    from webapp.services.consultations import series
    from webapp.services.consultations.series import Plan

    app = create_app(settings_for(Path(folder), database_url))
    with app.app_context():
        hour = timedelta(minutes=40 * number)
        starts = [THURSDAY_NINE + WEEK * week + hour for week in range(DATES - 1)]
        starts.append(THURSDAY_NINE + WEEK * (DATES - 1))
        barrier.wait(120)
        try:
            request = db.session.get_one(HelpRequest, request_id)
            centre = db.session.get_one(Centre, request.centre_id)
            plan = Plan([specialist_id], 40, "video", starts[0], Rhythm(number=DATES))
            series.book(centre, request, plan, starts, NOW, staff_id=specialist_id)
            db.session.commit()
            answers.put("won")
        except (SlotTaken, NotFree):
            db.session.rollback()
            answers.put("told kindly")
        except Exception as error:
            db.session.rollback()
            answers.put(repr(error))
        db.engine.dispose()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_one_of_several_series_that_overlap_wins_wholly(app: Flask) -> None:
    centre = make_centre()
    specialist_id = make_specialist(centre).id
    requests = [make_request(centre).id for _ in range(PROCESSES)]
    db.session.commit()
    settings = app.config["SETTINGS"]
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["webapp.factory", "tests.integration.conftest"])
    barrier, answers = context.Barrier(PROCESSES), context.Queue()
    processes = [
        context.Process(
            target=contend,
            args=(
                settings.database_url,
                str(settings.data_dir),
                barrier,
                number,
                request_id,
                specialist_id,
                answers,
            ),
        )
        for number, request_id in enumerate(requests)
    ]
    for process in processes:
        process.start()
    outcomes = [answers.get(timeout=180) for _ in processes]
    for process in processes:
        process.join(30)
    assert sorted(outcomes) == ["told kindly"] * (PROCESSES - 1) + ["won"]
    booked = db.session.scalars(sa.select(Consultation.help_request_id)).all()
    assert (len(booked), len(set(booked))) == (DATES, 1)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Engagement)) == DATES
    told = sa.select(sa.func.count()).where(Letter.kind == "series_confirmed")
    assert db.session.scalar(told) == 1
    states = db.session.scalars(sa.select(HelpRequest.state).order_by(HelpRequest.state)).all()
    assert states == ["confirmed", *["received"] * (PROCESSES - 1)]
