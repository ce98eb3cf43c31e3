"""Mail to the centre's mailbox: what it can be, whose it is to read, which answer of a calendar counts."""

from datetime import datetime
from enum import StrEnum


class MailKind(StrEnum):
    # only a person can understand these
    OTHER = "other"
    UNVERIFIED = "unverified"  # an answer of a calendar; our server does not vouch for its sender
    FOREIGN = "foreign"  # an answer to nothing that we know, or to the invitation of somebody else
    UNREADABLE = "unreadable"
    RETURNED = "returned"  # a letter came back; done with where we know which
    # the deputy decides what follows
    DECLINED = "declined"
    PROPOSED = "proposed"  # another time
    # done with
    ANSWERED = "answered"
    OUTDATED = "outdated"  # about an older form of the invitation, or nothing new
    AUTOMATIC = "automatic"  # "I am on holiday", newsletters, receipts


FOR_OFFICE = frozenset(
    {MailKind.OTHER, MailKind.UNVERIFIED, MailKind.FOREIGN, MailKind.UNREADABLE, MailKind.RETURNED}
)
FOR_DEPUTY = frozenset({MailKind.DECLINED, MailKind.PROPOSED})
ANSWERS = FOR_DEPUTY | {MailKind.ANSWERED}  # each takes the place of what the same person answered before


def counts(
    sequence: int, stamp: datetime, current_sequence: int, known: tuple[int | None, datetime | None]
) -> bool:
    """Whether an answer is about the invitation as it stands, and not older than the ``known`` one.

    ``known``: the sequence that was answered last, and when.
    """
    if sequence < current_sequence:
        return False
    answered_sequence, answered_stamp = known
    if answered_stamp is None or answered_sequence != current_sequence:
        return True
    return stamp >= answered_stamp
