"""Changes of state by compare-and-swap, each with its line in the history."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value

from webapp.models import AuditRecord, Consultation, HelpRequest, db
from webapp.models.base import table_of
from webapp.rules import consultations, help_requests
from webapp.rules.consultations import ConsultationEvent
from webapp.rules.errors import WrongState
from webapp.rules.help_requests import RequestEvent


def record(
    centre_id: int,
    action: str,
    now: datetime,
    *,
    staff_id: int | None = None,
    help_request_id: int | None = None,
    consultation_id: int | None = None,
    **details: Any,
) -> None:
    """Add one line to the history. ``details`` are JSON values."""
    row = {
        "centre_id": centre_id,
        "at": now,
        "staff_id": staff_id,
        "action": action,
        "help_request_id": help_request_id,
        "consultation_id": consultation_id,
        "details": details,
    }
    db.session.execute(sa.insert(table_of(AuditRecord)), row)


def change_request(
    request: HelpRequest,
    event: RequestEvent,
    now: datetime,
    *,
    staff_id: int | None = None,
    consultation_id: int | None = None,
    **details: Any,
) -> None:
    """Take the request along ``event``. Raises :class:`WrongState` when somebody else was faster."""
    before = request.state
    after = help_requests.next_state(before, event)
    _swap(HelpRequest, request.id, before, after)
    set_committed_value(request, "state", after)
    record(
        request.centre_id,
        f"request.{event}",
        now,
        staff_id=staff_id,
        help_request_id=request.id,
        consultation_id=consultation_id,
        **details,
    )


def change_consultation(
    consultation: Consultation,
    event: ConsultationEvent,
    now: datetime,
    *,
    staff_id: int | None = None,
    **details: Any,
) -> None:
    """Take the consultation along ``event``. Raises :class:`WrongState` when somebody else was faster."""
    before = consultation.state
    after = consultations.next_state(before, event)
    _swap(Consultation, consultation.id, before, after)
    set_committed_value(consultation, "state", after)
    record(
        consultation.centre_id,
        f"consultation.{event}",
        now,
        staff_id=staff_id,
        help_request_id=consultation.help_request_id,
        consultation_id=consultation.id,
        **details,
    )


def _swap(model: type[HelpRequest] | type[Consultation], row_id: int, before: str, after: str) -> None:
    db.session.flush()
    swapped = db.session.execute(
        sa.update(model)
        .where(model.id == row_id, model.state == before)
        .values(state=after)
        .execution_options(synchronize_session=False)
    )
    if swapped.rowcount != 1:  # type: ignore[attr-defined]
        raise WrongState(state=before)
