"""Times a piece of work often enough to trust the middle."""

import time
from collections.abc import Callable
from statistics import median


def median_ms(
    work: Callable[[], object], *, repeats: int, clock: Callable[[], float] = time.process_time
) -> float:
    """The median time of ``work`` in milliseconds, after one call that is not counted.

    CPU time, which the machine's other work hardly touches; ``time.perf_counter`` where it waits for somebody.
    """
    work()
    times = []
    for _ in range(repeats):
        began = clock()
        work()
        times.append(clock() - began)
    return 1000 * median(times)
