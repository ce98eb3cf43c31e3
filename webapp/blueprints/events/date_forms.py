"""Forms about the dates of an event: a course, a move of all that follow, a repeat."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms.validators import InputRequired, NumberRange

from webapp.form_fields import RadioField, SelectField, WholeNumber
from webapp.series_form import MoveForm

CHOOSE_TIME = _("Choose a time.")
SEATS = _("A number of seats, please.")


class MoveFollowingForm(MoveForm):
    since = SelectField(_("From which date on"), coerce=int)


class RepeatForm(FlaskForm):
    at = RadioField(_("Date and time"), validate_choice=False, validators=[InputRequired(CHOOSE_TIME)])
    capacity = WholeNumber(_("Seats"), validators=[InputRequired(SEATS), NumberRange(1, 10_000, SEATS)])
