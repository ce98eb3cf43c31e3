from collections.abc import Iterator

import pytest

from tests.standin.video_server import StandInVideoServer
from webapp.cli.video_server import Finding, Mark, findings
from webapp.config import read_settings

SECRET, CALLBACK_TOKEN = "0123456789abcdef" * 2, "abcdefabcdefabcdefabcdefabcdef12"
PUBLIC_URL = "https://kenes.example"


@pytest.fixture
def video_server() -> Iterator[StandInVideoServer]:
    with StandInVideoServer("kenes", SECRET, f"{PUBLIC_URL}/jitsi", CALLBACK_TOKEN) as server:
        yield server


def found(mode: str, address: str, public_url: str = PUBLIC_URL) -> list[Finding]:
    read = read_settings(
        jitsi_mode=mode,
        jitsi_url=address,
        jitsi_app_id="kenes",
        jitsi_secret=SECRET,
        jitsi_callback_token=CALLBACK_TOKEN,
        public_url=public_url,
    )
    return list(findings(read))


def missing(mode: str, address: str, public_url: str = PUBLIC_URL) -> list[str]:
    return [finding.what for finding in found(mode, address, public_url) if finding.mark is Mark.MISSING]


@pytest.mark.parametrize("mode", ["link", "token", "guarded"])
def test_of_a_server_without_certificate_only_https_is_missing(
    mode: str, video_server: StandInVideoServer
) -> None:
    assert missing(mode, video_server.url) == ["https://: browsers open camera and microphone only there"]


def test_an_address_at_which_nothing_answers_is_said_in_words(video_server: StandInVideoServer) -> None:
    nobody = video_server.url
    video_server.stop()
    *_, last = missing("link", nobody)
    assert last == "the server: nothing answers there; is KENES_JITSI_URL right, and the server running?"


def test_a_video_server_that_cannot_reach_kenes_guards_nothing(video_server: StandInVideoServer) -> None:
    *_, last = missing("guarded", video_server.url, public_url="http://127.0.0.1:8000")
    assert last == "KENES_PUBLIC_URL=http://127.0.0.1:8000: the video server must reach it over https://"


def test_what_only_the_server_itself_knows_is_not_promised(video_server: StandInVideoServer) -> None:
    unknown = [one.what for one in found("guarded", video_server.url) if one.mark is Mark.UNKNOWN]
    assert "whether the video server asks us: PROSODY_RESERVATION_ENABLED=1, see its log" in unknown
