"""The calendar file of a letter: the same that its text says, to the one person it is written to."""

from datetime import datetime, timedelta

from flask import current_app
from flask_babel import gettext as _

from calendars import invites
from calendars.invites import Meeting, Party
from webapp import links, wording
from webapp.letters import words
from webapp.letters.facts import Matter, still_lies_ahead
from webapp.rules.consultations import Means, is_online
from webapp.rules.letters import CANCELS, INVITES, LetterKind


def method(matter: Matter) -> str | None:
    """``REQUEST``, ``CANCEL``, or None for a letter without a calendar file."""
    if matter.facts.get("sequence") is None:
        return None
    if matter.kind is LetterKind.SERIES_CONFIRMED and not still_lies_ahead(matter):
        return None  # its first date is off already: the others are told all the same
    if matter.kind in INVITES:
        return "REQUEST"
    return "CANCEL" if matter.kind in CANCELS else None


def octets(matter: Matter) -> bytes:
    """The file, ready to be attached. Needs the letter's language in force."""
    meeting = _meeting(matter)
    return invites.request(meeting) if method(matter) == "REQUEST" else invites.cancel(meeting)


def centre_address(slug: str) -> str:
    """The mailbox of one centre: a plus-address of the installation's, so that answers find their centre."""
    local, at, domain = current_app.config["MAIL_FROM"].rpartition("@")
    return f"{local}+{slug}{at}{domain}"


def _meeting(matter: Matter) -> Meeting:
    facts = matter.facts
    starts_at = datetime.fromisoformat(facts["starts_at"])
    summary = words.summary(matter)
    page = _page(matter)
    return Meeting(
        uid=matter.calendar_uid,
        sequence=facts["sequence"],
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=facts["minutes"]),
        summary=summary,
        description=_description(matter, page),
        page_url=page,
        location=_location(matter),
        stamp=matter.now,
        organizer=Party(centre_address(matter.centre.slug), words.centre_name(matter)),
        attendee=_attendee(matter),
        video=is_online(facts["means"]) and _opens_the_room(matter),
        conference_label=_("Join"),
        alarm_text=summary,
    )


def _page(matter: Matter) -> str:
    if not matter.to_family:
        return _staff_page(matter)
    if matter.page_token is None:  # dead with the consent
        return links.centre_page(matter.centre.slug)
    return links.family_page(matter.page_token)


def _staff_page(matter: Matter) -> str:
    if matter.event is not None:
        return links.staff_page(f"events/{matter.event.id}")
    return links.staff_page(f"consultations/{matter.letter.consultation_id}")


def _opens_the_room(matter: Matter) -> bool:
    return not matter.to_family or matter.page_token is not None


def _description(matter: Matter, page: str) -> str:
    """Neutral, like everything that a calendar shows: no names, no topic."""
    means = wording.means(matter.facts["means"])
    length = _(
        "Length: up to %(minutes)s minutes. By: %(means)s", minutes=matter.facts["minutes"], means=means
    )
    if matter.page_token is not None:
        return f"{length}\n\n{_('Your page: %(link)s', link=page)}"
    return f"{length}\n\n{page}"


def _location(matter: Matter) -> str:
    means = matter.facts["means"]
    if means == Means.IN_PERSON:
        return words.address(matter)
    return wording.means(means)


def _attendee(matter: Matter) -> Party:
    address = matter.letter.recipient
    return Party(address, matter.reader_name or address)
