"""Who came to a meeting of a group, and by whose word."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LEAST_STAY = timedelta(minutes=1)  # shorter is a look through the door
STAY_GOES_ON_WITHIN = timedelta(minutes=5)  # whoever loads the page again is no newcomer
ROOM_CLOSES_WITHIN = timedelta(minutes=1)  # the video server looks once a minute


class Source(StrEnum):
    """Whose word it is that somebody came, the strongest first."""

    HOST = "host"
    VIDEO_SERVER = "video_server"
    PAGE = "page"  # the room page's own events: it can't know what happens in another tab
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Verdict:
    came: bool
    by: Source


def verdict(by_host: bool | None, on_server: timedelta | None, on_page: timedelta | None) -> Verdict:
    """What the host corrected counts, else how long the video server saw the person, else the page."""
    if by_host is not None:
        return Verdict(by_host, Source.HOST)
    if on_server is not None:
        return Verdict(on_server >= LEAST_STAY, Source.VIDEO_SERVER)
    if on_page is not None:
        return Verdict(on_page >= LEAST_STAY, Source.PAGE)
    return Verdict(False, Source.NOBODY)


def counted_until(ends_at: datetime, ended_for_all_at: datetime | None, now: datetime) -> datetime:
    """Up to when a stay counts that nobody saw the end of."""
    return min(now, ended_for_all_at or ends_at + ROOM_CLOSES_WITHIN)
