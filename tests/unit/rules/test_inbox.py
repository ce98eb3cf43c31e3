from datetime import UTC, datetime, timedelta

import pytest

from webapp.rules.inbox import ANSWERS, FOR_DEPUTY, FOR_OFFICE, MailKind, counts

THEN = datetime(2026, 11, 24, 6, tzinfo=UTC)
LATER = THEN + timedelta(minutes=1)
NOTHING = (None, None)


@pytest.mark.parametrize(
    ("sequence", "stamp", "current", "known", "counted"),
    [
        (0, THEN, 0, NOTHING, True),
        (0, THEN, 1, NOTHING, False),  # about the time before the move
        (2, THEN, 1, NOTHING, True),  # some programs count on by themselves
        (1, LATER, 1, (1, THEN), True),
        (1, THEN, 1, (1, LATER), False),  # overtaken on the way
        (1, THEN, 1, (1, THEN), True),  # within the same second the order of arrival counts
        (1, THEN, 1, (0, LATER), True),  # what was known is about the time before the move
    ],
)
def test_an_answer_counts_for_the_invitation_as_it_stands(
    sequence: int,
    stamp: datetime,
    current: int,
    known: tuple[int | None, datetime | None],
    counted: bool,
) -> None:
    assert counts(sequence, stamp, current, known) is counted


def test_a_mail_waits_for_one_of_both_at_most() -> None:
    assert not FOR_OFFICE & FOR_DEPUTY
    assert {MailKind.ANSWERED} == ANSWERS - FOR_DEPUTY
