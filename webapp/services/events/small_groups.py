"""Events that fewer people want than they need: the hosts are warned a day before, and decide."""

from datetime import datetime

import sqlalchemy as sa

from webapp.models import Consultation, GroupEvent, db
from webapp.rules import groups
from webapp.rules.consultations import ConsultationState
from webapp.rules.groups import EventState
from webapp.rules.letters import LetterKind
from webapp.services.consultations.confirmation import meeting_facts, specialists_of
from webapp.services.mail.correspondence import tell_staff


def warn(now: datetime) -> int:
    """One letter to each host of an event below its minimum, a day before. Returns how many events.

    Once for each date of the first meeting: a move to another one may be warned of again.
    """
    soon = db.session.scalars(
        sa.select(GroupEvent)
        .where(
            GroupEvent.state == EventState.ANNOUNCED,
            GroupEvent.too_few_told_at.is_(None),
            GroupEvent.seats_taken < GroupEvent.minimum,
            GroupEvent.starts_at > now,
            GroupEvent.starts_at <= now + groups.TOO_FEW_TOLD_BEFORE,
        )
        .order_by(GroupEvent.id)
        .with_for_update(skip_locked=True)
    ).all()
    for event in soon:
        if groups.too_few(event.seats_taken, event.minimum, event.starts_at, now):
            _tell_hosts(event, now)
    return len(soon)


def _tell_hosts(event: GroupEvent, now: datetime) -> None:
    event.too_few_told_at = now
    first = db.session.scalars(
        sa.select(Consultation)
        .where(Consultation.group_event_id == event.id, Consultation.state != ConsultationState.CANCELLED)
        .order_by(Consultation.starts_at)
        .limit(1)
    ).one()
    hosts = specialists_of(first)
    facts = {
        **meeting_facts(first, hosts),
        "seats_taken": event.seats_taken,
        "minimum": event.minimum,
    }
    for host in hosts:
        tell_staff(
            host,
            LetterKind.EVENT_TOO_FEW,
            facts,
            now,
            occasion=f"{event.id}:{event.starts_at.isoformat()}",
            consultation=first,
            event=event,
        )
