"""Closing a session: held or not, the line in the journal, what the family gets and what stays inside."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import (
    NOW,
    THURSDAY_NINE,
    make_centre,
    make_consultation,
    make_request,
    make_series,
    make_specialist,
)
from webapp.models import (
    AuditRecord,
    CallTask,
    Centre,
    Consultation,
    ConsultationSpecialist,
    HelpRequest,
    JournalCorrection,
    JournalEntry,
    Letter,
    Occupancy,
    Offer,
    Participation,
    Staff,
    db,
)
from webapp.rules.errors import EarlyNoShow, EndBeforeStart, NotFree, NotYet, WrongState
from webapp.services.consultations import offers
from webapp.services.consultations import write_up as service
from webapp.services.consultations.write_up import WriteUp
from webapp.services.help_requests import answers

ENDS = THURSDAY_NINE + timedelta(minutes=40)
AFTER = THURSDAY_NINE + timedelta(hours=2)
NEXT_WEEK = THURSDAY_NINE + timedelta(days=7)
WENT_WELL = WriteUp(
    held=True,
    began_at=THURSDAY_NINE + timedelta(minutes=1),
    finished_at=ENDS - timedelta(minutes=1),
    means="video",
    topic="Общение со сверстниками",
    recommendation="Десять минут игры каждый вечер.",
    inner_note="Поговорить с классным руководителем.",
)
NO_SHOW = WriteUp(
    held=False,
    began_at=None,
    finished_at=None,
    means="video",
    topic="",
    recommendation="",
    inner_note="",
    not_held_reason="no_show",
)


class Scene:
    def __init__(self, **values: Any) -> None:
        self.centre: Centre = make_centre()
        self.specialist: Staff = make_specialist(self.centre)
        self.request: HelpRequest = make_request(self.centre, phone="+79160000000", **values)
        means = values.get("means", "video")
        self.consultation: Consultation = make_consultation(
            self.centre, self.specialist, request=self.request, means=means
        )

    def write_up(self, what: WriteUp, now: datetime = AFTER) -> None:
        service.write_up(self.centre, self.request, self.consultation, what, now, staff_id=self.specialist.id)
        db.session.flush()

    def entry(self) -> JournalEntry:
        db.session.expire_all()
        return db.session.scalars(sa.select(JournalEntry)).one()


@pytest.fixture
def scene(app: Flask) -> Scene:
    return Scene()


def letters(kind: str) -> list[Letter]:
    return list(db.session.scalars(sa.select(Letter).where(Letter.kind == kind)))


def test_a_held_session_gets_its_line(scene: Scene) -> None:
    scene.write_up(WENT_WELL)
    entry = scene.entry()
    assert (entry.year, entry.number, entry.minutes, entry.means) == (2026, 1, 38, "video")
    assert (entry.child, entry.topic) == ("А. К., 11", "Общение со сверстниками")
    assert entry.specialists == "Ольга Сергеевна Вяземская"
    assert scene.consultation.state == "held"
    assert scene.request.state == "closed"
    assert db.session.scalar(sa.select(Participation.state)) == "attended"


def test_the_family_gets_a_letter_and_never_the_inner_note(scene: Scene) -> None:
    scene.write_up(WENT_WELL)
    scene.request.email_confirmed_at = None
    assert scene.consultation.recommended_at == AFTER
    assert "Поговорить" not in str([letter.facts for letter in letters("recommendation")])


@pytest.mark.parametrize("offered", [True, False])
def test_the_letter_tells_whether_the_next_meeting_is_still_to_be_chosen(scene: Scene, offered: bool) -> None:
    scene.request.email_confirmed_at = NOW
    if not offered:
        make_series(scene.centre, scene.specialist, [NEXT_WEEK], request=scene.request)
    scene.write_up(replace(WENT_WELL, next_time=NEXT_WEEK if offered else None))
    (letter,) = letters("recommendation")
    assert letter.facts == {"next_at": NEXT_WEEK.isoformat(), "next_is_offered": offered}


def test_without_a_recommendation_nothing_is_sent(scene: Scene) -> None:
    scene.write_up(replace(WENT_WELL, recommendation="  "))
    assert letters("recommendation") == []
    assert scene.consultation.recommended_at is None


def test_a_confirmed_address_is_told_of_the_recommendations(scene: Scene) -> None:
    scene.request.email_confirmed_at = THURSDAY_NINE
    scene.write_up(WENT_WELL)
    assert len(letters("recommendation")) == 1


def test_numbers_run_on_within_the_centre_and_the_year(app: Flask) -> None:
    first, other_centre = Scene(), Scene()
    first.write_up(WENT_WELL)
    other_centre.write_up(WENT_WELL)
    second = make_consultation(first.centre, first.specialist, at=THURSDAY_NINE + timedelta(hours=1))
    request = db.session.get_one(HelpRequest, second.help_request_id)
    begins = THURSDAY_NINE + timedelta(hours=1)
    what = replace(WENT_WELL, began_at=begins, finished_at=begins + timedelta(minutes=30))
    service.write_up(first.centre, request, second, what, AFTER, staff_id=first.specialist.id)
    numbers = db.session.execute(
        sa.select(JournalEntry.centre_id, JournalEntry.number).order_by(JournalEntry.id)
    )
    assert [tuple(row) for row in numbers] == [
        (first.centre.id, 1),
        (other_centre.centre.id, 1),
        (first.centre.id, 2),
    ]


@pytest.mark.parametrize(("late", "flagged"), [(1, False), (2, True)])
def test_an_overrun_of_two_minutes_is_flagged(scene: Scene, late: int, flagged: bool) -> None:
    scene.write_up(replace(WENT_WELL, finished_at=ENDS + timedelta(minutes=late)))
    assert scene.entry().overrun is flagged


def test_a_consultation_by_phone_is_held_without_a_line(app: Flask) -> None:
    scene = Scene(means="phone")
    scene.write_up(replace(WENT_WELL, means="phone"))
    assert scene.consultation.state == "held"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(JournalEntry)) == 0


def test_a_no_show_is_not_held_and_has_no_line(scene: Scene) -> None:
    scene.write_up(NO_SHOW)
    assert (scene.consultation.state, scene.consultation.not_held_reason) == ("not_held", "no_show")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(JournalEntry)) == 0
    assert db.session.scalar(sa.select(Participation.state)) == "absent"


def test_a_no_show_can_be_undone(scene: Scene) -> None:
    scene.write_up(NO_SHOW)
    scene.write_up(WENT_WELL)
    assert scene.consultation.state == "held"
    assert scene.entry().struck_at is None


def at_minute(minutes: int) -> datetime:
    return THURSDAY_NINE + timedelta(minutes=minutes)


def test_who_is_not_there_yet_may_only_be_late(scene: Scene) -> None:
    with pytest.raises(EarlyNoShow):
        scene.write_up(NO_SHOW, at_minute(14))
    assert scene.consultation.state == "planned"


def test_an_early_no_show_is_noted_by_who_means_it(scene: Scene) -> None:
    scene.write_up(replace(NO_SHOW, early_is_meant=True), at_minute(5))
    assert scene.consultation.state == "not_held"


def test_a_technical_failure_need_not_wait_and_blames_nobody(scene: Scene) -> None:
    scene.request.email_confirmed_at = NOW
    scene.write_up(replace(NO_SHOW, not_held_reason="technical"), at_minute(5))
    assert letters("did_not_come") == []


def test_whoever_did_not_come_gets_one_kind_letter_however_often_it_is_noted(scene: Scene) -> None:
    scene.request.email_confirmed_at = NOW
    for what in (NO_SHOW, WENT_WELL, NO_SHOW):
        scene.write_up(what)
    assert len(letters("did_not_come")) == 1


def test_without_an_address_the_office_calls_and_not_once_the_family_came(scene: Scene) -> None:
    scene.request.email = None
    scene.write_up(NO_SHOW, at_minute(15))
    call = db.session.scalars(sa.select(CallTask).where(CallTask.kind == "did_not_come")).one()
    assert call.moot_at is None
    scene.write_up(WENT_WELL)
    db.session.expire_all()
    assert call.moot_at == AFTER


def test_coming_at_minute_twenty_undoes_it_and_the_history_keeps_both(scene: Scene) -> None:
    scene.write_up(NO_SHOW, at_minute(15))
    scene.write_up(replace(WENT_WELL, began_at=at_minute(20)))
    actions = sa.select(AuditRecord.action, AuditRecord.at).order_by(AuditRecord.id)
    noted = [tuple(row) for row in db.session.execute(actions) if row.action.startswith("consultation.")]
    assert noted == [("consultation.miss", at_minute(15)), ("consultation.hold", AFTER)]
    assert scene.entry().minutes == 19
    assert db.session.scalar(sa.select(Participation.state)) == "attended"


def test_what_was_not_held_after_all_is_struck_and_not_erased(scene: Scene) -> None:
    scene.write_up(WENT_WELL)
    scene.write_up(NO_SHOW)
    assert scene.entry().struck_at == AFTER
    scene.write_up(replace(WENT_WELL, topic="Другая тема"))
    entry = scene.entry()
    assert (entry.struck_at, entry.topic, entry.number) == (None, "Другая тема", 1)
    assert db.session.scalars(sa.select(JournalCorrection.before)).one() == {
        "topic": "Общение со сверстниками"
    }


def test_the_same_form_sent_twice_is_written_once(scene: Scene) -> None:
    scene.write_up(WENT_WELL)
    with pytest.raises(WrongState):
        scene.write_up(WENT_WELL)


def test_the_next_date_is_an_offer_and_not_a_booking(scene: Scene) -> None:
    scene.write_up(replace(WENT_WELL, next_time=NEXT_WEEK))
    assert scene.request.state == "offered"
    assert db.session.scalars(sa.select(Offer.state)).one() == "open"
    assert scene.entry().next_at == NEXT_WEEK
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Consultation)) == 1


def test_a_next_date_that_nobody_needs_is_let_go_and_the_meeting_stays_held(scene: Scene) -> None:
    scene.write_up(replace(WENT_WELL, next_time=NEXT_WEEK))
    answers.no_further_meeting(scene.request, AFTER)
    assert (scene.request.state, scene.consultation.state) == ("closed", "held")
    assert db.session.scalars(sa.select(Offer.state)).one() == "refused"
    make_consultation(scene.centre, scene.specialist, at=NEXT_WEEK)


def test_no_further_meeting_is_said_also_when_the_offer_ran_out(scene: Scene) -> None:
    scene.write_up(replace(WENT_WELL, next_time=NEXT_WEEK))
    offers.lapse_due(NEXT_WEEK)
    assert (scene.request.state, scene.request.family_silent) == ("assigned", True)
    answers.no_further_meeting(scene.request, NEXT_WEEK)
    assert (scene.request.state, scene.request.family_silent) == ("closed", False)


def test_a_request_without_a_meeting_is_not_closed_by_that(app: Flask) -> None:
    request = make_request(make_centre())
    with pytest.raises(WrongState):
        answers.no_further_meeting(request, NOW)


def test_a_next_date_that_is_not_free_is_refused(scene: Scene) -> None:
    make_consultation(scene.centre, scene.specialist, at=NEXT_WEEK)
    with pytest.raises(NotFree):
        scene.write_up(replace(WENT_WELL, next_time=NEXT_WEEK))


def test_free_times_for_the_next_date_are_really_free(scene: Scene) -> None:
    make_consultation(scene.centre, scene.specialist, at=NEXT_WEEK)
    offered = [slot.start for slot in service.next_times(scene.centre, scene.consultation, AFTER)]
    assert offered
    assert NEXT_WEEK not in offered


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"finished_at": WENT_WELL.began_at}, EndBeforeStart),
        ({"began_at": None}, EndBeforeStart),
        ({"finished_at": AFTER + timedelta(minutes=1)}, NotYet),
    ],
)
def test_impossible_times_are_refused(scene: Scene, change: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        scene.write_up(replace(WENT_WELL, **change))


def test_nothing_is_written_up_before_it_began(scene: Scene) -> None:
    with pytest.raises(NotYet):
        scene.write_up(NO_SHOW, THURSDAY_NINE - timedelta(minutes=1))


def test_a_draft_keeps_the_words_and_tells_nobody(scene: Scene) -> None:
    service.save_draft(scene.consultation, WENT_WELL)
    assert scene.consultation.recommendation == "Десять минут игры каждый вечер."
    assert scene.consultation.recommended_at is None
    assert scene.consultation.state == "planned"
    assert letters("recommendation") == []


# --- What the form begins with ----------------------------------------------------------------------------


def present(scene: Scene, guest_id: str, joined: int, left: int | None) -> None:
    left_at = THURSDAY_NINE + timedelta(minutes=left) if left is not None else None
    db.session.add(
        Occupancy(
            consultation_id=scene.consultation.id,
            room_jid="room@muc",
            occupant_jid=f"{guest_id}@x/{joined}",
            guest_id=guest_id,
            joined_at=THURSDAY_NINE + timedelta(minutes=joined),
            left_at=left_at,
        )
    )
    db.session.flush()


def guests(scene: Scene) -> tuple[str, str]:
    ours = db.session.scalars(sa.select(ConsultationSpecialist.guest_id)).one()
    theirs = db.session.scalars(sa.select(Participation.guest_id)).one()
    assert scene.consultation.id
    return ours, theirs


def prefilled(scene: Scene) -> service.Prefill:
    return service.prefill(scene.consultation, scene.request, "Страхи", AFTER)


def test_without_events_the_planned_times_stand_there(scene: Scene) -> None:
    found = prefilled(scene)
    assert (found.began_at, found.finished_at, found.together_minutes) == (THURSDAY_NINE, ENDS, None)
    assert (found.means, found.topic, found.held) == ("video", "Страхи", True)


def test_the_time_that_both_sides_were_there_is_proposed(scene: Scene) -> None:
    ours, theirs = guests(scene)
    present(scene, ours, -5, 39)
    present(scene, theirs, 3, 38)
    found = prefilled(scene)
    assert found.began_at == THURSDAY_NINE + timedelta(minutes=3)
    assert found.finished_at == THURSDAY_NINE + timedelta(minutes=38)
    assert found.together_minutes == 35


def test_where_the_family_never_came_not_held_is_proposed(scene: Scene) -> None:
    ours, _theirs = guests(scene)
    present(scene, ours, -5, 15)
    found = prefilled(scene)
    assert (found.held, found.family_missing) == (False, True)


def test_nobody_is_missed_where_no_event_came(scene: Scene) -> None:
    assert prefilled(scene).family_missing is False


def test_going_in_by_voice_only_is_proposed_as_used(scene: Scene) -> None:
    db.session.execute(sa.update(Participation).values(voice_only_at=datetime(2026, 11, 26, 4, tzinfo=UTC)))
    assert prefilled(scene).means == "voice"


def test_a_draft_that_it_was_held_outweighs_what_the_server_saw(scene: Scene) -> None:
    ours, _theirs = guests(scene)
    present(scene, ours, -5, 15)
    service.save_draft(scene.consultation, WENT_WELL)
    assert prefilled(scene).held is True


@pytest.mark.parametrize(("what", "details"), [(WENT_WELL, {}), (NO_SHOW, {"reason": "no_show"})])
def test_a_reason_is_recorded_only_for_what_was_not_held(
    scene: Scene, what: WriteUp, details: dict[str, str]
) -> None:
    scene.write_up(replace(what, not_held_reason="no_show"))
    done = sa.select(AuditRecord.details).where(
        AuditRecord.action.in_(["consultation.hold", "consultation.miss"])
    )
    assert db.session.scalars(done).one() == details
