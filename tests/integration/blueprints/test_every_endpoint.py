"""What holds for every route at once: its guard, and that looking changes nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.factories import (
    NOW,
    ask,
    make_centre,
    make_consultation,
    make_deputy,
    make_event,
    make_mail,
    make_staff,
    make_topic,
    register,
    subscribe,
)
from webapp import links
from webapp.models import Absence, Base, CallTask, Centre, HelpRequest, Staff, db
from webapp.rules.permissions import PERMISSIONS, Role
from webapp.services.centre import sign_in as sign_in_service
from webapp.services.events import group_events
from webapp.services.mail import mailings
from webapp.services.moves import move_reports
from webapp.services.moves.move_reports import Report
from webapp.services.pages import personal_links

SignIn = Callable[[Staff], FlaskClient]

GUARDS = {
    "static": None,
    "public.*": "all",
    "auth.sign_in": "all",
    "auth.invitation": "all",
    "auth.*": "staff",
    "family.*": "family",
    "participant.*": "participant",
    "subscriber.*": "subscriber",
    "feeds.feed": "all",
    "health.*": "all",
    "jitsi.*": "machine",
    "deputy.requests": "see_requests",
    "deputy.one": "see_requests",
    "deputy.assign": "assign_requests",
    "deputy.deadlines": "watch_deadlines",
    "deputy.absences": "cancel_consultations",
    "deputy.absence": "cancel_consultations+keep_own_hours",
    "deputy.hand_over": "cancel_consultations",
    "deputy.cancel_session": "cancel_consultations",
    "deputy.cancel": "cancel_consultations",
    "deputy.cancel_following": "cancel_consultations",
    "deputy.series": "answer_requests+hold_consultations",
    "deputy.*": "answer_requests",
    "specialist.consultation": "hold_consultations+see_requests",
    "specialist.consultation_version": "hold_consultations+see_requests",
    "specialist.hours": "keep_own_hours",
    "specialist.add_hours": "keep_own_hours",
    "specialist.add_exception": "keep_own_hours",
    "specialist.add_absence": "keep_own_hours",
    "specialist.remove_hours": "keep_own_hours",
    "specialist.renew_feed": "keep_own_hours",
    "specialist.*": "hold_consultations",
    "moves.decide": "decide_moves",
    "moves.one": "decide_moves+hold_consultations",
    "moves.new_time": "decide_moves+hold_consultations",
    "moves.instead": "decide_moves+hold_consultations",
    "moves.cancel": "decide_moves+hold_consultations",
    "moves.*": "hold_consultations",
    "events.index": "prepare_events+register_for_events",
    "events.event": "prepare_events+register_for_events",
    "events.register": "prepare_events+register_for_events",
    "events.give_back": "prepare_events+register_for_events",
    "events.hand_over_link": "prepare_events+register_for_events",
    "events.registration": "prepare_events+register_for_events",
    "events.approve": "approve_events",
    "events.send_back": "approve_events",
    "events.answer_offer": "prepare_events+register_for_events",
    "events.*": "prepare_events",
    "office.calls": "make_calls",
    "office.mail": "read_mail+read_stray_mail",
    "office.one_mail": "read_mail+read_stray_mail",
    "office.handle_mail": "read_mail+read_stray_mail",
    "office.note_call": "make_calls",
    "office.*": "enter_requests",
    "journal.*": "read_journal+hold_consultations",
    "admin.people": "manage_staff",
    "admin.person": "manage_staff",
    "admin.new_person": "manage_staff",
    "admin.invite_person": "manage_staff",
    "admin.activate_person": "manage_staff",
    "admin.deactivate_person": "manage_staff",
    "admin.*": "set_up_centre",
}


def expected_guard(endpoint: str) -> str | None:
    """The guard by name, else that of its blueprint."""
    if endpoint in GUARDS:
        return GUARDS[endpoint]
    return GUARDS[endpoint.split(".")[0] + ".*"]


def test_every_endpoint_has_the_guard_that_the_table_says(app: Flask) -> None:
    wrong = {
        endpoint: getattr(view, "guard", None)
        for endpoint, view in app.view_functions.items()
        if getattr(view, "guard", None) != expected_guard(endpoint)
    }
    assert wrong == {}


@dataclass
class World:
    """A centre with one of everything, so that every route has something to show."""

    centre: Centre
    deputy: Staff
    everybody: Staff
    request: HelpRequest
    values: dict[str, Any]


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    centre = make_centre()
    deputy = make_deputy(centre)
    everybody = make_staff(centre, *Role, profession="psychologist", name="Наталья Петровна Орлова")
    topic = make_topic(centre, everybody)
    receipt = ask(centre, phone="+79160000017", channel="phone", entered_by=deputy.id)
    consultation = make_consultation(
        centre, everybody, request=receipt.request, at=NOW + timedelta(minutes=5)
    )
    invitation = sign_in_service.invite(deputy, NOW, invited_by=None)
    feed = personal_links.make(personal_links.FEED, NOW, staff_id=everybody.id)
    db.session.flush()
    event = make_event(centre, everybody)
    registration = register(event)
    subscriber = subscribe(centre)
    mailings.begin(event, NOW, staff_id=everybody.id)
    mail = make_mail(centre)
    absence = Absence(specialist_id=everybody.id, starts_at=NOW, ends_at=NOW + timedelta(days=1))
    db.session.add(absence)
    meeting = group_events.meetings(event)[0]
    (case,) = move_reports.report(centre, meeting, everybody, Report(words="Камера", failure="camera"), NOW)
    task = db.session.scalars(sa.select(CallTask)).first()
    db.session.commit()
    yield World(
        centre,
        deputy,
        everybody,
        receipt.request,
        {
            "slug": centre.slug,
            "token": receipt.page_token,
            "invitation": invitation,
            "feed": feed,
            "event_id": event.id,
            "event_type_id": event.event_type_id,
            "meeting_id": meeting.id,
            "registration_id": registration.id,
            "move_id": case.id,
            "question_id": 1,
            "material_id": 1,
            "action": "show",
            "answer": "takes",
            "seat": personal_links.token_of(personal_links.SEAT, registration_id=registration.id),
            "subscriber": links.token(links.SUBSCRIBER, subscriber.salt),
            "request_id": receipt.request.id,
            "consultation_id": consultation.id,
            "conference_id": str(consultation.id),
            "staff_id": deputy.id,
            "person_id": deputy.id,
            "topic_id": topic.id,
            "absence_id": absence.id,
            "task_id": task.id if task else 1,
            "entry_id": 1,
            "mail_id": mail.id,
            "row_id": 1,
            "kind": "weekly",
            "filename": "tokens.css",
            "day": "2026-11-26",
        },
    )


def address_of(rule: Rule, world: World) -> str:
    values = {name: world.values[name] for name in rule.arguments}
    if rule.endpoint == "auth.invitation":
        values["token"] = world.values["invitation"]
    if rule.endpoint == "feeds.feed":
        values["token"] = world.values["feed"]
    if rule.endpoint.startswith("participant."):
        values["token"] = world.values["seat"]
    if rule.endpoint.startswith("subscriber."):
        values["token"] = world.values["subscriber"]
    _host, path = rule.build(values, append_unknown=False) or ("", "")
    return path


def contents() -> dict[str, list[Any]]:
    db.session.rollback()
    return {
        table.name: [tuple(row) for row in db.session.execute(sa.select(table).order_by(*table.primary_key))]
        for table in Base.metadata.sorted_tables
    }


def test_no_get_route_changes_the_database(app: Flask, world: World, sign_in: SignIn) -> None:
    client = sign_in(world.everybody)
    before = contents()
    opened = {}
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or set()):
            opened[rule.endpoint] = client.get(address_of(rule, world)).status_code
    assert contents() == before
    opened.pop("health.ready")  # says 503 while no worker runs
    assert not {endpoint: status for endpoint, status in opened.items() if status >= 500}


def test_whoever_is_not_signed_in_is_sent_to_sign_in(app: Flask, world: World, client: FlaskClient) -> None:
    for rule in app.url_map.iter_rules():
        if expected_guard(rule.endpoint) in (None, "all", "machine", "family", "participant", "subscriber"):
            continue
        method = "GET" if "GET" in (rule.methods or set()) else "POST"
        response = client.open(address_of(rule, world), method=method)
        assert (response.status_code, rule.endpoint) == (302, rule.endpoint)
        assert "/staff/sign-in" in response.location


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_what_its_permissions_allow_and_nothing_else(
    app: Flask, world: World, sign_in: SignIn, role: Role
) -> None:
    client = sign_in(make_staff(world.centre, role, profession="psychologist"))
    for rule in app.url_map.iter_rules():
        guard = expected_guard(rule.endpoint)
        if guard in (None, "all", "machine", "family", "participant", "subscriber", "staff"):
            continue
        allowed = any(role in PERMISSIONS[permission] for permission in guard.split("+"))  # type: ignore[index]
        method = "GET" if "GET" in (rule.methods or set()) else "POST"
        status = client.open(address_of(rule, world), method=method).status_code
        assert (status == 403, rule.endpoint) == (not allowed, rule.endpoint)


STAFF_RECORDS = (
    "request_id",
    "consultation_id",
    "staff_id",
    "person_id",
    "topic_id",
    "task_id",
    "entry_id",
    "event_id",
    "event_type_id",
    "mail_id",
    "move_id",
)


def test_a_record_of_another_centre_is_not_found(app: Flask, world: World, sign_in: SignIn) -> None:
    stranger = make_staff(make_centre(), *Role, profession="psychologist")
    client = sign_in(stranger)
    tried = 0
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/staff/") or not rule.arguments.intersection(STAFF_RECORDS):
            continue
        for method in (rule.methods or set()) & {"GET", "POST"}:
            status = client.open(address_of(rule, world), method=method, data={}).status_code
            assert (status, rule.endpoint, method) == (404, rule.endpoint, method)
            tried += 1
    assert tried > 15


def test_the_link_of_one_family_opens_nothing_of_another(
    app: Flask, world: World, client: FlaskClient
) -> None:
    other = ask(world.centre, parent_name="Совсем другая мама")
    db.session.commit()
    page = client.get(f"/f/{world.values['token']}").get_data(as_text=True)
    assert other.request.number not in page
    assert "Совсем другая мама" not in page


def test_every_page_sets_its_security_headers(app: Flask, world: World, client: FlaskClient) -> None:
    headers = client.get(f"/c/{world.centre.slug}/").headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_only_the_pages_of_the_room_may_use_the_camera(app: Flask, world: World, client: FlaskClient) -> None:
    headers = client.get(f"/f/{world.values['token']}/check").headers
    assert "camera=(self" in headers["Permissions-Policy"]
    assert "https://meet.school.example" in headers["Content-Security-Policy"]


def test_links_are_not_built_from_the_host_header(app: Flask, world: World, client: FlaskClient) -> None:
    page = client.get(f"/f/{world.values['token']}?new=1", headers={"Host": "evil.example"})
    assert "evil.example" not in page.get_data(as_text=True)


def test_a_forged_form_is_refused_and_says_what_to_do(app: Flask, world: World) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        response = app.test_client().post(f"/f/{world.values['token']}/cancel")
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert response.status_code == 400
    assert db.session.get_one(HelpRequest, world.request.id).state == "confirmed"
