"""Form fields that a library does not have."""

from flask_babel import gettext as _
from wtforms import IntegerField

LONGEST_NUMBER = 9  # digits: more is no age, no length and no row of ours


class WholeNumber(IntegerField):
    """A whole number of a sane length; anything else is said beside the field."""

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist and len(valuelist[0].strip()) > LONGEST_NUMBER:
            raise ValueError(_("This number is too long."))
        super().process_formdata(valuelist)
