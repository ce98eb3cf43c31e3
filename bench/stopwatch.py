"""Times a piece of work often enough to trust the middle."""

import time
from collections.abc import Callable
from statistics import median


def median_ms(work: Callable[[], object], *, repeats: int) -> float:
    """The median time of ``work`` in milliseconds, after one call that is not counted."""
    work()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return 1000 * median(times)
