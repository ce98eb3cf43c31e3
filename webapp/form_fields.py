"""Form fields that a library does not have or words otherwise, and texts with a field for each language."""

import re
from collections.abc import Iterable, Mapping
from datetime import time
from typing import Any
from zoneinfo import available_timezones

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, Form, IntegerField, SelectChoice, StringField, fields
from wtforms.validators import ValidationError

from webapp import formatting
from webapp.formatting import LANGUAGES

LONGEST_NUMBER = 9  # digits: more is no age, no length and no row of ours
TOO_LONG = _l("At most %(max)d characters. Shorten it a little.")  # of `Length`, which fills it in
NOT_IN_LIST = _l("This is not in the list any more. Choose again.")
DAY_EXAMPLE = _l("Choose a day.")
TIME_EXAMPLE = _l("Write the time like this: 09:20")
CLOCK_TIME = re.compile(r"^\s*([01]?\d|2[0-3])[:.\u2236\-]([0-5]\d)\s*$")


def row_number(text: str) -> int:
    """The id of a row as an address or a form names it. Raises ``ValueError`` for what can be none."""
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
        raise ValueError(text)
    return int(text)


class WholeNumber(IntegerField):
    """A whole number of a sane length; anything else is said beside the field."""

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist and len(valuelist[0].strip()) > LONGEST_NUMBER:
            raise ValueError(_("This number is too long."))
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_("Write a whole number.")) from None


class DayField(DateField):
    """A day; what is no day is told in our words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist or not valuelist[0].strip():
            return
        try:
            self.data = formatting.read_day(valuelist[0].strip())
        except ValueError:
            raise ValueError(str(DAY_EXAMPLE)) from None


class ClockTimeField(StringField):
    """``9:20`` typed as text, as browsers would show AM and PM; ``.value`` is a time, or ``None`` when empty."""

    value: time | None = None

    def __init__(self, label: LazyString, validators: Any = (), **attributes: Any) -> None:
        render = {"inputmode": "numeric", "autocomplete": "off", "maxlength": "5"}
        super().__init__(label, validators, render_kw=render, **attributes)

    def pre_validate(self, form: Form) -> None:
        text = (self.data or "").strip()
        if not text:
            return
        found = CLOCK_TIME.match(text)
        if found is None:
            raise ValidationError(str(TIME_EXAMPLE))
        self.value = time(int(found[1]), int(found[2]))


class SelectField(fields.SelectField):
    """A choice from a list that may have changed since the page was opened: that is said in our words."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, invalid_choice_message=NOT_IN_LIST, **settings)


class ZoneField(SelectField):
    """A time zone; any that exists, as a script may choose one that the list does not show."""

    def pre_validate(self, form: Form) -> None:
        if self.data not in available_timezones():
            raise ValidationError(str(_("Choose a time zone of the list.")))


class RadioField(SelectField, fields.RadioField):
    """One of a list that stands on the page as a whole."""


class SelectMultipleField(SelectField, fields.SelectMultipleField):
    """Any number of a list."""


def options(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    """The choices of a field out of values and their words."""
    return [SelectChoice(value, words) for value, words in pairs]


def texts_of(form: Form, name: str) -> dict[str, str]:
    """``{"ru": …, "kk": …, "en": …}`` out of three fields."""
    return {language: (form[f"{name}_{language}"].data or "").strip() for language in LANGUAGES}


def spread(name: str, texts: Mapping[str, str]) -> dict[str, str]:
    """The other way round: what the three fields begin with."""
    return {f"{name}_{language}": texts.get(language, "") for language in LANGUAGES}
