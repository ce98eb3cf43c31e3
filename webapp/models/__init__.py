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
    "HelpRequest",
    "HoursException",
    "Invitation",
    "JournalCorrection",
    "JournalEntry",
    "Letter",
    "Occupancy",
    "Offer",
    "OfferedTime",
    "Participation",
    "PersonalLink",
    "Pulse",
    "SignInAttempt",
    "Staff",
    "StaffRole",
    "StaffSession",
    "Topic",
    "TopicSpecialist",
    "WeeklyHours",
    "WishedTime",
    "db",
]
