"""What the staff and the family are told about a case, apart from the letter that tells the new time."""

from datetime import datetime
from typing import Any

from webapp.models import Centre, Staff, db
from webapp.rules.letters import LetterKind
from webapp.rules.moves import Cause
from webapp.services.consultations.confirmation import meeting_facts, specialists_of
from webapp.services.mail.correspondence import tell_family, tell_staff
from webapp.services.moves import deciding
from webapp.services.moves.move_cases import MoveCase
from webapp.services.seats import participant_letters


def tell_first(centre: Centre, case: MoveCase, kind: LetterKind, now: datetime, **more: Any) -> None:
    """To the one who is to decide; where nobody is left, the page of the case says so."""
    for person in deciding.chain(centre, case.own)[:1]:
        tell_one(person, case, kind, now, **more)


def tell_one(person: Staff, case: MoveCase, kind: LetterKind, now: datetime, **more: Any) -> None:
    tell_staff(
        person,
        kind,
        _facts(case, **more),
        now,
        occasion=f"case:{case.move.id}",
        request=case.request,
        consultation=case.consultation,
        event=case.event,
    )


def tell_times_refused(offered_by: Staff, case: MoveCase, told_what_suits: bool, now: datetime) -> None:
    """A case may see several offers: each refusal is told."""
    assert case.request is not None  # times are offered to a family
    tell_staff(
        offered_by,
        LetterKind.TIMES_REFUSED,
        {"number": case.request.number, "case_id": case.move.id, "told_what_suits": told_what_suits},
        now,
        occasion=f"case:{case.move.id}:{now.isoformat()}",
        request=case.request,
        consultation=case.consultation,
    )


def tell_that_it_goes_on(case: MoveCase, now: datetime) -> None:
    """The page told people not to wait: they hear that they may come in after all."""
    meeting = case.consultation
    if case.move.cause == Cause.FAMILY or not meeting.starts_at <= now < meeting.ends_at:
        return
    occasion = f"case:{case.move.id}"
    if case.event is not None:
        people = participant_letters.seated_in(meeting.id)
        participant_letters.tell(
            people,
            LetterKind.CONSULTATION_GOES_ON,
            meeting,
            now,
            occasion=occasion,
            case_id=case.move.id,
        )
    elif case.request is not None:
        tell_family(
            case.request,
            LetterKind.CONSULTATION_GOES_ON,
            {**meeting_facts(meeting), "case_id": case.move.id},
            now,
            occasion=occasion,
            consultation_id=meeting.id,
        )


def _facts(case: MoveCase, **more: Any) -> dict[str, Any]:
    """What letters to the staff tell of a case."""
    reporter = db.session.get(Staff, case.move.reported_by) if case.move.reported_by else None
    people = specialists_of(case.consultation)
    return {
        **meeting_facts(case.consultation, people),
        "case_id": case.move.id,
        "number": case.request.number if case.request else "",
        "specialist": reporter.name if reporter else ", ".join(person.name for person in people),
        "staff_phone": reporter.phone if reporter else "",
        "failure": case.move.failure,
        "words": "" if case.move.cause == Cause.FAMILY else case.move.words,  # a family's stay on the page
        "due_at": case.move.due_at.isoformat(),
        **more,
    }
