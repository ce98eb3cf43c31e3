"""Forms with which a request is answered."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from webapp import wording
from webapp.form_fields import RadioField, SelectField, SelectMultipleField, WholeNumber, options
from webapp.series_form import RhythmForm, read_moment
from webapp.services.consultations.series import Plan
from webapp.services.times.timetable import Specialist

WHOLE_NUMBER = _("A number of minutes, please.")


class ConfirmForm(FlaskForm):
    """Nothing but the token against forged requests."""


class MeetingForm(FlaskForm):
    """With whom, for how long and by which means."""

    specialists = SelectMultipleField(_("Specialists"), coerce=int)
    minutes = WholeNumber(
        _("Minutes"), validators=[InputRequired(WHOLE_NUMBER), NumberRange(5, 240, WHOLE_NUMBER)]
    )
    means = SelectField(_("Means"))

    def fill(
        self,
        people: Sequence[Specialist],
        allowed_means: Sequence[str],
        usual_minutes: int,
        chosen: Sequence[int] = (),
        means_wished: str | None = None,
    ) -> None:
        """The centre's people and means; what was typed stays."""
        self.specialists.choices = options((person.id, person.name) for person in people)
        self.means.choices = options((code, wording.means(code)) for code in allowed_means)
        if not self.specialists.data:
            self.specialists.data = list(chosen)
        if self.minutes.data is None and not self.minutes.raw_data:
            self.minutes.data = usual_minutes
        if self.means.data in (None, "None"):
            self.means.data = means_wished


class SeriesForm(RhythmForm, MeetingForm):
    first = RadioField(
        _("First meeting"), validate_choice=False, validators=[InputRequired(_("Choose the first meeting."))]
    )

    @property
    def plan(self) -> Plan:
        """What was typed, once it was found valid. Raises :class:`Unreadable` for what is no time of the list."""
        return Plan(
            specialist_ids=self.specialists.data,
            minutes=self.minutes.data,
            means=self.means.data,
            first=read_moment(self.first.data or "", "first"),
            rhythm=self.rhythm,
        )


class DateForm(MeetingForm):
    at = RadioField(
        _("Date and time"), validate_choice=False, validators=[InputRequired(_("Choose one of the times."))]
    )


class OfferForm(MeetingForm):
    times = SelectMultipleField(_("Times"), validate_choice=False)


class DeclineForm(FlaskForm):
    reason = TextAreaField(_("Reason"), validators=[Length(max=2000)])
    advice = TextAreaField(_("Where the family can turn"), validators=[Length(max=2000)])


class AssignForm(FlaskForm):
    specialist = SelectField(_("Specialist"), coerce=int)


class PhoneForm(FlaskForm):
    minutes = WholeNumber(
        _("Minutes of the call"), default=10, validators=[InputRequired(WHOLE_NUMBER), NumberRange(1, 15)]
    )
    outcome = StringField(_("What came of it"), validators=[Length(max=1000)])
