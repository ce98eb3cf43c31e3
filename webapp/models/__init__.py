"""The rows of Kenes."""

from webapp.models.audit import AuditRecord
from webapp.models.base import Base, db
from webapp.models.centre import CalendarCorrection, Centre, ConsentText, Topic, TopicSpecialist
from webapp.models.consultation import (
    Consultation,
    ConsultationSpecialist,
    Engagement,
    EquipmentCheck,
    Occupancy,
    Participation,
)
from webapp.models.group import (
    EventType,
    GroupEvent,
    Material,
    Presence,
    Question,
    QuestionVote,
    Registration,
)
from webapp.models.help_request import (
    BlockedAddress,
    ConnectionProblem,
    HelpRequest,
    Offer,
    OfferedTime,
    PersonalLink,
    WishedTime,
)
from webapp.models.journal import JournalCorrection, JournalEntry
from webapp.models.letter import CallTask, Letter, Pulse
from webapp.models.mailing import Mailing, Subscriber, SubscriberTopic
from webapp.models.move import InboxMail, Move
from webapp.models.people import (
    Absence,
    HoursException,
    Invitation,
    SignInAttempt,
    Staff,
    StaffRole,
    StaffSession,
    WeeklyHours,
)

__all__ = [
    "Absence",
    "AuditRecord",
    "Base",
    "BlockedAddress",
    "CalendarCorrection",
    "CallTask",
    "Centre",
    "ConnectionProblem",
    "ConsentText",
    "Consultation",
    "ConsultationSpecialist",
    "Engagement",
    "EquipmentCheck",
    "EventType",
    "GroupEvent",
    "HelpRequest",
    "HoursException",
    "InboxMail",
    "Invitation",
    "JournalCorrection",
    "JournalEntry",
    "Letter",
    "Mailing",
    "Material",
    "Move",
    "Occupancy",
    "Offer",
    "OfferedTime",
    "Participation",
    "PersonalLink",
    "Presence",
    "Pulse",
    "Question",
    "QuestionVote",
    "Registration",
    "SignInAttempt",
    "Staff",
    "StaffRole",
    "StaffSession",
    "Subscriber",
    "SubscriberTopic",
    "Topic",
    "TopicSpecialist",
    "WeeklyHours",
    "WishedTime",
    "db",
]
