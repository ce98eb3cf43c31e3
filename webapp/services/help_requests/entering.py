"""A request that came by phone, letter, in person or through a colleague, entered by the office."""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from calendars.workdays import last_day
from webapp.models import Centre, HelpRequest, db
from webapp.rules.errors import ConsentMissing, HelpTooLong, NothingChosen, OutcomeMissing
from webapp.rules.help_requests import PHONE_HELP_MINUTES, Channel
from webapp.services.help_requests import answers, intake
from webapp.services.help_requests.intake import Asked, Receipt
from webapp.services.help_requests.lifecycle import record
from webapp.services.pages import personal_links

WAYS_TO_CONSENT = ("spoken", "paper")


@dataclass(frozen=True)
class HelpedAtOnce:
    """Help given on the phone there and then. ``minutes``: at most 15."""

    minutes: int | None
    outcome: str


@dataclass(frozen=True)
class Slip:
    """What the family takes home: number, last day for the answer, its personal link.

    ``overdue``: what is entered late may have had its last day already.
    """

    request_id: int
    number: str
    last_day: date
    overdue: bool
    language: str
    has_email: bool
    answered: bool
    page_token: str


def enter(
    centre: Centre, asked: Asked, consented: str, helped: HelpedAtOnce | None, now: datetime, *, staff_id: int
) -> Receipt:
    """Take the request over; where it was helped at once, note that as its answer.

    Raises a :class:`DomainError` beside the field it is about; :class:`ConsentMissing` first of all.
    """
    if asked.channel not in set(Channel) - {Channel.SITE}:
        raise NothingChosen("channel")
    if consented not in WAYS_TO_CONSENT:
        raise ConsentMissing("consent")
    if helped is not None:
        _must_be_help_on_the_phone(asked, helped)
    receipt = intake.receive(centre, asked, now)
    record(
        centre.id, "consent.note", now, staff_id=staff_id, help_request_id=receipt.request.id, how=consented
    )
    if helped is not None and helped.minutes is not None:
        answers.answered_by_phone(receipt.request, helped.minutes, helped.outcome, now, staff_id=staff_id)
    return receipt


def _must_be_help_on_the_phone(asked: Asked, helped: HelpedAtOnce) -> None:
    if asked.channel != Channel.PHONE:
        raise NothingChosen("channel")
    if helped.minutes is None or not 1 <= helped.minutes <= PHONE_HELP_MINUTES:
        raise HelpTooLong("minutes", most=PHONE_HELP_MINUTES)
    if not helped.outcome.strip():
        raise OutcomeMissing("outcome")


def slip(centre: Centre, request_id: int, now: datetime) -> Slip:
    """The slip of a request that the office entered. Raises ``NoResultFound`` for any other request:

    who has it from the site has the link already, and nobody else needs it.
    """
    request = db.session.scalars(
        sa.select(HelpRequest).where(
            HelpRequest.id == request_id,
            HelpRequest.centre_id == centre.id,
            HelpRequest.entered_by.is_not(None),
            HelpRequest.blocked_at.is_(None),
        )
    ).one()
    return Slip(
        request_id=request.id,
        number=request.number,
        last_day=last_day(request.due_at, centre.zone_info),
        overdue=now >= request.due_at,
        language=request.language,
        has_email=request.email is not None,
        answered=request.answered_at is not None,
        page_token=personal_links.token_of(personal_links.PAGE, help_request_id=request.id) or "",
    )
