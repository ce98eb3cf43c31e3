"""Eight writers at once: laps of a service and of the same rows in bare SQL, in turn, begun by all together."""

import multiprocessing
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from statistics import median
from threading import BrokenBarrierError
from typing import Any

from flask import Flask

from bench import stage
from bench.stage import Installation
from bench.table import Bound, Figure, number

WRITERS = 8
LAPS = 5  # of each kind, in turn
EACH = 25  # transactions of one writer in one lap

SERVICE, BARE = "service", "bare SQL"
TARGETS = {stage.POSTGRESQL: 40, stage.SQLITE: 20}  # per cent
LONGEST_WAIT_SECONDS = 2

# Of a kind and of what one writer has to write in one lap: a function for each transaction, ready to be called.
MakeTasks = Callable[[str, Sequence[Any]], list[Callable[[], object]]]


@dataclass(frozen=True)
class Lap:
    """What one writer did in one lap; times of the machine's monotonic clock, seconds."""

    number: int
    kind: str
    began: float
    ended: float
    longest: float
    cpu: float


def kind_of(lap: int) -> str:
    return BARE if lap % 2 else SERVICE


def race(
    installation: Installation, prepare: Callable[[Flask], MakeTasks], shares: Sequence[Sequence[Any]]
) -> list[Lap]:
    """Each share belongs to one writer, a process of its own: ``EACH`` of it are written in each lap.

    ``prepare`` is called once by each writer.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    barrier, answers = context.Barrier(len(shares)), context.Queue()
    writers = [
        context.Process(target=_write, args=(installation, prepare, share, barrier, answers), daemon=True)
        for share in shares
    ]
    for writer in writers:
        writer.start()
    laps = []
    for _ in range(len(shares) * 2 * LAPS):
        answer = answers.get(timeout=300)
        if isinstance(answer, str):
            raise RuntimeError(f"a writer failed: {answer}")
        laps.append(answer)
    for process in writers:
        process.join(30)
    return laps


def figures(title: str, one: str, database: str, laps: list[Lap], statements: int) -> Iterator[Figure]:
    """Speed, CPU and the longest wait beside bare SQL. What counts is the middle of the laps' ratios."""
    rates = {kind: _rates(laps, kind) for kind in (SERVICE, BARE)}
    share = median(100 * ours / bare for ours, bare in zip(rates[SERVICE], rates[BARE], strict=True))
    yield Figure(
        f"{title}, {database}, {WRITERS} writers",
        share,
        "%",
        f"bare SQL, {statements} statements: {number(median(rates[BARE]))}/s",
        share / 100,
        Bound.AT_LEAST,
        TARGETS[database],
        shown=f"{number(median(rates[SERVICE]))}/s, {share:.0f} %",
    )
    cpu = {kind: 1000 * median(lap.cpu / EACH for lap in laps if lap.kind == kind) for kind in rates}
    yield Figure(
        f"  CPU of {one}, {database}",
        cpu[SERVICE],
        "ms",
        f"bare SQL: {number(cpu[BARE])} ms",
        cpu[SERVICE] / cpu[BARE],
    )
    longest = {kind: max(lap.longest for lap in laps if lap.kind == kind) for kind in rates}
    yield Figure(
        f"  longest wait of a writer, {database}",
        longest[SERVICE],
        "s",
        f"bare SQL: {number(longest[BARE])} s",
        longest[SERVICE] / longest[BARE],
        target=LONGEST_WAIT_SECONDS if database == stage.SQLITE else None,
    )


def _rates(laps: list[Lap], kind: str) -> list[float]:
    """Transactions per second of all writers together, lap by lap."""
    rates = []
    for turn in sorted({lap.number for lap in laps if lap.kind == kind}):
        of_turn = [lap for lap in laps if lap.number == turn]
        seconds = max(lap.ended for lap in of_turn) - min(lap.began for lap in of_turn)
        rates.append(len(of_turn) * EACH / seconds)
    return rates


def _write(
    installation: Installation,
    prepare: Callable[[Flask], MakeTasks],
    share: Sequence[Any],
    barrier: Barrier,
    answers: Any,
) -> None:
    """One writer: a lap of the service, a lap of bare SQL, and so on, each begun together with the others."""
    try:
        make_tasks = prepare(installation.app())
        stage.settle()
        for lap in range(2 * LAPS):
            tasks = make_tasks(kind_of(lap), share[lap * EACH : (lap + 1) * EACH])
            barrier.wait(120)
            began, cpu_began, longest = time.monotonic(), time.process_time(), 0.0
            for task in tasks:
                task_began = time.monotonic()
                task()
                longest = max(longest, time.monotonic() - task_began)
            cpu = time.process_time() - cpu_began
            answers.put(Lap(lap, kind_of(lap), began, time.monotonic(), longest, cpu))
    except BrokenBarrierError:
        pass  # another writer failed, and has said so
    except Exception as error:
        barrier.abort()
        answers.put("".join(traceback.format_exception(error)))
