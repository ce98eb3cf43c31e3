"""What to say on the phone, in the language of the moment: the facts of the letter that it stands for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from webapp import clock, formatting, wording
from webapp.rules.consultations import Means
from webapp.rules.letters import LetterKind
from webapp.rules.moves import Cause


def greeting(centre_name: str, name: str, *, of_event: bool) -> list[str]:
    """Who is calling; nothing else is said before the right person has answered."""
    if of_event:  # the name was chosen to be shown in the room: it may be any
        return [_("Hello, this is %(centre)s. Did you register for a group meeting?", centre=centre_name)]
    if name:
        return [_("Hello, this is %(centre)s. %(name)s, is that you?", centre=centre_name, name=name)]
    return [_("Hello, this is %(centre)s. Did you ask us for a consultation?", centre=centre_name)]


def message(kind: str, facts: dict[str, Any], zone: str, family_zone: str, language: str) -> list[str]:
    """The sentences to say, in order."""

    def when(instant: str) -> str:
        return _when(instant, zone, family_zone, language)

    if not facts:
        return [_("We have news about your request. What would you like to know?")]
    match kind:
        case LetterKind.CONFIRMED | LetterKind.DAY_BEFORE | LetterKind.HOUR_BEFORE:
            return [
                _("Your consultation: %(when)s.", when=when(facts["starts_at"])),
                _("Once more: %(when)s. Does it suit you?", when=when(facts["starts_at"])),
                _how(facts["means"]),
            ]
        case LetterKind.SERIES_CONFIRMED:
            return [
                _("Your consultations, dates: %(count)s.", count=len(facts["dates"])),
                *(when(date) + "." for date in facts["dates"]),
                _("Do these dates suit you?"),
                _how(facts["means"]),
            ]
        case LetterKind.CONSULTATION_MOVED:
            wished = facts.get("cause") == Cause.FAMILY
            return [
                _("You asked for another time. Here it is.")
                if wished
                else _("Your consultation has a new time, for reasons on our side. We are sorry."),
                *_moved(facts.get("dates", [facts]), when),
                _("Does it suit you?"),
            ]
        case LetterKind.TIMES_OFFERED:
            return [*_to_be_moved(facts, when), _("We can offer these times."), *_held_times(facts, when)]
        case LetterKind.CONSULTATION_CHANGED:
            return [
                _("The time of your consultation stays: %(when)s.", when=when(facts["starts_at"])),
                *_what_changed(facts),
                _("Does it suit you?"),
            ]
        case LetterKind.CONSULTATION_GOES_ON:
            return [_("Your consultation begins now. The delay was on our side. We are sorry.")]
        case LetterKind.MOVE_WISH_REFUSED:
            return [
                _("Unfortunately we cannot give you another time."),
                _("Reason: %(reason)s", reason=facts["reason"]),
                _("Your consultation: %(when)s.", when=when(facts["starts_at"])),
            ]
        case LetterKind.DECLINED:
            advice = (
                [_("Where you can turn: %(advice)s", advice=facts["advice"])] if facts.get("advice") else []
            )
            return [
                _("Unfortunately we cannot hold this consultation."),
                _("Reason: %(reason)s", reason=facts["reason"]),
                *advice,
            ]
        case LetterKind.CANCELLED_BY_CENTRE:
            return [
                _("We had to cancel your consultation. We are sorry."),
                *(
                    _("It was planned for: %(when)s.", when=when(date["starts_at"]))
                    for date in facts.get("dates", [facts])
                ),
                _("Do you need another time? I will pass it on."),
            ]
        case LetterKind.RECOMMENDATION:
            # What is only offered has a call of its own.
            next_at = None if facts["next_is_offered"] else facts["next_at"]
            following = [_("Next meeting: %(when)s.", when=when(next_at))] if next_at else []
            return [
                _("The specialist has written recommendations for you."),
                _("Shall we print them, or read them to you?"),
                *following,
            ]
        case LetterKind.DID_NOT_COME:
            return [
                _("We did not manage to meet this time. It happens."),
                _("It was planned for: %(when)s.", when=when(facts["starts_at"])),
                _("Do you need another time? I will pass it on."),
            ]
        case LetterKind.SEAT_CONFIRMED | LetterKind.SEAT_FREED:
            dates = facts.get("dates", [facts["starts_at"]])
            return [
                *(_("You have a seat in the group meeting: %(when)s.", when=when(date)) for date in dates),
                _("Where shall we send the link? We can print it."),
            ]
        case LetterKind.WAITING_LISTED:
            return [
                *_to_another_time(facts, when),
                _("All seats of the group meeting are taken: %(when)s.", when=when(facts["starts_at"])),
                _("Your number in the waiting list: %(place)s", place=facts["place"]),
                _("We call as soon as a seat is free."),
            ]
        case LetterKind.REPEAT_OFFERED:
            until = formatting.when(datetime.fromisoformat(facts["until"]), zone, language, clock.now().year)
            return [
                _("The group meeting takes place once more: %(when)s.", when=when(facts["starts_at"])),
                _("A seat is kept for you until: %(until)s. Do you want it?", until=until),
            ]
        case LetterKind.EVENT_CANCELLED | LetterKind.WAITED_IN_VAIN:
            return [
                _("We had to cancel the group meeting. We are sorry."),
                *(
                    _("It was planned for: %(when)s.", when=when(date["starts_at"]))
                    for date in facts.get("dates", [facts])
                ),
            ]
        case LetterKind.WAITING_DATE_OFF:
            return [
                _("One date of the group meeting does not take place. We are sorry."),
                *(
                    _("It was planned for: %(when)s.", when=when(date["starts_at"]))
                    for date in facts.get("dates", [facts])
                ),
                _("What we told you about a seat stays."),
            ]
        case LetterKind.EVENT_MOVED:
            return [
                _("The group meeting has a new time. We are sorry. Your seat stays."),
                *_moved(facts.get("dates", [facts]), when),
            ]
        case LetterKind.WAITING_MOVED:
            return [
                _("The group meeting has a new time. We are sorry."),
                *_moved(facts.get("dates", [facts]), when),
                _("What we told you about a seat stays."),
            ]
        case _other:
            return [
                _("We have news about your request. Our letter did not reach you. Is your address right?")
            ]


def _moved(dates: Sequence[Mapping[str, Any]], when: Callable[[str], str]) -> Iterator[str]:
    for date in dates:
        yield _("Before: %(old)s", old=when(date["old"])) + "."
        yield _("Now: %(new)s", new=when(date["starts_at"])) + "."


def _held_times(facts: dict[str, Any], when: Callable[[str], str]) -> Iterator[str]:
    """Each offered time, and until when all are held; one that is held less long says so itself."""
    for offered in facts["times"]:
        yield when(offered["starts_at"]) + "."
        if offered["until"] != facts["until"]:
            yield _("We hold this time only until: %(until)s", until=when(offered["until"])) + "."
    yield _("We hold them for you until: %(until)s. Which one suits you?", until=when(facts["until"]))


def _to_another_time(facts: dict[str, Any], when: Callable[[str], str]) -> list[str]:
    """Of a group meeting that was moved before the person could be told of the place in the list."""
    if "old" not in facts:
        return []
    return [_("The group meeting has a new time. We are sorry."), *_moved([facts], when)]


def _to_be_moved(facts: dict[str, Any], when: Callable[[str], str]) -> list[str]:
    """Times that replace one which was agreed; nothing where none was."""
    if "old" not in facts:
        return []
    if facts.get("cause") == Cause.FAMILY:
        return [_("You asked for another time.")]
    return [
        _("Your consultation has to be moved, for reasons on our side. We are sorry."),
        _("Before: %(old)s", old=when(facts["old"])),
    ]


def _what_changed(facts: dict[str, Any]) -> list[str]:
    """Of a consultation that keeps its time."""
    people, means = ", ".join(facts["specialists"]), wording.means(facts["means"])
    return [
        *(
            [_("Another specialist will talk with you: %(name)s.", name=people)]
            if facts["new_specialist"]
            else []
        ),
        *([_("We talk by other means than planned: %(means)s", means=means)] if facts["new_means"] else []),
    ]


def farewell(phone: str) -> str:
    return str(_("To cancel, call %(phone)s. No reason needed.", phone=phone))


def _how(means: str) -> str:
    if means == Means.PHONE:
        return str(_("The specialist will call this number."))
    if means == Means.IN_PERSON:
        return str(_("You come to us. Shall I tell you the way?"))
    if means in {Means.VIDEO, Means.VOICE, Means.CHAT}:
        return str(_("Where shall we send the link? We can print it."))
    return str(_("By: %(means)s", means=wording.means(means)))


def _when(instant: str, zone: str, family_zone: str, language: str) -> str:
    """The centre's time; where the family lives by another clock, its own as well."""
    moment = datetime.fromisoformat(instant)
    said = formatting.when(moment, zone, language, clock.now().year)
    if formatting.offset(moment, family_zone) == formatting.offset(moment, zone):
        return said
    theirs = formatting.when(moment, family_zone, language, clock.now().year)
    return str(_("%(ours)s; your time: %(theirs)s", ours=said, theirs=theirs))
