"""Forms of the journal."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from webapp.form_fields import DAY_EXAMPLE, TIME_EXAMPLE, ClockTimeField, DayField, SelectField, WholeNumber

LONGEST_MINUTES = 600


class CorrectionForm(FlaskForm):
    """What a line may be corrected in; empty names are allowed, as a family need not give one."""

    day = DayField(_("Day"), [InputRequired(DAY_EXAMPLE)])
    began = ClockTimeField(_("Start"), [InputRequired(TIME_EXAMPLE)])
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
