"""Pages of a case: the report, the decision by one click, what is done instead; nobody decides about themselves."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import NOW, THURSDAY_NINE, make_consultation, make_event, make_specialist, minutes_before
from tests.integration.services.moves import FRIDAY_NINE, HALF_AN_HOUR_BEFORE, Stage
from webapp.models import Absence, EquipmentCheck, HoursException, Move, Staff, db
from webapp.rules.moves import MoveState

SignIn = Callable[[Staff], FlaskClient]


@pytest.fixture
def stage(app: Flask, clock: object) -> Iterator[Stage]:
    stage = Stage()
    db.session.commit()
    clock.move_to(HALF_AN_HOUR_BEFORE)  # type: ignore[attr-defined]
    yield stage


@pytest.fixture
def specialist(stage: Stage, sign_in_now: SignIn) -> FlaskClient:
    return sign_in_now(stage.specialist)


@pytest.fixture
def deputy(stage: Stage, sign_in_now: SignIn) -> FlaskClient:
    return sign_in_now(stage.deputy)


@pytest.fixture
def sign_in_now(app: Flask) -> SignIn:
    """As ``sign_in``, for tests that stand on Thursday."""
    from webapp.services.centre import sign_in as service

    def signed_in(staff: Staff) -> FlaskClient:
        token = service.begin_session(staff, HALF_AN_HOUR_BEFORE)
        db.session.commit()
        client = app.test_client()
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = token, True
        return client

    return signed_in


def move() -> Move:
    db.session.expire_all()
    return db.session.scalars(sa.select(Move).order_by(Move.id.desc()).limit(1)).one()


def at(path: str = "") -> str:
    return f"/staff/moves/{move().id}{path}"


def report(client: FlaskClient, stage: Stage, **values: str) -> Move:
    form = {"failure": "camera", "words": "Камера не включается", "means": "", "specialist": "", **values}
    client.post(f"/staff/consultations/{stage.consultation.id}/report", data=form)
    return move()


# --- Reporting -------------------------------------------------------------------------------------------


def test_does_not_work_at_the_check_is_a_report_with_what_was_measured(
    stage: Stage, specialist: FlaskClient, deputy: FlaskClient
) -> None:
    measured = (
        '{"camera": {"width": 0, "height": 0, "error": "NotFoundError"}, "round_trip": 44, "failed_share": 0}'
    )
    answer = specialist.post(
        f"/staff/consultations/{stage.consultation.id}/check",
        data={"broken": "1", "failure": "camera", "words": "Камера не найдена", "measured": measured},
    )
    assert answer.location == at()
    assert move().equipment_check_id == db.session.scalar(sa.select(EquipmentCheck.id))
    page = deputy.get(at()).get_data(as_text=True)
    assert "Камера не найдена" in page
    assert "44" in page


def test_without_words_nothing_is_reported_and_what_was_chosen_stays(
    stage: Stage, specialist: FlaskClient
) -> None:
    answer = specialist.post(
        f"/staff/consultations/{stage.consultation.id}/report",
        data={"failure": "link", "words": " ", "means": "", "specialist": ""},
    )
    assert answer.status_code == 422
    assert '<option selected value="link">' in answer.get_data(as_text=True)
    assert db.session.scalar(sa.select(Move.id)) is None


def test_a_report_without_a_failure_is_another_valid_reason(stage: Stage, specialist: FlaskClient) -> None:
    assert report(specialist, stage, failure="none").cause == "specialist"


def test_a_proposal_stands_in_the_report(stage: Stage, specialist: FlaskClient) -> None:
    other = make_specialist(stage.centre)
    db.session.commit()
    made = report(specialist, stage, means="voice", specialist=str(other.id))
    assert (made.proposed_means, made.proposed_specialist_id) == ("voice", other.id)


@pytest.mark.parametrize("chosen", ["999999", "teapot", "-1", "9" * 30])
def test_a_specialist_of_no_centre_is_refused_beside_the_field(
    stage: Stage, specialist: FlaskClient, chosen: str
) -> None:
    form = {"failure": "camera", "words": "Слова", "means": "", "specialist": chosen}
    answer = specialist.post(f"/staff/consultations/{stage.consultation.id}/report", data=form)
    assert answer.status_code == 422


def test_a_second_report_is_told_that_there_is_one(stage: Stage, specialist: FlaskClient) -> None:
    report(specialist, stage)
    form = {"failure": "camera", "words": "Слова", "means": "", "specialist": ""}
    answer = specialist.post(f"/staff/consultations/{stage.consultation.id}/report", data=form)
    assert answer.status_code == 422
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Move)) == 1


def test_a_consultation_of_a_colleague_is_not_found(stage: Stage, sign_in_now: SignIn) -> None:
    colleague = sign_in_now(make_specialist(stage.centre))
    assert colleague.get(f"/staff/consultations/{stage.consultation.id}/report").status_code == 404


def test_a_host_reports_a_meeting_of_a_group(
    stage: Stage, specialist: FlaskClient, deputy: FlaskClient
) -> None:
    event = make_event(stage.centre, stage.specialist, at=THURSDAY_NINE.replace(hour=8))
    db.session.commit()
    from webapp.services.events import group_events

    stage.consultation = group_events.meetings(event)[0]
    assert "report" in specialist.get(f"/staff/events/{event.id}").get_data(as_text=True)
    report(specialist, stage)
    for person in (specialist, deputy):
        assert f'href="{at()}"' in person.get(f"/staff/events/{event.id}").text
    assert "/report" not in specialist.get(f"/staff/events/{event.id}").text
    page = deputy.get(at()).get_data(as_text=True)
    assert event.titles["ru"] in page
    deputy.post(at("/time"), data={"times": FRIDAY_NINE.isoformat(), "set": "1"})
    assert move().state == MoveState.DONE
    assert deputy.get(at()).status_code == 200


# --- Deciding --------------------------------------------------------------------------------------------


def test_open_cases_stand_on_top_of_the_list_and_in_the_count_of_the_tab(
    stage: Stage, specialist: FlaskClient, deputy: FlaskClient
) -> None:
    before = deputy.get("/staff/requests").get_data(as_text=True)
    report(specialist, stage)
    after = deputy.get("/staff/requests").get_data(as_text=True)
    assert at() not in before
    assert after.index(at()) < after.index('id="waiting"')
    assert "<b>1</b></a>" in after


def test_one_click_allows(stage: Stage, specialist: FlaskClient, deputy: FlaskClient) -> None:
    report(specialist, stage)
    deputy.post(at("/decide"), data={"verdict": "allow", "note": ""})
    assert (move().state, move().decided_by) == (MoveState.ALLOWED, stage.deputy.id)
    assert at("/time") in specialist.get(at()).get_data(as_text=True)


def test_a_refusal_without_a_note_comes_back(
    stage: Stage, specialist: FlaskClient, deputy: FlaskClient
) -> None:
    report(specialist, stage)
    assert deputy.post(at("/decide"), data={"verdict": "refuse", "note": " "}).status_code == 422
    deputy.post(at("/decide"), data={"verdict": "refuse", "note": "Возьмите кабинет 5"})
    assert "Возьмите кабинет 5" in specialist.get(at()).get_data(as_text=True)


def test_who_is_late_is_told_who_decided_and_when(
    stage: Stage, specialist: FlaskClient, deputy: FlaskClient, sign_in_now: SignIn
) -> None:
    report(specialist, stage)
    head = sign_in_now(stage.head)
    deputy.post(at("/decide"), data={"verdict": "allow", "note": ""})
    answer = head.post(at("/decide"), data={"verdict": "refuse", "note": "Моё слово"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f"Решение уже принято: {stage.deputy.name}, 08:30." in page
    assert move().state == MoveState.ALLOWED


@pytest.mark.parametrize("verdict", ["", "maybe", "take_back", "do"])
def test_a_verdict_that_is_none_decides_nothing(
    stage: Stage, specialist: FlaskClient, deputy: FlaskClient, verdict: str
) -> None:
    report(specialist, stage)
    assert deputy.post(at("/decide"), data={"verdict": verdict, "note": ""}).status_code == 422
    assert move().state == MoveState.REPORTED


def own_case(stage: Stage, person: Staff, client: FlaskClient) -> Move:
    stage.hold_by(person)
    away = Absence(specialist_id=person.id, starts_at=NOW, ends_at=FRIDAY_NINE)
    db.session.add(away)
    db.session.commit()
    return report(client, stage)


def addresses(stage: Stage, case: Move) -> list[tuple[str, dict[str, str]]]:
    """Every address that could move, change or cancel a consultation, or decide about it."""
    request, consultation = stage.request.id, stage.consultation.id
    time = {"times": FRIDAY_NINE.isoformat()}
    of_request = f"/staff/requests/{request}/consultations/{consultation}"
    of_absence = f"/staff/absences/{db.session.scalar(sa.select(Absence.id))}/sessions/{consultation}"
    colleague = make_specialist(stage.centre)
    db.session.commit()
    return [
        (f"/staff/moves/{case.id}/decide", {"verdict": "allow", "note": ""}),
        (f"/staff/moves/{case.id}/decide", {"verdict": "refuse", "note": "Слова"}),
        (f"/staff/moves/{case.id}/decide", {"verdict": "allow", "note": "", "all_of_row": "1"}),
        (f"/staff/moves/{case.id}/time", {**time, "set": "1"}),
        (f"/staff/moves/{case.id}/time", {**time, "offer": "1"}),
        (f"/staff/moves/{case.id}/cancel", {}),
        (f"{of_request}/move", {"first": FRIDAY_NINE.isoformat(), "shift": "one", "save": "1"}),
        (f"{of_request}/cancel", {}),
        (f"{of_request}/cancel-following", {}),
        (f"/staff/consultations/{consultation}/cancel", {}),
        (f"{of_absence}/hand-over", {"specialist": str(colleague.id)}),
        (f"{of_absence}/cancel", {}),
    ]


@pytest.mark.parametrize("who", ["deputy", "stand_in", "head"])
def test_nobody_decides_an_own_move_by_any_address(stage: Stage, sign_in_now: SignIn, who: str) -> None:
    person = getattr(stage, who)
    client = sign_in_now(person)
    case = own_case(stage, person, client)
    held = (stage.consultation.starts_at, "planned", MoveState.REPORTED)
    for address, form in addresses(stage, case):
        answer = client.post(address, data=form)
        db.session.expire_all()
        stands = (stage.consultation.starts_at, stage.consultation.state, move().state)
        assert (stands, address, answer.status_code in (409, 422)) == (held, address, True)
    page = client.get(at()).get_data(as_text=True)
    assert "/decide" not in page
    assert "О себе никто не решает." in page


def test_where_the_centre_lets_specialists_move_a_deputy_moves_an_own_consultation_too(
    stage: Stage, deputy: FlaskClient
) -> None:
    stage.centre.specialists_may = ["move"]
    stage.hold_by(stage.deputy)
    db.session.commit()
    address = f"/staff/requests/{stage.request.id}/consultations/{stage.consultation.id}/move"
    deputy.post(address, data={"first": FRIDAY_NINE.isoformat(), "shift": "one", "save": "1"})
    db.session.refresh(stage.consultation)
    assert stage.consultation.starts_at == FRIDAY_NINE


# --- Settling --------------------------------------------------------------------------------------------


def allow(specialist: FlaskClient, deputy: FlaskClient, stage: Stage) -> None:
    report(specialist, stage)
    deputy.post(at("/decide"), data={"verdict": "allow", "note": ""})


def test_the_specialist_sets_a_new_time_of_those_that_are_free_for_all(
    stage: Stage, specialist: FlaskClient, deputy: FlaskClient
) -> None:
    allow(specialist, deputy, stage)
    page = specialist.get(at("/time")).get_data(as_text=True)
    assert f'value="{FRIDAY_NINE.isoformat()}"' in page
    specialist.post(at("/time"), data={"times": FRIDAY_NINE.isoformat(), "set": "1"})
    assert (move().state, move().new_starts_at) == (MoveState.DONE, FRIDAY_NINE)


def test_what_is_allowed_but_not_settled_is_red_once_the_start_has_passed(
    stage: Stage, specialist: FlaskClient, deputy: FlaskClient, clock: object
) -> None:
    allow(specialist, deputy, stage)
    assert "badge--over" not in deputy.get("/staff/requests").get_data(as_text=True)
    clock.move_to(THURSDAY_NINE)  # type: ignore[attr-defined]
    assert "badge--over" in deputy.get("/staff/requests").get_data(as_text=True)


def test_what_is_offered_to_the_family_is_still_among_the_times(
    stage: Stage, specialist: FlaskClient, deputy: FlaskClient
) -> None:
    allow(specialist, deputy, stage)
    specialist.post(at("/time"), data={"times": FRIDAY_NINE.isoformat(), "offer": "1"})
    page = specialist.get(at("/time")).get_data(as_text=True)
    assert f'value="{FRIDAY_NINE.isoformat()}"' in page


def test_later_days_are_shown_and_what_was_ticked_stays(
    stage: Stage, specialist: FlaskClient, deputy: FlaskClient
) -> None:
    allow(specialist, deputy, stage)
    answer = specialist.post(at("/time"), data={"times": FRIDAY_NINE.isoformat(), "from": "2026-11-27"})
    assert f'value="{FRIDAY_NINE.isoformat()}" checked' in answer.get_data(as_text=True)
    assert move().state == MoveState.ALLOWED


@pytest.mark.parametrize(
    "times",
    [
        [],
        ["yesterday"],
        ["2026-11-28T04:00:00+00:00"],
        [FRIDAY_NINE.isoformat(), "2026-11-27T08:00:00+00:00"],
    ],
)
def test_what_is_no_single_free_time_is_said_beside_the_times(
    stage: Stage, specialist: FlaskClient, deputy: FlaskClient, times: list[str]
) -> None:
    allow(specialist, deputy, stage)
    answer = specialist.post(at("/time"), data={"times": times, "set": "1"})
    assert answer.status_code == 422
    assert 'id="times-error"' in answer.get_data(as_text=True)
    assert move().state == MoveState.ALLOWED


def test_up_to_three_times_are_offered(stage: Stage, specialist: FlaskClient, deputy: FlaskClient) -> None:
    allow(specialist, deputy, stage)
    times = [FRIDAY_NINE.isoformat(), FRIDAY_NINE.replace(hour=8).isoformat()]
    specialist.post(at("/time"), data={"times": times, "offer": "1"})
    assert "Предложено семье" in specialist.get(at()).get_data(as_text=True)
    assert move().state == MoveState.ALLOWED


def test_other_means_are_proposed_by_the_specialist_and_used_by_the_deputy(
    stage: Stage, specialist: FlaskClient, deputy: FlaskClient
) -> None:
    stage.centre.specialists_may = []
    db.session.commit()
    report(specialist, stage)
    page = specialist.get(at("/instead")).get_data(as_text=True)
    assert 'name="propose"' in page and 'name="do"' not in page
    specialist.post(at("/instead"), data={"means": "voice", "specialist": "", "propose": "1"})
    assert move().proposed_means == "voice"
    refused = specialist.post(at("/instead"), data={"means": "voice", "specialist": "", "do": "1"})
    assert refused.status_code == 422
    deputy.post(at("/instead"), data={"means": "voice", "specialist": "", "do": "1"})
    assert move().state == MoveState.DONE


def test_another_specialist_takes_over(stage: Stage, specialist: FlaskClient, deputy: FlaskClient) -> None:
    other = make_specialist(stage.centre, name="Айгерим Болатовна Сейітова")
    db.session.commit()
    allow(specialist, deputy, stage)
    deputy.post(at("/instead"), data={"means": "", "specialist": str(other.id), "do": "1"})
    assert move().state == MoveState.DONE
    assert specialist.get(f"/staff/consultations/{stage.consultation.id}").status_code == 404


def test_it_works_again_by_the_hand_that_reported_it(
    stage: Stage, specialist: FlaskClient, deputy: FlaskClient
) -> None:
    report(specialist, stage)
    deputy.post(at("/take-back"))
    assert move().state == MoveState.REPORTED
    specialist.post(at("/take-back"))
    assert move().state == MoveState.TAKEN_BACK


def test_the_specialists_day_and_the_consultation_lead_to_the_case(
    stage: Stage, specialist: FlaskClient
) -> None:
    report(specialist, stage)
    for page in ("/staff/day", f"/staff/consultations/{stage.consultation.id}"):
        assert at() in specialist.get(page).get_data(as_text=True)


def test_a_case_of_a_colleague_is_not_found_by_a_specialist(
    stage: Stage, specialist: FlaskClient, sign_in_now: SignIn
) -> None:
    report(specialist, stage)
    colleague = sign_in_now(make_specialist(stage.centre))
    for method, path in (("get", ""), ("get", "/time"), ("post", "/take-back"), ("post", "/cancel")):
        assert getattr(colleague, method)(at(path)).status_code == 404


def test_the_page_of_the_hours_says_why_a_time_is_closed_and_frees_it(
    stage: Stage, specialist: FlaskClient, deputy: FlaskClient
) -> None:
    allow(specialist, deputy, stage)
    specialist.post(at("/time"), data={"times": FRIDAY_NINE.isoformat(), "set": "1"})
    page = specialist.get("/staff/hours").get_data(as_text=True)
    assert "консультация не смогла пройти" in page
    row = db.session.scalars(sa.select(HoursException)).one()
    specialist.post(f"/staff/hours/exception/{row.id}/remove")
    assert db.session.scalar(sa.select(HoursException.id)) is None


def test_what_is_stopped_is_not_yet_to_be_written_up(
    stage: Stage, specialist: FlaskClient, clock: object
) -> None:
    report(specialist, stage)
    clock.move_to(THURSDAY_NINE.replace(hour=6))  # type: ignore[attr-defined]
    assert "/write-up" not in specialist.get("/staff/day").get_data(as_text=True)


@pytest.mark.parametrize("minutes", [20, 3, -3])
def test_every_page_of_a_case_opens_before_and_after_the_start(
    stage: Stage, specialist: FlaskClient, deputy: FlaskClient, clock: object, minutes: int
) -> None:
    make_consultation(stage.centre, stage.specialist, at=THURSDAY_NINE.replace(minute=40))
    db.session.commit()
    report(specialist, stage)
    moment: datetime = minutes_before(THURSDAY_NINE, minutes)
    clock.move_to(moment)  # type: ignore[attr-defined]
    for client in (specialist, deputy):
        for path in ("", "/time", "/instead"):
            assert client.get(at(path)).status_code == 200
    assert moment > NOW
