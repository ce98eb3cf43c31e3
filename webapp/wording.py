"""The words for codes: states, means, channels, professions, roles, refusals. Lazy: said when shown."""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import LazyString, get_locale
from flask_babel import lazy_gettext as _

from video.precheck import Measurements
from webapp import formatting

MEANS = {
    "video": _("video"),
    "voice": _("voice"),
    "chat": _("chat"),
    "phone": _("phone"),
    "in_person": _("in person"),
    "email": _("e-mail"),
    "messenger": _("messenger"),
}

MEANS_HINTS = {
    "video": _("From your page, by camera and microphone. You can switch to voice at any time."),
    "voice": _("From your page, without a camera."),
    "chat": _("From your page, in writing."),
    "phone": _("We call your number at the agreed time."),
    "in_person": _("You come to us."),
    "email": _("We answer in a letter."),
    "messenger": _("In a messenger that we agree on."),
}

CHANNELS = {
    "site": _("on the site"),
    "phone": _("by phone"),
    "letter": _("by letter"),
    "in_person": _("in person"),
    "colleague": _("through a colleague"),
}

KINDS = {
    "emergency": _("emergency"),
    "one_off": _("one-off"),
    "prolonged": _("prolonged"),
}

REQUEST_STATES = {
    "received": _("received"),
    "assigned": _("assigned"),
    "offered": _("times offered"),
    "confirmed": _("confirmed"),
    "closed": _("closed"),
    "declined": _("declined"),
    "withdrawn": _("withdrawn"),
}

CONSULTATION_STATES = {
    "planned": _("planned"),
    "held": _("held"),
    "not_held": _("not held"),
    "cancelled": _("cancelled"),
}

LETTER_STATES = {
    "pending": _("waiting to be sent"),
    "sending": _("being sent"),
    "sent": _("accepted by the server"),
    "failed": _("not delivered"),
    "dropped": _("not sent: no longer needed, or the address is not confirmed"),
    "uncertain": _("perhaps sent: a person decides"),
}

LETTER_KINDS = {
    "received": _("Acknowledgement"),
    "confirmed": _("Confirmation with invite"),
    "series_confirmed": _("Confirmation of a series with invite"),
    "consultation_moved": _("New time with invite"),
    "consultation_changed": _("Other means or specialist, with invite"),
    "consultation_goes_on": _("The consultation begins after all"),
    "move_wish_refused": _("The time stays"),
    "times_offered": _("Offer of times"),
    "declined": _("Refusal"),
    "cancelled_by_centre": _("Cancellation by the centre"),
    "cancelled_by_family": _("Cancellation by the family"),
    "day_before": _("Reminder a day before"),
    "hour_before": _("Reminder an hour before"),
    "recommendation": _("Recommendations are ready"),
    "did_not_come": _("The meeting was not held"),
    "consent_withdrawn": _("Consent withdrawn"),
    "new_link": _("New link"),
    "calendar_answer": _("What an answer by calendar means"),
    "urgent_request": _("Urgent request"),
    "booked": _("Invite for the specialist"),
    "booking_cancelled": _("Cancellation for the specialist"),
    "check_due": _("Equipment check is due"),
    "check_due_again": _("Equipment check, second reminder"),
    "check_missing": _("Equipment check not marked"),
    "check_failed": _("Equipment does not work"),
    "move_reported": _("A move to decide"),
    "move_wished": _("A family asks for another time"),
    "move_undecided": _("A move is not decided yet"),
    "move_passed_up": _("A move is not decided yet, one up"),
    "move_allowed": _("The move is allowed"),
    "move_refused": _("The move is refused"),
    "times_refused": _("The offered times do not suit"),
    "answers_due": _("Answers due"),
    "answers_overdue": _("Answers overdue"),
    "morning": _("Morning letter"),
    "cannot_connect": _("The family cannot connect"),
    "late": _("The family will be late"),
    "participants_cannot_connect": _("Participants cannot connect"),
    "staff_invitation": _("Invitation to the staff"),
    "mailing_confirm": _("Question whether the mailing is wanted"),
    "mailing": _("Mailing about a new meeting"),
    "seat_to_confirm": _("Confirm the address"),
    "seat_confirmed": _("Seat with invite"),
    "seat_freed": _("A seat is free, with invite"),
    "waiting_listed": _("Place in the waiting list"),
    "seat_given_back": _("Seat given back"),
    "meeting_missed": _("One date skipped"),
    "meeting_taken_again": _("One date taken again"),
    "repeat_offered": _("Offer of a repeat date"),
    "event_cancelled": _("Group meeting cancelled"),
    "waited_in_vain": _("Group meeting cancelled, to the waiting list"),
    "event_moved": _("Group meeting moved"),
    "waiting_moved": _("Group meeting moved, to the waiting list"),
    "waiting_date_off": _("One date cancelled, to the waiting list"),
    "event_day_before": _("Reminder of a group meeting, a day before"),
    "event_hour_before": _("Reminder of a group meeting, an hour before"),
    "event_message": _("Message of the hosts"),
    "event_materials": _("Thanks and materials after the meeting"),
    "event_proposed": _("Group meeting to approve"),
    "event_approved": _("Group meeting approved"),
    "event_sent_back": _("Group meeting sent back"),
    "event_too_few": _("Few people registered"),
}

EVENTS = {
    "request.receive": _("The request was received"),
    "request.assign": _("Assigned to a specialist"),
    "request.offer": _("Times were offered"),
    "request.offer_lapsed": _("The offer ran out"),
    "request.offer_refused": _("The family asked for other times"),
    "request.confirm": _("The date was set"),
    "request.continue": _("Further dates were set"),
    "request.answer_by_phone": _("Answered by phone"),
    "request.decline": _("The request was declined"),
    "request.withdraw": _("The family withdrew the request"),
    "request.close": _("The request was closed"),
    "request.no_further": _("The family needs no further meeting"),
    "request.reopen": _("The family asked for another time"),
    "request.wish": _("The family wrote which times suit it"),
    "request.not_me": _("The owner of the address did not ask"),
    "offer.refused": _("The offer was taken back"),
    "consultation.hold": _("The consultation was held"),
    "consultation.miss": _("The consultation was not held"),
    "consultation.cancel": _("The consultation was cancelled"),
    "consultation.move": _("The consultation got a new time"),
    "consultation.means": _("The means were changed"),
    "consultation.specialist": _("Another specialist holds it"),
    "move.report": _("It cannot be held as planned"),
    "move.wish": _("The family asks for another time"),
    "move.propose": _("Another means or specialist was proposed"),
    "move.remind": _("Whoever decides was reminded"),
    "move.tell_up": _("The next one up was told"),
    "move.allow": _("The move was allowed"),
    "move.refuse": _("The move was refused"),
    "move.take_back": _("Taken back: the time stays"),
    "move.offer": _("Times were offered for the move"),
    "move.offer_lapsed": _("The offer for the move ran out"),
    "move.offer_refused": _("The family wants other times for the move"),
    "move.do": _("The move is settled"),
    "move.told": _("The family is told"),
    "conference.enter": _("The family entered the room"),
    "conference.end_for_all": _("The session was ended for all"),
    "connection.cannot_connect": _("The family cannot connect"),
    "connection.late": _("The family will be late"),
    "connection.participant": _("A participant cannot connect"),
    "journal.correct": _("The journal was corrected"),
    "consent.note": _("Consent was noted"),
    "consent.withdraw": _("Consent was withdrawn"),
    "call.try": _("Nobody answered the call"),
    "call.done": _("The family was called"),
    "check.record": _("The equipment was checked"),
    "letter.fail": _("A letter was not delivered"),
    "answer.accepted": _("The family's calendar: will come"),
    "answer.tentative": _("The family's calendar: will perhaps come"),
    "answer.declined": _("The family's calendar: will not come"),
    "answer.proposed": _("The family's calendar proposes another time"),
    "answer.settled": _("The answer of the calendar is settled"),
    "staff_answer.accepted": _("The specialist's calendar: accepted"),
    "staff_answer.tentative": _("The specialist's calendar: perhaps"),
    "staff_answer.declined": _("The specialist's calendar: declined"),
    "staff_answer.proposed": _("The specialist's calendar proposes another time"),
    "data.destroy": _("The data were destroyed"),
    "event_type.add": _("A kind of group event was added"),
    "event_type.change": _("A kind of group event was changed"),
    "event.make": _("The draft was made"),
    "event.change": _("The announcement was changed"),
    "event.propose": _("Proposed for approval"),
    "event.return": _("Sent back to the host"),
    "event.announce": _("Announced"),
    "event.cancel": _("Cancelled"),
    "event.move": _("A meeting got a new time"),
    "event.dates": _("Further dates were added"),
    "event.close": _("Closed"),
    "attendance.correct": _("The attendance was corrected"),
    "event.message": _("A letter went to all registered"),
    "material.add": _("A material was added"),
    "material.remove": _("A material was removed"),
    "registration.add": _("Somebody registered"),
    "registration.seat": _("A free seat went to the next"),
    "registration.skip": _("One date was given up"),
    "registration.attend": _("One date was taken again"),
    "registration.offer": _("A seat of the repeat date was offered"),
    "registration.take": _("The offered seat was taken"),
    "registration.give_back": _("A seat was given back"),
    "registration.remove": _("A registration was removed"),
    "mailing.begin": _("The subscribers are told"),
    "mailing.pause": _("The mailing was paused"),
    "mailing.go_on": _("The mailing went on"),
    "mailing.stop": _("The mailing was stopped"),
    "mailing.finish": _("The mailing was sent to all"),
    "mailing.send_again": _("Letters in doubt were sent again"),
    "mailing.let_be": _("Letters in doubt were left as they are"),
    "mailing.clear": _("The letters of the mailing were deleted"),
}

FAMILY_EVENTS = {
    "request.receive": _("You asked"),
    "request.offer": _("We offered times"),
    "request.offer_lapsed": _("The offered times ran out"),
    "request.offer_refused": _("You asked for other times"),
    "request.confirm": _("We confirmed the time"),
    "request.continue": _("We set further dates"),
    "request.decline": _("We answered"),
    "request.answer_by_phone": _("We talked by phone"),
    "request.wish": _("You wrote which times suit you"),
    "request.no_further": _("You told that no further meeting is needed"),
    "request.reopen": _("You asked for another time"),
    "consultation.cancel": _("The consultation was cancelled"),
    "consultation.move": _("The consultation got a new time"),
    "consultation.means": _("We changed how we talk"),
    "consultation.specialist": _("Another specialist talks with you"),
    "move.report": _("A difficulty came up on our side"),
    "move.wish": _("You asked for another time"),
    "move.allow": _("We look for another time"),
    "move.refuse": _("The time stays"),
    "move.take_back": _("The time stays"),
    "move.offer": _("We offered other times"),
    "move.offer_lapsed": _("The offered times ran out"),
    "move.offer_refused": _("You asked for other times"),
    "consultation.hold": _("We talked"),
    "consultation.miss": _("The meeting was not held"),
}

MOVE_STATES = {
    "reported": _("to be decided"),
    "allowed": _("allowed, to be settled"),
    "refused": _("refused"),
    "taken_back": _("taken back"),
    "done": _("settled"),
}

CAUSES = {
    "technical": _("technical failure"),
    "absence": _("absence"),
    "specialist": _("another valid reason"),
    "family": _("the family's wish"),
}

FAILURES = {
    "workplace": _("Workplace"),
    "camera": _("Camera"),
    "microphone": _("Microphone"),
    "sound": _("Sound"),
    "link": _("Connection"),
    "program": _("Program"),
    "power": _("Power"),
    "other": _("Something else"),
}

OUTCOMES = {
    "time": _("a new time"),
    "means": _("other means"),
    "specialist": _("another specialist"),
    "cancelled": _("cancelled"),
    "kept": _("held as planned"),
}

CHANGES = {
    "means": _("change the means"),
    "move": _("set another time"),
    "cancel": _("cancel"),
}

EVENT_FORMS = {
    "subgroup": _("subgroup meeting"),
    "mini_group": _("mini-group"),
    "play_session": _("play session"),
    "workshop": _("workshop"),
    "webinar": _("webinar"),
}

EVENT_STATES = {
    "draft": _("draft"),
    "proposed": _("waits for approval"),
    "announced": _("announced"),
    "cancelled": _("cancelled"),
    "closed": _("closed"),
}

OPEN_TO = {
    "anybody": _("anybody registers"),
    "office": _("only the centre registers"),
}

FOR_WHOM = {
    "everybody": _("for everybody"),
    "registered": _("for those who registered"),
    "attended": _("for those who came"),
}

MAILING_STATES = {
    "sending": _("being sent"),
    "paused": _("paused"),
    "done": _("sent to all"),
    "stopped": _("stopped"),
}

# What a subscriber agrees to, by version. Other words are a new version: who agreed keeps theirs.
MAILING_CONSENTS = {
    1: _(
        "I agree that %(centre)s keeps this address to write to me about new meetings, and for nothing else. "
        "Nobody else gets it. I can leave at any moment, by one click in each letter. Then no letters come, "
        "and the address is deleted within 30 days."
    ),
}

REGISTRATION_STATES = {
    "held": _("seat held, address not confirmed"),
    "seated": _("has a seat"),
    "offered": _("a seat is offered"),
    "waiting": _("in the waiting list"),
    "withdrawn": _("not coming"),
}

ATTENDANCE_SOURCES = {
    "host": _("corrected by the host"),
    "video_server": _("seen by the video server"),
    "page": _("only by the room page: less certain"),
    "nobody": _("not seen"),
}

CALENDAR_ANSWERS = {
    "accepted": _("will come"),
    "tentative": _("will perhaps come"),
    "declined": _("will not come"),
}

MAIL_KINDS = {
    "other": _("a letter"),
    "unverified": _("sender not verified"),
    "foreign": _("not this person's invitation"),
    "unreadable": _("could not be read"),
    "returned": _("a letter came back"),
}

MAIL_HINTS = {
    "unverified": _(
        "An answer from a calendar. Our mail server does not vouch for the sender: ask the family first."
    ),
    "foreign": _("An answer from a calendar to an invitation that this person does not have."),
    "unreadable": _("We could not read this mail to its end. The whole mail lies in the mailbox."),
    "returned": _(
        "A letter of ours came back, and the report does not say which. See whom it was for, and call."
    ),
}

PROFESSIONS = {
    "psychologist": _("psychologist"),
    "speech_therapist": _("speech therapist"),
    "defectologist": _("defectologist"),
    "social_pedagogue": _("social pedagogue"),
    "educator": _("educator"),
    "methodist": _("methodist"),
    "nurse": _("nurse"),
    "music_leader": _("music leader"),
    "pe_instructor": _("PE instructor"),
}

ROLES = {
    "deputy_director": _("deputy director"),
    "head": _("head"),
    "methodist": _("methodist"),
    "specialist": _("specialist"),
    "registrar": _("registrar"),
    "administrator": _("administrator"),
}

VERDICTS = {
    "works": _("works"),
    "weak": _("weak"),
    "fails": _("does not work"),
    "unknown": _("not measured"),
}

CHECK_ITEMS = {
    "workplace": _("Workplace"),
    "camera": _("Camera"),
    "microphone": _("Microphone"),
    "sound": _("Sound"),
    "link": _("Link to the video server"),
    "program": _("Program"),
}

LANGUAGE_NAMES = {"ru": "Русский", "kk": "Қазақша", "en": "English"}
SPOKEN = {"ru": _("Russian"), "kk": _("Kazakh"), "en": _("English")}
LOCALES = {"ru": "ru_RU", "kk": "kk_KZ", "en": "en_GB"}  # as Open Graph writes them
LANGUAGE_SHORT = {"ru": "Рус", "kk": "Қаз", "en": "Eng"}
WEEKDAYS = (
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
    _("Sunday"),
)

HOLIDAYS = {
    "Capital Day": _("Capital Day"),
    "Christmas Day": _("Christmas"),
    "Constitution Day": _("Constitution Day"),
    "Defender of the Fatherland Day": _("Defender of the Fatherland Day"),
    "Eid al-Adha": _("Eid al-Adha"),
    "Holiday of Spring and Labor": _("Spring and Labour Day"),
    "Independence Day": _("Independence Day"),
    "International Women's Day": _("International Women's Day"),
    "Kazakhstan's People Solidarity Holiday": _("Unity Day of the People of Kazakhstan"),
    "New Year Holidays": _("New Year holidays"),
    "New Year's Day": _("New Year"),
    "Nowruz Holiday": _("Nauryz"),
    "Orthodox Christmas": _("Orthodox Christmas"),
    "Republic Day": _("Republic Day"),
    "Russia Day": _("Russia Day"),
    "Unity Day": _("Unity Day"),
    "Victory Day": _("Victory Day"),
}  # by the name that the official calendars carry in English

REFUSALS = {
    "SlotTaken": _("That time has just been taken. Free the same day: %(free)s. Everything else is kept."),
    "NotFree": _("That time is not free. Free the same day: %(free)s."),
    "OnDayOff": _("A day off: %(day)s. Choose another day."),
    "ColleagueNotFree": _("This colleague is not free then. Choose another, or cancel."),
    "WrongState": _("Somebody has changed this in the meantime."),
    "AlreadyDecided": _("Already decided: %(who)s, %(time)s. Yours was not saved; see the result below."),
    "AlreadyReported": _("This is reported already. See how it stands now."),
    "TooLong": _("The limit is %(limit)s minutes. Shorten it or plan two meetings."),
    "InThePast": _("This time has passed. Choose a later one."),
    "InTheFuture": _("This time is in the future. Enter when the request arrived."),
    "TooLongAgo": _("That is over a year ago. Check the year."),
    "MeansNotAllowed": _("The centre does not offer this means. Choose one of the list."),
    "ContactMissing": _("Give an e-mail or a phone number. One is enough."),
    "PhoneNeeded": _("For this we call you: give a phone number. Example: %(example)s"),
    "AddressUnusable.no_at": _("The address has no @. Example: name@example.org"),
    "AddressUnusable.no_domain": _("Letters cannot reach this address. Check the part after the @."),
    "AddressUnusable.other": _("Something is wrong in this address. Example: name@example.org"),
    "PhoneUnusable.too_short": _("Some digits are missing. Example: %(example)s"),
    "PhoneUnusable.other": _("This is not a phone number. Example: %(example)s"),
    "AlreadyTold": _("The subscribers know of this meeting. With a new date they can be told again."),
    "NobodySubscribed": _("Nobody would get it: there are no subscribers for this topic yet."),
    "ConsentMissing.mailing": _("Tick the box: without your consent we do not write."),
    "ConsentMissing": _("We need your consent to take the request. Read the text and tick the box."),
    "TooManyOpenRequests": _(
        "You already have three open requests. Open one of them from its letter, or call %(phone)s"
    ),
    "AskedAlready": _("This request is with us already, no need to send it again. Questions? Call %(phone)s"),
    "AddressBlocked": _(
        "We do not write to this address: its owner asked us not to. Give another one or a phone."
    ),
    "ReasonMissing": _("Write the reason: the parent will read it."),
    "TooManyTimes": _("At most %(most)s times. Untick some."),
    "NothingChosen": _("Choose one."),
    "TooLate": _("It is too late for that here. Call %(phone)s"),
    "OwnDecision": _("Nobody decides about themselves. Ask your stand-in."),
    "Unreadable": _("We could not read this. Example: %(example)s"),
    "AlreadyExists": _("This code is taken already. Choose another."),
    "AddressTaken": _("Somebody signs in with this address already. Look in the list, or give another."),
    "HoursRepeated": _("These hours are in your week already."),
    "SignInRefused": _(
        "That address and password do not fit, or there were too many tries. Try again in 15 minutes."
    ),
    "SamePerson": _("The stand-in must be another person."),
    "MessengerNotAllowed": _("Schools in this country may not use foreign messengers. Untick it."),
    "OutcomeMissing": _("Write a few words: a colleague will read them."),
    "HelpTooLong": _("Help on the phone is at most %(most)s minutes. Longer needs an appointment."),
    "NothingChanged": _("Nothing has changed. The last version stays in force."),
    "TextMissing": _("Write this text in the centre's own language."),
    "NotYet": _("This time has not come yet. Enter the actual one."),
    "EarlyNoShow": _(
        "%(minutes)s minutes have not passed yet: the family may only be late. Wait, or tick this box."
    ),
    "EndBeforeStart": _("The end must lie after the start."),
    "CheckUnfinished": _("Something is not checked yet. Measure it or tick it, or press “Does not work”."),
    "NotOpen": _("The room is not open now."),
    "EventOver.over": _("Registration is closed: the meeting is over or not announced."),
    "EventOver.cancelled": _("This meeting does not take place. See what else is planned."),
    "RegisteredByOffice": _("For this meeting the centre registers. Call us."),
    "TooManyRegistrations": _("There were too many registrations. Try again later, or call %(phone)s"),
    "PresenceMissing": _("Write who of the parents will be there with the child."),
    "WrongSize": _("A number from %(least)s to %(most)s, please."),
    "AddressUnsafe": _("The address must begin with https://"),
    "BroadcastNeeded": _(
        "The video server carries %(carries)s people, hosts included. Set %(seats)s seats, or give a broadcast address."
    ),
    "WordsMissing": _("Write a few words."),
    "QuestionTooLong": _("At most %(most)s characters; these are %(typed)s. Shorten it a little."),
    "TooManyQuestions": _("%(most)s of your questions wait already. Wait until one is answered."),
    "FileMissing": _("Choose a file or give a link."),
    "FileTooLarge": _("The file is too large. The limit is %(most)s MB. Make it smaller or give a link."),
    "FileOfWrongKind": _("This kind of file cannot be handed out. These can: %(kinds)s"),
    "TooManyMaterials": _("At most %(most)s materials. Remove one first."),
    "PasswordTooWeak": _("At least %(least)s characters. A sentence is a good password."),
}


def calendar_summary(event_form: str | None, centre: str) -> str:
    """A meeting as calendars name it: who looks over the shoulder must not learn what it is about.

    ``event_form``: ``None`` for a consultation of one family; ``centre``: its short name.
    """
    match event_form:
        case None:
            return str(_("Consultation: %(centre)s", centre=centre))
        case "webinar":
            return str(_("Webinar: %(centre)s", centre=centre))
        case _:
            return str(_("Group meeting: %(centre)s", centre=centre))


def refusal(error: Exception) -> str:
    """The sentence for a domain error, in the language of the moment."""
    facts = getattr(error, "facts", {})
    name = type(error).__name__
    key = f"{name}.{facts['reason']}" if "reason" in facts else name
    sentence: LazyString | str = REFUSALS[key]
    if "free" in facts:
        facts = {**facts, "free": _free_hours(facts["free"], facts["zone"])}
    if "day" in facts:
        facts = {**facts, "day": formatting.day(facts["day"], str(get_locale()))}
    if "phone" in facts:
        facts = {**facts, "phone": formatting.phone(facts["phone"])}
    if "at" in facts:
        facts = {**facts, "time": formatting.hour(facts["at"], facts["zone"])}
    return str(sentence) % facts


def _free_hours(times: Sequence[datetime], zone: str) -> str:
    """``09:20, 10:00 (Екатеринбург, UTC+5)``: whoever reads it may live by another clock."""
    if not times:
        return str(_("none"))
    hours = ", ".join(formatting.hour(starts_at, zone) for starts_at in times)
    return f"{hours} ({formatting.place(times[0], zone, str(get_locale()))})"


def means(code: str) -> str:
    return str(MEANS.get(code, code))


def holiday(names: str) -> str:
    """``День Победы`` for "Victory Day"; two on one day as ``День Победы, Курбан-айт``. Empty for other days."""
    return ", ".join(str(HOLIDAYS[name]) for name in names.split("; ") if name in HOLIDAYS)


def measured(item: str, found: Measurements) -> str:
    """``1280 × 720, кадров в секунду: 30``: what the browser measured of one thing; empty where it did not."""
    camera, microphone = found.camera, found.microphone
    if item == "camera" and camera is not None and camera.width:
        width, height = f"{camera.width:.0f}", f"{camera.height:.0f}"
        frames = "–" if camera.frames_per_second is None else f"{camera.frames_per_second:.0f}"
        size = {"width": width, "height": height, "frames": frames}
        return str(_("%(width)s × %(height)s, %(frames)s pictures a second", **size))
    if item == "microphone" and microphone is not None and microphone.level is not None:
        return str(_("speech %(level)s dB", level=f"{microphone.level:.0f}"))
    if item == "link" and found.failed_share is not None:
        trip = "–" if found.round_trip is None else f"{found.round_trip:.0f}"
        lost = f"{found.failed_share * 100:.0f}"
        return str(_("%(milliseconds)s ms there and back, failed %(lost)s %%", milliseconds=trip, lost=lost))
    return found.program.name if item == "program" and found.program is not None else ""


def profession(code: str) -> str:
    return str(PROFESSIONS.get(code, code))
