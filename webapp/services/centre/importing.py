"""Centres, staff, hours and topics from one file; can be run again.

The file is described in ``docs/import.md``. Rows are found again by slug, e-mail and code. What the file
names is taken over; what it does not name stays; nothing is deleted.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn

import sqlalchemy as sa

from webapp.models import CalendarCorrection, Centre, Staff, Topic, WeeklyHours, db
from webapp.rules.consultations import REFUSED_IN, Means
from webapp.rules.errors import DomainError, TextMissing
from webapp.rules.groups import LARGEST_HALL
from webapp.services.centre import centres, staffing, topics
from webapp.services.centre.centres_file import (
    WEEKDAYS,
    CentrePart,
    DayPart,
    EventTypePart,
    File,
    Hours,
    ImportRefused,
    Part,
    PersonPart,
    TopicPart,
)
from webapp.services.events import event_catalogue, event_types
from webapp.services.help_requests import consents
from webapp.services.mail.contacts import EXAMPLES
from webapp.services.times import workdays


@dataclass
class Report:
    """What was done, a line each; and who is new, not invited yet."""

    changes: list[str] = field(default_factory=list)
    new_people: list[Staff] = field(default_factory=list)

    def __iter__(self) -> Iterator[str]:
        return iter(self.changes)


def import_file(file: File, now: datetime) -> Report:
    """Take the whole file over. Flushes; raises :class:`ImportRefused`, after which the caller rolls back."""
    report = Report()
    for number, part in enumerate(file.centres):
        _CentreImport(part, f"centres[{number}]", now, report).run()
    return report


class _CentreImport:
    """One centre of the file on its way into the database."""

    def __init__(self, part: CentrePart, place: str, now: datetime, report: Report) -> None:
        self.part, self.place, self.now, self.report = part, place, now, report
        self.people: dict[str, Staff] = {}

    def run(self) -> None:
        known = centres.by_slug(self.part.slug)
        self.centre = known or self._new_centre()
        self._say("" if known else "new centre")
        for number, person in enumerate(self.part.staff):
            self._person(person, f"{self.place}.staff[{number}]")
        self._settings()
        for number, topic in enumerate(self.part.topics):
            self._topic(topic, number, f"{self.place}.topics[{number}]")
        for number, kind in enumerate(self.part.event_types):
            self._event_type(kind, number, f"{self.place}.event_types[{number}]")
        self._catalogue()
        for day in self.part.calendar:
            self._day(day)
        self._consent()

    def _say(self, change: str) -> None:
        if change:
            self.report.changes.append(f"{self.part.slug}: {change}")

    def _refuse(self, place: str, part: Part, error: DomainError) -> NoReturn:
        """Where it stands in the file, what stands there, and what may."""
        name = _name_in_file(error)
        if isinstance(error, TextMissing):
            said = "must be there: it is the centre's own language"
        else:
            found = getattr(part, name)
            shown = f"[{', '.join(found)}]" if isinstance(found, list) else found
            said = f"should be {self._allowed()[name]}; the file says {shown}"
        raise ImportRefused([f"{place}.{name}: {said}"]) from error

    def _allowed(self) -> dict[str, str]:
        part = self.part
        phone = f"a phone number like {EXAMPLES[part.country]}"
        means = ", ".join(means for means in Means if means not in REFUSED_IN.get(part.country, ()))
        decider = "the e-mail of a deputy director or head of this centre"
        return {
            **{name: f"a number from {least} to {most}" for name, (least, most) in centres.NUMBERS.items()},
            "session_minutes": f"a number from 5 to limit_minutes ({part.limit_minutes})",
            "name": "a name",
            "email": "an address like name@example.org",
            "phone": phone,
            "support_phone": phone,
            "zone": "an IANA time zone like Asia/Almaty",
            "means": f"a list of some of: {means}",
            "supervisor": decider,
            "stand_in": f"{decider}, other than the supervisor",
            "specialists": "e-mails of specialists of this centre",
            "minutes": f"a number from 5 to limit_minutes ({part.limit_minutes})",
            "maximum": f"a number from minimum to {LARGEST_HALL}",
        }

    def _new_centre(self) -> Centre:
        centre = Centre(
            slug=self.part.slug,
            names=self.part.names.by_language(),
            places={},
            country=self.part.country,
            zone=self.part.zone,
            phone="",
            means=[],
            language=self.part.language,
        )
        # What the database checks must hold before the rest is known.
        centre.limit_minutes = centre.session_minutes = 40
        db.session.add(centre)
        db.session.flush()
        return centre

    def _person(self, part: PersonPart, place: str) -> None:
        described = staffing.Described(
            name=part.name,
            email=part.email,
            roles=list(part.roles),
            profession=part.profession or "",
            phone=part.phone,
            language=part.language or self.part.language,
            about=part.about.by_language(),
        )
        email = part.email.strip().lower()
        person = db.session.scalar(sa.select(Staff).where(Staff.email == email))
        if person is not None and person.centre_id != self.centre.id:
            raise ImportRefused([f"{place}.email: {email} belongs to another centre"])
        try:
            if person is None:
                person = staffing.add(self.centre, described, self.now, by=None)
                self.report.new_people.append(person)
                self._say(f"new person {email}")
            elif changed := _differences(person, described):
                staffing.change(self.centre, person, described, self.now, by=None)
                self._say(f"{email}: {', '.join(changed)}")
        except DomainError as error:
            self._refuse(place, part, error)
        self.people[email] = person
        self._hours(person, part.hours)

    def _hours(self, person: Staff, hours: list[Hours]) -> None:
        """Hours begin with the file and belong to the specialist from then on."""
        if not hours:
            return
        if db.session.scalar(sa.select(sa.exists().where(WeeklyHours.specialist_id == person.id))):
            return
        db.session.add_all(
            WeeklyHours(
                specialist_id=person.id,
                weekday=WEEKDAYS.index(day),
                starts=part.starts,
                ends=part.ends,
                valid_from=part.valid_from,
                valid_until=part.valid_until,
            )
            for part in hours
            for day in part.days
        )
        db.session.flush()
        self._say(f"{person.email}: hours")

    def _named(self, email: str, place: str) -> Staff:
        person = self.people.get(email.strip().lower()) or db.session.scalar(
            sa.select(Staff).where(Staff.email == email.strip().lower(), Staff.centre_id == self.centre.id)
        )
        if person is None:
            raise ImportRefused([f"{place}: {email} is not among the staff of this centre"])
        return person

    def _settings(self) -> None:
        part = self.part
        supervisor = self._named(part.supervisor, f"{self.place}.supervisor") if part.supervisor else None
        stand_in = self._named(part.stand_in, f"{self.place}.stand_in") if part.stand_in else None
        settings = centres.Settings(
            **{name: getattr(part, name).by_language() for name in centres.TEXTS},
            **{
                name: getattr(part, name)
                for name in ("language", "country", "zone", "phone", "support_phone")
            },
            **{name: getattr(part, name) for name in centres.NUMBERS},
            emergency=[{"number": one.number, "texts": one.texts.by_language()} for one in part.emergency],
            means=[str(means) for means in part.means],
            specialists_may=[str(change) for change in part.specialists_may],
            video_by_link_only=part.video_by_link_only,
            embed_origins=part.embed_origins,
            supervisor_id=supervisor.id if supervisor else None,
            stand_in_id=stand_in.id if stand_in else None,
        )
        try:
            changed = centres.change(self.centre, settings, self.now, by=None)
        except DomainError as error:
            self._refuse(self.place, part, error)
        if changed:
            self._say(", ".join(changed))

    def _topic(self, part: TopicPart, position: int, place: str) -> None:
        described = topics.DescribedTopic(
            titles=part.titles.by_language(),
            hints=part.hints.by_language(),
            specialist_ids=[
                self._named(email, f"{place}.specialists[{number}]").id
                for number, email in enumerate(part.specialists)
            ],
            confirmed_at_once=part.confirmed_at_once,
            position=position,
        )
        topic = db.session.scalar(
            sa.select(Topic).where(Topic.centre_id == self.centre.id, Topic.code == part.code)
        )
        try:
            if topic is None:
                topics.add(self.centre, described, self.now, by=None, code=part.code)
                self._say(f"new topic {part.code}")
            elif topics.change(self.centre, topic, described, self.now, by=None):
                self._say(f"topic {part.code}")
        except DomainError as error:
            self._refuse(place, part, error)

    def _event_type(self, part: EventTypePart, position: int, place: str) -> None:
        described = event_types.DescribedType(
            **part.model_dump(include={"form", "minimum", "maximum", "minutes", "open_to"}),
            titles=part.titles.by_language(),
            bring=part.bring.by_language(),
            needs_approval=part.needs_approval,
            with_children=part.with_children,
            position=position,
        )
        known = event_types.by_code(self.centre, part.code)
        try:
            if known is None:
                event_types.add(self.centre, described, self.now, by=None, code=part.code)
                self._say(f"new event type {part.code}")
            elif event_types.change(self.centre, known, described, self.now, by=None):
                self._say(f"event type {part.code}")
        except DomainError as error:
            self._refuse(place, part, error)

    def _catalogue(self) -> None:
        """What a centre begins with, where the file names no types and there are none."""
        if not event_types.of_centre(self.centre):
            event_catalogue.begin(self.centre, self.now)
            self._say(f"event types to begin with: {', '.join(event_catalogue.TO_BEGIN_WITH)}")

    def _day(self, part: DayPart) -> None:
        row = db.session.execute(
            sa.select(CalendarCorrection.working, CalendarCorrection.note).where(
                CalendarCorrection.centre_id == self.centre.id, CalendarCorrection.day == part.day
            )
        ).first()
        if row is not None and (row.working, row.note) == (part.working, part.note):
            return
        workdays.correct(self.centre, part.day, part.working, part.note, self.now, staff_id=None)
        self._say(f"{part.day}: {'working day' if part.working else 'day off'}")

    def _consent(self) -> None:
        """A new version where the file says something else; the text to begin with where there is none."""
        newest = next(iter(consents.versions(self.centre)), None)
        if self.part.consent is None and newest is not None:
            return
        texts = (
            self.part.consent.by_language()
            if self.part.consent
            else consents.texts_to_begin_with(self.centre.names)
        )
        if newest is not None and newest.texts == texts:
            return
        try:
            version = consents.publish(self.centre, texts, self.now, by=None)
        except DomainError as error:
            self._refuse(f"{self.place}.consent", self.part, error)
        self._say(f"consent text, version {version.version}")


def _differences(person: Staff, described: staffing.Described) -> list[str]:
    """Which of the described values are other than what the person has. A phone is compared by its digits."""
    as_is: dict[str, object] = {
        "name": person.name,
        "profession": person.profession,
        "phone": _digits(person.phone),
        "language": person.language,
        "about": person.about,
        "roles": set(person.roles),
    }
    wanted: dict[str, object] = {
        "name": described.name,
        "profession": described.profession,
        "phone": _digits(described.phone),
        "language": described.language,
        "about": dict(described.about),
        "roles": set(described.roles),
    }
    return [name for name, value in wanted.items() if as_is[name] != value]


def _digits(phone: str) -> str:
    """The last ten: ``8 343 …`` and ``+7 343 …`` are one number."""
    return "".join(character for character in phone if character.isdigit())[-10:]


def _name_in_file(error: DomainError) -> str:
    """``names_ru`` of a form is ``names.ru`` in the file, ``supervisor_id`` is ``supervisor``."""
    name = (error.field or "").removeprefix("text_")  # the consent is nothing but texts
    if isinstance(error, TextMissing):
        return name.replace("_", ".")
    return name.removesuffix("_id")
