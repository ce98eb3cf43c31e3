"""Forms of a specialist."""

from datetime import datetime

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, StringField, SubmitField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from webapp import formatting, wording
from webapp.form_fields import (
    DAY_EXAMPLE,
    TIME_EXAMPLE,
    ClockTimeField,
    DayField,
    RadioField,
    SelectField,
    options,
)
from webapp.rules.consultations import NO_SHOW
from webapp.rules.moves import Failure

LONG_TEXT = 8000
LINE_OF_TEXT = 300


class WeeklyHoursForm(FlaskForm):
    weekday = SelectField(
        _("Day of the week"),
        choices=options((str(number), words) for number, words in enumerate(wording.WEEKDAYS)),
        validators=[InputRequired()],
    )
    starts = ClockTimeField(_("Opens at"), [InputRequired(TIME_EXAMPLE)])
    ends = ClockTimeField(_("Closes at"), [InputRequired(TIME_EXAMPLE)])
    valid_from = DayField(_("Holds from"), [Optional()])
    valid_until = DayField(_("Holds until"), [Optional()])


class ExceptionForm(FlaskForm):
    day = DayField(_("Day"), [InputRequired(DAY_EXAMPLE)])
    available = RadioField(
        _("What is different"),
        choices=options([("no", _("I do not work then")), ("yes", _("I work then as well"))]),
        default="no",
    )
    exception_starts = ClockTimeField(_("Opens at"))
    exception_ends = ClockTimeField(_("Closes at"))

    def validate_exception_ends(self, field: ClockTimeField) -> None:
        if (self.exception_starts.value is None) != (field.value is None):
            raise ValidationError(str(_("Give both times, or none for the whole day.")))
        if self.available.data == "yes" and field.value is None:
            raise ValidationError(str(_("Say from when to when you work.")))


class AbsenceForm(FlaskForm):
    absent_from = DayField(_("First day"), [InputRequired(DAY_EXAMPLE)])
    absent_until = DayField(_("Last day"), [InputRequired(DAY_EXAMPLE)])
    reason = StringField(_("Reason"), [Length(max=LINE_OF_TEXT)])


class CheckForm(FlaskForm):
    """``measured`` is filled by the page's script; the ticks stand for what a browser cannot measure."""

    measured = HiddenField(default="{}")
    camera = BooleanField(_("My camera shows me"))
    microphone = BooleanField(_("My microphone hears me"))
    link = BooleanField(_("The video server opens"))
    program = BooleanField(_("The browser is up to date"))
    sound = BooleanField(_("I hear the test sound"))
    workplace = BooleanField(_("The workplace is ready"))
    failure = SelectField(_("What fails?"), choices=options(wording.FAILURES.items()), default=Failure.OTHER)
    words = TextAreaField(_("In your own words"), [Length(max=1000)])

    @property
    def ticked(self) -> set[str]:
        names = ("camera", "microphone", "link", "program", "sound", "workplace")
        return {name for name in names if self[name].data}


class WriteUpForm(FlaskForm):
    held = RadioField(
        _("Was it held?"),
        choices=options([("yes", _("Yes, it was held")), ("no", _("No, it was not held"))]),
        default="yes",
    )
    not_held_reason = SelectField(
        _("Why not?"),
        choices=options(
            [
                (NO_SHOW, _("The family did not come")),
                ("technical", _("A technical failure")),
                ("other", _("Another reason")),
            ]
        ),
    )
    early = BooleanField(_("Note it now: the family will not come"))
    began = ClockTimeField(_("Start"))
    finished = ClockTimeField(_("End"))
    means = SelectField(_("Means used"))
    topic = StringField(_("Topic for the journal"), [Length(max=LINE_OF_TEXT)])
    recommendation = TextAreaField(_("Recommendations"), [Length(max=LONG_TEXT)])
    next_time = SelectField(_("Next meeting"), validate_choice=False)
    inner_note = TextAreaField(_("Inner note"), [Length(max=LONG_TEXT)])
    draft = SubmitField(_("Save a draft"))

    def validate_began(self, field: ClockTimeField) -> None:
        if self.held.data == "yes" and not self.draft.data and field.value is None:
            raise ValidationError(str(TIME_EXAMPLE))

    def validate_finished(self, field: ClockTimeField) -> None:
        if self.held.data == "yes" and not self.draft.data and field.value is None:
            raise ValidationError(str(TIME_EXAMPLE))

    def validate_topic(self, field: StringField) -> None:
        if self.held.data == "yes" and not self.draft.data and not (field.data or "").strip():
            raise ValidationError(str(_("Write the topic: it stands in the journal.")))

    @property
    def chosen_time(self) -> datetime | None:
        """The next date, or ``None``; what cannot be read counts as none."""
        try:
            moment = formatting.read_moment(self.next_time.data or "")
        except ValueError:
            return None
        return moment if moment.tzinfo else None
