"""Who may do what: one table."""

from enum import StrEnum


class Role(StrEnum):
    DEPUTY_DIRECTOR = "deputy_director"
    HEAD = "head"
    METHODIST = "methodist"
    SPECIALIST = "specialist"
    REGISTRAR = "registrar"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    SEE_REQUESTS = "see_requests"
    ASSIGN_REQUESTS = "assign_requests"
    ANSWER_REQUESTS = "answer_requests"
    ENTER_REQUESTS = "enter_requests"
    MAKE_CALLS = "make_calls"
    READ_MAIL = "read_mail"
    READ_STRAY_MAIL = "read_stray_mail"  # to no centre that is known
    WATCH_DEADLINES = "watch_deadlines"
    READ_JOURNAL = "read_journal"
    HOLD_CONSULTATIONS = "hold_consultations"
    KEEP_OWN_HOURS = "keep_own_hours"
    CANCEL_CONSULTATIONS = "cancel_consultations"
    DECIDE_MOVES = "decide_moves"
    PREPARE_EVENTS = "prepare_events"
    APPROVE_EVENTS = "approve_events"
    REGISTER_FOR_EVENTS = "register_for_events"
    SET_UP_CENTRE = "set_up_centre"
    MANAGE_STAFF = "manage_staff"


PERMISSIONS: dict[Permission, frozenset[Role]] = {
    Permission.SEE_REQUESTS: frozenset({Role.DEPUTY_DIRECTOR, Role.HEAD, Role.METHODIST}),
    Permission.ASSIGN_REQUESTS: frozenset({Role.DEPUTY_DIRECTOR, Role.HEAD, Role.METHODIST}),
    Permission.ANSWER_REQUESTS: frozenset({Role.DEPUTY_DIRECTOR, Role.HEAD}),
    Permission.ENTER_REQUESTS: frozenset({Role.REGISTRAR, Role.DEPUTY_DIRECTOR, Role.HEAD, Role.METHODIST}),
    Permission.MAKE_CALLS: frozenset({Role.REGISTRAR, Role.DEPUTY_DIRECTOR, Role.HEAD}),
    Permission.READ_MAIL: frozenset({Role.REGISTRAR, Role.DEPUTY_DIRECTOR, Role.HEAD}),
    Permission.READ_STRAY_MAIL: frozenset({Role.ADMINISTRATOR}),
    Permission.WATCH_DEADLINES: frozenset({Role.DEPUTY_DIRECTOR, Role.HEAD}),
    Permission.READ_JOURNAL: frozenset({Role.DEPUTY_DIRECTOR, Role.HEAD, Role.REGISTRAR}),
    Permission.HOLD_CONSULTATIONS: frozenset({Role.SPECIALIST}),
    Permission.KEEP_OWN_HOURS: frozenset({Role.SPECIALIST}),
    Permission.CANCEL_CONSULTATIONS: frozenset({Role.DEPUTY_DIRECTOR, Role.HEAD}),
    Permission.DECIDE_MOVES: frozenset({Role.DEPUTY_DIRECTOR, Role.HEAD}),
    Permission.PREPARE_EVENTS: frozenset({Role.SPECIALIST, Role.METHODIST, Role.DEPUTY_DIRECTOR, Role.HEAD}),
    Permission.APPROVE_EVENTS: frozenset({Role.DEPUTY_DIRECTOR, Role.HEAD}),
    Permission.REGISTER_FOR_EVENTS: frozenset(
        {Role.REGISTRAR, Role.METHODIST, Role.DEPUTY_DIRECTOR, Role.HEAD}
    ),
    Permission.SET_UP_CENTRE: frozenset({Role.ADMINISTRATOR, Role.HEAD}),
    Permission.MANAGE_STAFF: frozenset({Role.ADMINISTRATOR, Role.HEAD}),
}


def may(roles: frozenset[str], permission: Permission) -> bool:
    return not PERMISSIONS[permission].isdisjoint(roles)
