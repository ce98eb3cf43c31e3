"""The only reader of the clock. Rules and services take ``now`` as a parameter."""

import os
from datetime import UTC, datetime
from pathlib import Path

_clock_file: Path | None = None


def follow(path: Path | None) -> None:
    """Take the time from ``path`` (an ISO instant with offset) instead of the machine; ``None`` ends that."""
    global _clock_file
    _clock_file = path


def now() -> datetime:
    """The present instant, aware, in UTC.

    With a clock file: the instant it holds counts from the moment the file was written, and time runs on
    from there, so that a demonstration or a test can stand five minutes before a consultation.
    """
    real = datetime.now(UTC)
    if _clock_file is None:
        return real
    with _clock_file.open(encoding="utf-8") as file:  # one file for both, should it be replaced meanwhile
        written = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
        return _instant(file.read(), _clock_file) + (real - written)


def read_instant(path: Path) -> datetime:
    """The instant in a clock file, in UTC. Raises ``ValueError`` when it has no offset or is not a time."""
    return _instant(path.read_text(encoding="utf-8"), path)


def _instant(text: str, path: Path) -> datetime:
    instant = datetime.fromisoformat(text.strip())
    if instant.tzinfo is None:
        raise ValueError(f"{path} needs an instant with its offset, for example 2026-11-26T15:30+05:00")
    return instant.astimezone(UTC)
