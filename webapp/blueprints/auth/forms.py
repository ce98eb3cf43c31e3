"""Forms of signing in, of an invitation and of one's own settings."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, PasswordField, TelField
from wtforms.validators import DataRequired, EqualTo, Length

from webapp.form_fields import SelectField, options
from webapp.wording import LANGUAGE_NAMES

MOST_PASSWORD = 200  # hashing a book would be a way to keep the machine busy


class SignInForm(FlaskForm):
    email = EmailField(
        _("E-mail"),
        validators=[DataRequired(message=_("Write your e-mail.")), Length(max=254)],
        render_kw={"autocomplete": "username"},
    )
    password = PasswordField(
        _("Password"),
        validators=[DataRequired(message=_("Write your password.")), Length(max=MOST_PASSWORD)],
        render_kw={"autocomplete": "current-password"},
    )


class NewPasswordForm(FlaskForm):
    password = PasswordField(
        _("New password"),
        validators=[DataRequired(message=_("Choose a password.")), Length(max=MOST_PASSWORD)],
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _("The same password once more"),
        validators=[EqualTo("password", message=_("The two passwords are not the same. Type both again."))],
        render_kw={"autocomplete": "new-password"},
    )


class ChangePasswordForm(NewPasswordForm):
    old = PasswordField(
        _("Your present password"),
        validators=[DataRequired(message=_("Write your present password.")), Length(max=MOST_PASSWORD)],
        render_kw={"autocomplete": "current-password"},
    )


class OwnForm(FlaskForm):
    language = SelectField(_("Language of pages and letters"), choices=options(LANGUAGE_NAMES.items()))
    phone = TelField(_("Phone for colleagues"), validators=[Length(max=40)])
    morning_letter = BooleanField(_("Write to me in the morning what the day brings"))
