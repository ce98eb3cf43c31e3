"""The file that sets up centres, as typed parts. Described in ``docs/import.md``."""

from datetime import date, time
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from webapp.rules.consultations import Means
from webapp.rules.groups import LARGEST_HALL, Form, OpenTo
from webapp.rules.moves import Change
from webapp.rules.permissions import Role
from webapp.rules.professions import Profession

LIKE = {"date": "a day like 2026-12-30", "time": "a time like 09:00", "bool": "true or false"}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class ImportRefused(Exception):
    """The file can't be taken over. ``problems``: one line each, beginning with the place in the file."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True, str_strip_whitespace=True)


class Words(Part):
    """The same words in up to three languages."""

    ru: str = ""
    kk: str = ""
    en: str = ""

    def by_language(self) -> dict[str, str]:
        return {language: text for language, text in self.model_dump().items() if text}


def _wall_time(value: object) -> object:
    """YAML reads an unquoted 9:00 as the number 540: minutes since midnight."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * 60:
        return time(value // 60, value % 60)
    return value


WallTime = Annotated[time, BeforeValidator(_wall_time)]


class Hours(Part):
    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(min_length=1)
    starts: WallTime = Field(alias="from")
    ends: WallTime = Field(alias="to")
    valid_from: date | None = None
    valid_until: date | None = None

    @model_validator(mode="after")
    def in_order(self) -> "Hours":
        if self.ends <= self.starts:
            raise ValueError(f"'to' must be later than 'from', not {self.starts:%H:%M} to {self.ends:%H:%M}")
        return self


class PersonPart(Part):
    email: str
    name: str
    roles: list[Role] = Field(min_length=1)
    profession: Annotated[Profession | None, BeforeValidator(lambda code: code or None)] = None
    phone: str = ""
    language: Literal["ru", "kk", "en"] | None = None
    about: Words = Words()
    hours: list[Hours] = []

    @model_validator(mode="after")
    def a_specialist_has_a_profession(self) -> "PersonPart":
        if Role.SPECIALIST in self.roles and not self.profession:
            raise ValueError(f"a specialist needs a profession, one of: {', '.join(Profession)}")
        return self


class TopicPart(Part):
    code: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    titles: Words
    hints: Words = Words()
    specialists: list[str] = []
    confirmed_at_once: bool = False


class EventTypePart(Part):
    code: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    form: Form
    titles: Words
    bring: Words = Words()
    minimum: int = Field(ge=1, le=LARGEST_HALL)
    maximum: int = Field(ge=1, le=LARGEST_HALL)
    minutes: int = Field(default=40, ge=5, le=240)
    open_to: OpenTo = OpenTo.ANYBODY
    needs_approval: bool = True
    with_children: bool = False


class EmergencyPart(Part):
    number: str = Field(min_length=2)
    texts: Words


class DayPart(Part):
    day: date
    working: bool
    note: str = ""


class CentrePart(Part):
    slug: str = Field(pattern=r"^[a-z0-9-]{2,40}$")
    names: Words
    places: Words = Words()
    language: Literal["ru", "kk", "en"] = "ru"
    country: Literal["RU", "KZ"]
    zone: str
    phone: str
    support_phone: str = ""
    address: Words = Words()
    office_hours: Words = Words()
    walk_in: Words = Words()
    intro: Words = Words()
    advice: Words = Words()
    emergency: list[EmergencyPart] = []
    means: list[Means] = [Means.VIDEO, Means.VOICE, Means.CHAT, Means.PHONE, Means.IN_PERSON]
    limit_minutes: int = 40
    session_minutes: int = 40
    break_minutes: int = 0
    notice_hours: int = 12
    family_move_hours: int = 12
    family_cancel_hours: int = 0
    specialists_may: list[Change] = [Change.MEANS]
    horizon_days: int = 30
    video_by_link_only: bool = False
    embed_origins: list[str] = []
    supervisor: str = ""
    stand_in: str = ""
    consent: Words | None = None
    staff: list[PersonPart] = []
    topics: list[TopicPart] = []
    event_types: list[EventTypePart] = []
    calendar: list[DayPart] = []


class File(Part):
    centres: list[CentrePart] = Field(min_length=1)


def read(text: str) -> File:
    """The file as typed parts. Raises :class:`ImportRefused` that names every wrong place."""
    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "the file"
        raise ImportRefused([f"{where}: {getattr(error, 'problem', None) or 'this is not YAML'}"]) from error
    if not isinstance(loaded, dict):
        raise ImportRefused(["the file: must begin with 'centres:'"])
    try:
        return File.model_validate(loaded)
    except ValidationError as error:
        raise ImportRefused([_problem(one) for one in error.errors()]) from error


def _problem(error: Any) -> str:
    """``centres[0].country: Input should be 'RU' or 'KZ'; the file says FR``"""
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"])
    said = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        said = "is not known here; see docs/import.md for what is"
    elif error["type"] != "missing" and not isinstance(error["input"], dict | list):
        wanted = LIKE.get(error["type"].split("_")[0])
        said = f"{f'should be {wanted}' if wanted else said}; the file says {error['input']!s}"
    return f"{place.lstrip('.') or 'the file'}: {said}"
