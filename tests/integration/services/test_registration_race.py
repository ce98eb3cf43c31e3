"""Many register at once: as many seats as there are, everybody else in line, nobody lost."""

import multiprocessing
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import NOW, make_centre, make_event, make_specialist
from webapp.models import GroupEvent, Participation, Registration, db
from webapp.rules.groups import RegistrationState

PROCESSES = 6
EACH = 10
SEATS = 20


def rush(
    database_url: str, folder: str, barrier: Barrier, event_id: int, addresses: list[str], answers: Any
) -> None:
    from tests.integration.conftest import settings_for
    from webapp.factory import create_app
    from webapp.models import Centre
    from webapp.services.seats import registrations
    from webapp.services.seats.admission import Wanted

    app = create_app(settings_for(Path(folder), database_url))
    with app.app_context():
        barrier.wait(120)
        for address in addresses:
            try:
                centre = db.session.get_one(Centre, db.session.get_one(GroupEvent, event_id).centre_id)
                wanted = Wanted(language="ru", zone="Europe/Moscow", email=address, consent=True)
                registrations.register(centre, event_id, wanted, NOW)
                db.session.commit()
                answers.put("registered")
            except Exception as error:
                db.session.rollback()
                answers.put(repr(error))
        db.engine.dispose()


def race(app: Flask, event_id: int, addresses: list[list[str]]) -> list[str]:
    """Every list of addresses registers from a process of its own, all at once."""
    settings = app.config["SETTINGS"]
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["webapp.factory", "tests.integration.conftest"])
    barrier, answers = context.Barrier(len(addresses)), context.Queue()
    place = (settings.database_url, str(settings.data_dir))
    processes = [
        context.Process(target=rush, args=(*place, barrier, event_id, own, answers)) for own in addresses
    ]
    for process in processes:
        process.start()
    outcomes = [answers.get(timeout=180) for own in addresses for _ in own]
    for process in processes:
        process.join(30)
    return outcomes


def rows(event_id: int) -> list[Any]:
    return list(
        db.session.execute(
            sa.select(Registration.state, Registration.arrival, Registration.email)
            .where(Registration.group_event_id == event_id)
            .order_by(Registration.arrival)
        )
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_exactly_the_first_get_the_seats_and_the_rest_stands_in_line(app: Flask) -> None:
    centre = make_centre()
    event_id = make_event(centre, make_specialist(centre), capacity=SEATS).id
    db.session.commit()
    people = [[f"p{process}-{number}@home.example" for number in range(EACH)] for process in range(PROCESSES)]
    assert set(race(app, event_id, people)) == {"registered"}
    found = rows(event_id)
    assert [row.arrival for row in found] == list(range(1, PROCESSES * EACH + 1))
    assert [row.state for row in found] == [RegistrationState.SEATED] * SEATS + [
        RegistrationState.WAITING
    ] * (PROCESSES * EACH - SEATS)
    event = db.session.get_one(GroupEvent, event_id, populate_existing=True)
    assert (event.seats_taken, event.waiting_count) == (SEATS, PROCESSES * EACH - SEATS)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Participation)) == SEATS


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_same_address_from_several_devices_at_once_has_one_seat(app: Flask) -> None:
    centre = make_centre()
    event_id = make_event(centre, make_specialist(centre), capacity=SEATS).id
    db.session.commit()
    assert set(race(app, event_id, [["anna@home.example"]] * PROCESSES)) == {"registered"}
    assert len(rows(event_id)) == 1
    event = db.session.get_one(GroupEvent, event_id, populate_existing=True)
    assert (event.seats_taken, event.waiting_count) == (1, 0)
