"""Who counts as having come."""

from datetime import UTC, datetime, timedelta

import pytest

from webapp.rules.attendance import Source, Verdict, counted_until, verdict

NINE = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)
ENDS = NINE + timedelta(minutes=40)
SHORT, LONG = timedelta(seconds=59), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("by_host", "on_server", "on_page", "expected"),
    [
        (None, None, None, Verdict(False, Source.NOBODY)),
        (None, None, LONG, Verdict(True, Source.PAGE)),
        (None, None, SHORT, Verdict(False, Source.PAGE)),
        (None, LONG, None, Verdict(True, Source.VIDEO_SERVER)),
        (None, SHORT, LONG, Verdict(False, Source.VIDEO_SERVER)),
        (True, None, None, Verdict(True, Source.HOST)),
        (False, LONG, LONG, Verdict(False, Source.HOST)),
    ],
)
def test_the_host_counts_before_the_video_server_and_that_before_the_page(
    by_host: bool | None, on_server: timedelta | None, on_page: timedelta | None, expected: Verdict
) -> None:
    assert verdict(by_host, on_server, on_page) == expected


def test_a_stay_without_an_end_counts_to_the_end_of_the_meeting_and_no_further() -> None:
    assert counted_until(ENDS, None, ENDS + timedelta(days=3)) == ENDS + timedelta(minutes=1)
    assert counted_until(ENDS, NINE, ENDS) == NINE
    assert counted_until(ENDS, None, NINE) == NINE
