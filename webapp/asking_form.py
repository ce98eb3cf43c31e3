"""What a form must know to become a request, whoever fills it in."""

from typing import Any

from flask_wtf import FlaskForm

from webapp.access import put_beside_field
from webapp.rules.errors import ConsentMissing, ContactMissing, NothingChosen


class AskingForm(FlaskForm):
    """Has the fields ``topic``, ``words``, ``email``, ``phone`` and ``consent``."""

    def validate(self, extra_validators: Any = None) -> bool:
        """All that is missing is said at once; the service says the rest."""
        complete = bool(super().validate(extra_validators))
        missing = [
            (not self["topic"].data and not (self["words"].data or "").strip(), NothingChosen("topic")),
            (not self["email"].data and not self["phone"].data, ContactMissing("email")),
            (not self["consent"].data, ConsentMissing("consent")),
        ]
        for is_missing, error in missing:
            if is_missing:
                put_beside_field(self, error)
        return complete and not any(is_missing for is_missing, _error in missing)
