from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import NOW, make_centre, make_deputy, make_mail, make_staff
from webapp.models import Centre, InboxMail, Staff, db
from webapp.rules.inbox import FOR_OFFICE, MailKind
from webapp.rules.permissions import Role
from webapp.wording import MAIL_KINDS

SignIn = Callable[[Staff], FlaskClient]


@pytest.fixture
def centre(app: Flask) -> Centre:
    return make_centre()


@pytest.fixture
def registrar(centre: Centre) -> Staff:
    return make_staff(centre, Role.REGISTRAR, language="en")


def listed(client: FlaskClient) -> str:
    return client.get("/staff/mail?lang=en").get_data(as_text=True)


def test_every_kind_that_the_office_reads_has_words() -> None:
    assert set(MAIL_KINDS) == FOR_OFFICE


def test_the_office_reads_the_mail_of_its_own_centre(
    centre: Centre, registrar: Staff, sign_in: SignIn
) -> None:
    make_mail(centre, subject="Ours")
    make_mail(make_centre(), subject="Of others")
    make_mail(None, subject="To nobody")
    page = listed(sign_in(registrar))
    assert "Ours" in page
    assert "Of others" not in page
    assert "To nobody" not in page


def test_an_administrator_reads_only_mail_to_no_centre(centre: Centre, sign_in: SignIn) -> None:
    administrator = make_staff(centre, Role.ADMINISTRATOR)
    mine, stray = make_mail(centre, subject="Ours"), make_mail(None, subject="To nobody")
    client = sign_in(administrator)
    assert "To nobody" in listed(client)
    assert "Ours" not in listed(client)
    assert client.get(f"/staff/mail/{stray.id}").status_code == 200
    assert client.get(f"/staff/mail/{mine.id}").status_code == 404
    assert client.post(f"/staff/mail/{mine.id}/handled").status_code == 404


@pytest.mark.parametrize(
    "kind", [MailKind.DECLINED, MailKind.PROPOSED, MailKind.ANSWERED, MailKind.AUTOMATIC]
)
def test_what_is_not_for_the_office_is_not_shown_there(
    centre: Centre, registrar: Staff, sign_in: SignIn, kind: MailKind
) -> None:
    mail = make_mail(centre, kind=kind, subject="Not here")
    client = sign_in(registrar)
    assert "Not here" not in listed(client)
    assert client.get(f"/staff/mail/{mail.id}").status_code == 404


def test_a_mail_is_shown_as_plain_text(centre: Centre, registrar: Staff, sign_in: SignIn) -> None:
    text = "First <script>alert(1)</script>\n\nhttps://evil.example/click"
    mail = make_mail(centre, text=text, subject="<b>bold</b>", sender="a@<i>.example")
    page = sign_in(registrar).get(f"/staff/mail/{mail.id}?lang=en").get_data(as_text=True)
    assert "First &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert 'href="https://evil.example' not in page
    assert "Mark as handled" in page


def test_a_mail_without_words_says_so(centre: Centre, registrar: Staff, sign_in: SignIn) -> None:
    mail = make_mail(centre, text="", subject="", sender="", kind=MailKind.UNREADABLE)
    page = sign_in(registrar).get(f"/staff/mail/{mail.id}?lang=en").get_data(as_text=True)
    assert "There is no text here." in page
    assert "Without a subject" in page
    assert "sender unknown" in page


def test_who_handled_a_mail_is_noted_once(centre: Centre, registrar: Staff, sign_in: SignIn) -> None:
    mail = make_mail(centre)
    sign_in(registrar).post(f"/staff/mail/{mail.id}/handled")
    deputy = make_deputy(centre)
    answer = sign_in(deputy).post(f"/staff/mail/{mail.id}/handled?lang=en", follow_redirects=True)
    assert "A colleague has handled this mail already." in answer.get_data(as_text=True)
    row = db.session.execute(sa.select(InboxMail.handled_at, InboxMail.handled_by)).one()
    assert tuple(row) == (NOW, registrar.id)
    assert f"Handled: {registrar.name}" in listed(sign_in(deputy))


def test_the_tab_stands_where_a_mailbox_is_set(
    app: Flask, registrar: Staff, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(registrar)
    assert "Unread mail" not in client.get("/staff/calls?lang=en").get_data(as_text=True)
    monkeypatch.setitem(app.config, "IMAP_URL", "imaps://user:word@mail.example")
    assert "Unread mail</a>" in client.get("/staff/calls?lang=en").get_data(as_text=True)


def test_the_tab_tells_how_much_waits_and_stands_as_long_as_something_does(
    centre: Centre, registrar: Staff, sign_in: SignIn
) -> None:
    for _ in range(3):
        make_mail(centre)
    make_mail(centre, handled_at=NOW)
    assert "Unread mail<b>3</b>" in sign_in(registrar).get("/staff/calls?lang=en").get_data(as_text=True)
