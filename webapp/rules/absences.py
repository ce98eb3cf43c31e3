"""A specialist is away: until when each session that it touches must be settled."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

EVENING = time(18)


def to_be_settled_by(absent_from: datetime, starts_at: datetime, zone: ZoneInfo) -> datetime:
    """The evening of the first day of absence, or the one before the session where that is earlier."""
    first_day = absent_from.astimezone(zone).date()
    day_before = starts_at.astimezone(zone).date() - timedelta(days=1)
    return datetime.combine(min(first_day, day_before), EVENING, zone)
