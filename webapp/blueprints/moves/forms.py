"""Forms of a case: the report, the decision, and what is done instead."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from webapp import wording
from webapp.form_fields import RadioField, SelectField, SelectMultipleField, options
from webapp.services.times.timetable import Specialist

LONGEST_WORDS = 1000
TOO_LONG = _("The text is too long. Shorten it a little.")
NOT_TECHNICAL = "none"


class InsteadForm(FlaskForm):
    """The same time by other means, or with somebody else."""

    means = SelectField(_("Other means"), validate_choice=False)
    specialist = SelectField(_("Another specialist"), validate_choice=False)

    def fill(self, means: Sequence[str], people: Sequence[Specialist]) -> None:
        """What the centre allows and who can take over; nothing is chosen to begin with."""
        nothing = ("", _("as planned"))
        self.means.choices = options([nothing, *((code, wording.means(code)) for code in means)])
        self.specialist.choices = options([nothing, *((str(person.id), person.name) for person in people)])

    @property
    def chosen_means(self) -> str | None:
        return self.means.data or None

    @property
    def chosen_specialist(self) -> int | None:
        """The id of the person; what is no number chooses nobody (0)."""
        chosen = self.specialist.data or ""
        if not chosen:
            return None
        return int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 10 else 0


class ReportForm(InsteadForm):
    failure = SelectField(
        _("What fails?"),
        choices=options([*wording.FAILURES.items(), (NOT_TECHNICAL, _("no failure: another valid reason"))]),
        validators=[InputRequired()],
    )
    words = TextAreaField(_("In your own words"), validators=[Length(max=LONGEST_WORDS, message=TOO_LONG)])


class DecisionForm(FlaskForm):
    verdict = RadioField(
        choices=options([("allow", ""), ("refuse", "")]), validators=[InputRequired(_("Choose one."))]
    )
    note = StringField(_("Note"), validators=[Length(max=LONGEST_WORDS, message=TOO_LONG)])
    all_of_row = BooleanField(_("The same for the whole row"))


class TimesForm(FlaskForm):
    times = SelectMultipleField(_("Free times"), validate_choice=False)
