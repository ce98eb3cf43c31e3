"""Forms of the office."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, StringField, TelField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from webapp import wording
from webapp.asking_form import AskingForm
from webapp.form_fields import TOO_LONG, RadioField, SelectField, WholeNumber, ZoneField, options
from webapp.rules.help_requests import Channel, Kind
from webapp.services.mail.calls import Result

ANY = "any"
HELP_CHOOSE = "help"
OFFICE_CHANNELS = (Channel.PHONE, Channel.IN_PERSON, Channel.LETTER, Channel.COLLEAGUE)
KINDS = (Kind.ONE_OFF, Kind.PROLONGED)

RESULTS = {
    Result.REACHED: _("We spoke and said everything"),
    Result.NOT_REACHED: _("Nobody answered: call again later"),
    Result.OTHER: _("Something else"),
}


class CallForm(FlaskForm):
    """What came of one call; the page has one for each call, told apart by its prefix."""

    result = RadioField(
        _("What came of it?"),
        choices=options(RESULTS.items()),
        validators=[InputRequired(message=_("Choose what came of the call."))],
    )
    spoke_with = StringField(_("With whom did you speak?"), validators=[Length(max=120, message=TOO_LONG)])
    chosen = SelectField(
        _("Which time did the family choose?"), choices=options([("", "")]), validate_choice=False
    )
    note = StringField(_("In a few words"), validators=[Length(max=500, message=TOO_LONG)])


class EnterForm(AskingForm):
    """A request that did not come by the site. Choices are filled by the view: they are the centre's."""

    channel = RadioField(
        _("How did it come?"),
        choices=options((channel, wording.CHANNELS[channel]) for channel in OFFICE_CHANNELS),
        default=Channel.PHONE,
        validators=[InputRequired(message=_("Choose how it came."))],
    )
    received_day = StringField(_("Day of receipt"), render_kw={"type": "date"})
    received_hour = StringField(
        _("Time of receipt"), render_kw={"inputmode": "numeric", "autocomplete": "off"}
    )
    topic = RadioField(_("What is it about?"), validators=[Optional()])
    words = TextAreaField(_("In the family's own words"), validators=[Length(max=4000, message=TOO_LONG)])
    urgent = BooleanField(_("It is urgent"))
    kind = SelectField(
        _("Kind of consultation"),
        choices=options((kind, wording.KINDS[kind]) for kind in KINDS),
        default=Kind.ONE_OFF,
    )
    specialist = SelectField(_("With whom?"), default=ANY)
    first = SelectField(_("First wish: we hold it"), default=ANY, validate_choice=False)
    second = SelectField(_("Second wish"), default=ANY, validate_choice=False)
    third = SelectField(_("Third wish"), default=ANY, validate_choice=False)
    means = SelectField(
        _("How shall they talk?"), validators=[InputRequired(message=_("Choose how they shall talk."))]
    )
    parent_name = StringField(_("Name of the parent"), validators=[Length(max=120, message=TOO_LONG)])
    child = StringField(
        _("The child's first name or initials"), validators=[Length(max=60, message=TOO_LONG)]
    )
    child_age = WholeNumber(
        _("The child's age"),
        validators=[
            Optional(),
            NumberRange(min=0, max=18, message=_("A number of years from 0 to 18, please.")),
        ],
        render_kw={"inputmode": "numeric"},
    )
    email = EmailField(_("E-mail"), validators=[Length(max=254, message=TOO_LONG)])
    phone = TelField(_("Phone"), validators=[Length(max=40, message=TOO_LONG)])
    language = SelectField(_("Language of the family"), choices=options(wording.LANGUAGE_NAMES.items()))
    zone = ZoneField(_("Time zone of the family"))
    consent = RadioField(
        _("How did the family agree that its data are used?"),
        choices=options(
            [
                ("spoken", _("Said so, after hearing the text")),
                ("paper", _("Signed on paper")),
            ]
        ),
        validators=[Optional()],
    )
    mailing = BooleanField(_("Wants to hear about new webinars"))
    helped = BooleanField(_("I helped at once on the phone, nothing more is needed"))
    minutes = WholeNumber(
        _("Minutes on the phone"),
        validators=[Optional()],
        render_kw={"inputmode": "numeric"},
    )
    outcome = StringField(_("What was advised"), validators=[Length(max=500, message=TOO_LONG)])
