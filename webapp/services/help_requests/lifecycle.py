"""Changes of state by compare-and-swap, each with its line in the history."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value

from webapp.models import AuditRecord, Consultation, HelpRequest, db
from webapp.models.base import execute, table_of
from webapp.rules import consultations, help_requests
from webapp.rules.consultations import ConsultationEvent
from webapp.rules.errors import WrongState
from webapp.rules.help_requests import RequestEvent

# Statements made once: making one costs several times what sending it does.
ADD_TO_HISTORY = sa.insert(table_of(AuditRecord)).inline()
NOTHING: Mapping[str, Any] = {}


def _swap_in(table: sa.Table) -> sa.Update:
    unchanged = table.c.id == sa.bindparam("row_id"), table.c.state == sa.bindparam("before")
    return sa.update(table).where(*unchanged).values(state=sa.bindparam("after"))


SWAPS = {model: _swap_in(table_of(model)) for model in (HelpRequest, Consultation)}


def record(
    centre_id: int,
    action: str,
    now: datetime,
    *,
    staff_id: int | None = None,
    help_request_id: int | None = None,
    group_event_id: int | None = None,
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
        "group_event_id": group_event_id,
        "consultation_id": consultation_id,
        "details": details,
    }
    execute(ADD_TO_HISTORY, row)


def change_request(
    request: HelpRequest,
    event: RequestEvent,
    now: datetime,
    *,
    staff_id: int | None = None,
    consultation_id: int | None = None,
    along: Mapping[str, Any] = NOTHING,
    **details: Any,
) -> None:
    """Take the request along ``event``. Raises :class:`WrongState` when somebody else was faster.

    ``along``: other columns that change with the state, in the same statement.
    """
    before = request.state
    after = help_requests.next_state(before, event)
    _swap(request, before, after, along)
    record(
        request.centre_id,
        f"request.{event}",
        now,
        staff_id=staff_id,
        help_request_id=request.id,
        consultation_id=consultation_id,
        **details,
    )


def lock(request: HelpRequest) -> None:
    """Hold the request to the end of the transaction: its dates change together, or one after the other."""
    db.session.execute(sa.select(HelpRequest.id).where(HelpRequest.id == request.id).with_for_update())
    db.session.refresh(request, ["state"])


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
    _swap(consultation, before, after, NOTHING)
    record(
        consultation.centre_id,
        f"consultation.{event}",
        now,
        staff_id=staff_id,
        help_request_id=consultation.help_request_id,
        group_event_id=consultation.group_event_id,
        consultation_id=consultation.id,
        **details,
    )


def _swap(row: HelpRequest | Consultation, before: str, after: str, along: Mapping[str, Any]) -> None:
    db.session.flush()
    values = {"row_id": row.id, "before": before, "after": after, **along}
    swapped = execute(SWAPS[type(row)], values)
    if swapped.rowcount != 1:
        raise WrongState(state=before)
    for name, value in {"state": after, **along}.items():
        set_committed_value(row, name, value)
