"""The table that the bench prints: a figure, what it stands against, how far it may go."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

COLUMNS = ("Measured", "Figure", "Against, in the same run", "Ratio", "Target", "")


class Bound(Enum):
    AT_MOST = "≤"
    AT_LEAST = "≥"


@dataclass(frozen=True)
class Figure:
    """One line. ``value`` is what ``target`` bounds (``None``: no target), in the unit of ``unit``.

    ``against`` names what was measured beside it and how much that was; ``ratio`` puts the two together.
    """

    name: str
    value: float
    unit: str
    against: str = ""
    ratio: float | None = None
    bound: Bound = Bound.AT_MOST
    target: float | None = None
    shown: str = ""

    @property
    def met(self) -> bool | None:
        if self.target is None:
            return None
        return self.value <= self.target if self.bound is Bound.AT_MOST else self.value >= self.target

    def cells(self) -> tuple[str, ...]:
        target = (
            "" if self.target is None else f"{self.bound.value} {number(self.target)} {self.unit}".rstrip()
        )
        verdict = {None: "", True: "met", False: "MISSED"}[self.met]
        ratio = "" if self.ratio is None else f"{number(self.ratio)} ×"
        figure = self.shown or f"{number(self.value)} {self.unit}".rstrip()
        return (self.name, figure, self.against, ratio, target, verdict)


def number(value: float) -> str:
    """``0.0123``, ``1.23``, ``12.3``, ``123``: three digits that mean something.

    >>> number(0.01234), number(12.34), number(1234.5)
    ('0.0123', '12.3', '1234')
    """
    if value == int(value) or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"


def render(figures: Iterable[Figure]) -> str:
    """The table as text, a column as wide as its widest cell."""
    rows = [COLUMNS, *(figure.cells() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    lines.insert(1, "  ".join("─" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)
