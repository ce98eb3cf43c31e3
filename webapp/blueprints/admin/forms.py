"""Forms of the administration. What is said in three languages has a field for each: ``names_ru`` …"""

from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, StringField, TelField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from webapp import wording
from webapp.form_fields import TOO_LONG, RadioField, SelectField, SelectMultipleField, WholeNumber, options
from webapp.formatting import LANGUAGES
from webapp.rules.consultations import Means
from webapp.rules.groups import LARGEST_HALL, OpenTo
from webapp.rules.groups import Form as EventForm
from webapp.rules.moves import Change
from webapp.rules.permissions import Role
from webapp.rules.professions import Profession
from webapp.services.centre.centres import NUMBERS

MOST_EMERGENCY_NUMBERS = 4
LONG_TEXTS = frozenset({"intro", "advice"})
TEXT_LABELS: dict[str, LazyString] = {
    "names": _("Short name"),
    "places": _("Town"),
    "address": _("Address"),
    "office_hours": _("When somebody answers the phone"),
    "walk_in": _("When one can come without an appointment"),
    "intro": _("Greeting on the public page"),
    "advice": _("Where else to turn, for letters of refusal"),
}


class TicksField(SelectMultipleField):
    """Several ticks. What is not in the list is refused by the service, beside the field."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def number_field(label: LazyString, name: str) -> WholeNumber:
    least, most = NUMBERS[name]
    return WholeNumber(
        label,
        validators=[
            InputRequired(message=_("Give a number.")),
            NumberRange(min=least, max=most, message=_("A number from %(min)s to %(max)s.")),
        ],
        render_kw={"inputmode": "numeric", "type": "text"},
    )


class _CentreFields(FlaskForm):
    language = SelectField(_("Language of the centre"), choices=options(wording.LANGUAGE_NAMES.items()))
    country = RadioField(
        _("Country: whose holidays count"), choices=options([("RU", _("Russia")), ("KZ", _("Kazakhstan"))])
    )
    zone = SelectField(_("Time zone"), validate_choice=False)
    phone = TelField(_("Phone for families"), validators=[DataRequired(message=_("Give a phone number."))])
    support_phone = TelField(_("Phone when the program does not work"), validators=[Length(max=40)])
    means = TicksField(
        _("How consultations may be held"),
        choices=options((means, wording.MEANS[means]) for means in Means),
        validators=[DataRequired(message=_("Tick at least one."))],
    )
    limit_minutes = number_field(_("Longest online consultation, minutes"), "limit_minutes")
    session_minutes = number_field(_("Usual length, minutes"), "session_minutes")
    break_minutes = number_field(_("Break between consultations, minutes"), "break_minutes")
    notice_hours = number_field(_("Book at least this many hours ahead"), "notice_hours")
    family_move_hours = number_field(
        _("Families ask for another time up to this many hours before the start"), "family_move_hours"
    )
    family_cancel_hours = number_field(
        _("Families cancel up to this many hours before the start"), "family_cancel_hours"
    )
    specialists_may = TicksField(
        _("What a specialist may do without asking"),
        choices=options((change, wording.CHANGES[change]) for change in Change),
    )
    horizon_days = number_field(_("Show free times for this many days"), "horizon_days")
    video_by_link_only = BooleanField(_("Video by link only, not inside the page"))
    embed_origins = TextAreaField(
        _("Sites that may show the list of meetings"), validators=[Length(max=2000, message=TOO_LONG)]
    )
    supervisor_id = SelectField(_("Who decides"), validators=[Optional()])
    stand_in_id = SelectField(_("Stand-in"), validators=[Optional()])


def _with_texts() -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for language in LANGUAGES:
        for name, label in TEXT_LABELS.items():
            kind = TextAreaField if name in LONG_TEXTS else StringField
            most = 2000 if name in LONG_TEXTS else 200
            fields[f"{name}_{language}"] = kind(label, validators=[Length(max=most, message=TOO_LONG)])
        for place in range(MOST_EMERGENCY_NUMBERS):
            fields[f"emergency_{place}_{language}"] = StringField(
                _("What it is for"), validators=[Length(max=200, message=TOO_LONG)]
            )
    for place in range(MOST_EMERGENCY_NUMBERS):
        fields[f"emergency_{place}_number"] = StringField(
            _("Number"), validators=[Length(max=40, message=TOO_LONG)]
        )
    return fields


CentreForm: type[_CentreFields] = type("CentreForm", (_CentreFields,), _with_texts())


class CorrectionForm(FlaskForm):
    day = StringField(_("Day"), render_kw={"type": "date"})
    working = RadioField(
        _("On this day"),
        choices=options([("off", _("the centre is closed")), ("on", _("the centre works"))]),
        default="off",
        validators=[InputRequired(message=_("Choose one."))],
    )
    note = StringField(_("Why"), validators=[Length(max=200, message=TOO_LONG)])


class TopicForm(FlaskForm):
    titles_ru = StringField(_("Title in Russian"), validators=[Length(max=120, message=TOO_LONG)])
    titles_kk = StringField(_("Title in Kazakh"), validators=[Length(max=120, message=TOO_LONG)])
    titles_en = StringField(_("Title in English"), validators=[Length(max=120, message=TOO_LONG)])
    hints_ru = StringField(_("Hint in Russian"), validators=[Length(max=200, message=TOO_LONG)])
    hints_kk = StringField(_("Hint in Kazakh"), validators=[Length(max=200, message=TOO_LONG)])
    hints_en = StringField(_("Hint in English"), validators=[Length(max=200, message=TOO_LONG)])
    specialists = TicksField(_("Who answers"), coerce=int, validate_choice=False)
    confirmed_at_once = BooleanField(_("A held time is confirmed at once, without the deputy"))
    active = BooleanField(_("Families can choose it"), default=True)
    position = WholeNumber(
        _("Place in the list"),
        default=0,
        validators=[Optional(), NumberRange(min=0, max=999, message=_("A number from %(min)s to %(max)s."))],
        render_kw={"inputmode": "numeric", "type": "text"},
    )


class PersonForm(FlaskForm):
    name = StringField(
        _("Name, as families shall read it"),
        validators=[DataRequired(message=_("Write the name.")), Length(max=120, message=TOO_LONG)],
    )
    email = EmailField(
        _("E-mail"),
        validators=[DataRequired(message=_("Write the e-mail.")), Length(max=254, message=TOO_LONG)],
    )
    roles = TicksField(
        _("Roles"),
        choices=options((role, wording.ROLES[role]) for role in Role),
        validators=[DataRequired(message=_("Tick at least one."))],
    )
    profession = SelectField(
        _("Profession"),
        choices=options(
            [("", _("none: holds no consultations"))]
            + [(profession, wording.PROFESSIONS[profession]) for profession in Profession]
        ),
    )
    phone = TelField(_("Phone for colleagues"), validators=[Length(max=40)])
    language = SelectField(
        _("Language of pages and letters"), choices=options(wording.LANGUAGE_NAMES.items())
    )
    about_ru = StringField(_("With what this person helps, in Russian"), validators=[Length(max=300)])
    about_kk = StringField(_("With what this person helps, in Kazakh"), validators=[Length(max=300)])
    about_en = StringField(_("With what this person helps, in English"), validators=[Length(max=300)])


class ConsentForm(FlaskForm):
    text_ru = TextAreaField(_("Text in Russian"), validators=[Length(max=20_000, message=TOO_LONG)])
    text_kk = TextAreaField(_("Text in Kazakh"), validators=[Length(max=20_000, message=TOO_LONG)])
    text_en = TextAreaField(_("Text in English"), validators=[Length(max=20_000, message=TOO_LONG)])


def seats_field(label: LazyString) -> WholeNumber:
    return WholeNumber(
        label,
        validators=[
            InputRequired(message=_("How many?")),
            NumberRange(1, LARGEST_HALL, _("A number from %(min)s to %(max)s.")),
        ],
        render_kw={"inputmode": "numeric", "type": "text"},
    )


class EventTypeForm(FlaskForm):
    form = RadioField(
        _("Form of work"),
        choices=options((form, wording.EVENT_FORMS[form]) for form in EventForm),
        default=EventForm.WEBINAR,
        validators=[InputRequired(message=_("Choose one."))],
    )
    titles_ru = StringField(_("Title in Russian"), validators=[Length(max=120, message=TOO_LONG)])
    titles_kk = StringField(_("Title in Kazakh"), validators=[Length(max=120, message=TOO_LONG)])
    titles_en = StringField(_("Title in English"), validators=[Length(max=120, message=TOO_LONG)])
    bring_ru = StringField(_("Have ready, in Russian"), validators=[Length(max=200, message=TOO_LONG)])
    bring_kk = StringField(_("Have ready, in Kazakh"), validators=[Length(max=200, message=TOO_LONG)])
    bring_en = StringField(_("Have ready, in English"), validators=[Length(max=200, message=TOO_LONG)])
    minimum = seats_field(_("From how many people it is held"))
    maximum = seats_field(_("For how many people at most"))
    minutes = WholeNumber(
        _("Length in minutes"),
        validators=[
            InputRequired(message=_("How many?")),
            NumberRange(5, 240, _("A number from %(min)s to %(max)s.")),
        ],
        render_kw={"inputmode": "numeric", "type": "text"},
    )
    open_to = RadioField(
        _("Who registers?"),
        choices=options(wording.OPEN_TO.items()),
        default=OpenTo.ANYBODY,
        validators=[InputRequired(message=_("Choose one."))],
    )
    needs_approval = BooleanField(_("Somebody who decides approves it before it is announced"), default=True)
    with_children = BooleanField(_("Children take part"))
    active = BooleanField(_("Can be chosen for new events"), default=True)
    position = WholeNumber(
        _("Place in the list"),
        default=0,
        validators=[Optional(), NumberRange(min=0, max=999, message=_("A number from %(min)s to %(max)s."))],
        render_kw={"inputmode": "numeric", "type": "text"},
    )
