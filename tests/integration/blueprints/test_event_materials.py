"""Links and small files of an event: who gets which, and what is refused kindly."""

import io
import zipfile
from collections.abc import Callable
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import NOW, make_centre, make_event, make_specialist, register
from webapp.models import Centre, GroupEvent, Letter, Material, Participation, Staff, db
from webapp.services.events import materials
from webapp.services.events.materials import Given
from webapp.services.pages import personal_links
from webapp.services.seats import registrations

SignIn = Callable[[Staff], FlaskClient]
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def host(centre: Centre) -> Staff:
    return make_specialist(centre)


@pytest.fixture
def event(centre: Centre, host: Staff) -> GroupEvent:
    return make_event(centre, host)


def upload(
    client: FlaskClient, event: GroupEvent, name: str, content: bytes, **fields: str
) -> tuple[int, str]:
    data = {"title": "Игры на кухне", "for_whom": "registered", **fields, "file": (io.BytesIO(content), name)}
    answer = client.post(f"/staff/events/{event.id}/materials", data=data, content_type="multipart/form-data")
    return answer.status_code, answer.get_data(as_text=True)


def page_of(event: GroupEvent, *, attended: bool = False) -> str:
    registration = register(event)
    if attended:
        db.session.execute(
            sa.update(Participation)
            .where(Participation.registration_id == registration.id)
            .values(state="attended")
        )
    token = personal_links.token_of(personal_links.SEAT, registration_id=registration.id)
    db.session.commit()
    return f"/f/{token}"


def test_a_file_reaches_those_with_a_seat_as_a_download(
    client: FlaskClient, event: GroupEvent, host: Staff, sign_in: SignIn
) -> None:
    assert upload(sign_in(host), event, "Игры № 1.pdf", PDF)[0] == 302
    page = page_of(event)
    assert "Игры на кухне" in client.get(page).get_data(as_text=True)
    material = db.session.scalars(sa.select(Material)).one()
    answer = client.get(f"{page}/materials/{material.id}")
    assert (answer.status_code, answer.data, answer.mimetype) == (200, PDF, "application/pdf")
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment") and f"filename*=UTF-8''{quote('Игры № 1.pdf')}" in disposition


@pytest.mark.parametrize(("attended", "status"), [(False, 404), (True, 200)])
def test_what_is_for_those_who_came_is_for_them_only(
    client: FlaskClient, event: GroupEvent, host: Staff, attended: bool, status: int
) -> None:
    given = Given("Запись упражнений", "attended", file_name="a.pdf", content=PDF)
    materials.add(event, given, NOW, staff_id=host.id)
    page = page_of(event, attended=attended)
    material = db.session.scalars(sa.select(Material)).one()
    assert client.get(f"{page}/materials/{material.id}").status_code == status


def test_a_file_of_fifty_megabytes_is_refused_beside_the_field_and_the_rest_stays(
    event: GroupEvent, host: Staff, sign_in: SignIn
) -> None:
    status, text = upload(sign_in(host), event, "film.pdf", PDF + b"0" * 50_000_000)
    assert status == 422
    assert "Не больше 10 МБ" in text
    assert "Игры на кухне" in text


@pytest.mark.parametrize(
    ("name", "content"),
    [("page.html", b"<script>alert(1)</script>"), ("picture.png", PDF), ("games.exe", b"MZ" + b"0" * 100)],
)
def test_a_file_of_the_wrong_kind_is_refused(
    event: GroupEvent, host: Staff, sign_in: SignIn, name: str, content: bytes
) -> None:
    status, text = upload(sign_in(host), event, name, content)
    assert status == 422
    assert "pdf, png, jpg" in text


def test_an_office_file_is_taken_for_what_it_is(event: GroupEvent, host: Staff, sign_in: SignIn) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("_rels/.rels", "<Relationships/>")
        archive.writestr("word/document.xml", "<w:document/>")
    assert upload(sign_in(host), event, "memo.docx", packed.getvalue())[0] == 302


def test_a_link_must_be_safe(event: GroupEvent, host: Staff, sign_in: SignIn) -> None:
    client = sign_in(host)
    data = {"title": "Книга", "for_whom": "registered", "url": "javascript:alert(1)"}
    answer = client.post(f"/staff/events/{event.id}/materials", data=data)
    assert answer.status_code == 422
    assert "https://" in answer.get_data(as_text=True)


def test_who_gave_the_seat_back_gets_no_file(client: FlaskClient, event: GroupEvent, host: Staff) -> None:
    materials.add(event, Given("Игры", "registered", file_name="a.pdf", content=PDF), NOW, staff_id=host.id)
    registration = register(event)
    registrations.give_back(registration, NOW)
    token = personal_links.token_of(personal_links.SEAT, registration_id=registration.id)
    material = db.session.scalars(sa.select(Material)).one()
    db.session.commit()
    assert client.get(f"/f/{token}/materials/{material.id}").status_code == 404


def test_a_message_goes_to_each_confirmed_address_alone(
    event: GroupEvent, host: Staff, sign_in: SignIn
) -> None:
    for number in range(3):
        registration = register(event, email=f"family{number}@home.example")
        registration.email_confirmed_at = NOW if number else None
    answer = sign_in(host).post(f"/staff/events/{event.id}/message", data={"words": "Возьмите карандаш."})
    assert answer.status_code == 302
    letters = db.session.scalars(sa.select(Letter.recipient).where(Letter.kind == "event_message")).all()
    assert sorted(letters) == ["family1@home.example", "family2@home.example"]


@pytest.mark.parametrize(("for_whom", "status"), [("everybody", 200), ("registered", 404)])
def test_the_public_page_hands_out_only_what_is_for_everybody(
    client: FlaskClient, centre: Centre, event: GroupEvent, host: Staff, for_whom: str, status: int
) -> None:
    materials.add(event, Given("Игры", for_whom, file_name="a.pdf", content=PDF), NOW, staff_id=host.id)
    material = db.session.scalars(sa.select(Material)).one()
    db.session.commit()
    page = f"/c/{centre.slug}/events/{event.id}"
    assert client.get(f"{page}/materials/{material.id}").status_code == status
    assert ("Игры" in client.get(page).get_data(as_text=True)) == (status == 200)
