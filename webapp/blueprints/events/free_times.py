"""The times at which all hosts are free, as a form of the page shows them, and the one that was chosen."""

from collections.abc import Sequence
from datetime import date, datetime

from flask import request
from flask_babel import gettext as _

from webapp import formatting
from webapp.access import my_centre
from webapp.rules.errors import Unreadable
from webapp.services.events import event_dates
from webapp.services.events.event_dates import FreeDays


def free_days(
    host_ids: Sequence[int],
    now: datetime,
    *,
    minutes: int | None,
    chosen: str | None,
    near: datetime | None = None,
) -> FreeDays:
    """From the day that was asked for (a button of the form), else from the one that is shown already.

    A page that opens begins with the day of ``near``, or with today.
    """
    try:
        chosen_at = chosen_time(chosen)
    except Unreadable:
        chosen_at = None
    centre = my_centre()
    opens_near = near if request.method == "GET" else None
    first = opens_near.astimezone(centre.zone_info).date() if opens_near else _first_day()
    return event_dates.free_days(centre, host_ids, now, minutes=minutes, first=first, chosen=chosen_at)


def chosen_time(text: str | None) -> datetime:
    """A time of the list as an instant. Raises :class:`Unreadable`."""
    try:
        return formatting.read_moment(text or "")
    except ValueError:
        raise Unreadable("starts", example=_("a time of the list")) from None


def _first_day() -> date | None:
    try:
        return formatting.read_day(request.form.get("show", request.form.get("first_day", "")))
    except ValueError:
        return None
