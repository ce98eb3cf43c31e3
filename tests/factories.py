"""Data for tests: a centre, its people, a family that asks. Everything has a sensible default."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any

import sqlalchemy as sa

from calendars.recurrence import Rhythm
from webapp.models import (
    Centre,
    ConsentText,
    Consultation,
    EventType,
    GroupEvent,
    HelpRequest,
    InboxMail,
    Registration,
    Staff,
    StaffRole,
    Subscriber,
    Topic,
    TopicSpecialist,
    WeeklyHours,
    db,
)
from webapp.rules.inbox import MailKind
from webapp.rules.permissions import Role
from webapp.services.consultations import confirmation, series
from webapp.services.consultations.confirmation import Agreed
from webapp.services.events import group_events
from webapp.services.events.group_events import Plan
from webapp.services.help_requests import intake
from webapp.services.help_requests.intake import Asked, Receipt, Wish
from webapp.services.mail import subscribing
from webapp.services.mail.subscribing import Wished
from webapp.services.seats import registrations
from webapp.services.seats.admission import Wanted

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)  # Tuesday, 11:00 in Yekaterinburg and in Almaty
THURSDAY_NINE = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)  # 09:00 there: the first slot of the day

_numbers = count(1)


def texts(ru: str, kk: str | None = None, en: str | None = None) -> dict[str, str]:
    return {"ru": ru, "kk": kk or ru, "en": en or ru}


def make_centre(**values: Any) -> Centre:
    """A Russian school in Yekaterinburg's time; a day's hours at once, no notice problems: 12 hours."""
    number = next(_numbers)
    centre = Centre(
        **{
            "slug": f"school-{number}",
            "names": texts(f"Школа № {number}", f"№ {number} мектеп", f"School no. {number}"),
            "places": texts("Зареченск", "Зареченск", "Zarechensk"),
            "language": "ru",
            "country": "RU",
            "zone": "Asia/Yekaterinburg",
            "phone": "+73430001212",
            "emergency": [{"number": "112", "texts": texts("опасность для жизни", "өмірге қауіп", "danger")}],
            "means": ["video", "voice", "phone"],
            **values,
        }
    )
    db.session.add(centre)
    db.session.flush()
    db.session.add(
        ConsentText(centre_id=centre.id, version=1, since=NOW, texts=texts("Согласие", "Келісім", "Consent"))
    )
    db.session.flush()
    return centre


def make_staff(centre: Centre, *roles: Role, **values: Any) -> Staff:
    number = next(_numbers)
    staff = Staff(
        **{
            "centre_id": centre.id,
            "email": f"person{number}@school.example",
            "name": f"Ирина Викторовна Соловьёва {number}",
            "language": "ru",
            **values,
        }
    )
    staff.role_rows = [StaffRole(role=role) for role in roles]
    db.session.add(staff)
    db.session.flush()
    return staff


def make_deputy(centre: Centre, **values: Any) -> Staff:
    """The deputy director, who is also the supervisor of the centre."""
    deputy = make_staff(centre, Role.DEPUTY_DIRECTOR, **values)
    centre.supervisor_id = deputy.id
    db.session.flush()
    return deputy


def make_specialist(
    centre: Centre, *, hours: Sequence[tuple[int, time, time]] | None = None, **values: Any
) -> Staff:
    """A psychologist; by default Monday to Friday, 9:00 to 18:00 in the centre's zone."""
    specialist = make_staff(
        centre,
        Role.SPECIALIST,
        **{"profession": "psychologist", "name": "Ольга Сергеевна Вяземская", **values},
    )
    for weekday, starts, ends in hours or [(day, time(9), time(18)) for day in range(5)]:
        db.session.add(WeeklyHours(specialist_id=specialist.id, weekday=weekday, starts=starts, ends=ends))
    db.session.flush()
    return specialist


def make_topic(centre: Centre, *specialists: Staff, **values: Any) -> Topic:
    topic = Topic(
        **{
            "centre_id": centre.id,
            "code": f"topic-{next(_numbers)}",
            "titles": texts("Страхи и тревога", "Қорқыныш пен үрей", "Fears and worries"),
            **values,
        }
    )
    db.session.add(topic)
    db.session.flush()
    for specialist in specialists:
        db.session.add(TopicSpecialist(topic_id=topic.id, specialist_id=specialist.id))
    db.session.flush()
    return topic


def ask(
    centre: Centre,
    *,
    at: datetime | None = None,
    specialist: Staff | None = None,
    now: datetime = NOW,
    **values: Any,
) -> Receipt:
    """A family asks, by default by e-mail in Russian; with ``at`` it wishes that time of ``specialist``."""
    wishes = [Wish(specialist.id, at)] if at and specialist else []
    asked = Asked(
        **{
            "language": "ru",
            "zone": "Europe/Moscow",
            "means": "video",
            "words": "Сын перестал общаться с друзьями",
            "parent_name": "Людмила Витальевна Остроградская-Мельниченко",
            "child": "А. К.",
            "child_age": 11,
            "email": f"family{next(_numbers)}@home.example",
            "consent": True,
            "specialist_id": specialist.id if specialist else None,
            "wishes": wishes,
            **values,
        }
    )
    receipt = intake.receive(centre, asked, now)
    db.session.flush()
    return receipt


def make_request(centre: Centre, **values: Any) -> HelpRequest:
    return ask(centre, **values).request


def make_consultation(
    centre: Centre,
    specialist: Staff,
    *,
    at: datetime = THURSDAY_NINE,
    minutes: int = 40,
    means: str = "video",
    request: HelpRequest | None = None,
    now: datetime = NOW,
    others: Sequence[Staff] = (),
    **asked: Any,
) -> Consultation:
    """A confirmed consultation of a new request, with its room, letters and engagements."""
    request = request or make_request(centre, now=now, **asked)
    people = [specialist.id, *(other.id for other in others)]
    booked = confirmation.confirm(centre, request, Agreed(people, at, minutes, means), now, staff_id=None)
    return db.session.get_one(Consultation, booked.id)


def make_series(
    centre: Centre,
    specialist: Staff,
    starts: Sequence[datetime],
    *,
    request: HelpRequest | None = None,
    means: str = "video",
    minutes: int = 40,
    now: datetime = NOW,
) -> list[Consultation]:
    """Several dates of one family, set at once."""
    request = request or make_request(centre, now=now)
    plan = series.Plan([specialist.id], minutes, means, starts[0], Rhythm(number=len(starts)))
    return series.book(centre, request, plan, starts, now, staff_id=specialist.id)


def make_event_type(centre: Centre, **values: Any) -> EventType:
    """A webinar for up to 300 that needs no approval."""
    kind = EventType(
        **{
            "centre_id": centre.id,
            "code": f"type-{next(_numbers)}",
            "form": "webinar",
            "titles": texts("Вебинар", "Вебинар", "Webinar"),
            "minimum": 1,
            "maximum": 300,
            "minutes": 40,
            "needs_approval": False,
            **values,
        }
    )
    db.session.add(kind)
    db.session.flush()
    return kind


def make_event(
    centre: Centre,
    *hosts: Staff,
    at: datetime = THURSDAY_NINE,
    starts: Sequence[datetime] = (),
    kind: EventType | None = None,
    now: datetime = NOW,
    announced: bool = True,
    **plan: Any,
) -> GroupEvent:
    """An announced webinar with 50 seats; with ``starts`` a course."""
    kind = kind or make_event_type(centre)
    values = {
        "event_type_id": kind.id,
        "host_ids": [host.id for host in hosts],
        "starts": starts or [at],
        "minutes": 40,
        "minimum": 1,
        "capacity": 50,
        "titles": texts("Трёхлетка заговорит", "Үш жасар бала сөйлейді", "Helping a three-year-old to speak"),
        "announcements": texts("О чём говорим", "Не туралы айтамыз", "What we will talk about"),
        **plan,
    }
    event = group_events.make(centre, Plan(**values), now, staff_id=hosts[0].id)
    if announced:
        group_events.submit(centre, event, now, staff_id=hosts[0].id)
    return event


def register(event: GroupEvent, *, now: datetime = NOW, **values: Any) -> Registration:
    """Somebody registers, by default by e-mail in Russian, from a source of their own: no quota is used up."""
    centre = db.session.get_one(Centre, event.centre_id)
    number = next(_numbers)
    wanted = Wanted(
        **{
            "language": "ru",
            "zone": "Europe/Moscow",
            "email": None if values.get("phone") else f"parent{number}@home.example",
            "source_hash": f"source {number}",
            "consent": True,
            "shown_name": "Мария",
            **values,
        }
    )
    registrations.register(centre, event.id, wanted, now)
    contact = Registration.email == wanted.email if wanted.email else Registration.phone == wanted.phone
    return db.session.scalars(
        sa.select(Registration).where(Registration.group_event_id == event.id, contact)
    ).one()


def subscribe(centre: Centre, *, now: datetime = NOW, **values: Any) -> Subscriber:
    """Somebody who said yes to the mailing, by default to everything in Russian."""
    address = f"reader{next(_numbers)}@home.example"
    wished = Wished(**{"email": address, "language": "ru", "consent": True, **values})
    subscribing.ask(centre, wished, now)
    subscriber = subscribing.find_by_address(centre.id, wished.email)
    subscribing.confirm(subscriber, wished.topic_ids, now)
    return subscriber


def make_mail(centre: Centre | None, *, now: datetime = NOW, **values: Any) -> InboxMail:
    """A mail of the centre's mailbox that waits for a person."""
    number = next(_numbers)
    mail = InboxMail(
        **{
            "centre_id": centre.id if centre else None,
            "fingerprint": f"mail-{number}",
            "kind": MailKind.OTHER,
            "received_at": now,
            "sender": f"writer{number}@home.example",
            "subject": "Когда приём?",
            "text": "Здравствуйте! Можно прийти в четверг?",
            **values,
        }
    )
    db.session.add(mail)
    db.session.flush()
    return mail


def minutes_before(instant: datetime, minutes: int) -> datetime:
    return instant - timedelta(minutes=minutes)
