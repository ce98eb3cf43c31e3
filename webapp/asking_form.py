"""What a form must know to become a request, whoever fills it in."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask_wtf import FlaskForm

from webapp.access import my_centre, put_beside_field
from webapp.rules.errors import (
    AddressUnusable,
    ConsentMissing,
    ContactMissing,
    DomainError,
    NothingChosen,
    PhoneUnusable,
)
from webapp.services.mail.contacts import read_email, read_phone


class AskingForm(FlaskForm):
    """Has the fields ``topic``, ``words``, ``email``, ``phone`` and ``consent``."""

    def validate(self, extra_validators: Any = None) -> bool:
        """All that is missing, and how we could not answer, is said at once; the service says the rest."""
        complete = bool(super().validate(extra_validators))
        missing = [
            (not self["topic"].data and not (self["words"].data or "").strip(), NothingChosen("topic")),
            (not self["email"].data and not self["phone"].data, ContactMissing("email")),
            (not self["consent"].data, ConsentMissing("consent")),
            *((True, error) for error in self._unusable_contacts()),
        ]
        return complete & nothing_is_missing(self, missing)

    def _unusable_contacts(self) -> Iterator[AddressUnusable | PhoneUnusable]:
        try:
            read_email(self["email"].data or "")
        except AddressUnusable as error:
            yield error
        try:
            read_phone(self["phone"].data or "", my_centre().country)
        except PhoneUnusable as error:
            yield error


def nothing_is_missing(form: FlaskForm, missing: Sequence[tuple[bool, DomainError]]) -> bool:
    """Each error whose fact is true is said beside its field; returns whether there was none."""
    for is_missing, error in missing:
        if is_missing:
            put_beside_field(form, error)
    return not any(is_missing for is_missing, _error in missing)
