"""Forms of series, for every audience that plans one: the rhythm, the choice for each date, a move."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput

from calendars.recurrence import MOST_MEETINGS, Candidate, Rhythm, Standing
from webapp import formatting, wording
from webapp.form_fields import DayField, RadioField, SelectMultipleField, WholeNumber, options
from webapp.rules.errors import Unreadable
from webapp.services.consultations.moving import Move

LEFT_OUT = "out"
MOST_WEEKS = 8
LONGEST_PAUSE = timedelta(days=366)
WEEKS = _("Between 1 and %(max)s weeks, please.", max=MOST_WEEKS)
MEETINGS = _("Between 1 and %(max)s meetings, please.", max=MOST_MEETINGS)


class RhythmForm(FlaskForm):
    """Every so many weeks, on which days, how often or how long, and a time without meetings."""

    every_weeks = WholeNumber(
        _("Every how many weeks"),
        default=1,
        validators=[InputRequired(WEEKS), NumberRange(1, MOST_WEEKS, WEEKS)],
    )
    weekdays = SelectMultipleField(
        _("On which days"),
        coerce=int,
        choices=options(enumerate(wording.WEEKDAYS)),
        option_widget=CheckboxInput(),
    )
    number = WholeNumber(
        _("How many meetings"), validators=[Optional(), NumberRange(1, MOST_MEETINGS, MEETINGS)]
    )
    until = DayField(_("Or until the day"))
    pause_from = DayField(_("No meetings from"))
    pause_until = DayField(_("No meetings to"))

    def validate_until(self, field: DayField) -> None:
        if field.data is None and self.number.data is None and not (field.errors or self.number.errors):
            raise ValidationError(str(_("Give a number of meetings or a last day.")))

    def validate_pause_until(self, field: DayField) -> None:
        begins = self.pause_from.data
        if field.errors or self.pause_from.errors:
            return
        if (begins is None) != (field.data is None):
            raise ValidationError(str(_("Give both days of the pause, or none.")))
        if begins is not None and not begins <= field.data <= begins + LONGEST_PAUSE:
            raise ValidationError(str(_("The last day must not lie before the first.")))

    @property
    def rhythm(self) -> Rhythm:
        """What was typed; only after it was found valid."""
        return Rhythm(
            every_weeks=self.every_weeks.data,
            weekdays=frozenset(self.weekdays.data or ()),
            number=self.number.data,
            until=self.until.data,
            left_out=frozenset(_days(self.pause_from.data, self.pause_until.data)),
        )


class MoveForm(FlaskForm):
    """A new time for one date, and how the following ones go along."""

    first = RadioField(_("New time"), validate_choice=False, validators=[InputRequired(_("Choose a time."))])
    shift = RadioField(
        _("What moves"),
        choices=options(
            [
                ("one", _("Only this date")),
                ("distance", _("This and all that follow, by the same distance")),
                ("weekday", _("This and all that follow, to the new weekday and hour")),
            ]
        ),
        default="one",
    )

    @property
    def new_first(self) -> datetime:
        """The chosen time in UTC. Raises :class:`Unreadable` for what is no time of the list."""
        return read_moment(self.first.data or "", "first")


@dataclass(frozen=True)
class Line:
    """One date of the preview: what can be chosen for it, and what is (empty: nothing yet)."""

    candidate: Candidate
    options: Sequence[datetime]
    chosen: str

    @property
    def missing(self) -> bool:
        return not self.chosen


def lines(candidates: Sequence[Candidate], chosen: Mapping[str, str]) -> list[Line]:
    """The preview with what was chosen before, as far as it can still be had.

    A free date is chosen from the beginning; a day off, a taken or a past one never by itself.
    """
    found = []
    for number, candidate in enumerate(candidates):
        free = candidate.standing is Standing.FREE
        options = [candidate.starts_at] if free else list(candidate.proposals)
        usual = candidate.starts_at.isoformat() if free else ""
        value = chosen.get(name_of(number), usual)
        known = {LEFT_OUT, *(option.isoformat() for option in options)}
        found.append(Line(candidate, options, value if value in known else ""))
    return found


def name_of(number: int) -> str:
    """The name of the choice for the date of that number."""
    return f"date-{number}"


def starts(shown: Iterable[Line]) -> list[datetime]:
    """The times that are chosen, in UTC."""
    return [datetime.fromisoformat(line.chosen) for line in shown if line.chosen not in ("", LEFT_OUT)]


def chosen_moves(meetings: Sequence[Any], shown: Sequence[Line]) -> list[Move]:
    """The meetings that get a new time; what is left as it is does not move."""
    return [
        Move(meeting, moment)
        for meeting, line in zip(meetings, shown, strict=True)
        for moment in starts([line])
    ]


def carried(form: FlaskForm) -> list[tuple[str, str]]:
    """Names and values of all that was typed, for the page that follows: nothing is typed twice."""
    return [
        (field.name, str(value))
        for field in form
        if field.name != "csrf_token"
        for value in field.raw_data or ()
    ]


def read_moment(text: str, field: str) -> datetime:
    """A time of a list as an instant. Raises :class:`Unreadable`."""
    try:
        return formatting.read_moment(text)
    except ValueError:
        raise Unreadable(field, example=gettext("a time of the list")) from None


def _days(first: date | None, last: date | None) -> list[date]:
    if first is None or last is None:
        return []
    return [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
