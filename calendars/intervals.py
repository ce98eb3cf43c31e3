"""Stretches of time and what can be done with sets of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple


class Interval(NamedTuple):
    """A half-open stretch of time: `start` belongs to it, `end` does not. Both are aware and in UTC."""

    start: datetime
    end: datetime

    def overlaps(self, other: Interval) -> bool:
        """Whether the two share any moment; intervals that only touch do not."""
        return self.start < other.end and other.start < self.end


def interval(start: datetime, end: datetime) -> Interval:
    """The interval from `start` to `end`, in UTC whatever zone they came in.

    Raises ValueError for a time without a zone and for an end that is not after the start.
    """
    if start.tzinfo is None or end.tzinfo is None:
        raise ValueError("an interval needs times with a zone")
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if end <= start:
        raise ValueError(f"the interval ends at {end}, not after its start at {start}")
    return Interval(start, end)


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time as `intervals`, sorted, with those that overlap or touch made one."""
    merged: list[Interval] = []
    in_order = iter(sorted(intervals))
    current = next(in_order, None)
    if current is None:
        return merged
    start, end = current
    for following in in_order:
        following_start, following_end = following
        if following_start > end:
            merged.append(current)
            current = following
            start, end = following
        elif following_end > end:
            end = following_end
            current = Interval(start, end)
    merged.append(current)
    return merged


def subtract(free: Iterable[Interval], busy: Iterable[Interval]) -> list[Interval]:
    """What is left of `free` without `busy`; both in any order, the answer sorted and merged."""
    taken = merge(busy)
    if not taken:
        return merge(free)
    left: list[Interval] = []
    position = 0
    for whole in merge(free):
        start, end = whole
        while position < len(taken) and taken[position].end <= start:
            position += 1
        ahead = position
        while ahead < len(taken) and taken[ahead].start < end:
            if start < taken[ahead].start:
                left.append(Interval(start, taken[ahead].start))
            start = taken[ahead].end
            ahead += 1
        if ahead == position:
            left.append(whole)
        elif start < end:
            left.append(Interval(start, end))
    return left


def intersect(left: Iterable[Interval], right: Iterable[Interval]) -> list[Interval]:
    """The time that lies in both sets; both in any order, the answer sorted and merged."""
    left, right = merge(left), merge(right)
    shared: list[Interval] = []
    left_position = right_position = 0
    while left_position < len(left) and right_position < len(right):
        start = max(left[left_position].start, right[right_position].start)
        end = min(left[left_position].end, right[right_position].end)
        if start < end:
            shared.append(Interval(start, end))
        if left[left_position].end == end:
            left_position += 1
        else:
            right_position += 1
    return shared
