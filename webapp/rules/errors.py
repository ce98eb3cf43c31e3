"""What can be refused, by name. ``webapp.wording`` says each in the reader's language."""


class DomainError(Exception):
    """A refusal. ``field`` is the form field beside which it stands; ``facts`` fill its sentence."""

    def __init__(self, field: str | None = None, **facts: object) -> None:
        super().__init__(type(self).__name__)
        self.field = field
        self.facts = facts


class SlotTaken(DomainError):
    """The time has just gone. ``free``: what begins the same day instead; ``zone``: whose day it is."""


class WrongState(DomainError):
    """The record is no longer where the person saw it; the page shows where it is now."""


class AlreadyDecided(DomainError):
    """Somebody was faster. ``who``, ``at``, ``zone``: of the decision that holds."""


class AlreadyReported(DomainError):
    """A case of this consultation is open."""


class TooLong(DomainError):
    """An online session above the centre's limit. ``limit``: minutes."""


class NotFree(DomainError):
    """A chosen time is not among the free ones any more. ``free``, ``zone``: as for :class:`SlotTaken`."""


class OnDayOff(DomainError):
    """A time on a day on which nobody works. ``day``: its date."""


class ColleagueNotFree(DomainError):
    """Who should take a session over does not work then, or is taken."""


class InThePast(DomainError):
    """A time that has passed already."""


class InTheFuture(DomainError):
    """A receipt that has not happened yet."""


class TooLongAgo(DomainError):
    """A receipt of another year: the date is mistyped."""


class MeansNotAllowed(DomainError):
    """A means that the centre does not offer."""


class ContactMissing(DomainError):
    """Neither e-mail nor phone."""


class PhoneNeeded(DomainError):
    """A means for which somebody must be called, and no number. ``example``: a number."""


class AddressUnusable(DomainError):
    """Not an e-mail address that a letter could reach. ``reason``: no_at | no_domain | other."""


class PhoneUnusable(DomainError):
    """Not a phone number. ``reason``: too_short | other; ``example``: one that would do."""


class ConsentMissing(DomainError):
    """A request without consent."""


class TooManyOpenRequests(DomainError):
    """This contact has the most open requests that one family may have. ``phone``: of the centre."""


class AskedAlready(DomainError):
    """The same request once more. ``phone``: of the centre."""


class AddressBlocked(DomainError):
    """Somebody said "this wasn't me" about the address."""


class ReasonMissing(DomainError):
    """A refusal without the reason that the parent reads."""


class TooManyTimes(DomainError):
    """More offered or wished times than allowed. ``most``: how many."""


class NothingChosen(DomainError):
    """A choice was left open."""


class TooLate(DomainError):
    """The moment for it has passed. ``phone``: whom to call instead."""


class OwnDecision(DomainError):
    """Nobody decides about themselves."""


class Unreadable(DomainError):
    """A value that means nothing: a date, a time, a number."""


class AlreadyExists(DomainError):
    """Something of that code is there already."""


class AddressTaken(DomainError):
    """Somebody of the staff, here or of another centre, signs in with this address."""


class HoursRepeated(DomainError):
    """The same weekly hours once more."""


class SignInRefused(DomainError):
    """Wrong address or password, or too many tries: the answer does not say which."""


class NotYet(DomainError):
    """What is noted as having happened lies in the future."""


class EndBeforeStart(DomainError):
    """An end that is not after its start."""


class EarlyNoShow(DomainError):
    """Who is not there yet may only be late: it must be confirmed. ``minutes``: how long to wait."""


class CheckUnfinished(DomainError):
    """Something of the equipment check is neither measured nor ticked."""


class NotOpen(DomainError):
    """Nobody can be in the room now."""


class PasswordTooWeak(DomainError):
    """Too short. ``least``: characters."""


class SamePerson(DomainError):
    """Somebody would stand in for themselves."""


class MessengerNotAllowed(DomainError):
    """A foreign messenger in a country whose schools may not use one."""


class NothingChanged(DomainError):
    """A new version that says the same as the last one."""


class TextMissing(DomainError):
    """A text that must be there at least in the centre's language."""


class OutcomeMissing(DomainError):
    """A call without the words that tell a colleague what came of it."""


class HelpTooLong(DomainError):
    """Help on the phone beyond what needs no appointment. ``most``: minutes."""


class EventOver(DomainError):
    """An event that takes no registrations. ``reason``: over | cancelled."""


class RegisteredByOffice(DomainError):
    """An event for which only the centre registers."""


class TooManyRegistrations(DomainError):
    """The quota of this contact or source is used up. ``phone``: of the centre."""


class PresenceMissing(DomainError):
    """Children take part, and nobody said who of the parents will be there."""


class WrongSize(DomainError):
    """A hall smaller than its minimum or larger than its type allows. ``least``, ``most``: people."""


class AddressUnsafe(DomainError):
    """A link that is not an https address."""


class BroadcastNeeded(DomainError):
    """More seats than the video server carries. ``carries``: how many people; ``seats``: without the hosts."""


class WordsMissing(DomainError):
    """A text that must not be empty."""


class QuestionTooLong(DomainError):
    """A question beyond what a host can read out. ``most``, ``typed``: letters."""


class TooManyQuestions(DomainError):
    """One person has asked as many questions as wait for an answer at most. ``most``: how many."""


class FileMissing(DomainError):
    """Neither a file nor a link."""


class FileTooLarge(DomainError):
    """``most``: megabytes."""


class FileOfWrongKind(DomainError):
    """Not one of the kinds that may be handed out, or not what its name says. ``kinds``: as text."""


class TooManyMaterials(DomainError):
    """``most``: how many an event may have."""


class AlreadyTold(DomainError):
    """The subscribers know of the event, and its date is still the same."""


class NobodySubscribed(DomainError):
    """A mailing that would reach nobody."""
