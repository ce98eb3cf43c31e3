"""Forms of the page of a participant."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import TextAreaField


class QuestionForm(FlaskForm):
    """The service says what is too long, so that nothing typed is lost."""

    words = TextAreaField(_("Your question"))
