"""Centres from a file."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from tests.factories import NOW, make_centre, make_staff
from webapp.models import (
    CalendarCorrection,
    Centre,
    ConsentText,
    EventType,
    Invitation,
    Staff,
    Topic,
    WeeklyHours,
    db,
)
from webapp.rules.permissions import Role
from webapp.services.centre import centres_file, importing, topics
from webapp.services.centre.centres_file import ImportRefused

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


def test_a_new_centre_begins_with_a_catalogue_of_group_events(app: Flask) -> None:
    take(FILE)
    kinds = db.session.scalars(sa.select(EventType).order_by(EventType.position)).all()
    assert [kind.code for kind in kinds] == ["webinar", "workshop", "play-session", "mini-group", "subgroup"]
    assert {language for kind in kinds for language in kind.titles} == {"ru", "kk", "en"}


def test_a_catalogue_to_begin_with_keeps_the_limit_of_the_centre(app: Flask) -> None:
    limit = "country: RU\n    limit_minutes: 30\n    session_minutes: 30"
    take(FILE.replace("country: RU", limit))
    assert set(db.session.scalars(sa.select(EventType.minutes))) == {30}


def test_kinds_of_group_events_in_the_file_take_the_place_of_those_to_begin_with(app: Flask) -> None:
    kinds = """
    event_types:
      - {code: club, form: workshop, titles: {ru: Клуб отцов}, minimum: 3, maximum: 9, open_to: office,
         needs_approval: false, with_children: true, bring: {ru: мяч}}
"""
    take(FILE + kinds)
    (kind,) = db.session.scalars(sa.select(EventType)).all()
    assert (kind.code, kind.form, kind.minimum, kind.maximum) == ("club", "workshop", 3, 9)
    assert (kind.open_to, kind.needs_approval, kind.with_children) == ("office", False, True)
    assert (kind.minutes, kind.bring) == (40, {"ru": "мяч"})
    assert take(FILE + kinds) == []
    assert take(FILE + kinds.replace("Клуб отцов", "Клуб пап")) == ["school-12: event type club"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("form: concert, minimum: 1, maximum: 9", "form: Input should be 'subgroup'"),
        ("form: webinar, minimum: 5, maximum: 4", "maximum: should be a number from minimum to 1000"),
        ("form: webinar, minimum: 1, maximum: 9, minutes: 41", "minutes: should be a number from 5 to limit"),
        ("form: webinar, minimum: 1, maximum: 9, titles: {en: Club}", "titles.ru: must be there"),
    ],
)
def test_a_wrong_kind_of_group_event_is_named_with_its_place(app: Flask, wrong: str, said: str) -> None:
    titles = "" if "titles" in wrong else ", titles: {ru: Клуб}"
    with pytest.raises(ImportRefused) as refused:
        take(f"{FILE}    event_types:\n      - {{code: club, {wrong}{titles}}}\n")
    assert any(f"centres[0].event_types[0].{said}" in problem for problem in refused.value.problems)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "slug: school-12",
            "slug: School 12",
            "centres[0].slug: String should match pattern '^[a-z0-9-]{2,40}$'; the file says School 12",
        ),
        ("country: RU", "country: FR", "centres[0].country: Input should be 'RU' or 'KZ'; the file says FR"),
        ("roles: [specialist]", "roles: [magician]", "centres[0].staff[1].roles[0]: Input should be 'deputy"),
        (
            "profession: psychologist",
            "phone: ''",
            "centres[0].staff[1]: a specialist needs a profession, one of: psychologist, ",
        ),
        (
            'to: "13:00"',
            'to: "08:00"',
            "centres[0].staff[1].hours[0]: 'to' must be later than 'from', not 09:00 to 08:00",
        ),
        ("profession: psychologist", "profession: witch", "centres[0].staff[1].profession: Input should be "),
        (
            "day: 2026-12-30",
            "day: 30.12",
            "centres[0].calendar[0].day: should be a day like 2026-12-30; the file says 30.12",
        ),
        ("code: mood", "kode: mood", "centres[0].topics[0].kode: is not known here"),
        ("centres:", "centers:", "centers: is not known here"),
        (
            "zone: Asia/Yekaterinburg",
            "zone: Mars/Base",
            "centres[0].zone: should be an IANA time zone like Asia/Almaty; the file says Mars/Base",
        ),
        (
            "phone: +73430001212",
            "phone: '12'",
            "centres[0].phone: should be a phone number like +7 ",
        ),
        (
            "country: RU",
            "country: RU\n    break_minutes: 121",
            "centres[0].break_minutes: should be a number from 0 to 120",
        ),
        (
            "country: RU",
            "country: RU\n    session_minutes: 60",
            "centres[0].session_minutes: should be a number from 5 to limit_minutes (40); the file says 60",
        ),
        (
            "country: RU",
            "country: RU\n    means: [video, messenger]",
            "centres[0].means: should be a list of some of: video, voice, ",
        ),
        (
            "supervisor: deputy@school.example",
            "supervisor: olga@school.example",
            "centres[0].supervisor: should be the e-mail of a deputy",
        ),
        (
            "specialists: [olga@school.example]",
            "specialists: [deputy@school.example]",
            "centres[0].topics[0].specialists: should be e-mails",
        ),
        ("supervisor: deputy@", "supervisor: nobody@", "centres[0].supervisor: nobody@school.example is not"),
        ("specialists: [olga@", "specialists: [nobody@", "centres[0].topics[0].specialists[0]: nobody@"),
        (
            "email: olga@school.example",
            "email: olga",
            "centres[0].staff[1].email: should be an address like name@example.org",
        ),
        ("names: {ru: Школа № 12}", "names: {en: School}", "centres[0].names.ru: must be there"),
        ("titles: {ru: Чувства}", "titles: {en: Moods}", "centres[0].topics[0].titles.ru: must be there"),
        ("country: RU", "country: RU\n    consent: {en: I agree}", "centres[0].consent.ru: must be there"),
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


def create_admin(app: Flask, *more: str, email: str = "Admin@School.example") -> Result:
    arguments = ["--centre", "school-12", "--email", email, "--name", "Андрей Лебедев", *more]
    return app.test_cli_runner().invoke(args=["create-admin", *arguments])


def staff_with(email: str) -> Staff:
    return db.session.scalars(sa.select(Staff).where(Staff.email == email)).one()


def test_an_administrator_is_made_and_invited(app: Flask) -> None:
    take(FILE)
    result = create_admin(app)
    assert result.output.startswith("http://kenes.example/staff/invitation/")
    assert staff_with("admin@school.example").roles == {"administrator"}


def test_an_administrator_made_again_gets_the_link_that_is_open(app: Flask) -> None:
    take(FILE)
    first, again = create_admin(app), create_admin(app)
    assert (again.exit_code, again.output) == (0, first.output)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Invitation)) == 1


def test_an_administrator_with_a_password_is_left_alone_unless_it_is_forgotten(app: Flask) -> None:
    take(FILE)
    create_admin(app)
    staff_with("admin@school.example").password_hash = "set"
    db.session.commit()
    again = create_admin(app)
    assert again.exit_code == 0
    assert "is an administrator and has a password" in again.output
    assert create_admin(app, "--new-link").output.startswith("http://kenes.example/staff/invitation/")


def test_somebody_of_the_staff_becomes_an_administrator_besides(app: Flask) -> None:
    take(FILE)
    assert create_admin(app, email="deputy@school.example").exit_code == 0
    assert staff_with("deputy@school.example").roles == {"deputy_director", "administrator"}
    assert staff_with("deputy@school.example").name == "Ирина Соловьёва"


def test_nobody_of_another_centre_is_made_an_administrator(app: Flask) -> None:
    take(FILE)
    make_staff(make_centre(), Role.REGISTRAR, email="admin@school.example")
    db.session.commit()
    result = create_admin(app)
    assert result.exit_code == 1 and "belongs to another centre" in result.output


def test_whoever_was_let_go_does_not_come_back_by_the_command(app: Flask) -> None:
    take(FILE)
    staff_with("olga@school.example").active = False
    db.session.commit()
    result = create_admin(app, email="olga@school.example")
    assert result.exit_code == 1 and "was let go" in result.output
    assert staff_with("olga@school.example").roles == {"specialist"}


def test_an_address_that_cannot_be_is_refused_in_plain_words(app: Flask) -> None:
    take(FILE)
    result = create_admin(app, email="admin")
    assert result.exit_code == 1 and "--email: The address has no @" in result.output
