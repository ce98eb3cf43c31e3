"""The group events of the town: full and beyond its hall, waiting for approval, not announced yet."""

from datetime import datetime, timedelta

from tests.factories import NOW, THURSDAY_NINE, make_event, make_event_type, register, texts
from webapp.models import Centre, GroupEvent, Staff
from webapp.services.events import group_events

DAY = timedelta(days=1)


def hold_groups(
    centre: Centre, host: Staff, deputy: Staff, long_name: str, long_words: str
) -> dict[str, int]:
    """Ids of rows by name, as ``Town.numbers`` keeps them."""
    kind = make_event_type(
        centre,
        titles=texts("Вебинар", long_words),
        bring=texts("зеркало", long_words),
        needs_approval=True,
        with_children=True,
    )

    def make(at: datetime, *, announced: bool = True) -> GroupEvent:
        titles = texts("Экзамены без паники", long_words)
        return make_event(centre, host, kind=kind, at=at, titles=titles, capacity=3, announced=announced)

    full = make(THURSDAY_NINE + DAY)
    group_events.approve(full, NOW, staff_id=deputy.id)
    people = [register(full, shown_name=long_name, parent_present=long_words) for _ in range(4)]
    smaller = group_events.plan_of(full, capacity=1)
    group_events.describe(centre, full, smaller, NOW, staff_id=deputy.id)
    return {
        "event full": full.id,
        "event proposed": make(THURSDAY_NINE + 2 * DAY).id,
        "event draft": make(THURSDAY_NINE + 3 * DAY, announced=False).id,
        "event type": kind.id,
        "meeting": group_events.meetings(full)[0].id,
        "registration": people[0].id,
    }
