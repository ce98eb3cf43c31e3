"""Forms of the public pages."""

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, StringField, TelField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from webapp.asking_form import AskingForm, nothing_is_missing
from webapp.form_fields import RadioField, SelectMultipleField, WholeNumber, ZoneField
from webapp.rules.errors import ConsentMissing, ContactMissing, DomainError, PresenceMissing

ANY = "any"
HELP_CHOOSE = "help"
MOST_WORDS = 4000


class AskForm(AskingForm):
    """Asking for help. Choices are filled by the view: they are the centre's."""

    topic = RadioField(_("What would you like to talk about?"), validators=[Optional()])
    words = TextAreaField(
        _("Tell it in your own words"),
        validators=[Length(max=MOST_WORDS, message=_("At most %(max)d characters. Shorten it a little."))],
    )
    specialist = RadioField(_("With whom?"), default=ANY, validators=[Optional()])
    first = RadioField(_("Which time suits you?"), default=ANY, validate_choice=False)
    more = SelectMultipleField(_("Two more times that suit you"), validate_choice=False)
    means = RadioField(
        _("How shall we talk?"), validators=[InputRequired(message=_("Choose how we shall talk."))]
    )
    urgent = BooleanField(_("It is urgent"))
    parent_name = StringField(_("What shall we call you?"), validators=[Length(max=120)])
    child = StringField(_("The child's first name or initials"), validators=[Length(max=60)])
    child_age = WholeNumber(
        _("The child's age"),
        validators=[
            Optional(),
            NumberRange(min=0, max=18, message=_("A number of years from 0 to 18, please.")),
        ],
    )
    email = EmailField(_("E-mail"), validators=[Length(max=254)])
    phone = TelField(_("Phone"), validators=[Length(max=40)])
    zone = ZoneField(_("Your time zone"))
    consent = BooleanField(
        _("I agree that my data and my child's data are processed to answer this request.")
    )
    mailing = BooleanField(_("Tell me about new webinars"))


class RegisterForm(FlaskForm):
    """Registering for a group event: one contact, consent, and who comes along where children take part.

    ``with_children`` is told by the view.
    """

    shown_name = StringField(_("Name that the others will see"), validators=[Length(max=60)])
    contact = StringField(_("E-mail or phone"), validators=[Length(max=254)])
    parent_present = StringField(_("Who of the parents will be there?"), validators=[Length(max=120)])
    zone = ZoneField(_("Your time zone"))
    consent = BooleanField(_("I agree that you use this to invite me to this meeting."))
    mailing = BooleanField(_("Tell me about other meetings too"))
    website = StringField(_("Leave this empty"))  # people do not see it; robots fill in everything

    with_children = False

    def validate(self, extra_validators: Any = None) -> bool:
        """All that is missing is said at once; the service says the rest."""
        complete = bool(super().validate(extra_validators))
        presence = (self.parent_present.data or "").strip()
        missing: list[tuple[bool, DomainError]] = [
            (not (self.contact.data or "").strip(), ContactMissing("contact")),
            (self.with_children and not presence, PresenceMissing("parent_present")),
            (not self.consent.data, ConsentMissing("consent")),
        ]
        return complete & nothing_is_missing(self, missing)


class NewLinkForm(FlaskForm):
    email = EmailField(
        _("E-mail that you gave when you asked"),
        validators=[DataRequired(message=_("Give the e-mail.")), Length(max=254)],
    )


class SubscribeForm(FlaskForm):
    """Asking to hear of new meetings. Choices are filled by the view: they are the centre's."""

    email = EmailField(_("E-mail"), validators=[DataRequired(message=_("Give the e-mail.")), Length(max=254)])
    topics = SelectMultipleField(
        _("What do you want to hear about?"), coerce=int, choices=[], validate_choice=False
    )
    consent = BooleanField(_("Yes, I agree"))
    website = StringField(_("Leave this empty"))  # people do not see it; robots fill in everything
