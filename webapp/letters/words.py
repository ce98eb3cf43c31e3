"""What the templates of letters are given: names, times and addresses in the reader's language and zone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from calendars import workdays
from webapp import formatting, links, wording
from webapp.letters.facts import Matter
from webapp.models import GroupEvent
from webapp.rules import moves
from webapp.rules.consultations import DOOR_OPENS_BEFORE, Means, is_online
from webapp.rules.groups import Form, RegistrationState
from webapp.rules.letters import TO_SUBSCRIBERS, LetterKind
from webapp.rules.moves import Cause

COUNTED_IN_THE_MORNING = (
    "to_write_up",
    "open_moves",
    "due_today",
    "overdue",
    "cases",
    "absences",
    "group_meetings",
)


@dataclass(frozen=True)
class Moment:
    """An instant as a reader is told it: by the centre's clock, then by the reader's own if that differs.

    ``own_day`` is empty when both clocks show the same day, every ``own_…`` when they show the same time.
    """

    day: str
    hour: str
    place: str
    own_day: str
    own_hour: str
    own_place: str

    @property
    def line(self) -> str:
        """``четверг, 26 ноября, 16:00 (Екатеринбург, UTC+5)``"""
        return f"{self.day}, {self.hour} ({self.place})"

    @property
    def own(self) -> str:
        """``14:00 (Москва, UTC+3)``, with the day before it if that is another one; or empty."""
        if not self.own_hour:
            return ""
        before = f"{self.own_day}, " if self.own_day else ""
        return f"{before}{self.own_hour} ({self.own_place})"


def moment(instant: datetime, matter: Matter) -> Moment:
    zone, own_zone, language = matter.centre.zone, matter.reader_zone, matter.letter.language
    here, own = instant.astimezone(ZoneInfo(zone)), instant.astimezone(ZoneInfo(own_zone))
    this_year = matter.now.astimezone(ZoneInfo(own_zone)).year
    differs = here.utcoffset() != own.utcoffset()
    other_day = differs and here.date() != own.date()
    return Moment(
        day=formatting.day(here.date(), language, this_year),
        hour=formatting.hour(instant, zone),
        place=formatting.place(instant, zone, language),
        own_day=formatting.day(own.date(), language, this_year) if other_day else "",
        own_hour=formatting.hour(instant, own_zone) if differs else "",
        own_place=formatting.place(instant, own_zone, language) if differs else "",
    )


def values(matter: Matter) -> dict[str, Any]:
    """Everything that the templates of this letter may name. Needs the letter's language in force."""
    told: dict[str, Any] = {
        "language": matter.letter.language,
        "centre": centre_name(matter),
        "phone": formatting.phone(matter.centre.phone),
        "phone_link": f"tel:{matter.centre.phone}",
        "number": matter.request.number if matter.request is not None else "",
        "lines": lines,
    }
    if matter.kind in TO_SUBSCRIBERS:
        return told | _for_subscriber(matter)
    told |= _for_family(matter) if matter.to_family else _for_staff(matter)
    if "starts_at" in matter.facts:
        told |= _meeting(matter)
    if matter.event is not None:
        told |= _event(matter, matter.event)
    return told | _particulars(matter)


def centre_name(matter: Matter) -> str:
    """Short and neutral: it stands where others may see it."""
    return formatting.in_language(matter.centre.names, matter.letter.language, matter.centre.language)


def lines(*parts: str | None) -> str:
    """The parts that are there, one below the other."""
    return "\n".join(part for part in parts if part)


def _for_family(matter: Matter) -> dict[str, Any]:
    language, centre = matter.letter.language, matter.centre
    told: dict[str, Any] = {
        "name": matter.reader_name,
        "ask_link": links.ask_page(centre.slug),
        "emergency": [
            (
                formatting.in_language(row["texts"], language, centre.language),
                formatting.unbroken(row["number"]),
            )
            for row in centre.emergency
        ],
        "page": "",
        "not_me": "",
    }
    if matter.kind is LetterKind.CONSENT_WITHDRAWN:
        return told
    token = matter.page_token
    assert token is not None
    told["page"] = links.family_page(token)
    if not matter.address_confirmed:
        told["not_me"] = links.family_page(token, "/not-me")
    return told


def _for_staff(matter: Matter) -> dict[str, Any]:
    if matter.kind is LetterKind.STAFF_INVITATION:
        assert matter.invitation is not None
        page = links.invitation(links.token("invitation", matter.invitation.salt))
    elif "case_id" in matter.facts:
        page = links.staff_page(f"moves/{matter.facts['case_id']}")
    elif matter.event is not None:
        page = links.staff_page(f"events/{matter.event.id}")
    elif matter.letter.consultation_id is not None:
        page = links.staff_page(f"consultations/{matter.letter.consultation_id}")
    elif matter.letter.help_request_id is not None:
        folder = "requests" if matter.reader_sees_requests else "asked"
        page = links.staff_page(f"{folder}/{matter.letter.help_request_id}")
    else:
        page = links.staff_page(matter.facts.get("page", "requests"))
    return {"page": page}


def _for_subscriber(matter: Matter) -> dict[str, Any]:
    """Title and time as they are now: of a mailing that takes an hour, the last letter is as right."""
    told: dict[str, Any] = {
        "page": subscription(matter),
        "leave": subscription(matter, "/leave"),
        "not_me": subscription(matter, "/not-me"),
    }
    event = matter.event
    if event is None:
        return told | {"until": _day(date.fromisoformat(matter.facts["until"]), matter)}
    return told | {
        "when": moment(event.starts_at, matter),
        "when_short": formatting.when_short(event.starts_at, matter.centre.zone, matter.letter.language),
        "title": in_reader_language(event.titles, matter),
        "event_page": links.event_page(matter.centre.slug, event.id),
        "is_new_time": matter.facts["is_new_time"],
    }


def subscription(matter: Matter, part: str = "") -> str:
    """The page of the reader's subscription."""
    assert matter.subscriber is not None
    return links.mailing_page(links.token(links.SUBSCRIBER, matter.subscriber.salt), part)


def _meeting(matter: Matter) -> dict[str, Any]:
    facts, zone, language = matter.facts, matter.reader_zone, matter.letter.language
    starts_at = datetime.fromisoformat(facts["starts_at"])
    means = facts.get("means", "")
    return {
        "when": moment(starts_at, matter),
        "when_short": formatting.when_short(starts_at, zone, language),
        "time": formatting.hour(starts_at, zone),
        "offset": formatting.offset(starts_at, zone),
        "place": formatting.place(starts_at, zone, language),
        "door": formatting.hour(starts_at - DOOR_OPENS_BEFORE, zone),
        "minutes": facts.get("minutes"),
        "means": wording.means(means),
        "specialists": ", ".join(facts.get("specialists", ())),
        "several_specialists": len(facts.get("specialists", ())) > 1,
        "online": is_online(means),
        "with_sound": means in (Means.VIDEO, Means.VOICE),
        "with_camera": means == Means.VIDEO,
        "by_phone": means == Means.PHONE,
        "address": address(matter) if means == Means.IN_PERSON else "",
        "note": facts.get("note", ""),
    }


def _event(matter: Matter, event: GroupEvent) -> dict[str, Any]:
    """What a letter tells of a group event; its title never stands in a subject."""
    facts = matter.facts
    return {
        "title": in_reader_language(event.titles, matter),
        "bring": in_reader_language(event.bring, matter),
        "closing": in_reader_language(event.closing_words, matter),
        "hosts": ", ".join(matter.hosts),
        "webinar": matter.event_form == Form.WEBINAR,
        "event_page": links.event_page(matter.centre.slug, event.id),
        "centre_page": links.centre_page(matter.centre.slug),
        "dates": [moment(datetime.fromisoformat(date), matter) for date in facts.get("dates", ())],
    }


def in_reader_language(texts: Mapping[str, str], matter: Matter) -> str:
    """One of ``{"ru": …}`` in the language of the letter, else in the centre's."""
    return formatting.in_language(texts, matter.letter.language, matter.centre.language)


def address(matter: Matter) -> str:
    return formatting.in_language(matter.centre.address, matter.letter.language, matter.centre.language)


def _particulars(matter: Matter) -> dict[str, Any]:
    """What only some kinds tell."""
    facts, language = matter.facts, matter.letter.language
    match matter.kind:
        case LetterKind.RECEIVED:
            held, last = facts.get("held"), date.fromisoformat(facts["last_day"])
            today = matter.now.astimezone(matter.centre.zone_info).date()
            return {
                "answered": matter.request is not None and matter.request.answered_at is not None,
                "last_day": _day(last, matter),
                "overdue": last < today,  # entered late, or the mail server was long away
                "held": moment(datetime.fromisoformat(held["starts_at"]), matter) if held else None,
            }
        case LetterKind.TIMES_OFFERED:
            return {
                "times": list(_offered(facts["times"], facts["until"], matter)),
                "means": wording.means(facts["means"]),
                "until": moment(datetime.fromisoformat(facts["until"]), matter),
                **_reason_of_move(matter),
            }
        case LetterKind.URGENT_REQUEST:
            return {"answers": matter.reader_sees_requests}
        case LetterKind.TIMES_REFUSED:
            return {"told_what_suits": facts["told_what_suits"]}
        case LetterKind.MOVE_WISH_REFUSED:
            return {"reason": facts["reason"]}
        case LetterKind.CONSULTATION_GOES_ON:
            ends_at = datetime.fromisoformat(facts["starts_at"]) + timedelta(minutes=facts["minutes"])
            return {"ends": formatting.hour(ends_at, matter.reader_zone)}
        case LetterKind.BOOKING_CANCELLED:
            return {"given_away": facts.get("given_away", False)}
        case LetterKind.DECLINED:
            return {"reason": facts["reason"], "advice": facts.get("advice", "")}
        case LetterKind.RECOMMENDATION:
            next_at = facts.get("next_at")
            return {
                "next": moment(datetime.fromisoformat(next_at), matter) if next_at else None,
                "next_is_offered": facts["next_is_offered"],
            }
        case LetterKind.CANNOT_CONNECT:
            return {"has_phone": matter.request is not None and bool(matter.request.phone)}
        case LetterKind.CALENDAR_ANSWER:
            proposed = facts["proposed"]
            return {"proposed": moment(datetime.fromisoformat(proposed), matter) if proposed else None}
        case LetterKind.CONSENT_WITHDRAWN:
            return {"delete_by": _day(date.fromisoformat(facts["delete_by"]), matter)}
        case LetterKind.CHECK_DUE | LetterKind.CHECK_DUE_AGAIN:
            return {"decider": facts.get("supervisor", "")}
        case LetterKind.CHECK_MISSING | LetterKind.CHECK_FAILED:
            return _reported_by(matter)
        case LetterKind.MOVE_REPORTED | LetterKind.MOVE_UNDECIDED | LetterKind.MOVE_PASSED_UP:
            failure = wording.FAILURES.get(facts["failure"], "")
            return {**_reported_by(matter), "failure": str(failure), "covered": facts.get("covered", 1)}
        case LetterKind.MOVE_WISHED:
            due_at = datetime.fromisoformat(facts["due_at"])
            return {
                **_reported_by(matter),
                "last_day": _day(workdays.last_day(due_at, matter.centre.zone_info), matter),
            }
        case LetterKind.MOVE_ALLOWED | LetterKind.MOVE_REFUSED:
            phone = facts["decider_phone"]
            return {
                "decider": facts["decider"],
                "decider_phone": formatting.phone(phone) if phone else "",
                "decider_phone_link": f"tel:{phone}",
            }
        case LetterKind.PARTICIPANTS_CANNOT_CONNECT:
            return {"count": matter.problems_told}
        case LetterKind.ANSWERS_DUE:
            numbers = [str(row["number"]) for row in matter.unanswered]
            last_day = formatting.day(date.fromisoformat(facts["last_day"]), language)
            return {"last_day": last_day, "count": len(numbers), "numbers": ", ".join(numbers)}
        case LetterKind.ANSWERS_OVERDUE:
            return {"requests": matter.unanswered, "count": len(matter.unanswered)}
        case LetterKind.SERIES_CONFIRMED:
            first, *more = matter.dates_of_series
            return {
                "when": moment(first, matter),
                "when_short": formatting.when_short(first, matter.reader_zone, language),
                "more": len(more),
                "dates": [moment(date, matter) for date in matter.dates_of_series],
            }
        case LetterKind.SEAT_TO_CONFIRM | LetterKind.REPEAT_OFFERED:
            return {"until": moment(datetime.fromisoformat(facts["until"]), matter)}
        case LetterKind.WAITING_LISTED:
            return {"place_in_line": facts["place"]}
        case LetterKind.EVENT_MESSAGE:
            return {"words": facts["words"]}
        case LetterKind.CONSULTATION_CHANGED:
            return {what: facts[what] for what in ("new_specialist", "new_means")}
        case LetterKind.EVENT_MOVED:
            return _reason_of_move(matter)
        case LetterKind.EVENT_CANCELLED | LetterKind.WAITING_DATE_OFF:
            return {"others_stay": matter.other_dates_stay}
        case LetterKind.WAITING_MOVED:
            assert matter.registration is not None
            return {
                **_reason_of_move(matter),
                "waits": matter.registration.state == RegistrationState.WAITING,
            }
        case LetterKind.CONSULTATION_MOVED:
            starts_at, hours = datetime.fromisoformat(facts["starts_at"]), matter.centre.family_move_hours
            return {**_reason_of_move(matter), "may_wish": moves.is_in_notice(starts_at, hours, matter.now)}
        case LetterKind.EVENT_TOO_FEW:
            return {"seats_taken": facts["seats_taken"], "minimum": facts["minimum"]}
        case LetterKind.MORNING:
            return _day_ahead(matter)
        case LetterKind.STAFF_INVITATION:
            assert matter.invitation is not None
            return {"until": moment(matter.invitation.expires_at, matter)}
        case _:
            return {}


def _day_ahead(matter: Matter) -> dict[str, Any]:
    """The day and its hours, by the centre's clock."""
    facts, zone = matter.facts, matter.centre.zone

    def hour(instant: str) -> str:
        return formatting.hour(datetime.fromisoformat(instant), zone)

    return {
        "day": formatting.day(date.fromisoformat(facts["day"]), matter.letter.language),
        "sessions": [{**one, "hour": hour(one["starts_at"])} for one in facts.get("sessions", ())],
        "checks": ", ".join(map(hour, facts.get("checks", ()))),
        **{what: facts.get(what, 0) for what in COUNTED_IN_THE_MORNING},
    }


def _reported_by(matter: Matter) -> dict[str, Any]:
    phone = matter.facts.get("staff_phone", "")
    return {
        "specialist": matter.facts["specialist"],
        "specialist_phone": formatting.phone(phone) if phone else "",
        "specialist_phone_link": f"tel:{phone}",
        "note": matter.facts.get("words", ""),
    }


def _reason_of_move(matter: Matter) -> dict[str, Any]:
    """The old time, none where nothing moves; the reason in neutral words: nobody outside learns of an absence."""
    old, cause = matter.facts.get("old"), matter.facts.get("cause", "")
    return {
        "old": moment(datetime.fromisoformat(old), matter) if old else None,
        "wished": cause == Cause.FAMILY,
        "technical": cause == Cause.TECHNICAL,
    }


def _offered(times: Iterable[dict[str, Any]], limit: str, matter: Matter) -> Iterable[dict[str, Any]]:
    """``until``: where a time is held less long than ``limit``, which stands for all."""
    for time in times:
        is_shorter = time["until"] != limit
        yield {
            "when": moment(datetime.fromisoformat(time["starts_at"]), matter),
            "until": moment(datetime.fromisoformat(time["until"]), matter) if is_shorter else None,
            "minutes": time["minutes"],
            "specialists": ", ".join(time["specialists"]),
            "several_specialists": len(time["specialists"]) > 1,
        }


def _day(day: date, matter: Matter) -> str:
    this_year = matter.now.astimezone(ZoneInfo(matter.reader_zone)).year
    return formatting.day(day, matter.letter.language, this_year)


def summary(matter: Matter) -> str:
    """The name of a meeting in calendars."""
    return wording.calendar_summary(matter.event_form, centre_name(matter))
