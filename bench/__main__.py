"""Measure and print the table: ``python3 manage.py bench``, or one part of it with ``--only NAME``."""

import argparse
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog

from bench import (
    absence,
    bare_confirming,
    bare_registering,
    calendar_files,
    confirming,
    events,
    inbox,
    live,
    mailing,
    moving,
    pages,
    process,
    queries,
    registering,
    rush,
    seats,
    stage,
    table,
    timetable,
)
from bench.table import Figure

MEASUREMENTS: dict[str, Callable[[], Iterator[Figure]]] = {
    "timetable": timetable.measure,
    "calendar-files": calendar_files.measure,
    "pages": pages.measure,
    "events": events.measure,
    "rush": rush.measure,
    "absence": absence.measure,
    "live": live.measure,
    "queries": queries.measure,
    "process": process.measure,
    "confirming": confirming.measure,
    "registering": registering.measure,
    "seats": seats.measure,
    "mailing": mailing.measure,
    "inbox": inbox.measure,
    "moves": moving.measure,
}
BARE = {"confirming": bare_confirming, "registering": bare_registering}


def main() -> int:
    parser = argparse.ArgumentParser(prog="manage.py bench", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=MEASUREMENTS, metavar="NAME", help=", ".join(MEASUREMENTS)
    )
    chosen = parser.parse_args().only or list(MEASUREMENTS)
    _be_quiet()
    figures: list[Figure] = []
    failed = []
    for name in chosen:
        began = time.monotonic()
        try:
            figures += MEASUREMENTS[name]()
        except RuntimeError as error:
            failed.append(f"{name} could not be measured: {error}")
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    print(table.render(figures))
    for name, bare in BARE.items():
        if name in chosen:
            print(
                f"\n{name}: bare SQL writes, in one transaction, a statement each: {', '.join(bare.STATEMENTS)}."
            )
            print(f"The statements stand in bench/{Path(bare.__file__).name}.")
    if stage.POSTGRESQL not in stage.databases():
        print("\nPostgreSQL is not installed: only SQLite was measured.")
    load = os.getloadavg()[0]
    if load > (os.cpu_count() or 1):
        print(f"\nThe machine had more to do than this (load {load:.1f}): only the ratios mean something.")
    for words in failed:
        print(f"\n{words}", file=sys.stderr)
    return 1 if failed else 0


def _be_quiet() -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.INFO)  # migrations say what they do
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


if __name__ == "__main__":
    sys.exit(main())
