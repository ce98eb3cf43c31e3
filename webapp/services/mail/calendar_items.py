"""What calendars answered, as the staff see it: who comes, who does not, who proposes another time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound

from calendars.replies import Answer
from webapp.models import (
    Centre,
    Consultation,
    ConsultationSpecialist,
    HelpRequest,
    InboxMail,
    Participation,
    Registration,
    Staff,
    db,
)
from webapp.rules.consultations import ConsultationState
from webapp.rules.inbox import FOR_DEPUTY
from webapp.services.help_requests.lifecycle import record


@dataclass(frozen=True)
class Item:
    """Something that a person decides. ``mail_id`` is empty for a specialist: that ends with the cause.

    ``who``: the name, empty where none was given. ``words``: what was written beside the answer.
    """

    mail_id: int | None
    by_family: bool
    who: str
    request_id: int | None
    event_id: int | None
    number: str
    consultation_id: int
    starts_at: datetime
    proposed_starts_at: datetime | None
    words: str


@dataclass
class Answers:
    """Who answered what to one consultation: ``accepted``, ``tentative``, ``declined``."""

    family: str | None = None
    specialists: list[tuple[str, str]] = field(default_factory=list)  # (name, answer)


@dataclass
class OfRequest:
    """The consultations of a request; answers by consultation; what waits for a decision."""

    consultations: list[Consultation] = field(default_factory=list)
    answers: dict[int, Answers] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)

    def add(self, row: Any, request: HelpRequest, now: datetime) -> None:
        """One of the rows, which tell a consultation with each pair of a specialist and an item."""
        consultation: Consultation = row.Consultation
        if consultation not in self.consultations:
            self.consultations.append(consultation)
        answers = self.answers.setdefault(consultation.id, Answers())
        if row.specialist and (row.specialist, row.of_specialist) not in answers.specialists:
            answers.specialists.append((row.specialist, row.of_specialist))
        if row.answer_sequence != consultation.calendar_sequence:
            return
        answers.family = row.answer
        is_open = consultation.state == ConsultationState.PLANNED and now < consultation.ends_at
        known = [item.mail_id for item in self.items]
        if row.mail_id and row.mail_id not in known and is_open and request.blocked_at is None:
            self.items.append(
                Item(
                    mail_id=row.mail_id,
                    by_family=True,
                    who=request.parent_name,
                    request_id=request.id,
                    event_id=None,
                    number=request.number,
                    consultation_id=consultation.id,
                    starts_at=consultation.starts_at,
                    proposed_starts_at=row.proposed_starts_at,
                    words=row.text,
                )
            )


WAITS = (InboxMail.kind.in_(FOR_DEPUTY), InboxMail.handled_at.is_(None))


def waiting(centre: Centre, now: datetime) -> list[Item]:
    """Everything of the centre that waits for a decision, the soonest first. Two queries."""
    found = _of_families(centre, now) + _of_specialists(centre, now)
    return sorted(found, key=lambda item: item.starts_at)


def of_request(request: HelpRequest, now: datetime) -> OfRequest:
    """The consultations of one request, the latest first, with all that calendars said. One query."""
    rows = db.session.execute(
        sa.select(
            Consultation,
            Participation.answer,
            Participation.answer_sequence,
            InboxMail.id.label("mail_id"),
            InboxMail.proposed_starts_at,
            InboxMail.text,
            Staff.name.label("specialist"),
            ConsultationSpecialist.answer.label("of_specialist"),
        )
        .outerjoin(Participation, Participation.consultation_id == Consultation.id)
        .outerjoin(InboxMail, sa.and_(InboxMail.participation_id == Participation.id, *WAITS))
        .outerjoin(
            ConsultationSpecialist,
            sa.and_(
                ConsultationSpecialist.consultation_id == Consultation.id,
                ConsultationSpecialist.answer.is_not(None),
            ),
        )
        .outerjoin(Staff, Staff.id == ConsultationSpecialist.specialist_id)
        .where(Consultation.help_request_id == request.id)
        .order_by(
            Consultation.starts_at.desc(), Consultation.id, ConsultationSpecialist.position, InboxMail.id
        )
    ).all()
    found = OfRequest()
    for row in rows:
        found.add(row, request, now)
    return found


def answers_of_event(event_id: int, now: datetime) -> Mapping[int, str]:
    """By registration: what was answered to the next meeting of the event. One query."""
    following = (
        sa.select(Consultation.id)
        .where(
            Consultation.group_event_id == event_id,
            Consultation.state == ConsultationState.PLANNED,
            Consultation.ends_at > now,
        )
        .order_by(Consultation.starts_at)
        .limit(1)
        .scalar_subquery()
    )
    rows = db.session.execute(
        sa.select(Participation.registration_id, Participation.answer).where(
            Participation.consultation_id == following,
            Participation.answer.is_not(None),
            Participation.answer_sequence == Participation.calendar_sequence,
        )
    )
    return {row.registration_id: row.answer for row in rows}


def settle(centre: Centre, mail_id: int, now: datetime, *, staff_id: int) -> None:
    """A person has dealt with the answer. Raises ``NoResultFound`` for one that is not this centre's."""
    mail = db.session.scalars(
        sa.select(InboxMail).where(
            InboxMail.id == mail_id, InboxMail.centre_id == centre.id, InboxMail.kind.in_(FOR_DEPUTY)
        )
    ).one()
    participation = db.session.get(Participation, mail.participation_id)
    if participation is None:
        raise NoResultFound
    if mail.handled_at is not None:
        return
    mail.handled_at, mail.handled_by = now, staff_id
    consultation = db.session.get_one(Consultation, participation.consultation_id)
    record(
        centre.id,
        "answer.settled",
        now,
        staff_id=staff_id,
        help_request_id=consultation.help_request_id,
        group_event_id=consultation.group_event_id,
        consultation_id=consultation.id,
    )


def _of_families(centre: Centre, now: datetime) -> list[Item]:
    """Also of somebody who registered for a group meeting and proposes another time for it."""
    sequence = sa.case(
        (Participation.registration_id.is_(None), Consultation.calendar_sequence),
        else_=Participation.calendar_sequence,
    )
    rows = db.session.execute(
        sa.select(
            InboxMail.id.label("mail_id"),
            InboxMail.proposed_starts_at,
            InboxMail.text,
            Consultation.id,
            Consultation.starts_at,
            Consultation.group_event_id,
            HelpRequest.id.label("request_id"),
            HelpRequest.year,
            HelpRequest.sequence,
            sa.func.coalesce(HelpRequest.parent_name, Registration.shown_name, "").label("who"),
        )
        .join(Participation, Participation.id == InboxMail.participation_id)
        .join(Consultation, Consultation.id == Participation.consultation_id)
        .outerjoin(HelpRequest, HelpRequest.id == Participation.help_request_id)
        .outerjoin(Registration, Registration.id == Participation.registration_id)
        .where(
            Consultation.centre_id == centre.id,
            *WAITS,
            Consultation.state == ConsultationState.PLANNED,
            Consultation.ends_at > now,
            Participation.answer_sequence == sequence,
            HelpRequest.blocked_at.is_(None),
            Registration.blocked_at.is_(None),
        )
        .order_by(Consultation.starts_at, InboxMail.id)
    )
    return [
        Item(
            mail_id=row.mail_id,
            by_family=True,
            who=row.who,
            request_id=row.request_id,
            event_id=row.group_event_id,
            number=f"{row.year}-{row.sequence}" if row.request_id else "",
            consultation_id=row.id,
            starts_at=row.starts_at,
            proposed_starts_at=row.proposed_starts_at,
            words=row.text,
        )
        for row in rows
    ]


def _of_specialists(centre: Centre, now: datetime) -> list[Item]:
    """Whose calendar says no; it is settled when that person accepts or the consultation changes."""
    rows = db.session.execute(
        sa.select(
            Consultation.id,
            Consultation.starts_at,
            Consultation.group_event_id,
            Consultation.help_request_id,
            HelpRequest.year,
            HelpRequest.sequence,
            Staff.name,
        )
        .join(ConsultationSpecialist, ConsultationSpecialist.consultation_id == Consultation.id)
        .join(Staff, Staff.id == ConsultationSpecialist.specialist_id)
        .outerjoin(HelpRequest, HelpRequest.id == Consultation.help_request_id)
        .where(
            Consultation.centre_id == centre.id,
            ConsultationSpecialist.answer == Answer.DECLINED,
            Consultation.state == ConsultationState.PLANNED,
            Consultation.ends_at > now,
        )
        .order_by(Consultation.starts_at, Staff.id)
    )
    return [
        Item(
            mail_id=None,
            by_family=False,
            who=row.name,
            request_id=row.help_request_id,
            event_id=row.group_event_id,
            number=f"{row.year}-{row.sequence}" if row.help_request_id else "",
            consultation_id=row.id,
            starts_at=row.starts_at,
            proposed_starts_at=None,
            words="",
        )
        for row in rows
    ]
