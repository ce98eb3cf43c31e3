"""Until when a session that an absence touches must be settled."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from webapp.rules.absences import to_be_settled_by

ZONE = ZoneInfo("Asia/Yekaterinburg")
MONDAY = datetime(2026, 11, 23, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("session_in_days", "evening_in_days"),
    [(4, 0), (1, 0), (0, -1)],
)
def test_it_is_the_first_evening_or_the_one_before_the_session(
    session_in_days: int, evening_in_days: int
) -> None:
    session = (MONDAY + timedelta(days=session_in_days, hours=9)).astimezone(UTC)
    evening = MONDAY + timedelta(days=evening_in_days, hours=18)
    assert to_be_settled_by(MONDAY, session, ZONE) == evening
