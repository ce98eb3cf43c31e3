"""A family's request, the times it wishes, the times it was offered, its links."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp import links
from webapp.models.base import Base, WithId, db


class HelpRequest(WithId, Base):
    """States: ``rules.help_requests``. ``state`` changes by compare-and-swap, never by plain assignment."""

    __tablename__ = "help_request"
    __table_args__ = (
        sa.UniqueConstraint("centre_id", "year", "sequence"),
        sa.Index(None, "centre_id", "state", "due_at"),
        sa.Index(None, "centre_id", "received_at"),
        sa.Index(None, "centre_id", "email"),
        sa.Index(None, "centre_id", "phone"),
    )

    centre_id: Mapped[int] = mapped_column(sa.ForeignKey("centre.id"))
    year: Mapped[int]
    sequence: Mapped[int]
    state: Mapped[str]
    channel: Mapped[str]  # site | phone | letter | in_person | colleague
    received_at: Mapped[datetime]  # when it reached the centre, not when it was typed in
    entered_at: Mapped[datetime]
    entered_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    due_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    days_late: Mapped[int | None]  # working days, once answered
    family_silent: Mapped[bool] = mapped_column(default=False)  # an offer ran out: "answered, family silent"
    kind: Mapped[str] = mapped_column(default="one_off")  # emergency | one_off | prolonged
    urgent: Mapped[bool] = mapped_column(default=False)
    topic_id: Mapped[int | None] = mapped_column(sa.ForeignKey("topic.id"))
    help_choose: Mapped[bool] = mapped_column(default=False)
    words: Mapped[str] = mapped_column(default="")
    wished_specialist_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    assigned_specialist_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    any_time: Mapped[bool] = mapped_column(default=False)
    means_wished: Mapped[str]
    parent_name: Mapped[str] = mapped_column(default="")
    child: Mapped[str] = mapped_column(default="")  # initials or first name, as the family gave it
    child_age: Mapped[int | None]
    email: Mapped[str | None]  # lower case
    email_confirmed_at: Mapped[datetime | None]
    phone: Mapped[str | None]  # E.164
    language: Mapped[str]
    zone: Mapped[str]
    consent_text_id: Mapped[int | None] = mapped_column(sa.ForeignKey("consent_text.id"))
    consented_at: Mapped[datetime | None]
    mailing_wished: Mapped[bool] = mapped_column(default=False)
    mail_failed_at: Mapped[datetime | None]  # a letter came back: whoever it is must be called
    source_hash: Mapped[str] = mapped_column(default="", index=True)  # for quotas; names no address
    decline_reason: Mapped[str] = mapped_column(default="")
    decline_advice: Mapped[str] = mapped_column(default="")
    blocked_at: Mapped[datetime | None]  # consent withdrawn: nobody sees the data any more
    destroy_by: Mapped[datetime | None]

    @property
    def number(self) -> str:
        return f"{self.year}-{self.sequence}"


class WishedTime(WithId, Base):
    """Up to three, in the order of the wish; the first is held by an engagement, the others are wishes."""

    __tablename__ = "wished_time"
    __table_args__ = (sa.UniqueConstraint("help_request_id", "position"),)

    help_request_id: Mapped[int] = mapped_column(sa.ForeignKey("help_request.id"))
    position: Mapped[int]
    specialist_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    starts_at: Mapped[datetime]
    minutes: Mapped[int]


class Offer(WithId, Base):
    """Up to three times that the centre offered at once; each holds its specialists until ``until``."""

    __tablename__ = "offer"
    __table_args__ = (sa.Index(None, "help_request_id", "state"), sa.Index(None, "state", "until"))

    help_request_id: Mapped[int] = mapped_column(sa.ForeignKey("help_request.id"))
    state: Mapped[str] = mapped_column(default="open")  # open | accepted | lapsed | refused
    move_id: Mapped[int | None] = mapped_column(sa.ForeignKey("move.id"), index=True)  # times for a move
    means: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    until: Mapped[datetime]


class OfferedTime(WithId, Base):
    __tablename__ = "offered_time"

    offer_id: Mapped[int] = mapped_column(sa.ForeignKey("offer.id"), index=True)
    starts_at: Mapped[datetime]
    minutes: Mapped[int]
    specialist_ids: Mapped[list[int]] = mapped_column(sa.JSON())


class PersonalLink(WithId, Base):
    """What opens a page without an account. The token is made anew from ``salt`` and ``version`` when a
    letter names it (``webapp.links``); only its hash is stored. A new version kills the old link, but one
    that a family asks for is a row of its own until it is used."""

    __tablename__ = "personal_link"
    __table_args__ = (
        sa.UniqueConstraint("purpose", "help_request_id"),
        sa.UniqueConstraint("purpose", "registration_id"),
        sa.UniqueConstraint("purpose", "staff_id"),
    )

    purpose: Mapped[str]  # page | letter | new_letter | feed
    help_request_id: Mapped[int | None] = mapped_column(sa.ForeignKey("help_request.id"), index=True)
    registration_id: Mapped[int | None] = mapped_column(sa.ForeignKey("registration.id"), index=True)
    staff_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    salt: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    token_hash: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class BlockedAddress(WithId, Base):
    """Somebody pressed "this wasn't me": this centre writes there no more. Holds a hash, not the address."""

    __tablename__ = "blocked_address"
    __table_args__ = (sa.UniqueConstraint("centre_id", "address_hash"),)

    centre_id: Mapped[int] = mapped_column(sa.ForeignKey("centre.id"))
    address_hash: Mapped[str]
    at: Mapped[datetime]

    @classmethod
    def is_known(cls, centre_id: int, address: str) -> bool:
        """Whether ``address`` is one of them, for letters and services alike."""
        place = {"centre_id": centre_id, "address_hash": links.address_fingerprint(address)}
        return db.session.execute(BLOCKED, place).first() is not None


# Made once: making a statement costs several times what sending it does.
BLOCKED = sa.select(BlockedAddress.id).where(
    BlockedAddress.centre_id == sa.bindparam("centre_id"),
    BlockedAddress.address_hash == sa.bindparam("address_hash"),
)


class ConnectionProblem(WithId, Base):
    """The family could not connect and said so, or says that it will be late."""

    __tablename__ = "connection_problem"

    consultation_id: Mapped[int] = mapped_column(sa.ForeignKey("consultation.id"), index=True)
    kind: Mapped[str]  # cannot_connect | late
    reported_at: Mapped[datetime]
