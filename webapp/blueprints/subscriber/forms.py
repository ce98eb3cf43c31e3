"""Forms of the pages of a subscription."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm

from webapp.form_fields import SelectMultipleField


class TopicsForm(FlaskForm):
    """What somebody wants to hear about; the choices are the centre's, filled by the view."""

    topics = SelectMultipleField(
        _("What do you want to hear about?"), coerce=int, choices=[], validate_choice=False
    )
