"""The family cannot connect, or will be late: the specialist learns of it at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from webapp.models import Centre, ConnectionProblem, HelpRequest, db
from webapp.rules.consultations import Door
from webapp.rules.errors import TooLate
from webapp.rules.letters import LetterKind
from webapp.services.consultations import cancelling
from webapp.services.consultations.confirmation import meeting_facts, specialists_of
from webapp.services.help_requests.lifecycle import record
from webapp.services.mail.correspondence import tell_staff
from webapp.services.rooms.conferences import door_of

CANNOT_CONNECT = "cannot_connect"
LATE = "late"
LETTERS = {CANNOT_CONNECT: LetterKind.CANNOT_CONNECT, LATE: LetterKind.LATE}
SAID_ALREADY = timedelta(minutes=2)  # a button pressed again and again is one message


@dataclass(frozen=True)
class Problem:
    """What the family said, and when."""

    kind: str
    reported_at: datetime


def report(centre: Centre, request: HelpRequest, kind: str, now: datetime) -> None:
    """Note ``cannot_connect`` or ``late`` and tell every specialist of the consultation at once.

    Raises :class:`TooLate` when there is no consultation ahead or running.
    """
    consultation = next(iter(cancelling.ahead(request, now)), None)
    if consultation is None or door_of(consultation, now) in {Door.OVER, Door.CLOSED}:
        raise TooLate(phone=centre.phone)
    earlier = [problem for problem in of_consultation(consultation.id) if problem.kind == kind]
    if earlier and (kind == LATE or now - earlier[-1].reported_at < SAID_ALREADY):
        return
    db.session.add(ConnectionProblem(consultation_id=consultation.id, kind=kind, reported_at=now))
    facts = {**meeting_facts(consultation), "number": request.number, "reported_at": now.isoformat()}
    for person in specialists_of(consultation):
        tell_staff(
            person,
            LETTERS[kind],
            facts,
            now,
            occasion=f"{consultation.id}:{consultation.calendar_sequence}:{len(earlier)}",
            request=request,
            consultation=consultation,
        )
    record(
        centre.id,
        f"connection.{kind}",
        now,
        help_request_id=request.id,
        consultation_id=consultation.id,
    )


def of_consultation(consultation_id: int) -> list[Problem]:
    """What the family said, in the order in which it said it."""
    return of_consultations([consultation_id]).get(consultation_id, [])


def of_consultations(consultation_ids: Sequence[int]) -> dict[int, list[Problem]]:
    """The same for several consultations, in one query; for none, in none."""
    if not consultation_ids:
        return {}
    rows = db.session.execute(
        sa.select(ConnectionProblem.consultation_id, ConnectionProblem.kind, ConnectionProblem.reported_at)
        .where(ConnectionProblem.consultation_id.in_(consultation_ids))
        .order_by(ConnectionProblem.reported_at, ConnectionProblem.id)
    )
    problems: dict[int, list[Problem]] = {}
    for row in rows:
        problems.setdefault(row.consultation_id, []).append(Problem(row.kind, row.reported_at))
    return problems
