"""Centres from a file."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import NOW, make_centre, make_staff
from webapp.models import CalendarCorrection, Centre, ConsentText, Staff, Topic, WeeklyHours, db
from webapp.rules.permissions import Role
from webapp.services import centres_file, importing, topics
from webapp.services.centres_file import ImportRefused

FILE = """
centres:
  - slug: school-12
    names: {ru: Школа № 12}
    country: RU
    zone: Asia/Yekaterinburg
    phone: +73430001212
    supervisor: deputy@school.example
    staff:
      - {email: deputy@school.example, name: Ирина Соловьёва, roles: [deputy_director]}
      - email: olga@school.example
        name: Ольга Вяземская
        roles: [specialist]
        profession: psychologist
        hours: [{days: [mon, wed], from: 9:00, to: "13:00"}]
    topics:
      - {code: mood, titles: {ru: Чувства}, specialists: [olga@school.example]}
    calendar:
      - {day: 2026-12-30, working: false, note: ремонт}
"""


def take(text: str) -> list[str]:
    report = importing.import_file(centres_file.read(text), NOW)
    db.session.commit()
    return list(report)


def test_everything_in_the_file_is_set_up(app: Flask) -> None:
    take(FILE)
    centre = db.session.scalars(sa.select(Centre)).one()
    deputy, olga = db.session.scalars(sa.select(Staff).order_by(Staff.id)).all()
    assert (centre.names, centre.phone, centre.supervisor_id) == (
        {"ru": "Школа № 12"},
        "+73430001212",
        deputy.id,
    )
    assert (deputy.roles, olga.roles, olga.profession) == (
        {"deputy_director"},
        {"specialist"},
        "psychologist",
    )
    hours = db.session.scalars(sa.select(WeeklyHours).order_by(WeeklyHours.weekday)).all()
    assert [(row.weekday, row.starts.hour, row.ends.hour) for row in hours] == [(0, 9, 13), (2, 9, 13)]
    assert topics.specialists_of_topic(db.session.scalars(sa.select(Topic)).one()) == [olga.id]
    assert db.session.scalars(sa.select(CalendarCorrection)).one().note == "ремонт"
    assert db.session.scalars(sa.select(ConsentText)).one().version == 1


def test_the_same_file_again_changes_nothing(app: Flask) -> None:
    take(FILE)
    assert take(FILE) == []


def test_what_differs_is_changed_and_said(app: Flask) -> None:
    take(FILE)
    changed = FILE.replace("Ольга Вяземская", "Ольга Сергеевна Вяземская").replace("Чувства", "Страхи")
    assert take(changed) == ["school-12: olga@school.example: name", "school-12: topic mood"]
    assert db.session.scalars(sa.select(Topic)).one().titles == {"ru": "Страхи"}


def test_what_the_file_does_not_name_stays(app: Flask) -> None:
    take(FILE)
    centre = db.session.scalars(sa.select(Centre)).one()
    by_hand = make_staff(centre, Role.REGISTRAR)
    take(FILE)
    assert db.session.get(Staff, by_hand.id).active


def test_hours_belong_to_the_specialist_after_the_first_time(app: Flask) -> None:
    take(FILE)
    take(FILE.replace("9:00", "10:00"))
    assert {row.starts.hour for row in db.session.scalars(sa.select(WeeklyHours))} == {9}


def test_a_new_consent_text_is_a_new_version(app: Flask) -> None:
    take(FILE)
    take(FILE.replace("    country: RU", "    consent: {ru: Новое согласие}\n    country: RU"))
    assert db.session.scalars(sa.select(ConsentText.version).order_by(ConsentText.version)).all() == [1, 2]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("slug: school-12", "slug: School 12", "centres[0].slug: "),
        ("country: RU", "country: FR", "centres[0].country: "),
        ("roles: [specialist]", "roles: [magician]", "centres[0].staff[1].roles[0]: "),
        ("profession: psychologist", "phone: ''", "centres[0].staff[1]: a specialist needs a profession"),
        ('to: "13:00"', 'to: "08:00"', "centres[0].staff[1].hours[0]: 'to' must be later than 'from'"),
        ("code: mood", "kode: mood", "centres[0].topics[0].kode: is not known here"),
        ("centres:", "centers:", "centers: is not known here"),
        ("zone: Asia/Yekaterinburg", "zone: Mars/Base", "centres[0].zone: "),
        ("phone: +73430001212", "phone: '12'", "centres[0].phone: "),
        ("supervisor: deputy@", "supervisor: nobody@", "centres[0].supervisor: nobody@school.example is not"),
        ("specialists: [olga@", "specialists: [nobody@", "centres[0].topics[0].specialists[0]: nobody@"),
        ("email: olga@school.example", "email: olga", "centres[0].staff[1].email: "),
        ("names: {ru: Школа № 12}", "names: {en: School}", "centres[0].names_ru: must be there"),
        ("centres:", "centres: [", "line "),
    ],
)
def test_what_is_wrong_is_named_with_its_place_in_the_file(app: Flask, old: str, new: str, said: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        take(FILE.replace(old, new))
    assert any(problem.startswith(said) for problem in refused.value.problems), refused.value.problems


@pytest.mark.parametrize("text", ["", "- a", "42", "centres: []", "centres: 5"])
def test_what_is_no_such_file_is_refused(app: Flask, text: str) -> None:
    with pytest.raises(ImportRefused):
        take(text)


def test_a_person_of_another_centre_is_not_taken_over(app: Flask) -> None:
    make_staff(make_centre(), Role.REGISTRAR, email="olga@school.example")
    with pytest.raises(
        ImportRefused, match=r"staff\[1\]\.email: olga@school\.example belongs to another centre"
    ):
        take(FILE)


def test_the_command_changes_all_or_nothing(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "centres.yaml"
    file.write_text(FILE.replace("specialists: [olga@", "specialists: [nobody@"), encoding="utf-8")
    result = app.test_cli_runner().invoke(args=["import-centres", str(file)])
    assert result.exit_code == 1 and "centres[0].topics[0].specialists[0]" in result.output
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Centre)) == 0


def test_the_command_says_what_changed_and_where_passwords_are_set(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "centres.yaml"
    file.write_text(FILE, encoding="utf-8")
    result = app.test_cli_runner().invoke(args=["import-centres", str(file)])
    assert result.exit_code == 0, result.output
    assert "school-12: new centre" in result.output
    assert result.output.count("sets a password here: http://kenes.example/staff/invitation/") == 2


def test_the_example_in_the_documentation_can_be_taken_over(app: Flask) -> None:
    example = Path(__file__).parents[3] / "docs" / "centres.example.yaml"
    assert take(example.read_text(encoding="utf-8"))
    assert take(example.read_text(encoding="utf-8")) == []


def test_an_administrator_is_made_and_invited(app: Flask) -> None:
    take(FILE)
    arguments = ["--centre", "school-12", "--email", "Admin@School.example", "--name", "Андрей Лебедев"]
    result = app.test_cli_runner().invoke(args=["create-admin", *arguments])
    assert result.output.startswith("http://kenes.example/staff/invitation/")
    admin = db.session.scalars(sa.select(Staff).where(Staff.email == "admin@school.example")).one()
    assert admin.roles == {"administrator"}
    again = app.test_cli_runner().invoke(args=["create-admin", *arguments])
    assert again.exit_code == 1 and "email" in again.output
