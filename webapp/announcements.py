"""An announcement as a host types it: lines that begin with a dash are a list, the others paragraphs."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

DASHES = "-–—•*"
LONGEST_LEAD = 220  # characters: more is no lead but a paragraph


@dataclass(frozen=True)
class Block:
    """Neighbouring lines of one kind: the items of a list, or paragraphs."""

    is_list: bool
    lines: Sequence[str]


@dataclass(frozen=True)
class Announcement:
    """``lead``: the first paragraph where it is short enough to stand under the title, else empty."""

    lead: str
    blocks: Sequence[Block]


def blocks(text: str) -> list[Block]:
    """All of ``text``, whose empty lines count for nothing."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [
        Block(is_list, [line.lstrip(DASHES).strip() if is_list else line for line in of_kind])
        for is_list, of_kind in groupby(lines, key=lambda line: line[0] in DASHES)
    ]


def with_lead(text: str) -> Announcement:
    """``text`` with its first paragraph apart.

    >>> with_lead("Games that bring words.\\n- Five for the kitchen").lead
    'Games that bring words.'
    """
    whole = blocks(text)
    if not whole or whole[0].is_list or len(whole[0].lines[0]) > LONGEST_LEAD:
        return Announcement("", whole)
    lead, *others = whole[0].lines
    rest = [Block(False, others)] if others else []
    return Announcement(lead, [*rest, *whole[1:]])
