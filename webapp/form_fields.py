"""Form fields that a library does not have, and texts that have a field for each language."""

from collections.abc import Mapping

from flask_babel import gettext as _
from wtforms import Form, IntegerField

from webapp.formatting import LANGUAGES

LONGEST_NUMBER = 9  # digits: more is no age, no length and no row of ours


class WholeNumber(IntegerField):
    """A whole number of a sane length; anything else is said beside the field."""

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist and len(valuelist[0].strip()) > LONGEST_NUMBER:
            raise ValueError(_("This number is too long."))
        super().process_formdata(valuelist)


def texts_of(form: Form, name: str) -> dict[str, str]:
    """``{"ru": …, "kk": …, "en": …}`` out of three fields."""
    return {language: (form[f"{name}_{language}"].data or "").strip() for language in LANGUAGES}


def spread(name: str, texts: Mapping[str, str]) -> dict[str, str]:
    """The other way round: what the three fields begin with."""
    return {f"{name}_{language}": texts.get(language, "") for language in LANGUAGES}
