"""A centre with plenty in it, made through the services: what the pages of the bench list."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

import sqlalchemy as sa

from calendars.recurrence import Rhythm, Standing
from tests.factories import (
    make_centre,
    make_consultation,
    make_deputy,
    make_event,
    make_mail,
    make_request,
    make_series,
    make_specialist,
    make_staff,
    make_topic,
    register,
    subscribe,
)
from webapp.models import (
    Absence,
    Centre,
    Consultation,
    HelpRequest,
    Participation,
    Question,
    Staff,
    StaffRole,
    db,
)
from webapp.rules.moves import Cause, MoveEvent
from webapp.rules.permissions import Role
from webapp.services.centre import sign_in
from webapp.services.consultations import offers, series, write_up
from webapp.services.consultations.offers import Proposal
from webapp.services.consultations.write_up import WriteUp
from webapp.services.events import materials, questions
from webapp.services.events.materials import Given
from webapp.services.mail import mailings
from webapp.services.moves import move_cases, move_decisions, move_offers, move_reports
from webapp.services.moves.move_cases import MoveCase
from webapp.services.moves.move_reports import Report
from webapp.services.pages import personal_links
from webapp.services.times import timetable

SPECIALISTS = 6
TOPICS = 8
MINUTES = 40
SATURDAY = 5
DAY_BEGINS, NOON, AFTERNOON, DAY_ENDS = time(9), time(13), time(14), time(18)
WORKING_WEEK = [
    (day, starts, ends) for day in range(5) for starts, ends in ((DAY_BEGINS, NOON), (AFTERNOON, DAY_ENDS))
]


@dataclass(frozen=True)
class Busy:
    """A centre at work. ``family``, ``participant``: tokens of personal pages by what stands on them."""

    centre: Centre
    everybody: Staff  # one person with every role, who holds most consultations
    planned: Consultation
    open_now: Consultation
    over: Consultation
    requests: list[HelpRequest]
    family: dict[str, str]
    event_id: int
    running_event_id: int  # held by `everybody`
    material_id: int
    participant: dict[str, str]
    move_id: int


def open_centre(now: datetime, slug: str) -> Centre:
    """Six specialists, eight topics, a third of the next weeks taken."""
    texts = {"ru": "Помогаем семьям", "kk": "Отбасыларға көмектесеміз", "en": "We help families"}
    centre = make_centre(slug=slug, intro=texts, address=texts, office_hours=texts, walk_in=texts)
    make_deputy(centre)
    people = [make_specialist(centre, hours=WORKING_WEEK, about=texts) for _ in range(SPECIALISTS)]
    for number in range(TOPICS):
        make_topic(centre, *people[number % SPECIALISTS :], hints=texts)
    for person in people:
        for begins in _every_third_slot(centre, now):
            make_consultation(centre, person, at=begins, now=now)
    db.session.commit()
    return centre


def _every_third_slot(centre: Centre, now: datetime) -> list[datetime]:
    first = now.astimezone(centre.zone_info).date() + timedelta(days=1)
    starts = []
    for ahead in range(centre.horizon_days):
        day = first + timedelta(days=ahead)
        if day.weekday() >= SATURDAY:
            continue
        nine = datetime.combine(day, DAY_BEGINS, centre.zone_info)
        starts += [nine + timedelta(minutes=MINUTES * number) for number in (ahead % 3, ahead % 3 + 3)]
    return starts


def busy_centre(now: datetime, *, each: int) -> Busy:
    """``each`` rows of everything that a page can list: requests of every kind, calls, dates, the journal."""
    centre = make_centre(slug=f"busy-{each}")
    everybody = make_specialist(centre, hours=WORKING_WEEK)
    everybody.role_rows = [StaffRole(role=role) for role in Role]
    centre.supervisor_id = everybody.id
    people = [everybody, *(make_specialist(centre, hours=WORKING_WEEK) for _ in range(each // 4))]
    topics = [make_topic(centre, *people[number % 5 :]) for number in range(each // 4)]
    db.session.flush()
    requests = [
        make_request(
            centre,
            now=now - timedelta(days=number % 9),
            topic_id=topics[number % len(topics)].id,
            urgent=number % 5 == 0,
            phone=f"+7916{number:07d}",
            channel="phone" if number % 2 == 0 else "site",
            entered_by=everybody.id if number % 2 == 0 else None,
        )
        for number in range(each)
    ]
    offered = [make_request(centre, now=now) for _ in range(each // 2)]
    for number, request in enumerate(offered):
        at = now + timedelta(days=40, minutes=MINUTES * number)
        offers.offer(
            centre, request, [Proposal([everybody.id], at, MINUTES)], "video", now, staff_id=everybody.id
        )
    planned = [
        make_consultation(centre, everybody, at=now + timedelta(days=1, minutes=MINUTES * number), now=now)
        for number in range(each)
    ]
    open_now = make_consultation(centre, everybody, at=now + timedelta(minutes=5), now=now)
    held = [
        _hold(centre, everybody, now - timedelta(hours=2, minutes=MINUTES * number), now)
        for number in range(each)
    ]
    over = _past(centre, everybody, now - timedelta(hours=1), now)
    for number in range(each):
        _by_phone(centre, everybody, now + timedelta(days=80, minutes=MINUTES * number), now)
    _mail(centre, planned, now)
    event_id, material_id, participant = _group_events(centre, people[-1], each, now)
    running_event_id = _running_event(centre, everybody, each, now)
    db.session.add(Absence(specialist_id=everybody.id, starts_at=now, ends_at=now + timedelta(days=2)))
    moving = _moving(centre, everybody, each, now)
    db.session.commit()
    shown = {
        "waiting": requests[0],
        "offered": offered[0],
        "planned": _request_of(planned[0]),
        "door open": _request_of(open_now),
        "held": _request_of(held[0]),
        "series": _series(centre, people[-1], each, now),
        "moving": _request_of(moving[0].consultation),
    }
    tokens = {
        state: personal_links.token_of(personal_links.PAGE, help_request_id=request.id) or ""
        for state, request in shown.items()
    }
    return Busy(
        centre,
        everybody,
        planned[0],
        open_now,
        over,
        requests,
        tokens,
        event_id,
        running_event_id,
        material_id,
        participant,
        moving[0].move.id,
    )


def _group_events(centre: Centre, host: Staff, each: int, now: datetime) -> tuple[int, int, dict[str, str]]:
    """A webinar whose hall is full and that many wait for, a course, and one whose door is open."""
    full = make_event(centre, host, at=now + timedelta(days=90), capacity=each, now=now)
    for _ in range(each):
        subscribe(centre, now=now)
    mailings.begin(full, now, staff_id=host.id)
    seated = [register(full, now=now) for _ in range(each)]
    waiting = [register(full, now=now) for _ in range(each)]
    starts = [now + timedelta(days=91 + number) for number in range(each)]
    course = register(make_event(centre, host, starts=starts, now=now), now=now)
    soon = register(make_event(centre, host, at=now + timedelta(minutes=5), now=now), now=now)
    shown = {"seated": seated[0], "waiting": waiting[0], "course": course, "door open": soon}
    for number in range(min(each, materials.MOST_MATERIALS)):
        given = Given(
            f"Игры {number}",
            "registered" if number else "everybody",
            file_name="games.pdf",
            content=b"%PDF-1.7",
        )
        materials.add(full, given, now, staff_id=host.id)
        questions.ask(seated[number], centre, f"Вопрос {number}", full.ends_at, now)
    db.session.execute(sa.update(Question).values(state="shown"))
    return (
        full.id,
        materials.of_event(full.id)[0].id,
        {
            state: personal_links.token_of(personal_links.SEAT, registration_id=registration.id) or ""
            for state, registration in shown.items()
        },
    )


def _running_event(centre: Centre, host: Staff, each: int, now: datetime) -> int:
    """A short webinar that has just begun, between what the host holds before and after it."""
    days_ago = now - timedelta(days=2)
    event = make_event(centre, host, at=now - timedelta(minutes=15), minutes=20, now=days_ago)
    for _ in range(each):
        register(event, now=days_ago)
    return event.id


def _series(centre: Centre, specialist: Staff, each: int, now: datetime) -> HelpRequest:
    """A family with a date in each of the coming weeks."""
    request = make_request(centre, now=now)
    first = timetable.free_for_all(centre, [specialist.id], now)[0].start
    plan = series.Plan([specialist.id], MINUTES, "video", first, Rhythm(number=each))
    found = series.candidates(centre, request, plan, now)
    starts = [one.starts_at for one in found if one.standing is Standing.FREE]
    make_series(centre, specialist, starts, request=request, now=now)
    return request


def _mail(centre: Centre, planned: list[Consultation], now: datetime) -> None:
    """For each consultation a family that declines by its calendar, and a letter to the office."""
    for consultation in planned:
        part = db.session.scalars(
            sa.select(Participation).where(Participation.consultation_id == consultation.id)
        ).one()
        part.answer, part.answer_sequence = "declined", consultation.calendar_sequence
        make_mail(centre, now=now, kind="declined", participation_id=part.id)
        make_mail(centre, now=now)


def _moving(centre: Centre, specialist: Staff, each: int, now: datetime) -> list[MoveCase]:
    """Failures that are allowed, each with times offered to its family."""
    decider = make_staff(centre, Role.DEPUTY_DIRECTOR)
    cases = []
    for number in range(each):
        at = now + timedelta(days=20, minutes=MINUTES * number)
        consultation = make_consultation(centre, specialist, at=at, now=now)
        said = Report(words="Нет связи", cause=Cause.SPECIALIST)
        (move,) = move_reports.report(centre, consultation, specialist, said, now)
        case = move_cases.find(centre, move.id)
        move_decisions.decide([case], MoveEvent.ALLOW, "", now, staff_id=decider.id)
        cases.append(case)
    free = timetable.free_for_all(centre, [specialist.id], now, notice=False)
    times = [slot.start for slot in free[-2:]]
    move_offers.offer_times(centre, cases[0], times, now, staff_id=decider.id)
    return cases


def _request_of(consultation: Consultation) -> HelpRequest:
    return db.session.get_one(HelpRequest, consultation.help_request_id)


def _past(centre: Centre, specialist: Staff, at: datetime, now: datetime) -> Consultation:
    return make_consultation(centre, specialist, at=at, now=at - timedelta(days=2))


def _hold(centre: Centre, specialist: Staff, at: datetime, now: datetime) -> Consultation:
    """A consultation that was held and written up: a line of the journal."""
    consultation = _past(centre, specialist, at, now)
    ended = at + timedelta(minutes=MINUTES)
    what = WriteUp(True, at, ended, "video", "Страхи", "Больше гулять вместе", "")
    write_up.write_up(centre, _request_of(consultation), consultation, what, ended, staff_id=specialist.id)
    return consultation


def _by_phone(centre: Centre, specialist: Staff, at: datetime, now: datetime) -> None:
    """A family without e-mail: the confirmation is a call."""
    make_consultation(centre, specialist, at=at, now=now, email=None, phone=f"+7912{at:%m%d%H%M}"[:12])


def signed_in(staff: Staff, now: datetime) -> str:
    """The token for the cookie of a new sign-in, committed."""
    token = sign_in.begin_session(staff, now)
    db.session.commit()
    return token
