"""The specialist's day, hours, check, room and write-up."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import html5lib
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories import NOW, make_centre, make_consultation, make_deputy, make_specialist
from tests.integration.services.test_checks import ALL_WELL
from webapp.models import (
    Absence,
    Centre,
    Consultation,
    ConsultationSpecialist,
    EquipmentCheck,
    HelpRequest,
    HoursException,
    JournalEntry,
    Occupancy,
    Participation,
    Staff,
    WeeklyHours,
    db,
)
from webapp.services.pages import personal_links
from webapp.services.rooms.connection_problems import report

SignIn = Callable[[Staff], FlaskClient]
TODAY_THREE = NOW + timedelta(hours=4)  # 15:00 there
ENDS = TODAY_THREE + timedelta(minutes=40)
PATHS = ("", "/room", "/state", "/check", "/write-up")


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def specialist(centre: Centre) -> Staff:
    return make_specialist(centre)


@pytest.fixture
def consultation(centre: Centre, specialist: Staff) -> Consultation:
    return make_consultation(centre, specialist, at=TODAY_THREE)


@pytest.fixture
def me(specialist: Staff, consultation: Consultation, sign_in: SignIn) -> FlaskClient:
    """The specialist of the consultation."""
    return sign_in(specialist)


def request_of(consultation: Consultation) -> HelpRequest:
    return db.session.get_one(HelpRequest, consultation.help_request_id)


def page(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status
    return answer.get_data(as_text=True)


def at(consultation: Consultation, part: str = "") -> str:
    return f"/staff/consultations/{consultation.id}{part}"


# --- The day ----------------------------------------------------------------------------------------------


def test_the_day_shows_who_comes_when(me: FlaskClient, clock: Any) -> None:
    clock.move_to(TODAY_THREE - timedelta(hours=1))
    shown = page(me, "/staff/day")
    assert "15:00–15:40" in shown
    assert "Остроградская-Мельниченко" in shown
    assert "/check" not in shown


def test_half_an_hour_before_the_day_asks_for_the_check(
    me: FlaskClient, consultation: Consultation, clock: Any
) -> None:
    clock.move_to(TODAY_THREE - timedelta(minutes=30))
    assert at(consultation, "/check") in page(me, "/staff/day")


def test_what_is_over_waits_to_be_written_up(centre: Centre, specialist: Staff, sign_in: SignIn) -> None:
    past = make_consultation(centre, specialist, at=NOW - timedelta(days=2), now=NOW - timedelta(days=3))
    assert at(past, "/write-up") in page(sign_in(specialist), "/staff/day")


@pytest.mark.parametrize("week", ["2026-11-26", "x", "9999-12-31", "0001-01-01"])
def test_any_week_is_answered(me: FlaskClient, week: str) -> None:
    assert "<h1>" in page(me, f"/staff/day?week={week}")


@pytest.mark.parametrize("address", ["/staff/day", "/staff/day?week=2026-11-30"])
def test_full_weeks_ask_the_database_no_more(
    me: FlaskClient, centre: Centre, specialist: Staff, clock: Any, address: str
) -> None:
    for number in range(1, 10):
        for weeks in (0, 1):
            starts_at = TODAY_THREE + timedelta(weeks=weeks, minutes=40 * number)
            make_consultation(centre, specialist, at=starts_at)
    make_consultation(centre, specialist, at=NOW - timedelta(days=2), now=NOW - timedelta(days=3))
    db.session.commit()
    clock.move_to(TODAY_THREE)
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        page(me, address)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    assert len(asked) <= 12


def test_another_week_shows_its_own_consultations_and_today_stays(
    me: FlaskClient, centre: Centre, specialist: Staff, consultation: Consultation
) -> None:
    later = make_consultation(centre, specialist, at=TODAY_THREE + timedelta(weeks=1))
    beyond = make_consultation(centre, specialist, at=TODAY_THREE + timedelta(weeks=2))
    db.session.commit()
    shown = page(me, f"/staff/day?week={(TODAY_THREE + timedelta(weeks=1)).date()}")
    assert [at(one) in shown for one in (consultation, later, beyond)] == [True, True, False]


# --- Whose it is -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", PATHS)
def test_a_colleague_finds_nothing(
    centre: Centre, consultation: Consultation, sign_in: SignIn, part: str
) -> None:
    assert sign_in(make_specialist(centre)).get(at(consultation, part)).status_code == 404


@pytest.mark.parametrize("part", PATHS)
def test_another_centre_finds_nothing(consultation: Consultation, sign_in: SignIn, part: str) -> None:
    assert sign_in(make_specialist(make_centre())).get(at(consultation, part)).status_code == 404


def test_the_deputy_reads_but_does_not_enter(
    centre: Centre, consultation: Consultation, sign_in: SignIn, clock: Any
) -> None:
    client = sign_in(make_deputy(centre))
    clock.move_to(TODAY_THREE)
    assert "/room" not in page(client, at(consultation))
    assert client.get(at(consultation, "/room")).status_code == 403


def test_the_consultations_page_tells_its_history(me: FlaskClient, consultation: Consultation) -> None:
    shown = page(me, at(consultation))
    assert "Сын перестал общаться" in shown
    assert shown.count('<li class="done">') >= 3


# --- The room --------------------------------------------------------------------------------------------


def test_before_the_door_the_room_leads_back(me: FlaskClient, consultation: Consultation) -> None:
    assert me.get(at(consultation, "/room")).location.endswith(at(consultation))


def test_the_specialist_enters_as_moderator(
    me: FlaskClient, consultation: Consultation, clock: Any, app: Flask
) -> None:
    import jwt

    clock.move_to(TODAY_THREE)
    shown = page(me, at(consultation, "/room"))
    claims = jwt.decode(shown.split('data-jwt="')[1].split('"')[0], options={"verify_signature": False})
    assert claims["context"]["user"]["moderator"] is True
    assert claims["context"]["user"]["name"] == "Ольга Сергеевна Вяземская"


def test_the_room_page_learns_that_the_family_cannot_connect(
    me: FlaskClient, centre: Centre, consultation: Consultation, clock: Any
) -> None:
    clock.move_to(TODAY_THREE)
    assert me.get(at(consultation, "/state")).json == {"open": True, "problems": []}
    report(centre, request_of(consultation), "cannot_connect", TODAY_THREE)
    db.session.commit()
    [problem] = me.get(at(consultation, "/state")).json["problems"]
    assert problem.startswith("15:00")


def test_ending_for_all_shuts_the_door(me: FlaskClient, consultation: Consultation, clock: Any) -> None:
    clock.move_to(TODAY_THREE + timedelta(minutes=20))
    answer = me.post(at(consultation, "/end"))
    assert answer.location.endswith("/write-up")
    db.session.refresh(consultation)
    assert consultation.ended_for_all_at == TODAY_THREE + timedelta(minutes=20)
    assert me.get(at(consultation, "/state")).json["open"] is False
    assert me.post(at(consultation, "/end")).status_code == 409


# --- The check -------------------------------------------------------------------------------------------


def test_a_check_is_stored_from_the_page(me: FlaskClient, consultation: Consultation, clock: Any) -> None:
    clock.move_to(TODAY_THREE - timedelta(minutes=20))
    form = {"measured": json.dumps(ALL_WELL), "sound": "y", "workplace": "y"}
    assert me.post(at(consultation, "/check"), data=form).status_code == 302
    assert db.session.scalar(sa.select(EquipmentCheck.verdict)) == "works"
    assert "/check" not in page(me, "/staff/day")


def test_every_point_of_a_check_is_shown_to_the_specialist_and_to_the_deputy(
    me: FlaskClient, centre: Centre, consultation: Consultation, sign_in: SignIn, clock: Any
) -> None:
    clock.move_to(TODAY_THREE - timedelta(minutes=20))
    measured = {**ALL_WELL, "failed_share": 0.02, "camera": None}
    form = {"measured": json.dumps(measured), "sound": "y", "workplace": "y", "camera": "y"}
    me.post(at(consultation, "/check"), data=form)
    deputy = sign_in(make_deputy(centre))
    for client, address in (
        (me, at(consultation, "/check")),
        (me, at(consultation)),
        (deputy, at(consultation)),
        (deputy, "/staff/deadlines"),
    ):
        shown = " ".join(page(client, f"{address}?lang=en").split())
        assert (
            "Workplace: works (ticked) · Camera: works (ticked) · Microphone: works (speech -18 dB) · "
            "Sound: works (ticked) · Link to the video server: weak (40 ms there and back, failed 2 %) · "
            "Program: works (Chromium 140)"
        ) in shown


def test_a_link_that_answers_nothing_is_told_by_what_failed(
    me: FlaskClient, consultation: Consultation, clock: Any
) -> None:
    clock.move_to(TODAY_THREE - timedelta(minutes=20))
    measured = {**ALL_WELL, "round_trip": None, "failed_share": 1}
    form = {"measured": json.dumps(measured), "sound": "y", "workplace": "y"}
    me.post(at(consultation, "/check"), data=form)
    shown = " ".join(page(me, f"{at(consultation)}?lang=en").split())
    assert "Link to the video server: does not work (– ms there and back, failed 100 %)" in shown


def test_a_check_that_fails_says_so_and_stays_with_its_consultation(
    me: FlaskClient, consultation: Consultation, clock: Any
) -> None:
    clock.move_to(TODAY_THREE - timedelta(minutes=20))
    measured = {**ALL_WELL, "round_trip": None, "failed_share": 1}
    form = {"measured": json.dumps(measured), "sound": "y", "workplace": "y"}
    answer = me.post(at(consultation, "/check") + "?lang=en", data=form)
    assert answer.location == at(consultation)
    assert "Saved: something does not work." in page(me, answer.location)


def test_what_the_camera_gives_is_shown_in_figures(
    me: FlaskClient, consultation: Consultation, clock: Any
) -> None:
    clock.move_to(TODAY_THREE - timedelta(minutes=20))
    me.post(
        at(consultation, "/check"),
        data={"measured": json.dumps(ALL_WELL), "sound": "y", "workplace": "y"},
    )
    shown = page(me, f"{at(consultation)}?lang=ru")
    assert "Камера: работает (1280 × 720, кадров в секунду: 30)" in " ".join(shown.split())


@pytest.mark.parametrize(
    "measured", ["", "{", "null", "[]", "7", '{"camera": 1}', "[" * 4000, '{"round_trip": 1e999}']
)
def test_measurements_that_mean_nothing_are_no_fault_of_ours(
    me: FlaskClient, consultation: Consultation, measured: str
) -> None:
    answer = me.post(at(consultation, "/check"), data={"measured": measured, "words": "Слова"})
    assert answer.status_code == 200
    assert "Слова" in answer.get_data(as_text=True)
    assert db.session.scalar(sa.select(EquipmentCheck.id)) is None


def test_does_not_work_needs_words_and_keeps_them(me: FlaskClient, consultation: Consultation) -> None:
    empty = me.post(at(consultation, "/check"), data={"broken": "1"})
    assert 'aria-invalid="true"' in empty.get_data(as_text=True)
    me.post(at(consultation, "/check"), data={"broken": "1", "words": "Нет звука"})
    assert db.session.scalar(sa.select(EquipmentCheck.words)) == "Нет звука"


# --- The write-up ----------------------------------------------------------------------------------------

FORM = {
    "held": "yes",
    "not_held_reason": "no_show",
    "began": "15:01",
    "finished": "15.39",
    "means": "video",
    "topic": "Общение",
    "recommendation": "Играть вместе",
    "inner_note": "Наблюдать",
    "next_time": "",
}


def test_a_session_is_written_up_in_one_form(me: FlaskClient, consultation: Consultation, clock: Any) -> None:
    clock.move_to(ENDS)
    assert me.post(at(consultation, "/write-up"), data=FORM).status_code == 302
    db.session.refresh(consultation)
    assert (consultation.state, consultation.inner_note) == ("held", "Наблюдать")
    assert db.session.scalar(sa.select(JournalEntry.minutes)) == 38


def test_a_mistake_loses_nothing_that_was_typed(
    me: FlaskClient, consultation: Consultation, clock: Any
) -> None:
    clock.move_to(ENDS)
    answer = me.post(at(consultation, "/write-up"), data={**FORM, "finished": "14:00"})
    shown = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Играть вместе" in shown
    assert "Наблюдать" in shown
    assert 'aria-describedby="finished-error"' in shown


@pytest.mark.parametrize(
    "change",
    [
        {"began": "99:99"},
        {"began": ""},
        {"means": "telepathy"},
        {"topic": ""},
        {"held": "perhaps"},
        {"next_time": "2026-12-03T03:07:00+00:00"},
    ],
)
def test_wrong_answers_stand_beside_their_field(
    me: FlaskClient, consultation: Consultation, clock: Any, change: dict[str, str]
) -> None:
    clock.move_to(ENDS)
    answer = me.post(at(consultation, "/write-up"), data={**FORM, **change})
    assert answer.status_code == 200
    assert 'id="errors"' in answer.get_data(as_text=True)
    db.session.refresh(consultation)
    assert consultation.state == "planned"


def test_a_draft_stays_to_be_written_up(me: FlaskClient, consultation: Consultation, clock: Any) -> None:
    clock.move_to(ENDS)
    answer = me.post(at(consultation, "/write-up"), data={**FORM, "topic": "", "draft": "1"})
    assert answer.status_code == 302
    db.session.refresh(consultation)
    assert (consultation.state, consultation.recommendation) == ("planned", "Играть вместе")
    assert "Играть вместе" in page(me, at(consultation, "/write-up"))


def test_nothing_is_written_up_before_it_began(me: FlaskClient, consultation: Consultation) -> None:
    assert me.get(at(consultation, "/write-up")).location.endswith(at(consultation))


@pytest.mark.parametrize("part", ["", "/write-up"])
def test_of_blocked_data_no_words_are_shown(
    me: FlaskClient, consultation: Consultation, clock: Any, part: str
) -> None:
    clock.move_to(ENDS)
    me.post(at(consultation, "/write-up"), data=FORM)
    db.session.refresh(consultation)
    words = ("Играть вместе", "Наблюдать") if not part else ("Играть вместе", "Наблюдать", "Общение")
    shown = page(me, at(consultation, part))
    assert [word for word in words if word not in shown] == []
    request_of(consultation).blocked_at = ENDS
    db.session.commit()
    shown = page(me, at(consultation, part))
    assert [word for word in words if word in shown] == []


def test_a_draft_keeps_that_it_was_not_held_and_why(
    me: FlaskClient, consultation: Consultation, clock: Any
) -> None:
    clock.move_to(ENDS)
    draft = {**FORM, "held": "no", "not_held_reason": "technical", "draft": "1"}
    me.post(at(consultation, "/write-up"), data=draft)
    shown = html5lib.parse(page(me, at(consultation, "/write-up")), namespaceHTMLElements=False)
    chosen = [one.get("value") for one in shown.iterfind(".//input[@name='held']") if "checked" in one.attrib]
    reasons = shown.iterfind(".//select[@name='not_held_reason']/option")
    assert chosen == ["no"]
    assert [one.get("value") for one in reasons if "selected" in one.attrib] == ["technical"]


# --- The hours -------------------------------------------------------------------------------------------


def test_hours_are_added_and_removed(me: FlaskClient, specialist: Staff) -> None:
    form = {"weekday": "5", "starts": "10:00", "ends": "12:00", "valid_from": "2026-12-01"}
    assert me.post("/staff/hours/weekly", data=form).status_code == 302
    row = db.session.scalars(sa.select(WeeklyHours).where(WeeklyHours.weekday == 5)).one()
    assert row.valid_from is not None
    assert me.post(f"/staff/hours/weekly/{row.id}/remove").status_code == 302
    assert db.session.scalar(sa.select(WeeklyHours.id).where(WeeklyHours.weekday == 5)) is None


def test_somebody_elses_hours_cannot_be_removed(me: FlaskClient, centre: Centre) -> None:
    other = make_specialist(centre)
    db.session.commit()
    row = db.session.scalars(sa.select(WeeklyHours).where(WeeklyHours.specialist_id == other.id)).first()
    assert row is not None
    assert me.post(f"/staff/hours/weekly/{row.id}/remove").status_code == 404


@pytest.mark.parametrize(
    ("path", "form", "field"),
    [
        ("weekly", {"weekday": "5", "starts": "12:00", "ends": "10:00"}, "ends"),
        ("weekly", {"weekday": "9", "starts": "x", "ends": ""}, "starts"),
        ("weekly", {"weekday": "0", "starts": "9:00", "ends": "18:00"}, "starts"),
        ("exceptions", {"day": "2026-11-01", "available": "no"}, "day"),
        ("exceptions", {"day": "x", "available": "no"}, "day"),
        ("exceptions", {"day": "2026-12-01", "available": "yes"}, "exception_ends"),
        (
            "exceptions",
            {"day": "2026-12-01", "available": "no", "exception_starts": "9:00"},
            "exception_ends",
        ),
        ("absences", {"absent_from": "2026-12-10", "absent_until": "2026-12-01"}, "absent_until"),
        ("absences", {"absent_from": "", "absent_until": ""}, "absent_from"),
    ],
)
def test_what_cannot_be_is_told_beside_its_field(
    me: FlaskClient, path: str, form: dict[str, str], field: str
) -> None:
    answer = me.post(f"/staff/hours/{path}", data=form)
    assert answer.status_code == 200
    assert f'id="{field}-error"' in answer.get_data(as_text=True)


def test_a_day_off_is_an_exception(me: FlaskClient) -> None:
    assert (
        me.post("/staff/hours/exceptions", data={"day": "2026-12-01", "available": "no"}).status_code == 302
    )
    assert db.session.scalars(sa.select(HoursException.available)).one() is False


def test_an_absence_shows_the_sessions_that_it_touches(me: FlaskClient, consultation: Consultation) -> None:
    form = {"absent_from": "2026-11-24", "absent_until": "2026-11-25", "reason": "Учёба"}
    assert me.post("/staff/hours/absences", data=form).status_code == 302
    assert at(consultation) in page(me, "/staff/hours")
    db.session.refresh(consultation)
    assert consultation.state == "planned"
    assert db.session.scalars(sa.select(Absence.reason)).one() == "Учёба"


@pytest.mark.parametrize(
    "closed",
    [
        {"day": "2026-11-24"},
        {"day": "2026-11-24", "exception_starts": "15:30", "exception_ends": "16:00"},
    ],
)
def test_a_closed_day_shows_the_sessions_that_it_touches(
    me: FlaskClient, consultation: Consultation, closed: dict[str, str]
) -> None:
    me.post("/staff/hours/exceptions", data={"available": "no", **closed})
    assert at(consultation) in page(me, "/staff/hours")


@pytest.mark.parametrize(
    "other",
    [
        {"day": "2026-11-24", "available": "yes"},
        {"day": "2026-11-24", "available": "no", "exception_starts": "16:00", "exception_ends": "17:00"},
        {"day": "2026-11-25", "available": "no"},
    ],
)
def test_other_days_and_hours_touch_nothing(
    me: FlaskClient, consultation: Consultation, other: dict[str, str]
) -> None:
    hours = {} if "exception_starts" in other else {"exception_starts": "08:00", "exception_ends": "20:00"}
    me.post("/staff/hours/exceptions", data={**hours, **other})
    assert db.session.scalars(sa.select(HoursException.day)).one()
    assert at(consultation) not in page(me, "/staff/hours")


def test_the_calendars_address_is_made_and_renewed(me: FlaskClient, specialist: Staff) -> None:
    me.post("/staff/hours/calendar")
    first = personal_links.token_of(personal_links.FEED, staff_id=specialist.id)
    assert first is not None
    assert first in page(me, "/staff/hours")
    me.post("/staff/hours/calendar")
    assert personal_links.token_of(personal_links.FEED, staff_id=specialist.id) != first


# --- The family does not come -----------------------------------------------------------------------------


def seen_in_room(consultation: Consultation, guest_id: str, at: datetime) -> None:
    stay = {"room_jid": "room@muc", "occupant_jid": f"{guest_id}@x", "guest_id": guest_id, "joined_at": at}
    db.session.add(Occupancy(consultation_id=consultation.id, **stay))
    db.session.commit()


def nobody_came(client: FlaskClient, consultation: Consultation, **fields: str) -> TestResponse:
    sent = {"held": "no", "not_held_reason": "no_show", "means": "video", "next_time": "", **fields}
    return client.post(at(consultation, "/write-up"), data=sent)


def test_before_fifteen_minutes_a_no_show_must_be_confirmed(
    me: FlaskClient, consultation: Consultation, clock: Any
) -> None:
    clock.move_to(TODAY_THREE + timedelta(minutes=5))
    refused = nobody_came(me, consultation, inner_note="Звонила, не отвечают")
    shown = refused.get_data(as_text=True)
    assert refused.status_code == 200
    assert 'name="early"' in shown
    assert "Звонила, не отвечают" in shown
    assert nobody_came(me, consultation, early="y").status_code == 302
    db.session.expire_all()
    assert db.session.get_one(Consultation, consultation.id).state == "not_held"


def test_after_fifteen_minutes_nothing_is_asked(
    me: FlaskClient, consultation: Consultation, clock: Any
) -> None:
    clock.move_to(TODAY_THREE + timedelta(minutes=15))
    assert "nobody-came=1" in page(me, at(consultation))
    form = page(me, at(consultation, "/write-up?nobody-came=1"))
    assert 'name="early"' not in form
    assert 'checked id="held-1"' in form
    assert nobody_came(me, consultation).status_code == 302


def test_a_family_that_comes_at_minute_twenty_is_let_in_and_seen(
    me: FlaskClient, consultation: Consultation, client: FlaskClient, clock: Any
) -> None:
    clock.move_to(TODAY_THREE + timedelta(minutes=15))
    nobody_came(me, consultation)
    clock.move_to(TODAY_THREE + timedelta(minutes=20))
    token = personal_links.token_of(personal_links.PAGE, help_request_id=consultation.help_request_id)
    assert f"/f/{token}/join" in page(client, f"/f/{token}")
    guest = db.session.scalars(sa.select(Participation.guest_id)).one()
    seen_in_room(consultation, guest, TODAY_THREE + timedelta(minutes=20))
    shown = page(me, at(consultation) + "?lang=en")
    assert "The family came after all: 15:20." in shown
    assert at(consultation, "/room") in shown


def test_what_the_video_server_saw_is_only_a_suggestion(
    me: FlaskClient, consultation: Consultation, clock: Any
) -> None:
    clock.move_to(TODAY_THREE + timedelta(minutes=15))
    ours = db.session.scalars(sa.select(ConsultationSpecialist.guest_id)).one()
    seen_in_room(consultation, ours, TODAY_THREE)
    assert "has not been seen in the room" in page(me, at(consultation) + "?lang=en")
    assert db.session.get_one(Consultation, consultation.id).state == "planned"


def test_the_deputy_sees_what_ended_later_than_agreed(
    me: FlaskClient, centre: Centre, consultation: Consultation, sign_in: SignIn, clock: Any
) -> None:
    clock.move_to(ENDS + timedelta(minutes=10))
    fields = {"held": "yes", "began": "15:00", "finished": "15:43", "means": "video", "topic": "Страхи"}
    assert me.post(at(consultation, "/write-up"), data={**fields, "next_time": ""}).status_code == 302
    assert "longer by 3 min" in page(sign_in(make_deputy(centre)), "/staff/deadlines?lang=en").replace(
        "\xa0", " "
    )
