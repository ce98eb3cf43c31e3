"""Addresses and phone numbers as people type them."""

import email_validator
import phonenumbers

from webapp.rules.errors import AddressUnusable, PhoneUnusable

EXAMPLES = {"RU": "+7 916 000-00-00", "KZ": "+7 701 000 00 00"}


def read_email(typed: str, field: str = "email") -> str | None:
    """The address in the form in which it is kept, lower case; ``None`` for an empty field.

    Raises :class:`AddressUnusable`.
    """
    typed = typed.strip()
    if not typed:
        return None
    if "@" not in typed:
        raise AddressUnusable(field, reason="no_at")
    try:
        checked = email_validator.validate_email(typed, check_deliverability=False)
    except email_validator.EmailNotValidError as error:
        in_domain = "@-sign" in str(error) or "domain" in str(error).lower()
        raise AddressUnusable(field, reason="no_domain" if in_domain else "other") from error
    if checked.ascii_email is None:
        raise AddressUnusable(field, reason="other")
    return checked.ascii_email.lower()


def read_contact(typed: str, country: str, field: str = "contact") -> tuple[str | None, str | None]:
    """(e-mail, phone) of one field that takes either; the other is ``None``, for an empty field both.

    Raises :class:`AddressUnusable`, :class:`PhoneUnusable`.
    """
    if "@" in typed or any(letter.isalpha() for letter in typed):
        return read_email(typed, field), None
    return None, read_phone(typed, country, field)


def as_kept(typed: str) -> str:
    """The address as rows hold it, for look-ups; what is no address stays as it was typed."""
    try:
        return read_email(typed) or ""
    except AddressUnusable:
        return typed.strip().lower()


def read_phone(typed: str, country: str, field: str = "phone") -> str | None:
    """The number as E.164; ``None`` for an empty field. ``8 701 …`` is Kazakhstan, ``8 916 …`` Russia.

    Raises :class:`PhoneUnusable`.
    """
    typed = typed.strip()
    if not typed:
        return None
    example = EXAMPLES[country]
    try:
        number = phonenumbers.parse(typed, country)
    except phonenumbers.NumberParseException as error:
        raise PhoneUnusable(field, reason="other", example=example) from error
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible == phonenumbers.ValidationResult.TOO_SHORT:
        raise PhoneUnusable(field, reason="too_short", example=example)
    if not phonenumbers.is_valid_number(number):
        raise PhoneUnusable(field, reason="other", example=example)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
