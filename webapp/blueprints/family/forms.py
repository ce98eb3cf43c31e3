"""Forms of the personal page."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from webapp.form_fields import WholeNumber, ZoneField

LARGEST_ID = 2**31 - 1


class ChoiceForm(FlaskForm):
    time = WholeNumber(validators=[InputRequired(), NumberRange(1, LARGEST_ID)])


class DateForm(FlaskForm):
    """Which of the dates; none where the page shows a single one."""

    date = WholeNumber(validators=[Optional(), NumberRange(1, LARGEST_ID)])


class WordsForm(FlaskForm):
    words = TextAreaField(
        _("Which days and hours suit you?"),
        validators=[Length(max=1000, message=_("The text is too long. Shorten it a little."))],
    )


class ZoneForm(FlaskForm):
    zone = ZoneField(_("Your time zone"))
