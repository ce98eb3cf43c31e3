"""Forms of the journal."""

import re
from datetime import time

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Regexp

from webapp.form_fields import WholeNumber

CLOCK_TIME = re.compile(r"^\s*([01]?\d|2[0-3])[:.]([0-5]\d)\s*$")
LONGEST_MINUTES = 600


class CorrectionForm(FlaskForm):
    """What a line may be corrected in; empty names are allowed, as a family need not give one."""

    day = DateField(_("Day"), [InputRequired(_("Choose a day."))])
    began = StringField(_("Start"), [Regexp(CLOCK_TIME, message=_("Write the time like this: 09:20"))])
    minutes = WholeNumber(
        _("Actual minutes"),
        [
            InputRequired(_("Write the minutes as a number.")),
            NumberRange(1, LONGEST_MINUTES, _("Between %(min)s and %(max)s.")),
        ],
    )
    means = SelectField(_("Means used"))
    parent = StringField(_("Parent"), [Length(max=200)])
    child = StringField(_("Child: initials, age"), [Length(max=60)])
    topic = StringField(_("Topic"), [Length(max=300)])
    recommendation = TextAreaField(_("Recommendation"), [Length(max=8000)])

    @property
    def began_time(self) -> time:
        found = CLOCK_TIME.match(self.began.data or "")
        assert found is not None
        return time(int(found[1]), int(found[2]))
