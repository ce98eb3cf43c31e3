"""The check before a session (Remote consulting, 4.2): workplace, camera, sound, link, program.

The page measures, this module judges. Norms are for a talk of two people in a browser.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

CAMERA_LEAST_LONG_SIDE = 320  # pixels; telephones held upright swap the sides
CAMERA_LEAST_SHORT_SIDE = 240  # pixels
CAMERA_LEAST_FRAMES = 10  # frames per second; below it lips and words part
MICROPHONE_LEAST_LEVEL = -40.0  # dB below full scale, the loudest moment of a spoken sentence
ROUND_TRIP_GOOD = 150.0  # milliseconds, median
ROUND_TRIP_WEAK = 400.0
FAILED_SHARE_GOOD = 0.01  # of the requests that were tried
FAILED_SHARE_WEAK = 0.10

LONGEST_TEXT = 200
LARGEST_NUMBER = 1_000_000.0


class UnreadableMeasurements(ValueError):
    """What the page sent cannot be read; the text names the field, never its value."""


class Mark(StrEnum):
    """How one thing did. `unknown`: not measured, so the check is not finished."""

    WORKS = "works"
    WEAK = "weak"
    FAILS = "fails"
    UNKNOWN = "unknown"


# The worst mark decides. An unmeasured item outweighs a weak one: it may turn out to fail.
FROM_BEST_TO_WORST = (Mark.WORKS, Mark.WEAK, Mark.UNKNOWN, Mark.FAILS)

# Text chat runs in the same program over the same link, but needs neither picture nor sound.
ITEMS_BY_MEANS = {
    "video": ("workplace", "camera", "microphone", "sound", "link", "program"),
    "voice": ("workplace", "microphone", "sound", "link", "program"),
    "chat": ("workplace", "link", "program"),
}


@dataclass(frozen=True, slots=True)
class Camera:
    """Picture in pixels and frames per second, or the browser's `error` ("NotAllowedError", else "")."""

    width: float
    height: float
    frames_per_second: float | None
    error: str


@dataclass(frozen=True, slots=True)
class Microphone:
    """Level in dB below full scale (0 is the loudest, silence about -100), or the browser's `error`."""

    level: float | None
    error: str


@dataclass(frozen=True, slots=True)
class Program:
    """The browser with its version ("Chromium 140") and whether it has WebRTC."""

    name: str
    supports_webrtc: bool


@dataclass(frozen=True, slots=True)
class Measurements:
    """What was found; None: not tried. `round_trip` in milliseconds, `failed_share` from 0 to 1."""

    camera: Camera | None
    microphone: Microphone | None
    round_trip: float | None
    failed_share: float | None
    program: Program | None
    sound_heard: bool | None
    workplace_ready: bool | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A mark for each item the means needs, in the order of the form, and the worst of them as `overall`."""

    items: dict[str, Mark]
    overall: Mark


def read_measurements(payload: object) -> Measurements:
    """Read one decoded JSON body of the check page. Raises UnreadableMeasurements for any other shape.

    `{"camera": {"width", "height", "frames_per_second", "error"}, "microphone": {"level", "error"},
    "round_trip": ms, "failed_share": 0..1, "program": {"name", "supports_webrtc"}, "sound_heard": bool,
    "workplace_ready": bool}`; each may be missing or null, unknown keys are ignored.
    """
    fields = _mapping(payload, "measurements")
    failed_share = _number(fields, "failed_share")
    if failed_share is not None and not 0 <= failed_share <= 1:
        raise UnreadableMeasurements("failed_share")
    return Measurements(
        camera=_camera(fields),
        microphone=_microphone(fields),
        round_trip=_positive(fields, "round_trip"),
        failed_share=failed_share,
        program=_program(fields),
        sound_heard=_tick(fields, "sound_heard"),
        workplace_ready=_tick(fields, "workplace_ready"),
    )


def judge(measurements: Measurements, means: str) -> Verdict:
    """Judge by the norms above. `means` is "video", "voice" or "chat"; ValueError for any other."""
    if means not in ITEMS_BY_MEANS:
        raise ValueError(f"no equipment check for {means!r}")
    marks = {
        "workplace": _judge_tick(measurements.workplace_ready),
        "camera": _judge_camera(measurements.camera),
        "microphone": _judge_microphone(measurements.microphone),
        "sound": _judge_tick(measurements.sound_heard),
        "link": _judge_link(measurements.round_trip, measurements.failed_share),
        "program": _judge_tick(measurements.program.supports_webrtc if measurements.program else None),
    }
    items = {item: marks[item] for item in ITEMS_BY_MEANS[means]}
    return Verdict(items, _worst(*items.values()))


def _worst(*marks: Mark) -> Mark:
    return max(marks, key=FROM_BEST_TO_WORST.index)


def _judge_tick(tick: bool | None) -> Mark:
    match tick:
        case None:
            return Mark.UNKNOWN
        case True:
            return Mark.WORKS
        case False:
            return Mark.FAILS


def _judge_camera(camera: Camera | None) -> Mark:
    if camera is None:
        return Mark.UNKNOWN
    short_side, long_side = sorted((camera.width, camera.height))
    if camera.error or short_side == 0 or camera.frames_per_second == 0:
        return Mark.FAILS
    large_enough = long_side >= CAMERA_LEAST_LONG_SIDE and short_side >= CAMERA_LEAST_SHORT_SIDE
    # Some browsers do not tell the frame rate; a picture that is there then counts as moving.
    fast_enough = camera.frames_per_second is None or camera.frames_per_second >= CAMERA_LEAST_FRAMES
    return Mark.WORKS if large_enough and fast_enough else Mark.WEAK


def _judge_microphone(microphone: Microphone | None) -> Mark:
    if microphone is None:
        return Mark.UNKNOWN
    if microphone.error:
        return Mark.FAILS
    if microphone.level is None:
        return Mark.UNKNOWN
    return Mark.WORKS if microphone.level >= MICROPHONE_LEAST_LEVEL else Mark.FAILS


def _judge_link(round_trip: float | None, failed_share: float | None) -> Mark:
    failures = _judge_number(failed_share, good=FAILED_SHARE_GOOD, weak=FAILED_SHARE_WEAK)
    # Where nearly every request fails there is no round trip to measure, and the link is judged all the same.
    return _worst(failures, _judge_number(round_trip, good=ROUND_TRIP_GOOD, weak=ROUND_TRIP_WEAK))


def _judge_number(value: float | None, *, good: float, weak: float) -> Mark:
    if value is None:
        return Mark.UNKNOWN
    if value <= good:
        return Mark.WORKS
    return Mark.WEAK if value <= weak else Mark.FAILS


def _camera(fields: Mapping[object, object]) -> Camera | None:
    if fields.get("camera") is None:
        return None
    camera = _mapping(fields["camera"], "camera")
    return Camera(
        width=_positive(camera, "width") or 0.0,
        height=_positive(camera, "height") or 0.0,
        frames_per_second=_positive(camera, "frames_per_second"),
        error=_text(camera, "error"),
    )


def _microphone(fields: Mapping[object, object]) -> Microphone | None:
    if fields.get("microphone") is None:
        return None
    microphone = _mapping(fields["microphone"], "microphone")
    return Microphone(level=_number(microphone, "level"), error=_text(microphone, "error"))


def _program(fields: Mapping[object, object]) -> Program | None:
    if fields.get("program") is None:
        return None
    program = _mapping(fields["program"], "program")
    supports_webrtc = _tick(program, "supports_webrtc")
    if supports_webrtc is None:
        raise UnreadableMeasurements("supports_webrtc")
    return Program(name=_text(program, "name"), supports_webrtc=supports_webrtc)


def _mapping(value: object, field: str) -> Mapping[object, object]:
    if not isinstance(value, dict):
        raise UnreadableMeasurements(field)
    return value


def _number(fields: Mapping[object, object], field: str) -> float | None:
    value = fields.get(field)
    if value is None:
        return None
    # A whole number may be too large for a float, so the limit comes before the conversion.
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST_NUMBER:
        raise UnreadableMeasurements(field)
    return float(value)


def _positive(fields: Mapping[object, object], field: str) -> float | None:
    value = _number(fields, field)
    if value is not None and value < 0:
        raise UnreadableMeasurements(field)
    return value


def _tick(fields: Mapping[object, object], field: str) -> bool | None:
    value = fields.get(field)
    if value is not None and not isinstance(value, bool):
        raise UnreadableMeasurements(field)
    return value


def _text(fields: Mapping[object, object], field: str) -> str:
    value = fields.get(field)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or not value.isprintable():
        raise UnreadableMeasurements(field)
    return value
