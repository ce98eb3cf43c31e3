"""Forms by which a group event is made, changed, decided about and filled."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, StringField, TelField, TextAreaField, URLField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from webapp import wording
from webapp.access import put_beside_field
from webapp.asking_form import nothing_is_missing
from webapp.form_fields import (
    TOO_LONG,
    RadioField,
    SelectField,
    SelectMultipleField,
    WholeNumber,
    ZoneField,
    options,
)
from webapp.formatting import LANGUAGES
from webapp.rules import consultations, groups
from webapp.rules.consultations import Means
from webapp.rules.errors import (
    ConsentMissing,
    ContactMissing,
    DomainError,
    NothingChosen,
    PresenceMissing,
    TextMissing,
)

FROM_TO = _("A number from %(min)s to %(max)s.")
LONGEST_HOLD = 24 * 14  # hours


def number(label: LazyString, least: int, most: int) -> WholeNumber:
    return WholeNumber(
        label,
        validators=[InputRequired(message=_("How many?")), NumberRange(least, most, FROM_TO)],
        render_kw={"inputmode": "numeric", "type": "text"},
    )


class AnnouncementForm(FlaskForm):
    """What is announced and how large the hall is. :meth:`fill` gives it the centre and the kind of event."""

    titles_ru = StringField(_("Title in Russian"), validators=[Length(max=120, message=TOO_LONG)])
    titles_kk = StringField(_("Title in Kazakh"), validators=[Length(max=120, message=TOO_LONG)])
    titles_en = StringField(_("Title in English"), validators=[Length(max=120, message=TOO_LONG)])
    announcements_ru = TextAreaField(
        _("What it is about, in Russian"), validators=[Length(max=4000, message=TOO_LONG)]
    )
    announcements_kk = TextAreaField(
        _("What it is about, in Kazakh"), validators=[Length(max=4000, message=TOO_LONG)]
    )
    announcements_en = TextAreaField(
        _("What it is about, in English"), validators=[Length(max=4000, message=TOO_LONG)]
    )
    bring_ru = StringField(_("Have ready, in Russian"), validators=[Length(max=200, message=TOO_LONG)])
    bring_kk = StringField(_("Have ready, in Kazakh"), validators=[Length(max=200, message=TOO_LONG)])
    bring_en = StringField(_("Have ready, in English"), validators=[Length(max=200, message=TOO_LONG)])
    spoken = SelectMultipleField(
        _("Languages spoken"), choices=options(wording.LANGUAGE_NAMES.items()), validate_choice=True
    )
    topic = SelectField(_("Topic, for the mailing"))
    capacity = number(_("Seats"), 1, groups.LARGEST_HALL)
    minimum = number(_("Held from how many people on"), 1, groups.LARGEST_HALL)
    seat_after_confirming = BooleanField(_("A seat only after the address is confirmed"))
    confirm_within_hours = number(_("Hours for confirming"), 1, LONGEST_HOLD)
    broadcast_url = URLField(_("Broadcast address"), validators=[Length(max=500, message=TOO_LONG)])

    centre_language = LANGUAGES[0]
    most_seats = groups.LARGEST_HALL
    server_carries = groups.LARGEST_HALL

    def fill(
        self, topics: Sequence[tuple[str, str]], centre_language: str, most_seats: int, server_carries: int
    ) -> None:
        self.topic.choices = options([("", _("no topic")), *topics])
        self.centre_language, self.most_seats = centre_language, most_seats
        self.server_carries = server_carries

    def validate(self, extra_validators: Any = None) -> bool:
        """All that is missing is said at once; the service has the last word."""
        complete = bool(super().validate(extra_validators))
        refused = list(self.refusals())
        for error in refused:
            put_beside_field(self, error)
        return complete and not refused

    def refusals(self) -> Iterator[DomainError]:
        if not (self[f"titles_{self.centre_language}"].data or "").strip():
            yield TextMissing(f"titles_{self.centre_language}")
        if not self.capacity.errors and not self.minimum.errors:
            yield from _refused(groups.must_have_size, self.minimum.data, self.capacity.data, self.most_seats)
            yield from _refused(
                groups.must_be_carried,
                self.capacity.data,
                self.hosts_counted(),
                self.server_carries,
                (self.broadcast_url.data or "").strip(),
            )

    def hosts_counted(self) -> int:
        """How many hosts are in the room besides: of an event that is made already, the service knows."""
        return 0


class EventForm(AnnouncementForm):
    """A new event: who holds it, when, and how long, besides what is announced."""

    hosts = SelectMultipleField(_("Who holds it"), coerce=int)
    minutes = number(_("Minutes"), 5, 240)
    starts = RadioField(_("Date and time"), validate_choice=False, validators=[Optional()])

    limit_minutes = 240

    def refusals(self) -> Iterator[DomainError]:
        if not self.hosts.data:
            yield NothingChosen("hosts")
        if not self.starts.data:
            yield NothingChosen("starts")
        if not self.minutes.errors:
            yield from _refused(consultations.must_fit, self.minutes.data, Means.VIDEO, self.limit_minutes)
        yield from super().refusals()

    def hosts_counted(self) -> int:
        return len(self.hosts.data or [])


class MoveForm(FlaskForm):
    starts = RadioField(
        _("New date and time"),
        validate_choice=False,
        validators=[InputRequired(message=_("Choose the new time."))],
    )


class SendBackForm(FlaskForm):
    note = TextAreaField(
        _("What should be changed?"),
        validators=[
            DataRequired(message=_("Write what should be changed.")),
            Length(max=2000, message=TOO_LONG),
        ],
    )


class OfficeRegistrationForm(FlaskForm):
    """Somebody who called, wrote or came by. Choices are filled by the view."""

    shown_name = StringField(
        _("Name that the others will see"), validators=[Length(max=60, message=TOO_LONG)]
    )
    phone = TelField(_("Phone"), validators=[Length(max=40, message=TOO_LONG)])
    contact = EmailField(_("E-mail"), validators=[Length(max=254, message=TOO_LONG)])
    parent_present = StringField(
        _("Who of the parents will be there?"), validators=[Length(max=120, message=TOO_LONG)]
    )
    language = SelectField(_("Language of the family"), choices=options(wording.LANGUAGE_NAMES.items()))
    zone = ZoneField(_("Time zone of the family"))
    consent = RadioField(
        _("How did the family agree that its data are used?"),
        choices=options([("spoken", _("Said so, after hearing the text")), ("paper", _("Signed on paper"))]),
        validators=[Optional()],
    )
    mailing = BooleanField(_("Wants to hear about new webinars"))

    with_children = False

    def validate(self, extra_validators: Any = None) -> bool:
        """All that is missing is said at once; the service says the rest."""
        complete = bool(super().validate(extra_validators))
        contacts = (self.phone.data or "").strip() + (self.contact.data or "").strip()
        presence = (self.parent_present.data or "").strip()
        missing: list[tuple[bool, DomainError]] = [
            (not contacts, ContactMissing("contact")),
            (self.with_children and not presence, PresenceMissing("parent_present")),
            (not self.consent.data, ConsentMissing("consent")),
        ]
        return complete & nothing_is_missing(self, missing)


class AddressForm(FlaskForm):
    """Where the link goes, as it was said on the phone."""

    email = EmailField(_("E-mail"), validators=[Length(max=254, message=TOO_LONG)])


def _refused(rule: Any, *facts: Any) -> Iterator[DomainError]:
    """What ``rule`` says against ``facts``, if anything."""
    try:
        rule(*facts)
    except DomainError as error:
        yield error
