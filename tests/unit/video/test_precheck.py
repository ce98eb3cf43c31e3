"""The check before a session: what the page measured, read and judged."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video.precheck import (
    Camera,
    Mark,
    Measurements,
    Microphone,
    Program,
    UnreadableMeasurements,
    judge,
    read_measurements,
)

GOOD = Measurements(
    camera=Camera(640, 480, 30, ""),
    microphone=Microphone(-20, ""),
    round_trip=80,
    failed_share=0,
    program=Program("Chromium 140", supports_webrtc=True),
    sound_heard=True,
    workplace_ready=True,
)
SENT: dict[str, Any] = {
    "camera": {"width": 640, "height": 480, "frames_per_second": 30},
    "microphone": {"level": -20},
    "round_trip": 80,
    "failed_share": 0,
    "program": {"name": "Chromium 140", "supports_webrtc": True},
    "sound_heard": True,
    "workplace_ready": True,
}


def mark(item: str, **changes: object) -> Mark:
    return judge(replace(GOOD, **changes), "video").items[item]  # type: ignore[arg-type]


def test_what_the_page_sends_is_read() -> None:
    assert read_measurements(SENT) == GOOD


def test_nothing_measured_is_nothing_known() -> None:
    verdict = judge(read_measurements({}), "video")
    assert set(verdict.items.values()) == {Mark.UNKNOWN}


def test_a_refused_camera_is_read_with_the_words_of_the_browser() -> None:
    assert read_measurements({"camera": {"error": "NotAllowedError"}}).camera == Camera(
        0, 0, None, "NotAllowedError"
    )


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "good",
        {"camera": 5},
        {"camera": {"width": "640"}},
        {"camera": {"width": -1}},
        {"camera": {"error": ["x"]}},
        {"camera": {"error": "x" * 201}},
        {"microphone": {"level": True}},
        {"microphone": {"level": float("-inf")}},
        {"round_trip": -5},
        {"round_trip": 10**400},
        {"round_trip": float("nan")},
        {"failed_share": 1.5},
        {"failed_share": -0.1},
        {"program": {"name": "Chromium"}},
        {"program": {"name": "a\x00b", "supports_webrtc": True}},
        {"program": {"name": "\ud800", "supports_webrtc": True}},
        {"sound_heard": 1},
        {"workplace_ready": "yes"},
    ],
)
def test_malformed_measurements_are_refused_by_name(payload: object) -> None:
    with pytest.raises(UnreadableMeasurements):
        read_measurements(payload)


@pytest.mark.parametrize(
    ("camera", "expected"),
    [
        (Camera(320, 240, 30, ""), Mark.WORKS),
        (Camera(240, 320, 30, ""), Mark.WORKS),
        (Camera(640, 480, None, ""), Mark.WORKS),
        (Camera(319, 240, 30, ""), Mark.WEAK),
        (Camera(640, 239, 30, ""), Mark.WEAK),
        (Camera(640, 480, 9, ""), Mark.WEAK),
        (Camera(640, 480, 0, ""), Mark.FAILS),
        (Camera(0, 0, None, ""), Mark.FAILS),
        (Camera(0, 0, None, "NotFoundError"), Mark.FAILS),
        (None, Mark.UNKNOWN),
    ],
)
def test_the_camera_needs_a_picture_of_320_by_240_that_moves(camera: Camera | None, expected: Mark) -> None:
    assert mark("camera", camera=camera) is expected


@pytest.mark.parametrize(
    ("microphone", "expected"),
    [
        (Microphone(-40, ""), Mark.WORKS),
        (Microphone(-40.1, ""), Mark.FAILS),
        (Microphone(None, ""), Mark.UNKNOWN),
        (Microphone(None, "NotAllowedError"), Mark.FAILS),
        (None, Mark.UNKNOWN),
    ],
)
def test_the_microphone_hears_from_minus_40_decibels(microphone: Microphone | None, expected: Mark) -> None:
    assert mark("microphone", microphone=microphone) is expected


@pytest.mark.parametrize(
    ("round_trip", "failed_share", "expected"),
    [
        (150, 0.01, Mark.WORKS),
        (151, 0.01, Mark.WEAK),
        (400, 0, Mark.WEAK),
        (401, 0, Mark.FAILS),
        (80, 0.011, Mark.WEAK),
        (80, 0.10, Mark.WEAK),
        (80, 0.11, Mark.FAILS),
        (None, 1, Mark.FAILS),
        (None, 0, Mark.UNKNOWN),
        (80, None, Mark.UNKNOWN),
    ],
)
def test_the_link_is_as_good_as_its_round_trip_and_its_failures(
    round_trip: float | None, failed_share: float | None, expected: Mark
) -> None:
    assert mark("link", round_trip=round_trip, failed_share=failed_share) is expected


@pytest.mark.parametrize(
    ("program", "expected"),
    [(Program("old", False), Mark.FAILS), (Program("new", True), Mark.WORKS), (None, Mark.UNKNOWN)],
)
def test_the_program_needs_webrtc(program: Program | None, expected: Mark) -> None:
    assert mark("program", program=program) is expected


@pytest.mark.parametrize(("tick", "expected"), [(True, "works"), (False, "fails"), (None, "unknown")])
def test_sound_and_workplace_are_as_the_person_ticked_them(tick: bool | None, expected: str) -> None:
    assert mark("sound", sound_heard=tick) == expected
    assert mark("workplace", workplace_ready=tick) == expected


def test_everything_in_order_works() -> None:
    assert judge(GOOD, "video").overall is Mark.WORKS


def test_the_worst_item_decides() -> None:
    poor = replace(GOOD, round_trip=300, sound_heard=False)
    assert judge(poor, "video").overall is Mark.FAILS


def test_a_weak_item_makes_the_whole_weak() -> None:
    assert judge(replace(GOOD, round_trip=300), "video").overall is Mark.WEAK


def test_a_check_with_a_gap_is_not_finished_however_weak_the_rest() -> None:
    assert judge(replace(GOOD, round_trip=300, sound_heard=None), "video").overall is Mark.UNKNOWN


def test_a_voice_consultation_needs_no_camera() -> None:
    verdict = judge(replace(GOOD, camera=None), "voice")
    assert "camera" not in verdict.items
    assert verdict.overall is Mark.WORKS


def test_a_chat_needs_neither_picture_nor_sound() -> None:
    verdict = judge(replace(GOOD, camera=None, microphone=None, sound_heard=None), "chat")
    assert list(verdict.items) == ["workplace", "link", "program"]
    assert verdict.overall is Mark.WORKS


def test_a_means_without_a_check_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="phone"):
        judge(GOOD, "phone")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
things = st.fixed_dictionaries(
    {},
    optional={
        field: st.integers(0, 2000) | json_values
        for field in ("width", "height", "frames_per_second", "level", "error", "name", "supports_webrtc")
    },
)
payloads = st.fixed_dictionaries(
    {},
    optional={field: things | st.floats(0, 1) | st.booleans() | json_values for field in SENT},
)


@given(json_values | payloads, st.sampled_from(["video", "voice", "chat"]))
def test_any_json_is_judged_or_unreadable(payload: object, means: str) -> None:
    try:
        measurements = read_measurements(json.loads(json.dumps(payload)))
    except UnreadableMeasurements:
        return
    assert judge(measurements, means).overall in Mark
