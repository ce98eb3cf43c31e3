"""When it may be noted that a family did not come."""

from datetime import UTC, datetime, timedelta

import pytest

from webapp.rules import moves
from webapp.rules.errors import EarlyNoShow

STARTS = datetime(2026, 11, 26, 4, tzinfo=UTC)


@pytest.mark.parametrize("minutes", [0, 14])
def test_before_fifteen_minutes_it_must_be_meant(minutes: int) -> None:
    with pytest.raises(EarlyNoShow) as refused:
        moves.must_be_meant(STARTS, STARTS + timedelta(minutes=minutes))
    assert (refused.value.field, refused.value.facts) == ("early", {"minutes": 15})


@pytest.mark.parametrize("minutes", [15, 50])
def test_from_fifteen_minutes_on_it_is_noted_without_a_question(minutes: int) -> None:
    moves.must_be_meant(STARTS, STARTS + timedelta(minutes=minutes))
