"""Processes of Kenes on loopback: started, watched through /proc, stopped by their own id."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.stage import ROOT

HOST = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 20
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_OCTETS = os.sysconf("SC_PAGE_SIZE")

GRANIAN = ("-m", "granian", "--interface", "wsgi")


class Process:
    """A running server. ``cpu_seconds`` and ``resident_bytes`` count it and the processes it started."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process = process
        self.port = port

    def cpu_seconds(self) -> float:
        """User and system time so far, in steps of a clock tick (10 ms on Linux)."""
        return sum(_cpu_ticks(pid) for pid in self._family()) / TICKS

    def resident_bytes(self) -> int:
        return sum(_resident_bytes(pid) for pid in self._family())

    def wait_for(self, path: str) -> None:
        """Until ``path`` answers 200. Raises ``RuntimeError`` when the process ends or takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"the server ended with {self._process.returncode}")
            try:
                if status_of(self.port, path) == http.client.OK:
                    return
            except OSError:
                pass
            time.sleep(0.01)
        raise RuntimeError(f"{path} did not answer within {START_SECONDS} s")

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            for pid in reversed(self._family()):
                os.kill(pid, signal.SIGKILL)
            self._process.wait()

    def _family(self) -> list[int]:
        return [self._process.pid, *_descendants(self._process.pid)]


@contextmanager
def started(
    command: Sequence[str], port: int, environment: Mapping[str, str], log: Path
) -> Iterator[Process]:
    """``command`` running in the project's folder; what it says goes into ``log``, which a failure shows."""
    with log.open("ab") as output:
        process = Process(
            subprocess.Popen(
                command,
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            ),
            port,
        )
    try:
        yield process
    except RuntimeError as error:
        raise RuntimeError(f"{error}\n{log.read_text(errors='replace')[-4000:]}") from error
    finally:
        process.stop()


@contextmanager
def granian(
    factory: str, environment: Mapping[str, str], log: Path, *, workers: int = 1, threads: int = 1
) -> Iterator[Process]:
    """The application that ``factory`` (``module:function``) makes, served as in production, and ready.

    Of one worker with one thread, so that what a request costs stays with it; the README's production
    section wants more of both.
    """
    port = free_port()
    size = ("--workers", str(workers), "--blocking-threads", str(threads))
    place = ("--host", HOST, "--port", str(port))
    command = [sys.executable, *GRANIAN, *size, *place, "--factory", factory]
    with started(command, port, environment, log) as process:
        process.wait_for("/healthz")
        yield process


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def status_of(port: int, path: str) -> int:
    connection = http.client.HTTPConnection(HOST, port, timeout=START_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def _descendants(pid: int) -> list[int]:
    found = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            found += [child, *_descendants(child)]
    return found


def _cpu_ticks(pid: int) -> int:
    # The second field, the program's name, may hold blanks; utime and stime are fields 14 and 15.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _resident_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * PAGE_OCTETS
