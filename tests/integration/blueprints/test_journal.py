"""The journal on screen and as files; corrections leave a trace."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from html5lib import parse

from tests.factories import (
    NOW,
    make_centre,
    make_consultation,
    make_deputy,
    make_specialist,
    make_staff,
)
from webapp.models import Centre, Consultation, HelpRequest, JournalCorrection, JournalEntry, Staff, db
from webapp.rules.permissions import Role
from webapp.services.consultations import cancelling, journal, write_up
from webapp.services.consultations.write_up import WriteUp

SignIn = Callable[[Staff], FlaskClient]
MONDAY = NOW - timedelta(days=1)  # 11:00 there
AFTER = NOW
NOVEMBER = "from=2026-11-01&to=2026-11-30"


def write_line(centre: Centre, specialist: Staff, topic: str = "Общение", hour: int = 0) -> JournalEntry:
    begins = MONDAY + timedelta(hours=hour)
    consultation = make_consultation(centre, specialist, at=begins, now=MONDAY - timedelta(days=1))
    request = db.session.get_one(HelpRequest, consultation.help_request_id)
    what = WriteUp(
        held=True,
        began_at=begins,
        finished_at=begins + timedelta(minutes=35),
        means="video",
        topic=topic,
        recommendation="Играть вместе",
        inner_note="внутреннее",
    )
    write_up.write_up(centre, request, consultation, what, AFTER, staff_id=specialist.id)
    return db.session.scalars(
        sa.select(JournalEntry).where(JournalEntry.consultation_id == consultation.id)
    ).one()


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def specialist(centre: Centre) -> Staff:
    return make_specialist(centre)


@pytest.fixture
def deputy(centre: Centre) -> Staff:
    return make_deputy(centre)


def shown(client: FlaskClient, address: str = f"/staff/journal?{NOVEMBER}") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_the_deputy_sees_every_line_of_the_centre(
    centre: Centre, specialist: Staff, deputy: Staff, sign_in: SignIn
) -> None:
    write_line(centre, specialist, "Первая тема")
    write_line(centre, make_specialist(centre), "Вторая тема", 1)
    page = shown(sign_in(deputy))
    assert "Первая тема" in page
    assert "Вторая тема" in page
    assert "внутреннее" not in page


def test_a_specialist_sees_the_own_lines(centre: Centre, specialist: Staff, sign_in: SignIn) -> None:
    write_line(centre, specialist, "Первая тема")
    write_line(centre, make_specialist(centre), "Вторая тема", 1)
    page = shown(sign_in(specialist))
    assert "Первая тема" in page
    assert "Вторая тема" not in page


def test_another_centre_sees_nothing(centre: Centre, specialist: Staff, sign_in: SignIn) -> None:
    entry = write_line(centre, specialist, "Первая тема")
    stranger = sign_in(make_deputy(make_centre()))
    assert "Первая тема" not in shown(stranger)
    assert stranger.get(f"/staff/journal/{entry.id}").status_code == 404


def test_who_has_no_part_in_it_may_not_open_it(centre: Centre, sign_in: SignIn) -> None:
    assert sign_in(make_staff(centre, Role.ADMINISTRATOR)).get("/staff/journal").status_code == 403


def test_the_period_counts_by_the_centres_days(
    centre: Centre, specialist: Staff, deputy: Staff, sign_in: SignIn
) -> None:
    write_line(centre, specialist, "Первая тема")
    client = sign_in(deputy)
    assert "Первая тема" in shown(client, "/staff/journal?from=2026-11-23&to=2026-11-23")
    assert "Первая тема" not in shown(client, "/staff/journal?from=2026-11-24&to=2026-11-30")


@pytest.mark.parametrize("period", ["from=x&to=y", "from=2026-12-31&to=2026-01-01", "from=0001-01-01", ""])
def test_any_period_is_answered(deputy: Staff, sign_in: SignIn, period: str) -> None:
    assert "<h1>" in shown(sign_in(deputy), f"/staff/journal?{period}")


def test_a_correction_keeps_what_stood_before(
    centre: Centre, specialist: Staff, deputy: Staff, sign_in: SignIn
) -> None:
    entry = write_line(centre, specialist)
    client = sign_in(deputy)
    form = {
        "day": "2026-11-23",
        "began": "11:00",
        "minutes": "36",
        "means": "voice",
        "parent": entry.parent,
        "child": entry.child,
        "topic": "Тревога",
        "recommendation": entry.recommendation,
    }
    answer = client.post(f"/staff/journal/{entry.id}", data=form)
    assert answer.status_code == 302
    db.session.expire_all()
    correction = db.session.scalars(sa.select(JournalCorrection)).one()
    assert correction.by == deputy.id
    assert correction.before == {"minutes": 35, "means": "video", "topic": "Общение"}
    page = shown(client)
    assert "Тревога" in page
    assert "Общение" in page


def test_saving_without_a_change_leaves_no_trace(
    centre: Centre, specialist: Staff, deputy: Staff, sign_in: SignIn
) -> None:
    entry = write_line(centre, specialist)
    form = {"day": "2026-11-23", "began": "11:00", "minutes": "35", "means": "video"}
    form |= {name: getattr(entry, name) for name in ("parent", "child", "topic", "recommendation")}
    sign_in(deputy).post(f"/staff/journal/{entry.id}", data=form)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(JournalCorrection)) == 0


def test_a_wrong_correction_comes_back_with_what_was_typed(
    centre: Centre, specialist: Staff, deputy: Staff, sign_in: SignIn
) -> None:
    entry = write_line(centre, specialist)
    form = {"day": "2026-11-23", "began": "25:99", "minutes": "0", "means": "x", "topic": "Напечатанное"}
    page = sign_in(deputy).post(f"/staff/journal/{entry.id}", data=form).get_data(as_text=True)
    assert "Напечатанное" in page
    assert "25:99" in page
    assert 'aria-invalid="true"' in page


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("day", "", "Choose a day."),
        ("day", "x", "Choose a day."),
        ("began", "", "Write the time like this: 09:20"),
        ("began", "half past nine", "Write the time like this: 09:20"),
        ("minutes", "", "Write the minutes as a number."),
    ],
)
def test_what_is_wrong_in_a_correction_is_told_beside_its_field(
    centre: Centre, specialist: Staff, deputy: Staff, sign_in: SignIn, field: str, typed: str, message: str
) -> None:
    entry = write_line(centre, specialist)
    form = {"day": "2026-11-23", "began": "11:00", "minutes": "35", "means": "video", field: typed}
    answer = sign_in(deputy).post(f"/staff/journal/{entry.id}?lang=en", data=form)
    page = parse(answer.get_data(as_text=True), namespaceHTMLElements=False)
    assert message in "".join(page.find(f".//*[@id='{field}-error']").itertext())


def test_a_specialist_cannot_correct_somebody_elses_line(
    centre: Centre, specialist: Staff, sign_in: SignIn
) -> None:
    entry = write_line(centre, make_specialist(centre))
    assert sign_in(specialist).get(f"/staff/journal/{entry.id}").status_code == 404


def test_the_csv_begins_with_a_mark_and_holds_no_formula(
    centre: Centre, specialist: Staff, deputy: Staff, sign_in: SignIn
) -> None:
    write_line(centre, specialist, "=HYPERLINK(1)")
    answer = sign_in(deputy).get(f"/staff/journal.csv?{NOVEMBER}")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["Content-Disposition"]
    head, line = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert len(head) == len(line)
    assert "'=HYPERLINK(1)" in line


def test_the_xlsx_holds_texts_and_no_formula(
    centre: Centre, specialist: Staff, deputy: Staff, sign_in: SignIn
) -> None:
    write_line(centre, specialist, "=1+1")
    answer = sign_in(deputy).get(f"/staff/journal.xlsx?{NOVEMBER}")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    cells = {cell.value: cell.data_type for row in sheet.iter_rows() for cell in row}
    assert cells["=1+1"] == "s"


def test_the_xlsx_counts_minutes_as_numbers(
    centre: Centre, specialist: Staff, deputy: Staff, sign_in: SignIn
) -> None:
    entry = write_line(centre, specialist)
    answer = sign_in(deputy).get(f"/staff/journal.xlsx?{NOVEMBER}")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    assert entry.minutes in [cell for row in sheet.iter_rows(values_only=True) for cell in row]


def test_a_struck_line_is_shown_struck(
    centre: Centre, specialist: Staff, deputy: Staff, sign_in: SignIn
) -> None:
    entry = write_line(centre, specialist, "Первая тема")
    entry.struck_at = AFTER
    assert "<s><b>Первая тема</b>" in shown(sign_in(deputy))


def test_a_long_journal_asks_the_database_no_more(
    centre: Centre, specialist: Staff, deputy: Staff, sign_in: SignIn
) -> None:
    for hour in range(6):
        write_line(centre, specialist, hour=hour)
    client = sign_in(deputy)
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        shown(client)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    assert len(asked) <= 12


def test_of_a_family_that_withdrew_its_consent_only_numbers_stay(
    centre: Centre, specialist: Staff, deputy: Staff, sign_in: SignIn
) -> None:
    entry = write_line(centre, specialist, "Прежняя тема")
    journal.correct(entry, {"topic": "Тревога", "minutes": 34}, AFTER, staff_id=deputy.id)
    consultation = db.session.get_one(Consultation, entry.consultation_id)
    cancelling.withdraw_consent(db.session.get_one(HelpRequest, consultation.help_request_id), AFTER)
    client = sign_in(deputy)
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(f"/staff/journal.xlsx?{NOVEMBER}").data)).active
    in_files = client.get(f"/staff/journal.csv?{NOVEMBER}").get_data(as_text=True)
    in_files += str(list(sheet.iter_rows(values_only=True)))
    for told in (shown(client), in_files):
        assert "2026-1" in told
        for secret in ("Остроградская", "А. К.", "тема", "Тревога", "Играть вместе"):
            assert secret not in told
    assert client.get(f"/staff/journal/{entry.id}").status_code == 404
