"""Forms of the pages about group events."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import StringField, TextAreaField, URLField
from wtforms.validators import InputRequired, Length

from webapp.form_fields import RadioField, WholeNumber


class MaterialForm(FlaskForm):
    """A link or a file; the service says what is wrong with either."""

    title = StringField(_("What it is"), validators=[Length(max=120)])
    url = URLField(_("Link"), validators=[Length(max=500)])
    file = FileField(_("File"))
    for_whom = RadioField(
        _("For whom"), default="registered", validators=[InputRequired(message=_("Choose for whom it is."))]
    )


class ClosingForm(FlaskForm):
    """``words_…``: what those who came read, by language; ``note`` stays inside."""

    number_present = WholeNumber(
        _("How many came"), validators=[InputRequired(message=_("Enter how many came; nobody is 0."))]
    )
    words_ru = TextAreaField(_("In Russian"), validators=[Length(max=2000)])
    words_kk = TextAreaField(_("In Kazakh"), validators=[Length(max=2000)])
    words_en = TextAreaField(_("In English"), validators=[Length(max=2000)])
    note = TextAreaField(_("Note"), validators=[Length(max=4000)])


class MessageForm(FlaskForm):
    words = TextAreaField(
        _("Your message"),
        validators=[Length(max=2000, message=_("At most %(max)d characters. Shorten it a little."))],
    )


class MailingForm(FlaskForm):
    """Nothing to fill in: the page says whom it reaches, the button sends."""
